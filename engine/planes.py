"""What a network sees: feature planes of a position from the view of the side to move.

The canvas may be larger than the board (the first plane is the board), so one network serves all sizes.
docs/rules.md has the table of planes.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.area_kernels import count_liberties
from engine.board import (
    BLACK,
    EMPTY,
    FREESTYLE,
    GAME,
    GO,
    HEIGHT,
    LAST_POINT,
    LINE_RULE,
    NUM_EMPTY,
    PASS_POINT,
    PREVIOUS_POINT,
    TO_PLAY,
    WHITE,
    WIDTH,
    State,
)
from engine.go_kernels import LEGAL, go_legality
from engine.gomoku_kernels import completes_line
from engine.jit import allocating_kernel, inline_kernel, kernel

ON_BOARD = 0
OWN_STONES = 1
OPPONENT_STONES = 2
ONE_LIBERTY = 3  # chains of either color with exactly this many liberties
TWO_LIBERTIES = 4
THREE_LIBERTIES = 5
BANNED = 6  # empty points where the side to move may not play: ko, superko, suicide
LAST_MOVE = 7
PREVIOUS_MOVE = 8
NUM_BINARY_PLANES = 9
LAST_WAS_PASS = 9  # the whole plane
KOMI = 10  # the whole plane: komi in favor of the side to move, divided by KOMI_SCALE
BLACK_TO_PLAY = 11  # the whole plane
IS_GOMOKU = 12  # the whole plane
EXACT_LINE = 13  # the whole plane: six or more in a row do not win
OWN_WINNING_POINTS = 14  # empty points that complete a line of the side to move (Gomoku)
OPPONENT_WINNING_POINTS = 15
NUM_PLANES = 16
KOMI_SCALE = 10.0


@allocating_kernel
def write_batch_planes(state: State, rows: npt.NDArray[np.int64], planes: npt.NDArray[Any]) -> None:
    """Write the planes of several positions. Mutates: planes[: len(rows)].

    Args:
        state: the batch.
        rows: `[n]` which games, in the order of the planes.
        planes: `[>= n, K, canvas_height, canvas_width]` of any type, at least as large as the board; the
            first K planes are written. The first `NUM_BINARY_PLANES` hold 0 and 1 alone, so small integers
            do for them.
    """
    liberties = np.empty(state.stone.shape[1], np.int16)
    for index in range(rows.shape[0]):
        _write_position(state, rows[index], planes, index, liberties)


@allocating_kernel
def write_planes(state: State, row: int, planes: npt.NDArray[Any], index: int) -> None:
    """Write the planes of one position, as `write_batch_planes` does. Mutates: planes[index]."""
    _write_position(state, row, planes, index, np.empty(state.stone.shape[1], np.int16))


@kernel
def _write_position(
    state: State, row: int, planes: npt.NDArray[Any], index: int, liberties: npt.NDArray[np.int16]
) -> None:
    count = planes.shape[1]
    for plane in range(count):
        for y in range(planes.shape[2]):
            for x in range(planes.shape[3]):
                planes[index, plane, y, x] = 0
    is_go = state.rules[row, GAME] == GO
    if is_go:
        count_liberties(state, row, liberties)
    _write_stones(state, row, planes, index, liberties)
    if is_go:
        _write_banned(state, row, planes, index)
    _write_point(state, row, planes, index, LAST_MOVE, state.scalars[row, LAST_POINT])
    if count > PREVIOUS_MOVE:
        _write_point(state, row, planes, index, PREVIOUS_MOVE, state.scalars[row, PREVIOUS_POINT])
    if count > NUM_BINARY_PLANES:
        _write_whole_planes(state, row, planes, index)
    if not is_go and count > OPPONENT_WINNING_POINTS:
        _write_winning_points(state, row, planes, index)


@inline_kernel
def _write_stones(
    state: State, row: int, planes: npt.NDArray[Any], index: int, liberties: npt.NDArray[np.int16]
) -> None:
    """The board, the stones, and of Go chains those with one, two and three liberties."""
    width = int(state.rules[row, WIDTH])
    color = state.scalars[row, TO_PLAY]
    is_go = state.rules[row, GAME] == GO
    for y in range(state.rules[row, HEIGHT]):
        point = (y + 1) * (width + 1) + 1
        for x in range(width):
            planes[index, ON_BOARD, y, x] = 1
            content = state.stone[row, point]
            if content != EMPTY:
                planes[index, OWN_STONES if content == color else OPPONENT_STONES, y, x] = 1
                if is_go:
                    count = liberties[state.chain_head[row, point]]
                    if count <= 3:
                        planes[index, ONE_LIBERTY + count - 1, y, x] = 1
            point += 1


@inline_kernel
def _write_banned(state: State, row: int, planes: npt.NDArray[Any], index: int) -> None:
    stride = int(state.rules[row, WIDTH]) + 1
    for place in range(state.scalars[row, NUM_EMPTY]):
        point = 0 + state.empty[row, place]  # widened: one compiled legality test for all
        if go_legality(state, row, point) != LEGAL:
            planes[index, BANNED, point // stride - 1, point % stride - 1] = 1


@inline_kernel
def _write_point(
    state: State, row: int, planes: npt.NDArray[Any], index: int, plane: int, point: int
) -> None:
    """Mark one point, unless it is a pass or no move at all."""
    stride = int(state.rules[row, WIDTH]) + 1
    if point > PASS_POINT:
        planes[index, plane, point // stride - 1, point % stride - 1] = 1


@kernel
def _write_whole_planes(state: State, row: int, planes: npt.NDArray[Any], index: int) -> None:
    """What holds for the whole board: komi, whose turn, which game."""
    color = state.scalars[row, TO_PLAY]
    is_go = state.rules[row, GAME] == GO
    komi = float(state.komi[row]) / KOMI_SCALE if is_go else 0.0
    for plane in range(NUM_BINARY_PLANES, min(planes.shape[1], EXACT_LINE + 1)):
        if plane == LAST_WAS_PASS:
            value = 1.0 if state.scalars[row, LAST_POINT] == PASS_POINT else 0.0
        elif plane == KOMI:
            value = -komi if color == BLACK else komi
        elif plane == BLACK_TO_PLAY:
            value = 1.0 if color == BLACK else 0.0
        elif plane == IS_GOMOKU:
            value = 0.0 if is_go else 1.0
        else:
            value = 0.0 if is_go or state.rules[row, LINE_RULE] == FREESTYLE else 1.0
        if value != 0.0:
            for y in range(state.rules[row, HEIGHT]):
                for x in range(state.rules[row, WIDTH]):
                    planes[index, plane, y, x] = value


@kernel
def _write_winning_points(state: State, row: int, planes: npt.NDArray[Any], index: int) -> None:
    stride = int(state.rules[row, WIDTH]) + 1
    color = state.scalars[row, TO_PLAY]
    for place in range(state.scalars[row, NUM_EMPTY]):
        point = 0 + state.empty[row, place]
        y, x = point // stride - 1, point % stride - 1
        if completes_line(state, row, point, color):
            planes[index, OWN_WINNING_POINTS, y, x] = 1
        if completes_line(state, row, point, BLACK + WHITE - color):
            planes[index, OPPONENT_WINNING_POINTS, y, x] = 1


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
