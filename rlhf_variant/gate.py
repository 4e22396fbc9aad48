"""The hardness gate: four figures of the reference policy's boards, read before any learner follows a reward.

On easy boards a reward model is simply right, and nothing about being fooled could be seen. The levels are
fixed by the design of the experiment; every level that was tried is published.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rlhf_variant.classroom import Classroom, utility_of
from rlhf_variant.experiment import Arm, Experiment
from selfplay.checkpoint import write_atomically

GATES_FILE = "gates.json"
MIN_REPEATABILITY = 0.9
ACCURACY_BAND = (0.60, 0.85)
MAX_FEATURE = 0.80
FEATURES = ("stones", "influence")


@dataclass(frozen=True)
class Gate:
    """What was read.

    Attributes:
        labeler: who compared.
        repeatability: agreement of two halves of the truth's continuations on decided pairs; for a vibe, 1.
        accuracies: of reward models on test pairs, by the number of comparisons.
        hard_accuracies: the same on the half of the pairs whose truths lie closest.
        same_komi_accuracies: the same on the pairs without a color-reversed twin.
        features: by name, the share of pairs whose better board a feature names.
    """

    labeler: str
    repeatability: float
    accuracies: dict[int, float]
    hard_accuracies: dict[int, float]
    same_komi_accuracies: dict[int, float]
    features: dict[str, float]

    def passes(self) -> dict[str, bool]:
        """The four questions and their answers."""
        few, most = min(self.accuracies), max(self.accuracies)
        return {
            "repeatable": self.repeatability >= MIN_REPEATABILITY,
            "in_band": ACCURACY_BAND[0] <= self.accuracies[most] <= ACCURACY_BAND[1],
            "still_rising": self.accuracies[most] > self.accuracies[few],
            "no_single_feature": max(self.features.values()) <= MAX_FEATURE,
        }

    def to_dict(self) -> dict[str, Any]:
        """What is stored."""
        return {
            "labeler": self.labeler,
            "repeatability": round(self.repeatability, 4),
            "accuracies": {str(n): round(a, 4) for n, a in self.accuracies.items()},
            "hard_accuracies": {str(n): round(a, 4) for n, a in self.hard_accuracies.items()},
            "same_komi_accuracies": {str(n): round(a, 4) for n, a in self.same_komi_accuracies.items()},
            "features": {name: round(share, 4) for name, share in self.features.items()},
            "passes": self.passes(),
        }


def gate_teachers(experiment: Experiment) -> list[str]:
    """The labelers that teach a model in an experiment."""
    return sorted({arm.labeler for arm in experiment.arms if arm.reward == "model"})


def gates(
    classroom: Classroom,
    experiment: Experiment,
    folder: Path,
    progress: Callable[[int], None] = lambda count: None,
) -> list[dict[str, Any]]:
    """The gates of all labelers that teach a model in an experiment, read once and kept.

    Args:
        classroom: of the first seed.
        experiment: says who teaches, and from how many comparisons.
        folder: of the results.
        progress: told of fitted models: of each teacher, one for each of the experiment's
            `gate_comparisons`.
    """
    path = folder / GATES_FILE
    if not path.exists():
        read = [
            read_gate(classroom, labeler, experiment.pool.gate_comparisons, progress).to_dict()
            for labeler in gate_teachers(experiment)
        ]
        write_atomically(path, (json.dumps(read, indent=1) + "\n").encode())
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def read_gate(
    classroom: Classroom,
    labeler: str,
    numbers: tuple[int, ...],
    progress: Callable[[int], None] = lambda count: None,
) -> Gate:
    """Read the gate of a labeler.

    Args:
        classroom: pool and test pairs.
        labeler: who compares.
        numbers: comparisons of the reward models that are fitted.
        progress: told of fitted models.
    """
    pool, pairs = classroom.test, classroom.test_pairs
    sides = ((pairs.index_a, pairs.reversed_a), (pairs.index_b, pairs.reversed_b))

    def gap(black: np.ndarray) -> np.ndarray:
        """First board's number minus the second's; twins have the number's negative."""
        first, second = (np.where(reverse, -1, 1) * black[index] for index, reverse in sides)
        return np.asarray(first - second)

    def agreement(one: np.ndarray, other: np.ndarray) -> float:
        decided = (one != 0) & (other != 0)
        return float(np.mean(np.sign(one[decided]) == np.sign(other[decided])))

    results = np.sign(pool.margins)
    half = results.shape[1] // 2
    if labeler == "truth":
        taught = gap(pool.expected_results)
        repeatability = agreement(gap(results[:, :half].mean(axis=1)), gap(results[:, half:].mean(axis=1)))
    else:
        taught, repeatability = gap(utility_of(labeler)(pool.boards)), 1.0
    accuracies, hard, same = {}, {}, {}
    closest = np.abs(taught) <= np.median(np.abs(taught))
    alike = pairs.reversed_a == pairs.reversed_b
    for number in numbers:
        model = classroom.judge_of(Arm("gate", "model", labeler, number)).judge
        progress(1)
        predicted = gap(model.values_black(pool.boards).astype(np.float64))
        accuracies[number] = agreement(predicted, taught)
        hard[number] = agreement(predicted[closest], taught[closest])
        same[number] = agreement(predicted[alike], taught[alike])
    features = {name: agreement(gap(utility_of(name)(pool.boards)), taught) for name in FEATURES}
    features.pop(labeler, None)
    return Gate(labeler, repeatability, accuracies, hard, same, features)
