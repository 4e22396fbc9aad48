"""Gomoku on one row of a batch: a stone goes down, and a line through it may end the game."""

from engine.board import (
    BLACK,
    CARO,
    EMPTY,
    GAME,
    GOMOKU,
    IS_OVER,
    LINE_LENGTH,
    LINE_OWNER,
    LINE_RULE,
    NUM_EMPTY,
    RENJU,
    STANDARD,
    TO_PLAY,
    WHITE,
    WIDTH,
    State,
)
from engine.go_kernels import LEGAL, OCCUPIED, finish_move, take_empty
from engine.jit import inline_kernel
from engine.renju_kernels import black_may_move, forbidden_kind
from engine.zobrist import ZOBRIST


@inline_kernel
def gomoku_legality(state: State, row: int, point: int) -> int:
    """LEGAL or the reason why not, for a stone of the side to move on an on-board point."""
    if state.stone[row, point] != EMPTY:
        return OCCUPIED
    if has_forbidden_points(state, row):
        return forbidden_kind(state, row, point)
    return LEGAL


@inline_kernel
def has_forbidden_points(state: State, row: int) -> bool:
    """Whether the rules restrict the side to move: Black in renju."""
    is_renju = state.rules[row, GAME] == GOMOKU and state.rules[row, LINE_RULE] == RENJU
    return bool(is_renju and state.scalars[row, TO_PLAY] == BLACK)


@inline_kernel
def completes_line(state: State, row: int, point: int, color: int) -> bool:
    """Whether a stone of this color on the point makes a winning line, the stone itself counted."""
    stride = int(state.rules[row, WIDTH]) + 1
    needed = state.rules[row, LINE_LENGTH]
    for step in (1, stride, stride - 1, stride + 1):
        length = 1
        ahead = point + step
        while state.stone[row, ahead] == color:
            length += 1
            ahead += step
        behind = point - step
        while state.stone[row, behind] == color:
            length += 1
            behind -= step
        if length >= needed and wins(state, row, color, length, behind, ahead):
            return True
    return False


@inline_kernel
def wins(state: State, row: int, color: int, length: int, behind: int, ahead: int) -> bool:
    """Whether a row of at least LINE_LENGTH stones between two points of other content wins."""
    rule = int(state.rules[row, LINE_RULE])
    if length > state.rules[row, LINE_LENGTH]:
        return rule != STANDARD and (rule != RENJU or color == WHITE)
    other = BLACK + WHITE - color
    is_blocked = state.stone[row, behind] == other and state.stone[row, ahead] == other
    return rule != CARO or not is_blocked


@inline_kernel
def play_gomoku(state: State, row: int, point: int) -> None:
    """Play a legal move. Mutates: state[row]. Precondition: legal, the game goes on."""
    color = int(state.scalars[row, TO_PLAY])
    take_empty(state, row, point)
    state.stone[row, point] = color
    state.hash[row] ^= ZOBRIST[color, point]
    finish_move(state, row, point)
    if completes_line(state, row, point, color):
        state.scalars[row, LINE_OWNER] = color
        state.scalars[row, IS_OVER] = 1
    elif not has_legal_point(state, row):
        state.scalars[row, IS_OVER] = 1


@inline_kernel
def has_legal_point(state: State, row: int) -> bool:
    """Whether the side to move may play at all; if not, the game is a draw."""
    if has_forbidden_points(state, row):
        return black_may_move(state, row)
    return bool(state.scalars[row, NUM_EMPTY] > 0)
