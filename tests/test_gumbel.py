"""Gumbel search against the naive one, and what it promises: halving, and improvement on the prior."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from diagrams import IS_INTERPRETED
from judged_positions import (
    ONE_ROW,
    RULES,
    HashedEvaluator,
    hashed,
    new_search,
    random_position,
    searched,
    uniform,
    visits_of,
)
from naive_gumbel import naive_gumbel

from engine.board import State, new_state
from engine.game import Game
from engine.rulesets import Rules, go_rules
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows, UniformEvaluator
from mcts.gumbel_kernels import considered_visits, log_prior
from mcts.search import Search
from mcts.tree import ROOT

SETTINGS: list[dict[str, Any]] = [
    {},
    {"max_considered": 4, "c_scale": 0.1, "rescale_values": True},
    {"max_considered": 1, "c_visit": 5.0, "c_scale": 0.5},
    {"max_considered": 7, "c_visit": 1.0, "c_scale": 3.0, "gumbel_scale": 0.3},
]


def root_noise(search: Search) -> dict[int, float]:
    """The Gumbel noise that a search drew for its root."""
    tree = search.tree
    first, count = int(tree.first_edge[0, ROOT]), int(tree.edge_count[0, ROOT])
    return {
        int(tree.edge_action[0, first + place]): tree.root_logit[0, place] - log_prior(tree, 0, first + place)
        for place in range(count)
    }


def assert_same(search: Search, result: dict[str, Any]) -> None:
    """Compares visits of all actions, values to the last bit, the move, and the policy but for rounding."""
    visits = visits_of(search)
    assert {action: visits[action] for action in result["visit_counts"]} == result["visit_counts"]
    assert search.action_values(0) == result["values"]
    assert search.root_values(ONE_ROW)[0] == np.float32(result["root_value"])
    assert search.best_actions(ONE_ROW)[0] == result["action"]
    policy = search.policy_targets(ONE_ROW)[0]
    assert {action: policy[action] for action in result["policy"]} == pytest.approx(
        result["policy"], abs=1e-6
    )
    assert policy.sum() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.interpreted
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_search_makes_the_visits_of_the_naive_search(rules: Rules, settings: dict[str, Any]) -> None:
    for seed in range(1 if IS_INTERPRETED else 4):
        game, naive = random_position(rules, seed)
        for number in (2, 5, 12) if IS_INTERPRETED else (2, 3, 4, 5, 8, 15, 17, 33, 80):
            options = {"selection": "gumbel", "num_simulations": number, **settings}
            search = searched(game, HashedEvaluator(), noise=True, seed=seed, **options)
            asked = {key: value for key, value in settings.items() if key != "gumbel_scale"}
            assert_same(search, naive_gumbel(naive, number, hashed, root_noise(search), **asked))


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_search_without_noise_breaks_ties_as_the_naive_search_does(rules: Rules) -> None:
    for seed in range(3):
        game, naive = random_position(rules, seed)
        quiet = dict.fromkeys(game.legal_actions(), 0.0)
        for number in (2, 11, 50):
            search = searched(game, UniformEvaluator(), selection="gumbel", num_simulations=number)
            assert_same(search, naive_gumbel(naive, number, uniform, quiet))


# Sequential halving


def test_simulations_are_halved_among_ever_fewer_actions() -> None:
    course = considered_visits(16, 32)
    assert course[16].tolist() == [0] * 16 + [1] * 8 + [2] * 4 + [3] * 4
    assert course[4].tolist() == np.repeat(range(4), 4).tolist() + np.repeat(range(4, 12), 2).tolist()
    assert course[1].tolist() == list(range(32))
    assert considered_visits(16, 2)[16].tolist() == [0, 0]


def test_root_visits_are_those_of_the_halving_whatever_the_values() -> None:
    game = Game(go_rules(5))
    for seed in range(5):
        search = searched(
            game, HashedEvaluator(), noise=True, seed=seed, selection="gumbel", num_simulations=33
        )
        assert sorted(filter(None, visits_of(search))) == [1] * 8 + [2] * 4 + [4] * 4


def test_noise_of_the_root_is_gumbel_noise() -> None:
    rules, batch = go_rules(3), 2000
    search = new_search(rules, UniformEvaluator(), batch, selection="gumbel", num_simulations=2)
    search.run(new_state(rules, batch), np.arange(batch), noise=True)
    noise = search.tree.root_logit[:, : rules.num_actions] + np.log(rules.num_actions)
    assert noise.mean() == pytest.approx(np.euler_gamma, abs=0.03)
    assert noise.var() == pytest.approx(np.pi**2 / 6, rel=0.05)
    first_moves = np.bincount(search.best_actions(np.arange(batch)), minlength=rules.num_actions)
    assert first_moves.min() > 0.7 * batch / rules.num_actions


def test_two_searches_of_one_seed_explore_differently_and_one_without_noise_repeats() -> None:
    game = Game(go_rules(4))
    search = new_search(game.rules, HashedEvaluator(), selection="gumbel", num_simulations=9)
    runs = []
    for noise in (True, True, False, False):
        search.run(game.state, ONE_ROW, noise=noise)
        runs.append(visits_of(search))
    assert runs[0] != runs[1]
    assert runs[2] == runs[3]


# Improvement


class Bandit:
    """The root is a bandit: whatever follows an action, its value is that of the action."""

    def __init__(self, logits: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> None:
        self.logits, self.action_values = logits, values
        self.search: Search | None = None

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        assert self.search is not None
        tree = self.search.tree
        logits[: len(rows)] = self.logits
        priors = np.exp(self.logits[:-1]) / np.exp(self.logits[:-1]).sum()
        for index, row in enumerate(rows):
            depth = int(tree.path_length[row])
            if depth == 0:
                values[index] = priors @ self.action_values[:-1]
            else:
                action = tree.edge_action[row, tree.path_edge[row, 0]]
                values[index] = self.action_values[action] * (-1) ** depth


@pytest.mark.parametrize("num_simulations", [2, 4, 8, 16, 32])
def test_expected_value_of_the_move_and_of_the_target_is_above_that_of_the_prior(
    num_simulations: int,
) -> None:
    rules, batch = Rules("gomoku", 4, 4, line_length=16), 400
    random = np.random.default_rng(num_simulations)
    state, rows = new_state(rules, batch), np.arange(batch)
    gains = []
    for _ in range(10):
        logits = random.normal(0.0, 1.5, rules.num_actions)
        values = random.uniform(-1.0, 1.0, rules.num_actions)
        bandit = Bandit(logits, values)
        options = {"selection": "gumbel", "num_simulations": num_simulations + 1}
        bandit.search = new_search(rules, bandit, batch, **options)
        bandit.search.run(state, rows, noise=True)
        prior = np.exp(logits[:-1]) / np.exp(logits[:-1]).sum()
        before = float(prior @ values[:-1])
        of_moves = values[bandit.search.best_actions(rows)]
        of_targets = bandit.search.policy_targets(rows) @ values
        error = of_moves.std() / np.sqrt(batch)
        assert of_moves.mean() > before - 3 * error
        assert of_targets.mean() > before
        gains.append(of_moves.mean() - before)
    assert np.mean(gains) > 0.2


# What is learned, and refusals


def test_policy_target_of_other_searches_is_the_share_of_visits() -> None:
    search = searched(Game(go_rules(3)), HashedEvaluator(), num_simulations=40)
    visits = search.visit_counts(ONE_ROW)[0]
    assert search.policy_targets(ONE_ROW)[0] == pytest.approx(visits / 39)


def test_exploration_is_asked_for_where_noise_makes_a_difference() -> None:
    assert SearchConfig().explores
    assert not SearchConfig(noise_weight=0.0).explores
    assert SearchConfig(selection="gumbel", noise_weight=0.0).explores
    assert not SearchConfig(selection="gumbel", gumbel_scale=0.0).explores


@pytest.mark.parametrize("options", [{"max_considered": 0}, {"c_visit": 0.0}, {"gumbel_scale": -1.0}])
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        SearchConfig(**options)
