"""Which pairs are asked about: by chance, disagreement, doubt, coverage and strata, and in which batches."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from test_preference_regressions_data import GAMES

from rlhf_variant.board_text import boards_of_texts
from rlhf_variant.pairs import PairConfig, SourceGame, draw_queries
from rlhf_variant.query import QueryError
from rlhf_variant.query_choice import chosen_queries, reward_gaps
from rlhf_variant.reward_model import RewardConfig, new_reward_model
from rlhf_variant.selection import (
    STRATEGIES,
    annealed_batches,
    belief,
    by_entropy,
    by_k_center,
    by_variance,
    choose,
    stratified,
)

AGREED_DOUBT, QUARREL, AGREED = 0, 1, 2
GAPS = np.array([[0.0, 5.0, 3.0], [0.1, -3.0, 3.0]])
"""Of two members: both in doubt, each sure of the opposite, both sure of the same."""


def test_variance_prefers_quarrels_and_entropy_prefers_doubt() -> None:
    random = np.random.default_rng(1)
    assert by_variance(GAPS, 1, random).tolist() == [QUARREL]
    assert by_entropy(GAPS, 1, random).tolist() == [AGREED_DOUBT]
    assert by_entropy(GAPS, 2, random).tolist() == [AGREED_DOUBT, QUARREL]


def test_one_member_alone_never_disagrees() -> None:
    chosen = {int(by_variance(GAPS[:1], 1, np.random.default_rng(seed))[0]) for seed in range(50)}
    assert chosen == {AGREED_DOUBT, QUARREL, AGREED}, "equals are chosen by chance"


@pytest.mark.parametrize("seed", range(5))
def test_k_center_is_at_most_twice_as_far_as_the_best_choice_of_all(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.normal(size=(12, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=2)

    def radius(centers: tuple[int, ...]) -> float:
        return float(distances[:, list(centers)].min(axis=1).max())

    best = min(radius(centers) for centers in combinations(range(12), 3))
    assert radius(tuple(by_k_center(points, 3, random).tolist())) <= 2 * best + 1e-12


def test_equal_candidates_are_still_chosen_once_each() -> None:
    assert sorted(by_k_center(np.zeros((6, 2)), 6, np.random.default_rng(1)).tolist()) == list(range(6))


def test_small_strata_are_used_up_before_large_ones_get_more() -> None:
    strata = np.array([0] * 100 + [1] * 3 + [2] * 20)
    counts = np.bincount(strata[stratified(strata, 31, np.random.default_rng(1))])
    assert counts.tolist() == [14, 3, 14]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_chooses_different_pairs_and_repeats_itself(strategy: str) -> None:
    random = np.random.default_rng(1)
    gaps, features, strata = random.normal(size=(3, 40)), random.normal(size=(40, 4)), np.arange(40) % 3
    first, again = (
        choose(strategy, 10, np.random.default_rng(5), gaps=gaps, features=features, strata=strata)
        for _ in range(2)
    )
    assert (first == again).all()
    assert len(set(first.tolist())) == 10
    with pytest.raises(QueryError, match=r"expected 0\.\.40"):
        choose(strategy, 41, random, gaps=gaps, features=features, strata=strata)


def test_an_unknown_strategy_is_named() -> None:
    nothing = np.zeros((1, 1))
    with pytest.raises(QueryError, match="strategy 'best'"):
        choose(
            "best", 1, np.random.default_rng(1), gaps=nothing, features=nothing, strata=np.zeros(1, np.int64)
        )


def test_a_quarter_is_asked_at_once_and_the_rest_ever_more_slowly() -> None:
    batches = annealed_batches(1000, 11, half_life=5.0)
    assert batches.sum() == 1000
    assert batches[0] == 250
    assert (np.diff(batches[1:]) <= 1).all()
    assert abs(batches[6] / batches[1] - 0.5) < 0.05, "after T0 batches the rate has halved"
    assert annealed_batches(7, 1, 5.0).tolist() == [7]


def test_chosen_queries_are_those_of_largest_variance_and_held_out_ones_a_plain_sample() -> None:
    sources = [SourceGame(game, "random", 1) for game in GAMES]
    candidates = draw_queries(sources, 100, PairConfig(min_ply=4), np.random.default_rng(1))
    members = [new_reward_model(RewardConfig(1, 8), seed) for seed in (1, 2, 3)]
    chosen = chosen_queries(candidates, 25, "variance", members, np.random.default_rng(2))
    asked = {query.key: query.ens_var or 0.0 for query in chosen if query.split == "train"}
    held_out = [query for query in chosen if query.split == "held_out"]
    assert (len(asked), len(held_out)) == (20, 5)
    assert {query.strategy for query in held_out} == {"uniform"}
    train = [query for query in candidates if query.split == "train"]
    sides = [[query.a.boards[-1] for query in train], [query.b.boards[-1] for query in train]]
    gaps = reward_gaps(members, boards_of_texts(sides[0]), boards_of_texts(sides[1]))
    variance = dict(zip([query.key for query in train], belief(gaps).var(axis=0), strict=True))
    assert min(asked.values()) >= sorted(variance.values())[-20] - 1e-12
