"""From root visits to a policy target and to the move that is played."""

import numpy as np
import numpy.typing as npt


def policy_targets(visits: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """Visits as probabilities.

    Args:
        visits: `[n, A]` root visit counts, at least one visit a row.

    Returns:
        `[n, A]` rows that sum to 1.
    """
    total = visits.sum(axis=1, keepdims=True)
    return np.asarray(visits / total, np.float32)


def stored_weights(targets: npt.NDArray[np.floating]) -> npt.NDArray[np.uint16]:
    """Probabilities as whole numbers for a game record, the largest of each row 65,535.

    Args:
        targets: `[n, A]` policy targets, some probability in each row.

    Returns:
        `[n, A]` weights; a probability below 1/131,000 of the largest is lost.
    """
    return np.asarray(np.rint(targets / targets.max(axis=1, keepdims=True) * 65_535), np.uint16)


def choose_actions(
    visits: npt.NDArray[np.int32],
    temperatures: npt.NDArray[np.floating],
    uniforms: npt.NDArray[np.floating],
) -> npt.NDArray[np.int64]:
    """Draw a move from each row's visits raised to 1 / temperature; the most visited one at zero.

    Args:
        visits: `[n, A]` root visit counts.
        temperatures: `[n]`, 0 picks the first of the most visited.
        uniforms: `[n]` uniform numbers in [0, 1).

    Returns:
        `[n]` actions.
    """
    best = visits.argmax(axis=1)
    cool = np.maximum(temperatures, 0.01)[:, None]
    relative = visits / np.maximum(visits.max(axis=1, keepdims=True), 1)
    weights = np.where(visits > 0, relative ** (1.0 / cool), 0.0)
    cumulative = np.cumsum(weights, axis=1)
    thresholds = uniforms[:, None] * cumulative[:, -1:]
    sampled = (cumulative > thresholds).argmax(axis=1)
    return np.asarray(np.where(temperatures > 0, sampled, best), np.int64)
