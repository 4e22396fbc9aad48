"""A network's policy without search, drawn from in many games at once: how a language model plays."""

import numpy as np
import numpy.typing as npt

from engine.board import State
from engine.rules_kernels import mask_legal_actions
from engine.rulesets import Rules
from mcts.evaluator import Floats, Rows
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import Network

ILLEGAL = np.float32(-1e9)
"""Log-probability of what may not be played; finite, so that it times probability zero is zero."""


def masked_log_softmax(logits: Floats, mask: npt.NDArray[np.bool_]) -> Floats:
    """`[n, A]` log-probabilities over the marked actions, ILLEGAL elsewhere."""
    shifted = np.where(mask, logits, ILLEGAL)
    shifted = shifted - shifted.max(axis=1, keepdims=True)
    total = np.where(mask, np.exp(shifted), 0).sum(axis=1, keepdims=True)
    return np.where(mask, shifted - np.log(total), ILLEGAL)


class SamplingPolicy:
    """Draws moves from a network's policy at a temperature.

    Before the board is cut and read nobody passes unless nothing else is legal, so that no episode ends
    early; a referee, who plays games to their end, passes as the network likes.
    """

    def __init__(
        self, network: Network, rules: Rules, batch: int, *, temperature: float = 1.0, may_pass: bool = False
    ) -> None:
        """Prepare.

        Args:
            network: is copied; later training does not change this policy.
            rules: the largest board to come.
            batch: most games that the network judges at once; any number may be asked.
            temperature: 0 plays the most probable move.
            may_pass: whether it passes where other moves are legal.
        """
        self._evaluator = NetworkEvaluator(prepare_for_inference(network), rules, batch)
        self._temperature = temperature
        self._may_pass = may_pass
        self._logits = np.empty((batch, rules.num_actions), np.float32)
        self._values = np.empty(batch, np.float32)
        self._mask = np.empty((batch, rules.num_actions), np.bool_)

    def log_probabilities(self, state: State, rows: Rows) -> Floats:
        """`[n, A]` of the network itself, at temperature 1, over the actions it may play."""
        batch = len(self._values)
        parts = [self._judge(state, rows[start : start + batch]) for start in range(0, len(rows), batch)]
        return np.concatenate(parts)

    def _judge(self, state: State, rows: Rows) -> Floats:
        count = len(rows)
        self._evaluator.evaluate(state, rows, self._logits, self._values)
        mask_legal_actions(state, rows, self._may_pass, self._mask)
        return masked_log_softmax(self._logits[:count], self._mask[:count])

    def choose(self, state: State, rows: Rows, random: np.random.Generator) -> npt.NDArray[np.int64]:
        """`[n]` actions for the sides to move."""
        scores = self.log_probabilities(state, rows)
        if self._temperature > 0:
            # The largest of scaled log-probabilities plus Gumbel noise is a draw from the softmax.
            noise = random.gumbel(size=scores.shape).astype(np.float32)
            scores = np.where(scores > ILLEGAL / 2, scores / self._temperature + noise, -np.inf)
        return np.asarray(scores.argmax(axis=1), np.int64)
