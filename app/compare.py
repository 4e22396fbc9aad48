"""`yomi compare`: two agents on the same openings, and their boards by truth, labeler and reward model."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.console import announce_compilation, stopping
from app.match import (
    play_pair,
    ratings_of,
    ratings_table,
    read_sprt,
    sprt_line,
    store_match,
    table,
    tell_failures,
)
from app.options import (
    RulesChoice,
    backend_option,
    json_option,
    openings_options,
    rules_options,
    search_option,
    strength_options,
)
from app.progress import StageBars, getting_ready

if TYPE_CHECKING:
    from rlhf_variant.labelers import Labeler
    from rlhf_variant.rewards import Reward
    from selfplay.agents import AgentSpec
    from selfplay.arena import MatchResult
    from selfplay.backends import Backend
    from selfplay.sprt import Sprt

USUAL_TEST = "0,35"
CUT_SEED = 800


def _read_cuts(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    low, comma, high = text.partition(",")
    if comma and low.isdecimal() and high.isdecimal() and 0 < int(low) <= int(high) < 10_000:
        return int(low), int(high)
    raise click.BadParameter(f"{text!r}: expected fewest and most plies, such as 16,28")


@click.command()
@click.argument("rl", metavar="RL")
@click.argument("rlhf", metavar="RLHF")
@rules_options
@strength_options
@search_option
@backend_option
@click.option("--games", type=click.IntRange(2, 100_000), default=200, show_default=True, help="A pair.")
@click.option(
    "--sprt",
    callback=read_sprt,
    metavar="E0,E1",
    help=f"Stop when this test is decided. Default: play all games, then read the test {USUAL_TEST}.",
)
@click.option("--labeler", help="Whose verdict is read too, such as playouts:64. Default: the truth's.")
@click.option(
    "--reward-model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="A run whose reward models judge the boards too.",
)
@click.option(
    "--cut",
    "cuts",
    callback=_read_cuts,
    metavar="MIN,MAX",
    help="Judge boards at a hidden ply drawn between these. Default: boards at the end of the game.",
)
@click.option("--anchor", "anchors", multiple=True, help="An agent that both play as well; repeatable.")
@openings_options
@click.option(
    "--save-json", type=click.Path(dir_okay=False, path_type=Path), help="Where the figures go as JSON too."
)
@json_option
def compare(
    rl: str,
    rlhf: str,
    choice: RulesChoice,
    visits: int | None,
    seconds: float | None,
    search_settings: tuple[str, ...],
    backend: "Backend",
    games: int,
    sprt: "Sprt | None",
    labeler: str | None,
    reward_model: Path | None,
    cuts: tuple[int, int] | None,
    anchors: tuple[str, ...],
    opening_plies: int,
    seed: int,
    threads: int,
    save_json: Path | None,
    as_json: bool,
) -> None:
    """Compare two agents: who wins, and what labeler and reward model say of the same boards.

    Agents are named as in yomi match; policy:NAME draws moves from a network's policy, as the learners of
    experiments play. The truth of a board is how its game ended. A board is adversarial where the reward
    model calls it won and the labeler does not, and a vibe where the labeler calls it won and it was lost.
    """
    bars = StageBars()
    with stopping("a comparison that was not finished is not kept"), bars:
        with getting_ready():
            from rlhf_variant.labelers import labeler_of, require_disjoint
            from selfplay.agents import open_agent
            from selfplay.checkpoint import write_atomically
            from selfplay.sprt import Sprt

            names = (rl, rlhf, *anchors)
            specs = [
                open_agent(
                    name, visits=visits, seconds=seconds, search_settings=search_settings, backend=backend
                )
                for name in names
            ]
            _require_different(specs)
            require_disjoint([labeler] if labeler else [], anchors, [])
            judges = (labeler_of(labeler) if labeler else None, _open_reward(reward_model))
            rules = choice.resolve(next((spec.known_rules for spec in specs if spec.known_rules), None))
        announce_compilation()
        openings = (opening_plies, seed, threads)
        matches = [(specs[0], specs[1]), *((one, anchor) for anchor in specs[2:] for one in specs[:2])]
        results = []
        for number, (first, second) in enumerate(matches):
            bars.start(f"{first.label()} - {second.label()}", games + games % 2)
            test = sprt if number == 0 else None
            results.append(play_pair(first, second, rules, games, test, bars.advance, openings))
        bars.start("judging boards", len(results) + 1)
        judged = _judge(rules, results, judges, cuts, seed, bars)
    test = sprt or Sprt(*(float(word) for word in USUAL_TEST.split(",")))
    for name in dict.fromkeys((rl, rlhf)):
        store_match(Path(name), rules, results[0])
    figures: dict[str, Any] = {
        "rules": rules.describe(),
        **results[0].to_dict(),
        "elo": [_finite(end) for end in _elo_ends(results[0])],
        "sprt": {"test": [test.elo0, test.elo1], "verdict": test.verdict(results[0].pair_scores())},
        "labeler": labeler or "truth",
        "reward_model": str(reward_model) if reward_model else None,
        "cut": cuts,
        "judged": judged,
        "anchored": [result.to_dict() for result in results[1:]],
    }
    ratings = ratings_of(results, specs[2].label()) if anchors else []
    figures["ratings"] = {rating.player: [round(rating.elo, 1), round(rating.error, 1)] for rating in ratings}
    if save_json is not None:
        write_atomically(save_json, (json.dumps(figures, indent=1) + "\n").encode())
    if as_json:
        click.echo(json.dumps(figures))
    else:
        click.echo(
            "\n".join([table(rules, results[0]), sprt_line(test, results[0]), *_lines(results, figures)])
        )
        if ratings:
            click.echo(ratings_table(ratings))
    for result in results:
        tell_failures(result)


def _require_different(specs: "list[AgentSpec]") -> None:
    from selfplay.checkpoint import weights_digest

    labels = [spec.label() for spec in specs]
    if len(set(labels)) < len(labels):
        raise click.UsageError(f"{', '.join(labels)}: expected different agents")
    first, second = (spec.network for spec in specs[:2])
    alike = [(spec.visits, spec.temperature, spec.seconds) for spec in specs[:2]]
    if first and second and alike[0] == alike[1] and weights_digest(first) == weights_digest(second):
        raise click.UsageError(f"{labels[0]} and {labels[1]}: have the same weights, expected two agents")


def _open_reward(folder: Path | None) -> "Reward | None":
    if folder is None:
        return None
    from rlhf_variant.reward_store import open_ensemble
    from selfplay.run_store import RunStore

    with RunStore(folder, create=False) as store:
        return open_ensemble(store)


def _judge(
    rules: Any,
    results: "list[MatchResult]",
    judges: "tuple[Labeler | None, Reward | None]",
    cuts: tuple[int, int] | None,
    seed: int,
    bars: StageBars,
) -> list[dict[str, Any]]:
    """All boards, from the view of each agent that is compared."""
    import numpy as np

    from rlhf_variant.decomposition import decomposed_match

    found = []
    for number, result in enumerate([results[0], results[0].reversed(), *results[1:]]):
        # Both views of the first match are of the same boards.
        random = np.random.default_rng(np.random.SeedSequence([seed, CUT_SEED, max(number - 1, 0)]))
        decomposition = decomposed_match(rules, result, *judges, cuts, random)
        found.append({"player": result.first, "against": result.second, **decomposition.to_dict()})
        bars.advance(1)
    return found


def _elo_ends(result: "MatchResult") -> tuple[float, float, float]:
    from selfplay.sprt import elo_of

    low, high = result.interval
    return elo_of(low), elo_of(result.win_rate), elo_of(high)


def _finite(number: float) -> float | None:
    return round(number, 1) if abs(number) < float("inf") else None


def _lines(results: "list[MatchResult]", figures: dict[str, Any]) -> list[str]:
    low, elo, high = _elo_ends(results[0])
    lines = [f"Elo difference {elo:+.0f} ({low:+.0f} .. {high:+.0f})"]
    for result in results:
        spent = zip((result.first, result.second), result.num_evaluations, strict=True)
        told = ", ".join(f"{name} {count}" for name, count in spent)
        lines.append(f"Positions judged, by a network or random games: {told}")
    where = (
        "at the end of the game" if figures["cut"] is None else "at a ply of {}..{}".format(*figures["cut"])
    )
    reward = figures["reward_model"] or "none"
    lines.append(
        f"Boards {where}, called won by truth, labeler ({figures['labeler']}) and reward model ({reward}):"
    )
    heads = (
        "player",
        "against",
        "boards",
        "truth",
        "labeler",
        "reward",
        "adversarial",
        "95 %",
        "vibe",
        "95 %",
    )
    rows = [heads, *(_cells(row) for row in figures["judged"])]
    widths = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    lines += ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return lines


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    def share(name: str) -> str:
        return f"{100 * row[name]['share']:.1f} %" if name in row else "-"

    def interval(name: str) -> str:
        return f"{100 * row[name]['low']:.1f} .. {100 * row[name]['high']:.1f}" if name in row else ""

    return (
        row["player"],
        row["against"],
        f"{row['boards']}" + (f" + {row['untold']} untold" if row["untold"] else ""),
        *(share(name) for name in ("truth", "labeler", "reward")),
        *(text(name) for name in ("adversarial", "vibe") for text in (share, interval)),
    )
