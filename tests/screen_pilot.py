"""Drives the screens of `yomi play` without a terminal."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from app.options import AgentChoice, RulesChoice
from app.screens.autosave import Autosave
from app.screens.board_picture import MARGIN
from app.screens.board_widget import BoardWidget
from app.screens.game_app import GameApp
from app.screens.setup import agreed
from engine.notation import action_of_vertex

PATIENCE_S = 300
Scenario = Callable[[Pilot[Any]], Awaitable[None]]


def game_app(
    folder: Path,
    color: str = "both",
    *,
    game: str = "go",
    size: int = 5,
    agent: str = "random",
    **options: Any,
) -> GameApp:
    """A game that keeps itself in a folder."""
    choice = RulesChoice(game, (size, size), ruleset=options.pop("ruleset", None))
    critic = options.pop("critic", None)
    setup = agreed(choice, AgentChoice(agent, seed=1), color, **options)
    return GameApp(setup, Autosave(folder / "unfinished-game.sgf"), critic)


def drive(app: App[Any], scenario: Scenario, size: tuple[int, int] = (110, 40)) -> None:
    """Run an app on a screen of some size while a scenario presses its keys."""

    async def session() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(pilot)

    asyncio.run(session())


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "nothing happened"
        await pilot.pause(0.02)


async def type_line(pilot: Pilot[Any], *lines: str) -> None:
    """Type lines below the board."""
    for line in lines:
        await pilot.press("colon", *line, "enter", "escape")


async def click_vertex(pilot: Pilot[Any], vertex: str) -> None:
    """Click a point of the board."""
    app = pilot.app
    assert isinstance(app, GameApp)
    board = app.query_one(BoardWidget)
    frame = board._frame
    assert frame is not None
    y, x = divmod(action_of_vertex(vertex, app.course.rules), frame.width)
    left, top = board._origin(frame)
    place = (left + MARGIN + 1 + x * frame.cell[0], top + 1 + y * frame.cell[1])
    await pilot.click(BoardWidget, offset=place)


def screen_text(app: App[Any]) -> str:
    """What is on the screen, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def notices(app: App[Any]) -> list[str]:
    """The notices shown so far."""
    return [notice.message for notice in app._notifications]
