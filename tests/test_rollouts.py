"""Random games: legal to the end, without filling own eyes, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from diagrams import go, gomoku, padded_point, sample_size, visible
from naive_go import BLACK, WHITE

from engine import board
from engine.board import GO, PASS_POINT, allocate_state, copy_row, new_state
from engine.consistency import check_consistency
from engine.game import Game
from engine.geometry import action_of
from engine.go_kernels import is_own_eye
from engine.notation import vertex_of_action
from engine.random_state import RandomState, new_random_state
from engine.rollout_kernels import play_out, random_games, random_point
from engine.rules_kernels import score_black
from engine.rulesets import Rules

pytestmark = pytest.mark.interpreted

RULES = [
    Rules("go", 5, 5, komi=0.5),
    Rules("go", 4, 3, ko="simple", suicide=True),
    Rules("go", 2, 3),
    Rules("gomoku", 4, 4, line_length=3),
]


def generator(seed: int = 1) -> RandomState:
    return new_random_state(np.random.SeedSequence(seed), 1)


def points_drawn(game: Game, num_draws: int) -> list[str]:
    """Vertices that the rollout policy draws in one position."""
    random = generator()
    points = [int(random_point(game.state, 0, random, 0)) for _ in range(num_draws)]
    rules = game.rules
    actions = [rules.pass_action if p == PASS_POINT else int(action_of(p, rules.width)) for p in points]
    check_consistency(game.state, 0)
    return [vertex_of_action(action, rules) for action in actions]


@pytest.mark.parametrize(
    ("diagram", "eyes"),
    [
        (". X . / X X . / . . .", "A3"),
        (". X . / X O O / . . .", ""),
        (". X . / X . X / . X .", "A3 C3 B2 A1 C1"),
        (". . . . . / . O X . . / . X . X . / . . X . . / . . . . .", "C3"),
        (". . . . . / . O X . . / . X . X . / . . X O . / . . . . .", ""),
        (". . X . X / . . O X X / . . . . .", ""),
        (". X . / . X . / . X .", ""),
        ("X . X / X X O / . . .", ""),
        ("X . X / X X X / . . .", "B3"),
    ],
)
def test_own_eye_is_surrounded_and_has_no_hostile_diagonal_at_the_edge_and_at_most_one_inside(
    diagram: str, eyes: str
) -> None:
    for color, shown in ((BLACK, diagram), (WHITE, diagram.translate(str.maketrans("XO", "OX")))):
        game = go(shown)
        empty = np.flatnonzero(game.stones().ravel() == board.EMPTY).tolist()
        found = [
            action
            for action in empty
            if is_own_eye(game.state, 0, padded_point(action, game.rules.width), color)
        ]
        assert " ".join(vertex_of_action(action, game.rules) for action in found) == eyes


def test_random_moves_are_spread_evenly_over_legal_points_that_fill_no_own_eye() -> None:
    game = go(". X . O . / X X . O O / . . . . .")
    drawn = points_drawn(game, 60 * sample_size(compiled=50, interpreted=10))
    assert set(drawn) == {"C3", "C2", *(f"{column}1" for column in "ABCDE")}
    counts = [drawn.count(vertex) for vertex in set(drawn)]
    assert min(counts) > 0.75 * len(drawn) / 7
    game = gomoku(". X O / . . .", line_length=3)
    assert set(points_drawn(game, 100)) == {"A2", "A1", "B1", "C1"}


def test_random_move_is_a_pass_when_only_own_eyes_and_illegal_points_are_left() -> None:
    assert set(points_drawn(go(". X . / X X X / . X ."), 5)) == {"pass"}
    assert set(points_drawn(go(". O . / O O O / . O ."), 5)) == {"pass"}


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_random_games_are_consistent_to_the_end_and_pass_only_at_their_end(rules: Rules) -> None:
    state, random = new_state(rules), generator(2)
    for _ in range(sample_size(compiled=30, interpreted=4)):
        board.reset(state, 0)
        length = play_out(state, 0, random, 0)
        check_consistency(state, 0)
        assert state.scalars[0, board.IS_OVER] == 1
        assert length == state.scalars[0, board.MOVE_COUNT] <= rules.resolved_move_limit
        reached_limit = length == rules.resolved_move_limit
        assert rules.game == "gomoku" or reached_limit or state.scalars[0, board.PASS_COUNT] == 2


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_series_of_random_games_starts_from_one_position_and_repeats_with_its_seed(
    rules: Rules,
) -> None:
    start = Game(rules)
    start.play(1)
    before = visible(start.state, 0)
    work = allocate_state(1, rules.width, rules.height, rules.resolved_move_limit + 2)

    def series(seed: int) -> list[list[float]]:
        lengths, scores = np.zeros(6, np.int32), np.zeros(6, np.float32)
        random_games(start.state, 0, work, 0, generator(seed), 0, lengths, scores)
        return [lengths.tolist(), scores.tolist()]

    assert series(1) == series(1)
    assert series(1) != series(5)
    assert visible(start.state, 0) == before
    lengths, scores = series(1)
    copy_row(start.state, 0, work, 0)
    assert play_out(work, 0, generator(1), 0) == lengths[0]
    assert score_black(work, 0) == scores[0]


# The checker that all tests rely on


def corrupt(game: Game, field: str, index: tuple[int, ...], change: int) -> None:
    array = getattr(game.state, field)
    array[index] = array[index] + array.dtype.type(change)


@pytest.mark.parametrize(
    ("field", "index", "change"),
    [
        ("stone", (0, 0), -3),
        ("stone", (0, 5), -1),
        ("stone", (0, 5), 1),
        ("hash", (0,), 1),
        ("empty", (0, 0), 1),
        ("link", (0, 6), 1),
        ("around", (0, 6), 1),
        ("around", (0, 6), 1 << board.WHITE_AROUND_SHIFT),
        ("around", (0, 6), 1 << board.EMPTY_AROUND_SHIFT),
        ("chain_head", (0, 6), 1),
        ("scalars", (0, board.NUM_EMPTY), -1),
        ("chain_head", (0, 5), 1),
        ("link", (0, 5), 1),
        ("chain_liberties", (0, 5), 1),
        ("chain_liberties", (0, 5), 1 << board.SUM_SHIFT),
        ("chain_liberties", (0, 5), 1 << board.COUNT_SHIFT),
    ],
)
def test_consistency_check_notices_a_corrupted_field(field: str, index: tuple[int, ...], change: int) -> None:
    game = go("X . X / . . . / . . .")
    assert game.state.rules[0, board.GAME] == GO
    check_consistency(game.state, 0)
    corrupt(game, field, index, change)
    with pytest.raises(AssertionError, match="inconsistent state"):
        check_consistency(game.state, 0)
