"""How a search ends a game of Go: passes that win or lose, passes too early, dead stones taken off."""

from __future__ import annotations

import random
from typing import Any

import pytest
from diagrams import IS_INTERPRETED, board_tuple, go, play, sample_size
from judged_positions import (
    ONE_ROW,
    HashedEvaluator,
    Stubborn,
    new_search,
    random_position,
    root_priors,
    searched,
    visits_of,
)
from naive_go import BLACK, EMPTY, WHITE, neighbors_of, opponent_of
from naive_life import pass_alive_owner
from test_proofs import KINDS, bounds_of, chosen

from engine.errors import OutcomeForbiddenError
from engine.game import Game
from engine.notation import action_of_vertex
from engine.rulesets import Rules
from engine.scoring import outcomes_forbidden, scores_black, settled_scores_black
from mcts.evaluator import UniformEvaluator
from mcts.tree import INNER, NO_CHILD, ROOT

# Passes that end the game


@pytest.mark.parametrize("selection", KINDS)
def test_pass_that_answers_a_pass_is_played_when_it_wins_and_not_when_it_loses(selection: str) -> None:
    options = {"selection": selection, "num_simulations": 4, "solve": True}
    ahead = play(go(". X . / X X X / . X .", to_play=WHITE, komi=0.5), "pass")
    search = searched(ahead, Stubborn(0), **options)
    assert chosen(search) == ahead.rules.pass_action
    assert search.policy_targets(ONE_ROW)[0, ahead.rules.pass_action] == 1.0
    behind = play(go(". . . / . . . / . . .", to_play=WHITE, komi=0.5), "pass")
    search = searched(behind, eager_to_pass(behind), **options)
    assert chosen(search) != behind.rules.pass_action
    assert search.policy_targets(ONE_ROW)[0, behind.rules.pass_action] == 0.0


@pytest.mark.parametrize("selection", KINDS)
def test_pass_that_loses_to_another_pass_is_not_played_however_likely_the_network_thinks_it(
    selection: str,
) -> None:
    game = Game(Rules("go", 3, 3, komi=0.5))
    search = searched(game, eager_to_pass(game), num_simulations=25, selection=selection, solve=True)
    assert chosen(search) != game.rules.pass_action
    assert visits_of(search)[-1] <= 2
    assert search.move_weights(ONE_ROW)[0, -1] == 0


def eager_to_pass(game: Game) -> Stubborn:
    return Stubborn(game.rules.pass_action)


# Passes too early


def test_nobody_passes_before_its_time_while_there_is_another_move() -> None:
    game = Game(Rules("go", 3, 3, komi=0.5))
    search = searched(game, eager_to_pass(game), num_simulations=60, min_pass_ply=4)
    tree = search.tree
    frontier = [(ROOT, 0)]
    while frontier:
        node, ply = frontier.pop()
        edges = range(tree.first_edge[0, node], tree.first_edge[0, node] + tree.edge_count[0, node])
        actions = [int(tree.edge_action[0, edge]) for edge in edges]
        if tree.node_kind[0, node] == INNER:
            assert (game.rules.pass_action in actions) == (ply >= 4)
        for edge in edges:
            if tree.edge_child[0, edge] != NO_CHILD:
                frontier.append((int(tree.edge_child[0, edge]), ply + 1))
    full = go(". X / X X")
    assert visits_of(searched(full, eager_to_pass(full), num_simulations=5, min_pass_ply=9))[-1] > 0


def test_nothing_is_proven_lost_where_a_pass_was_left_out() -> None:
    lost = go(". . .", to_play=WHITE, komi=-3.5, move_limit=1)
    options = {"num_simulations": 60, "solve": True}
    assert bounds_of(searched(lost, UniformEvaluator(), **options)) == (-1, -1)
    search = searched(lost, UniformEvaluator(), min_pass_ply=1, **options)
    assert bounds_of(search) == (-1, 1)
    assert min(visits_of(search)[:3]) > 0


# Dead stones

RULES = Rules("go", 5, 4, komi=0.5, move_limit=300)


def useful_actions(game: Game) -> list[int]:
    """What `clean_up` leaves, worked out from the definition on sets of points."""
    width, height = game.rules.width, game.rules.height
    stones, color = board_tuple(game.stones()), game.to_play
    owner = pass_alive_owner(stones, width, height, game.rules.suicide)

    def is_useful(point: int) -> bool:
        touches_opponent = any(stones[n] == opponent_of(color) for n in neighbors_of(point, width, height))
        return owner[point] == EMPTY or (owner[point] == color and touches_opponent)

    moves = [action for action in game.legal_actions()[:-1] if is_useful(action)]
    is_clean = not any(o == color and s == opponent_of(color) for o, s in zip(owner, stones, strict=True))
    return moves + [game.rules.pass_action] * (is_clean or not moves)


def num_dead(game: Game, color: int) -> int:
    """Stones of a color in pass-alive territory of the other."""
    return int(((game.stones() == color) & (game.pass_alive() == opponent_of(color))).sum())


def late_game(seed: int) -> Game:
    """A random game in which many points are settled."""
    rng, game = random.Random(seed), Game(RULES)
    for _ in range(rng.randrange(25, 60)):
        action = rng.choice(game.legal_actions()[:-1] or [game.rules.pass_action])
        if game.is_over:
            break
        game.play(action)
    return game


@pytest.mark.interpreted
@pytest.mark.parametrize("selection", KINDS)
def test_root_has_the_moves_that_may_still_matter_and_no_others(selection: str) -> None:
    num_left_out = num_to_take = 0
    for seed in range(sample_size(compiled=120, interpreted=4)):
        game = late_game(seed)
        if game.is_over:
            continue
        search = searched(
            game, HashedEvaluator(), num_simulations=8, noise=True, clean_up=True, selection=selection
        )
        priors = root_priors(search)
        assert sorted(priors) == useful_actions(game), game.draw()
        assert sum(priors.values()) == pytest.approx(1.0, abs=1e-5)
        visits = visits_of(search)
        assert sum(visits) == 7
        assert {action for action, count in enumerate(visits) if count} <= set(priors)
        num_left_out += len(game.legal_actions()) - len(priors)
        num_to_take += game.rules.pass_action not in priors
    assert IS_INTERPRETED or (num_left_out > 60 and num_to_take > 10)


@pytest.mark.interpreted
def test_root_is_left_as_it_is_where_it_is_too_early_for_the_pass_that_alone_matters() -> None:
    num_early = 0
    for seed in range(sample_size(compiled=120, interpreted=4)):
        game = late_game(seed)
        if game.is_over:
            continue
        search = searched(game, HashedEvaluator(), num_simulations=3, clean_up=True, min_pass_ply=300)
        moves = [action for action in useful_actions(game) if action != game.rules.pass_action]
        assert sorted(root_priors(search)) == (moves or game.legal_actions()[:-1] or game.legal_actions())
        num_early += not moves
    assert IS_INTERPRETED or num_early > 0


def test_moves_and_the_pass_stay_where_nothing_is_settled() -> None:
    game, _ = random_position(Rules("go", 5, 5), 2)
    assert sorted(root_priors(searched(game, UniformEvaluator(), num_simulations=3, clean_up=True))) == (
        game.legal_actions()
    )
    line = Game(Rules("gomoku", 3, 3, line_length=3))
    assert sorted(root_priors(searched(line, UniformEvaluator(), num_simulations=3, clean_up=True))) == (
        line.legal_actions()
    )


@pytest.mark.parametrize("selection", KINDS)
def test_dead_stones_are_taken_off_one_by_one_and_then_comes_the_pass(selection: str) -> None:
    num_taken = 0
    for seed in range(60):
        game = late_game(seed)
        cleaner = game.to_play
        if game.is_over or num_dead(game, cleaner) or not num_dead(game, opponent_of(cleaner)):
            continue
        sign = 1 if cleaner == BLACK else -1
        settled = sign * settled_scores_black(game.state, [0])[0]
        search = new_search(
            game.rules, UniformEvaluator(), num_simulations=12, clean_up=True, selection=selection
        )
        for _ in range(2 * game.rules.area):
            if game.is_over:
                break
            if game.to_play == cleaner:
                search.run(game.state, ONE_ROW)
                game.play(chosen(search))
            else:
                game.play(game.rules.pass_action)
        assert game.is_over
        assert not num_dead(game, opponent_of(cleaner)), game.draw()
        assert sign * scores_black(game.state, [0])[0] >= settled
        num_taken += 1
    assert num_taken > 5


@pytest.mark.parametrize("selection", KINDS)
def test_stones_are_taken_before_a_pass_that_wins_already(selection: str) -> None:
    game = play(go(". X . X . / X X X X O / X . X X .", to_play=WHITE, komi=0.5), "pass")
    options: dict[str, Any] = {"num_simulations": 10, "solve": True, "selection": selection}
    assert chosen(searched(game, UniformEvaluator(), **options)) == game.rules.pass_action
    taking = {action_of_vertex(vertex, game.rules) for vertex in ("E3", "E1")}
    assert chosen(searched(game, UniformEvaluator(), clean_up=True, **options)) in taking


@pytest.mark.interpreted
def test_dead_stones_are_not_told_behind_the_firewall() -> None:
    game = Game(RULES)
    search = new_search(game.rules, UniformEvaluator(), num_simulations=3, clean_up=True)
    with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
        search.run(game.state, ONE_ROW)
