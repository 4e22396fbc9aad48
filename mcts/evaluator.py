"""Who judges leaves: the protocol, and the two evaluators that need no network."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, TO_PLAY, State, allocate_state, copy_row
from engine.errors import OutcomeForbiddenError
from engine.jit import kernel
from engine.random_state import RandomState, new_random_state
from engine.rollout_kernels import play_out
from engine.rules_kernels import score_black
from engine.rulesets import Rules
from engine.scoring import are_outcomes_forbidden

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
TerminalValues = Callable[[State, Rows], Floats]
"""Values of finished games: `(state, rows) -> [n]` to the side to move. Learned rewards come in here."""


class Evaluator(Protocol):
    """Judges positions that are not over."""

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """Write a judgment of each position.

        Args:
            state: the positions.
            rows: `[n]` which of them.
            logits: `[n, A]` receives policy logits over all actions; illegal ones are masked later.
            values: `[n]` receives values in [-1, 1] to the side to move.
        """
        ...


@runtime_checkable
class SymmetricEvaluator(Evaluator, Protocol):
    """An evaluator whose judgment depends a little on how the board is turned."""

    def evaluate_mean(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """As `evaluate`, the mean over the symmetries that keep a board's shape, eight forward passes."""
        ...


def symmetric(evaluator: Evaluator) -> SymmetricEvaluator:
    """The same evaluator, where it knows symmetries.

    Raises:
        ValueError: it knows none.
    """
    if not isinstance(evaluator, SymmetricEvaluator):
        raise ValueError("average_root: expected an evaluator that sees symmetries differently")
    return evaluator


class UniformEvaluator:
    """Knows nothing: all actions alike, value 0."""

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """See `Evaluator.evaluate`."""
        logits[: len(rows)] = 0.0
        values[: len(rows)] = 0.0


@kernel
def _roll_out(
    state: State, work: State, rows: Rows, random: RandomState, repeats: int, values: Floats
) -> None:
    for index in range(rows.shape[0]):
        row = rows[index]
        sign = 1.0 if state.scalars[row, TO_PLAY] == BLACK else -1.0
        total = 0.0
        for _ in range(repeats):
            copy_row(state, row, work, row)
            play_out(work, row, random, row)
            score = score_black(work, row)
            if score > 0.0:
                total += sign
            elif score < 0.0:
                total -= sign
        values[index] = total / repeats


class RolloutEvaluator:
    """Judges by random games to the end: all actions alike, value the mean result.

    It reads true results by its nature, so it must not serve where outcomes are forbidden.
    """

    def __init__(self, rules: Rules, batch: int, seed: np.random.SeedSequence, repeats: int = 1) -> None:
        """Prepare.

        Args:
            rules: largest board it will see.
            batch: rows of the states it will see.
            seed: entropy; each row has a generator of its own.
            repeats: random games a position.
        """
        self._work = allocate_state(batch, rules.width, rules.height, rules.resolved_move_limit + 2)
        self._random = new_random_state(seed, batch)
        self._repeats = repeats

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """See `Evaluator.evaluate`; raises `OutcomeForbiddenError` behind the firewall."""
        if are_outcomes_forbidden():
            raise OutcomeForbiddenError("random games read outcomes where only preferences may teach")
        logits[: len(rows)] = 0.0
        _roll_out(state, self._work, rows, self._random, self._repeats, values)
