"""The score of a Go board whose dead stones are known, by area or by territory.

Stones given as dead count as taken off: their points belong to the empty region around them. A region that
touches stones of one color only is surrounded by it; one that touches both or none is nobody's. Area counts
living stones and surrounded points, territory counts surrounded points and stones taken, dead ones included.
"""

import numpy as np
import numpy.typing as npt

from engine.area_kernels import surrounded
from engine.board import (
    BLACK,
    EMPTY,
    HEIGHT,
    PRISONERS_OF_BLACK,
    PRISONERS_OF_WHITE,
    SCORING,
    TERRITORY,
    WALL,
    WIDTH,
    State,
)
from engine.jit import allocating_kernel, kernel

Marks = npt.NDArray[np.int8]


@kernel
def score_without(state: State, row: int, dead: Marks) -> int:
    """Points of Black minus points of White by the row's way to count, komi not counted.

    Args:
        state: the batch.
        row: which game of Go.
        dead: `[>= P]` by point, other than 0 at dead stones and at nothing else.
    """
    total = (int(state.rules[row, WIDTH]) + 1) * (int(state.rules[row, HEIGHT]) + 2) + 1
    living = 0
    taken = int(state.scalars[row, PRISONERS_OF_BLACK]) - int(state.scalars[row, PRISONERS_OF_WHITE])
    for point in range(total):
        content = state.stone[row, point]
        if content in (EMPTY, WALL):
            continue
        sign = 1 if content == BLACK else -1
        if dead[point] != 0:
            taken -= sign
        else:
            living += sign
    return surrounded(state, row, dead) + (taken if state.rules[row, SCORING] == TERRITORY else living)


@allocating_kernel
def score_standing(state: State, row: int) -> int:
    """`score_without` for a board on which nothing is dead."""
    return score_without(state, row, np.zeros(state.stone.shape[1], np.int8))
