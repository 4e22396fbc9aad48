"""What the rows of an experiment show: paired differences between arms, corrected for their number.

The unit of replication is the training run. Rows of the same seed share pairs, start and openings, so arms
are compared seed by seed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.float64]


class Contrast(NamedTuple):
    """One arm minus another."""

    first: str
    second: str
    difference: float
    """Mean over the seeds that both have."""
    interval: tuple[float, float]
    """95 % t-interval of it, infinite with one seed."""
    p_value: float
    """Two-sided paired t-test; 1 where it cannot be made."""
    seeds: int


def paired_contrast(first: str, second: str, values: dict[str, dict[int, float]]) -> Contrast:
    """Compare two arms seed by seed.

    Args:
        first: name of one arm.
        second: name of the other.
        values: by arm, by seed.
    """
    seeds = sorted(values[first].keys() & values[second].keys())
    gaps = np.array([values[first][seed] - values[second][seed] for seed in seeds])
    mean = float(gaps.mean()) if len(gaps) else float("nan")
    if len(gaps) < 2 or float(gaps.std()) == 0:
        return Contrast(first, second, mean, (-np.inf, np.inf), 1.0, len(gaps))
    error = float(gaps.std(ddof=1) / np.sqrt(len(gaps)))
    half = float(stats.t.ppf(0.975, len(gaps) - 1)) * error
    p_value = float(2 * stats.t.sf(abs(mean) / error, len(gaps) - 1))
    return Contrast(first, second, mean, (mean - half, mean + half), p_value, len(gaps))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for their number (S. Holm, Scandinavian Journal of Statistics 6, 1979)."""
    order = np.argsort(p_values, kind="stable")
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = highest
    return corrected


def overoptimization(curves: Values, start: float) -> dict[str, float]:
    """How much was lost after the peak: (peak - final) / (peak - start), with a cross-fitted peak.

    The point of the peak is chosen on half of the seeds and read on the other half, and the other way round,
    so that no winner's curse remains.

    Args:
        curves: `[S, P]` gold of each seed at each point; at least two seeds.
        start: gold of the reference.

    Returns:
        `peak`, `final` and `index`; the index is 0 where nothing was gained.
    """
    halves = (curves[0::2], curves[1::2])
    peaks = [
        float(read[:, int(chosen.mean(axis=0).argmax())].mean()) for chosen, read in (halves, halves[::-1])
    ]
    peak, final = float(np.mean(peaks)), float(curves[:, -1].mean())
    gained = peak - start
    return {"peak": peak, "final": final, "index": (peak - final) / gained if gained > 0 else 0.0}
