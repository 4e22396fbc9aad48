"""The sign of values along every road that they take up a tree.

Where every position is worth the same to Black, every mean of a tree must be that number, seen from the side
that it belongs to: one wrong sign anywhere, and some mean falls short of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from diagrams import IS_INTERPRETED
from judged_positions import ONE_ROW, RULES, SEED, random_position, visits_of

from engine.board import BLACK, TO_PLAY, State
from engine.game import Game
from engine.rulesets import Rules
from engine.scoring import black_sign
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows
from mcts.search import Search
from mcts.tree import INNER, NO_CHILD, ROOT, TERMINAL, Tree
from mcts.tree_search import Limits, TreeSearch


class SameForBlack:
    """Judges every position alike, from the view of Black; likes some moves more than others."""

    def __init__(self, value_black: float) -> None:
        self.value_black = value_black

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        logits[: len(rows)] = np.sin(np.arange(logits.shape[1]))
        values[: len(rows)] = self.terminal_values(state, rows)

    def terminal_values(self, state: State, rows: Rows) -> Floats:
        return np.asarray(self.value_black * black_sign(state, rows), np.float32)


def assert_signs(tree: Tree, value_to_play: float) -> dict[int, int]:
    """Fails unless each node and edge has the value of its side; returns how many nodes each kind has."""
    kinds = {INNER: 0, TERMINAL: 0}
    frontier = [(ROOT, value_to_play)]
    while frontier:
        node, value = frontier.pop()
        kinds[int(tree.node_kind[0, node])] += 1
        assert tree.value_sum[0, node] == pytest.approx(value * tree.visit_count[0, node])
        assert tree.raw_value[0, node] == np.float32(value)
        lower, upper = tree.lower_bound[0, node], tree.upper_bound[0, node]
        assert lower <= value <= upper
        if tree.node_kind[0, node] == TERMINAL:
            continue
        first = int(tree.first_edge[0, node])
        for edge in range(first, first + int(tree.edge_count[0, node])):
            assert tree.edge_value_sum[0, edge] == pytest.approx(value * tree.edge_visit_count[0, edge])
            if tree.edge_child[0, edge] != NO_CHILD:
                frontier.append((int(tree.edge_child[0, edge]), -value))
    return kinds


def sign_of(game: Game) -> int:
    return 1 if game.state.scalars[0, TO_PLAY] == BLACK else -1


def values_and_solve() -> list[Any]:
    """Values to Black that are outcomes may be proven, others may not."""
    learned = [pytest.param(value, False, id=f"{value}") for value in (0.5, -0.25)]
    return learned + [pytest.param(value, True, id=f"{value} proven") for value in (1.0, -1.0, 0.0)]


@pytest.mark.interpreted
@pytest.mark.parametrize("selection", ["puct", "uct", "gumbel"])
@pytest.mark.parametrize(("value_black", "solve"), values_and_solve())
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_every_mean_of_a_tree_is_the_value_of_its_side(
    rules: Rules, value_black: float, solve: bool, selection: Any
) -> None:
    judge, num_terminal = SameForBlack(value_black), 0
    config = SearchConfig(num_simulations=25 if IS_INTERPRETED else 200, selection=selection, solve=solve)
    for seed in range(2 if IS_INTERPRETED else 4):
        game, _ = random_position(rules, seed)
        search = Search(config, judge, rules, 1, SEED, judge.terminal_values)
        search.run(game.state, ONE_ROW, noise=True)
        value = value_black * sign_of(game)
        num_terminal += assert_signs(search.tree, value)[TERMINAL]
        assert search.root_values(ONE_ROW)[0] == pytest.approx(value)
        assert list(search.action_values(0).values()) == pytest.approx([value] * len(search.action_values(0)))
    assert num_terminal > 0 or rules.area > 9


@pytest.mark.parametrize(("value_black", "solve"), values_and_solve())
def test_every_mean_of_a_tree_that_is_used_again_is_the_value_of_its_side(
    value_black: float, solve: bool
) -> None:
    judge = SameForBlack(value_black)
    config = SearchConfig(num_simulations=100, solve=solve, reuse_tree=True)
    for rules in RULES:
        game = Game(rules)
        search = Search(config, judge, rules, 1, SEED, judge.terminal_values)
        while not game.is_over and len(game.moves) < 12:
            search.run(game.state, ONE_ROW)
            assert_signs(search.tree, value_black * sign_of(game))
            game.play(int(np.argmax(visits_of(search))))


def test_every_mean_of_a_tree_with_many_leaves_at_a_time_is_the_value_of_its_side() -> None:
    rules = Rules("gomoku", 5, 4, line_length=16)
    judge = SameForBlack(-0.25)
    for seed in range(4):
        game, _ = random_position(rules, seed)
        search = TreeSearch(SearchConfig(num_simulations=300), [judge, judge], rules, SEED)
        search.set_root(game.state)
        search.run(Limits(300))
        assert_signs(search.tree, -0.25 * sign_of(game))


# Colors swapped


class OwnStones(SameForBlack):
    """Judges by the stones of the side to move and of the other, whichever their colors are."""

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        for index, row in enumerate(rows):
            own = state.scalars[row, TO_PLAY]
            points = np.arange(state.stone.shape[1])
            mine, theirs = points[state.stone[row] == own], points[state.stone[row] == 3 - own]
            logits[index] = np.cos(np.arange(logits.shape[1]) * (1 + mine.sum()) - theirs.sum())
            values[index] = np.sin(mine.sum() - 2.0 * theirs.sum())


def swapped(game: Game) -> Game:
    """The same game with colors reversed, komi too."""
    options = game.rules.to_dict() | {"komi": -game.rules.komi if game.rules.game == "go" else 0.0}
    stones: npt.NDArray[np.int8] = game.stones()
    return Game(Rules(**options), np.where(stones > 0, 3 - stones, 0).astype(np.int8), 3 - game.to_play)


@pytest.mark.parametrize("solve", [False, True])
@pytest.mark.parametrize("selection", ["puct", "gumbel"])
@pytest.mark.parametrize("rules", [RULES[0], RULES[3], RULES[4]], ids=Rules.describe)
def test_colors_swapped_make_the_same_tree(rules: Rules, selection: Any, solve: bool) -> None:
    config = SearchConfig(num_simulations=120, selection=selection, solve=solve)
    for seed in range(6):
        position, _ = random_position(rules, seed)
        game = Game(rules, position.stones(), position.to_play)
        if game.is_over:
            continue
        found = []
        for twin in (game, swapped(game)):
            search = Search(config, OwnStones(0.0), rules, 1, SEED)
            search.run(twin.state, ONE_ROW)
            found.append((visits_of(search), search.action_values(0), search.root_values(ONE_ROW).tolist()))
        assert found[0] == found[1]
