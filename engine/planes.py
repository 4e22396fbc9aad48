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
    GAME,
    GO,
    HEIGHT,
    LAST_POINT,
    LINE_RULE,
    NUM_EMPTY,
    PASS_POINT,
    PREVIOUS_POINT,
    RENJU,
    STANDARD,
    TO_PLAY,
    WHITE,
    WIDTH,
    State,
)
from engine.go_kernels import LEGAL, go_legality, has_empty_neighbor, may_repeat
from engine.gomoku_kernels import completes_line, has_forbidden_points
from engine.jit import allocating_kernel, inline_kernel, kernel
from engine.renju_kernels import forbidden_kind

ON_BOARD = 0
OWN_STONES = 1
OPPONENT_STONES = 2
ONE_LIBERTY = 3  # chains of either color with exactly this many liberties
TWO_LIBERTIES = 4
THREE_LIBERTIES = 5
BANNED = 6  # empty points where the side to move may not play: ko, superko, suicide, renju
LAST_MOVE = 7
PREVIOUS_MOVE = 8
NUM_PACKED_PLANES = 8
NUM_BINARY_PLANES = 9
LAST_WAS_PASS = 9  # the whole plane
KOMI = 10  # the whole plane: komi in favor of the side to move, divided by KOMI_SCALE
BLACK_TO_PLAY = 11  # the whole plane
IS_GOMOKU = 12  # the whole plane
EXACT_LINE = 13  # the whole plane: six or more in a row do not win (in renju, for Black)
OWN_WINNING_POINTS = 14  # empty points that complete a line of the side to move (Gomoku)
OPPONENT_WINNING_POINTS = 15
NUM_PLANES = 16
KOMI_SCALE = 10.0
LIBERTY_BITS = 1 << ONE_LIBERTY | 1 << TWO_LIBERTIES | 1 << THREE_LIBERTIES


@allocating_kernel
def write_batch_planes(state: State, rows: npt.NDArray[np.int64], planes: npt.NDArray[Any]) -> None:
    """Write the planes of several positions. Mutates: planes[: len(rows)].

    Args:
        state: the batch.
        rows: `[n]` which games, in the order of the planes.
        planes: `[>= n, K, canvas_height, canvas_width]` of any type, at least as large as the board; the
            first K planes are written, at least `NUM_PACKED_PLANES`. The first `NUM_BINARY_PLANES` hold 0 and
            1 alone, so small integers do for them.
    """
    canvas = planes.shape[2] * planes.shape[3]
    flat = planes.reshape(planes.shape[0], planes.shape[1] * canvas)
    liberties = np.empty(state.stone.shape[1], np.int16)
    codes = np.empty(canvas, np.uint8)
    for index in range(rows.shape[0]):
        _write_codes(state, rows[index], codes, planes.shape[3], liberties)
        _write_position(state, rows[index], codes, flat, index, planes.shape[3])


@allocating_kernel
def write_planes(state: State, row: int, planes: npt.NDArray[Any], index: int) -> None:
    """Write the planes of one position; see `write_batch_planes`. Mutates: planes[index]."""
    rows = np.full(1, row, np.int64)
    write_batch_planes(state, rows, planes[index : index + 1])


@inline_kernel
def _write_codes(
    state: State, row: int, codes: npt.NDArray[np.uint8], canvas_width: int, liberties: npt.NDArray[np.int16]
) -> None:
    """Pack what the first planes tell of each point into one byte, whose bit k is plane k. Mutates: codes.

    Stones stand anywhere, so nothing branches on them.

    Args:
        state: the batch.
        row: which game.
        codes: `[canvas]` receives the bytes.
        canvas_width: columns of the canvas.
        liberties: `[>= P]` work space.
    """
    codes[:] = 0
    width = int(state.rules[row, WIDTH])
    color = int(state.scalars[row, TO_PLAY])
    for y in range(state.rules[row, HEIGHT]):
        first = (y + 1) * (width + 1) + 1
        contents = state.stone[row, first : first + width]
        targets = codes[y * canvas_width : y * canvas_width + width]
        for x in range(width):
            is_own, is_opponent = contents[x] == color, contents[x] == BLACK + WHITE - color
            targets[x] = 1 << ON_BOARD | int(is_own) << OWN_STONES | int(is_opponent) << OPPONENT_STONES
    if state.rules[row, GAME] == GO:
        count_liberties(state, row, liberties)
        _pack_liberties(state, row, codes, canvas_width, liberties)
        _pack_banned_points(state, row, codes, canvas_width)
    last = int(state.scalars[row, LAST_POINT])
    if last > PASS_POINT:
        codes[_place_of(last, width, canvas_width)] |= 1 << LAST_MOVE


@inline_kernel
def _pack_liberties(
    state: State, row: int, codes: npt.NDArray[np.uint8], canvas_width: int, liberties: npt.NDArray[np.int16]
) -> None:
    """Mark the stones of chains with one, two or three liberties. Mutates: codes."""
    width = int(state.rules[row, WIDTH])
    heads = state.chain_head[row].view(np.uint16)
    for y in range(state.rules[row, HEIGHT]):
        first = (y + 1) * (width + 1) + 1
        heads_here = heads[first : first + width]
        targets = codes[y * canvas_width : y * canvas_width + width]
        for x in range(width):
            # A stone has at least one liberty; what a point without a stone counts means nothing.
            has_stone = int(targets[x]) & (1 << OWN_STONES | 1 << OPPONENT_STONES) != 0
            count = min(int(liberties[heads_here[x]]), 4) * int(has_stone)
            targets[x] |= (1 << (ONE_LIBERTY - 1 + count)) & LIBERTY_BITS


@inline_kernel
def _pack_banned_points(state: State, row: int, codes: npt.NDArray[np.uint8], canvas_width: int) -> None:
    """Mark where the side to move may not play in Go. Mutates: codes."""
    # An empty neighbor makes a play legal at once, unless it could repeat; a ko point has none.
    reads_all = may_repeat(state, row)
    for index in range(state.scalars[row, NUM_EMPTY]):
        point = int(state.empty[row, index])
        must_read = reads_all or not has_empty_neighbor(state, row, point)
        if must_read and go_legality(state, row, point) != LEGAL:
            codes[_place_of(point, int(state.rules[row, WIDTH]), canvas_width)] |= 1 << BANNED


@inline_kernel
def _place_of(point: int, width: int, canvas_width: int) -> int:
    """Where a point lies in a flattened canvas."""
    return (point // (width + 1) - 1) * canvas_width + point % (width + 1) - 1


@inline_kernel
def _write_position(
    state: State,
    row: int,
    codes: npt.NDArray[np.uint8],
    planes: npt.NDArray[Any],
    index: int,
    canvas_width: int,
) -> None:
    """Write `planes[index]`: plane k begins at `k * len(codes)`, its rows are `canvas_width` apart."""
    canvas = codes.shape[0]
    for plane in range(NUM_PACKED_PLANES):
        target = planes[index, plane * canvas : (plane + 1) * canvas]
        for place in range(canvas):
            target[place] = (codes[place] >> plane) & 1
    planes[index, NUM_PACKED_PLANES * canvas :] = 0
    count = planes.shape[1] // canvas
    if count > PREVIOUS_MOVE:
        previous = int(state.scalars[row, PREVIOUS_POINT])
        _mark(state, row, planes, index, canvas_width, PREVIOUS_MOVE * canvas, previous)
    if has_forbidden_points(state, row):
        _write_forbidden_points(state, row, planes, index, canvas_width, canvas)
    if count > NUM_BINARY_PLANES:
        _write_whole_planes(state, row, planes, index, canvas_width, canvas)
    if state.rules[row, GAME] != GO and count > OPPONENT_WINNING_POINTS:
        _write_winning_points(state, row, planes, index, canvas_width, canvas)


@inline_kernel
def _mark(
    state: State, row: int, planes: npt.NDArray[Any], index: int, canvas_width: int, start: int, point: int
) -> None:
    """Write a one for a point in the plane that begins at `start`, unless it is a pass or no move at all."""
    if point > PASS_POINT:
        planes[index, start + _place_of(point, int(state.rules[row, WIDTH]), canvas_width)] = 1


@kernel
def _write_forbidden_points(
    state: State, row: int, planes: npt.NDArray[Any], index: int, canvas_width: int, canvas: int
) -> None:
    """The empty points where Black may not play in renju."""
    for place in range(state.scalars[row, NUM_EMPTY]):
        point = int(state.empty[row, place])
        if forbidden_kind(state, row, point) != LEGAL:
            _mark(state, row, planes, index, canvas_width, BANNED * canvas, point)


@kernel
def _write_whole_planes(
    state: State, row: int, planes: npt.NDArray[Any], index: int, canvas_width: int, canvas: int
) -> None:
    """What holds for the whole board: komi, whose turn, which game."""
    color = state.scalars[row, TO_PLAY]
    is_go = state.rules[row, GAME] == GO
    komi = float(state.komi[row]) / KOMI_SCALE if is_go else 0.0
    for plane in range(NUM_BINARY_PLANES, min(planes.shape[1] // canvas, EXACT_LINE + 1)):
        if plane == LAST_WAS_PASS:
            value = 1.0 if state.scalars[row, LAST_POINT] == PASS_POINT else 0.0
        elif plane == KOMI:
            value = -komi if color == BLACK else komi
        elif plane == BLACK_TO_PLAY:
            value = 1.0 if color == BLACK else 0.0
        elif plane == IS_GOMOKU:
            value = 0.0 if is_go else 1.0
        else:
            rule = state.rules[row, LINE_RULE]
            value = 1.0 if not is_go and rule in (STANDARD, RENJU) else 0.0
        if value != 0.0:
            for y in range(state.rules[row, HEIGHT]):
                for x in range(state.rules[row, WIDTH]):
                    planes[index, plane * canvas + y * canvas_width + x] = value


@kernel
def _write_winning_points(
    state: State, row: int, planes: npt.NDArray[Any], index: int, canvas_width: int, canvas: int
) -> None:
    """The empty points where a stone completes a line, of the side to move and of its opponent."""
    color = int(state.scalars[row, TO_PLAY])
    own, other = OWN_WINNING_POINTS * canvas, OPPONENT_WINNING_POINTS * canvas
    for place in range(state.scalars[row, NUM_EMPTY]):
        point = int(state.empty[row, place])
        if completes_line(state, row, point, color):
            _mark(state, row, planes, index, canvas_width, own, point)
        if completes_line(state, row, point, BLACK + WHITE - color):
            _mark(state, row, planes, index, canvas_width, other, point)


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
