"""Numbers of positions, moves and games of Go that are known exactly, counted by the kernels of the engine.

Sources: Tromp & Farnebäck, "Combinatorics of Go", and two independent programs written before this one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from diagrams import IS_INTERPRETED, board_tuple, padded_point
from exact_go import ExactGo
from naive_go import Board

from engine import board
from engine.board import BLACK, EMPTY, WHITE, State, copy_row, new_state, reset
from engine.consistency import check_consistency
from engine.game import stones_of
from engine.go_kernels import place_stone
from engine.rules_kernels import legal_actions, play
from engine.rulesets import Rules

MOVE_LIMIT = 300  # beyond every game that is counted here


def loose_rules(width: int, height: int, *, suicide: bool, ko: str = "positional") -> Rules:
    """Rules whose move limit is never reached."""
    return Rules("go", width, height, ko=ko, suicide=suicide, move_limit=MOVE_LIMIT)


def legal_list(state: State, row: int, rules: Rules) -> list[int]:
    actions = np.empty(rules.num_actions, np.int16)
    return actions[: legal_actions(state, row, actions)].tolist()


# Positions and moves


def put_down(state: State, row: int, stones: Board, width: int) -> None:
    """Place stones one by one, in the order of the points, with the captures that this makes."""
    reset(state, row)
    for action, color in enumerate(stones):
        if color != EMPTY:
            place_stone(state, row, padded_point(action, width), color)


def legal_positions(state: State, rules: Rules) -> Iterator[Board]:
    """Leave in row 0, one after the other, every coloring of the board that stands without captures.

    A chain without liberties is taken off, itself or what surrounds it, by the last stone that touches it,
    so a coloring is legal exactly if all its stones are still there.
    """
    for stones in itertools.product((EMPTY, BLACK, WHITE), repeat=rules.area):
        put_down(state, 0, stones, rules.width)
        if board_tuple(stones_of(state, 0)) == stones:
            yield stones


def count_moves(state: State, rules: Rules, *, suicide: bool) -> int:
    """Moves of both colors in the position of row 0, passes not counted."""
    state.rules[0, board.SUICIDE] = suicide
    count = 0
    for color in (BLACK, WHITE):
        state.scalars[0, board.TO_PLAY] = color
        count += len(legal_list(state, 0, rules)) - 1
    return count


NOT_INTERPRETED = pytest.mark.skipif(IS_INTERPRETED, reason="takes seconds without the compiler")


@pytest.mark.interpreted
@pytest.mark.parametrize(
    ("width", "height", "num_positions", "num_plain_moves", "num_suicides"),
    [
        (1, 1, 1, 0, 0),
        (1, 2, 5, 8, 4),
        (2, 1, 5, 8, 4),
        (1, 3, 15, 36, 6),
        (2, 2, 57, 184, 8),
        (2, 3, 489, 2220, 92),
        (3, 2, 489, 2220, 92),
        pytest.param(4, 2, 4125, 24456, 1152, marks=NOT_INTERPRETED),
        pytest.param(3, 3, 12675, 83502, 2698, marks=NOT_INTERPRETED),
        pytest.param(3, 4, 321689, 2795884, 77728, marks=[pytest.mark.long, NOT_INTERPRETED]),
    ],
)
def test_numbers_of_legal_positions_and_of_moves_in_them_are_the_published_ones(
    width: int, height: int, num_positions: int, num_plain_moves: int, num_suicides: int
) -> None:
    rules = loose_rules(width, height, suicide=False, ko="simple")
    state = new_state(rules)
    counts = [0, 0, 0]
    for _ in legal_positions(state, rules):
        counts[0] += 1
        counts[1] += count_moves(state, rules, suicide=False)
        counts[2] += count_moves(state, rules, suicide=True)
    assert counts == [num_positions, num_plain_moves, num_plain_moves + num_suicides]


@pytest.mark.interpreted
def test_every_legal_position_is_consistent_after_its_stones_were_put_down() -> None:
    rules = loose_rules(3, 2, suicide=False)
    state = new_state(rules)
    hashes = set()
    for _ in legal_positions(state, rules):
        check_consistency(state, 0)
        hashes.add(int(state.hash[0]))
    assert len(hashes) == 489, "two positions have one hash"


# Sequences of moves


def perft(rules: Rules, depth: int) -> list[int]:
    """Number of move sequences of 1 .. `depth` moves; finished games are not extended."""
    state = new_state(rules, batch=depth)
    counts = [0] * depth

    def walk(ply: int) -> None:
        actions = legal_list(state, ply, rules)
        counts[ply] += len(actions)
        if ply + 1 < depth:
            for action in actions:
                copy_row(state, ply, state, ply + 1)
                play(state, ply + 1, action)
                walk(ply + 1)

    walk(0)
    return counts


PERFT = {
    (2, 2, False): [5, 21, 68, 156, 316, 604, 1088, 2184, 4184, 8024],
    (2, 2, True): [5, 21, 68, 156, 316, 604, 1088, 2184, 4184, 8024],
    (2, 3, False): [7, 43, 222, 934, 3242, 8666, 20760, 45332],
    (2, 3, True): [7, 43, 222, 942, 3378, 9834, 26504, 64116],
    (3, 3, False): [10, 91, 738, 5281, 33384, 179712, 842696],
    (3, 3, True): [10, 91, 738, 5281, 33384, 180768, 857576],
    (4, 4, False): [17, 273, 4112, 57984, 764016, 9323872],
    (4, 4, True): [17, 273, 4112, 57984, 764016, 9326320],
    (5, 5, False): [26, 651, 15650],
    (9, 9, False): [82, 6643],
}


def cases(*depths: tuple[int, int, bool, int]) -> list[Any]:
    """Parameters of `assert_perft` for boards, suicide rules and depths."""
    return [
        pytest.param(
            *(width, height, suicide, PERFT[width, height, suicide][:depth]),
            id=f"{width}x{height} {'with' if suicide else 'without'} suicide, {depth} moves",
        )
        for width, height, suicide, depth in depths
    ]


def assert_perft(width: int, height: int, suicide: bool, expected: list[int]) -> None:
    assert perft(loose_rules(width, height, suicide=suicide), len(expected)) == expected


@pytest.mark.interpreted
@pytest.mark.parametrize(
    ("width", "height", "suicide", "expected"),
    cases(
        (2, 2, False, 6),
        (2, 2, True, 6),
        (2, 3, False, 4),
        (2, 3, True, 4),
        (3, 3, False, 3),
        (9, 9, False, 1),
    ),
)
def test_number_of_short_move_sequences_is_exact(
    width: int, height: int, suicide: bool, expected: list[int]
) -> None:
    assert_perft(width, height, suicide, expected)


@pytest.mark.parametrize(
    ("width", "height", "suicide", "expected"),
    cases(
        (2, 2, False, 10),
        (2, 2, True, 10),
        (2, 3, False, 8),
        (2, 3, True, 8),
        (3, 3, False, 6),
        (3, 3, True, 6),
        (4, 4, False, 5),
        (4, 4, True, 5),
        (5, 5, False, 3),
        (9, 9, False, 2),
    ),
)
def test_number_of_move_sequences_under_positional_superko_is_exact(
    width: int, height: int, suicide: bool, expected: list[int]
) -> None:
    assert_perft(width, height, suicide, expected)


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "height", "suicide", "expected"),
    cases((3, 3, False, 7), (3, 3, True, 7), (4, 4, False, 6), (4, 4, True, 6)),
)
def test_number_of_long_move_sequences_under_positional_superko_is_exact(
    width: int, height: int, suicide: bool, expected: list[int]
) -> None:
    assert_perft(width, height, suicide, expected)


@pytest.mark.interpreted
@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize(("length", "expected"), [(1, 1), (2, 9), (3, 907)])
def test_number_of_whole_games_on_a_line_is_the_published_one(
    length: int, expected: int, suicide: bool
) -> None:
    for width, height in ((length, 1), (1, length)):
        rules = loose_rules(width, height, suicide=suicide)
        state = new_state(rules, batch=MOVE_LIMIT)

        def count_games(ply: int, rules: Rules = rules, state: State = state) -> int:
            if state.scalars[ply, board.IS_OVER]:
                return 1
            num_games = 0
            for action in legal_list(state, ply, rules):
                copy_row(state, ply, state, ply + 1)
                play(state, ply + 1, action)
                num_games += count_games(ply + 1)
            return num_games

        assert count_games(0) == expected


# Values


@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        pytest.param(1, 1, 0, marks=pytest.mark.interpreted),
        pytest.param(2, 1, 0, marks=pytest.mark.interpreted),
        pytest.param(1, 3, 3, marks=pytest.mark.interpreted),
        (4, 1, 4),
        (2, 2, 1),
    ],
)
def test_value_of_a_tiny_board_under_perfect_play_is_the_published_one(
    width: int, height: int, suicide: bool, expected: int
) -> None:
    rules = loose_rules(width, height, suicide=suicide)
    start = new_state(rules)
    assert ExactGo(rules, expected).black_reaches_it(start, 0)
    assert not ExactGo(rules, expected + 1).black_reaches_it(start, 0)
