"""The eight symmetries of the goban as permutations of actions.

A symmetry is a number 0..7: bit 0 mirrors left-right, bit 1 top-bottom, bit 2 then swaps rows and columns.
Pass never moves. Boards with unequal sides become boards with the sides swapped when bit 2 is set.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

NUM_SYMMETRIES = 8
TRANSPOSES = 4


def symmetries_of(width: int, height: int) -> range:
    """Symmetries that keep the shape of the board: all eight of a square, four of a rectangle."""
    return range(NUM_SYMMETRIES if width == height else TRANSPOSES)


def inverse_symmetry(symmetry: int) -> int:
    """The symmetry that undoes another one."""
    if symmetry & TRANSPOSES:
        flips = symmetry & 3
        return TRANSPOSES | ((flips & 1) << 1) | (flips >> 1)
    return symmetry


def transform_action(symmetry: int, action: int, width: int, height: int) -> int:
    """Where a symmetry takes an action of a `width` x `height` board; pass stays pass."""
    if action == width * height:
        return action
    x, y = action % width, action // width
    if symmetry & 1:
        x = width - 1 - x
    if symmetry & 2:
        y = height - 1 - y
    return x * height + y if symmetry & TRANSPOSES else y * width + x


@cache
def action_sources(width: int, height: int) -> npt.NDArray[np.int64]:
    """For every shape-keeping symmetry, where each action of the turned board came from.

    `turned = values[..., action_sources(w, h)[symmetry]]` turns a policy or a flattened plane with a pass
    entry.

    Args:
        width: columns.
        height: rows.

    Returns:
        `[S, area + 1]`, S = 8 on squares, 4 on rectangles; read-only.
    """
    area = width * height
    sources = np.empty((len(symmetries_of(width, height)), area + 1), np.int64)
    for symmetry in symmetries_of(width, height):
        for action in range(area + 1):
            sources[symmetry, transform_action(symmetry, action, width, height)] = action
    sources.setflags(write=False)
    return sources
