"""One training step: batch in, weights moved, losses out."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.errors import YomiError
from selfplay.inference import has_fast_bfloat16
from selfplay.network import SCORE_SCALE, Network, Output
from selfplay.replay import Batch, ReplayBuffer


class DivergedError(YomiError):
    """A loss that is no number: training must stop before the weights are spoiled."""


@dataclass(frozen=True)
class LearnerConfig:
    """How weights are fitted.

    Attributes:
        batch_size: positions a step.
        learning_rate: of AdamW, after the warm-up.
        warmup_steps: steps over which the rate rises from zero.
        weight_decay: of AdamW.
        passes: how often each new position is drawn on average, the cap on overfitting.
        window_games: newest games that are drawn from.
        value_weight: of the value loss; the policy loss has weight 1.
        score_weight: of the score loss, 0 where no scores may teach.
        gradient_clip: largest gradient norm.
        average_decay: of the running average of the weights, 0..1; it plays and is saved, 0 averages nothing.
    """

    batch_size: int = 128
    learning_rate: float = 2e-3
    warmup_steps: int = 50
    weight_decay: float = 1e-4
    passes: float = 4.0
    window_games: int = 20_000
    value_weight: float = 1.0
    score_weight: float = 0.0
    gradient_clip: float = 1.0
    average_decay: float = 0.99

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.passes <= 0 or self.learning_rate <= 0 or self.window_games < 1:
            raise ValueError("batch_size, passes, learning_rate, window_games: expected positive numbers")
        if min(self.value_weight, self.score_weight, self.weight_decay, self.warmup_steps) < 0:
            raise ValueError("value_weight, score_weight, weight_decay, warmup_steps: expected at least 0")
        if not 0 <= self.average_decay < 1:
            raise ValueError(f"average_decay {self.average_decay}: expected 0 or more, below 1")
        if self.gradient_clip <= 0:
            raise ValueError(f"gradient_clip {self.gradient_clip}: expected a positive number")


def losses(output: Output, batch: Batch) -> dict[str, Tensor]:
    """Losses of the three heads, means over the positions that have a target.

    The value loss is the cross-entropy of winning, p = (1 + tanh v) / 2 = sigmoid(2 v).

    Args:
        output: what the network said.
        batch: what it should have said.

    Returns:
        `policy`, `value` and `score` as scalars; a head without targets gives zero.
    """
    policy_target = torch.from_numpy(batch.policy_target)
    has_policy = policy_target.sum(1)
    log_policy = functional.log_softmax(output.policy_logits.float(), dim=1)
    policy = -(policy_target * log_policy).sum(1).sum() / has_policy.sum().clamp(min=1.0)

    win_target = (torch.from_numpy(batch.value_target) + 1) / 2
    value = functional.binary_cross_entropy_with_logits(2 * output.value_logit.float(), win_target)

    score_target = torch.from_numpy(batch.score_target) / SCORE_SCALE
    has_score = ~score_target.isnan()
    errors = functional.huber_loss(output.score.float(), score_target.nan_to_num(0.0), reduction="none")
    score = (errors * has_score).sum() / has_score.sum().clamp(min=1)
    return {"policy": policy, "value": value, "score": score}


class Learner:
    """A network with its optimiser.

    Attributes:
        network: float32 weights being trained.
        average: their running average, steadier than the latest ones: what plays and what is saved.
        config: the settings.
        step: steps done.
    """

    def __init__(self, network: Network, config: LearnerConfig) -> None:
        self.network = network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.config = config
        self.step = 0
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
        )
        self._use_bfloat16 = has_fast_bfloat16()

    def train_batch(self, batch: Batch) -> dict[str, float]:
        """One step.

        Args:
            batch: positions and targets.

        Returns:
            The losses by head.

        Raises:
            DivergedError: a loss is not finite; the weights are as before.
        """
        rate = self.config.learning_rate * min(1.0, (self.step + 1) / max(self.config.warmup_steps, 1))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        planes = torch.from_numpy(batch.planes).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._use_bfloat16):
            output = self.network(planes)
        parts = losses(output, batch)
        config = self.config
        total = parts["policy"] + config.value_weight * parts["value"] + config.score_weight * parts["score"]
        if not torch.isfinite(total):
            raise DivergedError(f"training diverged at step {self.step}: loss {total.item()}")
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), config.gradient_clip)
        self.optimizer.step()
        self.step += 1
        self._update_average()
        return {name: float(loss.detach()) for name, loss in parts.items()}

    def _update_average(self) -> None:
        # The first steps count fully, or the fresh weights would linger.
        decay = min(self.config.average_decay, self.step / (self.step + 10))
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
            for average, latest in pairs:
                average.lerp_(latest, 1 - decay)

    def train_steps(
        self,
        buffer: ReplayBuffer,
        num_steps: int,
        random: np.random.Generator,
        progress: Callable[[int], None] = lambda count: None,
    ) -> dict[str, float]:
        """Several steps on batches drawn from a buffer.

        Args:
            buffer: the window.
            num_steps: at least 1.
            random: draws positions and symmetries.
            progress: told of finished steps.

        Returns:
            Mean losses by head.
        """
        sums: dict[str, float] = {}
        for _ in range(num_steps):
            parts = self.train_batch(buffer.sample(self.config.batch_size, random))
            for name, loss in parts.items():
                sums[name] = sums.get(name, 0.0) + loss
            progress(1)
        return {name: total / num_steps for name, total in sums.items()}
