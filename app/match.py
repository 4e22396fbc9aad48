"""`yomi match`: games between two agents, or between each pair of several."""

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console import announce_compilation, notice, stopping
from app.match_games import GameFiles
from app.options import (
    RulesChoice,
    backend_option,
    json_option,
    openings_options,
    resign_option,
    rules_options,
    search_option,
    strength_options,
)
from app.progress import Progress, getting_ready

if TYPE_CHECKING:
    from engine.rulesets import Rules
    from selfplay.agents import AgentSpec
    from selfplay.arena import MatchResult
    from selfplay.backends import Backend
    from selfplay.rating import Rating
    from selfplay.sprt import Sprt

SPRT_BATCH = 40
"""Games between two looks at a sequential test."""


def read_sprt(_: click.Context, __: click.Parameter, text: str | None) -> "Sprt | None":
    """The option `--sprt`, such as `0,30`."""
    if text is None:
        return None
    from selfplay.sprt import Sprt

    try:
        low, high = (float(word) for word in text.split(","))
        return Sprt(low, high)
    except ValueError:
        raise click.BadParameter(
            f"{text!r}: expected two Elo differences, the smaller first, such as 0,30"
        ) from None


@click.command()
@click.argument("names", metavar="AGENT AGENT...", nargs=-1, required=True)
@rules_options
@strength_options
@search_option
@backend_option
@click.option("--visits-b", type=click.IntRange(min=1), help="Simulations a move of the second agent.")
@resign_option
@click.option(
    "--play-on",
    "played_on_share",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    help="Share of games in which nobody gives up, to count false resignations.",
)
@click.option("--games", type=click.IntRange(1, 100_000), default=200, show_default=True, help="A pair.")
@click.option(
    "--sprt",
    callback=read_sprt,
    metavar="E0,E1",
    help="Stop when it is decided (95 %) whether the first is better by E1 points of Elo or by E0 only.",
)
@click.option("--anchor", help="Agent whose Elo is 0, of several. Default: the last one.")
@openings_options
@click.option(
    "--sgf",
    "game_folder",
    type=click.Path(path_type=Path),
    help="Write each game to an SGF file in this folder.",
)
@json_option
def match(
    names: tuple[str, ...],
    choice: RulesChoice,
    visits: int | None,
    seconds: float | None,
    search_settings: tuple[str, ...],
    backend: "Backend",
    visits_b: int | None,
    resign_below: float | None,
    played_on_share: float,
    games: int,
    sprt: "Sprt | None",
    anchor: str | None,
    opening_plies: int,
    seed: int,
    threads: int,
    game_folder: Path | None,
    as_json: bool,
) -> None:
    """Play a match between two agents, or each against each of several, and rate them.

    An agent is random, one-ply, threats (for Gomoku), uct:VISITS, a bundled name, the path of a checkpoint or
    run, or another program: gtp:COMMAND or gomocup:COMMAND, in quotes. policy:NAME draws moves from a
    network's policy. Every opening is played twice, with colors swapped. The rules are those that the first
    network was trained for, unless options say otherwise.
    Matches of a run are also stored in its folder.
    """
    if len(names) < 2:
        raise click.UsageError("Missing argument 'AGENT': expected at least two.")
    if len(names) > 2 and (sprt or visits_b):
        raise click.UsageError("--sprt and --visits-b are for two agents.")
    if anchor is not None and anchor not in names:
        raise click.UsageError(f"--anchor {anchor}: expected one of the agents.")
    files = None if game_folder is None else GameFiles(game_folder)
    with stopping("matches that were not finished are not kept"):
        with getting_ready():
            from selfplay.agents import open_agent
            from selfplay.resignation import ResignRule

            strengths = [visits, visits_b or visits, *[visits] * len(names)]
            resigns = None if resign_below is None else ResignRule(resign_below, played_on_share)
            specs = [
                open_agent(
                    name,
                    visits=strength,
                    seconds=seconds,
                    search_settings=search_settings,
                    resigns=resigns,
                    backend=backend,
                )
                for name, strength in zip(names, strengths, strict=False)
            ]
            rules = choice.resolve(next((spec.known_rules for spec in specs if spec.known_rules), None))
        announce_compilation()
        results = []
        for first, second in combinations(specs, 2):
            label = f"{first.label()} - {second.label()}"
            with Progress(label if len(specs) > 2 else "Games", games + games % 2) as progress:
                openings = (opening_plies, seed, threads)
                result = play_pair(first, second, rules, games, sprt, progress.advance, openings)
            results.append(result)
            _show(rules, result, sprt, as_json=as_json)
            for name in dict.fromkeys([first.name, second.name]):
                store_match(Path(name), rules, result)
            if files is not None:
                files.write(rules, result)
    if len(specs) > 2:
        held = names[-1] if anchor is None else anchor
        _show_ratings(results, specs[names.index(held)].label(), as_json=as_json)


def play_pair(
    first: "AgentSpec",
    second: "AgentSpec",
    rules: "Rules",
    games: int,
    sprt: "Sprt | None",
    progress: Callable[[int], None],
    openings: tuple[int, int, int],
) -> "MatchResult":
    """All games of a pair, or as many as the test needs.

    Args:
        first: one agent.
        second: the other.
        rules: what is played.
        games: most games.
        sprt: the test that may end the match, or None.
        progress: told of finished games.
        openings: random plies of each opening, the seed, threads.
    """
    from selfplay.arena import combined, play_match

    opening_plies, seed, threads = openings
    batch = games if sprt is None else SPRT_BATCH
    played: list[MatchResult] = []
    for start in range(0, games, batch):
        played.append(
            play_match(
                first,
                second,
                rules,
                min(batch, games - start),
                seed=seed + start,
                opening_plies=opening_plies,
                num_threads=threads,
                progress=progress,
            )
        )
        if sprt and sprt.verdict(combined(played).pair_scores()) != "open":
            break
    return combined(played)


def _show(rules: "Rules", result: "MatchResult", sprt: "Sprt | None", *, as_json: bool) -> None:
    figures = {"rules": rules.describe(), **result.to_dict()}
    if sprt:
        figures["sprt"] = sprt.verdict(result.pair_scores())
    click.echo(json.dumps(figures) if as_json else table(rules, result))
    if sprt and not as_json:
        click.echo(sprt_line(sprt, result))
    tell_failures(result)


def sprt_line(sprt: "Sprt", result: "MatchResult") -> str:
    """What a sequential test says of a match, for people.

    Args:
        sprt: the test.
        result: the match.
    """
    ratio, (low, high) = sprt.log_likelihood_ratio(result.pair_scores()), sprt.bounds
    return (
        f"SPRT {sprt.elo0:g},{sprt.elo1:g}: {sprt.verdict(result.pair_scores())}"
        f" (log likelihood ratio {ratio:.2f} of {low:.2f} .. {high:.2f})"
    )


def tell_failures(result: "MatchResult") -> None:
    """Say on stderr what went wrong in a match, and who gave up or counted falsely.

    Args:
        result: the match.
    """
    for failure in dict.fromkeys(result.failures):
        notice(f"Lost by failure, {result.failures.count(failure)}: {failure}")
    if result.num_played_on:
        notice(f"False resignations: {result.num_false_resignations} of {result.num_played_on} played on")
    if result.num_counted_otherwise:
        notice(f"Counted otherwise by a program: {result.num_counted_otherwise} of {result.num_counted}")


def ratings_of(results: "list[MatchResult]", anchor: str) -> "list[Rating]":
    """Elo of all players of some matches.

    Args:
        results: the matches.
        anchor: label of the agent whose Elo is 0.
    """
    from selfplay.rating import bradley_terry

    points: dict[tuple[str, str], tuple[float, int]] = {}
    for result in results:
        score, num_games = points.get((result.first, result.second), (0.0, 0))
        points[result.first, result.second] = (score + result.points, num_games + result.num_games)
    return bradley_terry(points, anchor)


def _show_ratings(results: "list[MatchResult]", anchor: str, *, as_json: bool) -> None:
    ratings = ratings_of(results, anchor)
    if as_json:
        click.echo(json.dumps({"elo": {rating.player: round(rating.elo, 1) for rating in ratings}}))
    else:
        click.echo(ratings_table(ratings))


def ratings_table(ratings: "list[Rating]") -> str:
    """Ratings for people, the strongest first.

    Args:
        ratings: of all agents.
    """
    width = max(len(rating.player) for rating in ratings)
    lines = [f"{'agent':<{width}}   Elo  95 %   score  games"]
    lines += [
        f"{rating.player:<{width}} {rating.elo:5.0f} {'±' + format(rating.error, '.0f'):>5}"
        f" {100 * rating.score:5.1f} % {rating.num_games:6d}"
        for rating in ratings
    ]
    return "\n".join(lines)


def store_match(folder: Path, rules: "Rules", result: "MatchResult") -> None:
    """Keep a match in the folder of a run; other paths are left alone.

    Args:
        folder: perhaps of a run.
        rules: what was played.
        result: how it ended.
    """
    from selfplay.run_store import DATABASE, RunStore

    if (folder / DATABASE).is_file():
        with RunStore(folder, create=False) as store:
            store.add_match(result.first, result.second, {"rules": rules.to_dict(), **result.to_dict()})


def table(rules: "Rules", result: "MatchResult") -> str:
    """A match for people.

    Args:
        rules: what was played.
        result: how it ended.
    """
    from selfplay.sprt import elo_of

    low, high = result.interval
    heads = ("win rate", "95 % interval", "Elo", "won-drawn-lost", "distinct games", "verdict")
    cells = (
        f"{100 * result.win_rate:.1f} %",
        f"{100 * low:.1f} .. {100 * high:.1f}",
        f"{elo_of(low):+.0f} .. {elo_of(high):+.0f}",
        f"{result.wins}-{result.draws}-{result.losses}",
        f"{result.distinct_games} of {result.num_games}",
        result.verdict(),
    )
    widths = [max(len(head), len(cell)) for head, cell in zip(heads, cells, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, cells)
    ]
    return "\n".join([f"{result.first} against {result.second}: {rules.describe()}", *lines])
