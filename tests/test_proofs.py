"""Proven values: bounds that hold, wins that are played, losses that are avoided, proofs that stay home."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from diagrams import IS_INTERPRETED, go, gomoku, play, refusal
from judged_positions import (
    ONE_ROW,
    RULES,
    SEED,
    HashedEvaluator,
    Stubborn,
    hashed,
    naive_game,
    new_search,
    random_position,
    searched,
    visits_of,
)
from naive_go import WHITE
from naive_puct import naive_puct, terminal_value_to_play

from engine.board import BLACK, State
from engine.errors import OutcomeForbiddenError
from engine.game import Game
from engine.notation import action_of_vertex
from engine.rulesets import Rules
from engine.scoring import outcomes_forbidden
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows, UniformEvaluator
from mcts.proof_kernels import UPPER_TAINTED, is_proof_tainted
from mcts.search import Search
from mcts.tree import INNER, NO_CHILD, ROOT, TERMINAL

KINDS = ["puct", "uct", "gumbel"]


def bounds_of(search: Search, node: int = ROOT) -> tuple[int, int]:
    return int(search.tree.lower_bound[0, node]), int(search.tree.upper_bound[0, node])


def chosen(search: Search) -> int:
    return int(search.best_actions(ONE_ROW)[0])


@pytest.mark.interpreted
@pytest.mark.parametrize("options", [{}, {"forced_playouts": 2.0}], ids=str)
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_search_with_proofs_makes_the_visits_of_the_naive_search(
    rules: Rules, options: dict[str, Any]
) -> None:
    for seed in range(1 if IS_INTERPRETED else 6):
        game, naive = random_position(rules, seed)
        for number in (2, 15) if IS_INTERPRETED else (2, 5, 12, 30, 80):
            search = searched(game, HashedEvaluator(), num_simulations=number, solve=True, **options)
            result = naive_puct(naive, number, hashed, solve=True, **options)
            visits = visits_of(search)
            assert {action: visits[action] for action in result["visit_counts"]} == result["visit_counts"]
            assert bounds_of(search) == result["bounds"]
            assert search.action_values(0) == pytest.approx(result["values"], abs=1e-9)
            assert search.root_values(ONE_ROW)[0] == pytest.approx(result["root_value"], abs=1e-6)


# Bounds that hold


def exact_value(naive: Any) -> float:
    """Value to the side to play under perfect play, by full search; only for the last moves of a game."""
    if naive.is_over:
        return terminal_value_to_play(naive)
    best = -1.0
    for action in naive.legal_actions():
        after = naive.copy()
        after.play(action)
        best = max(best, -exact_value(after))
        if best == 1.0:
            break
    return best


def late_position(rules: Rules, seed: int, moves_left: int) -> tuple[Game, Any] | None:
    """A game and its naive twin, so many moves before the last possible one; None where it ended before."""
    rng = random.Random(seed)
    game, naive = Game(rules), naive_game(rules)
    for _ in range(rules.resolved_move_limit - moves_left):
        action = rng.choice(game.legal_actions())
        game.play(action)
        naive.play(action)
        if game.is_over:
            return None
    return game, naive


@pytest.mark.parametrize("selection", KINDS)
@pytest.mark.parametrize(
    "rules",
    [
        Rules("go", 3, 2, komi=0.0, move_limit=15),
        Rules("go", 2, 2, komi=1.0, move_limit=12),
        Rules("go", 3, 2, komi=1.0, move_limit=14, ko="simple", suicide=True),
        Rules("gomoku", 3, 3, line_length=3),
    ],
    ids=Rules.describe,
)
def test_bounds_of_every_node_hold_the_exact_value(rules: Rules, selection: str) -> None:
    num_proven = num_games = 0
    for seed in range(40):
        position = late_position(rules, seed, 4)
        if position is None:
            continue
        game, naive = position
        search = searched(game, HashedEvaluator(), num_simulations=60, solve=True, selection=selection)
        tree, frontier = search.tree, [(ROOT, naive)]
        num_games += 1
        while frontier:
            node, here = frontier.pop()
            lower, upper = bounds_of(search, node)
            value = exact_value(here)
            assert lower <= value <= upper
            num_proven += lower == upper
            if lower == upper:
                assert tree.value_sum[0, node] == tree.visit_count[0, node] * value
            if tree.node_kind[0, node] == TERMINAL:
                assert lower == upper
                continue
            children = []
            for edge in range(tree.first_edge[0, node], tree.first_edge[0, node] + tree.edge_count[0, node]):
                child = int(tree.edge_child[0, edge])
                children.append(child)
                if child != NO_CHILD:
                    assert tree.edge_value_sum[0, edge] == -tree.value_sum[0, child]
                    after = here.copy()
                    after.play(int(tree.edge_action[0, edge]))
                    frontier.append((child, after))
            assert upper == 1 or NO_CHILD not in children
    assert num_games > 5
    assert num_proven > 5 * num_games


@pytest.mark.parametrize("selection", ["puct", "uct"])
def test_whole_tree_of_the_last_moves_is_proven_and_the_search_ends(selection: str) -> None:
    for seed in range(10):
        position = late_position(Rules("gomoku", 3, 3, line_length=3), seed, 4)
        if position is None:
            continue
        game, naive = position
        search = searched(game, HashedEvaluator(), num_simulations=8000, solve=True, selection=selection)
        assert bounds_of(search) == (exact_value(naive), exact_value(naive))
        assert sum(visits_of(search)) < 7999
        assert search.root_values(ONE_ROW)[0] == exact_value(naive)
        value = exact_value(naive)
        naive.play(chosen(search))
        assert -exact_value(naive) == value


# What is played


@pytest.mark.parametrize("selection", KINDS)
@pytest.mark.parametrize(
    ("diagram", "to_play", "vertex"),
    [
        ("X X . / O O . / . . .", BLACK, "C3"),
        ("O O . / X . . / . X .", BLACK, "C3"),
        ("X . . / . O . / . . X", WHITE, "edge"),
    ],
)
def test_proven_win_is_played_and_proven_loss_avoided(
    diagram: str, to_play: int, vertex: str, selection: str
) -> None:
    game = gomoku(diagram, to_play=to_play, line_length=3)
    search = searched(game, UniformEvaluator(), num_simulations=2000, solve=True, selection=selection)
    edges = {action_of_vertex(v, game.rules) for v in ("B1", "B3", "A2", "C2")}
    good = edges if vertex == "edge" else {action_of_vertex(vertex, game.rules)}
    assert chosen(search) in good
    weights = search.move_weights(ONE_ROW)[0]
    target = search.policy_targets(ONE_ROW)[0]
    if bounds_of(search)[0] == 1 or vertex == "C3":
        assert set(np.flatnonzero(weights)) == set(np.flatnonzero(target)) == good


@pytest.mark.parametrize("selection", ["puct", "gumbel"])
def test_losing_move_that_the_network_insists_on_is_dropped_once_it_is_proven(selection: str) -> None:
    game = gomoku("O O . / X . . / . X .", line_length=3)
    a_loss = action_of_vertex("C1", game.rules)
    options = {"selection": selection, "num_simulations": 30}
    blind = searched(game, Stubborn(a_loss), **options)
    assert visits_of(blind)[a_loss] > 2
    solving = searched(game, Stubborn(a_loss), solve=True, **options)
    assert visits_of(solving)[a_loss] < visits_of(blind)[a_loss]
    assert solving.policy_targets(ONE_ROW)[0, a_loss] == 0.0
    assert solving.move_weights(ONE_ROW)[0, a_loss] == 0
    assert chosen(solving) != a_loss


def test_move_without_visits_is_chosen_when_all_others_are_proven_to_lose() -> None:
    game = gomoku("O O . / X . . / . X .", line_length=3)
    search = searched(game, UniformEvaluator(), num_simulations=200, solve=True)
    block = action_of_vertex("C3", game.rules)
    tree, first = search.tree, int(search.tree.first_edge[0, ROOT])
    for edge in range(first, first + int(tree.edge_count[0, ROOT])):
        if tree.edge_action[0, edge] == block:
            tree.edge_visit_count[0, edge] = 0
            tree.edge_child[0, edge] = NO_CHILD
    tree.lower_bound[0, ROOT] = -1
    assert chosen(search) == block
    assert search.move_weights(ONE_ROW)[0].tolist() == np.eye(10, dtype=int)[block].tolist()


@pytest.mark.parametrize("selection", KINDS)
def test_search_of_a_lost_position_still_gives_a_move(selection: str) -> None:
    game = gomoku("X . X / . . . / X O O", to_play=WHITE, line_length=3)
    search = searched(game, UniformEvaluator(), num_simulations=1500, solve=True, selection=selection)
    assert bounds_of(search) == (-1, -1)
    assert chosen(search) in game.legal_actions()
    assert search.move_weights(ONE_ROW).sum() > 0
    assert search.policy_targets(ONE_ROW).sum() == pytest.approx(1.0)


# Draws at hand


def drawn_positions() -> list[tuple[Game, Any]]:
    """Positions of tic-tac-toe that are drawn and in which some move loses."""
    found = []
    for seed in range(60):
        position = late_position(Rules("gomoku", 3, 3, line_length=3), seed, 6)
        if position is None or exact_value(position[1]) != 0.0:
            continue
        if -1.0 in outcomes(position[1]).values():
            found.append(position)
    return found


def outcomes(naive: Any) -> dict[int, float]:
    """The exact value of each move to the side that makes it."""
    values = {}
    for action in naive.legal_actions():
        after = naive.copy()
        after.play(action)
        values[action] = -exact_value(after)
    return values


@pytest.mark.parametrize("selection", KINDS)
def test_draw_at_hand_is_played_where_nothing_better_is_seen(
    selection: str,
) -> None:
    num_held = 0
    for game, naive in drawn_positions():
        for number in (40, 80, 120, 160):
            options = {"num_simulations": number, "selection": selection}
            search = searched(game, HashedEvaluator(), solve=True, **options)
            lower, upper = bounds_of(search)
            if lower != 0:
                continue
            if upper == 0:
                assert outcomes(naive)[chosen(search)] == 0.0
                continue
            num_held += 1
            tree, first = search.tree, int(search.tree.first_edge[0, ROOT])
            edge = next(e for e in range(first, first + 10) if tree.edge_action[0, e] == chosen(search))
            child = int(tree.edge_child[0, edge])
            is_draw = -int(tree.upper_bound[0, child]) == 0
            assert is_draw or tree.edge_value_sum[0, edge] >= 0.0
            weights = search.move_weights(ONE_ROW)[0]
            assert weights[chosen(search)] > 0
            assert search.policy_targets(ONE_ROW)[0, chosen(search)] > 0
    assert num_held > 5


def test_visits_go_where_more_may_come_once_a_draw_is_proven() -> None:
    for game, _ in drawn_positions():
        for number in range(10, 80, 5):
            fewer = searched(game, HashedEvaluator(), num_simulations=number, solve=True)
            if bounds_of(fewer) != (0, 1):
                continue
            more = searched(game, HashedEvaluator(), num_simulations=number + 5, solve=True)
            tree, first = fewer.tree, int(fewer.tree.first_edge[0, ROOT])
            for edge in range(first, first + int(tree.edge_count[0, ROOT])):
                child = int(tree.edge_child[0, edge])
                if child != NO_CHILD and tree.lower_bound[0, child] >= 0:
                    assert more.tree.edge_visit_count[0, edge] == tree.edge_visit_count[0, edge]


@pytest.mark.interpreted
def test_nobody_is_thought_to_do_worse_than_the_draw_at_hand() -> None:
    game = play(go(". . . / . . . / . . .", to_play=BLACK, komi=0.0), "pass")
    judge = Stubborn(game.rules.pass_action)
    search = searched(game, judge, num_simulations=20, solve=True)
    assert bounds_of(search)[0] == 0
    tree = search.tree
    assert search.root_values(ONE_ROW)[0] >= 0.0
    assert tree.edge_visit_count[0, int(tree.first_edge[0, ROOT]) + 9] == 1


# Proofs that hold in this game alone


def test_proof_by_the_move_limit_is_tainted_and_one_by_two_passes_is_not() -> None:
    ahead = play(go(". X . / X X X / . X .", to_play=WHITE, komi=0.5), "pass")
    search = searched(ahead, UniformEvaluator(), num_simulations=30, solve=True)
    assert bounds_of(search)[0] == 1
    assert not is_proof_tainted(search.tree, 0, ROOT)
    stones = ahead.stones()
    last = Game(Rules("go", 3, 3, komi=0.5, move_limit=1), stones)
    search = searched(last, UniformEvaluator(), num_simulations=30, solve=True)
    assert bounds_of(search)[0] == 1
    assert is_proof_tainted(search.tree, 0, ROOT)


def test_upper_bound_is_tainted_where_superko_forbids_a_move() -> None:
    diagram = "O O . O / X X O . / . . . ."
    for ko, is_banned in (("positional", True), ("simple", False)):
        game = play(go(diagram, ko=ko, komi=0.5), "C3 B3 pass")
        assert (refusal(game, "A3") is not None) == is_banned
        search = searched(game, UniformEvaluator(), num_simulations=2, solve=True)
        assert search.tree.taint[0, ROOT] == (UPPER_TAINTED if is_banned else 0)


# Refusals


@pytest.mark.interpreted
def test_proofs_are_refused_behind_the_firewall_and_for_learned_values() -> None:
    game = gomoku("X X . / O O . / . . .", line_length=3)
    search = new_search(game.rules, UniformEvaluator(), num_simulations=20, solve=True)
    with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
        search.run(game.state, ONE_ROW)

    def learned(state: State, rows: Rows) -> Floats:
        return np.full(len(rows), 0.25, np.float32)

    config = SearchConfig(num_simulations=20, solve=True)
    search = Search(config, UniformEvaluator(), game.rules, 1, SEED, terminal_values=learned)
    with pytest.raises(ValueError, match="outcomes"):
        search.run(game.state, ONE_ROW)


@pytest.mark.parametrize("selection", KINDS)
def test_nothing_is_proven_unless_asked_for(selection: str) -> None:
    game = gomoku("X X . / O O . / . . .", line_length=3)
    search = searched(game, UniformEvaluator(), num_simulations=200, selection=selection)
    tree, count = search.tree, int(search.tree.num_nodes[0])
    assert sum(visits_of(search)) == 199
    assert (tree.node_kind[0, :count] != INNER).any()
    assert (tree.lower_bound[0, :count] == -1).all()
    assert (tree.upper_bound[0, :count] == 1).all()
