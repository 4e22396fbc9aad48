"""What a network sees: feature planes of a position from the view of the side to move.

The canvas may be larger than the board (the first plane is the board), so one network serves all sizes.
docs/rules.md has the table of planes.
"""

import numpy as np
import numpy.typing as npt

from engine.board import (
    BLACK,
    EMPTY,
    FREESTYLE,
    GAME,
    GO,
    HEIGHT,
    LAST_POINT,
    LINE_RULE,
    PASS_POINT,
    PREVIOUS_POINT,
    TO_PLAY,
    WHITE,
    WIDTH,
    State,
)
from engine.go_kernels import LEGAL, count_liberties, go_legality
from engine.gomoku_kernels import completes_line
from engine.jit import kernel

ON_BOARD = 0
OWN_STONES = 1
OPPONENT_STONES = 2
ONE_LIBERTY = 3  # chains of either color with exactly this many liberties
TWO_LIBERTIES = 4
THREE_LIBERTIES = 5
BANNED = 6  # empty points where the side to move may not play: ko, superko, suicide
LAST_MOVE = 7
PREVIOUS_MOVE = 8
LAST_WAS_PASS = 9  # the whole plane
KOMI = 10  # the whole plane: komi in favor of the side to move, divided by KOMI_SCALE
BLACK_TO_PLAY = 11  # the whole plane
IS_GOMOKU = 12  # the whole plane
EXACT_LINE = 13  # the whole plane: six or more in a row do not win
OWN_WINNING_POINTS = 14  # empty points that complete a line of the side to move (Gomoku)
OPPONENT_WINNING_POINTS = 15
NUM_PLANES = 16
KOMI_SCALE = 10.0


@kernel
def write_planes(state: State, row: int, planes: npt.NDArray[np.float32], index: int) -> None:
    """Write the planes of one position. Mutates: planes[index], scratch.

    Precondition: planes is `[n, NUM_PLANES, canvas_height, canvas_width]`, at least as large as the board.
    """
    width = int(state.rules[row, WIDTH])
    height = int(state.rules[row, HEIGHT])
    stride = width + 1
    color = state.scalars[row, TO_PLAY]
    other = BLACK + WHITE - color
    is_go = state.rules[row, GAME] == GO
    for plane in range(NUM_PLANES):
        for y in range(planes.shape[2]):
            for x in range(planes.shape[3]):
                planes[index, plane, y, x] = 0.0
    for point in range(stride * (height + 2) + 1):
        state.scratch[row, point] = 0
    last = state.scalars[row, LAST_POINT]
    previous = state.scalars[row, PREVIOUS_POINT]
    komi = state.komi[row] / KOMI_SCALE
    if color == BLACK:
        komi = -komi
    for y in range(height):
        for x in range(width):
            point = (y + 1) * stride + x + 1
            planes[index, ON_BOARD, y, x] = 1.0
            if is_go:
                planes[index, KOMI, y, x] = komi
            else:
                planes[index, IS_GOMOKU, y, x] = 1.0
                planes[index, EXACT_LINE, y, x] = 1.0 if state.rules[row, LINE_RULE] != FREESTYLE else 0.0
            if color == BLACK:
                planes[index, BLACK_TO_PLAY, y, x] = 1.0
            if last == PASS_POINT:
                planes[index, LAST_WAS_PASS, y, x] = 1.0
            if last == point:
                planes[index, LAST_MOVE, y, x] = 1.0
            if previous == point:
                planes[index, PREVIOUS_MOVE, y, x] = 1.0
            content = state.stone[row, point]
            if content == EMPTY:
                if is_go:
                    if go_legality(state, row, point) != LEGAL:
                        planes[index, BANNED, y, x] = 1.0
                else:
                    if completes_line(state, row, point, color):
                        planes[index, OWN_WINNING_POINTS, y, x] = 1.0
                    if completes_line(state, row, point, other):
                        planes[index, OPPONENT_WINNING_POINTS, y, x] = 1.0
            elif content == color:
                planes[index, OWN_STONES, y, x] = 1.0
            else:
                planes[index, OPPONENT_STONES, y, x] = 1.0
    if is_go:
        _write_liberties(state, row, planes, index)


@kernel
def _write_liberties(state: State, row: int, planes: npt.NDArray[np.float32], index: int) -> None:
    width = int(state.rules[row, WIDTH])
    stride = width + 1
    for y in range(int(state.rules[row, HEIGHT])):
        for x in range(width):
            head = (y + 1) * stride + x + 1
            if state.stone[row, head] == EMPTY or state.chain_head[row, head] != head:
                continue
            liberties = count_liberties(state, row, head, 4)
            if liberties > 3:
                continue
            stone = head
            while True:
                planes[index, ONE_LIBERTY + liberties - 1, stone // stride - 1, stone % stride - 1] = 1.0
                stone = int(state.chain_next[row, stone])
                if stone == head:
                    break


@kernel
def write_batch_planes(state: State, rows: npt.NDArray[np.int64], planes: npt.NDArray[np.float32]) -> None:
    """Planes of several rows, in their order. Mutates: planes[: len(rows)], scratch."""
    for index in range(rows.shape[0]):
        write_planes(state, rows[index], planes, index)


def canvas_indices(width: int, height: int, canvas_width: int, canvas_height: int) -> npt.NDArray[np.int64]:
    """Where the actions of a board lie in a flattened canvas with pass behind it.

    Args:
        width: columns of the board.
        height: rows of the board.
        canvas_width: columns of the canvas, at least the board's.
        canvas_height: rows of the canvas, at least the board's.

    Returns:
        `[width * height + 1]` indices into `canvas_height * canvas_width + 1` entries.
    """
    points = np.arange(height)[:, None] * canvas_width + np.arange(width)[None, :]
    return np.append(points.ravel(), canvas_width * canvas_height)
