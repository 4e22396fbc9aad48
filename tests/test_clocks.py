"""Clocks: what can be set, what they say, and that a side without time loses on the screen."""

import time
from pathlib import Path
from typing import Any

import pytest
from screen_pilot import drive, game_app, screen_text, type_line, until
from textual.pilot import Pilot

from app.clock_text import ClockError, clock_text, read_clock
from app.screens.clocks import LEAST_S, Clocks
from engine.board import BLACK, WHITE
from engine.sgf import parse_sgf
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
