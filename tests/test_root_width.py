"""Searches for analysis that look at more moves of the root than play does."""

from __future__ import annotations

import numpy as np
import pytest
from diagrams import play
from judged_positions import SEED, HashedEvaluator
from test_tree_search import assert_sums_hold, tree_visits

from engine.game import Game
from engine.rulesets import go_rules, gomoku_rules
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows, UniformEvaluator
from mcts.root_width import MOST_NOISE, disturbed, flatten_priors, plain_priors, width_of
from mcts.tree_search import Limits, TreeSearch


def new_game() -> Game:
    return play(Game(gomoku_rules(5)), "C4 C3")


BOARD = new_game()


class OneFavourite(UniformEvaluator):
    """Thinks that the first point is nearly the only move."""

    def evaluate(self, state: object, rows: Rows, logits: Floats, values: Floats) -> None:
        logits[: len(rows)] = 0.0
        logits[: len(rows), 0] = 8.0
        values[: len(rows)] = 0.0


def wide(game: Game, noise: float, visits: int = 200, threads: int = 1, **options: float) -> TreeSearch:
    config = SearchConfig(400, noise_weight=0.0, **options)  # type: ignore[arg-type]
    search = TreeSearch(config, [OneFavourite()] * threads, game.rules, SEED)
    search.set_root(game.state, wide_root_noise=noise)
    search.run(Limits(visits))
    return search


def num_visited(search: TreeSearch) -> int:
    return sum(count > 0 for count in tree_visits(search))


def test_more_noise_looks_at_more_moves() -> None:
    numbers = [num_visited(wide(BOARD, noise)) for noise in (0.0, 0.1, 0.3, 1.0)]
    assert numbers == sorted(numbers)
    assert numbers[0] < numbers[-2]
    assert numbers[-1] == len(BOARD.legal_actions())


def test_a_search_without_noise_is_what_it_was() -> None:
    search = TreeSearch(SearchConfig(400), [HashedEvaluator()], BOARD.rules, SEED)
    search.set_root(BOARD.state)
    search.run(Limits(200))
    other = TreeSearch(SearchConfig(400), [HashedEvaluator()], BOARD.rules, SEED)
    other.set_root(BOARD.state, wide_root_noise=0.0)
    other.run(Limits(200))
    assert search.analysis() == other.analysis()
    assert search.root_priors() == other.root_priors()


@pytest.mark.parametrize("threads", [1, 2])
def test_values_and_priors_are_told_without_the_noise(threads: int) -> None:
    search = wide(BOARD, 1.0, threads=threads)
    assert_sums_hold(search)
    assert not search.tree.root_bonus.any()
    plain = wide(BOARD, 0.0).root_priors()
    assert search.root_priors() == pytest.approx(plain, rel=1e-4)
    for move in search.analysis().moves:
        assert move.prior == pytest.approx(plain[move.action], rel=1e-4)


def test_play_takes_nothing_over_from_a_wider_search_of_the_same_position() -> None:
    search = wide(BOARD, 0.3)
    search.set_root(BOARD.state)
    assert search.num_visits == 0
    search.run(Limits(200))
    assert tree_visits(search) == tree_visits(wide(BOARD, 0.0))


def test_a_wide_search_goes_on_where_it_was_and_widens_what_play_has_found() -> None:
    search = wide(BOARD, 0.3, 100)
    search.set_root(BOARD.state, wide_root_noise=0.3)
    assert search.num_visits == 100
    search.set_root(BOARD.state, wide_root_noise=0.5)
    assert search.num_visits == 0
    search = wide(BOARD, 0.0, 100)
    search.set_root(BOARD.state, wide_root_noise=1.0)
    assert search.num_visits == 100
    before = num_visited(search)
    search.run(Limits(300))
    assert num_visited(search) > before
    assert search.root_priors() == pytest.approx(wide(BOARD, 0.0).root_priors(), rel=1e-4)


def test_a_game_goes_on_behind_a_wide_search_with_what_is_known_of_the_answer() -> None:
    search = wide(BOARD, 0.3)
    game = new_game()
    game.play(search.best_action())
    search.set_root(game.state)
    assert search.num_visits > 0
    assert sum(prior for prior in search.root_priors() if prior > 0) == pytest.approx(1.0, abs=1e-5)


def test_allowed_moves_alone_are_searched_widely() -> None:
    search = TreeSearch(SearchConfig(400), [OneFavourite()], BOARD.rules, SEED)
    search.set_root(BOARD.state, allowed=(0, 1, 2), wide_root_noise=1.0)
    search.run(Limits(60))
    assert np.flatnonzero(tree_visits(search)).tolist() == [0, 1, 2]


def test_a_search_that_knows_no_priors_refuses_noise() -> None:
    search = TreeSearch(SearchConfig(50, "uct"), [UniformEvaluator()], BOARD.rules, SEED)
    with pytest.raises(ValueError, match="expected 0 unless the selection is puct"):
        search.set_root(BOARD.state, wide_root_noise=0.1)


@pytest.mark.parametrize("noise", [-0.1, MOST_NOISE + 0.1, float("nan"), float("inf")])
def test_noise_has_a_range(noise: float) -> None:
    with pytest.raises(ValueError, match=r"expected 0\.\.5"):
        width_of(noise)


def test_priors_come_back_and_a_bonus_goes_even_where_something_fails() -> None:
    game = Game(go_rules(4))
    search = TreeSearch(SearchConfig(50), [HashedEvaluator()], game.rules, SEED)
    search.set_root(game.state)
    search.run(Limits(2))
    before = plain_priors(search.tree, 0, 1.0)
    flatten_priors(search.tree, 0, width_of(0.5))
    flat = plain_priors(search.tree, 0, 1.0)
    assert flat == pytest.approx(before ** (1 / 3), rel=1e-5)
    assert plain_priors(search.tree, 0, 3.0) == pytest.approx(before, rel=1e-5)
    search.tree.root_bonus[0] = -0.25
    with pytest.raises(ZeroDivisionError):
        look_and_fail(search)
    assert (search.tree.root_bonus[0] == -0.25).all()


def look_and_fail(search: TreeSearch) -> None:
    with disturbed(search.tree, 0, 0.5, np.random.default_rng(1)):
        gained = search.tree.root_bonus[0] + 0.25
        assert (gained >= 0).all()
        assert 0 < np.count_nonzero(gained) < gained.size
        raise ZeroDivisionError
