"""Agents that choose moves in many games at once: at random, by a policy alone, by a search."""

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.board import State
from engine.rules_kernels import legal_actions
from engine.rulesets import Rules
from mcts.evaluator import Evaluator
from mcts.policy_target import choose_actions
from mcts.search import Search
from selfplay.external_agent import RESIGNS
from selfplay.resignation import Resigner


class RandomAgent:
    """Any legal move, all alike."""

    def __init__(self, rules: Rules, seed: np.random.SeedSequence) -> None:
        self._random = np.random.default_rng(seed)
        self._actions = np.empty(rules.num_actions, np.int16)

    def choose(
        self, state: State, rows: npt.NDArray[np.int64], moves: Sequence[Sequence[int]] | None = None
    ) -> npt.NDArray[np.int64]:
        """See `selfplay.agents.Agent.choose`."""
        chosen = np.empty(len(rows), np.int64)
        for index, row in enumerate(rows):
            count = legal_actions(state, int(row), self._actions)
            chosen[index] = self._actions[self._random.integers(count)]
        return chosen


class PolicyAgent:
    """The network's policy without any search: its most probable legal move, or a draw from it.

    Attributes:
        num_evaluations: positions judged so far.
    """

    def __init__(
        self, evaluator: Evaluator, rules: Rules, batch: int, temperature: float, seed: np.random.SeedSequence
    ) -> None:
        self.num_evaluations = 0
        self._evaluator = evaluator
        self._temperature = temperature
        self._random = np.random.default_rng(seed)
        self._logits = np.empty((batch, rules.num_actions), np.float32)
        self._values = np.empty(batch, np.float32)
        self._actions = np.empty(rules.num_actions, np.int16)

    def choose(
        self, state: State, rows: npt.NDArray[np.int64], moves: Sequence[Sequence[int]] | None = None
    ) -> npt.NDArray[np.int64]:
        """See `selfplay.agents.Agent.choose`."""
        self.num_evaluations += len(rows)
        logits = self._logits[: len(rows)]
        self._evaluator.evaluate(state, rows, logits, self._values[: len(rows)])
        chosen = np.empty(len(rows), np.int64)
        for index, row in enumerate(rows):
            legal = self._actions[: legal_actions(state, int(row), self._actions)]
            scores = logits[index, legal].astype(np.float64)
            if self._temperature > 0:
                # The largest of logits plus Gumbel noise is a draw from the softmax.
                scores = scores / self._temperature + self._random.gumbel(size=len(legal))
            chosen[index] = legal[scores.argmax()]
        return chosen


class SearchAgent:
    """A tree search: the most visited move (of equals the best valued), or a draw from the visits.

    Attributes:
        search: the search, whose latest trees callers may read.
        resigner: who says when to give up, or None.
    """

    def __init__(
        self,
        search: Search,
        temperature: float,
        seed: np.random.SeedSequence,
        seconds: float | None = None,
        resigner: Resigner | None = None,
    ) -> None:
        self.search = search
        self.resigner = resigner
        self._temperature = temperature
        self._random = np.random.default_rng(seed)
        self._seconds = seconds

    @property
    def num_evaluations(self) -> int:
        """Positions judged so far, by the network or by random games."""
        return self.search.num_evaluations

    def choose(
        self, state: State, rows: npt.NDArray[np.int64], moves: Sequence[Sequence[int]] | None = None
    ) -> npt.NDArray[np.int64]:
        """See `selfplay.agents.Agent.choose`."""
        deadline = None if self._seconds is None else time.monotonic() + self._seconds
        self.search.run(state, rows, deadline=deadline)
        if self._temperature == 0:
            actions = self.search.best_actions(rows)
        else:
            temperatures = np.full(len(rows), self._temperature)
            weights = self.search.move_weights(rows)
            actions = choose_actions(weights, temperatures, self._random.random(len(rows)))
        if self.resigner is not None:
            win_rates = (1 + self.search.root_values(rows)) / 2
            actions[self.resigner.gives_up(state, rows, win_rates)] = RESIGNS
        return actions
