"""`yomi rlhf probe`: boards drawn by hand that a reward should judge right, and boards found that fool it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.options import json_option
from app.progress import Progress, getting_ready

if TYPE_CHECKING:
    from rlhf_variant.boards import Boards
    from rlhf_variant.climb import Climb

PROPOSALS = 8
"""Swaps tried a step of a climb."""


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--climbs", type=click.IntRange(0), default=3, show_default=True, help="Boards to climb from.")
@click.option("--steps", type=click.IntRange(1), default=400, show_default=True, help="Steps of each climb.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Boards and swaps.")
@json_option
def probe(run: Path, climbs: int, steps: int, seed: int, as_json: bool) -> None:
    """Test the reward of a run: on boards whose owner is known, and by moving stones to raise it.

    Boards of Go are decided by dead stones, seki, ko and the like, boards of Gomoku by threes, fours, double
    threats and forbidden points.

    A climb starts from a board of the run and swaps points as long as the reward for Black rises.
    """
    with getting_ready():
        import numpy as np

        from rlhf_variant.climb import climb
        from rlhf_variant.probe_boards import probe_report
        from rlhf_variant.probes import probes_for
        from rlhf_variant.reward_store import answered, open_ensemble, rules_of, use_threads
        from selfplay.run_store import RunStore

        use_threads(1)
        with RunStore(run, create=False) as store:
            reward, rules = open_ensemble(store), rules_of(store)
            pool = answered(store)[1].a if climbs else None
    probes = probes_for(rules)
    rows = probe_report(reward, probes, rules.komi) if probes else []
    random = np.random.default_rng(seed)
    found = []
    with Progress("Moving stones", climbs * steps) as bar:
        places = random.integers(len(pool.to_play), size=climbs) if pool else ()
        for index in places:
            assert pool is not None
            start = pool.select(np.array([index]))
            found.append(climb(reward, start, rules, steps, PROPOSALS, random))
            bar.advance(steps)
    if as_json:
        click.echo(json.dumps({"probes": rows, "climbs": [_described(one) for one in found]}))
        return
    _print_probes(rows, [probe.diagram for probe in probes])
    for one in found:
        _print_climb(one)


def _described(climb: "Climb") -> dict[str, Any]:
    return {
        "start": _diagram(climb.start),
        "end": _diagram(climb.end),
        "value_start": float(climb.values[0]),
        "value_end": float(climb.values[-1]),
    }


def _print_probes(rows: list[dict[str, Any]], diagrams: list[str]) -> None:
    if not rows:
        click.echo(
            "No probes for this game and size: there are some for Go 7x7 and 9x9, for Gomoku from 9x9 on,"
            " and from 6x6 on where four win."
        )
        return
    for row, diagram in zip(rows, diagrams, strict=True):
        verdict = "right" if row["right"] else "wrong"
        click.echo(
            f"{row['topic']}: {row['owner']} wins; reward {row['value_owner']:+.2f},"
            f" colors reversed {row['value_owner_twin']:+.2f}: {verdict}"
        )
        if not row["right"]:
            click.echo("\n".join(f"    {line.strip()}" for line in diagram.strip().splitlines()))
    click.echo(f"{sum(row['right'] for row in rows)} of {len(rows)} probes right")


def _print_climb(climb: "Climb") -> None:
    click.echo(f"\nReward for Black from {climb.values[0]:+.2f} to {climb.values[-1]:+.2f} by moving stones:")
    lines = zip(_diagram(climb.start).splitlines(), _diagram(climb.end).splitlines(), strict=True)
    for start, end in lines:
        click.echo(f"    {start}     {end}")


def _diagram(boards: "Boards") -> str:
    from engine.notation import format_diagram

    return format_diagram(boards.stones[0])
