"""The rules of Gomoku as diagrams, and random games against the naive reference."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from diagrams import assert_shows, board_tuple, gomoku, play, refusal, sample_size
from naive_go import opponent_of
from naive_gomoku import NaiveGomoku

from engine import board
from engine.board import BLACK, EMPTY, WHITE, copy_row, new_state
from engine.consistency import check_consistency
from engine.errors import IllegalMoveError
from engine.game import Game, stones_of
from engine.go_kernels import GAME_OVER, LEGAL, OCCUPIED, OFF_BOARD, PASS_NOT_ALLOWED
from engine.renju_kernels import FORBIDDEN_DOUBLE_FOUR, FORBIDDEN_DOUBLE_THREE, FORBIDDEN_OVERLINE
from engine.rules_kernels import legal_actions, legality, score_black
from engine.rules_kernels import play as play_kernel
from engine.rulesets import LINE_RULES, LineRule, Rules, gomoku_rules

pytestmark = pytest.mark.interpreted


def lines_of_five(size: int) -> list[list[int]]:
    """The actions of every five in a row of a square board, the lines at its edges and corners included."""
    lines = []
    for dx, dy in ((1, 0), (0, 1), (1, 1), (-1, 1)):
        for y in range(size):
            for x in range(size):
                line = [(x + step * dx, y + step * dy) for step in range(5)]
                if all(0 <= a < size and 0 <= b < size for a, b in line):
                    lines.append([b * size + a for a, b in line])
    return lines


def runs_around_the_edge(size: int) -> list[list[int]]:
    """Five actions at equal steps that look like a line to who forgets where the rows end."""
    runs = [
        [first + number * step for number in range(5)]
        for step in (1, size - 2, size - 1, size, size + 1, size + 2)
        for first in range(size * size - 4 * step)
    ]
    lines = lines_of_five(size)
    return [run for run in runs if run not in lines]


def with_one_missing(line: list[int], last: int, **options: Any) -> Game:
    """A 6x6 game in which Black has all of a line but the stone on `last`, and then plays it."""
    stones = np.zeros(36, np.int8)
    stones[line] = BLACK
    stones[last] = EMPTY
    game = Game(Rules("gomoku", 6, 6, **options), stones.reshape(6, 6))
    assert not game.is_over
    game.play(last)
    return game


@pytest.mark.parametrize("line_rule", LINE_RULES)
def test_five_in_a_row_wins_in_all_directions_at_every_place_by_each_of_its_stones(
    line_rule: LineRule,
) -> None:
    lines = lines_of_five(6)
    assert len(lines) == 2 * 6 * 2 + 2 * 2 * 2
    for line in lines:
        for last in line:
            game = with_one_missing(line, last, line_rule=line_rule)
            assert (game.is_over, game.winner(), game.result()) == (True, BLACK, "B+")


def test_line_does_not_run_around_the_edge_of_the_board() -> None:
    runs = runs_around_the_edge(6)
    assert len(runs) > 50
    for run in runs:
        for last in run:
            assert not with_one_missing(run, last).is_over


@pytest.mark.parametrize("line_rule", LINE_RULES)
def test_lines_along_the_edges_of_the_largest_board_win(line_rule: LineRule) -> None:
    last = 19
    for x, y, dx, dy in ((15, 0, 1, 0), (0, 15, 0, 1), (15, 15, 1, 1), (15, 4, 1, -1), (0, last, 1, -1)):
        stones = np.zeros((20, 20), np.int8)
        for step in range(4):
            stones[y + step * dy, x + step * dx] = BLACK
        game = Game(Rules("gomoku", 20, 20, line_rule=line_rule), stones)
        game.play((y + 4 * dy) * 20 + x + 4 * dx)
        assert game.result() == "B+"


@pytest.mark.parametrize("length", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("color", [BLACK, WHITE])
def test_line_length_may_be_chosen(length: int, color: int) -> None:
    stones = np.zeros((6, 7), np.int8)
    stones[3, 1 : length - 1] = color
    game = Game(Rules("gomoku", 7, 6, line_length=length), stones, to_play=color)
    game.play(3 * 7 + length - 1)
    assert not game.is_over
    game.play(3 * 7, color)
    assert (game.is_over, game.winner()) == (True, color)


def test_four_in_a_row_and_lines_of_two_colors_do_not_win() -> None:
    assert not play(gomoku("X X X . . / . . . . ."), "D2").is_over
    assert not play(gomoku("X X O . X X / . . . . . ."), "D2").is_over


@pytest.mark.parametrize("vertex", ["A2", "B2", "C2", "D2", "E2", "F2"])
def test_six_in_a_row_wins_in_freestyle_only_whichever_stone_comes_last(vertex: str) -> None:
    diagram = ["X"] * 6
    diagram["ABCDEF".index(vertex[0])] = "."
    text = f"{' '.join(diagram)} / . . . . . ."
    exact = play(gomoku(text, line_rule="standard"), vertex)
    assert (exact.is_over, exact.winner(), exact.result()) == (False, EMPTY, "0")
    assert play(gomoku(text), vertex).result() == "B+"


def test_exact_five_wins_although_the_same_stone_makes_an_overline() -> None:
    column = " / ".join(". . . X . ." for _ in range(4))
    assert play(gomoku(f"X X X . X X / {column}", line_rule="standard"), "D5").winner() == BLACK


def test_exact_five_next_to_an_overline_of_the_other_color_wins() -> None:
    game = play(gomoku("O O O O O O . / X X X X . . .", line_rule="standard"), "E1")
    assert game.winner() == BLACK


@pytest.mark.parametrize(
    ("diagram", "wins"),
    [
        ("O X X . X X O", False),
        ("X X . X X O .", True),  # the edge blocks nothing
        (". X X . X X O", True),
        ("O X X . X X .", True),
        ("O X X . X X X O", True),  # six are never blocked
        ("O X X . X X X", True),
    ],
)
def test_five_blocked_at_both_ends_by_the_opponent_does_not_win_in_caro(diagram: str, wins: bool) -> None:
    width = len(diagram.split())
    vertex = f"{'ABCDEFGH'[diagram.split().index('.', 1)]}1"
    column = " / ".join(diagram.split())
    for text, place in ((diagram, vertex), (column, f"A{width - 'ABCDEFGH'.index(vertex[0])}")):
        assert (play(gomoku(text, line_rule="caro"), place).winner() == BLACK) == wins
        swapped = text.translate(str.maketrans("XO", "OX"))
        assert (play(gomoku(swapped, WHITE, line_rule="caro"), place).winner() == WHITE) == wins
        assert (play(gomoku(text), place).winner() == BLACK) == (text.count("X") > 3)


def test_five_blocked_in_caro_wins_by_another_line() -> None:
    column = " / ".join("." * 3 + "X" + "." * 3 for _ in range(4))
    assert play(gomoku(f"O X X . X X O / {column}", line_rule="caro"), "D5").winner() == BLACK


def test_full_board_without_a_line_is_a_draw() -> None:
    game = play(gomoku("X O X / X O O / O X .", line_length=3), "C1")
    assert_shows(game, "X O X / X O O / O X X")
    assert (game.is_over, game.winner(), game.result(), game.score_black()) == (True, EMPTY, "0", 0.0)


def test_line_on_the_last_point_wins() -> None:
    game = play(gomoku("X O O / X X O / O O .", line_length=3), "C1")
    assert (game.is_over, game.result()) == (True, "B+")


def test_white_wins_with_a_white_line() -> None:
    game = play(gomoku("O O . / X X . / . . .", to_play=WHITE, line_length=3), "C3")
    assert (game.result(), game.score_black()) == ("W+", -1.0)


def test_passing_is_never_legal() -> None:
    game = Game(gomoku_rules(9))
    assert refusal(game, "pass") == "no passing in Gomoku"
    with pytest.raises(IllegalMoveError, match=r"illegal move: black pass \(no passing in Gomoku\)"):
        game.play(game.rules.pass_action)
    assert game.rules.pass_action not in game.legal_actions()


def test_finished_game_refuses_moves_is_not_resumed_and_may_be_undone() -> None:
    game = play(gomoku("X X . / O O . / . . .", line_length=3), "C3")
    assert refusal(game, "C2") == "the game is over"
    assert game.legal_actions() == []
    game.resume()
    assert game.is_over
    game.undo()
    assert not game.is_over
    assert play(game, "C1 C2").result() == "W+"


def test_stones_are_never_captured() -> None:
    game = play(gomoku(". X . / X O . / . X .", line_length=5), "C2")
    assert_shows(game, ". X . / X O X / . X .")


def test_line_lengths_fit_the_board_by_default() -> None:
    assert [gomoku_rules(size).line_length for size in (3, 4, 6, 7, 15)] == [3, 4, 4, 5, 5]
    assert gomoku_rules(15, 3).line_length == 3


# Tic-tac-toe through the kernels


def test_tic_tac_toe_has_its_known_reachable_positions() -> None:
    rules = gomoku_rules(3)
    state = new_state(rules, batch=10)
    positions: dict[str, bool] = {}
    actions = np.empty((10, rules.num_actions), np.int16)

    def visit(ply: int) -> None:
        key = stones_of(state, ply).tobytes()
        if key in positions:
            return
        positions[key] = bool(state.scalars[ply, board.IS_OVER])
        for action in actions[ply, : legal_actions(state, ply, actions[ply])]:
            copy_row(state, ply, state, ply + 1)
            play_kernel(state, ply + 1, int(action))
            visit(ply + 1)

    visit(0)
    assert (len(positions), sum(positions.values())) == (5478, 958)


# Random games

CODE_OF_REASON = {
    "legal": LEGAL,
    "off board": OFF_BOARD,
    "occupied": OCCUPIED,
    "pass": PASS_NOT_ALLOWED,
    "game over": GAME_OVER,
    "overline": FORBIDDEN_OVERLINE,
    "double four": FORBIDDEN_DOUBLE_FOUR,
    "double three": FORBIDDEN_DOUBLE_THREE,
}


def play_both(rng: random.Random) -> int:
    """One random game on a random board, compared after every move; returns who won."""
    width, height = rng.randint(1, 8), rng.randint(1, 8)
    line_rule = rng.choice(LINE_RULES)
    line_length = 5 if line_rule == "renju" else rng.randint(2, 6)
    rules = Rules("gomoku", width, height, line_length=line_length, line_rule=line_rule)
    state = new_state(rules)
    naive = NaiveGomoku(width, height, line_length, line_rule)
    actions = np.empty(rules.num_actions, np.int16)
    while True:
        check_consistency(state, 0)
        assert board_tuple(stones_of(state, 0)) == naive.board
        assert bool(state.scalars[0, board.IS_OVER]) == naive.is_over
        assert state.scalars[0, board.TO_PLAY] == naive.to_play
        sign_of_winner = {EMPTY: 0.0, BLACK: 1.0, WHITE: -1.0}
        assert score_black(state, 0) == sign_of_winner[naive.winner()]
        assert actions[: legal_actions(state, 0, actions)].tolist() == naive.legal_actions()
        for action in (-1, rng.randrange(rules.area), rules.area, rules.area + 1, rng.randrange(-999, 999)):
            assert legality(state, 0, action) == CODE_OF_REASON[naive.legality(action)]
        if naive.is_over:
            return naive.winner()
        action = rng.choice(naive.legal_actions())
        play_kernel(state, 0, action)
        naive.play(action)


def test_engine_agrees_with_the_reference_on_random_games() -> None:
    rng = random.Random(11)
    winners = [play_both(rng) for _ in range(sample_size(compiled=150, interpreted=40))]
    assert {EMPTY, BLACK, WHITE} == set(winners)


def test_random_games_win_only_by_the_last_move() -> None:
    rng = random.Random(12)
    for _ in range(20):
        game = Game(Rules("gomoku", 5, 5, line_length=3))
        while not game.is_over:
            assert game.winner() == EMPTY
            game.play(rng.choice(game.legal_actions()))
        assert game.winner() in (EMPTY, opponent_of(game.to_play))
