"""Trees of the move before: equal to fresh ones of as many visits, noisy anew, and never the wrong ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from diagrams import IS_INTERPRETED, go, play
from judged_positions import (
    ONE_ROW,
    RULES,
    HashedEvaluator,
    new_search,
    random_position,
    root_priors,
    searched,
    visits_of,
)
from test_proofs import bounds_of

from engine.board import copy_row, new_state
from engine.game import Game
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.config import SearchConfig
from mcts.search import Search
from selfplay.generate import generate_games
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import OutcomeValueSource

EVEN: dict[str, Any] = {"reuse_tree": True, "fpu_reduction": 0.2, "root_fpu_reduction": 0.2}
"""Settings under which a root is searched like any other node."""


def tree_of(search: Search) -> dict[str, npt.NDArray[Any]]:
    """All of a tree that a later simulation can read."""
    tree = search.tree
    nodes, edges = int(tree.num_nodes[0]), int(tree.num_edges[0])
    of_nodes = (
        "node_kind edge_count visit_count value_sum value_square_sum raw_value lower_bound upper_bound taint"
    )
    of_edges = "edge_action edge_prior edge_visit_count edge_value_sum edge_child"
    fields = {name: getattr(tree, name)[0, :nodes].copy() for name in of_nodes.split()}
    fields |= {name: getattr(tree, name)[0, :edges].copy() for name in of_edges.split()}
    is_inner = tree.edge_count[0, :nodes] > 0
    return fields | {"first_edge": np.where(is_inner, tree.first_edge[0, :nodes], 0)}


def assert_same_tree(search: Search, other: Search) -> None:
    fields, others = tree_of(search), tree_of(other)
    for name, values in fields.items():
        assert np.array_equal(values, others[name]), name


def best_reply(search: Search, game: Game) -> int:
    """A move that the tree knows well and that does not end the game; -1 where there is none."""
    for action in np.argsort(visits_of(search))[::-1]:
        if visits_of(search)[action] < 2:
            break
        game.play(int(action))
        is_over = game.is_over
        game.undo()
        if not is_over:
            return int(action)
    return -1


@pytest.mark.interpreted
@pytest.mark.parametrize("solve", [False, True])
@pytest.mark.parametrize("num_moves", [1, 2])
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_reused_tree_is_that_of_a_fresh_search_of_as_many_visits(
    rules: Rules, num_moves: int, solve: bool
) -> None:
    num_reused = 0
    for seed in range(1 if IS_INTERPRETED else 5):
        game, _ = random_position(rules, seed)
        number = 20 if IS_INTERPRETED else 90
        search = new_search(rules, HashedEvaluator(), num_simulations=number, solve=solve, **EVEN)
        search.run(game.state, ONE_ROW)
        for _ in range(num_moves):
            probe = new_search(rules, HashedEvaluator(), num_simulations=number, solve=solve)
            probe.run(game.state, ONE_ROW)
            reply = best_reply(probe, game)
            if reply < 0:
                break
            game.play(reply)
        else:
            spent = search.num_evaluations
            search.run(game.state, ONE_ROW)
            fresh = new_search(rules, HashedEvaluator(), num_simulations=number, solve=solve, **EVEN)
            fresh.run(game.state, ONE_ROW)
            assert bounds_of(search) == bounds_of(fresh)
            assert search.best_actions(ONE_ROW) == fresh.best_actions(ONE_ROW)
            if bounds_of(search) == (-1, 1):  # a fresh search ends at its proof, an old tree may go beyond
                assert_same_tree(search, fresh)
            num_reused += search.num_evaluations - spent < fresh.num_evaluations
    assert IS_INTERPRETED or num_reused > 0


def test_whole_games_of_reuse_keep_every_tree_within_its_memory_and_its_visits() -> None:
    for rules in (go_rules(4), gomoku_rules(5)):
        game, number = Game(rules), 40
        search = new_search(rules, HashedEvaluator(), num_simulations=number, **EVEN)
        brought = []
        while not game.is_over and len(game.moves) < 40:
            before = search.num_evaluations
            search.run(game.state, ONE_ROW)
            brought.append(number - (search.num_evaluations - before))
            assert sum(visits_of(search)) == number - 1
            assert search.tree.num_nodes[0] <= number
            assert sorted(root_priors(search)) == game.legal_actions()
            game.play(int(search.best_actions(ONE_ROW)[0]))
        assert np.mean(brought) > number / 5


# Noise


def test_noise_is_drawn_anew_at_each_root_and_reaches_at_least_half_of_the_visits() -> None:
    rules = go_rules(4)
    for seed in range(10):
        game, _ = random_position(rules, seed)
        options = {"num_simulations": 60, "noise_weight": 0.5, **EVEN}
        search = new_search(rules, HashedEvaluator(), seed=seed, **options)
        search.run(game.state, ONE_ROW, noise=True)
        game.play(best_reply(search, game))
        before = search.num_evaluations
        search.run(game.state, ONE_ROW, noise=True)
        assert search.num_evaluations - before >= 20, "some simulations end in finished games"
        quiet = searched(game, HashedEvaluator(), num_simulations=60)
        clean, noisy = root_priors(quiet), root_priors(search)
        assert all(noisy[action] >= 0.5 * clean[action] - 1e-6 for action in clean)
        assert noisy != clean
        assert sum(noisy.values()) == pytest.approx(1.0, abs=1e-5)
        assert visits_of(search) != visits_of(quiet)


def test_tree_with_too_many_visits_for_noise_starts_afresh() -> None:
    game = go("X X X X / X . . X / X X X X", komi=0.5)
    options: dict[str, Any] = {"num_simulations": 40, "noise_weight": 0.0, **EVEN}
    for noise, is_reused in ((False, True), (True, False)):
        search = new_search(game.rules, HashedEvaluator(), **options)
        search.run(game.state, ONE_ROW)
        assert max(visits_of(search)) > 20
        game.play(int(np.argmax(visits_of(search))))
        before = search.num_evaluations
        search.run(game.state, ONE_ROW, noise=noise)
        fresh = searched(game, HashedEvaluator(), **options)
        game.undo()
        assert (search.num_evaluations - before < fresh.num_evaluations) == is_reused
        assert_same_tree(search, fresh)


# Never the wrong tree


def assert_starts_afresh(search: Search, game: Game) -> None:
    """Fails unless a search spends as much on a position as one that has seen nothing."""
    before = search.num_evaluations
    search.run(game.state, ONE_ROW)
    fresh = searched(game, HashedEvaluator(), num_simulations=50, reuse_tree=True)
    assert search.num_evaluations - before == fresh.num_evaluations
    assert_same_tree(search, fresh)


def test_other_games_and_positions_start_afresh() -> None:
    game = play(Game(Rules("go", 4, 4, komi=0.5)), "B2 C3 B3")
    search = new_search(game.rules, HashedEvaluator(), num_simulations=50, reuse_tree=True)
    for other in (
        play(Game(game.rules), "B2 C3 B3"),
        play(Game(game.rules), "B2 C3"),
        play(Game(game.rules), "B2 C3 B3 C2 C4 D3"),
        play(Game(game.rules), "B3 C3 B2 C2"),
        play(Game(Rules("go", 4, 4, komi=1.5)), "B2 C3 B3 C2"),
        play(Game(Rules("go", 4, 4, komi=0.5, ko="simple")), "B2 C3 B3 C2"),
        Game(game.rules),
    ):
        search.run(new_state(game.rules), ONE_ROW)
        search.run(game.state, ONE_ROW)
        assert_starts_afresh(search, other)


def test_tree_of_a_row_does_not_serve_another_row() -> None:
    rules = go_rules(3)
    ours, theirs = play(Game(rules), "B2"), play(Game(rules), "A1")
    state, both = new_state(rules, 2), np.arange(2)
    search = new_search(rules, HashedEvaluator(), batch=2, num_simulations=50, reuse_tree=True)
    copy_row(ours.state, 0, state, 0)
    copy_row(theirs.state, 0, state, 1)
    search.run(state, both)
    copy_row(play(theirs, "C2").state, 0, state, 0)
    copy_row(play(ours, "C2").state, 0, state, 1)
    search.run(state, both)
    assert_same_tree(search, searched(theirs, HashedEvaluator(), num_simulations=50))


@pytest.mark.parametrize("options", [{"selection": "gumbel"}, {"clean_up": True}])
def test_searches_that_need_roots_without_visits_refuse_reuse(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="reuse_tree"):
        SearchConfig(reuse_tree=True, **options)


# Self-play


def test_self_play_with_reuse_is_cheaper_and_the_same_seed_gives_the_same_games() -> None:
    def made(cap: float, **options: Any) -> tuple[list[str], float]:
        generated = generate_games(
            go_rules(3),
            SearchConfig(num_simulations=24, **options),
            SelfPlayConfig(parallel_games=4, full_search_share=cap, cheap_simulations=8),
            lambda batch, seed: HashedEvaluator(),
            OutcomeValueSource(),
            8,
            1,
            np.random.SeedSequence(5),
        )
        num_moves = sum(game.num_moves for game in generated.games)
        return [game.digest() for game in generated.games], generated.num_evaluations / num_moves

    for cap in (1.0, 0.4):
        games, cost = made(cap, reuse_tree=True)
        assert made(cap, reuse_tree=True) == (games, cost)
        assert cost < made(cap)[1]
