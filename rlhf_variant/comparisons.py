"""Pairs of boards drawn from a pool in memory, and what a learner of rewards may see of a run's answers."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rlhf_variant.board_text import boards_of_texts, canonical_keys
from rlhf_variant.boards import Boards, Origins, with_twins
from rlhf_variant.irrationality import Answer
from rlhf_variant.pairs import PLY_BUCKET
from rlhf_variant.query import SINGLE_BOARDS, Query, QueryError, Split
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

    Games are split before anything else, so no game has boards on both sides of the split; a board that both
    sides have, however turned or colored, is left to the held-out one. In half of the
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
    if held_out_share:
        keys = np.where(_is_on_both_sides(boards, is_held_out), -1, keys)
    chosen: list[tuple[int, int]] = []
    wanted = {True: round(held_out_share * num_pairs)}
    wanted[False] = num_pairs - wanted[True]
    for held_out in (False, True):
        if not wanted[held_out]:
            continue
        groups = [np.flatnonzero(keys == key) for key in np.unique(keys[is_held_out == held_out]) if key >= 0]
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
        with_twins(boards.select(index[:, 0]), reversed_a),
        with_twins(boards.select(index[:, 1]), reversed_b),
        index[:, 0],
        index[:, 1],
        reversed_a,
        reversed_b,
        is_held_out[index[:, 0]],
    )


def _is_on_both_sides(boards: Boards, is_held_out: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """`[N]` which boards may not be trained on because a view of them is held out."""
    keys = np.array(canonical_keys(boards))
    return ~is_held_out & np.isin(keys, keys[is_held_out])


def answered_queries(
    store: RunStore, split: Split, labeler: str | None = None
) -> list[tuple[Query, GivenAnswer]]:
    """The answered queries about single boards on one side of the split; "can't tell" teaches nothing.

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
    queries = {
        query.key: query
        for _, query in queue.queries()
        if query.split == split and query.pair_type in SINGLE_BOARDS
    }
    return [
        (queries[given.key], given)
        for given in answers
        if given.key in queries and given.answer in TARGETS and given.repeat == 0
    ]


def labeled_comparisons(store: RunStore, split: Split, labeler: str | None = None) -> Labeled:
    """The boards of the answered queries, with the answers.

    Args:
        store: the run.
        split: `train` or `held_out`.
        labeler: whose answers; None where only one has answered.
    """
    answered = answered_queries(store, split, labeler)
    if not answered:
        none = Boards(np.zeros((0, 1, 1), np.int8), np.zeros(0, np.int8), np.zeros(0, np.float32))
        return Labeled(none, none, np.zeros(0, np.float32))
    return Labeled(
        boards_of_texts([query.a.boards[-1] for query, _ in answered]),
        boards_of_texts([query.b.boards[-1] for query, _ in answered]),
        np.array([TARGETS[given.answer] for _, given in answered], np.float32),
    )


def answer_counts(store: RunStore, labeler: str | None = None) -> dict[Answer, int]:
    """How often each answer was given in a run, by all or by one labeler."""
    return dict(Counter(given.answer for given in QueryQueue(store).answers(labeler) if given.repeat == 0))
