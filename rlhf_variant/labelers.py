"""Who is asked which board is better: the truth, the truth with mistakes, and vibes.

A labeler gives each board a utility for Black, komi counted, and prefers the larger one. Only the truth
reads how the board's game ended; it stands in for a perfect judge and is no part of any learner.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, EMPTY, WHITE
from engine.errors import YomiError
from rlhf_variant.boards import Boards

Answer = Literal["a", "b", "tie"]
Utilities = npt.NDArray[np.float64]
TIE_MARGIN = 1e-9


class LabelerError(YomiError):
    """A name that is no labeler."""


@dataclass(frozen=True)
class Labeler:
    """A judge of boards.

    Attributes:
        name: as in commands and in the comparisons' table.
        utility: `(boards, margins) -> [N]`, larger is better for Black. `margins` are the final points of
            Black (twins reversed) of the games the boards come from.
        mistake_rate: share of answers turned round at random.
        question: what this labeler looks at, in words.
    """

    name: str
    utility: Callable[[Boards, Utilities], Utilities]
    mistake_rate: float
    question: str

    def answers(
        self, utility_a: Utilities, utility_b: Utilities, random: np.random.Generator
    ) -> list[Answer]:
        """Compare.

        Args:
            utility_a: `[N]` of the first boards.
            utility_b: `[N]` of the second boards.
            random: decides which answers are mistaken.

        Returns:
            `N` answers; equal utilities are a tie, never a coin flip.
        """
        mistaken = random.random(len(utility_a)) < self.mistake_rate
        difference = np.where(mistaken, -1, 1) * (utility_a - utility_b)
        return ["tie" if abs(d) <= TIE_MARGIN else "a" if d > 0 else "b" for d in difference]


def signed_stones(boards: Boards) -> npt.NDArray[np.int8]:
    """`[N, H, W]` +1 for Black's stones, -1 for White's, 0 elsewhere."""
    black, white = boards.stones == BLACK, boards.stones == WHITE
    return np.asarray(black.astype(np.int8) - white.astype(np.int8), np.int8)


def truth_utility(boards: Boards, margins: Utilities) -> Utilities:
    """How the game really ended."""
    return margins


def stones_utility(boards: Boards, margins: Utilities) -> Utilities:
    """More stones on the board, komi counted."""
    return np.asarray(signed_stones(boards).sum(axis=(1, 2)) - boards.komi, np.float64)


def influence_utility(boards: Boards, margins: Utilities, dilations: int = 4) -> Utilities:
    """More of the board under influence, komi counted.

    Stones radiate to their neighbors `dilations` times, as in Zobrist's and Bouzy's models of influence (B.
    Bouzy, "Mathematical morphology applied to computer Go", 2003); what is left is who dominates a point.
    """
    field = 64 * signed_stones(boards).astype(np.int64)
    for _ in range(dilations):
        friendly, hostile = np.zeros_like(field), np.zeros_like(field)
        for axis, step in ((1, 1), (1, -1), (2, 1), (2, -1)):
            neighbor = _shifted(field, axis, step)
            friendly += neighbor > 0
            hostile += neighbor < 0
        field = field + np.where((field >= 0) & (hostile == 0), friendly, 0)
        field = field - np.where((field <= 0) & (friendly == 0), hostile, 0)
    return np.asarray(np.sign(field).sum(axis=(1, 2)) - boards.komi, np.float64)


def lines_utility(boards: Boards, margins: Utilities, length: int = 4) -> Utilities:
    """More own stones in rows that are still open (Gomoku): squares of the counts over all open windows."""
    count, height, width = boards.stones.shape
    totals = np.zeros(count, np.float64)
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for y in range(height):
            for x in range(width):
                ys, xs = y + dy * np.arange(length), x + dx * np.arange(length)
                if ys[-1] >= height or not 0 <= xs[-1] < width:
                    continue
                window = boards.stones[:, ys, xs]
                black, white = (window == BLACK).sum(axis=1), (window == WHITE).sum(axis=1)
                totals += np.where(white == 0, black**2, 0) - np.where(black == 0, white**2, 0)
    return totals


def _shifted(field: npt.NDArray[np.int64], axis: int, step: int) -> npt.NDArray[np.int64]:
    """The field moved by one along an axis, EMPTY coming in from the edge."""
    moved = np.roll(field, step, axis=axis)
    edge: list[slice | int] = [slice(None)] * field.ndim
    edge[axis] = 0 if step > 0 else -1
    moved[tuple(edge)] = EMPTY
    return moved


LABELERS: dict[str, Labeler] = {
    labeler.name: labeler
    for labeler in (
        Labeler("truth", truth_utility, 0.0, "which game ended better for Black"),
        Labeler("noisy-truth", truth_utility, 0.1, "which game ended better for Black, 10 % mistakes"),
        Labeler("stones", stones_utility, 0.0, "which board has more black than white stones, komi counted"),
        Labeler("influence", influence_utility, 0.0, "on which board Black dominates more points"),
        Labeler("lines", lines_utility, 0.0, "on which board Black has more stones in open rows"),
    )
}


def labeler_of(name: str) -> Labeler:
    """The labeler of a name.

    Raises:
        LabelerError: no such labeler.
    """
    if name not in LABELERS:
        raise LabelerError(f"labeler {name!r}: expected one of {', '.join(LABELERS)}")
    return LABELERS[name]
