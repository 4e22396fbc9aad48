"""The compiled search against the naive one, and what must hold of every tree, move choice and time limit."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from diagrams import IS_INTERPRETED, go, gomoku, play
from judged_positions import (
    ONE_ROW,
    RULES,
    SEED,
    HashedEvaluator,
    hashed,
    judgment,
    new_search,
    random_position,
    root_priors,
    searched,
    uniform,
    visits_of,
)
from naive_go import WHITE
from naive_puct import naive_puct, terminal_value_to_play

from engine.board import State, allocate_state, copy_row, new_state
from engine.game import Game
from engine.random_state import new_random_state
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.config import SearchConfig
from mcts.evaluator import Floats, RolloutEvaluator, Rows, UniformEvaluator
from mcts.noise_kernels import random_gamma
from mcts.policy_target import choose_actions, policy_targets
from mcts.search import Search
from mcts.tree import INNER, NO_CHILD, ROOT, TERMINAL


def assert_same(search: Search, result: dict[str, Any]) -> None:
    """Compares visits of all actions, and values to the last bit."""
    visits = visits_of(search)
    assert {action: visits[action] for action in result["visit_counts"]} == result["visit_counts"]
    assert sum(visits) == sum(result["visit_counts"].values())
    weights = search.move_weights(ONE_ROW)[0]
    assert {action: weights[action] for action in result["pruned_visits"]} == result["pruned_visits"]
    assert search.action_values(0) == result["values"]
    assert search.root_values(ONE_ROW)[0] == np.float32(result["root_value"])


SETTINGS: list[dict[str, float]] = [
    {},
    {"fpu_reduction": 0.0, "c_puct_init": 2.5},
    {"fpu_reduction": 0.5, "root_fpu_reduction": 0.3, "c_puct_init": 0.6, "c_puct_base": 50.0},
    {"c_puct_init": 1.0, "c_puct_log": 0.45, "c_puct_base": 500.0, "c_puct_deviation": 0.85},
    {"c_puct_init": 1.1, "c_puct_log": 0.0, "forced_playouts": 2.0},
    {"c_puct_deviation": 0.5, "forced_playouts": 5.0, "root_fpu_reduction": 0.1},
]


@pytest.mark.interpreted
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_search_makes_the_visits_of_the_naive_search(rules: Rules, settings: dict[str, float]) -> None:
    for seed in range(1 if IS_INTERPRETED else 5):
        game, naive = random_position(rules, seed)
        for number in (2, 3, 4, 7, 12) if IS_INTERPRETED else (2, 3, 4, 5, 7, 10, 15, 25, 40, 150):
            search = searched(game, HashedEvaluator(), num_simulations=number, **settings)
            assert_same(search, naive_puct(naive, number, hashed, **settings))


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_search_breaks_ties_as_the_naive_search_does(rules: Rules) -> None:
    for seed in range(3):
        game, naive = random_position(rules, seed)
        for number in (2, 5, 11, 50):
            search = searched(game, UniformEvaluator(), num_simulations=number)
            assert_same(search, naive_puct(naive, number, uniform))


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_search_with_noise_is_the_naive_search_with_the_noisy_root_priors(rules: Rules) -> None:
    for seed in range(3):
        game, naive = random_position(rules, seed)
        for number in (2, 3, 60):
            search = searched(game, HashedEvaluator(), noise=True, num_simulations=number, noise_weight=0.9)
            assert_same(search, naive_puct(naive, number, hashed, root_priors=root_priors(search)))


# What holds of every tree


def nodes_below(
    search: Search, row: int, node: int, path: tuple[int, ...]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Every node with the actions that lead to it from the root."""
    yield node, path
    tree = search.tree
    if tree.node_kind[row, node] != INNER:
        return
    for edge in edges_of(search, row, node):
        child = int(tree.edge_child[row, edge])
        if child != NO_CHILD:
            yield from nodes_below(search, row, child, (*path, int(tree.edge_action[row, edge])))


def edges_of(search: Search, row: int, node: int) -> range:
    first = int(search.tree.first_edge[row, node])
    return range(first, first + int(search.tree.edge_count[row, node]))


def after(naive: Any, path: tuple[int, ...]) -> Any:
    game = naive.copy()
    for action in path:
        game.play(action)
    return game


@pytest.mark.parametrize("selection", ["puct", "uct"])
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_every_node_has_the_legal_actions_of_its_game_and_sums_its_children(
    rules: Rules, selection: str
) -> None:
    game, naive = random_position(rules, 3)
    search = searched(game, HashedEvaluator(), num_simulations=250, selection=selection)
    tree, nodes = search.tree, list(nodes_below(search, 0, ROOT, ()))
    assert len(nodes) == tree.num_nodes[0] == len({path for _, path in nodes})
    for node, path in nodes:
        here = after(naive, path)
        visits, value_sum = int(tree.visit_count[0, node]), float(tree.value_sum[0, node])
        if here.is_over:
            assert tree.node_kind[0, node] == TERMINAL
            assert value_sum == visits * terminal_value_to_play(here)
            continue
        edges = edges_of(search, 0, node)
        assert sorted(tree.edge_action[0, edge] for edge in edges) == here.legal_actions()
        assert math.fsum(tree.edge_prior[0, edge] for edge in edges) == pytest.approx(1.0, abs=1e-5)
        assert visits == 1 + sum(tree.edge_visit_count[0, edge] for edge in edges)
        from_edges = math.fsum(tree.edge_value_sum[0, edge] for edge in edges)
        assert value_sum == pytest.approx(float(judgment(here.board, here.to_play)[1]) + from_edges, abs=1e-9)
        for edge in edges:
            child = tree.edge_child[0, edge]
            assert (child == NO_CHILD) == (tree.edge_visit_count[0, edge] == 0)
            if child != NO_CHILD:
                assert tree.edge_visit_count[0, edge] == tree.visit_count[0, child]
                assert tree.edge_value_sum[0, edge] == -tree.value_sum[0, child]


def test_superko_holds_inside_the_tree() -> None:
    diagram = "O O . O / X X O . / . . . ."
    for ko, expected in (("positional", False), ("simple", True)):
        game = play(go(diagram, ko=ko, komi=0.5), "C3")
        search = searched(game, UniformEvaluator(), num_simulations=3000)
        recapture, taking_back = (1, 12, 0), 0
        paths = {path for _, path in nodes_below(search, 0, ROOT, ())}
        assert recapture[:2] in paths
        actions = {
            int(search.tree.edge_action[0, edge])
            for node, path in nodes_below(search, 0, ROOT, ())
            if path == recapture[:2]
            for edge in edges_of(search, 0, node)
        }
        assert (taking_back in actions) == expected


def test_root_value_is_about_minus_the_value_after_the_best_move() -> None:
    double_threat = ". . . . . / . X X X . / . O O . . / . . . . . / . . . . ."
    game = gomoku(double_threat, to_play=WHITE, line_length=4)
    losing = searched(game, UniformEvaluator(), num_simulations=4000)
    value_white = losing.root_values(ONE_ROW)[0]
    assert value_white < -0.5
    game.play(int(np.argmax(visits_of(losing))))
    winning = searched(game, UniformEvaluator(), num_simulations=4000)
    assert winning.root_values(ONE_ROW)[0] == pytest.approx(-value_white, abs=0.25)
    assert max(winning.action_values(0).values()) == 1.0


# Rows


@pytest.mark.interpreted
@pytest.mark.parametrize("selection", ["puct", "uct"])
@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("use_rollouts", [False, True])
def test_row_has_the_same_visits_alone_and_among_others(
    selection: str, noise: bool, use_rollouts: bool
) -> None:
    rules = go_rules(4)
    state = new_state(rules, batch=6)
    for row in range(6):
        copy_row(random_position(rules, row)[0].state, 0, state, row)

    def visits(rows: list[int]) -> npt.NDArray[np.int32]:
        evaluator = RolloutEvaluator(rules, 6, SEED) if use_rollouts else HashedEvaluator()
        number = 6 if IS_INTERPRETED else 40
        search = new_search(rules, evaluator, batch=6, num_simulations=number, selection=selection)
        search.run(state, np.array(rows), noise=noise)
        return search.visit_counts(np.array(rows))

    together = visits([0, 1, 2, 3, 4, 5])
    assert np.array_equal(visits([5, 2]), together[[5, 2]])
    for row in range(6):
        assert np.array_equal(visits([row])[0], together[row])


def test_rows_may_hold_different_games_and_sizes() -> None:
    largest = Rules("go", 5, 5)
    state = allocate_state(len(RULES), 5, 5, largest.resolved_move_limit + 2)
    games = [random_position(rules, 1)[0] for rules in RULES]
    for row, game in enumerate(games):
        copy_row(game.state, 0, state, row)
    search = new_search(largest, HashedEvaluator(), batch=len(RULES), num_simulations=50)
    search.run(state, np.arange(len(RULES)))
    for row, game in enumerate(games):
        alone = visits_of(searched(game, HashedEvaluator(), num_simulations=50))
        together = visits_of(search, row)
        assert together[: len(alone)] == alone
        assert not any(together[len(alone) :])


def test_search_leaves_the_positions_and_the_trees_of_other_rows_alone() -> None:
    rules = gomoku_rules(4)
    state = new_state(rules, batch=3)
    before = [array.copy() for array in state]
    search = new_search(rules, UniformEvaluator(), batch=3, num_simulations=20)
    search.run(state, np.array([0, 1, 2]))
    first = visits_of(search, 0)
    search.run(state, np.array([1]), num_simulations=5)
    assert visits_of(search, 0) == first
    assert (sum(first), sum(visits_of(search, 1))) == (19, 4)
    assert all(np.array_equal(array, copy) for array, copy in zip(state, before, strict=True))


def test_evaluator_sees_open_leaves_of_all_rows_at_once_and_never_a_finished_game() -> None:
    evaluator = HashedEvaluator()
    game = gomoku("X X . / O O . / . . .", line_length=3)
    state = new_state(game.rules, batch=2)
    for row in range(2):
        copy_row(game.state, 0, state, row)
    search = new_search(game.rules, evaluator, batch=2, num_simulations=100)
    search.run(state, np.arange(2))
    assert set(evaluator.batches) == {2}
    assert search.num_evaluations == sum(evaluator.batches) < 2 * 100


# Noise


@pytest.mark.parametrize("rules", [RULES[0], RULES[3], RULES[4]], ids=Rules.describe)
def test_root_noise_changes_priors_and_visits_of_legal_actions_only(rules: Rules) -> None:
    game, _ = random_position(rules, 6)
    plain = searched(game, HashedEvaluator(), num_simulations=100)
    noisy = searched(game, HashedEvaluator(), num_simulations=100, noise=True)
    assert sorted(root_priors(noisy)) == game.legal_actions()
    assert sum(root_priors(noisy).values()) == pytest.approx(1.0, abs=1e-5)
    assert min(root_priors(noisy).values()) >= 0.0
    assert root_priors(noisy) != root_priors(plain)
    visits = visits_of(noisy)
    assert visits != visits_of(plain)
    assert {action for action, number in enumerate(visits) if number} <= set(game.legal_actions())
    assert visits_of(searched(game, HashedEvaluator(), num_simulations=100, noise=True)) == visits
    other = searched(game, HashedEvaluator(), num_simulations=100, noise=True, seed=21)
    assert root_priors(other) != root_priors(noisy)


def test_noise_is_mixed_in_by_its_weight() -> None:
    game = Game(go_rules(3))
    plain = root_priors(searched(game, HashedEvaluator(), num_simulations=2))
    none = searched(game, HashedEvaluator(), num_simulations=2, noise=True, noise_weight=0.0)
    assert root_priors(none) == plain
    pure, mixed = (
        root_priors(searched(game, HashedEvaluator(), num_simulations=2, noise=True, noise_weight=weight))
        for weight in (1.0, 0.25)
    )
    for action, prior in plain.items():
        assert mixed[action] == pytest.approx(0.75 * prior + 0.25 * pure[action], abs=1e-6)


@pytest.mark.parametrize("shape", [0.13, 1.0, 2.5])
def test_gamma_deviates_have_the_mean_and_variance_of_their_shape(shape: float) -> None:
    generator = new_random_state(SEED, 1)
    draws = np.array([random_gamma(generator, 0, shape) for _ in range(20_000)])
    assert draws.min() >= 0.0
    assert draws.mean() == pytest.approx(shape, rel=0.1)
    assert draws.var() == pytest.approx(shape, rel=0.15)


@pytest.mark.parametrize("total", [2.0, 10.83])
def test_noise_varies_as_a_dirichlet_distribution_of_the_given_total(total: float) -> None:
    rules, batch = go_rules(3), 300
    search = new_search(
        rules, UniformEvaluator(), batch, num_simulations=2, noise_weight=1.0, noise_total=total
    )
    search.run(new_state(rules, batch), np.arange(batch), noise=True)
    noise = np.array([list(root_priors(search, row).values()) for row in range(batch)])
    share = 1.0 / rules.num_actions
    assert noise.mean(axis=0) == pytest.approx(share, abs=0.05)
    assert noise.var(axis=0).mean() == pytest.approx(share * (1.0 - share) / (total + 1.0), rel=0.1)


class PeakedEvaluator(UniformEvaluator):
    """Likes the first action ten times and the second five times as much as any other."""

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        super().evaluate(state, rows, logits, values)
        logits[: len(rows), 0] = math.log(10.0)
        logits[: len(rows), 1] = math.log(5.0)


def test_shaped_noise_gives_half_of_itself_to_the_actions_of_high_priors() -> None:
    rules, batch = go_rules(6), 400
    options = {"num_simulations": 2, "noise_weight": 1.0}
    search = new_search(rules, PeakedEvaluator(), batch, noise_shape=0.5, **options)
    search.run(new_state(rules, batch), np.arange(batch), noise=True)
    noise = np.mean([list(root_priors(search, row).values()) for row in range(batch)], axis=0)
    priors = np.array([10.0, 5.0] + [1.0] * 35) / 50.0
    logs = np.log(np.minimum(priors, 0.01))
    above = np.maximum(logs - logs.mean(), 0.0)
    expected = 0.5 / 37 + (0.5 * above / above.sum() if above.sum() else 0.5 / 37)
    assert noise == pytest.approx(expected, abs=0.02)
    even = new_search(rules, UniformEvaluator(), batch, noise_shape=0.5, **options)
    even.run(new_state(rules, batch), np.arange(batch), noise=True)
    noise = np.mean([list(root_priors(even, row).values()) for row in range(batch)], axis=0)
    assert noise == pytest.approx(1 / 37, abs=0.02)


def test_noise_does_not_accumulate_from_search_to_search() -> None:
    game = Game(go_rules(3))
    search = new_search(game.rules, HashedEvaluator(), num_simulations=20)
    search.run(game.state, ONE_ROW)
    plain = root_priors(search)
    for _ in range(3):
        search.run(game.state, ONE_ROW, noise=True)
        assert root_priors(search) != plain
    search.run(game.state, ONE_ROW)
    assert root_priors(search) == plain


# Forced playouts


def test_visited_root_actions_get_their_forced_playouts_and_the_target_loses_those_of_bad_ones() -> None:
    game = play(go(". X . . / X X X . / . X . . / . . . .", to_play=WHITE, komi=0.5), "pass")
    forced = searched(game, UniformEvaluator(), num_simulations=400, forced_playouts=2.0)
    plain = searched(game, UniformEvaluator(), num_simulations=400)
    least = min(filter(None, visits_of(forced)))
    assert least >= math.floor(math.sqrt(2.0 * 399 / len(root_priors(forced)))) > min(visits_of(plain))
    weights = forced.move_weights(ONE_ROW)[0]
    assert weights.max() == max(visits_of(forced))
    assert weights.sum() < 0.9 * sum(visits_of(forced))
    assert forced.policy_targets(ONE_ROW)[0] == pytest.approx(weights / weights.sum())
    assert plain.move_weights(ONE_ROW)[0].tolist() == visits_of(plain)


def test_noise_of_a_root_with_one_move_changes_nothing() -> None:
    game = Game(Rules("go", 1, 1))
    assert root_priors(searched(game, UniformEvaluator(), num_simulations=4, noise=True)) == {1: 1.0}


# Choice of a move


def chosen(visits: list[int], temperature: float, num_draws: int = 1) -> npt.NDArray[np.int64]:
    uniforms = (np.arange(num_draws) + 0.5) / num_draws
    table = np.tile(np.array(visits, np.int32), (num_draws, 1))
    return choose_actions(table, np.full(num_draws, temperature), uniforms)


def test_temperature_zero_picks_the_first_of_the_most_visited() -> None:
    assert chosen([1, 5, 0, 5], 0.0, 10).tolist() == [1] * 10


def test_temperature_one_draws_moves_in_proportion_to_their_visits() -> None:
    counts = np.bincount(chosen([10, 0, 30, 60], 1.0, 1000), minlength=4)
    assert counts.tolist() == [100, 0, 300, 600]


def test_temperature_below_one_sharpens_and_above_one_flattens() -> None:
    half = np.bincount(chosen([10, 20], 0.5, 1000), minlength=2)
    assert half.tolist() == [200, 800]
    double = np.bincount(chosen([100, 400], 2.0, 999), minlength=2)
    assert double.tolist() == [333, 666]
    assert chosen([100, 101], 0.001, 100).mean() > 0.7


@pytest.mark.parametrize("uniform_number", [0.0, 1.0 - 2.0**-53])
@pytest.mark.parametrize("temperature", [0.0, 0.1, 1.0, 50.0])
def test_moves_without_visits_are_never_chosen(uniform_number: float, temperature: float) -> None:
    visits = np.array([[0, 0, 7, 0, 3, 0]], np.int32)
    action = choose_actions(visits, np.array([temperature]), np.array([uniform_number]))[0]
    assert action in (2, 4)


@pytest.mark.interpreted
def test_best_action_is_the_most_visited_one_and_of_equals_the_best_valued() -> None:
    search = searched(Game(go_rules(2)), UniformEvaluator(), num_simulations=6)
    first = int(search.tree.first_edge[0, ROOT])
    edges = slice(first, first + int(search.tree.edge_count[0, ROOT]))
    for counts, values, expected in (
        ([1, 3, 2, 0, 1], [9.0, 0.0, 2.0, 0.0, 9.0], 1),
        ([2, 3, 3, 0, 3], [0.0, -1.0, 2.0, 0.0, 1.0], 2),
        ([2, 2, 0, 0, 2], [0.0, 0.0, 0.0, 0.0, 0.0], 0),
        ([0, 1, 0, 0, 4], [0.0, 1.0, 0.0, 0.0, -4.0], 4),
    ):
        search.tree.edge_visit_count[0, edges] = counts
        search.tree.edge_value_sum[0, edges] = values
        assert search.best_actions(ONE_ROW).tolist() == [expected]


def test_policy_targets_are_visits_as_probabilities() -> None:
    targets = policy_targets(np.array([[1, 0, 3], [5, 5, 0]], np.int32))
    assert targets.dtype == np.float32
    assert targets.tolist() == [[0.25, 0.0, 0.75], [0.5, 0.5, 0.0]]


# Limits


class SlowEvaluator(UniformEvaluator):
    """Takes 5 ms a batch."""

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        time.sleep(0.005)
        super().evaluate(state, rows, logits, values)


def test_deadline_stops_early_and_still_gives_a_move() -> None:
    game = Game(go_rules(5))
    search = new_search(game.rules, SlowEvaluator(), num_simulations=5000)
    started = time.monotonic()
    search.run(game.state, ONE_ROW, deadline=started + 0.1)
    assert time.monotonic() - started < 2.0
    visits = search.visit_counts(ONE_ROW)
    assert 1 <= visits.sum() < 100
    assert choose_actions(visits, np.zeros(1), np.zeros(1))[0] in game.legal_actions()


def test_deadline_in_the_past_still_allows_two_simulations() -> None:
    game = Game(go_rules(5))
    search = new_search(game.rules, UniformEvaluator(), num_simulations=5000)
    search.run(game.state, ONE_ROW, deadline=time.monotonic() - 1.0)
    assert search.visit_counts(ONE_ROW).sum() == 1


@pytest.mark.parametrize(
    "options",
    [{"num_simulations": 1}, {"selection": "alpha"}, {"noise_weight": 1.5}, {"noise_weight": math.nan}],
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        SearchConfig(**options)


# Signature


SIGNATURES = {
    "puct and uct": "4e7e85ce17439144",
    "katago": "7567989a2758bb4e",
    "proofs": "d0f5bf9524dd1a95",
    "gumbel": "19ae6f467cf627ed",
}
KINDS: dict[str, list[dict[str, Any]]] = {
    "puct and uct": [{"selection": "puct"}, {"selection": "uct"}],
    "katago": [
        {"c_puct_log": 0.45, "c_puct_base": 500.0, "c_puct_deviation": 0.85},
        {"c_puct_init": 1.1, "c_puct_log": 0.0, "forced_playouts": 2.0},
    ],
    "proofs": [{"selection": kind, "solve": True} for kind in ("puct", "uct", "gumbel")],
    "gumbel": [{"selection": "gumbel"}],
}


@pytest.mark.interpreted
@pytest.mark.parametrize("kind", KINDS)
def test_search_signature_is_unchanged(kind: str) -> None:
    digest = hashlib.sha256()
    for rules in RULES:
        for seed in range(2):
            game, _ = random_position(rules, seed)
            for options in KINDS[kind]:
                search = searched(game, UniformEvaluator(), num_simulations=60, **options)
                digest.update(search.visit_counts(ONE_ROW).astype("<i4").tobytes())
    assert digest.hexdigest()[:16] == SIGNATURES[kind]
