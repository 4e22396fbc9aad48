"""The games of the round that is being played, for people who watch; training never reads them.

A file beside the run: a line that names the round, then a line for each game as it ends. Each round begins it
anew. Whatever goes wrong with it, the round goes on without it.
"""

import base64
import json
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from selfplay.records import GameRecord, record_from_columns

FILE = "live-games.jsonl"


class LiveGames:
    """Writes the file of one round; used in a `with` block, at whose end the file is gone."""

    def __init__(self, folder: Path, iteration: int) -> None:
        """Begin the file anew.

        Args:
            folder: of the run.
            iteration: the round that is about to be played.
        """
        self._path = folder / FILE
        self._lock = Lock()
        self._file: BinaryIO | None = None
        try:
            self._file = self._path.open("wb")
        except OSError:
            return
        self._write({"iteration": iteration})

    def __enter__(self) -> "LiveGames":
        return self

    def __exit__(self, *_: object) -> None:
        self._give_up()
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return

    def add(self, game: GameRecord) -> None:
        """Tell of a game that has just ended; from any thread."""
        columns = [
            base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for value in game.to_columns()
        ]
        self._write(columns)

    def _write(self, value: object) -> None:
        with self._lock:
            if self._file is None:
                return
            try:
                self._file.write(json.dumps(value).encode() + b"\n")
                self._file.flush()
            except OSError:
                self._give_up()

    def _give_up(self) -> None:
        try:
            if self._file is not None:
                self._file.close()
        except OSError:
            pass
        self._file = None


def read_live_games(folder: Path, num_known: int) -> tuple[int, list[GameRecord]]:
    """The round that is being played and its games so far, but for the first ones; round 0 without one.

    Args:
        folder: of the run.
        num_known: games that the caller has from before.
    """
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")[:-1]
        iteration = int(json.loads(lines[0])["iteration"])
        return iteration, [_game(line) for line in lines[1 + num_known :]]
    except (OSError, ValueError, LookupError, TypeError):
        return 0, []


def _game(line: bytes) -> GameRecord:
    rules, *blobs, score_black, is_truncated, weights = json.loads(line)
    packed = [None if blob is None else base64.b64decode(blob) for blob in (*blobs, weights)]
    return record_from_columns((rules, *packed[:-1], score_black, is_truncated, packed[-1]))
