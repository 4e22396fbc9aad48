"""Pass-alive chains and territory: diagrams, every position of tiny boards, random games."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from diagrams import IS_INTERPRETED, board_tuple, go, sample_size
from naive_go import BLACK, EMPTY, WHITE, Board, is_legal_position
from naive_life import alive_stones, boards_if_color_passes, pass_alive_owner

from engine.board import State, new_state, set_rules
from engine.game import Game, on_board, set_position, stones_of
from engine.geometry import point_of
from engine.go_kernels import is_own_eye
from engine.life_kernels import find_alive, mark_dead_stones, mark_pass_alive, new_life_workspace
from engine.notation import format_diagram, parse_diagram
from engine.rulesets import Rules

pytestmark = pytest.mark.interpreted


def owner_diagram(diagram: str, suicide: bool = False) -> str:
    """Who owns each point, drawn like the board, rows separated by `/`."""
    return format_diagram(go(diagram, suicide=suicide).pass_alive()).replace("\n", " / ")


def swapped(diagram: str) -> str:
    return diagram.translate(str.maketrans("XO", "OX"))


# Diagrams


@pytest.mark.parametrize(
    ("diagram", "owner"),
    [
        pytest.param(
            ". X . X . . / X X X X . . / . . . . . .",
            "X X X X . . / X X X X . . / . . . . . .",
            id="two eyes in the corner",
        ),
        pytest.param(
            ". X X . . / X X . . . / . . . . .",
            ". . . . . / . . . . . / . . . . .",
            id="one eye is not enough",
        ),
        pytest.param(
            ". . X . . / . . X . . / X X X . . / . . . . .",
            ". . . . . / . . . . . / . . . . . / . . . . .",
            id="nor is one big eye",
        ),
        pytest.param(
            ". X . X O . / X X X O O . / O O O . . . / . . . . . .",
            ". . . . . . / . . . . . . / . . . . . . / . . . . . .",
            id="false eye",
        ),
        pytest.param(
            ". X . X . . / X X X X . . / O O O . . . / . . . . . .",
            "X X X X . . / X X X X . . / . . . . . . / . . . . . .",
            id="the same eye made true",
        ),
        pytest.param(
            ". X . X . / X . X . X / X X . X X / . . . . . / . . . . .",
            "X X X X X / X X X X X / X X . X X / . . . . . / . . . . .",
            id="four chains alive only together",
        ),
        pytest.param(
            ". X . X . / X . . . X / X X . X X / . . . . . / . . . . .",
            ". . . . . / . . . . . / . . . . . / . . . . . / . . . . .",
            id="the same without the chain in their middle",
        ),
        pytest.param(
            "X . X X . X . / X X . . X X . / . X X X X . . / . . . . . . . / . . . . . . .",
            "X X X X X X . / X X X X X X . / . X X X X . . / . . . . . . . / . . . . . . .",
            id="two adjacent regions and a third",
        ),
        pytest.param(
            ". X X . X X . / X . X X . X . / X X . . X X . / . . . . . . . / . . . . . . .",
            "X X X X X X . / X X X X X X . / X X . . X X . / . . . . . . . / . . . . . . .",
            id="a region shared by two chains",
        ),
        pytest.param(
            ". X O O X . X . / X X O . X X X . / . X X X X . . . / . . . . . . . .",
            "X X X X X X X . / X X X X X X X . / . X X X X . . . / . . . . . . . .",
            id="stones of the opponent inside a big eye",
        ),
        pytest.param(
            ". X O . . X . / X X . . . X . / . X . . . X . / . X X X X X . / . . . . . . . / . . . . . . .",
            ". . . . . . . / . . . . . . . / . . . . . . . / . . . . . . . / . . . . . . . / . . . . . . .",
            id="a big eye with an empty point that touches nothing",
        ),
        pytest.param(
            ". X . X . O . O . / X X X X . O O O O / . . . . . . . . .",
            "X X X X . O O O O / X X X X . O O O O / . . . . . . . . .",
            id="both colors",
        ),
        pytest.param(
            ". X . . . X . / X X X X X X . / . . . . . . . / . . . . . . .",
            "X X X X X X . / X X X X X X . / . . . . . . . / . . . . . . .",
            id="an eye of three points in a row, each a liberty",
        ),
        pytest.param(". X . X .", "X X X X X", id="on a line"),
        pytest.param(". / X / . / X / .", "X / X / X / X / X", id="on a column"),
        pytest.param(". X X . . .", ". . . . . .", id="one eye and an open side"),
        pytest.param(".", ".", id="one point"),
        pytest.param(". . / . .", ". . / . .", id="empty board"),
        pytest.param(". X / X .", "X X / X X", id="two stones that share two eyes"),
        pytest.param("X . / . .", ". . / . .", id="a lone stone"),
    ],
)
def test_pass_alive_stones_and_territory_of_a_position(diagram: str, owner: str) -> None:
    assert owner_diagram(diagram) == owner
    assert owner_diagram(swapped(diagram)) == swapped(owner)


def test_territory_is_a_part_with_at_most_one_point_that_touches_nothing_alive() -> None:
    one_inner = "X . X . X / X X X X X / X . . . X / X . O . X / X . . . X / X X X X X"
    assert owner_diagram(one_inner) == one_inner.replace(".", "X").replace("O", "X")
    two_inner = "X . X . X X / X X X X X X / X . . . . X / X . O . . X / X . . . . X / X X X X X X"
    owner = "X X X X X X / X X X X X X / X . . . . X / X . . . . X / X . . . . X / X X X X X X"
    assert owner_diagram(two_inner) == owner


def test_stones_of_the_color_that_are_not_alive_may_stand_in_its_territory() -> None:
    diagram = "X . X . X / X X X X X / X O O O X / X O X . X / X . O . X / X X X X X"
    assert owner_diagram(diagram) == "X X X X X / X X X X X / X X X X X / X X X X X / X X X X X / X X X X X"


@pytest.mark.parametrize(
    "diagram",
    [
        ". X X . O O",
        "X X X X X X X / X . . . X . X / X . O O X X X / X . . . X X X / X X X X X X X",
    ],
)
def test_where_suicide_is_legal_stones_in_an_eye_are_as_good_as_empty_points(diagram: str) -> None:
    assert "X" in owner_diagram(diagram)
    assert "X" not in owner_diagram(diagram, suicide=True)


def test_dead_are_the_stones_in_territory_of_the_opponent() -> None:
    game = go(". X O O X . X . / X X O . X X X . / . X X X X . . . / . . . . . O . .")
    dead = np.full(game.state.stone.shape[1], 7, np.int8)
    mark_dead_stones(game.state, 0, dead, new_life_workspace(len(dead)))
    marked = np.flatnonzero(on_board(dead, 8, 4))
    assert marked.tolist() == game.proven_dead() == [2, 3, 10]


def test_pass_alive_says_nothing_in_gomoku() -> None:
    game = Game(Rules("gomoku", 3, 3, line_length=3))
    assert not game.pass_alive().any()
    assert game.proven_dead() == []


# Every position of tiny boards


def alive_by_kernel(state: State, width: int, height: int, color: int) -> set[int]:
    work = new_life_workspace(state.stone.shape[1])
    is_any = find_alive(state, 0, color, work)
    points = {a for a in range(width * height) if work.alive[point_of(a, width)]}
    assert is_any == bool(points)
    return points


def legal_positions(width: int, height: int) -> list[Board]:
    boards = itertools.product((EMPTY, BLACK, WHITE), repeat=width * height)
    return [board for board in boards if is_legal_position(board, width, height)]


@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize(
    ("width", "height", "num_positions"),
    [
        (1, 5, 1000),
        (2, 3, 1000),
        (3, 3, 40 if IS_INTERPRETED else 60),
        pytest.param(3, 3, 12675, marks=pytest.mark.long),
    ],
)
def test_alive_are_exactly_the_stones_that_no_moves_in_a_row_can_take(
    width: int, height: int, num_positions: int, suicide: bool
) -> None:
    state = new_state(Rules("go", width, height, suicide=suicide))
    positions = legal_positions(width, height)
    for position in random.Random(3).sample(positions, min(num_positions, len(positions))):
        set_position(state, 0, np.array(position, np.int8).reshape(height, width))
        alive = alive_by_kernel(state, width, height, BLACK)
        assert alive == alive_stones(position, width, height, BLACK, suicide)
        reached = boards_if_color_passes(position, width, height, BLACK, suicide)
        stands = {p for p in range(width * height) if all(board[p] == BLACK for board in reached)}
        assert alive == stands, position


@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize(("width", "height"), [(1, 6), (2, 3), (3, 3)])
def test_nothing_in_territory_ever_becomes_alive_although_the_owner_passes(
    width: int, height: int, suicide: bool
) -> None:
    rng = random.Random(1)
    positions = legal_positions(width, height)
    for position in rng.sample(positions, min(len(positions), sample_size(2000, 300))):
        owner = pass_alive_owner(position, width, height, suicide)
        owned = {p for p, color in enumerate(owner) if color == BLACK}
        if owned and owned != {p for p in owned if position[p] == BLACK}:
            for board in boards_if_color_passes(position, width, height, BLACK, suicide):
                assert not owned & alive_stones(board, width, height, WHITE, suicide)


# Random games


SHAPES = [(1, 9), (9, 1), (2, 7), (3, 3), (4, 4), (5, 5), (5, 7), (7, 5), (6, 6), (9, 9)]
LARGE_SHAPES = [(13, 13), (20, 20), (20, 3), (19, 11), (1, 20)]


def random_position(rng: random.Random, rules: Rules) -> Game:
    """A game played at random, mostly without filling eyes, so that some of it is alive."""
    game = Game(rules)
    eye_filling = rng.choice([0.02, 0.1, 0.5])
    for _ in range(rng.randrange(rules.area // 2, 3 * rules.area + 1)):
        actions = game.legal_actions()[:-1]
        rng.shuffle(actions)
        for action in actions:
            point = point_of(action, rules.width)
            if rng.random() < eye_filling or not is_own_eye(game.state, 0, point, game.to_play):
                game.play(action)
                break
        else:
            break
        if game.is_over:
            break
    return game


def random_shape(rng: random.Random) -> tuple[int, int]:
    if IS_INTERPRETED or rng.random() < 0.9:
        return rng.choice(SHAPES[:-1] if IS_INTERPRETED else SHAPES)
    return rng.choice(LARGE_SHAPES)


@pytest.mark.parametrize("series", range(4))
def test_pass_alive_analysis_agrees_with_the_reference_on_random_games(series: int) -> None:
    rng = random.Random(series)
    num_owned = 0
    for _ in range(sample_size(compiled=240, interpreted=16) // 4):
        width, height = random_shape(rng)
        suicide = rng.random() < 0.5
        game = random_position(rng, Rules("go", width, height, suicide=suicide, ko="simple"))
        board = board_tuple(game.stones())
        expected = pass_alive_owner(board, width, height, suicide)
        assert board_tuple(game.pass_alive()) == expected, game.draw()
        num_owned += any(expected)
        for color in (BLACK, WHITE):
            alive = alive_by_kernel(game.state, width, height, color)
            assert alive == alive_stones(board, width, height, color, suicide)
    assert num_owned > 0


def test_rows_of_a_batch_do_not_disturb_each_other() -> None:
    rules = Rules("go", 5, 3)
    state = new_state(rules, batch=2)
    set_rules(state, 0, Rules("go", 3, 2))
    set_position(state, 0, parse_diagram(". X . / X X X"))
    set_position(state, 1, parse_diagram(". O . O . / O O O O . / . . . . ."))
    owner = np.full(state.stone.shape[1], 7, np.int8)
    work = new_life_workspace(len(owner))
    mark_pass_alive(state, 1, owner, work)
    assert (on_board(owner, 5, 3)[:2, :4] == WHITE).all()
    mark_pass_alive(state, 0, owner, work)
    assert (on_board(owner, 3, 2) == BLACK).all()
    assert format_diagram(stones_of(state, 1)).startswith(". O . O .")
