"""`threats`: an anchor for Gomoku that knows threats and nothing else, the same for ever.

It wins if it can, by a line or by continuous fours, else parries a line that the opponent would complete,
else plays the point through which most can still be made or prevented. Its strength is fixed by this file, so
that agents of different runs can be compared by their results against it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, TO_PLAY, WHITE, State
from engine.pattern_kernels import write_pattern_scores
from engine.rules_kernels import legal_actions
from engine.rulesets import Rules
from engine.threats import find_vcf

VCF_NODES = 2_000


class ThreatsAgent:
    """See the module. Among points of equal score it draws."""

    def __init__(self, rules: Rules, seed: np.random.SeedSequence) -> None:
        """Prepare for games of Gomoku under some rules.

        Args:
            rules: largest board it will see.
            seed: entropy.
        """
        self._random = np.random.default_rng(seed)
        self._actions = np.empty(rules.num_actions, np.int16)
        self._scores = np.zeros(rules.num_actions, np.int64)

    def choose(
        self, state: State, rows: npt.NDArray[np.int64], moves: Sequence[Sequence[int]] | None = None
    ) -> npt.NDArray[np.int64]:
        """See `Agent.choose`."""
        return np.array([self._choose_one(state, int(row)) for row in rows], np.int64)

    def _choose_one(self, state: State, row: int) -> int:
        legal = self._actions[: legal_actions(state, row, self._actions)]
        color = int(state.scalars[row, TO_PLAY])
        attack = find_vcf(state, row, VCF_NODES)
        if attack.action is not None:
            return attack.action
        # A win in one move is found whatever the limit.
        threat = find_vcf(state, row, 1, attacker=BLACK + WHITE - color)
        if len(threat.line) == 1 and threat.action in legal:
            return threat.line[0]
        write_pattern_scores(state, row, self._scores)
        scores = self._scores[legal]
        return int(self._random.choice(legal[scores == scores.max()]))
