"""Proximal policy optimisation of a policy without search against a frozen opponent.

This is what RLHF does to a language model: one reward at the end of an episode, a value head as baseline,
clipped steps, and where wanted a penalty on the exact divergence from the reference. Source: Schulman et al.
2017 (arXiv 1707.06347); Ziegler et al. 2019 (arXiv 1909.08593) for the penalty.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.rulesets import Rules
from mcts.evaluator import Floats
from rlhf_variant.episodes import Episodes
from rlhf_variant.sampling_policy import SamplingPolicy
from selfplay.divergence import entropy, exact_divergence, log_policy
from selfplay.network import Network, NetworkConfig

FORWARD_BATCH = 1024


@dataclass(frozen=True)
class PpoConfig:
    """How a policy follows a reward.

    Attributes:
        iterations: rounds of episodes and steps.
        episodes: a round.
        epochs: passes over the decisions of a round.
        batch_size: decisions a step.
        learning_rate: of Adam.
        clip: most change of a probability ratio that pays.
        value_weight: of the value loss.
        divergence_weight: of KL(policy || reference) in each decision's loss; 0 leaves the policy free.
    """

    iterations: int = 80
    episodes: int = 256
    epochs: int = 2
    batch_size: int = 512
    learning_rate: float = 1e-3
    clip: float = 0.2
    value_weight: float = 0.5
    divergence_weight: float = 0.0

    def __post_init__(self) -> None:
        if min(self.iterations, self.episodes, self.epochs, self.batch_size) < 1:
            raise ValueError("ppo: expected iterations, episodes, epochs and batch_size of at least 1")
        if min(self.learning_rate, self.clip, self.value_weight, self.divergence_weight) < 0:
            raise ValueError("ppo: expected no negative number")


class PolicyOptimizer:
    """The learner of an arm.

    Attributes:
        network: the policy and its value head, trained in place.
    """

    def __init__(self, reference: Network, config: PpoConfig, seed: int) -> None:
        """Start from the reference policy, with a fresh value head.

        Args:
            reference: stays as it is.
            config: the settings.
            seed: of the value head and of the order of decisions.
        """
        self.network = copy.deepcopy(reference)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network.reset_value_head()
        self._reference = copy.deepcopy(reference).eval().requires_grad_(False)
        self._config = config
        self._random = np.random.default_rng(seed)
        self._optimizer = torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)

    @property
    def config(self) -> NetworkConfig:
        """See `rlhf_variant.measures.Measured`."""
        return self.network.config

    def side(self, rules: Rules, num_games: int) -> SamplingPolicy:
        """See `rlhf_variant.measures.Measured`; later training does not change it."""
        return SamplingPolicy(self.network, rules, num_games)

    def step(self, episodes: Episodes, values: Floats) -> dict[str, float]:
        """Learn from one round.

        Args:
            episodes: played by this policy.
            values: `[E]` rewards of the boards at the cut, from the learner's view.

        Returns:
            Means over the round: `reward`, `divergence` a game in nats, `entropy` a decision, `value_loss`.
        """
        config = self._config
        rewards = torch.from_numpy(values.astype(np.float32))
        planes, masks = torch.from_numpy(episodes.planes), torch.from_numpy(episodes.masks)
        actions, episode = torch.from_numpy(episodes.actions), torch.from_numpy(episodes.episode)
        returns = rewards[episode]
        before, baseline = self._judge(self.network, planes, masks)
        reference, _ = self._judge(self._reference, planes, masks)
        advantages = returns - baseline
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-6)
        old = before.gather(1, actions[:, None])[:, 0]
        value_losses = []
        for _ in range(config.epochs):
            order = torch.from_numpy(self._random.permutation(len(actions)))
            for index in torch.split(order, config.batch_size):
                output = self.network(planes[index])
                new = log_policy(output.policy_logits, masks[index])
                ratio = (new.gather(1, actions[index, None])[:, 0] - old[index]).exp()
                gain = ratio * advantages[index]
                clipped = ratio.clamp(1 - config.clip, 1 + config.clip) * advantages[index]
                value_loss = _value_loss(output.value_logits, returns[index])
                loss = -torch.minimum(gain, clipped).mean() + config.value_weight * value_loss
                if config.divergence_weight:
                    loss = loss + config.divergence_weight * exact_divergence(new, reference[index]).mean()
                self._optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                self._optimizer.step()
                value_losses.append(float(value_loss.detach()))
        num_episodes = len(episodes.color)
        return {
            "reward": float(rewards.mean()),
            "divergence": float(exact_divergence(before, reference).sum() / num_episodes),
            "entropy": float(entropy(before).mean()),
            "value_loss": float(np.mean(value_losses)),
        }

    def divergence(self, episodes: Episodes) -> tuple[float, float]:
        """KL from the reference a game in nats, and entropy a decision, of the policy as it is now."""
        planes, masks = torch.from_numpy(episodes.planes), torch.from_numpy(episodes.masks)
        now, _ = self._judge(self.network, planes, masks)
        reference, _ = self._judge(self._reference, planes, masks)
        per_game = exact_divergence(now, reference).sum() / len(episodes.color)
        return float(per_game), float(entropy(now).mean())

    def _judge(self, network: Network, planes: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities `[T, A]` and values `[T]` in full precision, without gradients."""
        policies, values = [], []
        with torch.inference_mode():
            for part, mask in zip(*(torch.split(x, FORWARD_BATCH) for x in (planes, masks)), strict=True):
                output = network(part)
                policies.append(log_policy(output.policy_logits, mask))
                values.append(output.values())
        return torch.cat(policies).clone(), torch.cat(values).clone()


def _value_loss(value_logits: Tensor, returns: Tensor) -> Tensor:
    """Cross-entropy of win, draw and loss; a return z in [-1, 1] is a win with chance (1 + z) / 2."""
    target = torch.stack([(1 + returns) / 2, torch.zeros_like(returns), (1 - returns) / 2], dim=1)
    return functional.cross_entropy(value_logits.float(), target)
