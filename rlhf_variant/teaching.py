"""Teaching a judge of boards from what a labeler said: a model, a naive one, one of scalars, an ensemble."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcts.evaluator import Floats
from rlhf_variant.boards import Boards, joined
from rlhf_variant.comparisons import Labeled
from rlhf_variant.reward_ensemble import RULES, RewardEnsemble, fit_ensemble
from rlhf_variant.reward_learner import (
    RewardLearnerConfig,
    fit,
    fit_reward_model,
    pair_accuracy,
    scalar_examples,
    scalar_loss,
)
from rlhf_variant.reward_model import RewardConfig, RewardModel, new_reward_model, whiten

Judge = RewardModel | RewardEnsemble


class Lesson(NamedTuple):
    """One side of a split: answered pairs, and what the first boards of the same pairs are worth."""

    pairs: Labeled
    boards: Boards
    values: Floats
    """`[N]` the labeler's utility for Black, squashed into [-1, 1]; only `scalars` looks at it."""
    plies: npt.NDArray[np.int64]
    """`[N, 2]` moves before the boards of each pair; for reports, no learner looks at it."""
    is_reversed: npt.NDArray[np.bool_]
    """`[N, 2]` which boards are shown with colors reversed; for reports too."""
    margins: npt.NDArray[np.float64]
    """`[N, 2]` the truth's mean points of Black on the boards as shown; for reports too."""


@dataclass
class Taught:
    """A judge and what it was taught by.

    Attributes:
        judge: frozen.
        report: how well it does.
        train: what it learned from.
        held_out: what it was stopped and tempered by.
    """

    judge: Judge
    report: dict[str, Any]
    train: Lesson
    held_out: Lesson


def joined_lessons(lessons: Sequence[Lesson]) -> Lesson:
    """Several lessons about boards of one size as one."""
    return Lesson(
        Labeled(
            joined([lesson.pairs.a for lesson in lessons]),
            joined([lesson.pairs.b for lesson in lessons]),
            np.concatenate([lesson.pairs.preference_a for lesson in lessons]),
        ),
        joined([lesson.boards for lesson in lessons]),
        *(np.concatenate(parts) for parts in zip(*(lesson[2:] for lesson in lessons), strict=True)),
    )


def teach(
    kind: str,
    shape: RewardConfig,
    train: Lesson,
    held_out: Lesson,
    config: RewardLearnerConfig,
    weight_seed: int,
    fit_seed: np.random.SeedSequence,
) -> tuple[Judge, dict[str, Any]]:
    """Teach a fresh judge.

    Args:
        kind: one of `rlhf_variant.experiment.MODEL_KINDS`; `online` and `segments` are
            taught as `single` is.
        shape: of a model.
        train: to learn from.
        held_out: of other games; stops the fit and fits temperatures.
        config: how models are fitted.
        weight_seed: of fresh weights.
        fit_seed: of order and symmetries.

    Returns:
        The judge, frozen, and a report: at least `num_train`, `num_held_out`, `accuracy` on held-out pairs.
    """
    if kind in RULES:
        fitted = fit_ensemble(shape, train.pairs, held_out.pairs, config, fit_seed)
        ensemble = RewardEnsemble(fitted.members, kind)
        return ensemble, _report(ensemble, train, held_out)
    model = new_reward_model(replace(shape, antisymmetric=kind != "naive"), weight_seed)
    if kind == "scalars":
        own, others = (scalar_examples(lesson.boards, lesson.values) for lesson in (train, held_out))
        fit(model, own, others, scalar_loss, config, fit_seed)
        return model, _report(model, train, held_out)
    report = asdict(fit_reward_model(model, train.pairs, held_out.pairs, config, fit_seed))
    if kind == "naive":
        whiten(model, train.boards)
    return model, report


def _report(judge: Judge, train: Lesson, held_out: Lesson) -> dict[str, Any]:
    return {
        "num_train": len(train.values),
        "num_held_out": len(held_out.values),
        "accuracy": pair_accuracy(judge, held_out.pairs),
        "train_accuracy": pair_accuracy(judge, train.pairs),
    }
