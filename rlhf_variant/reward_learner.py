"""Fitting a reward model to comparisons, with early stopping on pairs it never trains on."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.symmetry import action_sources
from rlhf_variant.boards import Boards
from rlhf_variant.comparisons import Labeled
from rlhf_variant.preference_loss import preference_loss
from rlhf_variant.reward_model import RewardModel

TEMPERATURES = np.geomspace(0.05, 20.0, 121)


@dataclass(frozen=True)
class RewardLearnerConfig:
    """How a reward model is fitted.

    Attributes:
        batch_size: pairs a step.
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        epochs: most passes over the pairs.
        patience: epochs without a better held-out loss before stopping.
        error_rate: e of the likelihood (Christiano et al. use 0.1).
    """

    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    epochs: int = 30
    patience: int = 6
    error_rate: float = 0.1


@dataclass(frozen=True)
class RewardReport:
    """How well a reward model agrees with its labeler.

    Attributes:
        num_train: pairs trained on.
        num_held_out: pairs never trained on.
        accuracy: share of decided held-out pairs whose preferred board has the larger reward.
        same_komi_accuracy: the same without the pairs that hold a twin, which komi often decides.
        loss: held-out negative log-likelihood in nats.
        train_accuracy: the same share on the training pairs.
        epochs: passes until the best held-out loss.
        temperature: fitted T.
    """

    num_train: int
    num_held_out: int
    accuracy: float
    same_komi_accuracy: float
    loss: float
    train_accuracy: float
    epochs: int
    temperature: float


def fit_reward_model(
    model: RewardModel,
    train: Labeled,
    held_out: Labeled,
    config: RewardLearnerConfig,
    seed: np.random.SeedSequence,
    progress: Callable[[int], None] = lambda count: None,
) -> RewardReport:
    """Fit a model in place and leave it at its best held-out loss, with its temperature fitted.

    Args:
        model: fresh weights. Mutated.
        train: pairs to learn from.
        held_out: pairs of other games.
        config: the settings.
        seed: order of pairs and symmetries.
        progress: told of finished epochs.

    Returns:
        What came of it.

    Raises:
        ValueError: one of the sides has no pairs.
    """
    if not len(train.preference_a) or not len(held_out.preference_a):
        raise ValueError("reward model: expected answered pairs on both sides of the split")
    random = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    best_loss, best_epoch, best_weights = float("inf"), 0, copy.deepcopy(model.state_dict())
    for epoch in range(1, config.epochs + 1):
        model.train()
        order = random.permutation(len(train.preference_a))
        for start in range(0, len(order), config.batch_size):
            index = order[start : start + config.batch_size]
            batch = Labeled(
                turned(train.a.select(index), random),
                turned(train.b.select(index), random),
                train.preference_a[index],
            )
            loss = _loss(model, batch, config.error_rate)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        model.eval()
        with torch.inference_mode():
            held_out_loss = float(_loss(model, held_out, config.error_rate))
        progress(1)
        if held_out_loss < best_loss:
            best_loss, best_epoch, best_weights = held_out_loss, epoch, copy.deepcopy(model.state_dict())
        elif epoch - best_epoch >= config.patience:
            break
    model.load_state_dict(best_weights)
    model.eval().requires_grad_(False)
    model.temperature.fill_(fitted_temperature(model, held_out, config.error_rate))
    return RewardReport(
        num_train=len(train.preference_a),
        num_held_out=len(held_out.preference_a),
        accuracy=pair_accuracy(model, held_out),
        same_komi_accuracy=pair_accuracy(model, held_out, same_komi=True),
        loss=best_loss,
        train_accuracy=pair_accuracy(model, train),
        epochs=best_epoch,
        temperature=float(model.temperature),
    )


def turned(boards: Boards, random: np.random.Generator) -> Boards:
    """Each board under a random symmetry."""
    count, height, width = boards.stones.shape
    sources = action_sources(width, height)[:, :-1]
    chosen = sources[random.integers(len(sources), size=count)]
    flat = np.take_along_axis(boards.stones.reshape(count, -1), chosen, axis=1)
    return boards._replace(stones=flat.reshape(boards.stones.shape))


def pair_accuracy(model: RewardModel, pairs: Labeled, *, same_komi: bool = False) -> float:
    """Share of decided pairs that the model orders as the labeler did; NaN without any.

    Args:
        model: the rewards.
        pairs: boards and answers.
        same_komi: count only pairs whose boards have the same komi.
    """
    difference = _differences(model, pairs)
    decided = pairs.preference_a != 0.5
    if same_komi:
        decided &= pairs.a.komi == pairs.b.komi
    if not decided.any():
        return float("nan")
    return float(np.mean((difference[decided] > 0) == (pairs.preference_a[decided] > 0.5)))


def fitted_temperature(model: RewardModel, held_out: Labeled, error_rate: float) -> float:
    """T under which the held-out answers are most likely, over a fixed grid."""
    difference = torch.from_numpy(_differences(model, held_out))
    target = torch.from_numpy(held_out.preference_a)
    zero = torch.zeros_like(difference)
    losses = [float(preference_loss(difference / t, zero, target, error_rate)) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def _loss(model: RewardModel, pairs: Labeled, error_rate: float) -> Tensor:
    target = torch.from_numpy(pairs.preference_a)
    return preference_loss(model.rewards(pairs.a), model.rewards(pairs.b), target, error_rate)


def _differences(model: RewardModel, pairs: Labeled) -> npt.NDArray[np.float32]:
    with torch.inference_mode():
        return np.asarray((model.rewards(pairs.a) - model.rewards(pairs.b)).numpy(), np.float32)
