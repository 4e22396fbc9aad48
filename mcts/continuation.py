"""Whether one position comes of another in the same game, and by which moves."""

import numpy as np

from engine.board import (
    GAME,
    GO,
    HEIGHT,
    LAST_POINT,
    MOVE_COUNT,
    NUM_HISTORY,
    PASS_POINT,
    PREVIOUS_POINT,
    WIDTH,
    State,
    copy_row,
)
from engine.geometry import action_of
from engine.go_kernels import LEGAL
from engine.rules_kernels import legality, play

LONGEST = 2
"""Moves that a position tells of itself."""


def moves_between(earlier: State, position: State, row: int, work: State) -> list[int] | None:
    """The moves that lead from an earlier position to a later one.

    Args:
        earlier: one row, all zero before the first game.
        position: the later one.
        row: which row of it.
        work: one row to play in. Mutates: work.

    Returns:
        At most two actions; None where the later position does not come of the earlier one by so few, with
        the same rules, captures and history.
    """
    num_moves = int(position.scalars[row, MOVE_COUNT] - earlier.scalars[0, MOVE_COUNT])
    if not 0 <= num_moves <= LONGEST or not np.array_equal(position.rules[row], earlier.rules[0]):
        return None
    copy_row(earlier, 0, work, 0)
    width, height = (int(side) for side in position.rules[row, [WIDTH, HEIGHT]])
    actions = []
    for point in position.scalars[row, [PREVIOUS_POINT, LAST_POINT]][LONGEST - num_moves :]:
        action = width * height if point == PASS_POINT else int(action_of(point, width))
        if legality(work, 0, action) != LEGAL:
            return None
        play(work, 0, action)
        actions.append(action)
    return actions if _is_same(work, 0, position, row) else None


def _is_same(state: State, row: int, other: State, other_row: int) -> bool:
    """Whether two rows agree in all that rules, evaluators and later moves can tell apart."""
    fields = ("rules", "komi", "scalars", "stone")
    if not all(np.array_equal(getattr(state, name)[row], getattr(other, name)[other_row]) for name in fields):
        return False
    if state.rules[row, GAME] != GO:
        return True  # nothing comes back in Gomoku, and what stands in its history is not kept
    remembered = int(state.scalars[row, NUM_HISTORY])
    return np.array_equal(state.history[row, :remembered], other.history[other_row, :remembered])
