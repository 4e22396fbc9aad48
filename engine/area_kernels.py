"""Who owns what on a Go board: the area score, and the liberties of every chain."""

import numpy as np
import numpy.typing as npt

from engine.board import (
    BLACK,
    EMPTY,
    HEIGHT,
    NUM_EMPTY,
    WALL,
    WHITE,
    WIDTH,
    State,
)
from engine.go_kernels import has_empty_neighbor, is_surrounded
from engine.jit import allocating_kernel, inline_kernel, kernel


@kernel
def area_score(state: State, row: int) -> int:
    """Tromp-Taylor area of Black minus White, komi not counted.

    Cost: one pass over the board, and a flood fill if an empty region has more than one point.
    """
    width = int(state.rules[row, WIDTH])
    height = int(state.rules[row, HEIGHT])
    score = 0
    has_regions = False
    for y in range(height):
        point = (y + 1) * (width + 1) + 1
        for _ in range(width):
            content = state.stone[row, point]
            score += int(content == BLACK) - int(content == WHITE)
            point += 1
    for index in range(state.scalars[row, NUM_EMPTY]):
        point = 0 + state.empty[row, index]
        has_regions = has_regions or has_empty_neighbor(state, row, point)
        score += int(is_surrounded(state, row, point, BLACK)) - int(is_surrounded(state, row, point, WHITE))
    if has_regions:
        score += _region_score(state, row)
    return score


@allocating_kernel
def _region_score(state: State, row: int) -> int:
    """The same for empty regions of two points and more alone."""
    stride = int(state.rules[row, WIDTH]) + 1
    total = stride * (int(state.rules[row, HEIGHT]) + 2) + 1
    is_visited = np.zeros(total, np.bool_)
    stack = np.empty(total, np.int16)
    score = 0
    for index in range(state.scalars[row, NUM_EMPTY]):
        start = 0 + state.empty[row, index]
        if is_visited[start] or not has_empty_neighbor(state, row, start):
            continue
        is_visited[start] = True
        stack[0] = start
        depth = 1
        size = 0
        borders = 0
        while depth > 0:
            depth -= 1
            point = int(stack[depth])
            size += 1
            for offset in (-stride, -1, 1, stride):
                neighbor = point + offset
                content = state.stone[row, neighbor]
                if content == EMPTY:
                    if not is_visited[neighbor]:
                        is_visited[neighbor] = True
                        stack[depth] = neighbor
                        depth += 1
                elif content != WALL:
                    borders |= content
        if borders == BLACK:
            score += size
        elif borders == WHITE:
            score -= size
    return score


@inline_kernel
def _head_if_stone(state: State, row: int, point: int) -> int:
    """Head of the chain at a point; 0, where a wall stands, for walls and empty points."""
    content = state.stone[row, point]
    return int(state.chain_head[row, point]) if content in (BLACK, WHITE) else 0


@kernel
def count_liberties(state: State, row: int, liberties: npt.NDArray[np.int16]) -> None:
    """Count the liberties of all chains of a row, each at its head. Mutates: liberties.

    Args:
        state: the batch.
        row: which game.
        liberties: `[>= P]` receives the counts; entries that are no head mean nothing.
    """
    stride = int(state.rules[row, WIDTH]) + 1
    for point in range(stride * (int(state.rules[row, HEIGHT]) + 2) + 1):
        liberties[point] = 0
    for index in range(state.scalars[row, NUM_EMPTY]):
        point = 0 + state.empty[row, index]
        first = _head_if_stone(state, row, point - stride)
        second = _head_if_stone(state, row, point - 1)
        third = _head_if_stone(state, row, point + 1)
        fourth = _head_if_stone(state, row, point + stride)
        # A chain that touches the point on several sides counts it once.
        liberties[first] += 1
        liberties[second] += int(second != first)
        liberties[third] += int(third != first and third != second)
        liberties[fourth] += int(fourth != first and fourth != second and fourth != third)
