"""The one seam of the experiment: where values come from. Here: from who won.

Beside this file stands `rlhf_variant/reward_value_source.py`, where they come from a learned reward. All the
rest of self-play and training is shared.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, GO, State
from engine.board import GAME as GAME_COLUMN
from engine.scoring import scores_black, values_to_play
from mcts.evaluator import Floats, Rows

Moves = npt.NDArray[np.int16]
"""`[T]` actions from the beginning of a game on, Black first."""


class ValueSource(Protocol):
    """Answers for finished games; where several processes play, each has a copy that it was sent."""

    def terminal_values(self, state: State, rows: Rows) -> Floats:
        """Values of finished games inside a search, `[n]` in [-1, 1] to the side to move."""
        ...

    def value_targets(self, state: State, row: int, to_play: npt.NDArray[np.int8], moves: Moves) -> Floats:
        """Training targets of all positions of a finished game.

        Args:
            state: the batch that holds the game at its end.
            row: which game.
            to_play: `[T]` side to move at each position.
            moves: `[T]` what was played there.

        Returns:
            `[T]` in [-1, 1], each to the side to move there.
        """
        ...

    def score_target_black(self, state: State, row: int) -> float | None:
        """Final points of Black for the score head, or None where nothing may be learned from them."""
        ...


def targets_from_black(value_black: float, to_play: npt.NDArray[np.int8]) -> Floats:
    """One value of Black as `[T]` targets to the side to move."""
    return np.where(to_play == BLACK, value_black, -value_black).astype(np.float32)


class OutcomeValueSource:
    """True RL: +1 for the winner, -1 for the loser, 0 for a draw."""

    def terminal_values(self, state: State, rows: Rows) -> Floats:
        """See `ValueSource.terminal_values`."""
        return values_to_play(state, rows)

    def value_targets(self, state: State, row: int, to_play: npt.NDArray[np.int8], moves: Moves) -> Floats:
        """See `ValueSource.value_targets`."""
        return targets_from_black(float(np.sign(scores_black(state, [row])[0])), to_play)

    def score_target_black(self, state: State, row: int) -> float | None:
        """See `ValueSource.score_target_black`."""
        return float(scores_black(state, [row])[0]) if state.rules[row, GAME_COLUMN] == GO else None
