"""The queue of comparisons in a run's SQLite file: those who ask and those who answer are separate processes.

Several labelers may answer the same query. An answerer claims queries row by row; what a process that died
had claimed is free again. Utilities and truth are in `rlhf_variant.truth_file`, never here.
"""

import hashlib
import json
import os
import platform
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rlhf_variant.board_text import boards_of_texts, canonical_keys
from rlhf_variant.irrationality import Answer
from rlhf_variant.query import ANSWERS, Query, QueryError, Side, Source
from selfplay.run_store import RunStore

QUERY_SCHEMA = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS queries (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, schema INTEGER NOT NULL, pair_type TEXT NOT NULL,
    rules TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL, src_a TEXT NOT NULL, src_b TEXT NOT NULL,
    reversed_a INTEGER NOT NULL, reversed_b INTEGER NOT NULL, shown TEXT NOT NULL, split TEXT NOT NULL,
    strategy TEXT NOT NULL, pool TEXT NOT NULL, ens_var REAL, note TEXT NOT NULL, t_asked REAL NOT NULL);
CREATE TABLE IF NOT EXISTS sides_of_the_split (
    thing TEXT PRIMARY KEY, split TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS labelers (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, params TEXT NOT NULL, version TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    query INTEGER NOT NULL, labeler TEXT NOT NULL, repeat INTEGER NOT NULL, holder TEXT NOT NULL,
    answer TEXT, t_shown REAL NOT NULL, t_answer REAL, note TEXT NOT NULL,
    PRIMARY KEY (query, labeler, repeat));
"""
COLUMNS = (
    "pair_type, rules, a, b, src_a, src_b, reversed_a, reversed_b, shown, split, strategy, pool, ens_var,"
    " note"
)


@dataclass(frozen=True)
class LabelerRecord:
    """Who answered.

    Attributes:
        name: unique in a run.
        kind: `simulated` or `human`.
        params: its habits and seed.
        version: of whatever answers.
    """

    name: str
    kind: str
    params: dict[str, Any]
    version: str


@dataclass(frozen=True)
class GivenAnswer:
    """One answer.

    Attributes:
        key: of the query.
        labeler: who gave it.
        repeat: 0, or 1 where the query was shown once more to see whether the labeler agrees with itself.
        answer: what it said.
        t_shown: when the query was shown, in seconds since 1970.
        t_answer: when it was answered.
        note: anything else.
    """

    key: str
    labeler: str
    repeat: int
    answer: Answer
    t_shown: float
    t_answer: float
    note: str = ""

    def __post_init__(self) -> None:
        if self.answer not in ANSWERS:
            raise QueryError(f"answer {self.answer!r}: expected one of {', '.join(ANSWERS)}")


class QueryQueue:
    """The queries of a run and their answers."""

    def __init__(self, store: RunStore) -> None:
        """Open the queue of a run."""
        self._database = store.connection
        with self._database:
            self._database.executescript(SCHEMA)

    def ask(self, queries: Sequence[Query]) -> int:
        """Put queries at the end, all or none; one that is known already is not asked twice.

        Returns:
            How many are new.

        Raises:
            QueryError: a game or a board is on the other side of the split.
        """
        now, before = time.time(), self.num_asked()
        with self._database:
            for query in queries:
                self._keep_to_the_split(query)
            self._database.executemany(
                f"INSERT OR IGNORE INTO queries (key, schema, t_asked, {COLUMNS})"
                f" VALUES (?, ?, ?, {', '.join('?' * 14)})",
                [(query.key, QUERY_SCHEMA, now, *_row_of(query)) for query in queries],
            )
        return self.num_asked() - before

    def num_asked(self) -> int:
        """N: all queries ever asked, ties and unanswered ones included."""
        return int(self._database.execute("SELECT count(*) FROM queries").fetchone()[0])

    def queries(self) -> list[tuple[int, Query]]:
        """`(id, query)` of all, in the order in which they were asked."""
        rows = self._database.execute(f"SELECT id, {COLUMNS} FROM queries ORDER BY id")
        return [(row[0], _query_of(row[1:])) for row in rows]

    def enter(self, labeler: LabelerRecord) -> None:
        """Note who is going to answer.

        Raises:
            QueryError: the name stands for another labeler.
        """
        row = (labeler.name, labeler.kind, json.dumps(labeler.params, sort_keys=True), labeler.version)
        with self._database:
            self._database.execute("INSERT OR IGNORE INTO labelers VALUES (?, ?, ?, ?)", row)
        known = self._database.execute("SELECT * FROM labelers WHERE name = ?", row[:1]).fetchone()
        if known != row:
            raise QueryError(f"labeler {labeler.name!r}: expected the one of before, {known[1:]}")

    def labelers(self) -> list[LabelerRecord]:
        """All who entered."""
        rows = self._database.execute("SELECT name, kind, params, version FROM labelers ORDER BY name")
        return [
            LabelerRecord(name, kind, json.loads(params), version) for name, kind, params, version in rows
        ]

    def claim(self, labeler: str, most: int) -> list[tuple[int, Query]]:
        """Take queries that this labeler has neither answered nor, in a living process, claimed.

        Args:
            labeler: who will answer.
            most: how many at a time.

        Returns:
            `(id, query)`, oldest first; none when all is done.
        """
        with self._writing():
            holders = self._database.execute(
                "SELECT DISTINCT holder FROM answers WHERE labeler = ? AND answer IS NULL", (labeler,)
            ).fetchall()
            for (holder,) in holders:
                if not _is_alive(holder):
                    self._database.execute(
                        "DELETE FROM answers WHERE labeler = ? AND holder = ? AND answer IS NULL",
                        (labeler, holder),
                    )
            rows = self._database.execute(
                f"SELECT id, {COLUMNS} FROM queries WHERE NOT EXISTS (SELECT 1 FROM answers WHERE"
                " query = queries.id AND labeler = ? AND repeat = 0) ORDER BY id LIMIT ?",
                (labeler, most),
            ).fetchall()
            now = time.time()
            self._database.executemany(
                "INSERT INTO answers VALUES (?, ?, 0, ?, NULL, ?, NULL, '')",
                [(row[0], labeler, _holder(), now) for row in rows],
            )
        return [(row[0], _query_of(row[1:])) for row in rows]

    def release(self, labeler: str) -> None:
        """Give back what this process claimed and did not answer."""
        with self._database:
            self._database.execute(
                "DELETE FROM answers WHERE labeler = ? AND holder = ? AND answer IS NULL",
                (labeler, _holder()),
            )

    def answer(self, answers: Iterable[GivenAnswer]) -> None:
        """Store answers, all or none; the same query answered again by the same labeler is corrected."""
        rows = [
            (a.labeler, a.repeat, _holder(), a.answer, a.t_shown, a.t_answer, a.note, a.key) for a in answers
        ]
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO answers SELECT id, ?, ?, ?, ?, ?, ?, ? FROM queries WHERE key = ?",
                rows,
            )

    def take_back(self, key: str, labeler: str, repeat: int) -> None:
        """Forget an answer: the query is open again for this labeler."""
        with self._database:
            self._database.execute(
                "DELETE FROM answers WHERE labeler = ? AND repeat = ?"
                " AND query = (SELECT id FROM queries WHERE key = ?)",
                (labeler, repeat, key),
            )

    def answers(self, labeler: str | None = None) -> list[GivenAnswer]:
        """All answers, or those of one labeler, in the order of the queries."""
        rows = self._database.execute(
            "SELECT key, labeler, repeat, answer, t_shown, t_answer, answers.note FROM answers"
            " JOIN queries ON queries.id = query WHERE answer IS NOT NULL AND (? IS NULL OR labeler = ?)"
            " ORDER BY query, labeler, repeat",
            (labeler, labeler),
        )
        return [GivenAnswer(*row) for row in rows]

    def version(self) -> str:
        """Hash of the data set: queries with their split, and who answered what; no times, no order."""
        digest = hashlib.sha256()
        for row in self._database.execute("SELECT key, split, shown FROM queries ORDER BY key"):
            digest.update(repr(row).encode())
        for row in self._database.execute(
            "SELECT key, labeler, repeat, answer FROM answers JOIN queries ON queries.id = query"
            " WHERE answer IS NOT NULL ORDER BY key, labeler, repeat"
        ):
            digest.update(repr(row).encode())
        return digest.hexdigest()

    def _keep_to_the_split(self, query: Query) -> None:
        for thing in things_of(query):
            self._database.execute(
                "INSERT OR IGNORE INTO sides_of_the_split VALUES (?, ?)", (thing, query.split)
            )
            (side,) = self._database.execute(
                "SELECT split FROM sides_of_the_split WHERE thing = ?", (thing,)
            ).fetchone()
            if side != query.split:
                raise QueryError(f"query {query.key}: {thing} is {side}, expected {query.split}")

    def _writing(self) -> "_Immediate":
        return _Immediate(self._database)


class _Immediate:
    """A transaction that has the right to write from its beginning, so that two cannot claim one row."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def things_of(query: Query) -> set[str]:
    """What must not be on both sides of the split: games, and boards however they are turned or colored.

    All whole games begin alike, so of those the last boards count.
    """
    things = set()
    for side in (query.a, query.b):
        boards = side.boards[-1:] if query.pair_type == "games" else side.boards
        things.add(f"game {side.source.game_hash}")
        things.update(f"board {key}" for key in canonical_keys(boards_of_texts(list(boards))))
    return things


def _holder() -> str:
    """This process, as the table of answers has it."""
    return f"{platform.node()}:{os.getpid()}"


def _is_alive(holder: str) -> bool:
    """Whether the process that claimed something may still answer; of other machines nobody knows."""
    node, _, number = holder.rpartition(":")
    if node != platform.node():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _row_of(query: Query) -> tuple[Any, ...]:
    sides = (query.a, query.b)
    return (
        query.pair_type,
        query.rules,
        *(json.dumps(side.boards) for side in sides),
        *(json.dumps(asdict(side.source)) for side in sides),
        *(int(side.is_reversed) for side in sides),
        query.shown,
        query.split,
        query.strategy,
        query.pool,
        query.ens_var,
        query.note,
    )


def _query_of(row: tuple[Any, ...]) -> Query:
    sides = [
        Side(tuple(json.loads(row[2 + side])), Source(**json.loads(row[4 + side])), bool(row[6 + side]))
        for side in (0, 1)
    ]
    return Query(row[0], row[1], sides[0], sides[1], *row[8:])
