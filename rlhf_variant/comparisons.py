"""Pairs of boards and their answers, in the run's SQLite file; utilities and truth in a file apart.

The learner of rewards opens the first file only. `truth.sqlite` exists to say afterwards how often the
labeler was right.
"""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from rlhf_variant.boards import Boards, Origins, swap_colors
from rlhf_variant.labelers import Answer, Labeler, Utilities
from selfplay.records import GameRecord, pack_array, unpack_array
from selfplay.run_store import RunStore

TRUTH_DATABASE = "truth.sqlite"
PLY_BUCKET = 6
"""Boards are compared within buckets of so many plies."""
Split = Literal["train", "held_out"]
SCHEMA = """
CREATE TABLE IF NOT EXISTS comparisons (
    id INTEGER PRIMARY KEY, a BLOB NOT NULL, b BLOB NOT NULL, height INTEGER NOT NULL,
    width INTEGER NOT NULL, to_play_a INTEGER NOT NULL, to_play_b INTEGER NOT NULL, komi_a REAL NOT NULL,
    komi_b REAL NOT NULL, game_a TEXT NOT NULL, game_b TEXT NOT NULL, ply_a INTEGER NOT NULL,
    ply_b INTEGER NOT NULL, split TEXT NOT NULL, labeler TEXT, answer TEXT, time_asked REAL NOT NULL,
    time_answered REAL);
"""
TRUTH_SCHEMA = """
CREATE TABLE IF NOT EXISTS truth (
    id INTEGER PRIMARY KEY, utility_a REAL NOT NULL, utility_b REAL NOT NULL, margin_a REAL NOT NULL,
    margin_b REAL NOT NULL);
"""
TARGETS: dict[str, float] = {"a": 1.0, "b": 0.0, "tie": 0.5}


class Pairs(NamedTuple):
    """N pairs of boards to compare."""

    a: Boards
    b: Boards
    index_a: npt.NDArray[np.int64]
    """`[N]` which board of the pool."""
    index_b: npt.NDArray[np.int64]
    reversed_a: npt.NDArray[np.bool_]
    """`[N]` whether the first board is shown as its color-reversed twin."""
    reversed_b: npt.NDArray[np.bool_]
    """`[N]` the same of the second board; never both."""
    is_held_out: npt.NDArray[np.bool_]
    """`[N]` never to be trained on."""


class Labeled(NamedTuple):
    """N answered pairs, all that a learner of rewards may see."""

    a: Boards
    b: Boards
    preference_a: npt.NDArray[np.float32]
    """`[N]` 1 where the first board was preferred, 0 the second, 0.5 a tie."""


def draw_pairs(
    boards: Boards,
    origins: Origins,
    num_pairs: int,
    held_out_share: float,
    random: np.random.Generator,
) -> Pairs:
    """Pair unrelated boards of the same ply bucket and side to move.

    Games are split before anything else, so no game has boards on both sides of the split. In half of the
    pairs one board, the first or the second, is replaced by its color-reversed twin: otherwise komi and the
    move could shift all rewards unseen (the zero of the model would be free).

    Args:
        boards: the pool.
        origins: where the pool comes from.
        num_pairs: how many are wanted.
        held_out_share: of games, and of pairs.
        random: source of randomness.

    Raises:
        ValueError: the pool is too small to pair.
    """
    num_games = int(origins.game.max()) + 1
    held_out_games = random.permutation(num_games) < round(held_out_share * num_games)
    is_held_out = held_out_games[origins.game]
    keys = (origins.ply // PLY_BUCKET * 2 + (boards.to_play == boards.to_play[0])) * 2 + is_held_out
    chosen: list[tuple[int, int]] = []
    wanted = {True: round(held_out_share * num_pairs)}
    wanted[False] = num_pairs - wanted[True]
    for held_out in (False, True):
        if not wanted[held_out]:
            continue
        groups = [np.flatnonzero(keys == key) for key in np.unique(keys[is_held_out == held_out])]
        groups = [group for group in groups if len(np.unique(origins.game[group])) > 1]
        if not groups:
            raise ValueError("pairs: expected boards of several games; play more reference games")
        sizes = np.array([len(group) for group in groups], np.float64)
        while wanted[held_out]:
            group = groups[random.choice(len(groups), p=sizes / sizes.sum())]
            one, other = (int(i) for i in random.choice(group, size=2, replace=False))
            if origins.game[one] != origins.game[other]:
                chosen.append((one, other))
                wanted[held_out] -= 1
    index = np.array(chosen, np.int64)
    draw = random.random(num_pairs)
    reversed_a, reversed_b = draw < 0.25, draw >= 0.75
    return Pairs(
        _with_twins(boards.select(index[:, 0]), reversed_a),
        _with_twins(boards.select(index[:, 1]), reversed_b),
        index[:, 0],
        index[:, 1],
        reversed_a,
        reversed_b,
        is_held_out[index[:, 0]],
    )


def _with_twins(boards: Boards, is_reversed: npt.NDArray[np.bool_]) -> Boards:
    """The boards, some of them replaced by their color-reversed twins."""
    twins = swap_colors(boards)
    return Boards(
        np.where(is_reversed[:, None, None], twins.stones, boards.stones),
        np.where(is_reversed, twins.to_play, boards.to_play),
        np.where(is_reversed, twins.komi, boards.komi),
    )


def ask(store: RunStore, pairs: Pairs, origins: Origins, games: Sequence[GameRecord]) -> None:
    """Put pairs into the queue of a run, all or none. A run has one queue; a second call replaces it.

    Args:
        store: the run.
        pairs: what to ask.
        origins: of the pool the pairs index.
        games: the games of the origins.
    """
    now = time.time()
    height, width = pairs.a.stones.shape[1:]
    digests = [game.digest() for game in games]
    rows = [
        (
            pack_array(pairs.a.stones[i]),
            pack_array(pairs.b.stones[i]),
            height,
            width,
            int(pairs.a.to_play[i]),
            int(pairs.b.to_play[i]),
            float(pairs.a.komi[i]),
            float(pairs.b.komi[i]),
            digests[origins.game[a]],
            digests[origins.game[b]],
            int(origins.ply[a]),
            int(origins.ply[b]),
            "held_out" if pairs.is_held_out[i] else "train",
            now,
        )
        for i, (a, b) in enumerate(zip(pairs.index_a, pairs.index_b, strict=True))
    ]
    with store.connection as database:
        database.execute(SCHEMA)
        database.execute("DELETE FROM comparisons")
        database.executemany(
            "INSERT INTO comparisons (a, b, height, width, to_play_a, to_play_b, komi_a, komi_b, game_a,"
            " game_b, ply_a, ply_b, split, time_asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def answer_all(
    store: RunStore,
    labeler: Labeler,
    pairs: Pairs,
    margins: Utilities,
    random: np.random.Generator,
) -> None:
    """Let a labeler answer the whole queue of a run, and note utilities and truth in the file apart.

    Args:
        store: the run, whose queue was filled from the same pairs.
        labeler: who answers.
        pairs: what was asked.
        margins: `[pool]` final points of Black of each board's game.
        random: the labeler's mistakes.
    """
    margin_a = np.where(pairs.reversed_a, -1, 1) * margins[pairs.index_a]
    margin_b = np.where(pairs.reversed_b, -1, 1) * margins[pairs.index_b]
    utility_a = labeler.utility(pairs.a, margin_a)
    utility_b = labeler.utility(pairs.b, margin_b)
    answers = labeler.answers(utility_a, utility_b, random)
    now = time.time()
    with store.connection as database:
        ids = [row[0] for row in database.execute("SELECT id FROM comparisons ORDER BY id")]
        database.executemany(
            "UPDATE comparisons SET labeler = ?, answer = ?, time_answered = ? WHERE id = ?",
            [(labeler.name, answer, now, key) for key, answer in zip(ids, answers, strict=True)],
        )
    truth = _open_truth(store.folder)
    with truth:
        truth.executemany(
            "INSERT OR REPLACE INTO truth VALUES (?, ?, ?, ?, ?)",
            list(zip(ids, *(map(float, u) for u in (utility_a, utility_b, margin_a, margin_b)), strict=True)),
        )
    truth.close()


def labeled_comparisons(store: RunStore, split: Split) -> Labeled:
    """The answered pairs of a run on one side of the split.

    Args:
        store: the run.
        split: `train` or `held_out`.
    """
    query = (
        "SELECT a, b, height, width, to_play_a, to_play_b, komi_a, komi_b, answer FROM comparisons"
        " WHERE split = ? AND answer IS NOT NULL ORDER BY id"
    )
    rows = store.connection.execute(query, (split,)).fetchall()
    shape = (len(rows), rows[0][2], rows[0][3]) if rows else (0, 1, 1)
    sides = [
        Boards(
            np.array([unpack_array(row[side], np.int8) for row in rows], np.int8).reshape(shape),
            np.array([row[4 + side] for row in rows], np.int8),
            np.array([row[6 + side] for row in rows], np.float32),
        )
        for side in (0, 1)
    ]
    return Labeled(sides[0], sides[1], np.array([TARGETS[row[8]] for row in rows], np.float32))


def answer_counts(store: RunStore) -> dict[Answer, int]:
    """How often each answer was given in a run."""
    query = "SELECT answer, count(*) FROM comparisons WHERE answer IS NOT NULL GROUP BY answer"
    return dict(store.connection.execute(query).fetchall())


def agreement_with_truth(store: RunStore) -> float:
    """Share of decided answers that name the board whose game ended better for Black.

    Pairs whose games ended alike are left out. This is for reports, after all learning.
    """
    answers = dict(store.connection.execute("SELECT id, answer FROM comparisons WHERE answer IN ('a', 'b')"))
    truth = _open_truth(store.folder)
    margins = truth.execute("SELECT id, margin_a - margin_b FROM truth").fetchall()
    truth.close()
    decided = [(answers[key] == "a") == (gap > 0) for key, gap in margins if gap != 0 and key in answers]
    return float(np.mean(decided)) if decided else float("nan")


def _open_truth(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / TRUTH_DATABASE, timeout=30)
    database.execute(TRUTH_SCHEMA)
    return database
