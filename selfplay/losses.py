"""What a network is blamed for: one loss for each of its heads."""

import torch
from torch import Tensor
from torch.nn import functional

from selfplay.network import SCORE_SCALE, Output
from selfplay.replay import Batch

SOFT_TEMPERATURE = 4.0
"""Of the flattened policy: KataGo's, which its authors found to speed up learning."""


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Mean cross-entropy over the rows that have a target.

    Args:
        logits: `[n, k]`.
        target: `[n, k]` probabilities, all zero in a row without target.
    """
    total = -(target * functional.log_softmax(logits.float(), dim=1)).sum()
    return total / target.sum().clamp(min=1.0)


def mean_where(values: Tensor, is_known: Tensor) -> Tensor:
    """Mean of the values that are known, zero if none is."""
    return torch.where(is_known, values, 0.0).sum() / is_known.sum().clamp(min=1)


def losses(output: Output, batch: Batch) -> dict[str, Tensor]:
    """The loss of each head that the network has, a mean over what has a target.

    The flattened policy is the policy to the power 1 / SOFT_TEMPERATURE, scaled to one; the score has a
    normal distribution; a point that nobody owns is owned half.

    Args:
        output: what the network said.
        batch: what it should have said.

    Returns:
        Scalars by the names of `LearnerConfig.weights`; a head without targets gives zero.
    """
    device = output.policy_logits.device
    policy_target, reply_target, value_target, score_target, ownership_target = (
        torch.from_numpy(target).to(device)
        for target in (
            batch.policy_target,
            batch.reply_target,
            batch.value_target,
            batch.score_target,
            batch.ownership_target,
        )
    )
    parts = {
        "policy": cross_entropy(output.policy_logits, policy_target),
        "value": cross_entropy(output.value_logits, value_target),
    }
    if output.reply_logits is not None:
        parts["reply"] = cross_entropy(output.reply_logits, reply_target)
    if output.soft_logits is not None:
        flattened = policy_target ** (1 / SOFT_TEMPERATURE)
        flattened = flattened / flattened.sum(1, keepdim=True).clamp(min=1e-9)
        parts["soft"] = cross_entropy(output.soft_logits, flattened)
    if output.score_mean is not None and output.score_deviation is not None:
        score = score_target.nan_to_num(0.0) / SCORE_SCALE
        variance = output.score_deviation.float() ** 2
        likelihood = functional.gaussian_nll_loss(
            output.score_mean.float(), score, variance, reduction="none"
        )
        parts["score"] = mean_where(likelihood, ~score_target.isnan())
    if output.ownership_logits is not None:
        owned = (1 + ownership_target.nan_to_num(0.0)) / 2
        surprise = functional.binary_cross_entropy_with_logits(
            output.ownership_logits.float(), owned, reduction="none"
        )
        parts["ownership"] = mean_where(surprise, ~ownership_target.isnan())
    return parts
