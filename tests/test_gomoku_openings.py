"""Openings of Gomoku: swap2 from stage to stage, and free openings that an evaluator finds even."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from engine.board import BLACK, TO_PLAY, WHITE, State
from engine.errors import IllegalMoveError, OpeningError
from engine.game import Game, stones_of
from engine.notation import action_of_vertex
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.swap2 import FIRST, SECOND, Stage, Swap2
from engine.threats import find_vcf
from selfplay.openings import MAX_DRAWS, even_openings, random_opening

RULES = gomoku_rules(15)


def actions(vertices: str) -> list[int]:
    return [action_of_vertex(vertex, RULES) for vertex in vertices.split()]


def opened(*steps: str) -> Swap2:
    """An opening after some steps: vertices to place, or `black` or `white` to take."""
    swap2 = Swap2(RULES)
    for step in steps:
        if step == "black":
            swap2.take_black()
        elif step == "white":
            swap2.take_white()
        else:
            swap2.place(actions(step))
    return swap2


# Swap2


@pytest.mark.parametrize(
    ("steps", "stage", "player_to_act"),
    [
        ([], Stage.PLACE_THREE, FIRST),
        (["H8 J8 K10"], Stage.CHOOSE_OR_PLACE, SECOND),
        (["H8 J8 K10", "F6 G7"], Stage.CHOOSE, FIRST),
    ],
)
def test_player_to_act_follows_the_stages(steps: list[str], stage: Stage, player_to_act: int) -> None:
    swap2 = opened(*steps)
    assert (swap2.stage, swap2.player_to_act, swap2.black_player) == (stage, player_to_act, None)


@pytest.mark.parametrize(
    ("steps", "black_player"),
    [
        (["H8 J8 K10", "black"], SECOND),
        (["H8 J8 K10", "white"], FIRST),
        (["H8 J8 K10", "F6 G7", "black"], FIRST),
        (["H8 J8 K10", "F6 G7", "white"], SECOND),
    ],
)
def test_who_chooses_gets_the_color_and_white_moves(steps: list[str], black_player: int) -> None:
    swap2 = opened(*steps)
    assert (swap2.stage, swap2.black_player) == (Stage.DONE, black_player)
    assert swap2.player_to_act == FIRST + SECOND - black_player
    game = swap2.game()
    assert game.to_play == WHITE
    assert [move.action for move in game.moves] == swap2.actions == actions(" ".join(steps[:-1]))
    assert [move.color for move in game.moves] == ([BLACK, WHITE] * 3)[: len(game.moves)]
    game.play(0)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (["black"], "a color: expected to place three stones"),
        (["H8 J8"], "2 stones: expected to place three stones"),
        (["H8 J8 K10", "F6"], "1 stones: expected to take black, take white or place two stones"),
        (["H8 J8 K10", "F6 G7", "A1 A2"], "2 stones: expected to take black or take white"),
        (["H8 J8 K10", "white", "black"], "a color: expected to play"),
        (["H8 J8 K10", "white", ""], "0 stones: expected to play"),
    ],
)
def test_step_out_of_turn_is_refused(steps: list[str], message: str) -> None:
    swap2 = opened(*steps[:-1])
    before = (swap2.stage, swap2.actions, swap2.black_player)
    with pytest.raises(OpeningError, match=message):
        swap2.take_black() if steps[-1] == "black" else swap2.place(actions(steps[-1]))
    assert (swap2.stage, swap2.actions, swap2.black_player) == before


def test_stones_must_be_legal_moves_and_leave_the_game_going() -> None:
    swap2 = opened("H8 J8 K10")
    with pytest.raises(IllegalMoveError, match="occupied"):
        swap2.place(actions("A1 H8"))
    assert swap2.actions == actions("H8 J8 K10")
    with pytest.raises(OpeningError, match="stones that end the game"):
        Swap2(gomoku_rules(5, line_length=2)).place([0, 24, 1])


def test_game_before_the_colors_are_chosen_and_swap2_of_go_are_refused() -> None:
    with pytest.raises(OpeningError, match="a game: expected to take black"):
        opened("H8 J8 K10").game()
    for rules in (go_rules(9), Rules("gomoku", 2, 2)):
        with pytest.raises(OpeningError, match="expected Gomoku on five points or more"):
            Swap2(rules)


# Free openings


def sided(state: State, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """An evaluator that finds a board even if as many stones lie left of the middle as right of it."""
    values = []
    for row in rows:
        stones = stones_of(state, int(row)) != 0
        difference = int(stones[:, :7].sum()) - int(stones[:, 8:].sum())
        sign = 1 if state.scalars[row, TO_PLAY] == BLACK else -1
        values.append(sign * np.clip(difference / 3, -1, 1))
    return np.array(values, np.float32)


def even(count: int, rules: Rules = RULES, **options: Any) -> list[list[int]]:
    return list(islice(even_openings(rules, sided, **options), count))


def has_vcf(rules: Rules, opening: list[int]) -> bool:
    """Whether either side could win by fours, if it were to move behind an opening."""
    game = Game(rules)
    for action in opening:
        game.play(action)
    assert not game.is_over
    return any(find_vcf(game.state, 0, attacker=color).verdict == "win" for color in (BLACK, WHITE))


def test_same_seed_gives_the_same_openings() -> None:
    assert even(20, seed=1) == even(20, seed=1)
    assert even(20, seed=1) != even(20, seed=2)


def test_openings_lie_near_the_center_in_all_lengths_and_without_a_vcf() -> None:
    openings = even(200, seed=3)
    assert {len(opening) for opening in openings} == {1, 2, 3, 4, 5, 6}
    for opening in openings:
        assert all(5 <= action % 15 <= 9 and 5 <= action // 15 <= 9 for action in opening)
        assert not has_vcf(RULES, opening)


def test_even_openings_come_through_with_the_chance_of_the_formula() -> None:
    def constant(state: State, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        calls.append(len(rows))
        return np.full(len(rows), 0.5, np.float32)

    for sharpness in (1.0, 4.0):
        calls: list[int] = []
        openings = even_openings(RULES, constant, 4, max_plies=2, sharpness=sharpness)
        accepted = len(list(islice(openings, 200)))
        chance = (1 - 0.5**2) ** sharpness
        assert abs(accepted / sum(calls) - chance) < 4 * np.sqrt(chance * (1 - chance) / sum(calls)) + 0.02


def test_lopsided_openings_are_rare() -> None:
    def lopsided(opening: list[int]) -> int:
        return abs(sum(action % 15 < 7 for action in opening) - sum(action % 15 > 7 for action in opening))

    assert max(map(lopsided, even(200, seed=5))) < 3
    assert sum(map(lopsided, even(200, seed=5, sharpness=10))) < sum(map(lopsided, even(200, seed=5)))


def test_opening_where_a_side_could_win_by_fours_is_refused() -> None:
    def all_even(state: State, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.zeros(len(rows), np.float32)

    rules = gomoku_rules(9, line_length=4)
    random = np.random.default_rng(6)
    drawn = [random_opening(rules, 5, random) for _ in range(30)]
    assert any(has_vcf(rules, opening) for opening in drawn)
    accepted = list(islice(even_openings(rules, all_even, 6), 30))
    assert not any(has_vcf(rules, opening) for opening in accepted)


def test_evaluator_that_finds_nothing_even_ends_in_an_error() -> None:
    def decided(state: State, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.ones(len(rows), np.float32)

    rules = gomoku_rules(3)
    with pytest.raises(OpeningError, match=f"the evaluator found none of {MAX_DRAWS} even"):
        next(even_openings(rules, decided, 7, max_plies=1))
