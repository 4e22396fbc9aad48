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
from engine.sgf import SgfGame
from selfplay.records import GameRecord
from selfplay.sgf_games import usable_games

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
    board = (rules.game, rules.width, rules.height)
    return usable_games(paths, board, lambda game: line_of_game(game, rules), progress)


def line_of_game(game: SgfGame, rules: Rules) -> Line:
    """The moves of a game, up to where the rules end or forbid it.

    Args:
        game: on the board of the rules.
        rules: of the run.

    Raises:
        SgfError: there are none; the message is the reason alone.
    """
    if game.setup:
        raise SgfError("stones set up before the first move")
    position = Game(rules)
    moves: list[int] = []
    for move in game.moves:
        if move.color != position.to_play or position.refusal(move.action):
            break
        position.play(move.action)
        if position.is_over:
            break
        moves.append(move.action)
    if not moves:
        raise SgfError("no moves")
    return np.array(moves, np.int16)


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
