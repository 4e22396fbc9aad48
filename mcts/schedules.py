"""What changes in the course of a game or of a run: temperature and simulations."""

import math

import numpy as np
import numpy.typing as npt


def falling_temperatures(
    plies: npt.NDArray[np.int64], first: float, last: float, num_plies: int
) -> npt.NDArray[np.float64]:
    """Temperatures that fall linearly.

    Args:
        plies: `[n]` moves played.
        first: temperature of the first move.
        last: temperature from `num_plies` on.
        num_plies: moves over which it falls.

    Returns:
        `[n]` temperatures.
    """
    share = np.minimum(plies / max(num_plies, 1), 1.0)
    return first + share * (last - first)


def halving_temperatures(
    plies: npt.NDArray[np.int64], first: float, last: float, half_life: float
) -> npt.NDArray[np.float64]:
    """Temperatures whose distance from the last one halves again and again.

    Args:
        plies: `[n]` moves played.
        first: temperature of the first move.
        last: temperature that they approach.
        half_life: moves that halve the distance; KataGo takes about the side of the board.

    Returns:
        `[n]` temperatures.

    Source: KataGo's self-play configuration, from 0.75 to 0.15.
    """
    return last + (first - last) * 0.5 ** (plies / half_life)


def progressive_simulations(done: float, first: int, last: int) -> int:
    """Simulations that double in the course of a run, each stage costing about as many evaluations.

    Args:
        done: share of the run's rounds that are over, 0..1.
        first: simulations in the first round.
        last: simulations in the last one.

    Returns:
        A number from `first` to `last`.

    Source: the idea is that of MiniZero (Wu et al. 2023, arXiv 2310.11305); the stages are ours.
    """
    num_stages = math.ceil(math.log2(last / first)) + 1 if last > first else 1
    stages: list[int] = [min(first * 2**stage, last) for stage in range(num_stages)]
    shares = np.cumsum([1.0 / simulations for simulations in stages])
    stage = int(np.searchsorted(shares[:-1], done * shares[-1], side="right"))
    return stages[stage]
