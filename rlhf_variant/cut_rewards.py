"""What a board at the cut is worth to the learner: the whole difference between the arms.

A reward is read once, at the end of an episode, from the learner's view, in [-1, 1]. The truth plays the
board to its end; everything else sees the board alone, behind the outcome firewall.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, TO_PLAY, WHITE, State
from engine.scoring import outcomes_forbidden
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards
from rlhf_variant.episodes import Episodes
from rlhf_variant.referee import Referee
from rlhf_variant.rewards import Reward, values_of

Flips = Callable[[Floats], npt.NDArray[np.float64]]
"""`[n]` final points of Black to the chances that such results are turned round."""
Colors = npt.NDArray[np.int8]
Utility = Callable[[Boards], npt.NDArray[np.float64]]
"""Boards to `[n]` utilities, larger is better for Black."""


class CutReward(Protocol):
    """The reward of an arm."""

    def values(self, episodes: Episodes, random: np.random.Generator) -> Floats:
        """Values of the learner.

        Args:
            episodes: E of them; the boards at the cut are judged.
            random: source of randomness.

        Returns:
            `[E]` in [-1, 1].
        """
        ...


class TruthReward:
    """True RL: +1 or -1 by one continuation of the first referee."""

    def __init__(self, referee: Referee, flips: Flips | None = None) -> None:
        """Prepare.

        Args:
            referee: continues the boards.
            flips: for the arms of matched noise, the chance that a result is turned round. The same board
                is always turned or never, as a wrong reward model is always wrong about it.
        """
        self._referee = referee
        self._flips = flips

    def values(self, episodes: Episodes, random: np.random.Generator) -> Floats:
        """See `CutReward.values`."""
        margins = self._referee.margins(episodes.state, np.arange(len(episodes.color)), 1, random)[:, 0]
        results = np.sign(margins) * episodes.sign
        if self._flips is None:
            return results
        return np.where(board_shares(episodes.state) < self._flips(margins), -results, results)


class MarginReward:
    """True RL with the squash of the other arms: tanh(points / scale) of one continuation."""

    def __init__(self, referee: Referee, scale: float) -> None:
        self._referee = referee
        self._scale = scale

    def values(self, episodes: Episodes, random: np.random.Generator) -> Floats:
        """See `CutReward.values`."""
        margins = self._referee.margins(episodes.state, np.arange(len(episodes.color)), 1, random)[:, 0]
        return np.asarray(np.tanh(margins / self._scale) * episodes.sign, np.float32)


class BoardReward:
    """A judgment of the board alone: a reward model's, or a vibe's own."""

    def __init__(self, judge: Reward) -> None:
        self._judge = judge

    def values(self, episodes: Episodes, random: np.random.Generator) -> Floats:
        """See `CutReward.values`."""
        with outcomes_forbidden():
            return values_of(self._judge, episodes.boards(), episodes.color)


class MixedReward:
    """share * first + (1 - share) * second: how few outcomes cure a reward model."""

    def __init__(self, first: CutReward, second: CutReward, share: float) -> None:
        self._first, self._second, self._share = first, second, share

    def values(self, episodes: Episodes, random: np.random.Generator) -> Floats:
        """See `CutReward.values`."""
        first, second = (part.values(episodes, random) for part in (self._first, self._second))
        return np.asarray(self._share * first + (1 - self._share) * second, np.float32)


class ExactUtility:
    """A labeler's own utility as values, tanh(u / scale): no reward model anywhere."""

    def __init__(self, utility: Utility, scale: float) -> None:
        self._utility = utility
        self._scale = scale

    def values_black(self, boards: Boards) -> Floats:
        """See `Reward.values_black`."""
        return np.tanh(self._utility(boards) / self._scale).astype(np.float32)


def color_sign(color: Colors) -> Floats:
    """`[n]` +1 for Black, -1 for White."""
    return np.where(color == BLACK, np.float32(1), np.float32(-1))


def board_shares(state: State) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each board, the same for the same stones and side to move."""
    keys = state.hash ^ np.where(state.scalars[:, TO_PLAY] == WHITE, np.uint64(0x9E3779B97F4A7C15), 0)
    return (keys.astype(np.uint64) >> np.uint64(11)).astype(np.float64) / 2.0**53
