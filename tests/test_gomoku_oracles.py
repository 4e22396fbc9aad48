"""Numbers of games and positions of k-in-a-row games and who wins them, by full search over the kernels.

The numbers come from a program of another language that was written before this one.
"""

from __future__ import annotations

import numpy as np
import pytest
from exhaustive import black_reaches, count_games, count_sequences, expand_positions

from engine.board import BLACK, EMPTY, WHITE, State, new_state
from engine.rulesets import Rules


def new_game(width: int, height: int, line_length: int) -> State:
    """A row for every ply."""
    return new_state(Rules("gomoku", width, height, line_length=line_length), batch=width * height + 1)


@pytest.mark.parametrize(
    ("width", "height", "num_sequences"),
    [
        (3, 3, [9, 72, 504, 3024, 15120, 54720, 148176, 200448, 127872]),
        pytest.param(
            4,
            3,
            [
                *(12, 132, 1320, 11880, 95040, 622944),
                *(3499200, 14031360, 44872704, 81527040, 96825600, 35424000),
            ],
            marks=pytest.mark.long,
        ),
    ],
)
def test_number_of_move_sequences_to_three_in_a_row_is_exact(
    width: int, height: int, num_sequences: list[int]
) -> None:
    counts = np.zeros(len(num_sequences), np.int64)
    count_sequences(new_game(width, height, 3), counts)
    assert counts.tolist() == num_sequences


@pytest.mark.parametrize(
    ("width", "height", "num_games"),
    [(3, 3, 255168), pytest.param(4, 3, 151188768, marks=pytest.mark.long)],
)
def test_number_of_games_of_three_in_a_row_is_exact(width: int, height: int, num_games: int) -> None:
    counts = np.zeros(3, np.int64)
    count_games(new_game(width, height, 3), counts)
    assert counts.sum() == num_games
    if width == 3:
        assert counts[[BLACK, WHITE, EMPTY]].tolist() == [131184, 77904, 46080]


@pytest.mark.parametrize(
    ("width", "height", "line_length", "num_positions"),
    [
        (3, 3, 3, 5478),
        (4, 3, 3, 111973),
        pytest.param(4, 4, 3, 6036001, marks=pytest.mark.long),
        pytest.param(4, 4, 4, 9722011, marks=pytest.mark.long),
    ],
)
def test_number_of_reachable_positions_is_exact(
    width: int, height: int, line_length: int, num_positions: int
) -> None:
    state = new_game(width, height, line_length)
    unfinished = np.zeros(1, np.int64)
    num_found = 1
    while len(unfinished):
        children = np.empty(len(unfinished) * width * height, np.int64)
        is_over = np.empty(len(children), np.bool_)
        num_children = expand_positions(state, unfinished, children, is_over)
        children, is_over = children[:num_children], is_over[:num_children]
        unfinished = np.unique(children[~is_over])
        num_found += len(unfinished) + len(np.unique(children[is_over]))
    assert num_found == num_positions


def center_first(width: int, height: int) -> np.ndarray:
    """Actions, those near the center first."""
    actions = np.arange(width * height)
    x, y = actions % width, actions // width
    return actions[np.argsort((2 * x - width + 1) ** 2 + (2 * y - height + 1) ** 2, kind="stable")]


@pytest.mark.parametrize(
    ("width", "height", "line_length", "value"),
    [
        (3, 3, 3, 0),
        (4, 3, 3, 1),
        (4, 4, 3, 1),
        (4, 4, 4, 0),
        (5, 4, 4, 0),
        (6, 5, 4, 1),
        pytest.param(6, 4, 4, 0, marks=pytest.mark.long),
        pytest.param(5, 5, 4, 0, marks=pytest.mark.long),
    ],
)
def test_value_of_a_small_board_under_perfect_play_is_the_known_one(
    width: int, height: int, line_length: int, value: int
) -> None:
    """Black wins or draws; that White never wins is also a theorem, by stealing the strategy."""
    for threshold in (0.0, 1.0):
        table = np.full(1 << 22, 2**64 - 1, np.uint64)
        reached = black_reaches(
            new_game(width, height, line_length), threshold, center_first(width, height), table
        )
        assert reached == (value >= threshold)
