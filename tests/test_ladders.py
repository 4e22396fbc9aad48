"""Ladders: diagrams of what catches and what saves a chain, and random positions against the reference."""

from __future__ import annotations

import random

import numpy as np
import pytest
from diagrams import board_tuple, go, play, sample_size, visible
from naive_go import EMPTY, Board, liberties_of, opponent_of, place_stone, region_of
from naive_life import is_caught, ko_point_after

from engine import board
from engine.board import BLACK, KO_POINT, PASS_POINT, WHITE
from engine.game import Game, on_board
from engine.geometry import action_of
from engine.ladder_kernels import CAUGHT, mark_ladders, new_ladder_workspace
from engine.notation import vertex_of_action
from engine.rulesets import Rules

pytestmark = pytest.mark.interpreted


def ladder_marks(game: Game) -> np.ndarray:
    """`[height, width]` what the kernel marks."""
    state, rules = game.state, game.rules
    marks = np.full(state.stone.shape[1], 7, np.int8)
    mark_ladders(state, 0, marks, new_ladder_workspace(rules.width, rules.height, state.history.shape[1]))
    return on_board(marks, rules.width, rules.height)


def ladders(game: Game) -> tuple[str, str, str]:
    """The stones that are caught, and the moves by which Black and White catch something."""
    marks, stones = ladder_marks(game), game.stones()

    def vertices(chosen: np.ndarray) -> str:
        return " ".join(vertex_of_action(int(action), game.rules) for action in np.flatnonzero(chosen))

    caught = (stones != EMPTY) & (marks == CAUGHT)
    return vertices(caught), *(
        vertices((stones == EMPTY) & ((marks & color) != 0)) for color in (BLACK, WHITE)
    )


PLAIN = """
. . . . . . .
. . . . . . .
. . . . . . .
. . . . X . .
. . X O O . .
. . . X X . .
. . . . . . .
"""


def test_plain_ladder_works_from_one_side_only() -> None:
    assert ladders(go(PLAIN)) == ("D3 E3", "F3", "")


def test_attacker_of_either_color_is_read_whoever_is_to_move() -> None:
    swapped = PLAIN.translate(str.maketrans("XO", "OX"))
    assert ladders(go(PLAIN, WHITE)) == ("D3 E3", "F3", "")
    assert ladders(go(swapped, BLACK)) == ladders(go(swapped, WHITE)) == ("D3 E3", "", "F3")


def test_ladder_breaker_on_the_way_saves_the_chain() -> None:
    on_the_way = PLAIN.replace("\n. . . . . . .\n. . . . . . .", "\n. . . . . . .\n. . O . . . .", 1)
    assert ladders(go(on_the_way)) == ("", "", "")
    aside = PLAIN.replace("\n. . . . . . .\n. . . . . . .", "\n. . . . . . .\n. . . . . O .", 1)
    assert ladders(go(aside)) == ("D3 E3", "F3", "")


def test_chain_in_atari_is_caught_if_its_own_first_move_leads_into_a_ladder() -> None:
    running = play(go(PLAIN), "F3")
    assert ladders(running) == ("D3 E3", "", "")
    assert ladders(go(PLAIN.replace(". . . . X . .\n. . X O O . .", ". . . O X . .\n. . X O O X ."))) == (
        "D4 D3 E3",
        "D5",
        "",
    )


@pytest.mark.parametrize(
    ("diagram", "caught"),
    [
        pytest.param(
            ". . . . . . / . . . . . . / . X X . . . / . X O . . .", "C1", id="crawling to the corner"
        ),
        pytest.param(". . . . . . / . . . . . . / . X X . O . / . X O . . .", "", id="a friend on the way"),
        pytest.param(". . X X X X . / . . X O O O .", "D1 E1 F1", id="one step from the corner"),
    ],
)
def test_chain_in_atari_at_the_edge(diagram: str, caught: str) -> None:
    assert ladders(go(diagram))[0] == caught


def test_chain_with_two_liberties_at_the_edge_is_caught_from_both_sides() -> None:
    game = go(". . . . . . / . X X . . . / . X O . . . / . X O . . . / . X X . . .")
    assert ladders(game) == ("C3 C2", "D3 D2", "")
    play(game, "D3 D2 E2 D1 E1")
    assert game.state.scalars[0, board.PRISONERS_OF_BLACK] == 4


def test_defender_escapes_by_capturing_stones_of_the_ladder() -> None:
    diagram = ". . . . . . . / . . . . . . . / . . . . . . . / . . . . X . ."
    diagram += " / . . X O O . . / . . O X X . . / . . . O O . ."
    assert ladders(go(diagram))[:2] == ("", "")


def test_snapback_catches_a_chain_that_may_take_the_stone_thrown_in() -> None:
    game = go(". . . . . . / X X X X . . / X O O O X . / X O . . X .")
    assert ladders(game) == ("B2 C2 D2 B1", "C1 D1", "")
    play(game, "C1 D1")
    assert ladders(game)[0] == "B2 C2 D2 B1 D1"


def test_move_that_ko_forbids_catches_nothing_until_the_ban_is_lifted() -> None:
    game = play(go(". X O . / X O . O / O X O . / . . . ."), "C3")
    assert "B3" not in ladders(game)[2]
    play(game, "D1 pass")
    assert "B3" in ladders(game)[2]


def test_reading_leaves_the_game_as_it_was() -> None:
    game = go(PLAIN)
    before = visible(game.state, 0)
    ladder_marks(game)
    assert visible(game.state, 0) == before


def test_ladder_across_the_largest_board_is_read_to_its_end() -> None:
    stones = np.zeros((20, 20), np.int8)
    stones[[16, 17, 18, 18], [2, 4, 2, 3]] = BLACK
    stones[17, [2, 3]] = WHITE
    game = Game(Rules("go", 20, 20), stones)
    assert ladders(game) == ("C3 D3", "B3", "")
    stones[3, 16] = WHITE
    assert ladders(Game(game.rules, stones)) == ("", "", ""), "R17 is on the way"


# Random positions


def caught_by_reference(game: Game) -> np.ndarray:
    """`[height, width]` the marks as the reference reads all ladders of a position."""
    position, width, height = board_tuple(game.stones()), game.rules.width, game.rules.height
    banned = int(game.state.scalars[0, KO_POINT])
    ko_point = action_of(banned, width) if banned != PASS_POINT else None
    marks = np.zeros(width * height, np.int8)
    for stone in range(width * height):
        if position[stone] == EMPTY:
            continue
        chain = region_of(position, width, height, stone)
        liberties = liberties_of(position, width, height, chain)
        attacker = opponent_of(position[stone])
        if len(liberties) == 1:
            ko = ko_point if game.to_play == position[stone] else None
            marks[stone] |= is_caught(position, width, height, stone, position[stone], ko)
        elif len(liberties) == 2:
            for liberty in liberties - ({ko_point} if game.to_play == attacker else set()):
                if is_caught_behind(position, width, height, stone, liberty):
                    marks[stone] = CAUGHT
                    marks[liberty] |= attacker
    return marks.reshape(height, width)


def is_caught_behind(position: Board, width: int, height: int, stone: int, move: int) -> bool:
    placement = place_stone(position, width, height, move, opponent_of(position[stone]))
    if placement.suicided:
        return False
    ko = ko_point_after(placement.board, width, height, move, placement.captured)
    return is_caught(placement.board, width, height, stone, position[stone], ko)


@pytest.mark.parametrize("series", range(2))
def test_ladders_agree_with_the_reference_on_random_positions(series: int) -> None:
    rng = random.Random(series)
    num_caught = 0
    for _ in range(sample_size(compiled=160, interpreted=24) // 2):
        width, height = rng.choice([(1, 7), (2, 5), (3, 3), (4, 4), (5, 5), (6, 6), (7, 5), (4, 7)])
        game = Game(Rules("go", width, height, ko="simple", suicide=rng.random() < 0.5))
        for _ in range(rng.randrange(width * height)):
            actions = game.legal_actions()[:-1]
            if not actions or game.is_over:
                break
            game.play(rng.choice(actions))
        expected = caught_by_reference(game)
        assert (ladder_marks(game) == expected).all(), f"{game.draw()}\n{ladder_marks(game)}\n{expected}"
        num_caught += int(expected.any())
    assert num_caught > 0
