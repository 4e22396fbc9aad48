"""Pairs of boards drawn from a pool in memory, and what a learner of rewards may see of a run's answers."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rlhf_variant.board_text import boards_of_texts, canonical_keys
from rlhf_variant.boards import Boards, Origins, with_twins
from rlhf_variant.irrationality import Answer
from rlhf_variant.pairing import PLY_BUCKET, Sides, crossing, draw, is_held_out, numbered
from rlhf_variant.query import SINGLE_BOARDS, PairType, Query, QueryError, Split
from rlhf_variant.query_queue import GivenAnswer, QueryQueue
from selfplay.run_store import RunStore

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
    """N answered pairs of sides, all that a learner of rewards may see."""

    a: Boards
    """`N * L` boards of the first sides: one each, or the L boards of a clip in a row."""
    b: Boards
    """The same of the second sides."""
    preference_a: npt.NDArray[np.float32]
    """`[N]` 1 where the first side was preferred, 0 the second, 0.5 a tie."""

    @property
    def clip_length(self) -> int:
        """L."""
        return len(self.a.komi) // max(len(self.preference_a), 1)


def draw_pairs(
    boards: Boards,
    origins: Origins,
    num_pairs: int,
    held_out_share: float,
    random: np.random.Generator,
    shown: Sequence[Sequence[str]] | None = None,
) -> Pairs:
    """Pair unrelated boards of the same ply bucket and side to move; see `rlhf_variant.pairing`.

    The same pair may be drawn twice where the pool is small. A game is named by its boards, so it is on the
    same side of the split in every pool that holds it.

    Args:
        boards: the pool.
        origins: where the pool comes from.
        num_pairs: how many are wanted.
        held_out_share: of games, and of pairs.
        random: source of randomness.
        shown: canonical keys of all that each side shows, where that is more than its board.

    Raises:
        QueryError: the pool is too small to pair.
    """
    keys = canonical_keys(boards)
    names: dict[int, str] = {}
    for game, key in zip(origins.game.tolist(), keys, strict=True):
        names[game] = min(key, names.get(game, key))
    held_out = np.array([is_held_out(names[game], held_out_share) for game in origins.game.tolist()])
    sides = Sides(
        origins.ply // PLY_BUCKET * 2 + (boards.to_play == boards.to_play[0]),
        origins.game,
        numbered(zip(keys, boards.komi.tolist(), strict=True)),
        held_out,
        crossing(shown or [[key] for key in keys], held_out),
    )
    drawn = draw(sides, num_pairs, held_out_share, random, may_repeat=True)
    return Pairs(
        with_twins(boards.select(drawn.first), drawn.reversed_first),
        with_twins(boards.select(drawn.second), drawn.reversed_second),
        *drawn,
        held_out[drawn.first],
    )


def answered_queries(
    store: RunStore, split: Split, labeler: str | None = None
) -> list[tuple[Query, GivenAnswer]]:
    """The answered queries about boards on one side of the split; "can't tell" teaches nothing.

    Those about single boards; in a run without any, those about segments.

    Args:
        store: the run.
        split: `train` or `held_out`.
        labeler: whose answers; None where only one has answered.

    Raises:
        QueryError: several have answered and none is named.
    """
    queue = QueryQueue(store)
    answers = queue.answers(labeler)
    if len(names := sorted({given.labeler for given in answers})) > 1:
        raise QueryError(f"answers of {', '.join(names)}: expected the name of one labeler")
    queries = {query.key: query for _, query in queue.queries()}
    usable = [
        (queries[given.key], given) for given in answers if given.answer in TARGETS and given.repeat == 0
    ]
    has_single = any(query.pair_type in SINGLE_BOARDS for query, _ in usable)
    teaching: tuple[PairType, ...] = SINGLE_BOARDS if has_single else ("segments",)
    return [(query, given) for query, given in usable if query.split == split and query.pair_type in teaching]


def labeled_comparisons(store: RunStore, split: Split, labeler: str | None = None) -> Labeled:
    """The boards of the answered queries, or the boards of their segments, with the answers.

    Args:
        store: the run.
        split: `train` or `held_out`.
        labeler: whose answers; None where only one has answered.
    """
    answered = answered_queries(store, split, labeler)
    if not answered:
        none = Boards(np.zeros((0, 1, 1), np.int8), np.zeros(0, np.int8), np.zeros(0, np.float32))
        return Labeled(none, none, np.zeros(0, np.float32))
    lengths = {len(side.boards) for query, _ in answered for side in (query.a, query.b)}
    if len(lengths) > 1:
        raise QueryError(f"segments of {' and '.join(map(str, sorted(lengths)))} boards: expected one length")
    return Labeled(
        boards_of_texts([text for query, _ in answered for text in query.a.boards]),
        boards_of_texts([text for query, _ in answered for text in query.b.boards]),
        np.array([TARGETS[given.answer] for _, given in answered], np.float32),
    )


def answer_counts(store: RunStore, labeler: str | None = None) -> dict[Answer, int]:
    """How often each answer was given in a run, by all or by one labeler."""
    return dict(Counter(given.answer for given in QueryQueue(store).answers(labeler) if given.repeat == 0))
