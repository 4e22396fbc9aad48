"""`yomi compare`: a match between two agents."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console import announce_compilation, stopping
from app.options import RulesChoice, json_option, rules_options, strength_options
from app.progress import Progress, getting_ready

if TYPE_CHECKING:
    from engine.rulesets import Rules
    from selfplay.agents import AgentSpec
    from selfplay.arena import MatchResult


@click.command()
@click.argument("a")
@click.argument("b")
@rules_options
@strength_options
@click.option("--visits-b", type=click.IntRange(min=1), help="Simulations a move of B. Default: as A.")
@click.option("--games", type=click.IntRange(1, 100_000), default=200, show_default=True)
@click.option(
    "--opening-plies",
    type=click.IntRange(0, 20),
    default=2,
    show_default=True,
    help="Random moves that open each pair of games.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of openings and agents."
)
@click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True)
@json_option
def compare(
    a: str,
    b: str,
    choice: RulesChoice,
    visits: int | None,
    seconds: float | None,
    visits_b: int | None,
    games: int,
    opening_plies: int,
    seed: int,
    threads: int,
    as_json: bool,
) -> None:
    """Play a match between agents A and B: random, uct:VISITS, a bundled name, or a checkpoint or run.

    Every opening is played twice, with colors swapped. The rules are those that A or B was trained for,
    unless options say otherwise. A match of a run is also stored in its folder.
    """
    with stopping("nothing is kept of this match"):
        with getting_ready():
            from selfplay.agents import open_agent
            from selfplay.arena import play_match

            first = open_agent(a, visits=visits, seconds=seconds)
            second = open_agent(b, visits=visits_b or visits, seconds=seconds)
            rules = choice.resolve(first.known_rules or second.known_rules)
        announce_compilation()
        num_games = games + games % 2
        with Progress("Games", num_games) as progress:
            result = play_match(
                first,
                second,
                rules,
                num_games,
                seed=seed,
                opening_plies=opening_plies,
                num_threads=threads,
                progress=progress.advance,
            )
    figures = {"rules": rules.describe(), **result.to_dict()}
    click.echo(json.dumps(figures) if as_json else table(rules, result))
    for name in dict.fromkeys([a, b]):
        _store(Path(name), first, second, rules, result)


def _store(
    folder: Path, first: "AgentSpec", second: "AgentSpec", rules: "Rules", result: "MatchResult"
) -> None:
    from selfplay.run_store import DATABASE, RunStore

    if (folder / DATABASE).is_file():
        with RunStore(folder, create=False) as store:
            store.add_match(first.label(), second.label(), {"rules": rules.to_dict(), **result.to_dict()})


def table(rules: "Rules", result: "MatchResult") -> str:
    """A match for people.

    Args:
        rules: what was played.
        result: how it ended.
    """
    low, high = result.interval
    heads = ("win rate", "95 % interval", "won-drawn-lost", "distinct games", "verdict")
    cells = (
        f"{100 * result.win_rate:.1f} %",
        f"{100 * low:.1f} .. {100 * high:.1f}",
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
