"""Who owns what on a Go board: the area score, its points, and the liberties of every chain."""

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
from engine.geometry import num_points
from engine.go_kernels import has_empty_neighbor, is_surrounded
from engine.jit import allocating_kernel, inline_kernel, kernel


@kernel
def area_score(state: State, row: int) -> int:
    """Tromp-Taylor area of Black minus White, komi not counted.

    Cost: one pass over the board, and a flood fill if an empty region has more than one point.
    """
    width = int(state.rules[row, WIDTH])
    height = int(state.rules[row, HEIGHT])
    stones = 0
    for y in range(height):
        point = (y + 1) * (width + 1) + 1
        for _ in range(width):
            content = state.stone[row, point]
            stones += int(content == BLACK) - int(content == WHITE)
            point += 1
    eyes = 0
    for index in range(state.scalars[row, NUM_EMPTY]):
        point = int(state.empty[row, index])
        if has_empty_neighbor(state, row, point):
            return stones + _surrounded_by_all(state, row)
        eyes += int(is_surrounded(state, row, point, BLACK)) - int(is_surrounded(state, row, point, WHITE))
    return stones + eyes


@allocating_kernel
def _surrounded_by_all(state: State, row: int) -> int:
    return surrounded(state, row, np.zeros(state.stone.shape[1], np.int8))


@allocating_kernel
def surrounded(state: State, row: int, dead: npt.NDArray[np.int8]) -> int:
    """Points that Black surrounds minus points that White surrounds. Cost: one flood fill.

    Args:
        state: the batch.
        row: which game of Go.
        dead: `[>= P]` by point, other than 0 at stones that count as taken off.
    """
    total = num_points(state.rules[row, WIDTH], state.rules[row, HEIGHT])
    is_open = np.empty(total, np.bool_)  # empty or dead, and in no region yet
    for point in range(total):
        is_open[point] = state.stone[row, point] == EMPTY or dead[point] != 0
    region = np.empty(total, np.int16)
    difference = 0
    for start in range(total):
        if is_open[start]:
            size, borders = _fill_region(state, row, start, dead, is_open, region)
            difference += size * sign_of(borders)
    return difference


@inline_kernel
def _fill_region(
    state: State,
    row: int,
    start: int,
    dead: npt.NDArray[np.int8],
    is_open: npt.NDArray[np.bool_],
    region: npt.NDArray[np.int16],
) -> tuple[int, int]:
    """Walk over the open points that hang together with one of them. Mutates: is_open, region.

    Returns:
        How many there are, listed in `region`, and the colors of the living stones around them.
    """
    stride = int(state.rules[row, WIDTH]) + 1
    is_open[start] = False
    region[0] = start
    size, done, borders = 1, 0, 0
    while done < size:
        point = int(region[done])
        done += 1
        for neighbor in (point - stride, point - 1, point + 1, point + stride):
            content = int(state.stone[row, neighbor])
            if is_open[neighbor]:
                is_open[neighbor] = False
                region[size] = neighbor
                size += 1
            elif content != EMPTY and content != WALL and dead[neighbor] == 0:
                borders |= content
    return size, borders


@allocating_kernel
def mark_owners(state: State, row: int, owners: npt.NDArray[np.int8]) -> None:
    """Say who owns each point by area, nothing dead: what `area_score` counts. Mutates: owners.

    Args:
        state: the batch.
        row: which game of Go.
        owners: `[height, width]` receives 1 for Black, -1 for White, 0 for nobody.
    """
    width, height = int(state.rules[row, WIDTH]), int(state.rules[row, HEIGHT])
    stride = width + 1
    total = num_points(width, height)
    is_open = np.empty(total, np.bool_)  # empty, and in no region yet
    for point in range(total):
        is_open[point] = state.stone[row, point] == EMPTY
    dead = np.zeros(total, np.int8)
    region = np.empty(total, np.int16)
    for y in range(height):
        for x in range(width):
            start = (y + 1) * stride + x + 1
            if state.stone[row, start] != EMPTY:
                owners[y, x] = sign_of(int(state.stone[row, start]))
            elif is_open[start]:
                size, borders = _fill_region(state, row, start, dead, is_open, region)
                for place in range(size):
                    point = int(region[place])
                    owners[point // stride - 1, point % stride - 1] = sign_of(borders)


@inline_kernel
def sign_of(colors: int) -> int:
    """1 for Black alone, -1 for White alone, 0 for both colors or none."""
    return int(colors == BLACK) - int(colors == WHITE)


@kernel
def count_liberties(state: State, row: int, liberties: npt.NDArray[np.int16]) -> None:
    """Count the liberties of all chains of a row, each at its head. Mutates: liberties.

    Args:
        state: the batch.
        row: which game.
        liberties: `[>= P]` receives the counts; entries that are no head mean nothing.
    """
    liberties[:] = 0
    # Unsigned indices: Numba need not look whether they count from the end.
    one, stride = np.uint64(1), np.uint64(state.rules[row, WIDTH] + 1)
    empty, heads = state.empty[row].view(np.uint16), state.chain_head[row].view(np.uint16)
    for index in range(state.scalars[row, NUM_EMPTY]):
        point = np.uint64(empty[index])
        # Walls and empty points head themselves, so counting for them too spares a test.
        first, second = heads[point - stride], heads[point - one]
        third, fourth = heads[point + one], heads[point + stride]
        # A chain that touches the point on several sides counts it once.
        liberties[first] += 1
        liberties[second] += int(second != first)
        liberties[third] += int(third != first and third != second)
        liberties[fourth] += int(fourth != first and fourth != second and fourth != third)
