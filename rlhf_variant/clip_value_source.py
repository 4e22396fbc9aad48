"""A reward summed over the last boards of a game as a value source; it plays the moves again for them."""

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, State
from mcts.evaluator import Floats, Rows
from rlhf_variant.clips import ClipReward
from rlhf_variant.reward_value_source import RewardValueSource
from selfplay.value_source import Moves, targets_from_black


class ClipValueSource:
    """RLHF by clips: what a reward says of the last boards of a game together, whoever won."""

    def __init__(self, reward: ClipReward) -> None:
        self._reward = reward
        self._still = RewardValueSource(reward)

    def terminal_values(self, state: State, rows: Rows) -> Floats:
        """See `selfplay.value_source.ValueSource.terminal_values`.

        A search knows its leaves and not the boards before them, so each counts for the end of a clip of
        passes. Games that are cut never end in a search.
        """
        return self._still.terminal_values(state, rows)

    def value_targets(self, state: State, row: int, to_play: npt.NDArray[np.int8], moves: Moves) -> Floats:
        """See `selfplay.value_source.ValueSource.value_targets`.

        Raises:
            ValueError: the game is shorter than a clip.
        """
        value_black = self._reward.sums(moves[None], np.array([BLACK], np.int8))
        return targets_from_black(float(value_black[0]), to_play)

    def score_target_black(self, state: State, row: int) -> float | None:
        """Nothing: points are outcomes too."""
        return None
