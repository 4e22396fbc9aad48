"""`yomi play`: whole games through a pipe, and everything that can be typed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from app.main import main
from app.options import AgentChoice, RulesChoice
from app.play import play_on_screen
from app.screens.board_view import BoardView, result_text, score_text
from engine.game import Game
from engine.notation import action_of_vertex, parse_diagram, vertex_of_action
from engine.rulesets import go_rules, gomoku_rules
from engine.sgf import read_sgf

ALL_OF_3X3 = [f"{letter}{number}" for number in "213" for letter in "BAC"]
GO_5X5 = ("--size", "5", "--agent", "uct:300", "--seed", "1")


@pytest.fixture(autouse=True)
def _warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long this machine compiles, commands say nothing about it."""
    monkeypatch.setattr("engine.jit.is_cache_warm", lambda: True)
    monkeypatch.setattr("app.progress.FIRST_LINE_AFTER_S", 600.0)


def play(*options: str, typed: list[str] | None = None) -> Result:
    text = "".join(f"{line}\n" for line in typed or [])
    return CliRunner().invoke(main, ["play", "--plain", *options], input=text)


def boards(output: str) -> list[str]:
    """The diagrams of a transcript."""
    return re.findall(r"(?:^    [A-Z](?: [A-Z])*\n)((?:^ [ \d]\d.*\n)+)", output, re.MULTILINE)


# Whole games.


@pytest.mark.parametrize("color", ["black", "white"])
def test_a_game_of_gomoku_through_a_pipe_comes_to_its_end(color: str) -> None:
    options = ["--game", "gomoku", "--size", "3", "--agent", "random", "--seed", "4", "--color", color]
    run = play(*options, typed=ALL_OF_3X3)
    assert run.exit_code == 0
    assert re.search(r"\n((Black|White) wins: three in a row|Draw)\n$", run.stdout)


def test_a_game_of_go_ends_when_both_pass() -> None:
    run = play(*GO_5X5, typed=["c3", *["pass"] * 100])
    assert run.exit_code == 0
    assert re.search(r"White \(O\) passes.*\n(.*\n)*(Black|White) wins by [\d.]+ points?\n$", run.stdout)
    assert run.stderr == ""


def test_the_agent_plays_itself_without_reading_anything() -> None:
    run = play(*GO_5X5, "--color", "none")
    assert run.exit_code == 0
    assert "to move:" not in run.stdout
    assert re.search(r"\n(Black|White) wins by [\d.]+ points?\n$", run.stdout)


def test_two_people_play_each_other() -> None:
    moves = ["a1", "b1", "a2", "b2", "a3"]
    run = play("--game", "gomoku", "--size", "3", "--agent", "random", "--color", "both", typed=moves)
    assert run.stdout.endswith("Black wins: three in a row\n")
    assert len(boards(run.stdout)) == 1 + len(moves)


def test_a_pipe_of_the_shell_works_as_well(tmp_path: Path) -> None:
    command = [Path(sys.executable).parent / "yomi", "play", "--plain", "--size", "2", "--agent", "random"]
    run = subprocess.run(
        [*map(str, command), "--seed", "1"],
        cwd=tmp_path,
        input=b"a1\n\xff\xfe\n" + b"pass\n" * 200,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0
    assert b" wins by " in run.stdout
    assert b"\x1b" not in run.stdout + run.stderr
    assert run.stderr.count(b"Error: vertex ") == 1


# What can be typed.


def test_each_move_is_followed_by_one_diagram_with_the_stone_marked() -> None:
    first, own, answer = boards(play(*GO_5X5, typed=["c3"]).stdout)
    assert "X" not in first
    assert "(X)" in own
    assert "(O)" in answer


def test_a_wrong_line_gives_one_error_and_the_question_comes_again() -> None:
    run = play(*GO_5X5, "--color", "both", typed=["c3", "c3", "", "z9", "castle", "c4"])
    assert run.stderr.splitlines() == [
        "Error: illegal move: white C3 (occupied)",
        "Error: vertex 'z9': expected A1..E5 or pass",
        "Error: vertex 'castle': expected A1..E5 or pass",
    ]
    assert run.stdout.count("White (O) to move:") == 5
    assert len(boards(run.stdout)) == 3


def test_passing_is_refused_in_gomoku() -> None:
    run = play("--game", "gomoku", "--size", "6", "--agent", "random", typed=["pass"])
    assert run.stderr == "Error: illegal move: black pass (no passing in Gomoku)\n"


def test_undo_takes_back_to_the_own_move() -> None:
    run = play(*GO_5X5, typed=["c3", "undo", "board"])
    start, _, _, undone, shown = boards(run.stdout)
    assert start == undone == shown


def test_undo_never_takes_back_what_only_the_agent_has_played() -> None:
    run = play(*GO_5X5, "--color", "white", typed=["undo", "board"])
    assert run.stderr == "Error: undo: you have not moved yet\n"
    assert "X" in boards(run.stdout)[-1]


def test_undo_takes_back_one_move_when_two_people_play() -> None:
    run = play(*GO_5X5, "--color", "both", typed=["c3", "c4", "undo"])
    drawn = boards(run.stdout)
    assert drawn[1] == drawn[3]


def test_a_hint_names_a_move_and_plays_nothing() -> None:
    run = play(*GO_5X5, typed=["hint"])
    assert re.search(r"Hint: ([A-E][1-5]|pass)\n", run.stdout)
    assert len(boards(run.stdout)) == 1


def test_score_help_and_resign_answer_in_words() -> None:
    run = play(*GO_5X5, "--color", "both", typed=["c3", "SCORE", "help", "resign"])
    assert "Black leads by 18.5 points, if all stones live.\n" in run.stdout
    assert "take your last move back" in run.stdout
    assert run.stdout.endswith("Black wins: White resigned\n")
    assert run.exit_code == 0


@pytest.mark.parametrize("typed", [["c3"], ["c3", "quit", "c4"]])
def test_leaving_is_no_error(typed: list[str]) -> None:
    run = play(*GO_5X5, typed=typed)
    assert run.stdout.endswith("The game was not finished.\n")
    assert (run.exit_code, run.stderr) == (0, "")


def test_a_script_with_a_wrong_line_that_ends_nowhere_has_failed() -> None:
    assert play(*GO_5X5, typed=["c9"]).exit_code == 2


def test_the_agent_says_what_it_expects() -> None:
    run = play(*GO_5X5, typed=["c3"])
    assert re.search(r"White \(O\) (plays [A-E][1-5]|passes) and expects to win with \d+ %\.\n", run.stdout)


def test_the_default_agent_plays_with_as_many_visits_as_asked() -> None:
    run = play("--size", "4", "--visits", "7")
    assert "White (O): uct:7\n" in run.stdout


# What is kept.


@pytest.mark.parametrize(
    ("typed", "result", "score"),
    [(["c3", "pass", "pass"], 1, 18.5), (["c3", "resign"], 1, None), (["c3", "c4"], None, None)],
)
def test_a_game_is_saved_with_its_result(
    typed: list[str], result: int | None, score: float | None, tmp_path: Path
) -> None:
    path = tmp_path / "game.sgf"
    run = play(*GO_5X5, "--color", "both", "--sgf", str(path), typed=typed)
    assert run.stdout.endswith(f"Saved as {path}\n")
    saved = read_sgf(path)
    vertices = [vertex_of_action(move.action, saved.rules).lower() for move in saved.moves]
    assert vertices == [word for word in typed if word != "resign"]
    assert (saved.result_black, saved.score_black, saved.rules.komi) == (result, score, 6.5)
    assert (saved.black_name, saved.white_name) == ("you", "you")


def test_a_resigned_game_on_a_rectangle_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "game.sgf"
    options = ("--size", "5x4", "--agent", "random", "--color", "both")
    play(*options, "--sgf", str(path), typed=["e4", "a1", "resign"])
    saved = read_sgf(path)
    assert (saved.rules, saved.result) == (go_rules(5, 4), "W+R")
    assert [vertex_of_action(move.action, saved.rules) for move in saved.moves] == ["E4", "A1"]


# What is shown.


def test_the_board_in_color_shows_the_same_as_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    game = Game(go_rules(7, 4), parse_diagram("/".join([". X O . . . ."] * 4)))
    game.play(action_of_vertex("G4", game.rules))
    painted: list[str] = []
    monkeypatch.setattr(Console, "print", lambda self, text: painted.append(text.plain))
    BoardView(in_color=True).show(game)
    letters, *rows, last = game.draw().splitlines()
    expected = [letters, *(re.sub("[XO]", "●", row) for row in rows), last]
    assert painted == ["\n".join(expected)]


@pytest.mark.parametrize(
    ("diagram", "komi", "words"),
    [
        ("X . / . .", 3.0, "Black wins by 1 point"),
        ("X . / . .", 0.5, "Black wins by 3.5 points"),
        ("O . / . .", 0.5, "White wins by 4.5 points"),
        ("X . / . .", 4.0, "Draw"),
    ],
)
def test_results_of_go_are_told_in_words(diagram: str, komi: float, words: str) -> None:
    assert result_text(Game(go_rules(2, komi=komi), parse_diagram(diagram))) == words


def test_a_score_is_told_in_words() -> None:
    assert score_text(Game(go_rules(3, komi=0))) == "Nobody leads, if all stones live."
    assert score_text(Game(go_rules(3, komi=1))) == "White leads by 1 point, if all stones live."
    assert score_text(Game(gomoku_rules(3))) == "Gomoku has no score before the end."


def test_kernels_are_compiled_before_the_screen_hides_that_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    monkeypatch.setattr("engine.jit.is_cache_warm", lambda: False)
    monkeypatch.setattr("app.screens.setup.GameSetup.new_game", lambda _: events.append("game"))
    monkeypatch.setattr("app.screens.game_app.GameApp.run", lambda _: events.append("screen"))
    choice = RulesChoice(size=(5, 5))
    assert play_on_screen(choice, AgentChoice("random"), "both", None, None, None, ponders=False) == 0
    assert events == ["game", "screen"]
