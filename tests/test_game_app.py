"""The screen of `yomi play`, key by key and click by click."""

import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from screen_pilot import click_vertex, drive, game_app, notices, screen_text, type_line, until
from textual.pilot import Pilot
from textual.widgets import Input

from app.screens.board_widget import BoardWidget
from app.screens.game_app import GameApp
from engine.notation import action_of_vertex
from engine.sgf import read_sgf


@pytest.fixture
def app(tmp_path: Path) -> GameApp:
    """Two people at a board of 5x5."""
    return game_app(tmp_path)


def played(app: GameApp) -> list[int]:
    return [move.action for move in app.course.game.moves]


def actions(app: GameApp, *vertices: str) -> list[int]:
    return [action_of_vertex(vertex, app.course.rules) for vertex in vertices]


def test_arrows_and_vim_keys_move_the_cursor_and_enter_plays(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press("enter", "left", "up", "enter", "j", "l", "l", "space", "h", "k", "k", "enter")

    drive(app, scenario)
    assert played(app) == actions(app, "C3", "B4", "D3", "C5")


def test_the_cursor_stops_at_the_edge(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press(*["left"] * 9, *["down"] * 9, "enter")

    drive(app, scenario)
    assert played(app) == actions(app, "A1")


@pytest.mark.parametrize("size", [(110, 40), (80, 24)])
def test_a_click_plays_where_it_was_made(app: GameApp, size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await click_vertex(pilot, "A5")
        await click_vertex(pilot, "E1")

    drive(app, scenario, size)
    assert played(app) == actions(app, "A5", "E1")


def test_vertices_and_words_can_be_typed(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await type_line(pilot, "c3", "D3", "pass", "undo", "c4", "z9", "castle")
        assert isinstance(pilot.app.focused, BoardWidget)

    drive(app, scenario)
    assert played(app) == actions(app, "C3", "D3", "C4")
    assert [text.partition(":")[0] for text in notices(app)] == ["vertex 'z9'", "vertex 'castle'"]


def test_an_illegal_move_is_explained_and_nothing_changes(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press("enter", "enter")

    drive(app, scenario)
    assert played(app) == actions(app, "C3")
    assert notices(app) == ["illegal move: white C3 (occupied)"]


def test_back_and_forward_go_through_the_game_and_a_new_move_branches(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await type_line(pilot, "c3", "d3", "c2", "d2")
        await pilot.press("[", "[", "[", "]")
        assert "Move 3 of 4" in screen_text(app)
        await type_line(pilot, "b2")

    drive(app, scenario)
    assert played(app) == actions(app, "C3", "D3", "B2")
    assert app.course.future == []


def test_the_agent_answers_and_undo_takes_both_moves_back(tmp_path: Path) -> None:
    app = game_app(tmp_path, "black", agent="uct:20")

    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: app.course.ply == 2)
        assert "White plays" in screen_text(app)
        await pilot.press("u")
        assert app.course.ply == 0
        await pilot.press("r")
        assert app.course.ply == 2

    drive(app, scenario)


def test_the_agent_does_not_move_while_somebody_looks_back(tmp_path: Path) -> None:
    app = game_app(tmp_path, "black")

    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: app.course.ply == 2)
        await pilot.press("[")
        await pilot.pause(0.1)
        assert (app.course.ply, len(app.course.future)) == (1, 1)
        await pilot.press("g")
        await until(pilot, lambda: app.course.ply == 2)

    drive(app, scenario)


def test_two_agents_play_until_the_end(tmp_path: Path) -> None:
    app = game_app(tmp_path, "none", game="gomoku", size=3)
    drive(app, lambda pilot: until(pilot, lambda: app.course.is_finished))
    assert app.course.result() in ("B+", "W+", "0")


def test_a_hint_names_a_legal_move_and_plays_nothing(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press("t")
        await until(pilot, lambda: "Tip: " in screen_text(app))

    drive(app, scenario)
    assert played(app) == []


def test_resigning_asks_first(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press("R", "n")
        assert not app.course.game.is_over
        await pilot.press("R", "y")
        await until(pilot, lambda: "White wins: Black resigned." in screen_text(app))

    drive(app, scenario)
    assert app.course.result() == "W+R"


def test_dead_stones_are_clicked_and_agreed_on(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await type_line(pilot, "c3", "a1", "pass", "pass")
        assert "Click dead stones" in screen_text(app)
        await click_vertex(pilot, "A1")
        assert app.course.dead == set(actions(app, "A1"))
        assert app._board._marks.ownership_black == [1] * 25
        await pilot.press("c")
        assert "Black wins by 18.5 points." in screen_text(app)

    drive(app, scenario)
    assert app.course.result() == "B+18.5"


def test_a_count_can_be_broken_off_and_the_game_goes_on(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press("enter", "p", "p", "g", "left", "enter")

    drive(app, scenario)
    assert app.course.ply == 4
    assert not app.course.game.is_over


def test_forbidden_points_of_renju_are_marked_for_black_alone(tmp_path: Path) -> None:
    app = game_app(tmp_path, game="gomoku", size=9, ruleset="renju")

    async def scenario(pilot: Pilot[Any]) -> None:
        for vertex in ("E6", "A1", "E7", "A9", "F5", "J1", "G5"):
            app.course.play(action_of_vertex(vertex, app.course.rules))
        app._changed()
        assert "✕" not in screen_text(app)
        await type_line(pilot, "j9")
        assert screen_text(app).count("✕") == 1

    drive(app, scenario)


def test_a_ko_is_marked(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        for vertex in ("B3", "C3", "A2", "D2", "B1", "C1", "C2", "B2"):
            app.course.play(action_of_vertex(vertex, app.course.rules))
        app._changed()
        await pilot.pause()
        assert screen_text(app).count("□") == 1
        await pilot.press("enter")

    drive(app, scenario)


def test_a_terminal_that_is_too_small_says_so_and_growing_brings_the_board_back(tmp_path: Path) -> None:
    app = game_app(tmp_path, size=19)

    async def scenario(pilot: Pilot[Any]) -> None:
        assert "too small" in screen_text(app)
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: "too small" not in screen_text(app))
        await pilot.press("enter")

    drive(app, scenario, (60, 15))
    assert played(app) == actions(app, "K10")


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_leaving_keeps_the_game_and_the_next_start_offers_it(tmp_path: Path, key: str) -> None:
    async def leave(pilot: Pilot[Any]) -> None:
        await type_line(pilot, "c3", "d3")
        await pilot.press(key)

    app = game_app(tmp_path)
    drive(app, leave)
    assert app.return_code == 0

    async def accept(pilot: Pilot[Any]) -> None:
        assert "Go on with the game" in screen_text(again)
        await pilot.press("y")
        await until(pilot, lambda: again.course.ply == 2)

    again = game_app(tmp_path, size=9)
    drive(again, accept)
    assert played(again) == actions(again, "C3", "D3")
    assert again.course.rules.width == 5


def test_a_finished_game_is_not_offered_again(tmp_path: Path) -> None:
    async def finish(pilot: Pilot[Any]) -> None:
        await type_line(pilot, "c3")
        await pilot.press("R", "y")
        await until(pilot, lambda: app.course.is_finished)

    app = game_app(tmp_path)
    drive(app, finish)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_autosave_is_told_and_a_new_game_begins(tmp_path: Path) -> None:
    (tmp_path / "unfinished-game.sgf").write_bytes(b"(;GM[")
    app = game_app(tmp_path)
    drive(app, lambda pilot: pilot.press("enter"))
    assert len(played(app)) == 1
    assert len(notices(app)) == 1


def test_a_game_is_saved_and_loaded(app: GameApp, tmp_path: Path) -> None:
    path = tmp_path / "kept.sgf"

    async def name_file(pilot: Pilot[Any], key: str) -> None:
        await pilot.press(key)
        app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")

    async def scenario(pilot: Pilot[Any]) -> None:
        await type_line(pilot, "c3", "d3")
        await name_file(pilot, "s")
        await until(pilot, path.exists)
        await type_line(pilot, "undo", "undo")
        await name_file(pilot, "L")
        await until(pilot, lambda: app.course.ply == 2)

    drive(app, scenario)
    assert [move.action for move in read_sgf(path).moves] == played(app)


def test_an_agent_that_cannot_play_is_told_and_the_screen_stays(tmp_path: Path) -> None:
    app = game_app(tmp_path, "white", agent="gtp:no-such-program")
    drive(app, lambda pilot: until(pilot, lambda: bool(notices(app))))
    assert played(app) == []


def test_leaving_ends_a_program_that_is_thinking(tmp_path: Path) -> None:
    program, pid = tmp_path / "slow.py", tmp_path / "pid"
    program.write_text(
        "import os, sys, time\n"
        "for line in sys.stdin:\n"
        "    if line.startswith('genmove'):\n"
        f"        open({str(pid)!r}, 'w').write(str(os.getpid()))\n"
        "        time.sleep(600)\n"
        "    print('= 2\\n', flush=True)\n"
    )
    app = game_app(tmp_path, "white", agent=f"gtp:{shlex.quote(sys.executable)} {shlex.quote(str(program))}")

    async def scenario(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: pid.exists() and pid.read_text() != "")
        assert "Black is thinking" in screen_text(app)
        await pilot.press("q")

    drive(app, scenario)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
