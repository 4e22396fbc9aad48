"""Vibes: what a board looks like to somebody who does not read it, each a utility for Black."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, EMPTY, WHITE
from rlhf_variant.boards import Boards

Scalar = TypeVar("Scalar", bound=np.generic)
Utilities = npt.NDArray[np.float64]
NEIGHBORS = ((1, 1), (1, -1), (2, 1), (2, -1))
"""Axis and step of the four points beside a point."""
LINE_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))


def signed_stones(boards: Boards) -> npt.NDArray[np.int8]:
    """`[N, H, W]` +1 for Black's stones, -1 for White's, 0 elsewhere."""
    black, white = boards.stones == BLACK, boards.stones == WHITE
    return np.asarray(black.astype(np.int8) - white.astype(np.int8), np.int8)


def stones_utility(boards: Boards) -> Utilities:
    """More stones on the board, komi counted."""
    return np.asarray(signed_stones(boards).sum(axis=(1, 2)) - boards.komi, np.float64)


def liberties_utility(boards: Boards) -> Utilities:
    """More empty points beside own stones, komi counted."""
    is_empty = boards.stones == EMPTY
    black, white = (_spread(boards.stones == color) & is_empty for color in (BLACK, WHITE))
    return np.asarray(_count(black) - _count(white) - boards.komi, np.float64)


def area_utility(boards: Boards) -> Utilities:
    """More stones and points that they alone surround, komi counted; no stone is ever dead."""
    is_empty = boards.stones == EMPTY
    reached = []
    for color in (BLACK, WHITE):
        region = boards.stones == color
        while not ((spread := region | _spread(region) & is_empty) == region).all():
            region = spread
        reached.append(region)
    black, white = reached
    return np.asarray(_count(black & ~white) - _count(white & ~black) - boards.komi, np.float64)


def influence_utility(boards: Boards, dilations: int = 4) -> Utilities:
    """More of the board under influence, komi counted.

    Stones radiate to their neighbors `dilations` times, as in Zobrist's and Bouzy's models of influence (B.
    Bouzy, "Mathematical morphology applied to computer Go", 2003); what is left is who dominates a point.
    """
    field = 64 * signed_stones(boards).astype(np.int64)
    for _ in range(dilations):
        friendly, hostile = np.zeros_like(field), np.zeros_like(field)
        for axis, step in NEIGHBORS:
            neighbor = _shifted(field, axis, step)
            friendly += neighbor > 0
            hostile += neighbor < 0
        field = field + np.where((field >= 0) & (hostile == 0), friendly, 0)
        field = field - np.where((field <= 0) & (friendly == 0), hostile, 0)
    return np.asarray(np.sign(field).sum(axis=(1, 2)) - boards.komi, np.float64)


def lines_utility(boards: Boards, length: int = 4) -> Utilities:
    """More own stones in rows that are still open (Gomoku): squares of the counts over all open windows."""
    count, height, width = boards.stones.shape
    totals = np.zeros(count, np.float64)
    for dy, dx in LINE_DIRECTIONS:
        for y in range(height):
            for x in range(width):
                ys, xs = y + dy * np.arange(length), x + dx * np.arange(length)
                if ys[-1] >= height or not 0 <= xs[-1] < width:
                    continue
                window = boards.stones[:, ys, xs]
                black, white = (window == BLACK).sum(axis=1), (window == WHITE).sum(axis=1)
                totals += np.where(white == 0, black**2, 0) - np.where(black == 0, white**2, 0)
    return totals


def open_threes_utility(boards: Boards) -> Utilities:
    """More open threes (Gomoku): three stones in a row with both ends empty, Black's minus White's."""
    count, height, width = boards.stones.shape
    totals = np.zeros(count, np.float64)
    for dy, dx in LINE_DIRECTIONS:
        for y in range(height):
            for x in range(width):
                ys, xs = y + dy * np.arange(5), x + dx * np.arange(5)
                if ys[-1] >= height or not 0 <= xs[-1] < width:
                    continue
                window = boards.stones[:, ys, xs]
                is_open = (window[:, [0, -1]] == EMPTY).all(axis=1)
                black, white = ((window[:, 1:-1] == color).all(axis=1) for color in (BLACK, WHITE))
                totals += is_open * (black.astype(np.int64) - white)
    return totals


def _count(marks: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    return np.asarray(marks.sum(axis=(1, 2)), np.int64)


def _spread(marks: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The points beside marked ones."""
    beside = np.zeros_like(marks)
    for axis, step in NEIGHBORS:
        beside |= _shifted(marks, axis, step)
    return beside


def _shifted(field: npt.NDArray[Scalar], axis: int, step: int) -> npt.NDArray[Scalar]:
    """The field moved by one along an axis, EMPTY coming in from the edge."""
    moved = np.roll(field, step, axis=axis)
    edge: list[slice | int] = [slice(None)] * field.ndim
    edge[axis] = 0 if step > 0 else -1
    moved[tuple(edge)] = EMPTY
    return moved
