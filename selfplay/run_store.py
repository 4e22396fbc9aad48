"""A run is a folder: one SQLite file for everything that happened, safetensors files for weights.

Only one trainer may hold a run; the lock is freed by the system when its process dies.
"""

import errno
import json
import os
import platform
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from engine.errors import YomiError
from selfplay.records import COLUMNS, GameRecord, pack_array, record_from_columns, unpack_array

DATABASE = "run.sqlite"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS games (
    id INTEGER PRIMARY KEY, phase TEXT NOT NULL, iteration INTEGER NOT NULL, digest TEXT NOT NULL,
    rules TEXT NOT NULL, num_moves INTEGER NOT NULL, moves BLOB NOT NULL, visits BLOB NOT NULL,
    root_values BLOB NOT NULL, value_targets BLOB NOT NULL, score_black REAL, is_truncated INTEGER NOT NULL,
    weights BLOB);
CREATE INDEX IF NOT EXISTS games_by_iteration ON games (phase, iteration);
CREATE TABLE IF NOT EXISTS metrics (
    iteration INTEGER NOT NULL, step INTEGER NOT NULL, name TEXT NOT NULL, value REAL NOT NULL,
    time REAL NOT NULL);
CREATE TABLE IF NOT EXISTS checkpoints (
    iteration INTEGER PRIMARY KEY, step INTEGER NOT NULL, weights TEXT NOT NULL, weights_sha256 TEXT NOT NULL,
    optimizer TEXT NOT NULL, optimizer_sha256 TEXT NOT NULL, evaluations INTEGER NOT NULL,
    time REAL NOT NULL);
CREATE TABLE IF NOT EXISTS matches (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL,
    result TEXT NOT NULL);
"""
GAME_COLUMNS = ", ".join(COLUMNS)
SELECT_GAMES = f"SELECT {GAME_COLUMNS} FROM games"


class RunError(YomiError):
    """A run folder that cannot be used."""


@dataclass(frozen=True)
class Checkpoint:
    """One row of the table of checkpoints.

    Attributes:
        iteration: training rounds done.
        step: optimiser steps done.
        weights: path of the weights.
        weights_sha256: their digest.
        optimizer: path of the optimiser's state.
        optimizer_sha256: its digest.
        evaluations: network evaluations spent on self-play so far.
    """

    iteration: int
    step: int
    weights: Path
    weights_sha256: str
    optimizer: Path
    optimizer_sha256: str
    evaluations: int


class RunStore:
    """An open run folder."""

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        """Open a run.

        Args:
            folder: where it is or shall be.
            create: whether a missing run may be made.

        Raises:
            RunError: missing, unwritable, or no run of ours.
        """
        self.folder = folder
        path = folder / DATABASE
        if not create and not path.is_file():
            raise RunError(f"run {folder}: expected a run folder with {DATABASE}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=30, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            with self._database:
                self._database.executescript(SCHEMA)
                columns = [row[1] for row in self._database.execute("PRAGMA table_info(games)")]
                if "weights" not in columns:  # a run that is older than this column
                    self._database.execute("ALTER TABLE games ADD COLUMN weights BLOB")
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise RunError(f"run folder {folder}: cannot be written ({reason})") from None
        stored = self.fact("schema")
        if stored is None:
            with self.naming_full_disk():
                self.set_fact("schema", SCHEMA_VERSION)
        elif stored != SCHEMA_VERSION:
            raise RunError(f"run {folder}: made by another version of yomi (schema {stored})")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> "RunStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def trainer_lock(self) -> Iterator[None]:
        """Hold the run for training.

        Raises:
            RunError: another process trains it; the message names the process.
        """
        note = self.folder / "trainer.txt"
        lock = FileLock(self.folder / "trainer.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            holder = note.read_text(encoding="utf-8") if note.exists() else "an unknown process"
            raise RunError(f"run {self.folder}: already being trained by {holder.strip()}") from None
        try:
            note.write_text(f"process {os.getpid()} on {platform.node()}\n", encoding="utf-8")
            yield
        finally:
            note.unlink(missing_ok=True)
            lock.release()

    @contextmanager
    def naming_full_disk(self) -> Iterator[None]:
        """Turn what a full disk makes fail into an error that says what is kept.

        Raises:
            RunError: nothing more can be written.
        """
        try:
            yield
        except (OSError, sqlite3.OperationalError) as error:
            if isinstance(error, OSError) and error.errno not in FULL:
                raise
            reason = error.strerror if isinstance(error, OSError) else error
            raise RunError(
                f"run {self.folder}: cannot be written ({reason}); finished rounds are kept, and the same"
                " command goes on once there is room"
            ) from None

    def fact(self, name: str) -> Any:
        """A stored JSON value, None when there is none."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def set_fact(self, name: str, value: Any) -> None:
        """Store a JSON value under a name."""
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value)))

    def add_games(self, phase: str, iteration: int, games: list[GameRecord]) -> None:
        """Store all games of one round at once, or none.

        Args:
            phase: what they were played for, such as `selfplay`.
            iteration: the round.
            games: the games.
        """
        rows = [(phase, iteration, game.digest(), game.num_moves, *game.to_columns()) for game in games]
        with self._database:
            self._database.execute("DELETE FROM games WHERE phase = ? AND iteration = ?", (phase, iteration))
            self._database.executemany(
                f"INSERT INTO games (phase, iteration, digest, num_moves, {GAME_COLUMNS})"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def games(self, phase: str, *, iteration: int | None = None) -> list[GameRecord]:
        """Stored games in the order in which they were added.

        Args:
            phase: what they were played for.
            iteration: only those of one round.
        """
        query = f"{SELECT_GAMES} WHERE phase = ? AND (? IS NULL OR iteration = ?) ORDER BY id"
        return [
            record_from_columns(row) for row in self._database.execute(query, (phase, iteration, iteration))
        ]

    def lines(self, phase: str) -> list[npt.NDArray[np.int16]]:
        """The moves alone of stored games, in the order in which they were added.

        Args:
            phase: what they were stored for.
        """
        query = "SELECT moves FROM games WHERE phase = ? ORDER BY id"
        rows = self._database.execute(query, (phase,))
        return [np.asarray(unpack_array(row[0], np.int16), np.int16) for row in rows]

    def replace_targets(
        self, phase: str, targets_of: Callable[[GameRecord], npt.NDArray[np.float32]]
    ) -> None:
        """Store value targets in place of earlier ones, those of all games at once or none.

        Args:
            phase: what the games were played for.
            targets_of: `[T]` new targets of a game.
        """
        query = f"SELECT {GAME_COLUMNS}, id FROM games WHERE phase = ? ORDER BY id"
        rows = [
            (pack_array(targets_of(record_from_columns(row))), row[-1])
            for row in self._database.execute(query, (phase,))
        ]
        with self._database:
            self._database.executemany("UPDATE games SET value_targets = ? WHERE id = ?", rows)

    def newest_games(self, phase: str, iteration: int, num_positions: int) -> list[GameRecord]:
        """The newest games that make up so many positions, in the order in which they were added.

        Args:
            phase: what they were played for.
            iteration: the last round that counts.
            num_positions: a game is left out once those newer than it have so many.
        """
        query = (
            f"{SELECT_GAMES} WHERE id IN (SELECT id FROM (SELECT id, num_moves, sum(num_moves)"
            " OVER (ORDER BY id DESC) AS reached FROM games WHERE phase = ? AND iteration <= ?)"
            " WHERE reached - num_moves < ?) ORDER BY id"
        )
        rows = self._database.execute(query, (phase, iteration, num_positions))
        return [record_from_columns(row) for row in rows]

    def newest_game(self, phase: str, seen: Collection[int]) -> tuple[int, int, GameRecord] | None:
        """The newest game but those seen before: its number, its round and the game; None without one.

        Args:
            phase: what it was played for.
            seen: numbers of games.
        """
        query = (
            f"SELECT {GAME_COLUMNS}, id, iteration FROM games WHERE phase = ?"
            " AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT 1"
        )
        row = self._database.execute(query, (phase, json.dumps(sorted(seen)))).fetchone()
        return None if row is None else (row[8], row[9], record_from_columns(row))

    def num_positions(self, phase: str, iteration: int) -> int:
        """Positions of all games of rounds up to one.

        Args:
            phase: what they were played for.
            iteration: the last round that counts.
        """
        query = "SELECT coalesce(sum(num_moves), 0) FROM games WHERE phase = ? AND iteration <= ?"
        return int(self._database.execute(query, (phase, iteration)).fetchone()[0])

    def add_metrics(self, iteration: int, step: int, values: dict[str, float]) -> None:
        """Store some numbers of one round, in place of earlier ones of the same name."""
        now = time.time()
        with self._database:
            # A round that a kill made anew writes its numbers again.
            names = [(iteration, name) for name in values]
            self._database.executemany("DELETE FROM metrics WHERE iteration = ? AND name = ?", names)
            self._database.executemany(
                "INSERT INTO metrics VALUES (?, ?, ?, ?, ?)",
                [(iteration, step, name, float(value), now) for name, value in values.items()],
            )

    def metrics(self, name: str) -> list[tuple[int, float]]:
        """`(iteration, value)` of one metric, in order."""
        query = "SELECT iteration, value FROM metrics WHERE name = ? ORDER BY iteration, time"
        return [(int(i), float(v)) for i, v in self._database.execute(query, (name,))]

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Record weights that are on disk already: from here on they count."""
        row = (
            checkpoint.iteration,
            checkpoint.step,
            checkpoint.weights.name,
            checkpoint.weights_sha256,
            checkpoint.optimizer.name,
            checkpoint.optimizer_sha256,
            checkpoint.evaluations,
            time.time(),
        )
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def checkpoints(self) -> list[Checkpoint]:
        """All recorded checkpoints, oldest first."""
        query = (
            "SELECT iteration, step, weights, weights_sha256, optimizer, optimizer_sha256, evaluations"
            " FROM checkpoints ORDER BY iteration"
        )
        return [
            Checkpoint(i, step, self.folder / Path(w).name, w_sha, self.folder / Path(o).name, o_sha, spent)
            for i, step, w, w_sha, o, o_sha, spent in self._database.execute(query)
        ]

    def best_checkpoint(self) -> Checkpoint | None:
        """The one that plays: the newest, or with a gate the newest that passed it; None at first."""
        saved = self.checkpoints()
        if not saved:
            return None
        best = self.fact(f"best_{saved[-1].iteration}")
        return next(found for found in saved[::-1] if best is None or found.iteration == best)

    def add_match(self, first: str, second: str, result: dict[str, Any]) -> None:
        """Store the result of a match between two agents."""
        with self._database:
            self._database.execute(
                "INSERT INTO matches (time, first, second, result) VALUES (?, ?, ?, ?)",
                (time.time(), first, second, json.dumps(result)),
            )

    def matches(self) -> list[dict[str, Any]]:
        """Stored matches, oldest first."""
        query = "SELECT first, second, result FROM matches ORDER BY id"
        return [
            {"first": first, "second": second, **json.loads(result)}
            for first, second, result in self._database.execute(query)
        ]

    @property
    def connection(self) -> sqlite3.Connection:
        """The database, for tables that other packages add."""
        return self._database


def latest_weights(folder: Path) -> Path:
    """The newest recorded weights of a run folder, or with a gate the newest that passed it.

    Raises:
        RunError: no run, or none saved yet.
    """
    with RunStore(folder, create=False) as store:
        best = store.best_checkpoint()
    if best is None:
        raise RunError(f"run {folder}: has no weights yet")
    return best.weights


def environment() -> dict[str, str]:
    """What a result depends on besides its configuration: versions and the machine."""
    packages = {}
    for name in ("yomi", "numpy", "numba", "torch"):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "unknown"
    return {**packages, "python": platform.python_version(), "machine": platform.machine()}
