"""How a labeler errs: noise in units of its own scale, mistakes, refusals, ties, short sight.

The six labelers of Lee et al., "B-Pref: Benchmarking Preference-Based Reinforcement Learning" (2021), over
any utility. All thresholds are fixed once, from a pool of boards; no later session changes them.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from engine.errors import YomiError
from rlhf_variant.vibes import Utilities

Answer = Literal["a", "b", "tie", "cant_tell"]
TIE_MARGIN = 1e-9
LARGEST_BETA = 1e4
BISECTIONS = 60
PRESET_AGREEMENTS = {"perfect": 1.0, "expert": 0.95, "amateur": 0.85, "crowd": 0.73}
"""Agreement with the truth; the last is how often people agreed in InstructGPT (2203.02155)."""


class LabelerError(YomiError):
    """A labeler that does not exist, cannot judge this game, or does not do what it promised."""


@dataclass(frozen=True)
class Habits:
    """What a labeler does wrong, in units that fit any utility.

    Attributes:
        beta: how sharply it tells utilities apart, in standard deviations of the pool; None always prefers
            the larger one.
        mistake: share of answers turned round.
        skip: share of the pool's boards too poor for it: two of them it does not compare.
        equal: difference, in standard deviations of the pool, below which boards are a tie.
        myopia: gamma in (0, 1]: in a clip of H boards, the board t counts gamma ** (H - 1 - t).
    """

    beta: float | None = None
    mistake: float = 0.0
    skip: float = 0.0
    equal: float = 0.0
    myopia: float = 1.0

    def __post_init__(self) -> None:
        if self.beta is not None and self.beta < 0:
            raise LabelerError(f"beta {self.beta}: expected at least 0")
        for name in ("mistake", "skip", "equal"):
            if getattr(self, name) < 0 or (name != "equal" and getattr(self, name) >= 1):
                raise LabelerError(f"{name} {getattr(self, name)}: expected a share from 0 to below 1")
        if not 0 < self.myopia <= 1:
            raise LabelerError(f"myopia {self.myopia}: expected above 0, at most 1")


@dataclass(frozen=True)
class Temper:
    """Habits with the scale of one pool: all that decides an answer besides the utilities and chance.

    Attributes:
        habits: what it does wrong.
        spread: standard deviation of the pool's utilities.
        poor: utility below which a board is too poor to judge.
    """

    habits: Habits = Habits()
    spread: float = 1.0
    poor: float = float("-inf")

    def answers(
        self, utility_a: Utilities, utility_b: Utilities, draws: npt.NDArray[np.float64]
    ) -> list[Answer]:
        """Compare.

        Args:
            utility_a: `[N]` of the first boards; NaN where the labeler could not judge.
            utility_b: `[N]` of the second boards.
            draws: `[N, 2]` uniform chances, the first for the noise, the second for the mistake.

        Returns:
            `N` answers; equal utilities are a tie, never a coin flip.
        """
        habits = self.habits
        gap = utility_a - utility_b
        unknown = np.isnan(gap) | (np.fmax(utility_a, utility_b) < self.poor)
        tie = np.abs(gap) <= np.maximum(TIE_MARGIN, habits.equal * self.spread)
        first = (
            gap > 0 if habits.beta is None else draws[:, 0] < chance_of_first(gap / self.spread, habits.beta)
        )
        first = first ^ (draws[:, 1] < habits.mistake)
        return [
            "cant_tell" if u else "tie" if t else "a" if f else "b"
            for u, t, f in zip(unknown, tie, first, strict=True)
        ]


def chance_of_first(gaps: npt.NDArray[np.float64], beta: float) -> npt.NDArray[np.float64]:
    """Boltzmann's rule: `[N]` chances that the first board is preferred, for gaps in standard deviations."""
    return np.asarray(1 / (1 + np.exp(-np.clip(beta * gaps, -500, 500))), np.float64)


def fitted_temper(habits: Habits, pool: Utilities) -> Temper:
    """The habits on the scale of a pool, fixed for good.

    Args:
        habits: what the labeler does wrong.
        pool: `[N]` utilities of the boards to be compared.
    """
    known = pool[~np.isnan(pool)]
    spread = float(known.std()) if len(known) else 0.0
    if not spread:
        raise LabelerError("labeler: expected boards of different utilities to set its scale by")
    poor = float(np.quantile(known, habits.skip)) if habits.skip else float("-inf")
    return Temper(habits, spread, poor)


def beta_for_agreement(agreement: float, gaps: Utilities, truth: Utilities) -> float | None:
    """The beta at which a labeler agrees with the truth as often as wanted, by bisection.

    Args:
        agreement: wanted share of pairs, decided by the truth, in which both name the same board.
        gaps: `[N]` differences of utility, first minus second, in standard deviations of the pool.
        truth: `[N]` true differences; zeros are left out.

    Returns:
        beta; None, which is without noise, for an agreement of 1.

    Raises:
        LabelerError: no beta gives it.
    """
    if agreement == 1.0:
        return None
    decided = (truth != 0) & (np.abs(gaps) > TIE_MARGIN)
    toward_truth = gaps[decided] * np.sign(truth[decided])

    def reached(beta: float) -> float:
        return float(chance_of_first(toward_truth, beta).mean()) if decided.any() else float("nan")

    low, high = 0.0, LARGEST_BETA
    if not reached(low) <= agreement <= reached(high):
        raise LabelerError(f"agreement {agreement}: expected 0.5..{reached(high):.3f} with these boards")
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if reached(middle) < agreement else (low, middle)
    return (low + high) / 2


def require_rate(name: str, count: int, trials: int, expected: float) -> None:
    """Pass if a rate is what it should be, within four standard errors.

    Args:
        name: of the rate.
        count: how often it happened.
        trials: out of how many.
        expected: its share.

    Raises:
        LabelerError: it is not.
    """
    error = np.sqrt(max(expected * (1 - expected), 1e-12) / max(trials, 1))
    if abs(count / max(trials, 1) - expected) > 4 * error + 1 / max(trials, 1):
        raise LabelerError(f"rate of {name}: {count} of {trials}, expected {expected:.3f}")
