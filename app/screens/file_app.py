"""The part of an app that saves its game as a file and goes on with one from a file."""

from pathlib import Path

from textual import work
from textual.app import App

from app.screens.dialogs import FileName
from engine.errors import YomiError
from engine.sgf import SgfGame, read_sgf


class FileApp(App[None]):
    """An app with a game; what the game is, is up to those that inherit."""

    def sgf(self) -> bytes:
        """The game as an SGF file."""
        raise NotImplementedError

    def go_on_with(self, record: SgfGame) -> None:
        """Play a game from a file.

        Raises:
            YomiError: it cannot be played here.
        """
        raise NotImplementedError

    def refuse(self, error: Exception | str) -> None:
        """Say why something was not done."""
        self.notify(str(error), severity="warning", markup=False)

    @work
    async def action_save(self) -> None:
        """Write the game as an SGF file."""
        name = await self.push_screen_wait(FileName("Save the game as", "game.sgf"))
        if name is not None:
            try:
                Path(name).expanduser().write_bytes(self.sgf())
            except (YomiError, OSError) as error:
                self.refuse(error)
            else:
                self.notify(f"Saved as {name}")

    @work
    async def action_load(self) -> None:
        """Go on with a game from an SGF file."""
        name = await self.push_screen_wait(FileName("Load a game from", "game.sgf"))
        if name is not None:
            try:
                self.go_on_with(read_sgf(Path(name).expanduser()))
            except (YomiError, OSError) as error:
                self.refuse(error)
