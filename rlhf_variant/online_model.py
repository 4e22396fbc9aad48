"""A reward model that is asked for and taught again while a learner of either kind follows it.

A quarter of the comparisons is asked before the first round, the rest in ever smaller batches; half of each
later batch are pairs of the learner's own latest boards, and each time a fresh model is taught by all answers
so far. Sources: Christiano et al. 2017 (arXiv 1706.03741) for the schedule; Ziegler et al. 2019
(arXiv 1909.08593) for teaching afresh.
"""

from collections.abc import Sequence

import numpy as np

from engine.board import State
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards
from rlhf_variant.classroom import HELD_OUT_SHARE, Classroom
from rlhf_variant.comparisons import draw_pairs
from rlhf_variant.cut_rewards import BoardReward
from rlhf_variant.episodes import Episodes
from rlhf_variant.experiment import Arm
from rlhf_variant.pool import Pool
from rlhf_variant.selection import annealed_batches
from rlhf_variant.teaching import Lesson, Taught, joined_lessons
from selfplay.records import GameRecord
from selfplay.revaluation import state_after

NUM_BATCHES = 5
HALF_LIFE = 2.0


class OnlineModel:
    """Judges boards as `rlhf_variant.rewards.Reward`, rewards rounds as `rlhf_variant.cut_rewards.CutReward`.

    Attributes:
        taught: the model as it is now, with all answers so far; refreshed in place.
        stops: for learners by self-play, the rounds after which `revise` is due.
    """

    def __init__(self, classroom: Classroom, arm: Arm) -> None:
        """Ask the first batch.

        Args:
            classroom: where questions are asked.
            arm: says who is asked and how often.
        """
        self._classroom, self._arm = classroom, arm
        rounds = classroom.experiment.rounds
        self._batches = annealed_batches(arm.comparisons, NUM_BATCHES, HALF_LIFE)
        self._due = [batch * rounds // NUM_BATCHES for batch in range(NUM_BATCHES)]
        # The first games of self-play are there after its first round.
        self.stops = sorted({max(1, due) for due in self._due[1:]})
        self._round = self._asked = 0
        self._train: list[Lesson] = []
        self._held_out: list[Lesson] = []
        pair_seed, self._answer_seed, self._fit_seed = np.random.SeedSequence([classroom.seed, 300]).spawn(3)
        self._random = np.random.default_rng(pair_seed)
        self.taught: Taught
        self._teach([(classroom.taught, int(self._batches[0]))])

    def values(self, episodes: Episodes, random: np.random.Generator) -> Floats:
        """See `CutReward.values`; where a batch is due, it is asked about these boards first."""
        while self._asked < NUM_BATCHES and self._round >= self._due[self._asked]:
            self._ask_about(episodes.state)
        self._round += 1
        return BoardReward(self.taught.judge).values(episodes, random)

    def revise(self, round_done: int, games: Sequence[GameRecord]) -> None:
        """Ask the batches that are due after a round of self-play; see `Revisions.revise`."""
        while self._asked < NUM_BATCHES and max(1, self._due[self._asked]) <= round_done:
            self._ask_about(state_after(games))

    def values_black(self, boards: Boards) -> Floats:
        """See `Reward.values_black`."""
        return self.taught.judge.values_black(boards)

    def _ask_about(self, state: State) -> None:
        """Ask the next batch, half of it about the learner's own boards, and teach a fresh model."""
        own = int(self._batches[self._asked]) // 2
        others = int(self._batches[self._asked]) - own
        pool = self._classroom.pool_of(state, self._arm.labeler, self._random)
        self._teach([(pool, own), (self._classroom.taught, others)])

    def _teach(self, questions: list[tuple[Pool, int]]) -> None:
        """Ask a batch, so many questions of each pool, and teach a fresh model by everything."""
        for pool, number in questions:
            if number:
                pairs = draw_pairs(pool.boards, pool.origins, number, HELD_OUT_SHARE, self._random)
                answer_random = np.random.default_rng(self._answer_seed.spawn(1)[0])
                train, held_out = self._classroom.lessons(self._arm, pool, pairs, answer_random)
                self._train.append(train)
                self._held_out.append(held_out)
        self._asked += 1
        fit_seed = self._fit_seed.spawn(1)[0]
        sides = (joined_lessons(self._train), joined_lessons(self._held_out))
        taught = self._classroom.fitted(self._arm, *sides, fit_seed, self._random)
        taught.report["batches"] = self._batches[: self._asked].tolist()
        if self._asked == 1:
            self.taught = taught
        else:
            vars(self.taught).update(vars(taught))
