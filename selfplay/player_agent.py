"""Search players for one game at a time: by random games or by a network, and as agents."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.board import State
from engine.rulesets import Rules
from mcts.analysis import Analysis
from mcts.config import SearchConfig
from mcts.evaluation_cache import CachedEvaluator, EvaluationCache
from mcts.evaluator import RolloutEvaluator
from mcts.forecast import RolloutForecaster
from mcts.player import Player, Report
from mcts.policy_target import choose_actions
from mcts.tree_search import BATCH, Limits, TreeSearch, never

if TYPE_CHECKING:
    from selfplay.network import Network

NUM_CACHED = 32_768
"""Positions whose judgments a network player remembers."""


def rollout_player(
    rules: Rules, max_nodes: int, threads: int, seed: np.random.SeedSequence, *, forecasts: bool
) -> Player:
    """UCT with random games.

    Args:
        rules: what is played.
        max_nodes: of its tree.
        threads: that search.
        seed: entropy.
        forecasts: whether analyses tell of points and ownership in Go, at the cost of some random games.
    """
    search_seed, evaluator_seed, forecast_seed = seed.spawn(3)
    config = SearchConfig(num_simulations=max_nodes, selection="uct", solve=True)
    evaluator = RolloutEvaluator(rules, threads * BATCH, evaluator_seed)
    search = TreeSearch(config, [evaluator] * threads, rules, search_seed)
    return Player(search, rules, RolloutForecaster(rules, forecast_seed) if forecasts else None)


def network_player(
    weights: "Network", rules: Rules, max_nodes: int, threads: int, seed: np.random.SeedSequence
) -> Player:
    """PUCT with a network; see `rollout_player`."""
    from selfplay.inference import NetworkEvaluator, prepare_for_inference

    prepared = prepare_for_inference(weights)
    cache = EvaluationCache(rules, NUM_CACHED)
    cores = 1 if threads > 1 else None  # each thread of the search computes for itself
    networks = [NetworkEvaluator(prepared, rules, BATCH, cores) for _ in range(threads)]
    evaluators = [CachedEvaluator(network, cache, rules, BATCH) for network in networks]
    config = SearchConfig(num_simulations=max_nodes, solve=True)
    return Player(TreeSearch(config, evaluators, rules, seed), rules)


class PlayerAgent:
    """An agent for one game at a time, which goes on from what it knew a move ago.

    Attributes:
        analysis: of its latest choice, or None.
    """

    def __init__(
        self,
        player: Player,
        visits: int | None,
        seconds: float | None,
        temperature: float,
        seed: np.random.SeedSequence,
    ) -> None:
        """Give a player its strength.

        Args:
            player: its own.
            visits: simulations a move, or None.
            seconds: time a move, or None.
            temperature: of the move drawn from the visits; 0 plays the best one.
            seed: entropy of the draw.
        """
        self.analysis: Analysis | None = None
        self._player = player
        self._visits = visits
        self._seconds = seconds
        self._temperature = temperature
        self._random = np.random.default_rng(seed)

    def choose(
        self, state: State, rows: npt.NDArray[np.int64], moves: Sequence[Sequence[int]] | None = None
    ) -> npt.NDArray[np.int64]:
        """See `selfplay.agents.Agent.choose`."""
        return np.array([self.choose_within(self.limits(), state, int(row)) for row in rows], np.int64)

    def limits(self, seconds: float | None = None, stop: Callable[[], bool] = never) -> Limits:
        """What a choice that begins now may take.

        Args:
            seconds: instead of its own strength.
            stop: asked while it thinks; true ends that at once.
        """
        allowed = self._seconds if seconds is None else seconds
        deadline = None if allowed is None else time.monotonic() + allowed
        return Limits(self._visits if seconds is None else None, deadline, stop)

    def choose_within(
        self, limits: Limits, state: State, row: int = 0, *, report: Report | None = None
    ) -> int:
        """A legal action for the side to move in an unfinished game.

        Args:
            limits: when to stop thinking.
            state: the batch.
            row: which game.
            report: told of an analysis now and then.
        """
        self.analysis = self._player.think(state, limits, row=row, report=report)
        if self._temperature == 0:
            return self.analysis.moves[0].action
        weights, temperature = self._player.search.move_weights()[None], np.array([self._temperature])
        return int(choose_actions(weights, temperature, self._random.random(1))[0])
