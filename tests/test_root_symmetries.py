"""The judgment of a root as the mean over the symmetries of its board."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from judged_positions import ONE_ROW, SEED, root_priors
from random_records import random_network

from engine.board import allocate_state, copy_row
from engine.game import Game
from engine.rulesets import Rules, go_rules
from engine.symmetry import symmetries_of, transform_action
from mcts.config import SearchConfig
from mcts.evaluation_cache import CachedEvaluator, EvaluationCache
from mcts.evaluator import UniformEvaluator
from mcts.search import Search
from mcts.tree_search import Limits, TreeSearch
from selfplay.inference import NetworkEvaluator

Judgment = tuple[npt.NDArray[np.float32], float]


def random_game(rules: Rules, seed: int) -> Game:
    random, game = np.random.default_rng(seed), Game(rules)
    for _ in range(rules.area // 2):
        game.play(int(random.choice(game.legal_actions()[:-1])))
    return game


def turned(game: Game, symmetry: int) -> Game:
    """The same moves on the turned board; the sides of the board keep their lengths."""
    twin = Game(game.rules)
    for move in game.moves:
        twin.play(transform_action(symmetry, move.action, game.rules.width, game.rules.height))
    return twin


def new_evaluator(canvas: Rules, batch: int) -> NetworkEvaluator:
    """In single precision, which bfloat16 would hide the differences from."""
    return NetworkEvaluator(random_network(3).eval(), canvas, batch)


def judged(evaluator: NetworkEvaluator, game: Game, canvas: Rules) -> Judgment:
    logits, values = np.zeros((1, canvas.num_actions), np.float32), np.zeros(1, np.float32)
    evaluator.evaluate(game.state, ONE_ROW, logits, values)
    return logits[0, : game.rules.num_actions], float(values[0])


def naive_mean(evaluator: NetworkEvaluator, game: Game, canvas: Rules) -> Judgment:
    """Judges each turned game by itself and turns the policies back, action by action."""
    width, height = game.rules.width, game.rules.height
    policies, values = [], []
    for symmetry in symmetries_of(width, height):
        policy, value = judged(evaluator, turned(game, symmetry), canvas)
        actions = range(game.rules.num_actions)
        policies.append([policy[transform_action(symmetry, action, width, height)] for action in actions])
        values.append(value)
    return np.mean(policies, axis=0), float(np.mean(values))


def test_mean_is_that_of_the_turned_games_on_squares_rectangles_and_small_boards() -> None:
    canvas = go_rules(6)
    games = [
        random_game(Rules("go", width, height), seed)
        for seed, (width, height) in enumerate([(6, 6), (6, 4), (5, 5), (3, 6)])
    ]
    state = allocate_state(len(games), 6, 6, canvas.resolved_move_limit + 2)
    for row, game in enumerate(games):
        copy_row(game.state, 0, state, row)
    evaluator = new_evaluator(canvas, len(games))
    logits = np.full((len(games), canvas.num_actions), np.nan, np.float32)
    values = np.full(len(games), np.nan, np.float32)
    evaluator.evaluate_mean(state, np.arange(len(games)), logits, values)
    for row, game in enumerate(games):
        policy, value = naive_mean(evaluator, game, canvas)
        np.testing.assert_allclose(logits[row, : len(policy)], policy, atol=1e-5)
        assert values[row] == pytest.approx(value, abs=1e-5)
        assert np.abs(policy - judged(evaluator, game, canvas)[0]).max() > 0.005, "the mean is nothing new"


def test_root_has_the_mean_policy_and_all_other_nodes_their_own() -> None:
    game = random_game(go_rules(5), 4)
    evaluator = new_evaluator(game.rules, 1)
    options: dict[str, Any] = {"num_simulations": 2, "fpu_reduction": 0.0}
    plain = Search(SearchConfig(**options), evaluator, game.rules, 1, SEED)
    search = Search(SearchConfig(**options, average_root=True), evaluator, game.rules, 1, SEED)
    plain.run(game.state, ONE_ROW)
    search.run(game.state, ONE_ROW)
    assert (plain.num_evaluations, search.num_evaluations) == (2, 9)
    policy, value = naive_mean(evaluator, game, game.rules)
    weights = {action: np.exp(policy[action]) for action in game.legal_actions()}
    expected = {action: weight / sum(weights.values()) for action, weight in weights.items()}
    assert root_priors(search) == pytest.approx(expected, abs=1e-5)
    assert root_priors(search) != pytest.approx(root_priors(plain), abs=1e-4)
    assert search.tree.raw_value[0, 0] == pytest.approx(value, abs=1e-5)
    game.play(int(search.best_actions(ONE_ROW)[0]))
    assert search.tree.raw_value[0, 1] == pytest.approx(judged(evaluator, game, game.rules)[1], abs=1e-5)


def test_one_tree_has_the_root_of_the_search_of_many_trees_also_behind_a_cache() -> None:
    game = random_game(go_rules(5), 4)
    config = SearchConfig(num_simulations=20, average_root=True)
    evaluator = new_evaluator(game.rules, 1)
    search = Search(config, evaluator, game.rules, 1, SEED)
    search.run(game.state, ONE_ROW)
    cached = CachedEvaluator(evaluator, EvaluationCache(game.rules, 100), game.rules, 1)
    for judge in (evaluator, cached):
        single = TreeSearch(config, [judge], game.rules, SEED, batch=1)
        single.set_root(game.state)
        single.run(Limits(20))
        assert single.move_weights().tolist() == search.move_weights(ONE_ROW)[0].tolist()
        assert single.tree.raw_value[0, 0] == search.tree.raw_value[0, 0]


def test_evaluator_that_sees_all_symmetries_alike_is_refused() -> None:
    with pytest.raises(ValueError, match="average_root"):
        Search(SearchConfig(average_root=True), UniformEvaluator(), go_rules(3), 1, SEED)
