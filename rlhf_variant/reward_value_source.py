"""The one seam of the experiment: where values come from. Here: from a learned reward.

Beside this file stands `selfplay/value_source.py`, where they come from who won. All the rest of self-play
and training is shared.
"""

import numpy as np
import numpy.typing as npt

from engine.board import State
from engine.scoring import black_sign
from mcts.evaluator import Floats, Rows
from rlhf_variant.boards import boards_of_state
from rlhf_variant.reward_ensemble import RewardEnsemble
from rlhf_variant.rewards import Reward
from selfplay.value_source import Moves, targets_from_black


class RewardValueSource:
    """RLHF: what a reward says of the final board, whoever won."""

    def __init__(self, reward: Reward) -> None:
        """Wrap a reward.

        Args:
            reward: who judges.

        Raises:
            ValueError: an ensemble that is pessimistic for Black alone, hence optimistic for White.
        """
        if isinstance(reward, RewardEnsemble) and not reward.is_zero_sum:
            raise ValueError("ensemble in self-play: expected the rule mean or pessimistic, fair to both")
        self._reward = reward

    def terminal_values(self, state: State, rows: Rows) -> Floats:
        """See `selfplay.value_source.ValueSource.terminal_values`."""
        return self._reward.values_black(boards_of_state(state, rows)) * black_sign(state, rows)

    def value_targets(self, state: State, row: int, to_play: npt.NDArray[np.int8], moves: Moves) -> Floats:
        """See `selfplay.value_source.ValueSource.value_targets`."""
        value_black = self._reward.values_black(boards_of_state(state, np.array([row])))
        return targets_from_black(float(value_black[0]), to_play)

    def score_target_black(self, state: State, row: int) -> float | None:
        """Nothing: points are outcomes too."""
        return None
