"""A mixture of two value sources: how few outcomes cure a reward model."""

import numpy as np
import numpy.typing as npt

from engine.board import State
from mcts.evaluator import Floats, Rows
from selfplay.value_source import Moves, ValueSource


class MixedValueSource:
    """share * first + (1 - share) * second, in the search and in the targets alike.

    With the truth as the first it reads outcomes, so it does not work behind the firewall.
    """

    def __init__(self, first: ValueSource, second: ValueSource, share: float) -> None:
        """Mix.

        Args:
            first: such as the truth.
            second: such as a reward model.
            share: of the first, 0..1.

        Raises:
            ValueError: another share.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"mixture with a share of {share}: expected 0..1")
        self._first, self._second, self._share = first, second, share

    def terminal_values(self, state: State, rows: Rows) -> Floats:
        """See `selfplay.value_source.ValueSource.terminal_values`."""
        return self._mix(self._first.terminal_values(state, rows), self._second.terminal_values(state, rows))

    def value_targets(self, state: State, row: int, to_play: npt.NDArray[np.int8], moves: Moves) -> Floats:
        """See `selfplay.value_source.ValueSource.value_targets`."""
        return self._mix(
            self._first.value_targets(state, row, to_play, moves),
            self._second.value_targets(state, row, to_play, moves),
        )

    def score_target_black(self, state: State, row: int) -> float | None:
        """Nothing: points would teach more than the share says."""
        return None

    def _mix(self, first: Floats, second: Floats) -> Floats:
        return np.asarray(self._share * first + (1 - self._share) * second, np.float32)
