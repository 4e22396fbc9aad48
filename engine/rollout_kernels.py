"""Random games: the light playouts of classical computer Go, and uniform random Gomoku."""

import numpy as np
import numpy.typing as npt

from engine.board import (
    GAME,
    GO,
    IS_OVER,
    MOVE_COUNT,
    NUM_EMPTY,
    PASS_POINT,
    TO_PLAY,
    State,
    copy_row,
)
from engine.go_kernels import LEGAL, is_own_eye, play_go
from engine.gomoku_kernels import play_gomoku
from engine.jit import inline_kernel, kernel
from engine.random_state import RandomState, random_below
from engine.rules_kernels import point_legality, score_black


@inline_kernel
def random_point(state: State, row: int, random: RandomState, random_row: int) -> int:
    """A legal point, uniform over those that do not fill an own eye; PASS_POINT when there is none.

    Mutates: random[random_row], and the order of the list of empty points.
    """
    color = state.scalars[row, TO_PLAY]
    is_go = state.rules[row, GAME] == GO
    remaining = state.scalars[row, NUM_EMPTY]
    while remaining > 0:
        index = random_below(random, random_row, remaining)
        point = int(state.empty[row, index])
        fills_eye = is_go and is_own_eye(state, row, point, color)
        if not fills_eye and point_legality(state, row, point, is_go) == LEGAL:
            return int(point)
        # Set the refused point aside behind the others and draw again.
        remaining -= 1
        moved = state.empty[row, remaining]
        state.empty[row, index] = moved
        state.empty[row, remaining] = point
        state.link[row, moved] = index
        state.link[row, point] = remaining
    return PASS_POINT


@inline_kernel
def play_out(state: State, row: int, random: RandomState, random_row: int) -> int:
    """Random moves until the game ends; returns the moves it took. Mutates: state[row], random."""
    start = int(state.scalars[row, MOVE_COUNT])
    is_go = state.rules[row, GAME] == GO
    while state.scalars[row, IS_OVER] == 0:
        point = random_point(state, row, random, random_row)
        if is_go:
            play_go(state, row, point)
        else:
            play_gomoku(state, row, point)
    return int(state.scalars[row, MOVE_COUNT]) - start


@kernel
def random_games(
    start: State,
    start_row: int,
    work: State,
    work_row: int,
    random: RandomState,
    random_row: int,
    lengths: npt.NDArray[np.int32],
    scores_black: npt.NDArray[np.float32],
) -> None:
    """Play as many random games from one position as `lengths` has places.

    Mutates: work[work_row], random[random_row], lengths, scores_black.
    """
    for game in range(lengths.shape[0]):
        copy_row(start, start_row, work, work_row)
        lengths[game] = play_out(work, work_row, random, random_row)
        scores_black[game] = score_black(work, work_row)
