"""Intervals for what matches and labels count."""

import math

Z_95 = 1.959963984540054


def wilson_interval(successes: float, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Confidence interval of a share.

    Source: E. B. Wilson, JASA 22 (1927). A draw may count as half a success.

    Args:
        successes: between 0 and `trials`.
        trials: how many; 0 gives the whole range.
        z: normal quantile; 95 % by default.

    Returns:
        Lower and upper end.
    """
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    center = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (center - spread) / scale), min(1.0, (center + spread) / scale)
