"""What each technique of self-play is worth: arms that differ by one setting, at equal network evaluations.

    python benchmarks/ablations.py FOLDER [--evaluations N] [--seeds N] [--arm NAME ...] [--json FILE]

Go 7x7, komi 6.5, preset `go7`, but PUCT with 32 simulations and 2 blocks of 16 channels. Every arm
learns from an empty network until its budget is spent, then plays the base of its seed and the anchor
`uct:200`, from the same openings. Seed by seed all arms run in turn, in one process. What is finished stays
finished, and the same command goes on after a kill, in the middle of a run as well. `--arm` leaves out all
arms that it does not name, except the base. With `--json` the rows that exist are written to a file and
shown as a table; nothing runs then.
"""

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats

from selfplay.agents import AgentSpec, network_agent, open_agent
from selfplay.arena import play_match
from selfplay.checkpoint import load_network, write_atomically
from selfplay.config import TrainConfig, override
from selfplay.presets import preset
from selfplay.run_store import RunStore
from selfplay.statistics import wilson_interval
from selfplay.training_loop import Watcher, train
from selfplay.value_source import OutcomeValueSource

BASE = "base"
ARMS = {
    BASE: (),
    "playout caps": ("selfplay.full_search_share=0.25", "selfplay.cheap_simulations=8"),
    "no auxiliary heads": (
        "network.reply=false",
        "network.soft=false",
        "network.score=false",
        "network.ownership=false",
    ),
    "no soft policy": ("network.soft=false",),
    "no score, no ownership": ("network.score=false", "network.ownership=false"),
    "Gumbel": ("search.selection=gumbel",),
    "Gumbel, 16 simulations": ("search.selection=gumbel", "search.num_simulations=16"),
    "Gumbel, 16 simulations of 4 moves": (
        "search.selection=gumbel",
        "search.num_simulations=16",
        "search.max_considered=4",
    ),
    "proven values": ("search.solve=true",),
}
"""What differs from the base."""
SHARED = (
    "search.selection=puct",
    "search.num_simulations=32",
    "network.blocks=2",
    "network.channels=16",
    "selfplay.games_per_iteration=50",
    "selfplay.parallel_games=50",
    "learner.first_drop=1",
    "learner.second_drop=1",
    "threads=1",
    "iterations=100000",
    "keep_weights=1",
)
"""Of all arms: plain search, a small network, and a learning rate that stays, since arms differ in rounds."""
EVALUATIONS = 600_000
SEEDS = 3
GAMES = 100
ANCHOR = "uct:200"
MATCH_VISITS = 32
MATCH_SEED = 7


def settings(arm: str, seed: int) -> TrainConfig:
    """The configuration of an arm."""
    config = preset("go7")
    for assignment in (*SHARED, *ARMS[arm]):
        config = override(config, assignment)
    return replace(config, seed=seed)


def run_row(folder: Path, arm: str, seed: int, evaluations: int, games: int) -> dict[str, Any]:
    """Train an arm, or go on with it, and judge it.

    Args:
        folder: of all runs.
        arm: a key of `ARMS`.
        seed: of the run.
        evaluations: that its self-play may spend.
        games: of each match.
    """
    config, place = settings(arm, seed), folder / f"{arm.replace(', ', '-').replace(' ', '-')}-{seed}"
    with RunStore(place) as store:
        weights = train(store, config, OutcomeValueSource(), None, shown(arm, seed, evaluations), evaluations)
        last = store.checkpoints()[-1]
        rounds = range(1, last.iteration + 1)
        played = sum(len(store.games("selfplay", iteration=iteration)) for iteration in rounds)
    row: dict[str, Any] = {
        "arm": arm,
        "seed": seed,
        "settings": [*SHARED, *ARMS[arm]],
        "budget": evaluations,
        "evaluations": last.evaluations,
        "games": played,
        "weights": str(weights.relative_to(folder)),
    }
    agent = agent_of(folder, row)
    opponents = [open_agent(ANCHOR)]
    if arm != BASE:
        opponents.append(agent_of(folder, json.loads(row_path(folder, BASE, seed).read_text())))
    for name, opponent in zip(("anchor", BASE), opponents, strict=False):
        match = play_match(agent, opponent, config.rules, games, seed=MATCH_SEED + seed)
        row[name] = {"points": match.points, "games": match.num_games, "distinct": match.distinct_games}
    return row


def agent_of(folder: Path, row: dict[str, Any]) -> AgentSpec:
    """The agent of a row: all arms play by the same search, that of matches."""
    network, rules = load_network(folder / row["weights"])
    return network_agent(f"{row['arm']} {row['seed']}", network, rules, visits=MATCH_VISITS)


def shown(arm: str, seed: int, evaluations: int) -> Watcher:
    """Progress of a run on the terminal, a line every twenty rounds."""
    started, first = time.monotonic(), [-1]

    def on_report(report: Any) -> None:
        first[0] = report.evaluations if first[0] < 0 else first[0]
        if report.iteration % 20 == 0 and report.evaluations > first[0]:
            rate = (report.evaluations - first[0]) / (time.monotonic() - started)
            left = max(0, evaluations - report.evaluations) / rate
            print(f"{arm} {seed}: {report.evaluations:,} evaluations, about {left:.0f} s left", flush=True)

    return Watcher(on_report=on_report)


def row_path(folder: Path, arm: str, seed: int) -> Path:
    """Where a finished row lies."""
    return folder / f"row-{arm.replace(', ', '-').replace(' ', '-')}-{seed}.json"


def finished_rows(folder: Path) -> list[dict[str, Any]]:
    """All rows that exist, by seed in the order of the arms."""
    rows = [json.loads(path.read_text()) for path in folder.glob("row-*.json")]
    return sorted(rows, key=lambda row: (row["seed"], list(ARMS).index(row["arm"])))


def interval_over_seeds(rates: Sequence[float]) -> tuple[float, float]:
    """95 % t-interval of the mean of an arm's win rates, one a seed: it holds chance of runs and of games.

    Args:
        rates: one match each; with fewer than two nothing is known.
    """
    if len(rates) < 2:
        return 0.0, 1.0
    mean, error = float(np.mean(rates)), float(np.std(rates, ddof=1)) / math.sqrt(len(rates))
    half = float(stats.t.ppf(0.975, len(rates) - 1)) * error
    return max(0.0, mean - half), min(1.0, mean + half)


def table(rows: list[dict[str, Any]]) -> str:
    """The rows in Markdown: against the base by seeds, by games, and against the anchor."""
    lines = [
        "| arm | seeds | games learned from | against base | over seeds | over games | against anchor |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm in ARMS:
        mine = [row for row in rows if row["arm"] == arm]
        if not mine:
            continue
        cells = [arm, str(len(mine)), f"{np.mean([row['games'] for row in mine]):,.0f}"]
        if arm == BASE:
            cells += ["-", "-", "-"]
        else:
            matches = [row[BASE] for row in mine]
            points, games = (sum(match[name] for match in matches) for name in ("points", "games"))
            rates = [match["points"] / match["games"] for match in matches]
            seeds = " ".join(f"{100 * rate:.0f}" for rate in rates)
            cells += [f"{100 * points / games:.0f} % ({seeds})"]
            cells += [span(interval_over_seeds(rates)), span(wilson_interval(points, games))]
        anchored = [row["anchor"] for row in mine]
        points, games = (sum(match[name] for match in anchored) for name in ("points", "games"))
        cells.append(f"{100 * points / games:.0f} % ({span(wilson_interval(points, games))})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def span(interval: tuple[float, float]) -> str:
    """An interval of shares in per cent."""
    return f"{100 * interval[0]:.0f} .. {100 * interval[1]:.0f}"


def main() -> None:
    """Run what is missing, or show what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--evaluations", type=int, default=EVALUATIONS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--games", type=int, default=GAMES)
    parser.add_argument("--arm", action="append", choices=list(ARMS), help="repeatable; default: all")
    parser.add_argument("--json", type=Path, help="write the rows that exist and run nothing")
    options = parser.parse_args()
    folder: Path = options.folder
    if options.json is not None:
        rows = finished_rows(folder)
        write_atomically(options.json, (json.dumps(rows, indent=1) + "\n").encode())
        print(table(rows))
        return
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    arms = [arm for arm in ARMS if arm in (BASE, *(options.arm or ARMS))]
    wanted = [(arm, seed) for seed in range(1, options.seeds + 1) for arm in arms]
    started, made = time.monotonic(), 0
    for place, (arm, seed) in enumerate(wanted):
        path = row_path(folder, arm, seed)
        if path.exists():
            continue
        row = run_row(folder, arm, seed, options.evaluations, options.games)
        write_atomically(path, (json.dumps(row) + "\n").encode())
        made += 1
        left = (time.monotonic() - started) / made * (len(wanted) - place - 1)
        print(f"{arm} {seed}: done, all in about {left / 60:.0f} min", flush=True)
    print(table(finished_rows(folder)))


if __name__ == "__main__":
    main()
