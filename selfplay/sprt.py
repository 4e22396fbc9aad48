"""When a match may stop: the sequential probability ratio test of two Elo differences."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Verdict = Literal["accepted", "rejected", "open"]


@dataclass(frozen=True)
class Sprt:
    """A test whether the first player is better by `elo1` rather than by `elo0`.

    Games come in pairs of one opening with colors swapped, and the pair is what is counted: its two results
    hang together. The logarithm of the likelihood ratio is that of normally distributed pair scores.

    Source: A. Wald, "Sequential Analysis" (1947); M. Van den Bergh, "A practical introduction to the GSPRT"
    (the approximation for scores whose variance is estimated).

    Attributes:
        elo0: difference under the hypothesis that is kept when the test rejects.
        elo1: difference under the other one, larger.
        alpha: chance to accept although `elo0` holds.
        beta: chance to reject although `elo1` holds.
    """

    elo0: float
    elo1: float
    alpha: float = 0.05
    beta: float = 0.05

    def __post_init__(self) -> None:
        if not self.elo0 < self.elo1:
            raise ValueError(f"sprt {self.elo0:g},{self.elo1:g}: expected the smaller difference first")
        if not (0 < self.alpha < 0.5 and 0 < self.beta < 0.5):
            raise ValueError(f"alpha {self.alpha:g}, beta {self.beta:g}: expected both between 0 and 0.5")

    @property
    def bounds(self) -> tuple[float, float]:
        """The log likelihood ratios at which the test rejects and accepts."""
        return math.log(self.beta / (1 - self.alpha)), math.log((1 - self.beta) / self.alpha)

    def log_likelihood_ratio(self, pair_scores: Sequence[float]) -> float:
        """How much better `elo1` explains the pairs than `elo0`.

        Args:
            pair_scores: points of the first player in each pair, 0..2.
        """
        if len(pair_scores) < 2:
            return 0.0
        scores = np.asarray(pair_scores, np.float64) / 2
        # The first pairs may all end alike: two more that end in opposite ways keep the variance above zero.
        variance = float(np.append(scores, [0.0, 1.0]).var())
        low, high = expected_score(self.elo0), expected_score(self.elo1)
        return len(scores) * (high - low) * (2 * float(scores.mean()) - low - high) / (2 * variance)

    def verdict(self, pair_scores: Sequence[float]) -> Verdict:
        """What the pairs played so far decide."""
        reject, accept = self.bounds
        ratio = self.log_likelihood_ratio(pair_scores)
        return "accepted" if ratio >= accept else "rejected" if ratio <= reject else "open"


def expected_score(elo: float) -> float:
    """Points a game of a player who is better by so many points of Elo."""
    return 1 / (1 + 10 ** (-elo / 400))


def elo_of(score: float) -> float:
    """The Elo difference at which a share of the points is expected; infinite at 0 and 1."""
    if score <= 0:
        return -math.inf
    return math.inf if score >= 1 else -400 * math.log10(1 / score - 1)
