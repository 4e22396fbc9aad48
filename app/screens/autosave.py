"""The game that was being played when the program ended, kept in the user's state folder."""

import os
from pathlib import Path

from platformdirs import user_state_path

from engine.sgf import SgfGame, read_sgf, write_sgf


class Autosave:
    """One file that holds the unfinished game, or is not there.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, record: SgfGame) -> None:
        """Write a game; whatever happens meanwhile, the file holds this one or the one before.

        Raises:
            OSError: the folder cannot be written in.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        unfinished.write_bytes(write_sgf(record))
        unfinished.replace(self.path)

    def found(self) -> SgfGame | None:
        """The game in the file, None without one.

        Raises:
            SgfError: the file is damaged.
        """
        return read_sgf(self.path) if self.path.exists() else None

    def forget(self) -> None:
        """The game is over or unwanted.

        Raises:
            OSError: the file cannot be removed.
        """
        self.path.unlink(missing_ok=True)


def users_autosave() -> Autosave:
    """The file of the user who runs this program."""
    return Autosave(user_state_path("yomi", appauthor=False) / "unfinished-game.sgf")
