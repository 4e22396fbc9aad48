"""The rules of Go, each as a diagram before a move and what must be true after it."""

from __future__ import annotations

import numpy as np
import pytest
from diagrams import assert_shows, go, play, refusal, visible

from engine import board
from engine.board import BLACK, EMPTY, WHITE
from engine.consistency import check_consistency
from engine.errors import IllegalMoveError, NotationError
from engine.game import Game
from engine.notation import parse_diagram
from engine.rulesets import Rules, go_rules

pytestmark = pytest.mark.interpreted

KO_SHAPE = ". X O . / X O . O / . X O . / . . . ."
SUPERKO = "superko: an earlier position would come back"


def prisoners(game: Game) -> tuple[int, int]:
    """Stones taken by Black and by White."""
    scalars = game.state.scalars[0]
    return int(scalars[board.PRISONERS_OF_BLACK]), int(scalars[board.PRISONERS_OF_WHITE])


# Captures


@pytest.mark.parametrize(
    ("before", "vertex", "after", "num_taken"),
    [
        pytest.param(". X . / X O . / . X .", "C2", ". X . / X . X / . X .", 1, id="one stone"),
        pytest.param(". O . / . X .", "A2", "X O . / . X .", 0, id="nothing while a liberty is left"),
        pytest.param("O . / X .", "B2", ". X / X .", 1, id="in the corner"),
        pytest.param("O O . / X X .", "C2", ". . X / X X .", 2, id="a chain at the edge"),
        pytest.param("O . O / X O X / . X .", "B3", ". X . / X . X / . X .", 3, id="three chains"),
        pytest.param("O O O / O . O / O O O", "B2", ". . . / . X . / . . .", 8, id="a ring from inside"),
        pytest.param(
            "O O X . / . O X . / O O X .", "A2", ". . X . / X . X . / . . X .", 5, id="met on all sides"
        ),
        pytest.param(
            ". O X / O X . / X . .", "A3", "X . X / . X . / X . .", 2, id="without a liberty before"
        ),
        pytest.param("O . X O .", "B1", ". X X O .", 1, id="on a line"),
        pytest.param("O / . / X / .", "A3", ". / X / X / .", 1, id="on a column"),
    ],
)
def test_a_move_takes_off_every_chain_that_has_lost_its_last_liberty(
    before: str, vertex: str, after: str, num_taken: int
) -> None:
    game = play(go(before), vertex)
    assert_shows(game, after)
    assert prisoners(game) == (num_taken, 0)
    check_consistency(game.state, 0)


def test_white_captures_as_black_does() -> None:
    game = play(go("X X . / O O .", to_play=WHITE), "C2")
    assert_shows(game, ". . O / O O .")
    assert prisoners(game) == (0, 2)


def test_snapback_takes_the_stones_that_have_just_taken_one() -> None:
    game = play(go("O . O / X X O / O O ."), "B3")
    assert_shows(game, ". X O / X X O / O O .")
    play(game, "A3")
    assert_shows(game, "O . O / . . O / O O .")
    assert prisoners(game) == (1, 3)


# Ko


@pytest.mark.parametrize("ko", ["simple", "positional"])
def test_recapture_is_illegal_until_another_move_is_played(ko: str) -> None:
    game = play(go(KO_SHAPE, ko=ko), "C3")
    assert_shows(game, ". X O . / X . X O / . X O . / . . . .")
    assert refusal(game, "B3") == "ko"
    play(game, "A1 D1 B3")
    assert_shows(game, ". X O . / X O . O / . X O . / O . . X")
    assert refusal(game, "C3") == "ko"
    assert prisoners(game) == (1, 1)


@pytest.mark.parametrize("ko", ["simple", "positional"])
def test_ko_may_be_filled_by_the_side_that_took_it(ko: str) -> None:
    game = play(go(KO_SHAPE, ko=ko), "C3 A1 B3")
    assert_shows(game, ". X O . / X X X O / . X O . / O . . .")


@pytest.mark.parametrize(("ko", "expected"), [("simple", None), ("positional", SUPERKO)])
def test_passing_lifts_a_simple_ko_but_not_superko(ko: str, expected: str | None) -> None:
    game = play(go(KO_SHAPE, to_play=WHITE, ko=ko), "pass C3 pass pass")
    game.resume()
    assert refusal(game, "B3") == expected


@pytest.mark.parametrize("ko", ["simple", "positional"])
def test_taking_two_stones_starts_no_ko(ko: str) -> None:
    game = play(go("O O . O / X X O . / . . . .", ko=ko), "C3")
    assert refusal(game, "B3") is None


def test_taking_one_stone_with_a_chain_or_with_a_liberty_to_spare_starts_no_ko() -> None:
    for diagram, vertex in (("O . O / X X O / O O .", "B3"), ("O . . / X O . / . . .", "B3")):
        game = play(go(diagram, ko="simple"), vertex)
        assert game.state.scalars[0, board.KO_POINT] == board.PASS_POINT
    assert play(go(KO_SHAPE, ko="simple"), "C3").state.scalars[0, board.KO_POINT] != board.PASS_POINT


@pytest.mark.parametrize(
    ("ko", "expected"), [("simple", None), ("positional", SUPERKO), ("situational", SUPERKO)]
)
@pytest.mark.parametrize(
    ("diagram", "moves", "last"),
    [
        pytest.param("O O . O / X X O . / . . . .", "C3 B3 pass", "A3", id="sending two, returning one"),
        pytest.param(
            ". X O . / X O . O / . X O . / X . X O / . X O . / X O . O / . X O .",
            "C6 B4 C2 B6 C4",
            "B2",
            id="triple ko",
        ),
        pytest.param(". . / . O", "A2 B2 A1 B1 B2", "B1", id="six moves around a 2x2 board"),
    ],
)
def test_long_cycle_is_legal_under_simple_ko_and_banned_by_superko(
    diagram: str, moves: str, last: str, ko: str, expected: str | None
) -> None:
    game = play(go(diagram, ko=ko), moves)
    assert refusal(game, last) == expected
    if expected is None:
        assert_shows(play(game, last), diagram)


@pytest.mark.parametrize(
    ("ko", "expected"), [("simple", None), ("positional", SUPERKO), ("situational", None)]
)
def test_a_board_may_come_back_with_the_other_side_to_move_unless_superko_is_positional(
    ko: str, expected: str | None
) -> None:
    # White sends two stones, Black takes them, White takes one back: three moves, so Black is to move now.
    diagram = ". O . O / X X O . / . . . ."
    game = play(go(diagram, to_play=WHITE, ko=ko), "A3 C3")
    assert refusal(game, "B3") == expected
    if expected is None:
        assert_shows(play(game, "B3"), diagram)


def test_a_pass_makes_a_situation_that_may_not_come_back() -> None:
    diagram = ". O . O / X X O . / . . . ."
    game = play(go(diagram, to_play=BLACK, ko="situational"), "pass A3 C3")
    assert refusal(game, "B3") == SUPERKO


# Suicide


def test_suicide_of_several_stones_is_legal_only_when_the_rules_allow_it() -> None:
    diagram = "X . O / O O . / . . ."
    assert refusal(go(diagram), "B3") == "suicide"
    game = play(go(diagram, suicide=True), "B3")
    assert_shows(game, ". . O / O O . / . . .")
    assert prisoners(game) == (0, 2)
    check_consistency(game.state, 0)


@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize("ko", ["simple", "positional"])
@pytest.mark.parametrize("diagram", [". O / O .", ". O . / O . . / . . .", "."])
def test_suicide_of_a_single_stone_is_never_legal(diagram: str, ko: str, suicide: bool) -> None:
    game = go(diagram, suicide=suicide, ko=ko)
    assert refusal(game, f"A{game.rules.height}") == "suicide"


def test_suicide_may_join_two_chains_and_lose_both() -> None:
    game = play(go("X . X O / O O O . / . . . .", suicide=True), "B3")
    assert_shows(game, ". . . O / O O O . / . . . .")
    assert prisoners(game) == (0, 3)


@pytest.mark.parametrize(("ko", "expected"), [("simple", None), ("positional", SUPERKO)])
def test_suicide_that_brings_back_an_earlier_board_is_superko(ko: str, expected: str | None) -> None:
    game = play(go(". . O / O O . / . . .", suicide=True, ko=ko), "A3 pass")
    assert refusal(game, "B3") == expected


# The end and the score


def test_two_passes_in_a_row_end_the_game() -> None:
    game = play(Game(Rules("go", 3, 3)), "pass B2 pass")
    assert not game.is_over
    play(game, "pass")
    assert game.is_over
    assert game.legal_actions() == []
    assert refusal(game, "A1") == refusal(game, "pass") == "the game is over"


def test_move_limit_ends_the_game_and_the_board_is_scored_as_it_stands() -> None:
    game = play(Game(Rules("go", 3, 3, komi=2.5, move_limit=3)), "B2 pass")
    assert not game.is_over
    play(game, "A1")
    assert game.is_over
    assert (game.score_black(), game.result()) == (6.5, "B+6.5")
    game.resume()
    assert game.is_over


def test_move_limit_of_zero_is_three_times_the_area_and_at_least_twelve() -> None:
    limits = [Rules("go", *size).resolved_move_limit for size in ((1, 1), (2, 2), (5, 1), (9, 9), (19, 19))]
    assert limits == [12, 12, 15, 243, 1083]


@pytest.mark.parametrize(
    ("diagram", "expected"),
    [
        pytest.param(". . . / . . . / . . .", 0, id="empty board"),
        pytest.param(".", 0, id="one point"),
        pytest.param(". . . / . X . / . . .", 9, id="one stone owns all"),
        pytest.param(". . . . O", -5, id="one white stone owns a line"),
        pytest.param("X . O / X . O / X . O", 0, id="neutral points"),
        pytest.param("X . O O / X . O . / X . O O", 3 - 6, id="neutral points and an eye"),
        pytest.param(". O X . O X . / . O X . O X .", 0, id="seki with an eye each"),
        pytest.param(". O X . X O . X . / . O X . X O . X .", 10 - 6, id="one neutral region of four"),
        pytest.param(". X . O . / X X . O . / . X X O .", (5 + 2) - (3 + 3), id="territory of both"),
        pytest.param(". X / X .", 4, id="eyes count although they touch only at a corner"),
        pytest.param("X / . / . / O / .", 1 - 2, id="a column"),
    ],
)
def test_area_counts_stones_and_empty_regions_that_touch_one_color_only(diagram: str, expected: int) -> None:
    assert go(diagram).score_black() == expected


@pytest.mark.parametrize(
    ("komi", "result", "winner"),
    [
        (0.0, "B+4", BLACK),
        (3.5, "B+0.5", BLACK),
        (3.75, "B+0.25", BLACK),
        (4.0, "0", EMPTY),
        (4.5, "W+0.5", WHITE),
        (7.0, "W+3", WHITE),
        (-0.5, "B+4.5", BLACK),
    ],
)
def test_komi_is_subtracted_from_the_area_of_black(komi: float, result: str, winner: int) -> None:
    game = go(". . / . X", komi=komi)
    assert game.score_black() == 4 - komi
    assert (game.result(), game.winner()) == (result, winner)


# The face of one game


@pytest.mark.parametrize(
    ("moves", "vertex", "reason"),
    [
        ("", "B3", "occupied"),
        ("", "C4", "occupied"),
        ("C3", "B3", "ko"),
        ("C3 A1 D1 B3 pass", "B3", "occupied"),
        ("A1 pass", "A1", "occupied"),
        ("pass pass", "A1", "the game is over"),
    ],
)
def test_illegal_move_is_refused_and_leaves_the_game_unchanged(moves: str, vertex: str, reason: str) -> None:
    game = play(go(KO_SHAPE), moves)
    before, played, drawn = visible(game.state, 0), list(game.moves), game.draw()
    color = "black" if game.to_play == BLACK else "white"
    with pytest.raises(IllegalMoveError) as caught:
        play(game, vertex)
    error = caught.value
    assert (error.color, error.vertex, error.reason, error.board) == (color, vertex, reason, drawn)
    assert str(error) == f"illegal move: {color} {vertex} ({reason})"
    assert (visible(game.state, 0), game.moves) == (before, played)


@pytest.mark.parametrize("action", [-1, 10, 2**31, -(2**62)])
def test_action_that_is_no_place_is_refused_by_its_number(action: int) -> None:
    game = Game(Rules("go", 3, 3))
    with pytest.raises(IllegalMoveError, match="off the board") as caught:
        game.play(action)
    assert caught.value.vertex == str(action)


def test_illegal_move_of_the_other_color_leaves_the_turn_and_the_ko_unchanged() -> None:
    game = play(go(KO_SHAPE, ko="simple"), "C3")
    before = visible(game.state, 0)
    with pytest.raises(IllegalMoveError) as caught:
        game.play(1, BLACK)
    assert (caught.value.color, caught.value.reason) == ("black", "occupied")
    assert visible(game.state, 0) == before
    assert refusal(game, "B3") == "ko"


def test_either_color_may_move() -> None:
    game = Game(Rules("go", 3, 3))
    game.play(0, WHITE)
    game.play(8, WHITE)
    assert_shows(game, "O . . / . . . / . . O")
    assert game.to_play == BLACK
    assert [(move.color, move.action) for move in game.moves] == [(WHITE, 0), (WHITE, 8)]


def test_side_that_moves_twice_may_fill_the_ko_it_has_just_taken() -> None:
    game = play(go(KO_SHAPE, ko="simple"), "C3")
    game.play(5, BLACK)
    assert_shows(game, ". X O . / X X X O / . X O . / . . . .")


def test_undo_takes_back_move_after_move_to_the_very_start() -> None:
    game = go(KO_SHAPE, to_play=WHITE)
    seen = [visible(game.state, 0)]
    for action, color in ((15, None), (6, None), (0, BLACK), (5, WHITE), (16, None), (12, WHITE)):
        game.play(action, color)
        seen.append(visible(game.state, 0))
    while game.moves:
        assert visible(game.state, 0) == seen.pop()
        check_consistency(game.state, 0)
        last = game.moves[-1]
        assert game.undo() == last
    assert visible(game.state, 0) == seen.pop()
    assert game.undo() is None


def test_undo_brings_back_the_ko_also_after_a_move_out_of_turn() -> None:
    game = play(go(KO_SHAPE, ko="simple"), "C3")
    game.play(0, BLACK)
    game.undo()
    assert game.to_play == WHITE
    assert refusal(game, "B3") == "ko"


def test_undo_brings_a_finished_game_back_to_life() -> None:
    game = play(Game(Rules("go", 3, 3)), "pass pass")
    game.undo()
    assert not game.is_over
    play(game, "B2")
    assert_shows(game, ". . . / . O . / . . .")


def test_start_position_does_not_change_with_the_array_it_was_given_as() -> None:
    first = go(". X / . .")
    stones = first.stones()
    game = play(Game(first.rules, stones), "A1")
    stones[:] = WHITE
    game.undo()
    assert_shows(game, ". X / . .")


def test_resume_goes_on_after_two_passes() -> None:
    game = play(Game(Rules("go", 3, 3)), "B2 pass pass")
    game.resume()
    assert not game.is_over
    play(game, "C3 pass")
    assert not game.is_over
    play(game, "pass")
    assert game.is_over


def test_resume_of_a_game_that_goes_on_changes_nothing() -> None:
    game = play(Game(Rules("go", 3, 3)), "pass")
    before = visible(game.state, 0)
    game.resume()
    assert visible(game.state, 0) == before


@pytest.mark.parametrize("moves", ["B2", "B2 C3", "pass B2", "B2 pass C3"])
def test_undo_after_resume_keeps_the_game_going(moves: str) -> None:
    game = play(Game(Rules("go", 3, 3)), "pass pass")
    game.resume()
    seen = []
    for vertex in moves.split():
        seen.append(visible(game.state, 0))
        play(game, vertex)
    while seen:
        game.undo()
        assert visible(game.state, 0) == seen.pop()
        assert not game.is_over


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 5), (5, 1), (2, 7), (7, 3), (20, 20), (20, 1)])
def test_boards_may_be_rectangles_up_to_twenty(width: int, height: int) -> None:
    game = Game(Rules("go", width, height))
    game.play(game.legal_actions()[0])
    assert game.stones().shape == (height, width)
    assert game.score_black() == (width * height if width * height > 1 else 0)
    check_consistency(game.state, 0)


@pytest.mark.parametrize(
    ("stones", "expected"),
    [
        (np.eye(5, dtype=np.int8), "expected 3 rows of 3"),
        (np.full((3, 3), 7, np.int8), "empty, black and white"),
        (parse_diagram("O X . / X . . / . . ."), "a liberty for every chain"),
    ],
)
def test_stones_that_are_no_position_are_refused(stones: np.ndarray, expected: str) -> None:
    with pytest.raises(NotationError, match=expected):
        Game(go_rules(3), stones)


def test_a_color_or_an_action_from_nowhere_is_refused() -> None:
    game = Game(go_rules(3))
    with pytest.raises(NotationError, match="color 7"):
        game.play(4, 7)
    with pytest.raises(IllegalMoveError, match="off the board"):
        game.play(10**30)
    assert not game.moves
