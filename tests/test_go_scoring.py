"""Counting a Go board: area, territory, dead stones, handicap, and who resigned."""

from __future__ import annotations

import random

import numpy as np
import pytest
from diagrams import board_tuple, go, play, sample_size
from naive_go import BLACK, EMPTY, WHITE, border_of, region_of

from engine.errors import IllegalMoveError, NotationError, OutcomeForbiddenError
from engine.game import Game
from engine.notation import action_of_vertex
from engine.rulesets import GO_RULESETS, Rules, go_rules
from engine.scoring import outcomes_forbidden, owners_black, settled_scores_black

pytestmark = pytest.mark.interpreted


def actions(game: Game, vertices: str) -> list[int]:
    return [action_of_vertex(vertex, game.rules) for vertex in vertices.split()]


def naive_score(game: Game, dead: set[int]) -> float:
    """Area or territory of the board without the dead stones, komi counted, from sets of points."""
    rules = game.rules
    before = board_tuple(game.stones())
    board = tuple(EMPTY if point in dead else color for point, color in enumerate(before))
    points = {EMPTY: 0, BLACK: 0, WHITE: 0}
    for point, color in enumerate(board):
        if color == EMPTY:
            region = region_of(board, rules.width, rules.height, point)
            owners = {board[p] for p in border_of(region, rules.width, rules.height)}
            points[owners.pop() if len(owners) == 1 else EMPTY] += 1
        elif rules.scoring == "area":
            points[color] += 1
    if rules.scoring == "territory":
        scalars = game.state.scalars[0]
        points[BLACK] += int(scalars[11]) + sum(before[point] == WHITE for point in dead)
        points[WHITE] += int(scalars[12]) + sum(before[point] == BLACK for point in dead)
    return points[BLACK] - points[WHITE] - rules.komi


@pytest.mark.parametrize("size", [3, 5, 6])
def test_the_owners_of_all_points_are_those_of_the_naive_regions_and_add_up_to_the_score(size: int) -> None:
    rng = random.Random(size)
    for _ in range(sample_size(20, 3)):
        game = Game(Rules("go", size, size + 1, komi=0.5))
        for _ in range(rng.randrange(4 * size)):
            game.play(rng.choice(game.legal_actions()[:-1] or [game.rules.pass_action]))
            if game.is_over:
                break
        owners = owners_black(game.state, [0])[0]
        board = board_tuple(game.stones())
        for point, owner in enumerate(owners.ravel()):
            region = region_of(board, size, size + 1, point)
            around = {board[p] for p in border_of(region, size, size + 1)}
            colors = around if board[point] == EMPTY else {board[point]}
            assert owner == (BLACK in colors) - (WHITE in colors)
        assert owners.sum() - 0.5 == game.score_black()
    with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
        owners_black(game.state, [0])


# D3 and F3 are stones of chains without eyes that share the liberties E3 and E2: nobody may play there first.
SEKI = """
    . O O X . O X X .
    O O O X . O X X X
    . O X X O O X X .
"""


def test_stones_in_seki_count_by_area_and_their_shared_liberties_never() -> None:
    area, territory = go(SEKI), go(SEKI, scoring="territory")
    assert area.score_black() == naive_score(area, set()) == 13 - 12
    assert territory.score_black() == naive_score(territory, set()) == 2 - 2


def test_a_dead_stone_is_a_prisoner_on_a_point_of_territory() -> None:
    diagram = "X . X O . / . O X O . / X X X O O / O O O O . / . . . . ."
    area, territory = go(diagram), go(diagram, scoring="territory")
    for game in (area, territory):
        assert game.score_black() == naive_score(game, set())
    dead = actions(area, "B4")
    assert area.score_black(dead) == 9 - 16
    assert territory.score_black(dead) == (3 + 1) - 8


def test_prisoners_count_by_territory_only() -> None:
    start = "X . . . / O X . . / . . . . / . . . ."
    area, territory = go(start), go(start, scoring="territory")
    for game in (area, territory):
        play(game, "A2 pass")
    assert area.score_black() == 16
    assert territory.score_black() == 14


# White can never begin in the corner; Black can, with a ko that White has no threats for.
BENT_FOUR = "X X X . X . / . O O O X . / O O X X X . / X X X . X ."


def test_bent_four_in_the_corner_is_dead_by_territory_if_the_players_say_so() -> None:
    game = go(BENT_FOUR, scoring="territory")
    assert game.score_black() == naive_score(game, set()) == 5
    assert game.score_black(actions(game, "A2")) == (7 + 5) + 5
    assert go(BENT_FOUR).score_black(actions(game, "A2")) == 24


def test_bent_four_in_the_corner_is_captured_when_it_is_played_out_by_area() -> None:
    game = go(BENT_FOUR)
    assert game.score_black() == 17 - 5
    play(game, "A3 D4 B4 A4 A3")
    assert game.refusal(0) is not None, "White needs a threat elsewhere to take the ko back"
    play(game, "pass A4 C4 A4 pass A3 B4 A4 A3 A4")
    assert game.score_black() == 24


def test_a_dead_stone_must_be_a_stone_of_a_game_of_go() -> None:
    game = go("X . / . .")
    with pytest.raises(NotationError, match="dead stone 1: expected the action of a stone in Go"):
        game.score_black([1])
    with pytest.raises(NotationError, match="dead stone 99"):
        game.score_black([99])


def test_stones_in_pass_alive_territory_come_off_for_a_settled_score() -> None:
    game = go(". X O O X . X . / X X O . X X X . / . X X X X . . . / . . . . . O . .")
    assert game.proven_dead() == actions(game, "C4 D4 C3")
    assert settled_scores_black(game.state, [0])[0] == game.score_black(game.proven_dead())


@pytest.mark.parametrize("ruleset", GO_RULESETS)
def test_scores_agree_with_sets_of_points_on_random_positions(ruleset: str) -> None:
    rng = random.Random(sum(ruleset.encode()))
    for _ in range(sample_size(60, 6)):
        game = Game(go_rules(rng.randint(1, 9), rng.randint(1, 9), ruleset=ruleset))
        for _ in range(rng.randrange(2 * game.rules.area)):
            if game.is_over:
                break
            game.play(rng.choice(game.legal_actions()))
        assert game.score_black() == naive_score(game, set())
        board = board_tuple(game.stones())
        stones = [point for point, color in enumerate(board) if color != EMPTY]
        if stones:
            stone = rng.choice(stones)
            chain = region_of(board, game.rules.width, game.rules.height, stone)
            assert game.score_black([stone]) == naive_score(game, chain)


# Handicap and resignation


def test_handicap_stones_give_white_the_move_and_the_bonus_of_the_rules() -> None:
    for ruleset, bonus in {"chinese": 2, "aga": 1, "japanese": 0, "new-zealand": 0}.items():
        game = Game(go_rules(9, ruleset=ruleset))
        assert game.place_fixed_handicap(2) == actions(game, "C3 G7")
        assert (game.to_play, game.moves) == (WHITE, [])
        assert game.state.komi[0] == game.rules.komi + bonus
        play(game, "E5")
        game.undo()
        assert game.undo() is None
        assert int(np.count_nonzero(game.stones())) == 2
        assert game.state.komi[0] == game.rules.komi + bonus


@pytest.mark.parametrize(
    ("vertices", "reason"),
    [
        ("A1", "expected 2..8 stones"),
        ("A1 A1", "named twice"),
        ("A1 pass", "off the board"),
        ("A1 A2 A3 B1 B2 B3 C1 C2 C3", "expected 2..8 stones"),
    ],
)
def test_handicap_that_cannot_stand_is_refused_and_changes_nothing(vertices: str, reason: str) -> None:
    game = Game(go_rules(3))
    with pytest.raises(IllegalMoveError) as refused:
        game.place_handicap(actions(game, vertices))
    assert refused.value.reason == reason
    assert not game.stones().any()
    assert game.to_play == BLACK


def test_handicap_comes_before_the_first_move() -> None:
    game = play(Game(go_rules(9)), "E5")
    with pytest.raises(IllegalMoveError, match="the board is not empty"):
        game.place_fixed_handicap(2)
    with pytest.raises(IllegalMoveError, match="the board is too small"):
        Game(go_rules(5)).place_fixed_handicap(2)
    with pytest.raises(IllegalMoveError, match="expected a game of Go"):
        Game(Rules("gomoku", 5, 5)).place_handicap([1, 2])


def test_who_resigns_loses_whatever_the_board_says() -> None:
    game = play(go("X X . / X . . / . . ."), "C1")
    assert game.winner() == BLACK
    game.resign(BLACK)
    assert (game.is_over, game.winner(), game.result()) == (True, WHITE, "W+R")
    with pytest.raises(IllegalMoveError, match="the game is over"):
        game.resign()
    assert game.undo() is not None
    assert (game.is_over, game.result()) == (False, "B+9")


def test_resignation_and_dead_stones_are_outcomes_too() -> None:
    game = go("X X . / . . .")
    with outcomes_forbidden():
        for read in (lambda: game.score_black([0]), lambda: settled_scores_black(game.state, [0])):
            with pytest.raises(OutcomeForbiddenError):
                read()
        game.resign()
        with pytest.raises(OutcomeForbiddenError):
            game.winner()
