"""Best of n: what a policy becomes when of n samples the one with the largest reward is kept.

Per move everything is exact, because all moves can be listed. Per game the estimate from a sample of games
is unbiased for every n up to its size.

Sources: Beirami et al. 2024 (arXiv 2401.01879): log n - (n - 1) / n only bounds the divergence from above;
Gao et al. 2022 (arXiv 2210.10760) section 2 for the estimator.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Shares = npt.NDArray[np.float64]


class BestOfN(NamedTuple):
    """The policy that keeps the best of n moves."""

    policy: Shares
    """`[A]` probabilities."""
    divergence: float
    """Exact KL divergence from the policy that is sampled, in nats."""


def best_of_n_policy(policy: Shares, rewards: Shares, n: int) -> BestOfN:
    """The exact policy of best-of-n in one state.

    With F the chance to draw a move of at most some reward, the best of n has that reward with chance
    F^n - F_-^n; moves of equal reward share it as they share the policy.

    Args:
        policy: `[A]` probabilities that are sampled from.
        rewards: `[A]` of the positions that the moves lead to.
        n: samples.

    Raises:
        ValueError: no samples.
    """
    if n < 1:
        raise ValueError(f"best of {n}: expected at least 1")
    _, level = np.unique(rewards, return_inverse=True)
    mass = np.bincount(level, weights=policy)
    at_most = np.cumsum(mass) / mass.sum()
    best = np.diff(at_most**n, prepend=0)
    factor = np.divide(best, mass, out=np.zeros_like(mass), where=mass > 0)
    seen = best > 0
    divergence = float((best[seen] * np.log(factor[seen])).sum())
    return BestOfN(policy * factor[level], max(divergence, 0.0))


def divergence_bound(n: int) -> float:
    """An upper bound of the divergence of best-of-n, for the labels of axes."""
    return math.log(n) - (n - 1) / n


def best_of_n_mean(proxy: Shares, gold: Shares, n: int) -> float:
    """Unbiased estimate of the mean gold of the best of n games by the proxy.

    The mean over all subsets of n of the games, found without listing them: C(i, n) of the C(N, n) subsets
    lie within the i games of least proxy.

    Args:
        proxy: `[N]` what is chosen by.
        gold: `[N]` what it is worth, in the same order.
        n: samples, at most N.

    Raises:
        ValueError: more samples than games.
    """
    if not 1 <= n <= len(proxy):
        raise ValueError(f"best of {n}: expected 1..{len(proxy)}, the number of games")
    _, level, sizes = np.unique(proxy, return_inverse=True, return_counts=True)
    means = np.bincount(level, weights=gold) / sizes
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, len(proxy) + 1)))])
    below = np.cumsum(sizes)
    spare = np.maximum(below - n, 0)
    log_share = (
        log_factorial[below] - log_factorial[spare] - log_factorial[-1] + log_factorial[len(proxy) - n]
    )
    within = np.where(below >= n, np.exp(log_share), 0.0)
    return float((np.diff(within, prepend=0) * means).sum())
