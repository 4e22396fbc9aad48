"""The part of an app that keeps its game, saves it as a file and goes on with one from a file."""

from pathlib import Path

from textual import work
from textual.app import App

from app.screens.autosave import Autosave
from app.screens.dialogs import FileName, YesNo
from app.screens.status_line import offer_text
from engine.errors import YomiError
from engine.sgf import SgfGame, read_sgf


class FileApp(App[None]):
    """An app with a game; what the game is, is up to those that inherit."""

    def __init__(self, autosave: Autosave) -> None:
        """Prepare.

        Args:
            autosave: where the game is kept while it is not finished.
        """
        super().__init__()
        self._autosave = autosave

    def sgf(self) -> bytes:
        """The game as an SGF file."""
        raise NotImplementedError

    def go_on_with(self, record: SgfGame) -> None:
        """Play a game from a file.

        Raises:
            YomiError: it cannot be played here.
        """
        raise NotImplementedError

    def begin(self) -> None:
        """Begin a game of its own."""
        raise NotImplementedError

    def begin_or_go_on(self) -> None:
        """Offer the game that was not finished, if there is one, and begin."""
        try:
            record = self._autosave.found()
        except (YomiError, OSError) as error:
            self.refuse(error)
            record = None
        if record is None:
            self.begin()
        else:  # at once, so that no key of an eager player begins another game over this one
            question = offer_text(record.rules.describe(), len(record.moves))
            self.push_screen(YesNo(question), lambda goes_on: self._take_offer(record, goes_on=bool(goes_on)))

    def _take_offer(self, record: SgfGame, *, goes_on: bool) -> None:
        try:
            if goes_on:
                self.go_on_with(record)
                return
        except YomiError as error:
            self.refuse(error)
        self.begin()

    def keep(self, record: SgfGame | None) -> None:
        """Keep a game for the next start; None forgets the one that was kept."""
        try:
            if record is None:
                self._autosave.forget()
            else:
                self._autosave.keep(record)
        except OSError as error:
            self.refuse(error)

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
