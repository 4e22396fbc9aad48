"""Merged transpositions: visits of the naive graph, histories that stay apart, proofs, batches, reuse."""

from __future__ import annotations

from typing import Any

import numpy as np
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
    searched,
    visits_of,
)
from naive_go import NaiveGo
from naive_graph import naive_graph, position_of

from engine.board import State, copy_row, new_state
from engine.game import Game
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows, UniformEvaluator
from mcts.search import Search
from mcts.tree import INNER, NO_CHILD, ROOT, TERMINAL, Tree
from mcts.tree_search import BATCH, Limits, TreeSearch
from selfplay.agents import AgentError, open_agent

NUM_VISITS = 60 if IS_INTERPRETED else 300


def grown(game: Game, visits: int, *, threads: int = 1, batch: int = BATCH, **options: Any) -> TreeSearch:
    """One tree over a game, with merging."""
    config = SearchConfig(num_simulations=visits, merge_transpositions=True, **options)
    search = TreeSearch(config, [HashedEvaluator()] * threads, game.rules, SEED, batch=batch)
    search.set_root(game.state)
    search.run(Limits(visits))
    return search


def edges_of(tree: Tree, node: int) -> range:
    first = int(tree.first_edge[0, node])
    return range(first, first + int(tree.edge_count[0, node]))


def assert_sums_hold(tree: Tree) -> None:
    """Every node counts itself and its edges, and no virtual loss is left on any."""
    total = 0
    for node in range(tree.num_nodes[0]):
        visits = int(tree.visit_count[0, node])
        if tree.node_kind[0, node] == TERMINAL:
            assert tree.value_sum[0, node] == visits * tree.raw_value[0, node]
            continue
        assert tree.node_kind[0, node] == INNER
        counts = [int(tree.edge_visit_count[0, edge]) for edge in edges_of(tree, node)]
        total += sum(counts)
        assert min(counts) >= 0
        assert visits == 1 + sum(counts)
        for edge, count in zip(edges_of(tree, node), counts, strict=True):
            assert (count == 0) == (tree.edge_child[0, edge] == NO_CHILD)
            assert abs(tree.edge_value_sum[0, edge]) <= count
    assert total > 0


# Visits


@pytest.mark.interpreted
@pytest.mark.parametrize("form", [{}, {"c_puct_init": 0.4, "fpu_reduction": 0.0}], ids=str)
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_search_makes_the_visits_of_the_naive_graph(rules: Rules, form: dict[str, float]) -> None:
    num_merged = 0
    for seed in range(2 if IS_INTERPRETED else 12):
        game, naive = random_position(rules, seed)
        search = searched(
            game, HashedEvaluator(), num_simulations=NUM_VISITS, merge_transpositions=True, **form
        )
        visits, root_value, num_nodes = naive_graph(naive, NUM_VISITS, hashed, **form)
        counts = visits_of(search)
        assert {action: counts[action] for action in visits} == visits
        assert float(search.root_values(ONE_ROW)[0]) == pytest.approx(root_value, abs=1e-6)
        assert search.tree.num_nodes[0] == num_nodes
        edges = sum(
            int((search.tree.edge_child[0, edges_of(search.tree, n)] >= 0).sum()) for n in range(num_nodes)
        )
        num_merged += edges - (num_nodes - 1)
    assert num_merged > 0 or IS_INTERPRETED


class Surveyor(HashedEvaluator):
    """Replays each descent that ends in a new position, by the naive rules, through the nodes on its path."""

    def __init__(self, naive: Any) -> None:
        super().__init__()
        self.naive = naive
        self.search: Search
        self.node_of: dict[Any, int] = {}
        self.num_parents: dict[int, set[tuple[int, int]]] = {}

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        super().evaluate(state, rows, logits, values)
        tree, here, parent = self.search.tree, self.naive.copy(), None
        for step in range(int(tree.path_length[0])):
            node, edge = int(tree.path_node[0, step]), int(tree.path_edge[0, step])
            actions = sorted(int(action) for action in tree.edge_action[0, edges_of(tree, node)])
            assert actions == here.legal_actions()
            assert tree.raw_value[0, node] == judgment(here.board, here.to_play)[1]
            if parent is not None:
                assert self.node_of.setdefault(position_of(here), node) == node
                self.num_parents.setdefault(node, set()).add(parent)
            action = int(tree.edge_action[0, edge])
            here.play(action)
            parent = (node, action)
        assert position_of(here) not in self.node_of


@pytest.mark.parametrize("selection", ["puct", "uct", "gumbel"])
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_a_node_is_one_position_with_the_legal_moves_of_each_path_to_it(rules: Rules, selection: str) -> None:
    """Nothing that ko, superko, passes or the move limit tell apart shares a node."""
    most_parents = 0
    for seed in range(5):
        game, naive = random_position(rules, seed)
        surveyor = Surveyor(naive)
        search = new_search(
            rules, surveyor, num_simulations=250, selection=selection, merge_transpositions=True
        )
        surveyor.search = search
        search.run(game.state, ONE_ROW)
        assert_sums_hold(search.tree)
        assert len(set(surveyor.node_of.values())) == len(surveyor.node_of)
        most_parents = max([most_parents, *map(len, surveyor.num_parents.values())])
    if selection == "puct" and rules.area < 20:  # elsewhere 250 descents may be too few to meet
        assert most_parents > 1


@pytest.mark.parametrize(
    ("diagram", "options"),
    [
        ("O O . O / X X O . / . . . .", {"ko": "positional"}),
        ("O O . O / X X O . / . . . .", {"ko": "simple"}),
        (". . O . / O O O .", {"ko": "positional", "suicide": True}),
    ],
    ids=str,
)
def test_histories_part_where_a_move_is_banned_behind_one_of_them(
    diagram: str, options: dict[str, Any]
) -> None:
    """Black takes a ko before or after moves elsewhere: White may take back in one case alone.

    Or Black plays into White's corner before or after a move elsewhere: there the suicide of both stones
    brings an earlier board back, although none was ever taken.
    """
    game = go(diagram, komi=0.5, **options)
    surveyor = Surveyor(NaiveGo.from_diagram(diagram, komi=0.5, **options))
    search = new_search(
        game.rules, surveyor, num_simulations=3000, selection="uct", merge_transpositions=True
    )
    surveyor.search = search
    search.run(game.state, ONE_ROW)
    by_stones: dict[Any, set[Any]] = {}
    for name in surveyor.node_of:
        end = name.index(-1, game.rules.area + 1)
        by_stones.setdefault(name[:end], set()).add(name[end:])
    assert max(map(len, by_stones.values())) > 1


# Values


@pytest.mark.parametrize("selection", ["puct", "uct", "gumbel"])
def test_proofs_in_a_graph_are_the_exact_values(selection: str) -> None:
    """Tic-tac-toe after each first move, whose value is a draw; and a win at hand."""
    for vertex in ("A1", "B1", "B2"):
        game = play(Game(Rules("gomoku", 3, 3, line_length=3)), vertex)
        search = searched(
            game,
            UniformEvaluator(),
            num_simulations=4000,
            selection=selection,
            solve=True,
            merge_transpositions=True,
        )
        tree = search.tree
        assert (tree.lower_bound[0, ROOT], tree.upper_bound[0, ROOT]) == (0, 0)
        alone = searched(game, UniformEvaluator(), num_simulations=4000, selection=selection, solve=True)
        assert tree.num_nodes[0] < alone.tree.num_nodes[0]
    game = gomoku("X X X . / O O O . / . . . . / . . . .", line_length=4)
    search = searched(
        game,
        UniformEvaluator(),
        num_simulations=50,
        solve=True,
        merge_transpositions=True,
        selection=selection,
    )
    assert search.tree.lower_bound[0, ROOT] == 1
    assert search.best_actions(ONE_ROW)[0] == 3


def test_proofs_in_a_graph_of_go_are_refused() -> None:
    game = Game(go_rules(3))
    with pytest.raises(ValueError, match="expected solve to be false in a game of Go"):
        searched(game, UniformEvaluator(), solve=True, merge_transpositions=True)
    config = SearchConfig(solve=True, merge_transpositions=True)
    with pytest.raises(ValueError, match="expected solve to be false in a game of Go"):
        TreeSearch(config, [UniformEvaluator()], game.rules, SEED)


def test_merged_rows_are_the_same_alone_and_among_others() -> None:
    rules = gomoku_rules(5)
    games = [random_position(rules, seed)[0] for seed in range(6)]
    alone = [
        visits_of(searched(game, HashedEvaluator(), num_simulations=200, merge_transpositions=True))
        for game in games
    ]
    batch = new_state(rules, len(games))
    for row, game in enumerate(games):
        copy_row(game.state, 0, batch, row)
    together = new_search(
        rules, HashedEvaluator(), batch=len(games), num_simulations=200, merge_transpositions=True
    )
    for _ in range(2):  # the second time in used memory
        together.run(batch, np.arange(len(games)))
        assert [visits_of(together, row) for row in range(len(games))] == alone


# One tree for play


@pytest.mark.interpreted
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_one_leaf_at_a_time_makes_the_visits_of_the_search_of_many_trees(rules: Rules) -> None:
    for seed in range(3):
        game, _ = random_position(rules, seed)
        one = grown(game, NUM_VISITS, batch=1)
        many = searched(game, HashedEvaluator(), num_simulations=NUM_VISITS, merge_transpositions=True)
        assert one.move_weights().tolist() == visits_of(many)
        assert one.tree.num_nodes[0] == many.tree.num_nodes[0]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("selection", ["puct", "uct"])
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_no_virtual_loss_is_left_and_no_position_is_judged_twice(
    rules: Rules, selection: str, threads: int
) -> None:
    for seed in range(3):
        game, _ = random_position(rules, seed)
        search = grown(game, 400, threads=threads, selection=selection)
        assert search.num_visits == 400
        assert_sums_hold(search.tree)
        keys = search.tree.node_key[0, 1 : search.tree.num_nodes[0]].tolist()
        assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("threads", [1, 2])
def test_batches_prove_the_draw_of_tic_tac_toe(threads: int) -> None:
    game = Game(Rules("gomoku", 3, 3, line_length=3))
    search = grown(game, 12000, threads=threads, solve=True)
    assert (search.tree.lower_bound[0, ROOT], search.tree.upper_bound[0, ROOT]) == (0, 0)


@pytest.mark.interpreted
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_a_graph_goes_on_from_what_it_knows_of_the_move_that_was_played(rules: Rules) -> None:
    game, naive = random_position(rules, 2)
    search = grown(game, NUM_VISITS)
    for _ in range(3):
        action = search.best_action()
        before = {
            int(search.tree.edge_action[0, edge]): int(search.tree.edge_child[0, edge])
            for edge in edges_of(search.tree, ROOT)
        }
        known = int(search.tree.visit_count[0, before[action]])
        game.play(action)
        naive.play(action)
        if game.is_over:
            return
        search.set_root(game.state)
        assert search.num_visits == known
        assert_sums_hold(search.tree)
        assert sorted(search.tree.edge_action[0, edges_of(search.tree, ROOT)]) == naive.legal_actions()
        search.run(Limits(NUM_VISITS))
        assert search.num_visits == max(known, NUM_VISITS)  # a child of several parents may have more
        assert_sums_hold(search.tree)


def test_settings_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="reuse_tree: expected false with merge_transpositions"):
        SearchConfig(reuse_tree=True, merge_transpositions=True)


def test_an_agent_of_go_that_merges_searches_without_proofs_unless_it_is_told_to() -> None:
    game, merging = Game(go_rules(5)), "merge_transpositions=true"
    agent = open_agent("uct:60", search_settings=(merging,)).make(game.rules, 1, SEED)
    assert agent.choose(game.state, ONE_ROW)[0] in game.legal_actions()
    with pytest.raises(AgentError, match="expected solve to be false in a game of Go"):
        open_agent("uct:60", search_settings=(merging, "solve=true")).make(game.rules, 1, SEED)
