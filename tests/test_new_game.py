"""The dialog of a new game: what it proposes, what it agrees on, what it refuses."""

from pathlib import Path
from typing import Any

import pytest
from screen_pilot import drive, game_app, screen_text, until
from textual.pilot import Pilot
from textual.widgets import Input, Label, Select

from app.screens.game_app import GameApp
from app.screens.new_game import NewGame
from engine.board import BLACK, WHITE


async def fill(pilot: Pilot[Any], **values: str) -> None:
    """Open the dialog, choose and type, and press Enter in the last line."""
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, NewGame))
    for name, value in values.items():
        field = pilot.app.screen.query_one(f"#{name}")
        assert isinstance(field, Input | Select)
        field.value = value
        await pilot.pause()
    pilot.app.screen.query_one("#agent").focus()
    await pilot.press("enter")


@pytest.fixture
def app(tmp_path: Path) -> GameApp:
    return game_app(tmp_path)


def test_a_game_is_agreed_on_with_rules_handicap_agent_and_colors(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await fill(
            pilot, size="9", ruleset="chinese", komi="0.5", handicap="3", agent="uct:16", color="black"
        )
        await until(pilot, lambda: len(app.course.game.moves) == 1)

    drive(app, scenario)
    game = app.course.game
    assert (game.rules.width, game.rules.komi, game.rules.handicap_bonus) == (9, 0.5, "each")
    assert [move.color for move in game.moves] == [WHITE]
    assert (len(game.handicap), app.setup.people, app.setup.spec.label()) == (3, {BLACK}, "uct:16")


def test_another_game_brings_its_own_rules_and_size(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press("n")
        dialog = app.screen
        dialog.query_one("#game", Select).value = "gomoku"
        await until(pilot, lambda: dialog.query_one("#size", Input).value == "15")
        dialog.query_one("#ruleset", Select).value = "renju"
        dialog.query_one("#agent").focus()
        await pilot.press("enter")
        await until(pilot, lambda: app.course.rules.game == "gomoku")

    drive(app, scenario)
    assert (app.course.rules.width, app.course.rules.line_rule) == (15, "renju")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"size": "40"}, "size 40: expected 2..19 for Go"),
        ({"size": "nine"}, "expected a number such as 9"),
        ({"agent": "deep-blue"}, "agent 'deep-blue': expected random"),
        ({"handicap": "9"}, "the board is too small"),
        ({"seconds": "0"}, "seconds 0.0: expected 0.01..86400"),
    ],
)
def test_what_makes_no_game_is_refused_and_the_dialog_stays(
    app: GameApp, values: dict[str, str], fault: str
) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await fill(pilot, **{"agent": "uct:16", **values})
        await pilot.pause()
        assert fault in str(app.screen.query_one("#fault", Label).render())
        await pilot.press("escape")

    drive(app, scenario)
    assert (app.course.rules.width, app.setup.spec.name) == (5, "random")


def test_the_dialog_fits_a_small_terminal(app: GameApp) -> None:
    async def scenario(pilot: Pilot[Any]) -> None:
        await pilot.press("n")
        await until(pilot, lambda: "Begin" in screen_text(app))
        assert "You play" in screen_text(app)

    drive(app, scenario, (80, 24))
