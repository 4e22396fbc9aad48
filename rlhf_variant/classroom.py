"""Pool, questions, answers and taught judges of an experiment, for one seed."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, MOVE_COUNT, State
from engine.scoring import outcomes_forbidden
from mcts.evaluator import Floats
from rlhf_variant.board_text import canonical_keys
from rlhf_variant.boards import present_boards, with_twins
from rlhf_variant.clips import ClipReward, values_of_ends
from rlhf_variant.comparisons import TARGETS, Labeled, Pairs, draw_pairs
from rlhf_variant.cut_rewards import Utility
from rlhf_variant.experiment import Arm, Experiment
from rlhf_variant.lab import Lab
from rlhf_variant.labelers import labeler_of
from rlhf_variant.pool import Pool
from rlhf_variant.reward_learner import pair_accuracy
from rlhf_variant.reward_model import RewardModel, new_reward_model
from rlhf_variant.rewards import Reward
from rlhf_variant.teaching import Judge, Lesson, Taught, teach

HELD_OUT_SHARE = 0.2
"""Of the comparisons asked: for early stopping and the temperature."""


class Classroom:
    """Where labelers answer and judges are taught.

    Attributes:
        experiment: the settings.
        lab: the bench.
        seed: of pairs, models and noise.
        test: boards that no question shows; the same for all seeds.
        taught: the boards to ask about.
        test_pairs: pairs of test boards.
        untaught: all boards of the pool that no question shows, the clear ones too.
    """

    def __init__(self, experiment: Experiment, lab: Lab, pool: Pool, seed: int) -> None:
        """Split the pool.

        Args:
            experiment: the settings.
            lab: the bench.
            pool: the boards.
            seed: of pairs, models and noise.
        """
        self.experiment, self.lab, self.seed = experiment, lab, seed
        whole = pool
        pool = pool.balanced(experiment.pool.balanced_share)
        num_test = round(experiment.pool.test_share * len(pool.plies))
        self.test = pool.select(np.arange(num_test))
        self.taught = pool.select(np.arange(num_test, len(pool.plies)))
        shown = {stones.tobytes() for stones in self.taught.boards.stones}
        is_untaught = [stones.tobytes() not in shown for stones in whole.boards.stones]
        self.untaught = whole.select(np.flatnonzero(is_untaught))
        random = np.random.default_rng(np.random.SeedSequence([experiment.lab.seed, 200]))
        num_pairs = experiment.pool.test_comparisons
        self.test_pairs = draw_pairs(self.test.boards, self.test.origins, num_pairs, 0.0, random)
        self._taught: dict[tuple[object, ...], Taught] = {}

    def untaught_judge(self) -> RewardModel:
        """A model that was taught nothing, a placebo."""
        return new_reward_model(self.experiment.reward, self.seed).eval().requires_grad_(False)

    def judge_of(self, arm: Arm) -> Taught:
        """The judge that an arm is taught before it learns; arms that ask alike share one."""
        key = (arm.labeler, arm.comparisons, arm.shuffled, arm.model_kind, arm.clip)
        if key not in self._taught:
            self._taught[key] = self._teach(arm)
        return self._taught[key]

    def _teach(self, arm: Arm) -> Taught:
        pair_seed, answer_seed, fit_seed = np.random.SeedSequence([self.seed, 300]).spawn(3)
        random = np.random.default_rng(pair_seed)
        pool, shown = self.taught, None
        if arm.clip:
            boards = pool.clips(self.lab.rules, np.arange(len(pool.plies)), arm.clip)
            shown = np.reshape(canonical_keys(boards), (-1, arm.clip)).tolist()
        pairs = draw_pairs(pool.boards, pool.origins, arm.comparisons, HELD_OUT_SHARE, random, shown)
        lessons = self.lessons(arm, self.taught, pairs, np.random.default_rng(answer_seed))
        return self.fitted(arm, *lessons, fit_seed, random)

    def fitted(
        self,
        arm: Arm,
        train: Lesson,
        held_out: Lesson,
        fit_seed: np.random.SeedSequence,
        random: np.random.Generator,
    ) -> Taught:
        """Teach a judge behind the firewall, then test it on boards that it never saw.

        Args:
            arm: says which kind of judge.
            train: to learn from.
            held_out: of other games.
            fit_seed: of the fit.
            random: of the labeler's answers about test pairs.
        """
        learner, shape = self.experiment.reward_learner, self.experiment.reward
        with outcomes_forbidden():
            judge, report = teach(arm.model_kind, shape, train, held_out, learner, self.seed, fit_seed)
        pairs, reward = self._as_shown(arm, self.test, self.test_pairs), self.reward_of(arm, judge)
        asked = self._answered(replace(arm, shuffled=False), self.test, pairs, random)
        truth = self._answered(Arm("truth", "truth"), self.test, pairs, random)
        black = np.full(len(self.test.plies), BLACK, np.int8)
        verdicts = values_of_ends(reward, self.test.boards, self.test.moves, black)
        report = {
            **report,
            "test_accuracy": pair_accuracy(judge, asked),
            "test_accuracy_same_komi": pair_accuracy(judge, asked, same_komi=True),
            "test_accuracy_of_truth": pair_accuracy(judge, truth),
            "sign_accuracy_of_truth": sign_accuracy(verdicts, self.test.expected_results),
        }
        return Taught(judge, report, train, held_out)

    def lessons(
        self, arm: Arm, pool: Pool, pairs: Pairs, random: np.random.Generator
    ) -> tuple[Lesson, Lesson]:
        """The labeler's answers about pairs of a pool, those to train on and those held out.

        Of clips the truth says how the game goes on, a vibe the mean of its utilities.
        """
        length, shown = max(arm.clip, 1), self._as_shown(arm, pool, pairs)
        answers = self._answered(arm, pool, shown, random)
        utilities = self._utilities(arm.labeler, pool, pairs)[0]
        is_truth = arm.labeler == "truth"
        values = utilities if is_truth else np.tanh(utilities / (float(utilities.std()) or 1.0))
        places = np.stack([pairs.index_a, pairs.index_b], axis=1)
        is_reversed = np.stack([pairs.reversed_a, pairs.reversed_b], axis=1)
        margins = np.where(is_reversed, -1.0, 1.0) * pool.margins.mean(axis=1)[places]
        train, held_out = (
            Lesson(
                Labeled(
                    shown.a.select(_places(index, length)),
                    shown.b.select(_places(index, length)),
                    answers.preference_a[index],
                ),
                pairs.a.select(index),
                values[index].astype(np.float32),
                pool.plies[places[index]],
                is_reversed[index],
                margins[index],
            )
            for index in (np.flatnonzero(~pairs.is_held_out), np.flatnonzero(pairs.is_held_out))
        )
        return train, held_out

    def reward_of(self, arm: Arm, judge: Judge) -> Reward:
        """A judge as what the arm's learner is paid by: of clips, by their sums."""
        if not arm.clip:
            return judge
        assert isinstance(judge, RewardModel)
        return ClipReward(judge, self.lab.rules, arm.clip)

    def _as_shown(self, arm: Arm, pool: Pool, pairs: Pairs) -> Pairs:
        """The pairs as an arm sees them: boards or clips, those of reversed sides reversed throughout."""
        if not arm.clip:
            return pairs
        first, second = (
            with_twins(pool.clips(self.lab.rules, index, arm.clip), np.repeat(is_reversed, arm.clip))
            for index, is_reversed in (
                (pairs.index_a, pairs.reversed_a),
                (pairs.index_b, pairs.reversed_b),
            )
        )
        return pairs._replace(a=first, b=second)

    def pool_of(self, state: State, labeler: str, random: np.random.Generator) -> Pool:
        """A learner's own boards as a pool; their truth is looked up only where the labeler is the truth.

        Args:
            state: the boards at the cut of the learner's games, one a row.
            labeler: who will be asked.
            random: of continuations.
        """
        rows = np.arange(len(state.scalars))
        if labeler == "truth":
            num_continuations = self.experiment.pool.continuations
            margins = self.lab.referee.margins(state, rows, num_continuations, random)
        else:
            margins = np.zeros((len(rows), 1), np.float32)
        return Pool(present_boards(state, rows), state.scalars[:, MOVE_COUNT].astype(np.int64), margins)

    def _answered(self, arm: Arm, pool: Pool, pairs: Pairs, random: np.random.Generator) -> Labeled:
        """The pairs, boards or clips, with the labeler's answers; of a shuffled arm, with each other's."""
        first, second = self._utilities(arm.labeler, pool, pairs)
        answers = labeler_of(arm.labeler).answers(first, second, random)
        targets = np.array([TARGETS[answer] for answer in answers], np.float32)
        if arm.shuffled:
            targets = random.permutation(targets)
        return Labeled(pairs.a, pairs.b, targets)

    @staticmethod
    def _utilities(
        name: str, pool: Pool, pairs: Pairs
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """`[N]` of the first and of the second boards, for Black; the truth's is the expected result."""
        if name != "truth":
            utility, count = utility_of(name), len(pairs.index_a)
            first, second = (utility(side).reshape(count, -1).mean(axis=1) for side in (pairs.a, pairs.b))
            return first, second
        truth = pool.expected_results
        first = np.where(pairs.reversed_a, -1, 1) * truth[pairs.index_a]
        second = np.where(pairs.reversed_b, -1, 1) * truth[pairs.index_b]
        return first, second


def _places(index: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """Places of the boards of the given clips."""
    return (index[:, None] * length + np.arange(length)).reshape(-1)


def utility_of(name: str) -> Utility:
    """A vibe's utility of boards alone.

    Raises:
        LabelerError: no such labeler.
    """
    labeler = labeler_of(name)
    return lambda boards: labeler.utility(boards, np.zeros(len(boards.komi)))


def sign_accuracy(verdicts: Floats, expected_results: npt.NDArray[np.float64]) -> float:
    """Share of decided boards whose winner a judge names."""
    decided = expected_results != 0
    return float(np.mean(np.sign(verdicts[decided]) == np.sign(expected_results[decided])))
