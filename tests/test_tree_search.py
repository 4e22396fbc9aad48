"""Many leaves of one tree at a time: visits of the naive search, sums that hold, threads, limits, reuse."""

from __future__ import annotations

import threading
import time
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
    random_position,
    searched,
    visits_of,
)
from naive_go import WHITE
from naive_leaf_batches import naive_leaf_batches

from engine.board import State
from engine.errors import OutcomeForbiddenError, YomiError
from engine.game import Game
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.scoring import outcomes_forbidden
from mcts.config import SearchConfig
from mcts.evaluator import Evaluator, Floats, RolloutEvaluator, Rows, UniformEvaluator
from mcts.tree import INNER, NO_CHILD, ROOT, TERMINAL
from mcts.tree_search import BATCH, DESCENTS_PER_SLOT, VISITS_PER_LEAF, Limits, TreeSearch


def new_tree(
    rules: Rules, evaluator: Evaluator, *, threads: int = 1, batch: int = BATCH, **options: Any
) -> TreeSearch:
    config = SearchConfig(**{"num_simulations": 400, **options})
    return TreeSearch(config, [evaluator] * threads, rules, SEED, batch=batch)


def grown(game: Game, evaluator: Evaluator, visits: int, **options: Any) -> TreeSearch:
    """A search that has looked at a game."""
    search = new_tree(game.rules, evaluator, num_simulations=visits, **options)
    search.set_root(game.state)
    search.run(Limits(visits))
    return search


def tree_visits(search: TreeSearch) -> list[int]:
    return search.move_weights().tolist()


def assert_sums_hold(search: TreeSearch) -> None:
    """No virtual loss is left: every node counts itself and its edges, every edge what its child does."""
    tree = search.tree
    for node in range(tree.num_nodes[0]):
        first, visits = int(tree.first_edge[0, node]), int(tree.visit_count[0, node])
        value_sum = float(tree.value_sum[0, node])
        is_proven = tree.lower_bound[0, node] == tree.upper_bound[0, node]
        if is_proven:
            assert value_sum == visits * int(tree.lower_bound[0, node])
        if tree.node_kind[0, node] == TERMINAL:
            assert value_sum == visits * tree.raw_value[0, node]
            continue
        assert tree.node_kind[0, node] == INNER
        edges = range(first, first + int(tree.edge_count[0, node]))
        for edge in edges:
            child = int(tree.edge_child[0, edge])
            told = tree.edge_visit_count[0, edge], tree.edge_value_sum[0, edge]
            known = tree.visit_count[0, child], -tree.value_sum[0, child]
            assert told == ((0, 0.0) if child == NO_CHILD else known)
        if is_proven:
            continue  # visits since the proof went no further
        assert visits == 1 + sum(int(tree.edge_visit_count[0, edge]) for edge in edges)
        if not search.config.solve:
            sums = float(tree.raw_value[0, node]) + sum(float(tree.edge_value_sum[0, edge]) for edge in edges)
            assert value_sum == pytest.approx(sums, abs=1e-9)


# Visits


@pytest.mark.interpreted
@pytest.mark.parametrize("options", [{}, {"selection": "uct"}, {"solve": True}], ids=str)
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_one_leaf_at_a_time_makes_the_visits_of_the_search_of_many_trees(
    rules: Rules, options: dict[str, Any]
) -> None:
    for seed in range(1 if IS_INTERPRETED else 4):
        game, _ = random_position(rules, seed)
        number = 15 if IS_INTERPRETED else 99
        single = grown(game, HashedEvaluator(), number, batch=1, **options)
        lockstep = searched(game, HashedEvaluator(), num_simulations=number, **options)
        assert tree_visits(single) == lockstep.move_weights(ONE_ROW)[0].tolist()
        assert single.best_action() == lockstep.best_actions(ONE_ROW)[0]
        assert single.tree.value_sum[0, ROOT] == lockstep.tree.value_sum[0, ROOT]


@pytest.mark.interpreted
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_leaves_gathered_at_a_time_are_those_of_the_naive_search(rules: Rules) -> None:
    for seed in range(1 if IS_INTERPRETED else 5):
        game, naive = random_position(rules, seed)
        for batch, number in ((4, 30),) if IS_INTERPRETED else ((2, 40), (5, 100), (16, 250)):
            search = grown(game, HashedEvaluator(), number, batch=batch)
            visits, root_value = naive_leaf_batches(
                naive, number, hashed, batch, VISITS_PER_LEAF, DESCENTS_PER_SLOT
            )
            found = tree_visits(search)
            assert {action: found[action] for action in visits} == visits
            assert search.tree.value_sum[0, ROOT] / number == pytest.approx(root_value, abs=1e-9)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("selection", ["puct", "uct"])
@pytest.mark.parametrize("solve", [False, True])
def test_every_simulation_is_counted_once_and_no_virtual_loss_is_left(
    threads: int, selection: str, solve: bool
) -> None:
    for rules in RULES:
        for seed in range(4):
            game, _ = random_position(rules, seed)
            evaluator = RolloutEvaluator(rules, BATCH * threads, SEED)
            options = {"threads": threads, "selection": selection, "solve": solve}
            search = grown(game, evaluator, 300, **options)
            assert_sums_hold(search)
            tree = search.tree
            if tree.lower_bound[0, ROOT] != tree.upper_bound[0, ROOT]:
                assert search.num_visits == 300
                assert solve or sum(tree_visits(search)) == 299
            assert game.refusal(search.best_action()) is None


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("selection", ["puct", "uct"])
def test_proofs_found_in_batches_are_the_exact_values(threads: int, selection: str) -> None:
    winning = gomoku("X X . . / O O . . / . . . . / . . . .", line_length=3)
    losing = gomoku("X X . / X . . / . . O", to_play=WHITE, line_length=3)
    drawn = gomoku("X O X / X O O / O X .", line_length=3)
    for game, value in ((winning, 1), (losing, -1), (drawn, 0)):
        search = grown(game, UniformEvaluator(), 3000, threads=threads, selection=selection, solve=True)
        assert_sums_hold(search)
        assert search.tree.lower_bound[0, ROOT] == search.tree.upper_bound[0, ROOT] == value


def test_the_same_seed_makes_the_same_tree_in_one_thread() -> None:
    game = Game(go_rules(5))
    first, second = (
        tree_visits(grown(game, RolloutEvaluator(game.rules, BATCH, SEED), 500, selection="uct"))
        for _ in range(2)
    )
    assert first == second


def test_evaluator_sees_full_batches_once_the_tree_has_room() -> None:
    evaluator = HashedEvaluator()
    game = Game(go_rules(5))
    grown(game, evaluator, 800)
    sizes = evaluator.batches
    assert sizes[:3] == [1, 1, 1]
    assert np.mean(sizes[len(sizes) // 2 :]) > 0.8 * BATCH


def test_descents_that_can_only_meet_are_not_counted_twice() -> None:
    game = play(go(". X / X X", komi=0.5), "pass")
    for threads in (1, 3):
        search = grown(game, UniformEvaluator(), 60, threads=threads)
        assert search.num_visits == 60
        assert_sums_hold(search)


def test_one_tree_refuses_gumbel_search_and_means_of_what_knows_no_symmetries() -> None:
    with pytest.raises(ValueError, match="expected puct or uct"):
        new_tree(go_rules(3), UniformEvaluator(), selection="gumbel")
    with pytest.raises(ValueError, match="average_root"):
        new_tree(go_rules(3), UniformEvaluator(), average_root=True)


@pytest.mark.interpreted
def test_one_tree_leaves_out_the_pointless_moves_of_the_search_of_many_trees() -> None:
    game = play(go(". X . X . / X X X X O / X . X X .", to_play=WHITE, komi=0.5), "pass")
    number = 10 if IS_INTERPRETED else 60
    single = grown(game, HashedEvaluator(), number, batch=1, clean_up=True)
    lockstep = searched(game, HashedEvaluator(), num_simulations=number, clean_up=True)
    assert tree_visits(single) == visits_of(lockstep)
    assert sum(visit > 0 for visit in tree_visits(single)) < len(game.legal_actions())
    before = single.num_visits
    single.set_root(game.state)
    assert single.num_visits == before
    game.play(single.best_action())
    single.set_root(game.state)
    assert single.num_visits == 0, "the next root needs its pointless moves left out as well"


@pytest.mark.interpreted
@pytest.mark.parametrize("solve", [False, True])
def test_a_search_of_some_moves_visits_no_others_and_leaves_nothing_behind(solve: bool) -> None:
    rules = go_rules(4, komi=0.5)
    game = Game(rules)
    for action in (5, 10, 6):
        game.play(action)
    allowed = {0, 9, rules.pass_action}
    search, fresh = (new_tree(rules, HashedEvaluator(), solve=solve) for _ in range(2))
    search.set_root(game.state, allowed=allowed)
    search.run(Limits(60))
    assert search.num_visits == 60
    assert {move.action for move in search.analysis().moves} == allowed
    assert sum(move.prior for move in search.analysis().moves) == pytest.approx(1)
    assert_sums_hold(search)
    for tree in (search, fresh):
        tree.set_root(game.state)
        tree.run(Limits(60))
    assert tree_visits(search) == tree_visits(fresh)


def test_a_search_of_no_legal_move_is_refused() -> None:
    game = Game(go_rules(4))
    game.play(0)
    search = new_tree(game.rules, UniformEvaluator())
    search.set_root(game.state, allowed={0})
    with pytest.raises(YomiError, match="expected a legal one"):
        search.run(Limits(8))


def test_dead_stones_are_not_told_behind_the_firewall_in_one_tree() -> None:
    search = new_tree(go_rules(3), UniformEvaluator(), clean_up=True)
    search.set_root(Game(go_rules(3)).state)
    with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
        search.run(Limits(10))


def test_many_trees_choose_by_confidence_bounds_as_one_tree_does() -> None:
    num_otherwise = 0
    for seed in range(20):
        game, _ = random_position(Rules("go", 5, 5, komi=6.5), seed)
        by_bounds = searched(game, HashedEvaluator(), num_simulations=120, choose_by_lcb=True)
        single = grown(game, HashedEvaluator(), 120, batch=1)
        assert by_bounds.best_actions(ONE_ROW)[0] == single.best_action()
        by_visits = searched(game, HashedEvaluator(), num_simulations=120)
        num_otherwise += by_visits.best_actions(ONE_ROW)[0] != single.best_action()
    assert num_otherwise > 0


# Limits


@pytest.mark.parametrize("threads", [1, 2])
def test_search_that_is_stopped_at_once_has_a_move(threads: int) -> None:
    game = Game(go_rules(5))
    search = new_tree(game.rules, UniformEvaluator(), threads=threads)
    search.set_root(game.state)
    search.run(Limits(stop=lambda: True))
    assert 2 <= search.num_visits <= 2 + BATCH
    assert game.refusal(search.best_action()) is None
    assert_sums_hold(search)


@pytest.mark.parametrize("threads", [1, 2])
def test_search_can_be_stopped_from_another_thread_and_goes_on_later(threads: int) -> None:
    game = Game(go_rules(5))
    search = new_tree(game.rules, UniformEvaluator(), threads=threads, num_simulations=1_000_000)
    search.set_root(game.state)
    stop = threading.Event()
    worker = threading.Thread(target=search.run, args=(Limits(stop=stop.is_set),))
    worker.start()
    while search.num_visits < 100:
        time.sleep(0.001)
    stop.set()
    worker.join(timeout=30)
    assert not worker.is_alive()
    reached = search.num_visits
    assert_sums_hold(search)
    search.run(Limits(reached + 50))
    assert search.num_visits == reached + 50


def test_deadline_in_the_past_still_allows_two_simulations() -> None:
    game = Game(go_rules(5))
    search = new_tree(game.rules, UniformEvaluator())
    search.set_root(game.state)
    search.run(Limits(deadline=time.monotonic() - 1.0))
    assert search.num_visits == 2


def test_search_ends_when_its_memory_is_full() -> None:
    game = Game(go_rules(5))
    search = new_tree(game.rules, UniformEvaluator(), num_simulations=50, threads=2)
    search.set_root(game.state)
    search.run(Limits())
    assert search.tree.num_nodes[0] == 50
    assert_sums_hold(search)


def test_fewer_than_two_visits_and_finished_games_are_refused() -> None:
    search = new_tree(gomoku_rules(3), UniformEvaluator())
    with pytest.raises(ValueError, match="expected at least 2"):
        search.run(Limits(1))
    game = play(gomoku("X X . / O O . / . . .", line_length=3), "C3")
    with pytest.raises(ValueError, match="not over"):
        search.set_root(game.state)


def test_proofs_are_refused_behind_the_firewall_in_every_thread() -> None:
    game = Game(gomoku_rules(3))
    for threads, options in ((1, {"solve": True}), (2, {})):
        search = new_tree(game.rules, UniformEvaluator(), threads=threads, **options)
        search.set_root(game.state)
        with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
            search.run(Limits(400))


class FailsOnce(UniformEvaluator):
    """Raises at its tenth batch."""

    def __init__(self) -> None:
        self.num_batches = 0

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        self.num_batches += 1
        if self.num_batches == 10:
            raise RuntimeError("out of order")
        super().evaluate(state, rows, logits, values)


@pytest.mark.parametrize("threads", [1, 3])
def test_evaluator_that_fails_ends_all_threads_and_the_tree_can_go_on(threads: int) -> None:
    game = Game(go_rules(5))
    search = new_tree(game.rules, FailsOnce(), threads=threads)
    search.set_root(game.state)
    with pytest.raises(RuntimeError, match="out of order"):
        search.run(Limits(400))
    assert search.num_visits < 400
    search.run(Limits(400))
    assert search.num_visits == 400
    assert_sums_hold(search)


# Reuse


def subtree(search: TreeSearch, node: int = ROOT) -> Any:
    """All that the tree knows below a node, by moves instead of places."""
    tree = search.tree
    first = int(tree.first_edge[0, node])
    fields = (
        "node_kind",
        "visit_count",
        "value_sum",
        "value_square_sum",
        "raw_value",
        "lower_bound",
        "taint",
    )
    own = tuple(getattr(tree, name)[0, node].item() for name in fields)
    edges = {
        int(tree.edge_action[0, edge]): (
            float(tree.edge_prior[0, edge]),
            int(tree.edge_visit_count[0, edge]),
            float(tree.edge_value_sum[0, edge]),
            None if tree.edge_child[0, edge] == NO_CHILD else subtree(search, int(tree.edge_child[0, edge])),
        )
        for edge in range(first, first + int(tree.edge_count[0, node]))
    }
    return own, edges


@pytest.mark.interpreted
@pytest.mark.parametrize("solve", [False, True])
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_what_lies_below_the_moves_played_stays_and_nothing_else(rules: Rules, solve: bool) -> None:
    game, _ = random_position(rules, 2)
    search = grown(game, HashedEvaluator(), 40 if IS_INTERPRETED else 400, solve=solve)
    for _ in range(2):
        before = subtree(search)
        action = search.best_action()
        game.play(action)
        if game.is_over:
            return
        search.set_root(game.state)
        kept = before[1][action][3]
        assert subtree(search) == kept
        assert search.num_visits == kept[0][1]
        assert_sums_hold(search)


@pytest.mark.interpreted
def test_tree_used_again_is_that_of_a_fresh_search_of_as_many_visits() -> None:
    options = {"batch": 1, "fpu_reduction": 0.1, "root_fpu_reduction": 0.1}
    number = 30 if IS_INTERPRETED else 300
    for seed in range(1 if IS_INTERPRETED else 6):
        game, _ = random_position(Rules("go", 4, 4, komi=0.5), seed)
        search = grown(game, HashedEvaluator(), number, **options)
        for _ in range(2):
            game.play(search.best_action())
            if game.is_over:
                return
            search.set_root(game.state)
            search.run(Limits(max(search.num_visits, number // 2)))
            fresh = searched(
                game, HashedEvaluator(), num_simulations=search.num_visits, **options | {"batch": 1}
            )
            assert tree_visits(search) == visits_of(fresh)
            assert search.tree.value_sum[0, ROOT] == fresh.tree.value_sum[0, ROOT]


def test_two_moves_ahead_in_the_same_game_is_followed_and_other_positions_start_afresh() -> None:
    def kept(position: Game) -> int:
        search = grown(start, UniformEvaluator(), 400)
        search.set_root(position.state)
        return search.num_visits

    start = play(Game(go_rules(3, komi=0.5)), "A1 B2")
    assert kept(start) == 400
    assert 0 < kept(play(play(Game(start.rules), "A1 B2"), "C3 C1")) < 50
    assert kept(play(Game(start.rules), "B2")) == 0  # before
    assert kept(play(Game(start.rules), "A1 B2 C3 C1 A3")) == 0  # too far
    assert kept(play(Game(start.rules), "A2 B2 C3")) == 0  # another game
    assert kept(play(Game(go_rules(3, komi=1.5)), "A1 B2 C3")) == 0
    other_side = play(Game(start.rules), "A1 B2")
    other_side.play(8, WHITE)
    assert kept(other_side) == 0


def test_a_game_of_gomoku_that_starts_from_stones_is_followed_too() -> None:
    game = gomoku("X . . . / . O . . / . . . . / . . . .", line_length=4)
    search = grown(game, UniformEvaluator(), 200)
    action = search.best_action()
    known = search.move_weights()[action]
    game.play(action)
    search.set_root(game.state)
    assert search.num_visits == known > 1


def test_search_in_used_memory_goes_on_to_the_same_visits() -> None:
    game = Game(go_rules(4))
    search = new_tree(game.rules, UniformEvaluator(), num_simulations=200, threads=2)
    while not game.is_over and len(game.moves) < 30:
        search.set_root(game.state)
        search.run(Limits(200))
        assert search.num_visits == 200
        assert_sums_hold(search)
        game.play(search.best_action())
