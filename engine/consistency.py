"""Recompute all that a row's fields imply and compare: for tests, far too slow for play."""

import numpy as np

from engine import board
from engine.board import BLACK, EMPTY, GO, WALL, WHITE, State
from engine.geometry import num_points
from engine.zobrist import ZOBRIST


def check_consistency(state: State, row: int) -> None:
    """Compare a row's incremental fields with fresh computations.

    Raises:
        AssertionError: a field disagrees; the message names it.
    """
    width = int(state.rules[row, board.WIDTH])
    height = int(state.rules[row, board.HEIGHT])
    stride, total = width + 1, num_points(width, height)
    stone = [int(value) for value in state.stone[row, :total]]
    on_board = {(y + 1) * stride + x + 1 for y in range(height) for x in range(width)}
    for point in range(total):
        _require((stone[point] == WALL) == (point not in on_board), f"wall at point {point}")

    empties = {point for point in on_board if stone[point] == EMPTY}
    count = int(state.scalars[row, board.NUM_EMPTY])
    listed = [int(point) for point in state.empty[row, :count]]
    _require(len(listed) == len(set(listed)) and set(listed) == empties, "list of empty points")
    _require(all(int(state.link[row, point]) == i for i, point in enumerate(listed)), "link of an empty")

    expected = np.uint64(0)
    for point in on_board - empties:
        expected ^= ZOBRIST[stone[point], point]
    _require(expected == state.hash[row], "hash")
    if state.rules[row, board.GAME] == GO:
        _check_around(state, row, stone, on_board, stride)
        for point in set(range(total)) - (on_board - empties):
            _require(int(state.chain_head[row, point]) == point, f"chain_head without a stone at {point}")
        _check_chains(state, row, stone, on_board - empties, stride)


def _check_around(state: State, row: int, stone: list[int], on_board: set[int], stride: int) -> None:
    for point in on_board:
        contents = [stone[neighbor] for neighbor in (point - stride, point - 1, point + 1, point + stride)]
        for shift, counted in (
            (board.BLACK_AROUND_SHIFT, (BLACK, WALL)),
            (board.WHITE_AROUND_SHIFT, (WHITE, WALL)),
            (board.EMPTY_AROUND_SHIFT, (EMPTY,)),
        ):
            count = int(state.around[row, point]) >> shift & board.AROUND_MASK
            _require(count == sum(content in counted for content in contents), f"around point {point}")


def _check_chains(state: State, row: int, stone: list[int], stones: set[int], stride: int) -> None:
    unseen = set(stones)
    while unseen:
        start = unseen.pop()
        chain, frontier = {start}, [start]
        while frontier:
            point = frontier.pop()
            for neighbor in (point - stride, point - 1, point + 1, point + stride):
                if stone[neighbor] == stone[start] and neighbor not in chain:
                    chain.add(neighbor)
                    frontier.append(neighbor)
        unseen -= chain
        heads = {int(state.chain_head[row, point]) for point in chain}
        _require(len(heads) == 1 and heads <= chain, f"one head for the chain at {start}")
        ring, point = [start], int(state.link[row, start])
        while point != start and len(ring) <= len(chain):
            ring.append(point)
            point = int(state.link[row, point])
        _require(len(ring) == len(chain) and set(ring) == chain, f"ring of the chain at {start}")
        liberties = [
            neighbor
            for point in chain
            for neighbor in (point - stride, point - 1, point + 1, point + stride)
            if stone[neighbor] == EMPTY
        ]
        _require(len(liberties) > 0, f"a liberty for the chain at {start}")
        word = int(state.chain_liberties[row, heads.pop()])
        _require(word >> board.COUNT_SHIFT == len(liberties), f"liberty count at {start}")
        _require((word >> board.SUM_SHIFT) & board.SUM_MASK == sum(liberties), f"liberty sum at {start}")
        squares = sum(point * point for point in liberties)
        _require(word & board.SQUARES_MASK == squares, f"liberty squares at {start}")


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise AssertionError(f"inconsistent state: {what}")
