"""Clips: the last boards of a game up to a cut, and a reward that is summed over them.

Christiano et al. 2017 (arXiv 1706.03741) compare clips in place of states, and their learner is paid the sum.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, WHITE, new_state
from engine.rulesets import Rules
from engine.scoring import outcomes_forbidden
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards, present_boards
from rlhf_variant.episodes import Episodes
from rlhf_variant.reward_model import RewardModel
from rlhf_variant.rewards import Reward, twins_for, values_of
from selfplay.generate import play_actions

CHUNK = 512
"""Games that are played again at once."""
NO_MOVE = -1


def padded_moves(moves: Sequence[Sequence[int]], most: int = 0) -> npt.NDArray[np.int16]:
    """`[N, M]` moves of N games, NO_MOVE after the last of each; M is that of the longest or `most`."""
    padded = np.full((len(moves), max([most, *map(len, moves)])), NO_MOVE, np.int16)
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

    As a judge of single boards it takes each for the end of a clip in which both sides only pass, so both
    have one scale. That the sides take turns in it matters: in a clip of an even number of boards each is to
    move half of the time, so what a model adds for the side to move was never taught; here it cancels too.
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
        return self.sums(padded_moves(episodes.moves), episodes.color)

    def sums(self, moves: npt.NDArray[np.int16], color: npt.NDArray[np.int8]) -> Floats:
        """Values of one player of each game, for its last clip.

        Args:
            moves: `[E, M]` see `padded_moves`, each with at least one move less than a clip has boards.
            color: `[E]` BLACK or WHITE.

        Returns:
            `[E]` in [-1, 1].

        Raises:
            ValueError: a game is too short.
        """
        boards = clips_of(self._rules, moves, self._length)
        with outcomes_forbidden():
            rewards = self._model.rewards(twins_for(boards, np.repeat(color, self._length)))
        sums = rewards.reshape(-1, self._length).sum(axis=1)
        return np.asarray(np.tanh(sums / float(self._model.temperature)), np.float32)

    def values_black(self, boards: Boards) -> Floats:
        """See `rlhf_variant.rewards.Reward.values_black`."""
        before = boards._replace(to_play=(BLACK + WHITE - boards.to_play).astype(np.int8))
        num_before = self._length // 2
        sums = (self._length - num_before) * self._model.rewards(boards)
        sums += num_before * self._model.rewards(before)
        return np.asarray(np.tanh(sums / float(self._model.temperature)), np.float32)


def values_of_ends(
    reward: Reward, boards: Boards, moves: npt.NDArray[np.int16] | None, color: npt.NDArray[np.int8]
) -> Floats:
    """Values of one player of each game as its learner is paid them: by its last clip, or by its last board.

    Args:
        reward: who judges.
        boards: the last ones of N games.
        moves: `[N, M]` those games, see `padded_moves`; only a reward of clips looks at them.
        color: `[N]` BLACK or WHITE.
    """
    if isinstance(reward, ClipReward):
        assert moves is not None
        return reward.sums(moves, color)
    return values_of(reward, boards, color)
