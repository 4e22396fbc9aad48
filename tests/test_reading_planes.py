"""The planes that take reading show what the analyses of one position say, and fours a naive count."""

from __future__ import annotations

import random

import numpy as np
import pytest
from diagrams import board_tuple, go, gomoku, sample_size
from naive_gomoku import DIRECTIONS, NaiveGomoku

from engine import reading_planes
from engine.board import BLACK, EMPTY, WHITE, copy_row, new_state
from engine.game import Game
from engine.ladder_kernels import mark_ladders, new_ladder_workspace
from engine.notation import vertex_of_action
from engine.reading_planes import NUM_READING_PLANES, ReadingPlanes
from engine.rulesets import Rules, go_rules

pytestmark = pytest.mark.interpreted


def planes_of(game: Game) -> np.ndarray:
    values = np.full((1, NUM_READING_PLANES, game.rules.height, game.rules.width), 7, np.int8)
    ReadingPlanes(game.rules).write(game.state, np.zeros(1, np.int64), values)
    return values[0]


def test_areas_are_shown_from_the_view_of_the_side_to_move() -> None:
    diagram = ". X . X . O . O . / X X X X . O O O O / . . . . . . . . ."
    black, white = planes_of(go(diagram)), planes_of(go(diagram, to_play=WHITE))
    assert black[reading_planes.OWN_AREA].sum() == 8
    assert black[reading_planes.OPPONENT_AREA].sum() == 8
    assert (black[reading_planes.OWN_AREA] == white[reading_planes.OPPONENT_AREA]).all()
    assert (black[reading_planes.OPPONENT_AREA] == white[reading_planes.OWN_AREA]).all()


def test_planes_agree_with_the_analyses_on_random_positions_of_a_batch() -> None:
    rng = random.Random(4)
    rules = go_rules(6)
    games = []
    for _ in range(sample_size(40, 3)):
        game = Game(rules)
        for _ in range(rng.randrange(40)):
            game.play(rng.choice(game.legal_actions()[:-1] or [rules.pass_action]))
            if game.is_over:
                break
        games.append(game)
    state = new_state(rules, len(games))
    for row, game in enumerate(games):
        copy_row(game.state, 0, state, row)
    values = np.ones((len(games), NUM_READING_PLANES, 8, 9), np.float32)
    ReadingPlanes(rules).write(state, np.arange(len(games))[::-1].copy(), values)
    assert not values[:, :, 6:].any()
    assert not values[:, :, :, 6:].any()
    work = new_ladder_workspace(6, 6, rules.resolved_move_limit + 2)
    for game, shown in zip(games[::-1], values[:, :, :6, :6], strict=True):
        own, other = game.to_play, BLACK + WHITE - game.to_play
        areas = game.pass_alive()
        assert (shown[reading_planes.OWN_AREA] == (areas == own)).all()
        assert (shown[reading_planes.OPPONENT_AREA] == (areas == other)).all()
        padded = np.zeros(game.state.stone.shape[1], np.int8)
        mark_ladders(game.state, 0, padded, work)
        marks, stones = padded[: 7 * 8].reshape(8, 7)[1:-1, 1:], game.stones()
        assert (shown[reading_planes.CAUGHT_STONES] == (marks != 0) * (stones != 0)).all()
        assert (shown[reading_planes.OWN_LADDER_MOVES] == (marks & own != 0) * (stones == 0)).all()
        assert (shown[reading_planes.OPPONENT_LADDER_MOVES] == (marks & other != 0) * (stones == 0)).all()


def naive_ways(naive: NaiveGomoku, action: int, color: int) -> int:
    """Points that would complete a line through a stone of a color on an empty point."""
    board = list(naive.board)
    board[action] = color
    ways = 0
    for gap in [point for point, content in enumerate(board) if content == EMPTY]:
        trial = naive.copy()
        trial.board = tuple(color if point == gap else content for point, content in enumerate(board))
        for row, (dx, dy) in zip(trial.rows_through(gap), DIRECTIONS, strict=True):
            ways += trial._row_wins(row) and any(
                reaches(trial, gap, action, sign * dx, sign * dy) for sign in (1, -1)
            )
    return ways


def reaches(naive: NaiveGomoku, start: int, end: int, dx: int, dy: int) -> bool:
    """Whether an unbroken row of stones of one color leads from one point to another."""
    x, y = start % naive.width, start // naive.width
    color = naive.at(x, y)
    while naive.at(x, y) == color:
        if y * naive.width + x == end:
            return True
        x, y = x + dx, y + dy
    return False


FOURS = [
    Rules("gomoku", 7, 6, line_length=4),
    *(Rules("gomoku", 6, 6, line_length=4, line_rule=rule) for rule in ("standard", "caro")),
    Rules("gomoku", 6, 6, line_rule="renju"),
]


@pytest.mark.parametrize("rules", FOURS, ids=Rules.describe)
def test_fours_are_what_a_naive_count_of_completing_points_finds(rules: Rules) -> None:
    rng = random.Random(5)
    for _ in range(sample_size(12, 2)):
        game = Game(rules)
        for _ in range(rng.randrange(6, 26)):
            if game.is_over:
                break
            game.play(rng.choice(game.legal_actions()))
        naive = NaiveGomoku(rules.width, rules.height, rules.line_length, rules.line_rule)
        naive.board = board_tuple(game.stones())
        values = planes_of(game)
        assert not values[: reading_planes.OWN_FOURS].any(), "pass-alive areas and ladders are of Go alone"
        for side, color in enumerate((game.to_play, BLACK + WHITE - game.to_play)):
            ways = [naive.board[p] == EMPTY and naive_ways(naive, p, color) for p in range(rules.area)]
            ways_by_point = np.array(ways, int).reshape(rules.height, rules.width)
            assert (values[reading_planes.OWN_FOURS + side] == (ways_by_point > 0)).all()
            assert (values[reading_planes.OWN_DOUBLE_FOURS + side] == (ways_by_point > 1)).all()


def test_an_open_three_shows_where_it_becomes_an_open_four() -> None:
    game = gomoku(". . . . . . . / . . X X X . . / . . . . . . . / O . O O . . .", line_length=5)
    values = planes_of(game)

    def vertices(plane: int) -> list[str]:
        return [vertex_of_action(int(action), game.rules) for action in np.flatnonzero(values[plane])]

    assert vertices(reading_planes.OWN_FOURS) == ["A3", "B3", "F3", "G3"]
    assert vertices(reading_planes.OWN_DOUBLE_FOURS) == ["B3", "F3"]
    assert vertices(reading_planes.OPPONENT_FOURS) == ["B1", "E1"]
    assert not vertices(reading_planes.OPPONENT_DOUBLE_FOURS)


def test_go_has_no_fours() -> None:
    assert not planes_of(go("X X X X . / . . . . ."))[reading_planes.OWN_FOURS :].any()
