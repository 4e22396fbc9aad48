"""Gomoku on one row of a batch: a stone goes down, and a line of k through it ends the game."""

from engine.board import (
    EMPTY,
    FREESTYLE,
    IS_OVER,
    LINE_LENGTH,
    LINE_OWNER,
    LINE_RULE,
    NUM_EMPTY,
    TO_PLAY,
    WIDTH,
    State,
)
from engine.go_kernels import LEGAL, OCCUPIED, finish_move, take_empty
from engine.jit import inline_kernel, kernel
from engine.zobrist import ZOBRIST


@kernel
def gomoku_legality(state: State, row: int, point: int) -> int:
    """LEGAL on an empty point, else OCCUPIED."""
    if state.stone[row, point] != EMPTY:
        return OCCUPIED
    return LEGAL


@inline_kernel
def completes_line(state: State, row: int, point: int, color: int) -> bool:
    """Whether a stone of this color on the point makes a winning line, the stone itself counted."""
    stride = int(state.rules[row, WIDTH]) + 1
    needed = state.rules[row, LINE_LENGTH]
    takes_more = state.rules[row, LINE_RULE] == FREESTYLE
    for step in (1, stride, stride - 1, stride + 1):
        length = 1
        place = point + step
        while state.stone[row, place] == color:
            length += 1
            place += step
        place = point - step
        while state.stone[row, place] == color:
            length += 1
            place -= step
        if length == needed or (length > needed and takes_more):
            return True
    return False


@inline_kernel
def play_gomoku(state: State, row: int, point: int) -> None:
    """Play a legal move. Mutates: state[row]. Precondition: the point is empty, the game goes on."""
    color = state.scalars[row, TO_PLAY]
    take_empty(state, row, point)
    state.stone[row, point] = color
    state.hash[row] ^= ZOBRIST[color, point]
    if completes_line(state, row, point, color):
        state.scalars[row, LINE_OWNER] = color
        state.scalars[row, IS_OVER] = 1
    elif state.scalars[row, NUM_EMPTY] == 0:
        state.scalars[row, IS_OVER] = 1
    finish_move(state, row, point)
