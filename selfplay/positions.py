"""Positions of given games that self-play goes on from: openings and fights that it would not find by itself.

KataGo learns from such positions what its own games never showed it ("hint positions", KataGoMethods.md).
Only moves are taken from the games, neither who won nor what was good: outcomes are those of the run's games.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import SgfError
from engine.game import Game
from engine.rulesets import Rules
from engine.sgf import SgfGame, read_sgf
from selfplay.records import GameRecord

PHASE = "positions"
"""What a run calls the games that it was given."""
Line = npt.NDArray[np.int16]
"""`[T]` actions, Black first, legal under the rules of the run, none of which ends the game."""


def lines_from_sgf(
    paths: Iterable[Path], rules: Rules, progress: Callable[[int], None] = lambda count: None
) -> tuple[list[Line], Counter[str]]:
    """Read the moves of games on the board of a run, each up to where the run's rules end or forbid it.

    Args:
        paths: SGF files.
        rules: of the run.
        progress: told of files read.

    Returns:
        The usable games in the order of their files, and how many files were skipped for each reason.
    """
    lines: list[Line] = []
    skipped: Counter[str] = Counter()
    for path in paths:
        progress(1)
        try:
            line = _line(read_sgf(path), rules)
        except SgfError:
            skipped["unreadable"] += 1
            continue
        if isinstance(line, str):
            skipped[line] += 1
        else:
            lines.append(line)
    return lines, skipped


def _line(game: SgfGame, rules: Rules) -> Line | str:
    """The moves, or why there are none."""
    known = game.rules
    if (known.game, known.width, known.height) != (rules.game, rules.width, rules.height):
        return "another game or size"
    if game.setup:
        return "stones set up before the first move"
    position = Game(rules)
    moves: list[int] = []
    for move in game.moves:
        if move.color != position.to_play or position.refusal(move.action):
            break
        position.play(move.action)
        if position.is_over:
            break
        moves.append(move.action)
    return np.array(moves, np.int16) if moves else "no moves"


def as_records(lines: Iterable[Line], rules: Rules) -> list[GameRecord]:
    """Lines as games that teach nothing, in which form a run keeps them."""
    return [
        GameRecord(
            rules=rules,
            moves=line,
            visits=np.zeros((len(line), rules.num_actions), np.uint16),
            root_values=np.full(len(line), np.nan, np.float32),
            value_targets=np.zeros(len(line), np.float32),
            score_black=None,
        )
        for line in lines
    ]
