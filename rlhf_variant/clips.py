"""Clips: the last boards of a game up to a cut, and a reward that is summed over them.

Christiano et al. 2017 (arXiv 1706.03741) compare clips in place of states, and their learner is paid the sum.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.board import new_state
from engine.rulesets import Rules
from engine.scoring import outcomes_forbidden
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards, present_boards
from rlhf_variant.episodes import Episodes
from rlhf_variant.reward_model import RewardModel
from rlhf_variant.rewards import twins_for
from selfplay.generate import play_actions

CHUNK = 512
"""Games that are played again at once."""
NO_MOVE = -1


def padded_moves(moves: Sequence[Sequence[int]], most: int) -> npt.NDArray[np.int16]:
    """`[N, most]` moves of N games, NO_MOVE after the last of each."""
    padded = np.full((len(moves), most), NO_MOVE, np.int16)
    for row, own in enumerate(moves):
        padded[row, : len(own)] = own
    return padded


def clips_of(rules: Rules, moves: npt.NDArray[np.int16], length: int) -> Boards:
    """The last boards of games, by playing them again.

    Args:
        rules: what was played.
        moves: `[N, M]` see `padded_moves`.
        length: L, boards of a clip; no game has fewer than L - 1 moves.

    Returns:
        `N * L` boards, those of each clip in a row, in the order in which they arose.

    Raises:
        ValueError: a game is too short.
    """
    plies = (moves != NO_MOVE).sum(axis=1)
    if len(plies) and plies.min() < length - 1:
        raise ValueError(f"clips of {length} boards: expected games of at least {length - 1} moves")
    stones = np.empty((len(plies), length, rules.height, rules.width), np.int8)
    to_play = np.empty((len(plies), length), np.int8)
    komi = np.empty((len(plies), length), np.float32)
    for start in range(0, len(plies), CHUNK):
        own = plies[start : start + CHUNK]
        state = new_state(rules, len(own))
        for ply in range(int(own.max()) + 1):
            shown = np.flatnonzero((own >= ply) & (own - ply < length))
            if len(shown):
                boards, place = present_boards(state, shown), length - 1 - (own[shown] - ply)
                stones[start + shown, place] = boards.stones
                to_play[start + shown, place] = boards.to_play
                komi[start + shown, place] = boards.komi
            going = np.flatnonzero(own > ply)
            if len(going):
                play_actions(state, going, moves[start + going, ply].astype(np.int64))
    return Boards(stones.reshape(-1, rules.height, rules.width), to_play.reshape(-1), komi.reshape(-1))


class ClipReward:
    """The sum of a model's rewards over the last boards of an episode; see `rlhf_variant.cut_rewards`.

    As a judge of single boards it takes each for a clip in which nothing happens, so both have one scale.
    """

    def __init__(self, model: RewardModel, rules: Rules, length: int) -> None:
        """Prepare.

        Args:
            model: taught by clips; its temperature is that of sums.
            rules: what is played.
            length: boards of a clip.
        """
        self._model, self._rules, self._length = model, rules, length

    def values(self, episodes: Episodes, random: np.random.Generator) -> Floats:
        """See `rlhf_variant.cut_rewards.CutReward.values`."""
        return self.sums(episodes.moves, episodes.color)

    def sums(self, moves: Sequence[Sequence[int]], color: npt.NDArray[np.int8]) -> Floats:
        """Values of one player of each game, for its last clip.

        Args:
            moves: of E games, each with at least one move less than a clip has boards.
            color: `[E]` BLACK or WHITE.

        Returns:
            `[E]` in [-1, 1].

        Raises:
            ValueError: a game is too short.
        """
        boards = clips_of(self._rules, padded_moves(moves, max(map(len, moves))), self._length)
        with outcomes_forbidden():
            rewards = self._model.rewards(twins_for(boards, np.repeat(color, self._length)))
        sums = rewards.reshape(-1, self._length).sum(axis=1)
        return np.asarray(np.tanh(sums / float(self._model.temperature)), np.float32)

    def values_black(self, boards: Boards) -> Floats:
        """See `rlhf_variant.rewards.Reward.values_black`."""
        sums = self._length * self._model.rewards(boards)
        return np.asarray(np.tanh(sums / float(self._model.temperature)), np.float32)
