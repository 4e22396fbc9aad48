"""A referee continues given boards to the end with one policy on both sides: what a board is worth."""

import numpy as np
import numpy.typing as npt

from engine.board import IS_OVER, State, copy_row, new_state
from engine.rulesets import Rules
from engine.scoring import require_outcomes, scores_black
from mcts.evaluator import Rows
from rlhf_variant.sampling_policy import SamplingPolicy
from selfplay.generate import play_actions
from selfplay.network import Network

REFEREE_BATCH = 512


class Referee:
    """Plays boards to their end.

    It is neither a labeler nor an anchor nor a checkpoint of a compared arm.
    """

    def __init__(self, network: Network, rules: Rules, temperature: float) -> None:
        """Prepare.

        Args:
            network: its policy plays both sides.
            rules: of the boards.
            temperature: of its draws; above 0, so that continuations differ.
        """
        self._policy = SamplingPolicy(network, rules, REFEREE_BATCH, temperature=temperature, may_pass=True)
        self._work = new_state(rules, REFEREE_BATCH)

    def margins(
        self, state: State, rows: Rows, num_continuations: int, random: np.random.Generator
    ) -> npt.NDArray[np.float32]:
        """Final points of Black, komi counted, in continuations of each board.

        Args:
            state: the boards.
            rows: `[n]` which of them.
            num_continuations: m games from each board.
            random: source of randomness.

        Returns:
            `[n, m]`.

        Raises:
            OutcomeForbiddenError: behind the firewall.
        """
        require_outcomes()
        starts = np.repeat(np.asarray(rows, np.int64), num_continuations)
        margins = np.empty(len(starts), np.float32)
        # The game that each row of the work space plays, -1 where it idles; a row that ends takes the next.
        game = np.full(REFEREE_BATCH, -1, np.int64)
        dealt = 0
        while True:
            ended = np.flatnonzero(game < 0)[: len(starts) - dealt]
            for row in ended:
                copy_row(state, starts[dealt], self._work, row)
                game[row] = dealt
                dealt += 1
            playing = np.flatnonzero(game >= 0)
            if not len(playing):
                return margins.reshape(len(rows), num_continuations)
            going = playing[self._work.scalars[playing, IS_OVER] == 0]
            if len(going):
                play_actions(self._work, going, self._policy.choose(self._work, going, random))
            over = playing[self._work.scalars[playing, IS_OVER] != 0]
            if len(over):
                margins[game[over]] = scores_black(self._work, over)
                game[over] = -1
