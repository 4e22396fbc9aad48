"""A policy taught by comparisons of sibling moves directly, without a reward model and without search.

Sources: Rafailov et al. 2023 (arXiv 2305.18290) for DPO; Azar et al. 2023 (arXiv 2310.12036) for IPO, whose
loss asks for a margin instead of an ever larger one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from engine.board import State
from engine.rules_kernels import mask_legal_actions
from engine.rulesets import Rules
from selfplay.divergence import exact_divergence, log_policy
from selfplay.inputs import InputWriter
from selfplay.network import Network, NetworkConfig

Objective = Literal["dpo", "ipo"]
CHUNK = 256


class Siblings(NamedTuple):
    """N positions and two moves in each, one of which was preferred."""

    planes: Tensor
    """`[N, C, H, W]` as the network sees the positions."""
    legal: Tensor
    """`[N, A]` marks of legal moves."""
    chosen: Tensor
    """`[N]` the preferred actions."""
    rejected: Tensor
    """`[N]` the others."""

    def select(self, index: npt.NDArray[np.int64]) -> "Siblings":
        """The positions of the given places, in that order."""
        return Siblings(*(part[index] for part in self))


@dataclass(frozen=True)
class DirectConfig:
    """How a policy is taught directly.

    Attributes:
        objective: `dpo` or `ipo`.
        beta: how dear it is to leave the reference; larger stays closer.
        learning_rate: of Adam.
        batch_size: pairs a step.
        epochs: passes over the pairs.
        records_per_epoch: how often figures are taken; curves with a hump need many.
    """

    objective: Objective = "dpo"
    beta: float = 0.1
    learning_rate: float = 1e-4
    batch_size: int = 64
    epochs: int = 1
    records_per_epoch: int = 20

    def __post_init__(self) -> None:
        if self.objective not in ("dpo", "ipo"):
            raise ValueError(f"direct.objective {self.objective!r}: expected dpo or ipo")
        if self.beta <= 0:
            raise ValueError(f"direct.beta {self.beta}: expected more than 0")


def siblings_of(
    config: NetworkConfig,
    rules: Rules,
    state: State,
    actions_a: npt.NDArray[np.int64],
    actions_b: npt.NDArray[np.int64],
    preference_a: npt.NDArray[np.float32],
) -> Siblings:
    """Pairs of moves from the positions they are played in; ties are left out.

    Args:
        config: of the network that is taught.
        rules: of all positions.
        state: one position a row.
        actions_a: `[N]` first moves.
        actions_b: `[N]` second moves.
        preference_a: `[N]` 1 where the first move was preferred by the side to move, 0 the second, 0.5 a tie.
    """
    rows = np.flatnonzero(preference_a != 0.5)
    planes = np.zeros((len(rows), config.num_planes, rules.height, rules.width), np.float32)
    InputWriter(config, rules).write(state, rows, planes)
    legal = np.empty((len(rows), rules.num_actions), np.bool_)
    mask_legal_actions(state, rows, True, legal)
    is_first = preference_a[rows] == 1
    chosen = np.where(is_first, actions_a[rows], actions_b[rows])
    rejected = np.where(is_first, actions_b[rows], actions_a[rows])
    return Siblings(*(torch.from_numpy(part) for part in (planes, legal, chosen, rejected)))


def direct_loss(chosen_gain: Tensor, rejected_gain: Tensor, objective: Objective, beta: float) -> Tensor:
    """Mean loss of pairs.

    Args:
        chosen_gain: `[N]` log-probability of the preferred moves less that of the reference.
        rejected_gain: `[N]` the same of the others.
        objective: `dpo` or `ipo`.
        beta: see `DirectConfig`.
    """
    margin = chosen_gain - rejected_gain
    if objective == "dpo":
        return -functional.logsigmoid(beta * margin).mean()
    return ((margin - 1 / (2 * beta)) ** 2).mean()


def teach_directly(
    network: Network,
    pairs: Siblings,
    config: DirectConfig,
    seed: np.random.SeedSequence,
    watch: Callable[[dict[str, Any]], None] = lambda record: None,
) -> list[dict[str, Any]]:
    """Teach a policy in place; the reference is what it was before. The value head learns nothing.

    Args:
        network: the reference policy's weights. Mutated.
        pairs: to learn from.
        config: the settings.
        seed: order of the pairs.
        watch: told of each record as it is taken.

    Returns:
        Records of means over all pairs: `epoch` (a fraction), `loss`, `accuracy` of the implied reward,
        `chosen_log_prob`, which falls in DPO too, `rejected_log_prob` and exact `divergence` in nats.

    Raises:
        ValueError: no decided pairs.
    """
    if not len(pairs.chosen):
        raise ValueError("direct preferences: expected decided pairs")
    reference = _log_policies(network, pairs)
    random = np.random.default_rng(seed)
    network.value_head.requires_grad_(False)
    optimizer = torch.optim.Adam((p for p in network.parameters() if p.requires_grad), config.learning_rate)
    steps = -(-len(pairs.chosen) // config.batch_size)
    interval = max(1, steps // config.records_per_epoch)
    records = []
    for epoch in range(config.epochs):
        order = random.permutation(len(pairs.chosen))
        for step, index in enumerate(np.array_split(order, steps), 1):
            batch = pairs.select(index)
            gains = _gains(policy_on(network, batch), reference[index], batch)
            loss = direct_loss(*gains, config.objective, config.beta)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            if step % interval == 0 or step == steps:
                record = {"epoch": epoch + step / steps, **_figures(network, reference, pairs, config)}
                records.append(record)
                watch(record)
    network.value_head.requires_grad_(True)
    return records


def policy_on(network: Network, pairs: Siblings) -> Tensor:
    """`[N, A]` log-probabilities over the legal moves of the positions."""
    return log_policy(network(pairs.planes).policy_logits, pairs.legal)


def _log_policies(network: Network, pairs: Siblings) -> Tensor:
    starts = range(0, len(pairs.chosen), CHUNK)
    with torch.no_grad():
        return torch.cat([policy_on(network, pairs.select(_chunk(pairs, start))) for start in starts])


def _chunk(pairs: Siblings, start: int) -> npt.NDArray[np.int64]:
    return np.arange(start, min(start + CHUNK, len(pairs.chosen)))


def _gains(policy: Tensor, reference: Tensor, pairs: Siblings) -> tuple[Tensor, Tensor]:
    gain = policy - reference
    return gain.gather(1, pairs.chosen[:, None])[:, 0], gain.gather(1, pairs.rejected[:, None])[:, 0]


def _figures(network: Network, reference: Tensor, pairs: Siblings, config: DirectConfig) -> dict[str, float]:
    policy = _log_policies(network, pairs)
    chosen, rejected = _gains(policy, reference, pairs)
    return {
        "loss": float(direct_loss(chosen, rejected, config.objective, config.beta)),
        "accuracy": float((chosen > rejected).float().mean()),
        "chosen_log_prob": float(policy.gather(1, pairs.chosen[:, None]).mean()),
        "rejected_log_prob": float(policy.gather(1, pairs.rejected[:, None]).mean()),
        "divergence": float(exact_divergence(policy, reference).mean()),
    }
