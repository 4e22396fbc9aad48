"""How well beliefs about preferences agree with answers: sharp, calibrated, by phase and where it is hard.

Sources: Brier, Monthly Weather Review 78 (1950); Guo et al. 2017 (arXiv 1706.04599) for the expected
calibration error.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from rlhf_variant.comparisons import Labeled
from rlhf_variant.preference_loss import preference_probability
from rlhf_variant.reward_learner import reward_differences
from rlhf_variant.reward_model import RewardModel
from selfplay.statistics import wilson_interval

NUM_BINS = 10
LEAST_PROBABILITY = 1e-9
PHASES = ("opening", "middle", "end")
Shares = npt.NDArray[np.float64]


def probabilities(members: list[RewardModel], pairs: Labeled, error_rate: float) -> Shares:
    """`[N]` belief that each first board is preferred, the mean over the members.

    Args:
        members: one reward model or an ensemble.
        pairs: the boards.
        error_rate: e of the likelihood they were fitted by.
    """
    beliefs = []
    for member in members:
        gaps = torch.from_numpy(reward_differences(member, pairs)) / member.temperature
        belief = preference_probability(gaps, torch.zeros_like(gaps), error_rate)
        beliefs.append(belief.numpy().astype(np.float64))
    return np.asarray(np.mean(beliefs, axis=0), np.float64)


def belief_report(
    belief: Shares,
    preference: npt.NDArray[np.float32],
    ply: npt.NDArray[np.int64] | None = None,
    is_hard: npt.NDArray[np.bool_] | None = None,
    repeat_agreement: float | None = None,
) -> dict[str, Any]:
    """All figures of some beliefs.

    Args:
        belief: `[N]` that the first board is preferred.
        preference: `[N]` 1, 0, or 0.5 for a tie.
        ply: `[N]` moves before the boards, if known; thirds of the pairs by it are the phases.
        is_hard: `[N]` marks of hard pairs, if known.
        repeat_agreement: share of repeated questions that the labeler answered alike, if known.
    """
    report: dict[str, Any] = figures(belief, preference)
    report["reliability"] = reliability(belief, preference)
    if ply is not None:
        thirds = np.array_split(np.argsort(ply, kind="stable"), len(PHASES))
        report["phases"] = {
            name: figures(belief[third], preference[third])
            for name, third in zip(PHASES, thirds, strict=True)
        }
    if is_hard is not None:
        report["hard"] = figures(belief[is_hard], preference[is_hard])
    if repeat_agreement is not None:
        report["accuracy_ceiling"] = accuracy_ceiling(repeat_agreement)
    return report


def figures(belief: Shares, preference: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Accuracy with its 95 % interval over decided pairs, negative log-likelihood, Brier score and ECE.

    Args:
        belief: `[N]` that the first board is preferred.
        preference: `[N]` 1, 0, or 0.5 for a tie.
    """
    decided = preference != 0.5
    num_decided = int(decided.sum())
    right = int(((belief > 0.5) == (preference > 0.5))[decided].sum())
    clipped = np.clip(belief, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    likelihood = preference * np.log(clipped) + (1 - preference) * np.log(1 - clipped)
    num_pairs = max(len(preference), 1)
    return {
        "pairs": len(preference),
        "decided": num_decided,
        "accuracy": right / num_decided if num_decided else float("nan"),
        "accuracy_interval": wilson_interval(right, num_decided) if num_decided else (0.0, 1.0),
        "loss": float(-likelihood.sum() / num_pairs),
        "brier": float(((belief - preference) ** 2).sum() / num_pairs),
        "calibration_error": calibration_error(belief, preference),
    }


def reliability(belief: Shares, preference: npt.NDArray[np.float32]) -> list[dict[str, float]]:
    """What was believed and what was true, bin by bin of the belief in the favored board.

    Args:
        belief: `[N]` that the first board is preferred.
        preference: `[N]` 1, 0, or 0.5 for a tie, which counts half.
    """
    confidence = np.maximum(belief, 1 - belief)
    truth = np.where(belief > 0.5, preference, 1 - preference)
    bins = np.minimum(((confidence - 0.5) * 2 * NUM_BINS).astype(int), NUM_BINS - 1)
    return [
        {
            "pairs": int((bins == index).sum()),
            "believed": float(confidence[bins == index].mean()),
            "true": float(truth[bins == index].mean()),
        }
        for index in np.unique(bins)
    ]


def calibration_error(belief: Shares, preference: npt.NDArray[np.float32]) -> float:
    """Expected calibration error: the mean gap between belief and truth over the bins, by their pairs."""
    gaps = [row["pairs"] * abs(row["believed"] - row["true"]) for row in reliability(belief, preference)]
    return float(sum(gaps) / max(len(belief), 1))


def accuracy_ceiling(repeat_agreement: float) -> float:
    """The best accuracy against a labeler who turns answers round by chance.

    Who errs with chance m agrees with a second answer of his own with chance (1 - m)^2 + m^2.

    Args:
        repeat_agreement: share of repeated questions answered alike.
    """
    return float((1 + np.sqrt(max(0.0, 2 * repeat_agreement - 1))) / 2)
