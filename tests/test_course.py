"""A game that is taken back and played again: what is kept and what is forgotten."""

import pytest

from app.screens.course import Course, chain_at, course_of_record
from engine.board import BLACK, WHITE
from engine.errors import SgfError
from engine.game import Game, Move
from engine.notation import action_of_vertex, parse_diagram
from engine.rulesets import go_rules, gomoku_rules
from engine.sgf import SgfGame, parse_sgf, write_sgf

RULES = go_rules(5)
BOTH = frozenset({BLACK, WHITE})


def played(*vertices: str) -> Course:
    course = Course(Game(RULES))
    for vertex in vertices:
        course.play(action_of_vertex(vertex, RULES))
    return course


def test_moves_taken_back_come_again_until_another_is_played() -> None:
    course = played("C3", "D3", "C2", "D2")
    position = course.game.stones().tolist()
    course.go_to(1)
    assert (course.ply, len(course.future)) == (1, 3)
    course.play(action_of_vertex("D3", RULES))
    assert len(course.future) == 2
    course.go_to(4)
    assert course.game.stones().tolist() == position
    course.go_to(2)
    course.play(action_of_vertex("B2", RULES))
    assert course.future == []


def test_chances_behind_a_new_move_are_forgotten() -> None:
    course = played("C3", "D3", "C2")
    course.win_rates_black = {0: 0.5, 1: 0.4, 2: 0.6, 3: 0.7}
    course.go_to(1)
    course.play(action_of_vertex("B2", RULES))
    assert course.win_rates_black == {0: 0.5, 1: 0.4}


def test_undo_goes_back_to_the_own_move() -> None:
    course = played("C3", "D3", "C2", "D2")
    assert course.undo_for(frozenset({BLACK}))
    assert course.ply == 2
    assert course.redo_for(frozenset({BLACK}))
    assert course.ply == 4
    assert not course.redo_for(BOTH)
    course.go_to(1)
    assert not course.undo_for(frozenset({WHITE}))


def test_a_game_of_go_is_counted_without_the_stones_called_dead() -> None:
    course = Course(Game(RULES, parse_diagram(". . . . . / X X X X X / . . . . . / O O O O O / . . X . .")))
    for _ in range(2):
        course.play(RULES.pass_action)
    assert course.is_being_counted
    assert course.result() == ""
    course.toggle_dead(action_of_vertex("C1", RULES))
    course.is_settled = True
    assert course.result() == "W+6.5"
    course.toggle_dead(action_of_vertex("C1", RULES))
    assert course.result() != "W+6.5"
    course.go_to(1)
    assert not course.game.is_over


def test_proven_dead_stones_are_marked_from_the_start() -> None:
    course = Course(Game(RULES, parse_diagram(". X O . X / X X X X X / . . . . . / . . . . . / . . . . .")))
    course.play(RULES.pass_action)
    course.play(RULES.pass_action)
    assert course.dead == set(course.game.proven_dead()) == {2}


def test_a_chain_is_found_as_the_kernels_link_it() -> None:
    game = Game(RULES, parse_diagram("X X . X X / . X . . X / X . X X . / X X X . . / . . . O O"))
    assert chain_at(game, 0) == {0, 1, 6}
    assert chain_at(game, 4) == {3, 4, 9}
    assert chain_at(game, 12) == {10, 12, 13, 15, 16, 17}
    assert chain_at(game, 23) == {23, 24}
    assert chain_at(game, 2) == set()


def test_a_file_keeps_the_whole_game_and_who_plays() -> None:
    course = played("C3", "D3", "C2")
    course.go_to(1)
    record = parse_sgf(write_sgf(course.record("you", "uct:10")), "test")
    assert (record.black_name, record.white_name) == ("you", "uct:10")
    assert [move.color for move in record.moves] == [BLACK, WHITE, BLACK]
    assert course_of_record(record).game.stones().sum() == played("C3", "D3", "C2").game.stones().sum()


def test_handicap_and_stones_set_up_come_back_from_a_file() -> None:
    game = Game(go_rules(9, ruleset="chinese"))
    game.place_fixed_handicap(3)
    again = course_of_record(parse_sgf(write_sgf(Course(game).record("", "")), "test")).game
    assert (again.handicap, again.to_play) == (sorted(game.handicap), WHITE)
    assert float(again.state.komi[0]) == float(game.state.komi[0])
    setup = SgfGame(RULES, (Move(WHITE, 3),), (Move(BLACK, 0), Move(WHITE, 1)), WHITE)
    assert course_of_record(setup).record("", "").setup == setup.setup


def test_an_illegal_file_is_refused_in_one_line() -> None:
    with pytest.raises(SgfError, match="occupied"):
        course_of_record(SgfGame(RULES, (Move(BLACK, 3), Move(WHITE, 3))))


def test_a_line_in_gomoku_needs_no_counting() -> None:
    rules = gomoku_rules(3)
    course = Course(Game(rules))
    for action in (0, 1, 3, 4, 6):
        course.play(action)
    assert course.is_finished
    assert course.result() == "B+"
