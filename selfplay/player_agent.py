"""Search players for one game at a time: by random games or by a network, and as agents."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.board import State
from engine.rulesets import Rules
from mcts.analysis import Analysis
from mcts.config import SearchConfig
from mcts.evaluation_cache import CachedEvaluator, EvaluationCache
from mcts.evaluator import RolloutEvaluator
from mcts.forecast import Forecaster, RolloutForecaster
from mcts.player import Player, Report
from mcts.policy_target import choose_actions
from mcts.tree_search import BATCH, Limits, TreeSearch, never
from selfplay.external_agent import RESIGNS
from selfplay.resignation import Resigner

if TYPE_CHECKING:
    from selfplay.backends import Backend
    from selfplay.network import Network

NUM_CACHED = 32_768
"""Positions whose judgments a network player remembers."""


def rollout_player(
    config: SearchConfig, rules: Rules, threads: int, seed: np.random.SeedSequence, *, forecasts: bool
) -> Player:
    """A search by random games.

    Args:
        config: of the search; its simulations are the memory of the tree.
        rules: what is played.
        threads: that search.
        seed: entropy.
        forecasts: whether analyses tell of points and ownership in Go, at the cost of some random games.
    """
    search_seed, evaluator_seed, forecast_seed = seed.spawn(3)
    evaluator = RolloutEvaluator(rules, threads * BATCH, evaluator_seed)
    search = TreeSearch(config, [evaluator] * threads, rules, search_seed)
    return Player(search, rules, RolloutForecaster(rules, forecast_seed) if forecasts else None)


def network_player(
    weights: "Network",
    config: SearchConfig,
    rules: Rules,
    threads: int,
    seed: np.random.SeedSequence,
    forecaster: Forecaster | None,
    *,
    forecasts: bool,
    backend: "Backend" = "torch",
) -> Player:
    """A search by a network, which may have a forecaster; see `rollout_player`."""
    from selfplay.backends import evaluators_of

    cache = EvaluationCache(rules, NUM_CACHED)
    cores = 1 if threads > 1 else None  # each thread of the search computes for itself
    networks = evaluators_of(weights, rules, BATCH, backend, count=threads, cores=cores)
    evaluators = [CachedEvaluator(network, cache, rules, BATCH) for network in networks]
    search = TreeSearch(config, evaluators, rules, seed, forecaster=forecaster)
    return Player(search, rules, forecaster if forecasts else None)


class PlayerAgent:
    """An agent for one game at a time, which goes on from what it knew a move ago.

    Attributes:
        analysis: of its latest choice, or None.
        player: who searches.
        resigner: who says when to give up, or None.
    """

    def __init__(
        self,
        player: Player,
        visits: int | None,
        seconds: float | None,
        temperature: float,
        seed: np.random.SeedSequence,
        resigner: Resigner | None = None,
    ) -> None:
        """Give a player its strength.

        Args:
            player: its own.
            visits: simulations a move, or None.
            seconds: time a move, or None.
            temperature: of the move drawn from the visits; 0 plays the best one.
            seed: entropy of the draw.
            resigner: who says when to give up, or None.
        """
        self.analysis: Analysis | None = None
        self.player = player
        self.resigner = resigner
        self._visits = visits
        self._seconds = seconds
        self._temperature = temperature
        self._random = np.random.default_rng(seed)

    def choose(
        self, state: State, rows: npt.NDArray[np.int64], moves: Sequence[Sequence[int]] | None = None
    ) -> npt.NDArray[np.int64]:
        """See `selfplay.agents.Agent.choose`."""
        return np.array([self.choose_within(self.limits(), state, int(row)) for row in rows], np.int64)

    def limits(
        self, seconds: float | None = None, stop: Callable[[], bool] = never, *, is_cap: bool = False
    ) -> Limits:
        """What a choice that begins now may take.

        Args:
            seconds: instead of its own strength.
            stop: asked while it thinks; true ends that at once.
            is_cap: whether its own strength is a limit as well.
        """
        keeps_own = seconds is None or is_cap
        allowed = [limit for limit in (seconds, self._seconds if keeps_own else None) if limit is not None]
        deadline = time.monotonic() + min(allowed) if allowed else None
        return Limits(self._visits if keeps_own else None, deadline, stop)

    def choose_within(
        self,
        limits: Limits,
        state: State,
        row: int = 0,
        *,
        allowed: Collection[int] | None = None,
        report: Report | None = None,
        interval_s: float = 0.5,
    ) -> int:
        """A legal action for the side to move in an unfinished game, or RESIGNS.

        Args:
            limits: when to stop thinking.
            state: the batch.
            row: which game.
            allowed: the only moves to search, None for all.
            report: told of an analysis at each interval.
            interval_s: seconds between reports.
        """
        self.analysis = self.player.think(
            state, limits, row=row, allowed=allowed, report=report, interval_s=interval_s
        )
        if self.resigner is not None:
            win_rates, rows = np.array([self.analysis.win_rate_to_play]), np.array([row])
            if self.resigner.gives_up(state, rows, win_rates)[0]:
                return RESIGNS
        if self._temperature == 0:
            return self.analysis.moves[0].action
        weights, temperature = self.player.search.move_weights()[None], np.array([self._temperature])
        return int(choose_actions(weights, temperature, self._random.random(1))[0])
