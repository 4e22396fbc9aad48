"""How far a policy has gone from another: exact Kullback-Leibler divergence over all actions.

The one function serves training and reports alike, so what is logged is what was used. Sampled estimates
can be negative and are not used.
"""

import torch
from torch import Tensor

LOG_ZERO = -1e9


def log_policy(logits: Tensor, mask: Tensor) -> Tensor:
    """`[n, A]` log-probabilities over the marked actions, very low elsewhere."""
    return torch.log_softmax(logits.float().masked_fill(~mask, LOG_ZERO), dim=1)


def exact_divergence(log_policy: Tensor, log_reference: Tensor) -> Tensor:
    """`[n]` KL(policy || reference) in nats.

    Args:
        log_policy: `[n, A]` log-probabilities.
        log_reference: `[n, A]`, over the same actions.
    """
    return (log_policy.exp() * (log_policy - log_reference)).sum(dim=1)


def entropy(log_policy: Tensor) -> Tensor:
    """`[n]` entropy in nats."""
    return -(log_policy.exp() * log_policy).sum(dim=1)
