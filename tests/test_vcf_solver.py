"""Victories by continuous fours inside a search: roots play them, leaves count as won, Go knows none."""

from __future__ import annotations

import numpy as np
import pytest
from diagrams import gomoku
from judged_positions import ONE_ROW, HashedEvaluator, new_search, searched, visits_of
from test_tree_search import grown, new_tree
from test_vcf import CROSS, LONG

from engine.board import BLACK, WHITE
from engine.errors import OutcomeForbiddenError
from engine.game import Game
from engine.rulesets import go_rules, gomoku_rules
from engine.scoring import outcomes_forbidden
from engine.threats import find_vcf
from mcts.config import SearchConfig
from mcts.evaluator import UniformEvaluator
from mcts.tree import NO_CHILD, ROOT, TERMINAL, Tree
from mcts.tree_search import Limits
from mcts.vcf_solver import ROOT_FACTOR, solver_of
from selfplay.agents import AgentSpec, network_agent
from selfplay.network import NetworkConfig, new_network

NODES = 50
POSITIONS = [
    (CROSS, BLACK, "freestyle"),
    *((diagram, color, rule) for (rule, color), diagram in LONG.items()),
]
DEFENSE = """
    . . . . . . . .
    . X . . . . . .
    X O O O . . . .
    . . . . O . . .
    . . . . O . . .
    . . . . . . . X
    . . . X . X . .
    . . . . . . . .
    """
"""Black to move: White wins by four unless Black does something about it at once."""


def children(tree: Tree) -> dict[int, int]:
    """The node of each visited move of the root."""
    edges = range(tree.first_edge[0, ROOT], tree.first_edge[0, ROOT] + tree.edge_count[0, ROOT])
    nodes = {int(tree.edge_action[0, edge]): int(tree.edge_child[0, edge]) for edge in edges}
    return {action: node for action, node in nodes.items() if node != NO_CHILD}


@pytest.mark.parametrize(("diagram", "color", "rule"), POSITIONS)
def test_a_won_vcf_is_the_only_move_that_a_root_searches(diagram: str, color: int, rule: str) -> None:
    game = gomoku(diagram, color, line_rule=rule)
    action = find_vcf(game.state, 0, ROOT_FACTOR * NODES).action
    assert action is not None
    tree = grown(game, HashedEvaluator(), 20, vcf_nodes=NODES, solve=True)
    assert np.flatnonzero(tree.move_weights()).tolist() == [action]
    assert tree.best_action() == action
    for options in ({}, {"selection": "gumbel"}, {"solve": True}):
        batch = searched(game, HashedEvaluator(), noise=True, num_simulations=20, vcf_nodes=NODES, **options)
        assert np.flatnonzero(visits_of(batch)).tolist() == [action]
        assert batch.best_actions(ONE_ROW).tolist() == [action]


def test_every_move_that_leaves_a_vcf_loses_at_its_first_visit() -> None:
    game = gomoku(DEFENSE, BLACK)
    assert find_vcf(game.state, 0).action is None
    tree = grown(game, UniformEvaluator(), 400, vcf_nodes=NODES).tree
    visited = children(tree)
    assert len(visited) > 40
    lost = 0
    for action, node in visited.items():
        game.play(action)
        is_lost = not game.is_over and find_vcf(game.state, 0, NODES).verdict == "win"
        game.undo()
        lost += is_lost
        assert (tree.node_kind[0, node] == TERMINAL) == is_lost
        assert not is_lost or tree.raw_value[0, node] == 1.0
    assert 30 < lost < len(visited)
    batch = searched(game, UniformEvaluator(), num_simulations=400, vcf_nodes=NODES)
    (best,) = batch.best_actions(ONE_ROW)
    assert tree.node_kind[0, visited[int(best)]] != TERMINAL


def test_moves_that_lose_are_proven_to_lose() -> None:
    tree = grown(gomoku(DEFENSE, BLACK), UniformEvaluator(), 400, vcf_nodes=NODES, solve=True).tree
    won = [node for node in children(tree).values() if tree.node_kind[0, node] == TERMINAL]
    assert won
    assert all(tree.lower_bound[0, node] == tree.upper_bound[0, node] == 1 for node in won)


def test_a_game_that_goes_on_from_a_leaf_won_by_fours_is_searched_afresh() -> None:
    game = gomoku(DEFENSE, BLACK)
    search = grown(game, UniformEvaluator(), 400, vcf_nodes=NODES)
    mistake = next(
        a for a, node in children(search.tree).items() if search.tree.node_kind[0, node] == TERMINAL
    )
    game.play(mistake)
    search.set_root(game.state)
    search.run(Limits(50))
    assert search.best_action() == find_vcf(game.state, 0).action


def test_a_vcf_that_is_not_allowed_is_not_played() -> None:
    game = gomoku(CROSS, BLACK)
    other = next(action for action in game.legal_actions() if action != find_vcf(game.state, 0).action)
    search = new_tree(game.rules, UniformEvaluator(), vcf_nodes=NODES)
    search.set_root(game.state, allowed=[other])
    search.run(Limits(10))
    assert search.best_action() == other


def test_threads_find_what_one_thread_finds() -> None:
    game = gomoku(DEFENSE, BLACK)
    search = grown(game, UniformEvaluator(), 400, vcf_nodes=NODES, threads=3)
    node = children(search.tree)[search.best_action()]
    assert search.tree.node_kind[0, node] != TERMINAL


def test_a_search_of_go_is_the_same_with_and_without() -> None:
    assert solver_of(go_rules(5), NODES) is None
    game = Game(go_rules(5))
    without, with_solver = (
        searched(game, HashedEvaluator(), num_simulations=60, vcf_nodes=nodes) for nodes in (0, NODES)
    )
    assert visits_of(without) == visits_of(with_solver)


def test_a_vcf_is_an_outcome_and_refused_behind_the_firewall() -> None:
    game = Game(gomoku_rules(7))
    tree = new_tree(game.rules, UniformEvaluator(), vcf_nodes=NODES)
    batch = new_search(game.rules, UniformEvaluator(), vcf_nodes=NODES)
    with outcomes_forbidden():
        with pytest.raises(OutcomeForbiddenError):
            tree.set_root(game.state)
        with pytest.raises(OutcomeForbiddenError):
            batch.run(game.state, ONE_ROW)


@pytest.mark.parametrize("options", [{"vcf_nodes": -1}, {"vcf_nodes": 5, "reuse_tree": True}])
def test_settings_that_make_no_sense_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="vcf_nodes"):
        SearchConfig(**options)  # type: ignore[arg-type]


def network(visits: int) -> AgentSpec:
    weights = new_network(NetworkConfig(blocks=1, channels=8, reading_planes=True), 1)
    return network_agent("fresh", weights, gomoku_rules(15), visits=visits)


@pytest.mark.parametrize("batch", [1, 2])
def test_no_network_agent_loses_a_won_vcf(batch: int) -> None:
    """A fresh network knows nothing, and still wins from each position against every parry."""
    for diagram, color, rule in POSITIONS:
        game = gomoku(diagram, color, line_rule=rule)
        agent = network(8).make(game.rules, batch, np.random.SeedSequence(3))
        random = np.random.default_rng(4)
        while not game.is_over:
            if game.to_play == color:
                (action,) = agent.choose(game.state, ONE_ROW)
            else:
                threat = find_vcf(game.state, 0, 1, attacker=color)
                legal = game.legal_actions()
                is_parry = len(threat.line) == 1 and threat.line[0] in legal
                action = threat.line[0] if is_parry else random.choice(legal)
            game.play(int(action))
        assert game.winner() == color
        assert color in (BLACK, WHITE)
