"""The loss of preferences: Bradley and Terry's model with a share of random answers.

Sources: Bradley & Terry, Biometrika 39 (1952); Christiano et al. 2017 (arXiv 1706.03741) section 2.2.3 for
the error term.
"""

import torch
from torch import Tensor


def preference_probability(reward_a: Tensor, reward_b: Tensor, error_rate: float) -> Tensor:
    """P(the first board is preferred) = e / 2 + (1 - e) sigmoid(r_a - r_b).

    Args:
        reward_a: `[N]`.
        reward_b: `[N]`.
        error_rate: e, share of answers at random.
    """
    return error_rate / 2 + (1 - error_rate) * torch.sigmoid(reward_a - reward_b)


def preference_loss(reward_a: Tensor, reward_b: Tensor, preference_a: Tensor, error_rate: float) -> Tensor:
    """Mean negative log-likelihood of the answers.

    Args:
        reward_a: `[N]` rewards of the first boards.
        reward_b: `[N]` rewards of the second boards.
        preference_a: `[N]` 1, 0, or 0.5 for a tie.
        error_rate: e in [0, 1); 0 gives the plain model.

    Returns:
        A scalar.
    """
    if error_rate == 0:
        difference = reward_a - reward_b
        return torch.nn.functional.binary_cross_entropy_with_logits(difference, preference_a)
    probability = preference_probability(reward_a, reward_b, error_rate)
    return torch.nn.functional.binary_cross_entropy(probability, preference_a)
