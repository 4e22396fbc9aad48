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
HEARD = 0.1
"""By how much the values at the two ends must differ before a network is believed to know what komi is."""


class OpeningJudge:
    """Asks an evaluator for the values of positions that no search looks at.

    Attributes:
        num_evaluations: positions judged so far.
        batch: rows of the states that it may be shown.
    """

    def __init__(self, evaluator: Evaluator, rules: Rules, batch: int) -> None:
        """Reserve memory.

        Args:
            evaluator: of the games.
            rules: of the largest board.
            batch: rows of the states that the evaluator knows.
        """
        self.num_evaluations = 0
        self.batch = batch
        self._evaluator = evaluator
        self._logits = np.empty((batch, rules.num_actions), np.float32)
        self._position = new_state(rules)

    def values(self, state: State, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """`[n]` in [-1, 1] for the side to move; see `selfplay.openings.Evaluate`."""
        values = np.empty(len(rows), np.float32)
        self._evaluator.evaluate(state, rows, self._logits[: len(rows)], values)
        self.num_evaluations += len(rows)
        return values

    def fair_komi(self, rules: Rules, actions: Sequence[int]) -> float:
        """The lowest komi, and no whole number, at which Black is not ahead behind an opening of Go.

        Where the network does not hear what komi is, as before it has learned from several, that is the usual
        one; where one side leads at any komi within reach, the one farthest off.

        Args:
            rules: with the usual komi; the half point next to it is at most `KOMI_REACH` away.
            actions: the opening.
        """
        usual = np.floor(rules.komi) + 0.5
        low, high = -KOMI_REACH, KOMI_REACH
        ahead, behind = (self._value_black(replace(rules, komi=usual + end), actions) for end in (low, high))
        if ahead - behind < HEARD:
            return rules.komi
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
