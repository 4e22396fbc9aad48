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
    weights: npt.NDArray[np.int32] | npt.NDArray[np.float32],
    temperatures: npt.NDArray[np.floating],
    uniforms: npt.NDArray[np.floating],
) -> npt.NDArray[np.int64]:
    """Draw a move from each row's weights raised to 1 / temperature; the heaviest one at zero.

    Args:
        weights: `[n, A]` root visit counts, or a policy.
        temperatures: `[n]`, 0 picks the first of the heaviest.
        uniforms: `[n]` uniform numbers in [0, 1).

    Returns:
        `[n]` actions.
    """
    best, most = weights.argmax(axis=1), weights.max(axis=1, keepdims=True)
    cool = np.maximum(temperatures, 0.01)[:, None]
    relative = weights / np.where(most > 0, most, 1)
    shares = np.where(weights > 0, relative ** (1.0 / cool), 0.0)
    cumulative = np.cumsum(shares, axis=1)
    thresholds = uniforms[:, None] * cumulative[:, -1:]
    sampled = (cumulative > thresholds).argmax(axis=1)
    return np.asarray(np.where(temperatures > 0, sampled, best), np.int64)
