"""The placebo of the experiment: who won, told through the interface of reward models.

It proves plumbing: a run on it must equal true RL bit for bit. It is the one reward that works outside the
outcome firewall alone.
"""

import numpy as np

from engine.board import new_state
from engine.game import set_position
from engine.rulesets import Rules
from engine.scoring import scores_black
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards


class FinalBoardTruth:
    """+1, 0 or -1 by the rules' count of a finished board of Go; no tanh, no temperature, no chance."""

    def __init__(self, rules: Rules) -> None:
        """Prepare.

        Args:
            rules: of the finished games.
        """
        self._state = new_state(rules)

    def values_black(self, boards: Boards) -> Floats:
        """See `rlhf_variant.rewards.Reward.values_black`.

        Raises:
            OutcomeForbiddenError: behind the firewall.
        """
        values = np.empty(len(boards.to_play), np.float32)
        for index in range(len(values)):
            set_position(self._state, 0, boards.stones[index], int(boards.to_play[index]))
            self._state.komi[0] = boards.komi[index]
            values[index] = np.sign(scores_black(self._state, [0])[0])
        return values
