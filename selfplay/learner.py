"""One training step: batch in, weights moved, losses out."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.errors import YomiError
from selfplay.divergence import exact_divergence, log_policy
from selfplay.inference import compute_device, has_fast_bfloat16
from selfplay.losses import losses
from selfplay.network import Network, Output
from selfplay.replay import Batch, ReplayBuffer


class DivergedError(YomiError):
    """A loss that is no number: training must stop before the weights are spoiled.

    Attributes:
        batch: what was being learned.
    """

    def __init__(self, message: str, batch: Batch) -> None:
        super().__init__(message)
        self.batch = batch


@dataclass(frozen=True)
class LearnerConfig:
    """How weights are fitted.

    Attributes:
        batch_size: positions a step.
        learning_rate: of AdamW, after the warm-up.
        warmup_steps: steps over which the rate rises from zero.
        rate_drop: factor of the learning rate after a share `first_drop` of the rounds, and once more after
            `second_drop`.
        first_drop: a share of the rounds, 1 for no drop.
        second_drop: the same.
        plateau_rounds: rounds without a new lowest loss of policy and value together since the latest drop
            after which the rate drops as well; 0 for never. Boards that grow during a run raise the loss.
        weight_decay: of AdamW.
        passes: how often each new position is drawn on average: caps the training steps, against overfitting.
            What is not used in a round is kept for later ones.
        max_steps: training steps of a round at most; 0 for as many as `passes` allows.
        min_positions: positions of the window before learning begins.
        window_share: newest share of all positions that are drawn from.
        min_window: positions of the window until that share is more.
        max_window: most positions of the window.
        held_out_share: of the games, never learned from; their value loss above that of learned games tells
            overfitting once they are some hundred.
        q_share: weight of the search's value in the value target; the rest is the result.
        value_weight: of the value loss; the policy loss has weight 1.
        reply_weight: of the loss of the opponent's reply; here and below, where the network has such a head.
        soft_weight: of the loss of the flattened policy.
        score_weight: of the score loss.
        ownership_weight: of the ownership loss.
        divergence_weight: of KL(policy || policy of the run's first weights) over the legal actions, which
            keeps a policy near what it began as; 0 leaves it free. Ziegler et al. 2019 (arXiv 1909.08593).
        gradient_clip: largest gradient norm.
        average_decay: of the running average of the weights, 0..1; it plays and is saved, 0 averages nothing.
    """

    batch_size: int = 128
    learning_rate: float = 2e-3
    warmup_steps: int = 50
    rate_drop: float = 0.3
    first_drop: float = 1.0
    second_drop: float = 1.0
    plateau_rounds: int = 0
    weight_decay: float = 1e-4
    passes: float = 4.0
    max_steps: int = 0
    min_positions: int = 0
    window_share: float = 0.4
    min_window: int = 100_000
    max_window: int = 1_500_000
    held_out_share: float = 0.02
    q_share: float = 0.0
    value_weight: float = 1.2
    reply_weight: float = 0.15
    soft_weight: float = 8.0
    score_weight: float = 0.02
    ownership_weight: float = 1.5
    divergence_weight: float = 0.0
    gradient_clip: float = 1.0
    average_decay: float = 0.99

    def __post_init__(self) -> None:
        for name in ("batch_size", "learning_rate", "passes", "min_window", "max_window", "gradient_clip"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} {getattr(self, name)}: expected a positive number")
        weights = ("value_weight", "reply_weight", "soft_weight", "score_weight", "ownership_weight")
        others = ("divergence_weight", "weight_decay", "warmup_steps", "max_steps", "min_positions")
        for name in (*weights, *others, "plateau_rounds"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} {getattr(self, name)}: expected at least 0")
        for name in ("rate_drop", "first_drop", "second_drop", "window_share", "q_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} {getattr(self, name)}: expected 0..1")
        for name in ("average_decay", "held_out_share"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} {getattr(self, name)}: expected 0 or more, below 1")

    def steps_of(self, allowed: float, window_positions: int) -> int:
        """Training steps of a round.

        Args:
            allowed: by `passes`, those kept from earlier rounds included.
            window_positions: to draw from.
        """
        if window_positions < self.min_positions:
            return 0
        return min(int(allowed), self.max_steps or int(allowed))

    def weights(self) -> dict[str, float]:
        """What the loss of each head, and the divergence, count."""
        return {
            "policy": 1.0,
            "value": self.value_weight,
            "reply": self.reply_weight,
            "soft": self.soft_weight,
            "score": self.score_weight,
            "ownership": self.ownership_weight,
            "divergence": self.divergence_weight,
        }

    def rate_scale(self, share_done: float, past_losses: Sequence[float] = ()) -> float:
        """Factor of the learning rate of a round.

        Args:
            share_done: of all rounds.
            past_losses: of the rounds so far.
        """
        num_drops = (share_done >= self.first_drop) + (share_done >= self.second_drop)
        return float(self.rate_drop ** (num_drops + num_plateaus(past_losses, self.plateau_rounds)))


def num_plateaus(losses: Sequence[float], patience: int) -> int:
    """How often a loss has stood still for some rounds, each round counted once.

    Args:
        losses: round by round.
        patience: rounds in a row without a new lowest loss since the last time; 0 for never.
    """
    count, waited, lowest = 0, 0, float("inf")
    for loss in losses if patience else ():
        waited = 0 if loss < lowest else waited + 1
        lowest = min(loss, lowest)
        if waited == patience:
            count, waited, lowest = count + 1, 0, loss
    return count


class Learner:
    """A network with its optimiser.

    Attributes:
        network: float32 weights being trained.
        average: their running average, steadier than the latest ones: what plays and what is saved.
        config: the settings.
        step: steps done.
        rate_scale: factor of the learning rate, for schedules that go by more than steps.
    """

    def __init__(self, network: Network, config: LearnerConfig, anchor: Network | None = None) -> None:
        """Begin.

        Args:
            network: trained in place.
            config: the settings.
            anchor: what `divergence_weight` keeps the policy near, copied; None for the network as it is now.
        """
        self.device = compute_device()
        self.network = network.to(self.device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self.average: Network = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.config = config
        self._anchor: Network | None = None
        if config.divergence_weight:
            frozen = copy.deepcopy(anchor or network).eval().requires_grad_(False)
            self._anchor = frozen.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.step = 0
        self.rate_scale = 1.0
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
        )
        self._use_bfloat16 = has_fast_bfloat16(self.device)

    def train_batch(self, batch: Batch) -> dict[str, float]:
        """One step.

        Args:
            batch: positions and targets.

        Returns:
            The losses by head, and the `divergence` where it counts.

        Raises:
            DivergedError: the loss is not finite; the weights are as before.
        """
        warmth = min(1.0, (self.step + 1) / max(self.config.warmup_steps, 1))
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * self.rate_scale * warmth
        planes = torch.from_numpy(batch.planes).to(self.device)
        with self._autocast():
            output = self.network(planes)
        parts = losses(output, batch)
        if self._anchor is not None:
            parts["divergence"] = self._divergence(self._anchor, output, planes, batch)
        weights = self.config.weights()
        total = torch.stack([weights[name] * loss for name, loss in parts.items()]).sum()
        if not torch.isfinite(total):
            raise DivergedError(f"training diverged at step {self.step}: loss {total.item()}", batch)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        self.step += 1
        self._update_average()
        return {name: float(loss.detach()) for name, loss in parts.items()}

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._use_bfloat16)

    def _divergence(self, anchor: Network, output: Output, planes: Tensor, batch: Batch) -> Tensor:
        """Mean KL from the anchor over the legal actions, in nats."""
        legal = torch.from_numpy(batch.legal).to(self.device)
        with torch.no_grad(), self._autocast():
            log_anchor = log_policy(anchor(planes).policy_logits, legal)
        return exact_divergence(log_policy(output.policy_logits, legal), log_anchor).mean()

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
            num_steps: 0 gives no losses.
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

    def judge(self, batch: Batch) -> dict[str, float]:
        """Losses by head of the averaged weights, without learning anything.

        Args:
            batch: positions and targets.
        """
        planes = torch.from_numpy(batch.planes).to(self.device)
        with torch.inference_mode():
            return {name: float(loss) for name, loss in losses(self.average(planes), batch).items()}
