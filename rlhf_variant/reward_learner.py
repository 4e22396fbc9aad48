"""Fitting a reward model to answers, with early stopping on examples it never trains on.

An example is a few boards and one target; a loss says how their rewards should fit it. So pairs, segments
with summed rewards (Christiano et al. 2017) and boards with scalars share one loop.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.symmetry import action_sources
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards
from rlhf_variant.comparisons import Labeled
from rlhf_variant.preference_loss import preference_loss
from rlhf_variant.reward_model import RewardModel, encode

TEMPERATURES = np.geomspace(0.05, 20.0, 121)
LOWEST_RATIO, HIGHEST_RATIO = 1.1, 1.5
"""Of validation to training loss; Christiano et al. 2017 (arXiv 1706.03741) section 2.2.3."""
DECAY_STEP = 1.5
LEAST_STEPS = 8
"""Of an epoch, as far as batches of LEAST_BATCH allow: a hundred pairs in one step or two teach nothing."""
LEAST_BATCH = 8
STEPS_BEFORE_STOPPING = 300
"""Of a fit. The loss of twenty held-out pairs wanders by chance for longer than any patience, and models of a
hundred pairs were left as they were after their first epoch."""
LOWEST_DECAY, HIGHEST_DECAY = 1e-3, 3.0
Loss = Callable[[Tensor, Tensor], Tensor]
"""`(rewards [n, S], targets [n])` -> a scalar."""


class Scored(Protocol):
    """Anything with rewards without bounds: a model, an ensemble."""

    def rewards(self, boards: Boards) -> Floats:
        """`[N]` for Black."""
        ...


class Examples(NamedTuple):
    """N examples of S boards each, encoded once."""

    planes: Tensor
    """`[N, S, NUM_INPUTS, H, W]` float32."""
    targets: Tensor
    """`[N]` float32."""

    def select(self, index: npt.NDArray[np.int64]) -> "Examples":
        """The examples of the given places, in that order."""
        return Examples(self.planes[index], self.targets[index])


@dataclass(frozen=True)
class RewardLearnerConfig:
    """How a reward model is fitted.

    Attributes:
        batch_size: most examples a step; fewer where there are few.
        learning_rate: of AdamW.
        weight_decay: of AdamW in the first epoch; then the ratio of validation to training loss moves it.
        epochs: most passes over the examples.
        patience: epochs without a better validation loss before stopping, after STEPS_BEFORE_STOPPING.
        error_rate: e of the likelihood (Christiano et al. use 0.1).
    """

    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    epochs: int = 30
    patience: int = 6
    error_rate: float = 0.1


class Fit(NamedTuple):
    """How a fit went."""

    epochs: int
    """Passes until the best validation loss."""
    loss: float
    """That loss."""
    ratio: float
    """Of validation to training loss, after that pass."""
    weight_decay: float
    """During that pass."""


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


def pair_examples(pairs: Labeled) -> Examples:
    """Pairs as examples, S = 2 boards, or 2 L of clips, whose rewards `pair_loss` sums."""
    sides = [encode(side) for side in (pairs.a, pairs.b)]
    sides = [planes.view(len(pairs.preference_a), -1, *planes.shape[1:]) for planes in sides]
    return Examples(torch.cat(sides, dim=1), torch.from_numpy(pairs.preference_a))


def scalar_examples(boards: Boards, values_black: Floats) -> Examples:
    """Boards and what they are worth to Black, `[N]` in [-1, 1], as examples, S = 1."""
    return Examples(encode(boards)[:, None], torch.from_numpy(values_black))


def scalar_loss(rewards: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error of tanh of the rewards: the same labels as scalars in place of comparisons."""
    return ((torch.tanh(rewards[:, 0]) - targets) ** 2).mean()


def pair_loss(error_rate: float) -> Loss:
    """The loss of preferences between sums of rewards: the first S / 2 boards against the others.

    Args:
        error_rate: see `rlhf_variant.preference_loss`.
    """

    def loss(rewards: Tensor, targets: Tensor) -> Tensor:
        first, second = rewards.chunk(2, dim=1)
        return preference_loss(first.sum(dim=1), second.sum(dim=1), targets, error_rate)

    return loss


def fit(
    model: RewardModel,
    train: Examples,
    validation: Examples,
    loss_of: Loss,
    config: RewardLearnerConfig,
    seed: np.random.SeedSequence,
    progress: Callable[[int], None] = lambda count: None,
) -> Fit:
    """Fit a model in place and leave it at its best validation loss.

    The caller chooses the number of threads.

    Args:
        model: fresh weights. Mutated.
        train: to learn from.
        validation: never trained on; decides when to stop and how much weights decay.
        loss_of: what is made small.
        config: the settings.
        seed: order of examples, and symmetries.
        progress: told of finished epochs.

    Raises:
        ValueError: one of the sides has no examples.
    """
    if not len(train.targets) or not len(validation.targets):
        raise ValueError("reward model: expected answered pairs on both sides of the split")
    random = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    steps_of_epoch = math.ceil(len(train.targets) / _batch(config, len(train.targets)))
    best, best_weights = Fit(0, float("inf"), 1.0, config.weight_decay), copy.deepcopy(model.state_dict())
    for epoch in range(1, config.epochs + 1):
        train_loss = _train_epoch(model, train, loss_of, config, optimizer, random)
        validation_loss = float(loss_of(_judge(model, validation), validation.targets))
        ratio, decay = validation_loss / train_loss, optimizer.param_groups[0]["weight_decay"]
        optimizer.param_groups[0]["weight_decay"] = adapted_decay(decay, ratio)
        progress(1)
        if validation_loss < best.loss:
            best = Fit(epoch, validation_loss, ratio, decay)
            best_weights = copy.deepcopy(model.state_dict())
        elif epoch - best.epochs >= config.patience and epoch * steps_of_epoch >= STEPS_BEFORE_STOPPING:
            break
    model.load_state_dict(best_weights)
    model.eval().requires_grad_(False)
    return best


def _train_epoch(
    model: RewardModel,
    train: Examples,
    loss_of: Loss,
    config: RewardLearnerConfig,
    optimizer: torch.optim.Optimizer,
    random: np.random.Generator,
) -> float:
    """One pass in random order, each board turned at random; returns the mean loss on the way."""
    model.train()
    total = 0.0
    order = random.permutation(len(train.targets))
    size = _batch(config, len(order))
    for start in range(0, len(order), size):
        batch = train.select(order[start : start + size])
        rewards = model(turned(batch.planes.flatten(0, 1), random)).view(batch.planes.shape[:2])
        loss = loss_of(rewards, batch.targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += float(loss.detach()) * len(batch.targets)
    model.eval()
    return total / len(order)


def _batch(config: RewardLearnerConfig, num_examples: int) -> int:
    """Examples of a step."""
    return min(config.batch_size, max(LEAST_BATCH, num_examples // LEAST_STEPS))


def adapted_decay(decay: float, ratio: float) -> float:
    """The weight decay of the next epoch: more of it where validation lags behind training.

    Args:
        decay: of this epoch.
        ratio: of validation to training loss.
    """
    step = DECAY_STEP if ratio > HIGHEST_RATIO else 1 / DECAY_STEP if ratio < LOWEST_RATIO else 1.0
    return min(max(decay * step, LOWEST_DECAY), HIGHEST_DECAY)


def fit_reward_model(
    model: RewardModel,
    train: Labeled,
    held_out: Labeled,
    config: RewardLearnerConfig,
    seed: np.random.SeedSequence,
    progress: Callable[[int], None] = lambda count: None,
) -> RewardReport:
    """Fit a model to pairs in place, with its temperature.

    Args:
        model: fresh weights. Mutated.
        train: pairs to learn from.
        held_out: pairs of other games; they stop the fit and fit the temperature.
        config: the settings.
        seed: order of pairs and symmetries.
        progress: told of finished epochs.

    Returns:
        What came of it.

    Raises:
        ValueError: one of the sides has no pairs.
    """
    loss_of = pair_loss(config.error_rate)
    fitted = fit(model, pair_examples(train), pair_examples(held_out), loss_of, config, seed, progress)
    model.temperature.fill_(fitted_temperature(model, held_out, config.error_rate))
    return RewardReport(
        num_train=len(train.preference_a),
        num_held_out=len(held_out.preference_a),
        accuracy=pair_accuracy(model, held_out),
        same_komi_accuracy=pair_accuracy(model, held_out, same_komi=True),
        loss=fitted.loss,
        train_accuracy=pair_accuracy(model, train),
        epochs=fitted.epochs,
        temperature=float(model.temperature),
    )


def turned(planes: Tensor, random: np.random.Generator) -> Tensor:
    """Each encoded board `[n, C, H, W]` under a random symmetry."""
    height, width = planes.shape[2:]
    sources = torch.from_numpy(action_sources(width, height)[:, :-1].copy())
    chosen = sources[random.integers(len(sources), size=len(planes))]
    return planes.flatten(2).gather(2, chosen[:, None, :].expand(-1, planes.shape[1], -1)).view(planes.shape)


def pair_accuracy(model: Scored, pairs: Labeled, *, same_komi: bool = False) -> float:
    """Share of decided pairs that the model orders as the labeler did; NaN without any.

    Args:
        model: the rewards.
        pairs: boards and answers.
        same_komi: count only pairs whose boards have the same komi.
    """
    difference = reward_differences(model, pairs)
    decided = pairs.preference_a != 0.5
    if same_komi:
        decided &= pairs.a.komi[:: pairs.clip_length] == pairs.b.komi[:: pairs.clip_length]
    if not decided.any():
        return float("nan")
    return float(np.mean((difference[decided] > 0) == (pairs.preference_a[decided] > 0.5)))


def fitted_temperature(model: RewardModel, held_out: Labeled, error_rate: float) -> float:
    """T under which the held-out answers are most likely, over a fixed grid."""
    difference = torch.from_numpy(reward_differences(model, held_out))
    target = torch.from_numpy(held_out.preference_a)
    zero = torch.zeros_like(difference)
    losses = [float(preference_loss(difference / t, zero, target, error_rate)) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def reward_differences(model: Scored, pairs: Labeled) -> npt.NDArray[np.float32]:
    """`[N]` reward of the first side less that of the second, of clips the sums."""
    gaps = model.rewards(pairs.a) - model.rewards(pairs.b)
    return np.asarray(gaps.reshape(len(pairs.preference_a), -1).sum(axis=1), np.float32)


def _judge(model: RewardModel, examples: Examples) -> Tensor:
    """Rewards `[N, S]`."""
    return model.judge(examples.planes.flatten(0, 1)).view(examples.planes.shape[:2])
