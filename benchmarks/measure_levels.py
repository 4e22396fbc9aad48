"""What each level of `yomi play --level` gains on the one below it, in points of Elo.

    python benchmarks/measure_levels.py FILE [--boards go7,go9,gomoku6,gomoku15] [--games N]

Matches of neighbours from random openings of two moves, both colors, seed equal to the lower level. FILE
keeps each match as it ends, as JSON, and the same command goes on from there; then all are shown as a table.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from selfplay.arena import play_match
from selfplay.checkpoint import write_atomically
from selfplay.levels import NUM_LEVELS, level_agent
from selfplay.presets import preset
from selfplay.sprt import elo_of
from selfplay.statistics import wilson_interval

BOARDS = ("go7", "go9", "gomoku6", "gomoku15")
"""The presets whose boards are played; each has an agent that ships."""


def measure(board: str, level: int, games: int) -> dict[str, Any]:
    """Play the match of a level against the one below it."""
    rules = preset(board).rules
    upper, lower = level_agent(level, rules), level_agent(level - 1, rules)
    match = play_match(upper, lower, rules, games, seed=level - 1)
    counts = {"wins": match.wins, "draws": match.draws, "losses": match.losses}
    return {"board": board, "level": level, **counts, "distinct_games": match.distinct_games}


def gain(row: dict[str, Any]) -> str:
    """Points of Elo with their 95 % interval; of a match without a loss or a win, the end that is known."""
    games = row["wins"] + row["draws"] + row["losses"]
    points = row["wins"] + row["draws"] / 2
    low, high = wilson_interval(points, games)
    if points == games:
        return f"above {elo_of(low):.0f}"
    if points == 0:
        return f"below {elo_of(high):.0f}"
    return f"{elo_of(points / games):.0f} ({elo_of(low):.0f} .. {elo_of(high):.0f})"


def table(rows: list[dict[str, Any]]) -> str:
    """All matches in Markdown, a column a board."""
    boards = [board for board in BOARDS if any(row["board"] == board for row in rows)]
    lines = [f"| level | {' | '.join(boards)} |", f"|{'---|' * (len(boards) + 1)}"]
    for level in range(2, NUM_LEVELS + 1):
        found = {row["board"]: gain(row) for row in rows if row["level"] == level}
        lines.append(f"| {level} | {' | '.join(found.get(board, '-') for board in boards)} |")
    return "\n".join(lines)


def main() -> None:
    """Play what is missing, then show all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--boards", default=",".join(BOARDS))
    parser.add_argument("--games", type=int, default=100)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = json.loads(options.file.read_text()) if options.file.exists() else []
    for board in options.boards.split(","):
        for level in range(2, NUM_LEVELS + 1):
            if not any((row["board"], row["level"]) == (board, level) for row in rows):
                rows.append(measure(board, level, options.games))
                write_atomically(options.file, (json.dumps(rows, indent=1) + "\n").encode())
                print(f"{board}, level {level}: {gain(rows[-1])}", flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
