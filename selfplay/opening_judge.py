"""What a worker's own evaluator thinks of openings: which are even, and which komi makes them so."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, TO_PLAY, State, new_state, reset, set_rules
from engine.rules_kernels import play
from engine.rulesets import Rules
from mcts.evaluator import Evaluator

KOMI_REACH = 16
"""Points on either side of the usual komi among which the fair one is looked for."""


class OpeningJudge:
    """Asks an evaluator for the values of positions that no search looks at.

    Attributes:
        num_evaluations: positions judged so far.
    """

    def __init__(self, evaluator: Evaluator, rules: Rules, batch: int) -> None:
        """Reserve memory.

        Args:
            evaluator: of the games.
            rules: of the largest board.
            batch: most positions that the evaluator takes at a time.
        """
        self.num_evaluations = 0
        self._evaluator = evaluator
        self._batch = batch
        self._logits = np.empty((batch, rules.num_actions), np.float32)
        self._position = new_state(rules)

    def values(self, state: State, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """`[n]` in [-1, 1] for the side to move; see `selfplay.openings.Evaluate`."""
        values = np.empty(len(rows), np.float32)
        for first in range(0, len(rows), self._batch):
            some = rows[first : first + self._batch]
            self._evaluator.evaluate(
                state, some, self._logits[: len(some)], values[first : first + len(some)]
            )
        self.num_evaluations += len(rows)
        return values

    def fair_komi(self, rules: Rules, actions: Sequence[int]) -> float:
        """The lowest komi, and no whole number, at which Black is not ahead behind an opening of Go.

        Args:
            rules: with the usual komi, from which it is at most `KOMI_REACH` points away.
            actions: the opening.
        """
        usual = np.floor(rules.komi) + 0.5
        low, high = -KOMI_REACH, KOMI_REACH  # Black is ahead below the one and behind above the other
        while high - low > 1:
            middle = (low + high) // 2
            if self._value_black(replace(rules, komi=usual + middle), actions) > 0:
                low = middle
            else:
                high = middle
        return float(usual + high)

    def _value_black(self, rules: Rules, actions: Sequence[int]) -> float:
        set_rules(self._position, 0, rules)
        reset(self._position, 0)
        for action in actions:
            play(self._position, 0, action)
        (value,) = self.values(self._position, np.zeros(1, np.int64))
        return float(value if self._position.scalars[0, TO_PLAY] == BLACK else -value)
