"""Utilities and truth behind the comparisons, in a file of their own that no learner of rewards opens."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from rlhf_variant.query_queue import QueryQueue
from selfplay.run_store import RunStore

TRUTH_DATABASE = "truth.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS utilities (
    key TEXT NOT NULL, labeler TEXT NOT NULL, utility_a REAL, utility_b REAL, PRIMARY KEY (key, labeler));
CREATE TABLE IF NOT EXISTS margins (key TEXT PRIMARY KEY, margin_a REAL NOT NULL, margin_b REAL NOT NULL);
"""


class TruthFile:
    """The file beside a run, for reports after all learning."""

    def __init__(self, folder: Path) -> None:
        """Open or make it."""
        self._database = sqlite3.connect(folder / TRUTH_DATABASE, timeout=30)
        self._database.execute("PRAGMA journal_mode=WAL")
        with self._database:
            self._database.executescript(SCHEMA)

    def __enter__(self) -> "TruthFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def note_utilities(self, labeler: str, rows: Iterable[tuple[str, float, float]]) -> None:
        """Store what a labeler thought of both sides, `(key, of a, of b)`; NaN becomes NULL."""
        with self._database:
            self._database.executemany(
                "INSERT OR REPLACE INTO utilities VALUES (?, ?, ?, ?)",
                [(key, labeler, a, b) for key, a, b in rows],
            )

    def note_margins(self, rows: Iterable[tuple[str, float, float]]) -> None:
        """Store how the games of both sides ended for Black, `(key, of a, of b)`."""
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO margins VALUES (?, ?, ?)", rows)

    def margin_gaps(self) -> dict[str, float]:
        """By query, final points of the first side minus those of the second."""
        return dict(self._database.execute("SELECT key, margin_a - margin_b FROM margins"))

    def utility_gaps(self, labeler: str) -> dict[str, float]:
        """By query, a labeler's utility of the first side minus that of the second, where it has both."""
        return dict(
            self._database.execute(
                "SELECT key, utility_a - utility_b FROM utilities"
                " WHERE labeler = ? AND utility_a - utility_b IS NOT NULL",
                (labeler,),
            )
        )


def agreement_with_truth(store: RunStore, labeler: str | None = None) -> float:
    """Share of decided answers that name the side whose game ended better for Black.

    Pairs whose games ended alike are left out. This is for reports, after all learning.

    Args:
        store: the run.
        labeler: whose answers; None takes all.
    """
    with TruthFile(store.folder) as truth:
        gaps = truth.margin_gaps()
    decided = [
        (given.answer == "a") == (gaps[given.key] > 0)
        for given in QueryQueue(store).answers(labeler)
        if given.answer in ("a", "b") and gaps.get(given.key, 0) != 0
    ]
    return float(np.mean(decided)) if decided else float("nan")
