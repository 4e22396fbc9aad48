"""Ladders: whether a chain with one or two liberties is caught by a run of ataris.

The attacker only gives atari; the defender extends or captures a chain around him that is itself in atari.
He is free once he has three liberties and caught when every move leaves him one at last. Suicide and moves
that simple ko forbids are not played. A chain that is not caught within the limits counts as free, so
`caught` is proven and `free` is not.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.board import (
    BLACK,
    EMPTY,
    HEIGHT,
    KO_POINT,
    KO_RULE,
    PASS_POINT,
    SIMPLE_KO,
    SUICIDE,
    TO_PLAY,
    WALL,
    WHITE,
    WIDTH,
    State,
    allocate_state,
    copy_row,
)
from engine.go_kernels import LEGAL, go_legality, is_atari_word, play_go
from engine.jit import kernel

MAX_NODES = 1000  # moves tried for one first move
MAX_DEPTH = 240  # plies
MAX_MOVES = 8  # defenses looked at in one node
OPEN, GOOD, BAD = range(3)  # what a move is for the side that plays it
CAUGHT = 1  # mark of a stone; an empty point is marked with the colors that catch something there
Points = npt.NDArray[np.int16]


class LadderWorkspace(NamedTuple):
    """Memory for the ladders of one row at a time; nothing in it outlives a call."""

    board: State
    """One row, where the moves are played."""
    line: Points
    """`[MAX_DEPTH]` the moves that lead to the position on the board, behind the first one."""
    moves: Points
    """`[MAX_DEPTH, MAX_MOVES]` the moves to try at each depth."""
    num_moves: Points
    """`[MAX_DEPTH]` how many there are."""
    num_tried: Points
    """`[MAX_DEPTH]` how many of them were tried."""
    found: Points
    """`[3]` liberties of one chain."""


def new_ladder_workspace(width: int, height: int, history: int) -> LadderWorkspace:
    """Memory for games up to a size.

    Args:
        width: widest board.
        height: tallest board.
        history: positions a game may have remembered, as in `allocate_state`.
    """
    return LadderWorkspace(
        board=allocate_state(1, width, height, history),
        line=np.zeros(MAX_DEPTH, np.int16),
        moves=np.zeros((MAX_DEPTH, MAX_MOVES), np.int16),
        num_moves=np.zeros(MAX_DEPTH, np.int16),
        num_tried=np.zeros(MAX_DEPTH, np.int16),
        found=np.zeros(3, np.int16),
    )


@kernel
def mark_ladders(state: State, row: int, marks: npt.NDArray[np.int8], work: LadderWorkspace) -> None:
    """Mark the stones that ladders catch and the moves that catch them, for both colors.

    A chain in atari is caught if it cannot escape although it moves first; a chain with two liberties if the
    attacker moves first and catches it.

    Args:
        state: the batch.
        row: which game of Go.
        marks: `[>= P]` by point: CAUGHT or 0 at a stone; at an empty point the sum of the colors, BLACK and
            WHITE, that catch a chain with two liberties by playing there. Mutates: marks.
        work: large enough for the game. Mutates: work.
    """
    total = (int(state.rules[row, WIDTH]) + 1) * (int(state.rules[row, HEIGHT]) + 2) + 1
    for point in range(total):
        marks[point] = 0
    for head in range(total):
        color = state.stone[row, head]
        if color in (EMPTY, WALL) or state.chain_head[row, head] != head:
            continue
        count = find_liberties(state, row, head, 3, work.found)
        if count == 1 and is_caught_after(state, row, head, PASS_POINT, work):
            _mark_chain(state, row, head, marks)
        elif count == 2:
            for liberty in (int(work.found[0]), int(work.found[1])):
                if is_caught_after(state, row, head, liberty, work):
                    marks[liberty] |= BLACK + WHITE - color
                    _mark_chain(state, row, head, marks)


@kernel
def _mark_chain(state: State, row: int, head: int, marks: npt.NDArray[np.int8]) -> None:
    stone = head
    while True:
        marks[stone] = CAUGHT
        stone = int(state.link[row, stone])
        if stone == head:
            return


@kernel
def find_liberties(state: State, row: int, point: int, limit: int, found: Points) -> int:
    """Write the first liberties of the chain at a stone and return how many, at most the limit.

    Mutates: found[: limit].
    """
    stride = int(state.rules[row, WIDTH]) + 1
    count = 0
    stone = point
    while True:
        for neighbor in (stone - stride, stone - 1, stone + 1, stone + stride):
            if state.stone[row, neighbor] == EMPTY:
                count = _add(neighbor, count, found)
                if count == limit:
                    return count
        stone = int(state.link[row, stone])
        if stone == point:
            return count


@kernel
def _add(point: int, count: int, points: Points) -> int:
    """Append a point to a list that does not hold it; returns the new length. Mutates: points."""
    for index in range(count):
        if points[index] == point:
            return count
    points[count] = point
    return count + 1


@kernel
def is_caught_after(state: State, row: int, point: int, first: int, work: LadderWorkspace) -> bool:
    """Whether the chain at a stone is caught once the attacker has given atari, with the defender to move.

    Args:
        state: the batch.
        row: which game of Go.
        point: a stone of the defender's chain.
        first: the liberty of a chain with two that the attacker takes, or PASS_POINT for a chain in atari.
        work: large enough for the game. Mutates: work.
    """
    # A loop with its own stack: a kernel that calls itself crashes when it comes from Numba's disk cache.
    depth = 0  # even where the defender is to move
    num_nodes = 0
    if not _go_to(state, row, point, first, 0, work):
        return False
    _enter(point, 0, work)
    while depth >= 0:
        if work.num_tried[depth] == work.num_moves[depth]:
            depth -= 2  # the side to move has failed: the move before was good, and so the one before it bad
            continue
        if num_nodes == MAX_NODES or depth + 1 == MAX_DEPTH:
            return False
        num_nodes += 1
        if work.num_tried[depth] > 0:
            _go_to(state, row, point, first, depth, work)
        outcome = _try_next(point, depth, work)
        if outcome == OPEN:
            depth += 1
            _enter(point, depth, work)
        elif outcome == GOOD:
            depth -= 1
    return depth == -2


@kernel
def _enter(point: int, depth: int, work: LadderWorkspace) -> None:
    """List the moves to try in the position on the work board. Mutates: work."""
    if depth % 2 == 0:
        work.num_moves[depth] = _find_defenses(point, work.moves[depth], work)
    else:
        work.num_moves[depth] = find_liberties(work.board, 0, point, 2, work.moves[depth])
    work.num_tried[depth] = 0


@kernel
def _try_next(point: int, depth: int, work: LadderWorkspace) -> int:
    """Play the next move of a node and say what it is for its side: GOOD, BAD or OPEN. Mutates: work."""
    move = int(work.moves[depth, work.num_tried[depth]])
    work.num_tried[depth] += 1
    if go_legality(work.board, 0, move) != LEGAL:
        return BAD
    play_go(work.board, 0, move)
    work.line[depth] = move
    count = find_liberties(work.board, 0, point, 3, work.found)
    if depth % 2 == 1 or count == 2:
        return OPEN
    return GOOD if count == 3 else BAD


@kernel
def _find_defenses(point: int, moves: Points, work: LadderWorkspace) -> int:
    """Write the moves that may save a chain in atari: its liberty, and captures of chains around it.

    Mutates: moves, work.found. Returns how many, at most MAX_MOVES.
    """
    board = work.board
    stride = int(board.rules[0, WIDTH]) + 1
    other = BLACK + WHITE - board.stone[0, point]
    count = find_liberties(board, 0, point, 1, moves)
    stone = point
    while True:
        for neighbor in (stone - stride, stone - 1, stone + 1, stone + stride):
            if board.stone[0, neighbor] == other and count < MAX_MOVES:
                if is_atari_word(board.chain_liberties[0, board.chain_head[0, neighbor]]):
                    find_liberties(board, 0, neighbor, 1, work.found)
                    count = _add(int(work.found[0]), count, moves)
        stone = int(board.link[0, stone])
        if stone == point:
            return count


@kernel
def _go_to(state: State, row: int, point: int, first: int, depth: int, work: LadderWorkspace) -> bool:
    """Set up the position behind the first move and `depth` moves of the line; False if the first is illegal.

    Mutates: work.board.
    """
    board = work.board
    copy_row(state, row, board, 0)
    board.rules[0, KO_RULE] = SIMPLE_KO
    board.rules[0, SUICIDE] = 0
    defender = state.stone[row, point]
    beginner = defender if first == PASS_POINT else BLACK + WHITE - defender
    if board.scalars[0, TO_PLAY] != beginner:
        board.scalars[0, TO_PLAY] = beginner
        board.scalars[0, KO_POINT] = PASS_POINT
    if first != PASS_POINT:
        if go_legality(board, 0, first) != LEGAL:
            return False
        play_go(board, 0, first)
    for index in range(depth):
        play_go(board, 0, int(work.line[index]))
    return True
