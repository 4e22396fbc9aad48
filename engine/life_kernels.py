"""Pass-alive analysis: chains that no attack can ever take, and the territory where nobody else can live.

Alive are the chains that Benson's theorem names: each has at least two vital regions, and these border on
alive chains only. A region is a maximal connected set of points without stones of the color; it is vital to a
chain if every empty point of it is a liberty of the chain. Where suicide is legal, stones may turn into empty
points, so there every point of the region has to touch the chain.

Territory is a connected part of the board without alive stones of the color in which at most one point
touches none of them. The opponent needs two such points for two eyes, so nothing that stands there or is
ever played there can become alive, not even by capturing stones. No point is territory of both colors.

Source: David B. Benson, "Life in the game of Go", Information Sciences 10 (1976). To count the inner points
is David J. Wu's idea (KataGo); his parts hold no stones of the color, ours may hold some that are not alive.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, EMPTY, HEIGHT, SUICIDE, WALL, WHITE, WIDTH, State
from engine.jit import inline_kernel, kernel

Marks = npt.NDArray[np.int8]
MAX_CANDIDATES = 4  # chains that may touch one point
UNKNOWN = -2  # region of a point that the flood has not reached


class LifeWorkspace(NamedTuple):
    """Memory for the analysis of one row at a time; nothing in it outlives a call but `alive`."""

    alive: npt.NDArray[np.bool_]
    """`[P]` the stones that the latest `find_alive` found."""
    region: npt.NDArray[np.int16]
    """`[P]` number of the region of a point, -1 at walls and stones of the color."""
    vital: npt.NDArray[np.int16]
    """`[P, MAX_CANDIDATES]` for a region, the heads of the chains it is vital to, 0 for none."""
    num_vital: npt.NDArray[np.int16]
    """`[P]` at a chain's head, how many regions are vital to it."""
    queue: npt.NDArray[np.int16]
    """`[P]` points or chains still to be looked at."""


def new_life_workspace(num_points: int) -> LifeWorkspace:
    """Memory for boards of up to `num_points` padded points."""
    return LifeWorkspace(
        alive=np.zeros(num_points, np.bool_),
        region=np.zeros(num_points, np.int16),
        vital=np.zeros((num_points, MAX_CANDIDATES), np.int16),
        num_vital=np.zeros(num_points, np.int16),
        queue=np.zeros(num_points, np.int16),
    )


@inline_kernel
def _num_points(state: State, row: int) -> int:
    return (int(state.rules[row, WIDTH]) + 1) * (int(state.rules[row, HEIGHT]) + 2) + 1


@kernel
def mark_pass_alive(state: State, row: int, owner: Marks, work: LifeWorkspace) -> None:
    """Mark every pass-alive stone and every point of territory with its color, all else with EMPTY.

    Args:
        state: the batch.
        row: which game of Go.
        owner: `[>= P]` by point. Mutates: owner.
        work: mutates: work.
    """
    for point in range(_num_points(state, row)):
        owner[point] = EMPTY
    for color in (BLACK, WHITE):
        if find_alive(state, row, color, work):
            _mark_area(state, row, color, owner, work)


@kernel
def mark_dead_stones(state: State, row: int, dead: Marks, work: LifeWorkspace) -> None:
    """Mark with 1 the stones in pass-alive territory of the opponent, all else with 0.

    Args:
        state: the batch.
        row: which game of Go.
        dead: `[>= P]` by point. Mutates: dead.
        work: mutates: work.
    """
    mark_pass_alive(state, row, dead, work)
    for point in range(_num_points(state, row)):
        owner, content = dead[point], state.stone[row, point]
        dead[point] = int(owner != EMPTY and content != EMPTY and owner != content)


@kernel
def find_alive(state: State, row: int, color: int, work: LifeWorkspace) -> bool:
    """Mark in `work.alive` the stones of a color that Benson's theorem calls alive; False if there are none.

    Args:
        state: the batch.
        row: which game of Go.
        color: BLACK or WHITE.
        work: mutates: work.
    """
    for point in range(_num_points(state, row)):
        work.num_vital[point] = 0
    for index in range(_find_regions(state, row, color, work)):
        for place in range(MAX_CANDIDATES):
            work.num_vital[work.vital[index, place]] += 1
    # The queue holds the chains that fall, each once: one with fewer than two vital regions makes the regions
    # around it useless to others, which may fall in turn.
    num_fallen = 0
    num_chains = 0
    for point in range(_num_points(state, row)):
        work.alive[point] = state.stone[row, point] == color
        if work.alive[point] and state.chain_head[row, point] == point:
            num_chains += 1
            if work.num_vital[point] < 2:
                work.queue[num_fallen] = point
                num_fallen += 1
    done = 0
    while done < num_fallen:
        num_fallen = _fell(state, row, int(work.queue[done]), num_fallen, work)
        done += 1
    return num_fallen < num_chains


@kernel
def _fell(state: State, row: int, head: int, num_fallen: int, work: LifeWorkspace) -> int:
    """Strike a chain out, and the regions around it; returns the number of fallen chains. Mutates: work."""
    stride = int(state.rules[row, WIDTH]) + 1
    stone = head
    while True:
        work.alive[stone] = False
        for neighbor in (stone - stride, stone - 1, stone + 1, stone + stride):
            index = work.region[neighbor]
            if index < 0:
                continue
            for place in range(MAX_CANDIDATES):
                chain = int(work.vital[index, place])
                work.vital[index, place] = 0
                if chain != 0:
                    work.num_vital[chain] -= 1
                    if work.num_vital[chain] == 1:
                        work.queue[num_fallen] = chain
                        num_fallen += 1
        stone = int(state.link[row, stone])
        if stone == head:
            return num_fallen


@kernel
def _find_regions(state: State, row: int, color: int, work: LifeWorkspace) -> int:
    """Number the regions, write which chains each is vital to, return how many there are. Mutates: work."""
    stride = int(state.rules[row, WIDTH]) + 1
    total = _num_points(state, row)
    must_touch_stones = state.rules[row, SUICIDE] != 0
    for point in range(total):
        content = state.stone[row, point]
        work.region[point] = -1 if content in (color, WALL) else UNKNOWN
    count = 0
    for start in range(total):
        if work.region[start] != UNKNOWN:
            continue
        has_candidates = False
        work.region[start] = count
        work.queue[0] = start
        size, done = 1, 0
        while done < size:
            point = int(work.queue[done])
            done += 1
            if must_touch_stones or state.stone[row, point] == EMPTY:
                if has_candidates:
                    _keep_candidates(state, row, point, color, count, work)
                else:
                    _start_candidates(state, row, point, color, count, work)
                    has_candidates = True
            for neighbor in (point - stride, point - 1, point + 1, point + stride):
                if work.region[neighbor] == UNKNOWN:
                    work.region[neighbor] = count
                    work.queue[size] = neighbor
                    size += 1
        count += 1
    return count


@inline_kernel
def _start_candidates(
    state: State, row: int, point: int, color: int, index: int, work: LifeWorkspace
) -> None:
    """Write the chains of a color that touch a point, each once. Mutates: work.vital[index]."""
    stride = int(state.rules[row, WIDTH]) + 1
    found = 0
    for neighbor in (point - stride, point - 1, point + 1, point + stride):
        if state.stone[row, neighbor] == color:
            head = state.chain_head[row, neighbor]
            is_new = True
            for place in range(found):
                is_new = is_new and work.vital[index, place] != head
            if is_new:
                work.vital[index, found] = head
                found += 1
    for place in range(found, MAX_CANDIDATES):
        work.vital[index, place] = 0


@inline_kernel
def _keep_candidates(state: State, row: int, point: int, color: int, index: int, work: LifeWorkspace) -> None:
    """Strike out the chains that do not touch a point. Mutates: work.vital[index]."""
    stride = int(state.rules[row, WIDTH]) + 1
    for place in range(MAX_CANDIDATES):
        head = work.vital[index, place]
        if head == 0:
            continue
        touches = False
        for neighbor in (point - stride, point - 1, point + 1, point + stride):
            if state.stone[row, neighbor] == color and state.chain_head[row, neighbor] == head:
                touches = True
        if not touches:
            work.vital[index, place] = 0


@kernel
def _mark_area(state: State, row: int, color: int, owner: Marks, work: LifeWorkspace) -> None:
    """Mark the alive stones of a color and its territory. Mutates: owner, work."""
    stride = int(state.rules[row, WIDTH]) + 1
    total = _num_points(state, row)
    for point in range(total):
        # From here on a region is a part of the board without alive stones.
        is_open = not work.alive[point] and state.stone[row, point] != WALL
        work.region[point] = UNKNOWN if is_open else -1
        if work.alive[point]:
            owner[point] = color
    for start in range(total):
        if work.region[start] != UNKNOWN:
            continue
        work.region[start] = 0
        work.queue[0] = start
        size, done, num_inner = 1, 0, 0
        while done < size:
            point = int(work.queue[done])
            done += 1
            is_inner = 1
            for neighbor in (point - stride, point - 1, point + 1, point + stride):
                if work.alive[neighbor]:
                    is_inner = 0
                elif work.region[neighbor] == UNKNOWN:
                    work.region[neighbor] = 0
                    work.queue[size] = neighbor
                    size += 1
            num_inner += is_inner
        if num_inner < 2:
            for index in range(size):
                owner[work.queue[index]] = color
