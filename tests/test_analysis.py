"""What a search tells of its root: moves in order, bounds, variations, points and ownership."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from diagrams import IS_INTERPRETED, go, gomoku
from judged_positions import ONE_ROW, RULES, SEED, HashedEvaluator, random_position
from naive_go import WHITE

from engine.board import BLACK, allocate_state
from engine.errors import OutcomeForbiddenError
from engine.game import Game
from engine.rulesets import Rules, go_rules
from engine.scoring import outcomes_forbidden
from mcts.analysis import MOST_FORECASTS, Analysis, with_forecast
from mcts.config import SearchConfig
from mcts.evaluator import Evaluator, UniformEvaluator
from mcts.forecast import RolloutForecaster
from mcts.tree import NO_CHILD, ROOT
from mcts.tree_search import Limits, TreeSearch


def grown(game: Game, evaluator: Evaluator, visits: int, **options: Any) -> TreeSearch:
    """A search that has looked at a game."""
    config = SearchConfig(num_simulations=visits, **options)
    search = TreeSearch(config, [evaluator], game.rules, SEED)
    search.set_root(game.state)
    search.run(Limits(visits))
    return search


def values_below(search: TreeSearch, node: int) -> list[float]:
    """What every simulation through a node told the side to move there."""
    tree = search.tree
    first = int(tree.first_edge[0, node])
    values = [float(tree.raw_value[0, node])]
    for edge in range(first, first + int(tree.edge_count[0, node])):
        child = int(tree.edge_child[0, edge])
        if child != NO_CHILD:
            values += [-value for value in values_below(search, child)]
    repeats = int(tree.visit_count[0, node]) - len(values)
    return values + values[:1] * repeats  # a finished game met again


# Moves


@pytest.mark.interpreted
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_bound_is_five_standard_errors_below_the_mean_of_the_values(rules: Rules) -> None:
    game, _ = random_position(rules, 4)
    search = grown(game, HashedEvaluator(), 25 if IS_INTERPRETED else 300)
    tree = search.tree
    for move in search.analysis().moves:
        (edge,) = np.flatnonzero(tree.edge_action[0, : tree.edge_count[0, ROOT]] == move.action)
        values = [-value for value in values_below(search, int(tree.edge_child[0, edge]))]
        mean, count = math.fsum(values) / len(values), len(values)
        usual = 2 * (mean**2 + 0.4**2)
        variance = (usual + math.fsum(value**2 for value in values)) / (2 + count) - mean**2
        bound = max(mean - 5 * math.sqrt(variance / count), -1.0)
        assert count == move.visits
        assert move.win_rate_to_play == pytest.approx((mean + 1) / 2, abs=1e-6)
        assert move.lcb_to_play == pytest.approx((bound + 1) / 2, abs=1e-6)


@pytest.mark.interpreted
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_analysis_holds_every_visited_move_once_and_the_one_to_play_first(rules: Rules) -> None:
    game, _ = random_position(rules, 5)
    visits = 30 if IS_INTERPRETED else 400
    search = grown(game, HashedEvaluator(), visits)
    analysis = search.analysis()
    counts = search.move_weights()
    assert analysis.to_play == game.to_play
    assert analysis.visits == visits
    assert {move.action: move.visits for move in analysis.moves} == {
        int(action): int(counts[action]) for action in np.flatnonzero(counts)
    }
    assert analysis.moves[0].action == search.best_action()
    assert [move.order for move in analysis.moves] == list(range(len(analysis.moves)))
    others = [move.visits for move in analysis.moves[1:]]
    assert others == sorted(others, reverse=True)
    assert all(0 <= move.lcb_to_play <= move.win_rate_to_play <= 1 for move in analysis.moves)
    assert 0 < math.fsum(move.prior for move in analysis.moves) < 1 + 1e-5


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_variations_are_legal_games_that_begin_with_their_move(rules: Rules) -> None:
    for seed in range(5):
        analysis = grown(random_position(rules, seed)[0], HashedEvaluator(), 300).analysis()
        for move in analysis.moves:
            game, _ = random_position(rules, seed)
            assert move.variation[0] == move.action
            assert len(move.variation) <= move.visits
            for action in move.variation:
                game.play(action)
    assert max(len(move.variation) for move in analysis.moves) > 2


def test_move_of_few_lucky_visits_is_not_played_and_a_surer_one_with_enough_of_them_is() -> None:
    search = grown(Game(go_rules(3)), UniformEvaluator(), 1000)
    tree = search.tree
    first = int(tree.first_edge[0, ROOT])
    for place, (visits, mean) in enumerate([(600, 0.1), (200, 0.5), (20, 0.9)]):
        edge = first + place
        child = int(tree.edge_child[0, edge])
        tree.edge_visit_count[0, edge] = tree.visit_count[0, child] = visits
        tree.edge_value_sum[0, edge] = visits * mean
        tree.value_sum[0, child] = -visits * mean
        tree.value_square_sum[0, child] = visits * (mean**2 + 0.3**2)
    assert search.best_action() == 1
    tree.visit_count[0, ROOT] = 99
    assert search.best_action() == 0


def test_proven_win_comes_first_and_proven_losses_last() -> None:
    game = gomoku("X X . . / O O . . / . . . . / . . . .", line_length=3)
    search = grown(game, UniformEvaluator(), 3000, selection="uct", solve=True)
    best = search.analysis().moves[0]
    assert best.action == 2
    assert best.win_rate_to_play == 1.0


def test_picture_does_not_change_while_the_search_goes_on() -> None:
    game = Game(go_rules(4))
    search = grown(game, HashedEvaluator(), 50)
    analysis = search.analysis()
    copy = Analysis(**vars(analysis))
    search = grown(game, HashedEvaluator(), 400)
    assert analysis == copy
    assert search.analysis() != copy
    with pytest.raises(FrozenInstanceError):
        analysis.visits = 0  # type: ignore[misc]


def test_position_that_nobody_searched_has_no_moves() -> None:
    game = Game(go_rules(3))
    search = TreeSearch(SearchConfig(), [UniformEvaluator()], game.rules, SEED)
    search.set_root(game.state)
    analysis = search.analysis()
    assert (analysis.visits, analysis.moves, analysis.win_rate_to_play) == (0, (), 0.5)


# Points


SETTLED = ". X . X O / X X X X O / . X X O O / X X O O . / . X O . O"


def forecasted(game: Game, visits: int = 200) -> Analysis:
    analysis = grown(game, HashedEvaluator(), visits).analysis()
    ahead = allocate_state(1 + MOST_FORECASTS, game.rules.width, game.rules.height, 200)
    return with_forecast(analysis, game.state, ahead, RolloutForecaster(game.rules, SEED))


@pytest.mark.parametrize("to_play", [BLACK, WHITE])
def test_forecast_of_a_settled_board_is_its_score_and_its_owners(to_play: int) -> None:
    game = go(SETTLED, to_play, komi=0.5)
    analysis = forecasted(game)
    sign = 1 if to_play == BLACK else -1
    assert analysis.score_lead_to_play == pytest.approx(sign * game.score_black(), abs=2.5)
    assert analysis.ownership_black is not None
    owners = np.reshape(analysis.ownership_black, (5, 5))
    stones = game.stones()
    assert owners[stones == BLACK].mean() > 0.8
    assert owners[stones == WHITE].mean() < -0.8
    leads = [move.score_lead_to_play for move in analysis.moves]
    assert all(lead is not None for lead in leads[:MOST_FORECASTS])
    assert leads[MOST_FORECASTS:] == [None] * len(leads[MOST_FORECASTS:])


def test_forecast_of_a_finished_game_is_exact() -> None:
    game = go(". X X O / X X O . / X X O O / . X O .", komi=1.0)
    game.play(game.rules.pass_action)
    game.play(game.rules.pass_action)
    forecast = RolloutForecaster(game.rules, SEED, repeats=8).forecast(game.state, ONE_ROW)
    assert forecast.ownership_black is not None
    assert forecast.scores_black.tolist() == [game.score_black()]
    assert forecast.ownership_black.sum() - 1.0 == game.score_black()


def test_forecasts_are_refused_for_gomoku_and_behind_the_firewall() -> None:
    forecaster = RolloutForecaster(Rules("gomoku", 4, 4), SEED)
    with pytest.raises(ValueError, match="expected Go"):
        forecaster.forecast(Game(Rules("gomoku", 4, 4)).state, ONE_ROW)
    with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
        RolloutForecaster(go_rules(3), SEED).forecast(Game(go_rules(3)).state, ONE_ROW)
