"""How much the points of a Gomoku board are worth by the lines that can still be made through them."""

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, EMPTY, HEIGHT, LINE_LENGTH, TO_PLAY, WALL, WHITE, WIDTH, State
from engine.jit import kernel

OWN_WEIGHT, OTHER_WEIGHT = 4, 3
BASE = 6
"""One stone more in a window is worth six times as much: one of three stones outweighs several of two."""


@kernel
def write_pattern_scores(state: State, row: int, scores: npt.NDArray[np.int64]) -> None:
    """Score each empty point for the side to move; taken points get 0. Mutates: scores.

    A window is as many points in a line as win. One that holds stones of one color alone gives each of its
    empty points 6 to the power of their number, weighted 4 if they are own stones and 3 if not; an empty
    window gives 1. Cost: one pass over the windows.

    Args:
        state: the batch.
        row: which game of Gomoku.
        scores: `[>= area]` receives the scores by action.
    """
    width, height = int(state.rules[row, WIDTH]), int(state.rules[row, HEIGHT])
    stride = width + 1
    scores[: width * height] = 0
    for y in range(height):
        for x in range(width):
            start = (y + 1) * stride + x + 1
            action = y * width + x
            _add_window(state, row, start, 1, action, 1, scores)
            _add_window(state, row, start, stride, action, width, scores)
            _add_window(state, row, start, stride + 1, action, width + 1, scores)
            _add_window(state, row, start, stride - 1, action, width - 1, scores)


@kernel
def _add_window(
    state: State,
    row: int,
    start: int,
    point_step: int,
    action: int,
    action_step: int,
    scores: npt.NDArray[np.int64],
) -> None:
    """Add what the window that begins at a point gives, if it is on the board. Mutates: scores."""
    length = int(state.rules[row, LINE_LENGTH])
    own = int(state.scalars[row, TO_PLAY])
    num_own, num_other = 0, 0
    for index in range(length):
        content = state.stone[row, start + index * point_step]
        if content == WALL:
            return
        num_own += int(content == own)
        num_other += int(content == BLACK + WHITE - own)
    if num_own > 0 and num_other > 0:
        return
    weight = 1
    if num_own > 0:
        weight = OWN_WEIGHT * BASE**num_own
    elif num_other > 0:
        weight = OTHER_WEIGHT * BASE**num_other
    for index in range(length):
        if state.stone[row, start + index * point_step] == EMPTY:
            scores[action + index * action_step] += weight
