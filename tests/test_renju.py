"""Renju: Black's forbidden moves as diagrams with their verdicts, and random boards against the reference."""

from __future__ import annotations

import random

import numpy as np
import pytest
from diagrams import gomoku, play, refusal, sample_size
from naive_go import BLACK, EMPTY, WHITE
from naive_renju import forbidden_kind as naive_forbidden_kind

from engine.board import new_state
from engine.errors import IllegalMoveError
from engine.game import REASONS, Game, set_position, stones_of
from engine.go_kernels import LEGAL
from engine.notation import Stones, parse_diagram
from engine.planes import BANNED, NUM_PLANES, write_planes
from engine.renju_kernels import (
    FORBIDDEN_DOUBLE_FOUR,
    FORBIDDEN_DOUBLE_THREE,
    FORBIDDEN_OVERLINE,
    forbidden_kind,
)
from engine.rules_kernels import legal_actions, legality
from engine.rulesets import Rules
from engine.symmetry import NUM_SYMMETRIES, transform_action

pytestmark = pytest.mark.interpreted

KINDS = {
    LEGAL: None,
    FORBIDDEN_OVERLINE: "overline",
    FORBIDDEN_DOUBLE_FOUR: "double four",
    FORBIDDEN_DOUBLE_THREE: "double three",
}


def marked(diagram: str) -> tuple[Stones, int]:
    """The stones of a diagram in which `*` marks an empty point, and its action."""
    action = "".join(diagram.split()).replace("/", "").index("*")
    return parse_diagram(diagram.replace("*", ".")), action


def kind_at(stones: Stones, action: int) -> str | None:
    """What the kernel says of a black stone; the reference must agree."""
    height, width = stones.shape
    game = Game(Rules("gomoku", width, height, line_rule="renju"), stones)
    x, y = action % width, action // width
    kind = KINDS[forbidden_kind(game.state, 0, (y + 1) * (width + 1) + x + 1)]
    assert kind == naive_forbidden_kind(points_of(stones), (x, y))
    assert game.refusal(action) == (None if kind is None else f"forbidden to Black: {kind}")
    assert np.array_equal(game.stones(), stones)
    return kind


def points_of(stones: Stones) -> dict[tuple[int, int], int]:
    """Stones as the reference keeps them."""
    return {(int(x), int(y)): int(color) for (y, x), color in np.ndenumerate(stones)}


PROBLEMS = {
    "six in a row": ("X X X * X X .", "overline"),
    "seven in a row": (". X X X * X X X .", "overline"),
    "five in a row is not forbidden": (". X X * X X .", None),
    "five comes before an overline of the same stone": (
        """
        . . X . . . .
        . . X . . . .
        X X * X X . .
        . . X . . . .
        . . X . . . .
        . . X . . . .
        """,
        None,
    ),
    "five comes before a double four of the same stone": (
        """
        X X X X * . . . .
        . . . X X . . . .
        . . X . X . . . .
        . X . . X . . . .
        """,
        None,
    ),
    "two fours": (
        """
        . X X X * .
        . . . . X .
        . . . . X .
        . . . . X .
        . . . . . .
        """,
        "double four",
    ),
    "two fours, each with one point to go": (
        """
        O X X X * . .
        . . . . X . .
        . . . . . . .
        . . . . X . .
        . . . . X . .
        """,
        "double four",
    ),
    "a straight four is one four": (". X X * X . .", None),
    "two fours in one line of three, one and three": ("X X X . * . X X X", "double four"),
    "two fours in one line of two, two and two": ("X X . * X . X X", "double four"),
    "two fours in one line of one, three and one": ("X . X * X . X", "double four"),
    "the second four of a line would become an overline": ("X . X * X . X X", None),
    "four stones that only an overline would complete are no four": (
        """
        X . X X X * . X
        . . . . . X . .
        . . . . . X . .
        . . . . . X . .
        """,
        None,
    ),
    "a blocked four and a three": (
        """
        O X X X * . .
        . . . . X . .
        . . . . X . .
        . . . . . . .
        . . . . . . .
        """,
        None,
    ),
    "four and three": (
        """
        . . . . . . .
        . . . . . . .
        . X X X * . .
        . . . . X . .
        . . . . X . .
        . . . . . . .
        . . . . . . .
        """,
        None,
    ),
    "two threes": (
        """
        . . . . . . .
        . . . . X . .
        . . . . X . .
        . . X X * . .
        . . . . . . .
        . . . . . . .
        """,
        "double three",
    ),
    "two split threes": (
        """
        . . . . . . . .
        . . . . . . . .
        . . X . X * . .
        . . . . . . . .
        . . . . . X . .
        . . . . . X . .
        . . . . . . . .
        """,
        "double three",
    ),
    "three threes": (
        """
        . . . . . . . . .
        . . . . . . . . .
        . . . . X . . . .
        . . . . X . . . .
        . . X X * . . . .
        . . . X . . . . .
        . . X . . . . . .
        . . . . . . . . .
        """,
        "double three",
    ),
    "a three that White blocks is none": (
        """
        . . . . . . .
        . . . . X . .
        . . . . X . .
        . O X X * . .
        . . . . . . .
        . . . . . . .
        """,
        None,
    ),
    "a three without room for a straight four is none": (
        """
        . . . . . . .
        . . . . X . .
        . . . . X . .
        O . X X * . O
        . . . . . . .
        . . . . . . .
        """,
        None,
    ),
    "a three that the edge cramps is none": (
        """
        . . . . . .
        . . . X . .
        . . . X . .
        . X X * . O
        . . . . . .
        . . . . . .
        """,
        None,
    ),
    "a three that would grow to an overline on both sides is none": (
        """
        . . . . . . . . .
        . . . . . X . . .
        . . . . . X . . .
        X . . X X * . . X
        . . . . . . . . .
        . . . . . . . . .
        """,
        None,
    ),
    "a three that would grow to an overline on one side only": (
        """
        . . . . . . . . .
        . . . . . X . . .
        . . . . . X . . .
        X . . X X * . . .
        . . . . . . . . .
        . . . . . . . . .
        """,
        "double three",
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_renju_problem(name: str) -> None:
    diagram, kind = PROBLEMS[name]
    assert kind_at(*marked(diagram)) == kind


NESTED = {
    "the straight four would need an overline": (
        """
        . . . . X . . . .
        . . . . X . . . .
        . . . . X . . . .
        . . . X e X * . .
        . . . . X . X . .
        . . . . X . X . .
        . . . . . . . . .
        . . . . . . . . .
        """,
        None,
        "overline",
    ),
    "the straight four would need a double four": (
        """
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . X . .
        . . . . . . X . .
        . . . X e X * . .
        . . . . X . . . .
        . . . . X . . . .
        . . . . X . . . .
        """,
        None,
        "double four",
    ),
    "the straight four would need a double three": (
        """
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        . . X . X . X . .
        . . . X X . X . .
        . . . X e X * . .
        . . . . . . . . .
        . . . . . . . . .
        """,
        None,
        "double three",
    ),
    "the double three that the straight four would need is none, for White blocks": (
        """
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        . O . . . . . . .
        . . X . X . X . .
        . . . X X . X . .
        . . . X e X * . .
        . . . . . O . . .
        . . . . . . . . .
        """,
        "double three",
        None,
    ),
    "the double three that the straight four would need is none, for an overline bars its three": (
        """
        . . . . . . . . .
        . . . . . . . . .
        . . . X . . . . .
        . . . X . . . O .
        . . X X X . X . .
        . . . . X . X . .
        . . . X e X * . .
        . . . X . X . . .
        . . . . . . . . .
        """,
        "double three",
        None,
    ),
}


@pytest.mark.parametrize("name", NESTED)
def test_three_counts_only_if_black_may_make_the_straight_four(name: str) -> None:
    diagram, kind, kind_of_straight_four = NESTED[name]
    stones, action = marked(diagram.replace("e", "."))
    straight_four = "".join(diagram.split()).index("e")
    assert kind_at(stones, action) == kind
    stones.flat[action] = BLACK
    assert kind_at(stones, straight_four) == kind_of_straight_four


def test_three_whose_straight_four_would_make_a_five_is_none() -> None:
    stones, action = marked(
        """
        . . . . X . X . .
        . . . . X . X . .
        . . . X . X * . .
        . . . . X . . . .
        . . . . X . . . .
        """
    )
    assert kind_at(stones, action) is None


def test_white_has_no_forbidden_points_and_wins_with_six() -> None:
    for diagram, kind in PROBLEMS.values():
        stones, action = marked(diagram)
        swapped = np.where(stones == EMPTY, EMPTY, BLACK + WHITE - stones).astype(np.int8)
        game = Game(Rules("gomoku", stones.shape[1], stones.shape[0], line_rule="renju"), swapped, WHITE)
        assert len(game.legal_actions()) == int((stones == EMPTY).sum())
        game.play(action)
        if kind == "overline":
            assert game.winner() == WHITE


def test_black_wins_with_exactly_five_only() -> None:
    assert play(gomoku("X X . X X . X / . . . . . . .", line_rule="renju"), "C2").result() == "B+"
    game = gomoku("O O O . O O / X . . . . .", to_play=WHITE, line_rule="renju")
    assert play(game, "D2").result() == "W+"


def test_forbidden_move_is_refused_with_its_reason_and_missing_from_the_legal_actions() -> None:
    game = gomoku("X X X . X X / . . . . . .", line_rule="renju")
    assert refusal(game, "D2") == "forbidden to Black: overline"
    with pytest.raises(IllegalMoveError, match=r"illegal move: black D2 \(forbidden to Black: overline\)"):
        game.play(3)
    assert game.legal_actions() == list(range(6, 12))
    game.play(3, WHITE)  # White may
    assert len(set(REASONS.values())) == len(REASONS)


def test_side_without_a_legal_point_ends_the_game_in_a_draw() -> None:
    stuck = gomoku("X X X . X X / O O X X O O", line_rule="renju")
    assert (stuck.is_over, stuck.result(), stuck.legal_actions()) == (True, "0", [])
    assert not gomoku("X X X . X X / O O X X O O", to_play=WHITE, line_rule="renju").is_over
    game = play(gomoku("X X X . X X / O O X X O .", to_play=WHITE, line_rule="renju"), "F1")
    assert (game.is_over, game.result()) == (True, "0")
    game.undo()
    assert not game.is_over


def test_forbidden_points_are_marked_on_the_plane_of_banned_points() -> None:
    stones, action = marked(PROBLEMS["two threes"][0])
    game = Game(Rules("gomoku", stones.shape[1], stones.shape[0], line_rule="renju"), stones)
    planes = np.zeros((1, NUM_PLANES, *stones.shape), np.float32)
    write_planes(game.state, 0, planes, 0)
    assert np.flatnonzero(planes[0, BANNED]).tolist() == [action]


# Random boards


def random_stones(rng: random.Random, width: int, height: int) -> Stones:
    """Stones without order, many of them black."""
    black, white = rng.choice([0.1, 0.2, 0.3, 0.4]), rng.choice([0.0, 0.03, 0.1, 0.2])
    colors = rng.choices([BLACK, WHITE, EMPTY], [black, white, 1 - black - white], k=width * height)
    return np.array(colors, np.int8).reshape(height, width)


def test_judge_agrees_with_the_reference_on_random_boards_and_leaves_them_as_they_were() -> None:
    rng = random.Random(31)
    found = set()
    for _ in range(sample_size(compiled=60, interpreted=8)):
        width, height = rng.randint(5, 12), rng.randint(5, 12)
        rules = Rules("gomoku", width, height, line_rule="renju")
        state, stones = new_state(rules), random_stones(rng, width, height)
        set_position(state, 0, stones)
        points = points_of(stones)
        kinds = {
            point: naive_forbidden_kind(points, point) for point, color in points.items() if color == EMPTY
        }
        allowed = [
            y * width + x
            for (x, y), kind in sorted(kinds.items(), key=lambda item: item[0][::-1])
            if kind is None
        ]
        for (x, y), kind in kinds.items():
            assert KINDS[legality(state, 0, y * width + x)] == kind or not allowed
        actions = np.empty(rules.num_actions, np.int16)
        assert actions[: legal_actions(state, 0, actions)].tolist() == allowed
        assert np.array_equal(stones_of(state, 0), stones)
        found |= set(kinds.values())
    assert found >= {None, "overline", "double four"}


def test_verdicts_commute_with_the_eight_symmetries() -> None:
    diagrams = [(diagram.replace("e", "."), kind) for diagram, kind, _ in NESTED.values()]
    for diagram, kind in [*PROBLEMS.values(), *diagrams]:
        small, action = marked(diagram)
        height, width = small.shape
        side = max(height, width)
        stones = np.full((side, side), WHITE, np.int8)
        stones[:height, :width] = small
        place = action // width * side + action % width
        for symmetry in range(NUM_SYMMETRIES):
            turned = np.empty(side * side, np.int8)
            for point, color in enumerate(stones.flat):
                turned[transform_action(symmetry, point, side, side)] = color
            after = transform_action(symmetry, place, side, side)
            assert kind_at(turned.reshape(side, side), after) == kind
