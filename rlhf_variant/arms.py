"""From the description of an arm to its reward: utilities, comparisons, a reward model, matched noise."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.scoring import outcomes_forbidden
from mcts.evaluator import Floats
from rlhf_variant.comparisons import TARGETS, Labeled, Pairs, draw_pairs
from rlhf_variant.cut_rewards import (
    BoardReward,
    CutReward,
    ExactUtility,
    Flips,
    MarginReward,
    TruthReward,
    Utility,
)
from rlhf_variant.experiment import Arm, Experiment
from rlhf_variant.lab import Lab
from rlhf_variant.labelers import labeler_of
from rlhf_variant.measures import Judges, error_rates_by_margin
from rlhf_variant.pool import Pool
from rlhf_variant.reward_learner import fit_reward_model, pair_accuracy
from rlhf_variant.reward_model import RewardModel, new_reward_model
from rlhf_variant.rewards import Reward

HELD_OUT_SHARE = 0.2
"""Of the comparisons asked: for early stopping and the temperature."""
MARGIN_EDGES = np.array([1.0, 3.0, 6.0, 12.0], np.float32)


@dataclass(frozen=True)
class Prepared:
    """An arm that is ready to learn.

    Attributes:
        reward: None where nothing is learned.
        judges: who looks at its boards.
        report: of its reward model, empty without one.
    """

    reward: CutReward | None
    judges: Judges
    report: dict[str, Any]


class Classroom:
    """Pool, labelers and comparisons of an experiment, for one seed."""

    def __init__(self, experiment: Experiment, lab: Lab, pool: Pool, seed: int) -> None:
        """Split the pool; the test boards are the same for all seeds.

        Args:
            experiment: the settings.
            lab: the referees.
            pool: the boards.
            seed: of pairs, models and noise.
        """
        self._experiment, self._lab, self._seed = experiment, lab, seed
        pool = pool.balanced(experiment.pool.balanced_share)
        num_test = round(experiment.pool.test_share * len(pool.plies))
        self.test = pool.select(np.arange(num_test))
        self.taught = pool.select(np.arange(num_test, len(pool.plies)))
        random = np.random.default_rng(np.random.SeedSequence([experiment.lab.seed, 200]))
        num_pairs = experiment.pool.test_comparisons
        self._models: dict[tuple[str, str, int, bool], tuple[RewardModel, dict[str, Any]]] = {}
        self.test_pairs = draw_pairs(self.test.boards, self.test.origins, num_pairs, 0.0, random)

    def prepare(self, arm: Arm) -> Prepared:
        """Make the reward of an arm."""
        labeler = None if arm.labeler == "truth" else utility_of(arm.labeler)
        if arm.reward == "none":
            return Prepared(None, Judges(labeler, None), {})
        if arm.reward == "margin":
            scale = float(self.taught.margins.std())
            return Prepared(MarginReward(self._lab.referee, scale), Judges(None, None), {})
        if arm.reward == "truth":
            flips, report = self._flips(arm)
            return Prepared(TruthReward(self._lab.referee, flips), Judges(labeler, None), report)
        if arm.reward == "utility":
            assert labeler is not None
            judge: Reward = ExactUtility(labeler, float(labeler(self.taught.boards).std()))
            return Prepared(BoardReward(judge), Judges(labeler, judge), {})
        model, report = self.taught_model(arm)
        return Prepared(BoardReward(model), Judges(labeler, model), report)

    def taught_model(self, arm: Arm) -> tuple[RewardModel, dict[str, Any]]:
        """The reward model of an arm and what is known of it; arms that ask the same share one."""
        key = (
            "random" if arm.reward == "random-model" else "fitted",
            arm.labeler,
            arm.comparisons,
            arm.shuffled,
        )
        if key not in self._models:
            self._models[key] = self._teach(arm)
        return self._models[key]

    def _teach(self, arm: Arm) -> tuple[RewardModel, dict[str, Any]]:
        model = new_reward_model(self._experiment.reward, self._seed)
        if arm.reward == "random-model":
            return model.eval().requires_grad_(False), {}
        pair_seed, answer_seed, fit_seed = np.random.SeedSequence([self._seed, 300]).spawn(3)
        random = np.random.default_rng(pair_seed)
        pairs = draw_pairs(self.taught.boards, self.taught.origins, arm.comparisons, HELD_OUT_SHARE, random)
        answers = self._labeled(pairs, self.taught, arm, np.random.default_rng(answer_seed))
        held_out = pairs.is_held_out
        with outcomes_forbidden():
            fitted = fit_reward_model(
                model,
                _part(answers, ~held_out),
                _part(answers, held_out),
                self._experiment.reward_learner,
                fit_seed,
            )
        asked = self._labeled(self.test_pairs, self.test, Arm(**{**asdict(arm), "shuffled": False}), random)
        truth = self._labeled(self.test_pairs, self.test, Arm("truth", "truth"), random)
        verdicts = model.values_black(self.test.boards)
        report = {
            **asdict(fitted),
            "test_accuracy": pair_accuracy(model, asked),
            "test_accuracy_same_komi": pair_accuracy(model, asked, same_komi=True),
            "test_accuracy_of_truth": pair_accuracy(model, truth),
            "sign_accuracy_of_truth": sign_accuracy(verdicts, self.test.expected_results),
        }
        return model, report

    def _labeled(self, pairs: Pairs, pool: Pool, arm: Arm, random: np.random.Generator) -> Labeled:
        """The pairs with the labeler's answers; of a shuffled arm, with each other's."""
        labeler = labeler_of(arm.labeler)
        if arm.labeler == "truth":
            truth = pool.expected_results
            first = np.where(pairs.reversed_a, -1, 1) * truth[pairs.index_a]
            second = np.where(pairs.reversed_b, -1, 1) * truth[pairs.index_b]
        else:
            nothing = np.zeros(len(pairs.index_a))
            first, second = labeler.utility(pairs.a, nothing), labeler.utility(pairs.b, nothing)
        targets = np.array([TARGETS[answer] for answer in labeler.answers(first, second, random)], np.float32)
        if arm.shuffled:
            targets = random.permutation(targets)
        return Labeled(pairs.a, pairs.b, targets)

    def _flips(self, arm: Arm) -> tuple[Flips | None, dict[str, Any]]:
        """Matched noise: how often a model or a vibe names the wrong side, by how clear the board is."""
        if not arm.flips:
            return None, {}
        if arm.flips == "model":
            model, report = self.taught_model(arm)
            verdicts = model.values_black(self.test.boards)
        else:
            report = {}
            verdicts = np.asarray(utility_of(arm.labeler)(self.test.boards), np.float32)
        margins = np.asarray(self.test.margins.mean(axis=1), np.float32)
        rates = error_rates_by_margin(verdicts, self.test.expected_results, margins, MARGIN_EDGES)

        def flips(of: Floats) -> npt.NDArray[np.float64]:
            return rates[np.searchsorted(MARGIN_EDGES, np.abs(of))]

        return flips, {**report, "flip_rates": [round(float(rate), 4) for rate in rates]}


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


def _part(labeled: Labeled, chosen: npt.NDArray[np.bool_]) -> Labeled:
    index = np.flatnonzero(chosen)
    return Labeled(labeled.a.select(index), labeled.b.select(index), labeled.preference_a[index])
