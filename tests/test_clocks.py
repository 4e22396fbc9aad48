"""Clocks: what can be set, what they say, and that a side without time loses on the screen."""

import time
from pathlib import Path
from typing import Any

import pytest
from screen_pilot import drive, game_app, screen_text, type_line, until
from textual.pilot import Pilot

from app.clock_text import ClockError, clock_text, control_of_sgf, read_clock, sgf_of_control
from app.screens.clocks import LEAST_S, Clocks
from engine.board import BLACK, WHITE
from engine.sgf import parse_sgf
from engine.sgf_times import TimeLeft
from mcts.time_control import TimeControl, absolute_time, byo_yomi, canadian, fischer, new_clock


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("10m", absolute_time(600)),
        ("1h", absolute_time(3600)),
        ("5m+10s", fischer(300, 10)),
        ("5m+3x30s", byo_yomi(300, 30, 3)),
        ("0s+10/2m", canadian(0, 120, 10)),
    ],
)
def test_a_clock_is_read(text: str, control: TimeControl) -> None:
    assert read_clock(text) == control


@pytest.mark.parametrize("text", ["", "10", "ten", "0s", "5m+", "5m+0x30s", "-5m", "5m+3x0s+1s"])
def test_another_text_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ClockError, match="clock '"):
        read_clock(text)


@pytest.mark.parametrize(
    ("control", "spent", "text"),
    [
        (absolute_time(600), 1.5, "9:58"),
        (byo_yomi(60, 30, 3), 0, "1:00 3x30s"),
        (byo_yomi(60, 30, 3), 65, "0:25 2x30s"),
        (byo_yomi(60, 30, 3), 95, "0:25 1x30s"),
        (byo_yomi(60, 30, 3), 125, "0:25"),
        (byo_yomi(60, 30, 3), 500, "0:00"),
        (canadian(10, 120, 5), 0, "0:10 5/120s"),
        (canadian(10, 120, 5), 40, "1:30 for 5"),
    ],
)
def test_what_is_left_is_told(control: TimeControl, spent: float, text: str) -> None:
    assert clock_text(new_clock(control), spent) == text


def test_one_clock_runs_at_a_time_and_an_agent_always_has_time_for_some_thought() -> None:
    clocks = Clocks(absolute_time(10))
    clocks.run_for(BLACK, 100.0)
    assert (clocks.text(BLACK, 103.0), clocks.text(WHITE, 103.0)) == ("0:07", "0:10")
    clocks.run_for(WHITE, 104.0)
    assert clocks.text(BLACK, 109.0) == "0:06"
    assert not clocks.has_fallen(WHITE, 113.9)
    assert clocks.has_fallen(WHITE, 114.1)
    clocks.run_for(None, 113.0)
    assert not clocks.has_fallen(WHITE, 999.0)
    assert LEAST_S < 1


def test_who_has_no_time_left_loses(tmp_path: Path) -> None:
    app = game_app(tmp_path, clock="1s")

    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.pause(0.2)
        assert "0:01" in screen_text(app)
        assert not app.course.game.is_over
        await type_line(pilot, "c3")
        began = time.monotonic()
        await until(pilot, lambda: app.course.game.is_over)
        assert time.monotonic() - began > 0.5
        await until(pilot, lambda: "White has no time left: Black wins." in screen_text(app))

    drive(app, scenario)
    assert app.course.result() == "B+T"
    assert parse_sgf(app.sgf(), "game").result == "B+T"


def test_an_agent_moves_within_its_clock_and_ponders_in_the_time_of_others(tmp_path: Path) -> None:
    app = game_app(tmp_path, "black", agent="uct:200", clock="1h", ponders=True)

    async def scenario(pilot: Pilot[Any]) -> None:
        await type_line(pilot, "c3")
        await until(pilot, lambda: app.course.ply == 2 or app.course.game.is_over)
        await pilot.pause(0.1)

    drive(app, scenario)
    assert app.course.ply == 2
    assert not app.course.is_out_of_time


CONTROLS = (absolute_time(600), fischer(300, 10), byo_yomi(60, 30, 3), canadian(10, 120.5, 5))


@pytest.mark.parametrize("control", CONTROLS)
def test_files_tell_the_time_of_each_side(control: TimeControl) -> None:
    assert control_of_sgf(sgf_of_control(control)) == control


def test_the_words_of_other_programs_are_known_and_nonsense_is_no_clock() -> None:
    assert control_of_sgf({"TM": "1500", "OT": "5x30 byo-yomi"}) == byo_yomi(1500, 30, 5)
    assert control_of_sgf({"TM": "0", "OT": "25/600 Canadian"}) == canadian(0, 600, 25)
    for info in ({}, {"TM": "2 hours"}, {"TM": "60", "OT": "hourglass"}, {"TM": "0"}, {"TM": "nan"}):
        assert control_of_sgf(info) is None


@pytest.mark.parametrize("control", CONTROLS)
def test_a_clock_goes_on_from_what_was_told_of_it(control: TimeControl) -> None:
    clock = new_clock(control)
    for spent in (3.0, 9.5, 40.0, 22.0, 1.0):
        clock = clock.after_move(spent)
        assert new_clock(control).corrected(*clock.left()) == clock


def test_a_file_keeps_what_each_side_had_left_and_the_game_goes_on_from_there(tmp_path: Path) -> None:
    app = game_app(tmp_path, clock="10m+3x30s")

    async def play(pilot: Pilot[Any]) -> None:
        await type_line(pilot, "c3", "b2")
        await pilot.pause(0.2)
        await type_line(pilot, "d4")

    drive(app, play)
    kept = parse_sgf(app.sgf(), "game")
    assert (kept.info["TM"], kept.info["OT"]) == ("600", "3x30 byo-yomi")
    assert sorted(kept.times) == [2, 3]
    assert 0 < kept.times[3].seconds < 599.9
    assert kept.times[3].stones == 0

    again = game_app(tmp_path)

    async def go_on(pilot: Pilot[Any]) -> None:
        await pilot.press("y")
        await until(pilot, lambda: again.course.ply == 3)
        assert again.setup.control == byo_yomi(600, 30, 3)
        await until(pilot, lambda: " 3x30s" in screen_text(again))
        await pilot.press("u")
        await type_line(pilot, "e5")

    drive(again, go_on)
    assert again.course.times[2] == kept.times[2]


def test_a_game_in_overtime_tells_its_periods() -> None:
    game = parse_sgf(b"(;SZ[9]TM[60]OT[3x30 byo-yomi];B[ee];W[cc]WL[12.5]OW[2];B[gg]BL[x]OB[3])", "game")
    assert game.times == {2: TimeLeft(12.5, 2)}
    assert new_clock(byo_yomi(60, 30, 3)).corrected(*game.times[2]).periods == 2
