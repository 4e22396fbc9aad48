"""Positions and judges of them that the compiled and the naive searches both know."""

from __future__ import annotations

import math
import random
import zlib
from typing import Any

import numpy as np
from diagrams import board_tuple
from naive_go import Board, NaiveGo
from naive_gomoku import NaiveGomoku

from engine import board
from engine.board import State
from engine.game import Game, stones_of
from engine.rulesets import Rules
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows, UniformEvaluator
from mcts.search import Search
from mcts.tree import ROOT

SEED = np.random.SeedSequence(20)
ONE_ROW = np.array([0])
RULES = [
    Rules("go", 3, 3, komi=0.5),
    Rules("go", 2, 2, komi=1.0, move_limit=30),
    Rules("go", 4, 3, komi=1.0, ko="simple", suicide=True),
    Rules("go", 5, 5, komi=6.5),
    Rules("gomoku", 3, 3, line_length=3),
    Rules("gomoku", 5, 4, line_length=4, line_rule="standard"),
]

# Evaluators that the naive search can ask too


def judgment(stones: Board, to_play: int) -> tuple[Floats, np.float32]:
    """Logits of all actions and a value that look random but depend on the position alone."""
    rng = np.random.default_rng(zlib.crc32(bytes([*stones, to_play])))
    logits = rng.normal(0.0, 1.5, len(stones) + 1).astype(np.float32)
    return logits, np.float32(rng.uniform(-1.0, 1.0))


class HashedEvaluator:
    """Judges by `judgment`; remembers how many positions it saw at once."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        self.batches.append(len(rows))
        logits[: len(rows)] = np.nan
        for index, row in enumerate(rows):
            stones = board_tuple(stones_of(state, row))
            policy, values[index] = judgment(stones, int(state.scalars[row, board.TO_PLAY]))
            logits[index, : len(policy)] = policy


class Stubborn(UniformEvaluator):
    """Has its mind set on one action."""

    def __init__(self, action: int) -> None:
        self.action = action

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        super().evaluate(state, rows, logits, values)
        logits[: len(rows), self.action] = 20.0


def hashed(game: Any) -> tuple[dict[int, float], float]:
    """`judgment` for the naive search; priors are rounded to single precision where the tree rounds them."""
    logits, value = judgment(game.board, game.to_play)
    actions = game.legal_actions()
    highest = max(float(logits[action]) for action in actions)
    weights = {action: math.exp(float(logits[action]) - highest) for action in actions}
    total = sum(weights.values())
    priors = {action: float(np.float32(float(np.float32(weights[action])) / total)) for action in actions}
    return priors, float(value)


def uniform(game: Any) -> tuple[dict[int, float], float]:
    """`UniformEvaluator` for the naive search."""
    actions = game.legal_actions()
    return dict.fromkeys(actions, float(np.float32(1.0 / len(actions)))), 0.0


# One position, known to both


def naive_game(rules: Rules) -> Any:
    if rules.game == "go":
        return NaiveGo(
            rules.width, rules.height, rules.komi, rules.ko, rules.suicide, rules.resolved_move_limit
        )
    return NaiveGomoku(rules.width, rules.height, rules.line_length, rules.line_rule)


def random_position(rules: Rules, seed: int) -> tuple[Game, Any]:
    """A game and its naive twin after some random moves, not over."""
    rng = random.Random(seed)
    game, naive = Game(rules), naive_game(rules)
    for _ in range(rng.randrange(rules.area)):
        action = rng.choice(game.legal_actions())
        ahead = naive.copy()
        ahead.play(action)
        if ahead.is_over:
            break
        naive = ahead
        game.play(action)
    return game, naive


def new_search(rules: Rules, evaluator: Any, batch: int = 1, seed: int = 20, **options: Any) -> Search:
    return Search(SearchConfig(**options), evaluator, rules, batch, np.random.SeedSequence(seed))


def searched(game: Game, evaluator: Any, *, noise: bool = False, **options: Any) -> Search:
    """A search that has run on a game."""
    search = new_search(game.rules, evaluator, **options)
    search.run(game.state, ONE_ROW, noise=noise)
    return search


def visits_of(search: Search, row: int = 0) -> list[int]:
    return search.visit_counts(np.array([row]))[0].tolist()


def root_priors(search: Search, row: int = 0) -> dict[int, float]:
    tree = search.tree
    edges = range(tree.first_edge[row, ROOT], tree.first_edge[row, ROOT] + tree.edge_count[row, ROOT])
    return {int(tree.edge_action[row, edge]): float(tree.edge_prior[row, edge]) for edge in edges}
