"""Curves of gold against the distance from the reference, as Gao et al. describe over-optimization.

Source: Gao, Schulman & Hilton 2022 (arXiv 2210.10760) section 1: gold = d (alpha - beta d) for best-of-n and
d (alpha - beta log d) for reinforcement learning, where d is the square root of the divergence.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Shares = npt.NDArray[np.float64]
Form = Literal["best-of-n", "reinforcement"]


class Curve(NamedTuple):
    """A fitted curve."""

    form: Form
    alpha: float
    beta: float

    def gold(self, distance: Shares) -> Shares:
        """What the curve says at some distances `[N]`."""
        return self.alpha * distance - self.beta * _bend(distance, self.form)


def fit_curve(distance: Shares, gold: Shares, form: Form) -> Curve:
    """Least squares; both forms are linear in alpha and beta.

    Args:
        distance: `[N]` d >= 0.
        gold: `[N]` true reward, 0 at the reference.
        form: which of the two.

    Raises:
        ValueError: fewer than two different distances above zero.
    """
    if len(np.unique(distance[distance > 0])) < 2:
        raise ValueError(f"curve through {len(distance)} points: expected two distances above zero")
    terms = np.stack([distance, -_bend(distance, form)], axis=1)
    (alpha, beta), *_ = np.linalg.lstsq(terms, gold, rcond=None)
    return Curve(form, float(alpha), float(beta))


def _bend(distance: Shares, form: Form) -> Shares:
    if form == "best-of-n":
        return distance**2
    return distance * np.log(np.where(distance > 0, distance, 1))
