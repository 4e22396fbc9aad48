"""Judgments remembered: positions that come again are not judged again.

An entry holds all of a position that an evaluator may look at, so a hit is that position and no other:
stones, side to move, rules, komi, the last two moves, and of the older history the points that ko or superko
bans now. Logits are kept raw, because the legal actions are masked when a node is made. Neither the number of
moves nor prisoners are part of it: an evaluator that looks at them needs them here.
"""

from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.board import (
    BLACK,
    GAME,
    GO,
    HEIGHT,
    LAST_POINT,
    NUM_RULES,
    PREVIOUS_POINT,
    TO_PLAY,
    WALL,
    WHITE,
    WIDTH,
    State,
)
from engine.geometry import num_points
from engine.go_kernels import KO, SUPERKO_REPETITION, go_legality
from engine.jit import inline_kernel, kernel
from engine.rulesets import Rules
from engine.zobrist import ZOBRIST
from mcts.evaluator import Evaluator, Floats, Rows, symmetric

BANNED_POINT = WALL + 1
"""What stands at an empty point where ko or superko forbids a move."""
NUM_FACTS = NUM_RULES + 3
PLACES = 4
"""Entries among which a position has to find room; the one written longest ago goes."""


class Views(NamedTuple):
    """What evaluators may look at, of N positions with P padded points."""

    points: npt.NDArray[np.int8]
    """`[N, P]` stones, walls and banned points."""
    facts: npt.NDArray[np.int32]
    """`[N, NUM_FACTS]` the rules, the side to move, the last point and the one before it."""
    komi: npt.NDArray[np.float32]
    """`[N]`"""
    bucket: npt.NDArray[np.int64]
    """`[N]` first of the places where the position may be."""


class Entries(NamedTuple):
    """The table: N entries for A actions."""

    views: Views
    logits: Floats
    """`[N, A]`"""
    values: Floats
    """`[N]`"""
    written: npt.NDArray[np.int64]
    """`[N]` when, by a clock that counts entries; 0 for never."""


def _allocate_views(count: int, rules: Rules) -> Views:
    return Views(
        points=np.empty((count, num_points(rules.width, rules.height)), np.int8),
        facts=np.zeros((count, NUM_FACTS), np.int32),
        komi=np.zeros(count, np.float32),
        bucket=np.zeros(count, np.int64),
    )


@inline_kernel
def _write_view(state: State, row: int, views: Views, index: int, num_buckets: int) -> None:
    """What an evaluator may look at in one position. Mutates: views[index]."""
    width, height = int(state.rules[row, WIDTH]), int(state.rules[row, HEIGHT])
    is_go = state.rules[row, GAME] == GO
    for point in range((width + 1) * (height + 2) + 1):
        content = int(state.stone[row, point])
        if is_go and content == 0 and go_legality(state, row, point) in (KO, SUPERKO_REPETITION):
            content = BANNED_POINT
        views.points[index, point] = content
    for column in range(NUM_RULES):
        views.facts[index, column] = state.rules[row, column]
    views.facts[index, NUM_RULES] = state.scalars[row, TO_PLAY]
    views.facts[index, NUM_RULES + 1] = state.scalars[row, LAST_POINT]
    views.facts[index, NUM_RULES + 2] = state.scalars[row, PREVIOUS_POINT]
    views.komi[index] = state.komi[row]
    # The same board after other moves should not crowd the same places.
    last = ZOBRIST[WHITE, int(state.scalars[row, LAST_POINT]) + 1] >> np.uint64(1)
    previous = ZOBRIST[BLACK, int(state.scalars[row, PREVIOUS_POINT]) + 1] >> np.uint64(1)
    word = state.hash[row] ^ last ^ previous
    views.bucket[index] = int(word % np.uint64(num_buckets)) * PLACES


@inline_kernel
def _is_same_view(views: Views, index: int, others: Views, other: int) -> bool:
    """Whether two views show the same position."""
    if views.komi[index] != others.komi[other]:
        return False
    for column in range(NUM_FACTS):
        if views.facts[index, column] != others.facts[other, column]:
            return False
    total = (int(views.facts[index, WIDTH]) + 1) * (int(views.facts[index, HEIGHT]) + 2) + 1
    for point in range(total):  # noqa: SIM110 - kernels know no `all`
        if views.points[index, point] != others.points[other, point]:
            return False
    return True


@kernel
def _look_up(
    entries: Entries, state: State, rows: Rows, views: Views, logits: Floats, values: Floats, missing: Rows
) -> int:
    """Write what is known; returns how many indices of unknown positions it put into `missing`.

    Mutates: views, logits, values, missing.
    """
    num_missing = 0
    for index in range(rows.shape[0]):
        _write_view(state, rows[index], views, index, entries.values.shape[0] // PLACES)
        found = -1
        for entry in range(views.bucket[index], views.bucket[index] + PLACES):
            if entries.written[entry] > 0 and _is_same_view(views, index, entries.views, entry):
                found = entry
        if found < 0:
            missing[num_missing] = index
            num_missing += 1
            continue
        values[index] = entries.values[found]
        for action in range(logits.shape[1]):
            logits[index, action] = entries.logits[found, action]
    return num_missing


@kernel
def _store(entries: Entries, views: Views, indices: Rows, logits: Floats, values: Floats, clock: int) -> None:
    """Write judgments of positions over the oldest entries in their places. Mutates: entries.

    Args:
        entries: the table.
        views: the positions.
        indices: `[n]` which of them.
        logits: `[n, A]`.
        values: `[n]`.
        clock: entries written before.
    """
    for number in range(indices.shape[0]):
        index = indices[number]
        bucket = views.bucket[index]
        oldest = bucket
        for entry in range(bucket, bucket + PLACES):
            if entries.written[entry] < entries.written[oldest]:
                oldest = entry
        entries.written[oldest] = clock + number + 1
        entries.values[oldest] = values[number]
        for action in range(logits.shape[1]):
            entries.logits[oldest, action] = logits[number, action]
        entries.views.komi[oldest] = views.komi[index]
        for column in range(NUM_FACTS):
            entries.views.facts[oldest, column] = views.facts[index, column]
        for point in range(views.points.shape[1]):
            entries.views.points[oldest, point] = views.points[index, point]


class EvaluationCache:
    """A table of judgments in fixed memory, which evaluators of several threads may share.

    Attributes:
        num_hits: positions found so far.
        num_misses: positions that had to be judged.
    """

    def __init__(self, rules: Rules, num_entries: int) -> None:
        """Reserve the memory, which is touched only as it fills.

        Args:
            rules: of the largest board to come.
            num_entries: positions it can hold, at least 4.

        Raises:
            ValueError: fewer than four.
        """
        if num_entries < PLACES:
            raise ValueError(f"evaluation cache: {num_entries} entries, expected at least {PLACES}")
        count = num_entries // PLACES * PLACES
        self._entries = Entries(
            views=_allocate_views(count, rules),
            logits=np.empty((count, rules.num_actions), np.float32),
            values=np.empty(count, np.float32),
            written=np.zeros(count, np.int64),
        )
        self._lock = Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything: what evaluators say has changed."""
        with self._lock:
            self._entries.written[:] = 0
            self.num_hits = 0
            self.num_misses = 0

    def look_up(self, state: State, rows: Rows, views: Views, logits: Floats, values: Floats) -> Rows:
        """Write the judgments that are known.

        Args:
            state: the positions.
            rows: `[n]` which of them.
            views: `[>= n]` receives what `store` needs.
            logits: `[n, A]` receives logits where they are known.
            values: `[n]` receives values where they are known.

        Returns:
            Indices into `rows` of the positions that are not.
        """
        missing = np.empty(len(rows), np.int64)
        with self._lock:
            count = _look_up(self._entries, state, rows, views, logits, values, missing)
            self.num_hits += len(rows) - count
        return missing[:count]

    def store(self, views: Views, indices: Rows, logits: Floats, values: Floats) -> None:
        """Remember judgments.

        Args:
            views: what `look_up` has written.
            indices: `[n]` which of them.
            logits: `[n, A]` their logits.
            values: `[n]` their values.
        """
        with self._lock:
            _store(self._entries, views, indices, logits, values, self.num_misses)
            self.num_misses += len(indices)


class CachedEvaluator:
    """An evaluator that asks another one only for positions that are not remembered.

    Not for one that draws lots: it would say the same again. Each thread needs one of its own.
    """

    def __init__(self, evaluator: Evaluator, cache: EvaluationCache, rules: Rules, batch: int) -> None:
        """Put a cache before an evaluator.

        Args:
            evaluator: who judges.
            cache: what is remembered, of this evaluator or of those with the same weights.
            rules: of the largest board to come.
            batch: most positions at a time.
        """
        self._evaluator = evaluator
        self._cache = cache
        self._views = _allocate_views(batch, rules)
        self._logits = np.empty((batch, rules.num_actions), np.float32)
        self._values = np.empty(batch, np.float32)

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """See `mcts.evaluator.Evaluator.evaluate`."""
        missing = self._cache.look_up(state, rows, self._views, logits, values)
        if not len(missing):
            return
        new_logits, new_values = self._logits[: len(missing)], self._values[: len(missing)]
        self._evaluator.evaluate(state, rows[missing], new_logits, new_values)
        self._cache.store(self._views, missing, new_logits, new_values)
        logits[missing], values[missing] = new_logits, new_values

    def evaluate_mean(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """See `mcts.evaluator.SymmetricEvaluator.evaluate_mean`; means are not remembered."""
        symmetric(self._evaluator).evaluate_mean(state, rows, logits, values)
