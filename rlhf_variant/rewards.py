"""What all rewards have in common: they judge boards for Black; and a frozen value network as a reward."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.board import WHITE
from engine.rulesets import Rules
from engine.scoring import black_sign
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards, state_of_boards, with_twins
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import Network

CHUNK = 256
"""Boards that a value network judges at once."""


class Reward(Protocol):
    """Anything that judges boards: a reward model, an ensemble, a frozen value network."""

    def values_black(self, boards: Boards) -> Floats:
        """`[N]` values of Black in [-1, 1]."""
        ...


def values_of(reward: Reward, boards: Boards, color: npt.NDArray[np.int8]) -> Floats:
    """Values of one player of each board, who always sits in Black's seat: rewards without a zero need that.

    Args:
        reward: who judges.
        boards: N boards.
        color: `[N]` BLACK or WHITE.
    """
    return reward.values_black(twins_for(boards, color))


def twins_for(boards: Boards, color: npt.NDArray[np.int8]) -> Boards:
    """The boards with the given players in Black's seat: as they are, or with colors reversed."""
    return with_twins(boards, color == WHITE)


class NetworkReward:
    """A frozen value network as a reward: is it preferences that mislead, or any frozen proxy?"""

    def __init__(self, network: Network, rules: Rules) -> None:
        """Freeze a copy.

        Args:
            network: learned from outcomes.
            rules: the game of the boards to come.
        """
        self._rules = rules
        self._evaluator = NetworkEvaluator(prepare_for_inference(network), rules, CHUNK)
        self._logits = np.empty((CHUNK, rules.num_actions), np.float32)

    def values_black(self, boards: Boards) -> Floats:
        """See `Reward.values_black`."""
        values = np.empty(len(boards.to_play), np.float32)
        for start in range(0, len(values), CHUNK):
            chunk = boards.select(np.arange(start, min(start + CHUNK, len(values))))
            rows = np.arange(len(chunk.to_play))
            state = state_of_boards(chunk, self._rules)
            own = values[start : start + CHUNK]
            self._evaluator.evaluate(state, rows, self._logits, own)
            own *= black_sign(state, rows)
        return values
