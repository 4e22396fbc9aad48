"""Numbers of positions, moves and games of Go that are known exactly, counted by the kernels of the engine.

Sources: Tromp & Farnebäck, "Combinatorics of Go", and two independent programs written before this one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from diagrams import board_tuple, padded_point
from exact_go import ExactGo
from exhaustive import black_reaches, count_games, count_positions, count_sequences
from naive_go import Board

from engine.board import BLACK, EMPTY, WHITE, State, new_state, reset
from engine.consistency import check_consistency
from engine.game import stones_of
from engine.go_kernels import place_stone
from engine.rulesets import Rules

MOVE_LIMIT = 990  # no game that is played out here has more moves: each board comes once, with a pass at most


def loose_rules(width: int, height: int, *, suicide: bool, ko: str = "positional") -> Rules:
    """Rules whose move limit is never reached."""
    return Rules("go", width, height, ko=ko, suicide=suicide, move_limit=MOVE_LIMIT)


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


def shapes(*cases: tuple[int, ...], interpreted_area: int, long_area: int) -> list[Any]:
    """Parameters that begin with width and height, marked by the area of the board."""
    marks = [
        [pytest.mark.interpreted] * (case[0] * case[1] <= interpreted_area)
        + [pytest.mark.long] * (case[0] * case[1] >= long_area)
        for case in cases
    ]
    return [pytest.param(*case, marks=mark) for case, mark in zip(cases, marks, strict=True)]


@pytest.mark.parametrize(
    ("width", "height", "num_positions", "num_plain_moves", "num_suicides"),
    shapes(
        (1, 1, 1, 0, 0),
        (1, 2, 5, 8, 4),
        (2, 1, 5, 8, 4),
        (1, 3, 15, 36, 6),
        (2, 2, 57, 184, 8),
        (2, 3, 489, 2220, 92),
        (3, 2, 489, 2220, 92),
        (4, 2, 4125, 24456, 1152),
        (3, 3, 12675, 83502, 2698),
        (2, 5, 35117, 258268, 11340),
        (4, 3, 321689, 2795884, 77728),
        (4, 4, 24318165, 279281840, 6249184),
        interpreted_area=6,
        long_area=16,
    ),
)
def test_numbers_of_legal_positions_and_of_moves_in_them_are_the_published_ones(
    width: int, height: int, num_positions: int, num_plain_moves: int, num_suicides: int
) -> None:
    rules = loose_rules(width, height, suicide=False, ko="simple")
    counts = np.zeros(3, np.int64)
    count_positions(new_state(rules, batch=rules.area + 1), counts)
    assert counts.tolist() == [num_positions, num_plain_moves, num_plain_moves + num_suicides]


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


def assert_perft(width: int, height: int, suicide: bool, expected: list[int]) -> None:
    counts = np.zeros(len(expected), np.int64)
    count_sequences(new_state(loose_rules(width, height, suicide=suicide), batch=len(expected)), counts)
    assert counts.tolist() == expected


@pytest.mark.interpreted
@pytest.mark.parametrize(("width", "height", "suicide"), PERFT)
def test_number_of_short_move_sequences_is_exact(width: int, height: int, suicide: bool) -> None:
    few = [number for number in PERFT[width, height, suicide] if number < 1500]
    assert_perft(width, height, suicide, few)


@pytest.mark.parametrize(("width", "height", "suicide"), PERFT)
def test_number_of_move_sequences_under_positional_superko_is_exact(
    width: int, height: int, suicide: bool
) -> None:
    assert_perft(width, height, suicide, PERFT[width, height, suicide])


@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize(
    ("width", "height", "expected"),
    shapes(
        (1, 1, 1),
        (1, 2, 9),
        (2, 1, 9),
        (1, 3, 907),
        (3, 1, 907),
        (4, 1, 2_098_407_841),
        interpreted_area=3,
        long_area=4,
    ),
)
def test_number_of_whole_games_on_a_line_is_the_published_one(
    width: int, height: int, expected: int, suicide: bool
) -> None:
    counts = np.zeros(3, np.int64)
    count_games(new_state(loose_rules(width, height, suicide=suicide), batch=MOVE_LIMIT), counts)
    assert counts.sum() == expected


# Values


@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize(
    ("width", "height", "expected"),
    shapes(
        (1, 1, 0),
        (2, 1, 0),
        (1, 3, 3),
        (4, 1, 4),
        (2, 2, 1),
        (5, 1, 0),
        (3, 2, 0),
        interpreted_area=3,
        long_area=6,
    ),
)
def test_value_of_a_tiny_board_under_perfect_play_is_the_published_one(
    width: int, height: int, suicide: bool, expected: int
) -> None:
    rules = loose_rules(width, height, suicide=suicide)
    pass_first = np.arange(rules.num_actions)[::-1].copy()  # it settles most positions at once
    no_table = np.zeros(0, np.uint64)
    for threshold in (expected, expected + 1):
        start = new_state(rules, batch=MOVE_LIMIT + 1)
        assert black_reaches(start, float(threshold), pass_first, no_table) == (threshold <= expected)


@pytest.mark.parametrize(("width", "height", "value"), [(1, 3, 3), (4, 1, 4), (2, 2, 1)])
def test_two_searches_of_a_tiny_board_agree(width: int, height: int, value: int) -> None:
    rules = loose_rules(width, height, suicide=False)
    assert ExactGo(rules, value).black_reaches_it(new_state(rules), 0)
    assert not ExactGo(rules, value + 1).black_reaches_it(new_state(rules), 0)
