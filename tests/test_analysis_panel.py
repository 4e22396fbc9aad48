"""The panel beside the board: what it shows of an analysis, and what a mouse finds there."""

from pathlib import Path
from typing import Any

import pytest
from screen_pilot import drive, game_app, screen_text, type_line, until
from textual.pilot import Pilot

from app.screens.analysis_panel import CourseCurve, MoveList
from app.screens.game_app import GameApp
from app.screens.win_rate_curve import curve_lines, ply_at


@pytest.fixture
def app(tmp_path: Path) -> GameApp:
    return game_app(tmp_path, agent="uct:100")


async def analyze(pilot: Pilot[Any]) -> None:
    """Switch analysis on and wait for some of it."""
    await pilot.press("a")
    await until(pilot, lambda: "visits prior" in screen_text(pilot.app))


def test_analysis_shows_chances_score_and_moves_and_goes_away(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await analyze(pilot)
        await until(pilot, lambda: "leads by" in screen_text(app))
        text = screen_text(app)
        assert "Black's chance, move 0 of 0" in text
        assert " 1 " in text
        await pilot.press("a")
        await until(pilot, lambda: "visits prior" not in screen_text(app))

    drive(app, scenario)


def test_the_variation_of_the_move_under_the_mouse_stands_on_the_board(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await analyze(pilot)
        await pilot.hover(MoveList, offset=(5, 1))
        await until(pilot, lambda: len(app._variation) > 1)
        assert len(app._board._marks.ghosts) > 1
        assert not app._board._marks.labels
        await pilot.hover("#status")
        await until(pilot, lambda: app._variation == ())

    drive(app, scenario)


def test_a_number_shows_a_variation_too_and_again_the_position(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await analyze(pilot)
        await pilot.press("2")
        assert app._variation
        app._variation = app._analysis.moves[1].variation if app._analysis else ()
        await pilot.press("2")
        assert app._variation == ()

    drive(app, scenario)


def test_a_click_on_a_move_plays_it(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await analyze(pilot)
        await pilot.click(MoveList, offset=(5, 1))
        await until(pilot, lambda: app.course.ply == 1)

    drive(app, scenario)


def test_a_click_on_the_curve_goes_to_that_move(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await type_line(pilot, "c3", "d3", "c2")
        await analyze(pilot)
        await pilot.click(CourseCurve, offset=(1, 2))
        await until(pilot, lambda: app.course.ply == 1)
        assert len(app.course.future) == 2

    drive(app, scenario)


def test_ownership_shades_the_board_until_it_is_switched_off(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await analyze(pilot)
        assert app._board._marks.ownership_black is not None
        await pilot.press("o")
        assert app._board._marks.ownership_black is None

    drive(app, scenario)


def test_a_narrow_terminal_leaves_the_room_to_the_board(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        assert not app._panel.display
        await pilot.resize_terminal(120, 24)
        await until(pilot, lambda: app._panel.display)

    drive(app, scenario, (40, 24))


def test_a_curve_is_as_high_as_its_chances() -> None:
    assert curve_lines({0: 0.0, 1: 0.25, 2: 0.5, 3: 0.75, 4: 1.0}, 4, 80, 2) == ["   ▄█", " ▄███"]


def test_moves_without_a_chance_go_on_at_the_level_before() -> None:
    assert curve_lines({1: 1.0}, 3, 80, 1) == ["▄███"]


@pytest.mark.parametrize("last_ply", [0, 1, 30, 31, 32, 100, 1000])
def test_a_long_game_is_squeezed_and_each_column_leads_back_to_its_moves(last_ply: int) -> None:
    rates = {ply: ply / max(last_ply, 1) for ply in range(last_ply + 1)}
    (line,) = curve_lines(rates, last_ply, 32, 1)
    assert len(line) == min(last_ply + 1, 32)
    assert list(line) == sorted(line)
    plies = [ply_at(column, last_ply, 32) for column in range(len(line))]
    assert plies == sorted(set(plies))
    assert plies[0] == 0
    assert plies[-1] <= last_ply
