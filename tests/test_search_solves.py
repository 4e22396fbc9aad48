"""What one tree proves by itself: winners of small boards of both games, victories by continuous fours."""

from __future__ import annotations

import numpy as np
import pytest
from diagrams import gomoku
from test_vcf import CROSS, LONG

from engine.board import BLACK
from engine.game import Game
from engine.notation import vertex_of_action
from engine.rulesets import Rules
from engine.threats import find_vcf
from mcts.analysis import Analysis
from mcts.config import SearchConfig, SelectionRule
from mcts.evaluator import Evaluator, RolloutEvaluator, UniformEvaluator
from mcts.tree import ROOT
from mcts.tree_search import Limits, TreeSearch

PROVEN = {1: (1, 1), 0: (0, 0), -1: (-1, -1)}


def searched(game: Game, visits: int, selection: SelectionRule = "uct") -> tuple[Analysis, tuple[int, int]]:
    """What a search finds, and the bounds that it proves for the side to move."""
    rules = game.rules
    evaluator: Evaluator = UniformEvaluator()
    if selection == "uct":
        evaluator = RolloutEvaluator(rules, 16, np.random.SeedSequence(1))
    config = SearchConfig(num_simulations=visits, selection=selection, solve=True)
    search = TreeSearch(config, [evaluator], rules, np.random.SeedSequence(2))
    search.set_root(game.state)
    search.run(Limits(visits))
    bounds = search.tree.lower_bound[0, ROOT], search.tree.upper_bound[0, ROOT]
    return search.analysis(), (int(bounds[0]), int(bounds[1]))


def best_vertex(analysis: Analysis, rules: Rules) -> str:
    return vertex_of_action(analysis.moves[0].action, rules)


@pytest.mark.parametrize("selection", ["uct", "puct"])
@pytest.mark.parametrize(("width", "height"), [(4, 3), (4, 4)])
def test_three_in_a_row_is_proven_to_win(selection: SelectionRule, width: int, height: int) -> None:
    """Source: full search, see tests/test_gomoku_oracles.py."""
    analysis, bounds = searched(Game(Rules("gomoku", width, height, line_length=3)), 60_000, selection)
    assert bounds == PROVEN[1]
    assert analysis.moves[0].win_rate_to_play == 1.0


def test_tic_tac_toe_is_proven_a_draw() -> None:
    """It takes long: moves that are proven draws already are looked at again and again."""
    _, bounds = searched(Game(Rules("gomoku", 3, 3, line_length=3)), 400_000, "puct")
    assert bounds == PROVEN[0]


def test_first_move_of_three_in_a_row_on_5x5_is_proven_to_win() -> None:
    _, bounds = searched(Game(Rules("gomoku", 5, 5, line_length=3)), 60_000)
    assert bounds == PROVEN[1]


@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize(
    ("width", "height", "score"), [(1, 2, 0), (3, 1, 3), (4, 1, 4), (5, 1, 0), (2, 2, 1), (3, 2, 0)]
)
def test_value_of_a_tiny_board_of_go_is_proven(width: int, height: int, score: int, suicide: bool) -> None:
    """Black gets this score and no more. Source: Drange's table, see tests/test_go_oracles.py."""
    for komi, value in ((score - 0.5, 1), (score + 0.5, -1)):
        game = Game(Rules("go", width, height, komi=komi, suicide=suicide, move_limit=500))
        _, bounds = searched(game, 300_000)
        assert bounds == PROVEN[value]


def test_center_of_3x3_is_found_to_take_everything() -> None:
    game = Game(Rules("go", 3, 3, komi=8.5))
    analysis, _ = searched(game, 20_000)
    assert best_vertex(analysis, game.rules) == "B2"
    assert analysis.win_rate_to_play > 0.7
    others = [move for move in analysis.moves[1:] if move.visits > 0]
    assert all(move.visits < analysis.moves[0].visits / 20 for move in others)


def test_a_central_point_of_4x4_is_opened_with() -> None:
    game = Game(Rules("go", 4, 4, komi=1.5))
    analysis, _ = searched(game, 50_000)
    assert best_vertex(analysis, game.rules) in {"B2", "B3", "C2", "C3"}


def test_center_of_5x5_is_opened_with() -> None:
    game = Game(Rules("go", 5, 5, komi=7.0))
    analysis, _ = searched(game, 20_000)
    assert best_vertex(analysis, game.rules) == "C3"


@pytest.mark.parametrize(
    ("diagram", "line_rule", "to_play"),
    [(CROSS, "freestyle", BLACK), (LONG["freestyle", BLACK], "freestyle", BLACK)],
    ids=["cross", "long"],
)
def test_victory_by_continuous_fours_is_found(diagram: str, line_rule: str, to_play: int) -> None:
    game = gomoku(diagram, to_play, line_rule=line_rule)
    assert find_vcf(game.state, 0).verdict == "win"
    analysis, _ = searched(game, 30_000)
    assert analysis.win_rate_to_play > 0.5
    game.play(analysis.moves[0].action)
    if not game.is_over:
        assert searched(game, 30_000)[0].win_rate_to_play < 0.5
