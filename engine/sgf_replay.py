"""SGF games replayed under their rules: the position they start from, and the first move that is illegal."""

from dataclasses import dataclass, replace

import numpy as np

from engine.board import BLACK
from engine.errors import IllegalMoveError, NotationError
from engine.game import Game
from engine.notation import color_name, vertex_of_action
from engine.rulesets import MAX_MOVE_LIMIT
from engine.sgf import SgfGame


@dataclass(frozen=True)
class Fault:
    """What the rules forbid in a game.

    Attributes:
        number: of the move, from 1; 0 for the position that was set up.
        color: `black` or `white`; empty for the position.
        vertex: such as `D4`; empty for the position.
        reason: why, such as `occupied`.
    """

    number: int
    color: str
    vertex: str
    reason: str


def starting_game(record: SgfGame) -> Game:
    """The game before its first move, under its rules without a move limit of its own.

    Raises:
        NotationError: the stones set up are no position of this game.
    """
    stones = np.zeros((record.rules.height, record.rules.width), np.int8)
    for stone in record.setup:
        stones.flat[stone.action] = stone.color
    return Game(replace(record.rules, move_limit=MAX_MOVE_LIMIT), stones, record.to_play or BLACK)


def first_fault(record: SgfGame) -> Fault | None:
    """The first thing in a game that its rules forbid.

    Colors must alternate, but for handicap stones that are played one by one, and for the first move where
    the file does not say whose it is. Play may go on behind two passes.

    Args:
        record: the game.
    """
    try:
        game = starting_game(record)
    except NotationError as error:
        return Fault(0, "", "", str(error))
    for number, move in enumerate(record.moves, 1):
        game.resume()
        is_handicap = move.color == BLACK and number <= record.handicap
        is_first = number == 1 and record.to_play is None
        if move.color != game.to_play and not (is_handicap or is_first):
            vertex = vertex_of_action(move.action, record.rules)
            return Fault(number, color_name(move.color), vertex, "out of turn")
        try:
            game.play(move.action, move.color)
        except IllegalMoveError as error:
            return Fault(number, error.color, error.vertex, error.reason)
    return None
