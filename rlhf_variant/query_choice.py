"""Choosing which of many candidate queries are asked, by what an ensemble of rewards makes of them.

Held-out queries are always a plain sample: chosen ones would make any report about them a report about the
choice.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from rlhf_variant.board_text import boards_of_texts
from rlhf_variant.boards import Boards
from rlhf_variant.pairing import PLY_BUCKET
from rlhf_variant.pairs import Margins, PairConfig, SourceGame, draw_queries
from rlhf_variant.query import Query
from rlhf_variant.reward_model import RewardModel
from rlhf_variant.selection import Floats, belief, choose, uniform
from rlhf_variant.vibes import signed_stones

CANDIDATES_PER_QUERY = 4
"""Pairs among which a strategy chooses."""


def drawn_queries(
    games: Sequence[SourceGame],
    num_wanted: int,
    config: PairConfig,
    strategy: str,
    members: Sequence[RewardModel],
    random: np.random.Generator,
    margins: Margins | None = None,
    about: Collection[str] | None = None,
) -> list[Query]:
    """Draw as many queries as are wanted, or choose them by a strategy from four times as many.

    Args:
        games: see `rlhf_variant.pairs.draw_queries`, also for margins and about.
        num_wanted: how many.
        config: which.
        strategy: see `chosen_queries`.
        members: the ensemble; may be empty where the strategy asks none.
        random: source of randomness.
        margins: for hard pairs.
        about: the games that are asked about.
    """
    if strategy == "uniform":
        return draw_queries(games, num_wanted, config, random, margins, about)
    candidates = draw_queries(games, CANDIDATES_PER_QUERY * num_wanted, config, random, margins, about)
    return chosen_queries(candidates, num_wanted, strategy, members, random)


def chosen_queries(
    candidates: Sequence[Query],
    num_wanted: int,
    strategy: str,
    members: Sequence[RewardModel],
    random: np.random.Generator,
) -> list[Query]:
    """The queries to ask about, each with the strategy, the pool and the variance of the ensemble noted.

    Args:
        candidates: more than are wanted, on both sides of the split.
        num_wanted: how many, with the same share of held-out ones as the candidates.
        strategy: one of `rlhf_variant.selection.STRATEGIES`, for those to be trained on.
        members: the ensemble; may be empty where the strategy asks none.
        random: source of randomness.

    Raises:
        QueryError: no such strategy, or more are wanted than there are.
    """
    train = [query for query in candidates if query.split == "train"]
    held_out = [query for query in candidates if query.split == "held_out"]
    num_held_out = round(num_wanted * len(held_out) / len(candidates))
    pool = f"{len(candidates)} candidates"
    a, b = (
        boards_of_texts([side.boards[-1] for side in sides])
        for sides in ([query.a for query in train], [query.b for query in train])
    )
    gaps = reward_gaps(members, a, b)
    features = np.concatenate([signed_stones(boards).reshape(len(train), -1) for boards in (a, b)], axis=1)
    places = choose(
        strategy,
        num_wanted - num_held_out,
        random,
        gaps=gaps,
        features=features.astype(np.float64),
        strata=np.array([query.a.source.ply // PLY_BUCKET for query in train]),
    )
    variance = belief(gaps).var(axis=0) if len(members) else np.full(len(train), np.nan)
    chosen = [
        replace(
            train[place],
            strategy=strategy,
            pool=pool,
            ens_var=None if np.isnan(variance[place]) else float(variance[place]),
        )
        for place in places
    ]
    plain = [replace(held_out[place], pool=pool) for place in uniform(len(held_out), num_held_out, random)]
    return [*chosen, *plain]


def reward_gaps(members: Sequence[RewardModel], a: Boards, b: Boards) -> Floats:
    """`[M, N]` rewards of the first boards minus those of the second, by each member."""
    gaps = [member.rewards(a) - member.rewards(b) for member in members]
    return np.array(gaps, np.float64).reshape(len(members), len(a.komi))
