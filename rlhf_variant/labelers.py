"""Who is asked which board is better: the truth, vibes, agents and programs, each by a name.

A labeler gives each board a utility for Black, komi counted, and prefers the larger one. Only the truth
reads how the board's game ended; it stands in for a perfect judge and is no part of any learner.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rlhf_variant.boards import Boards
from rlhf_variant.irrationality import Answer, Habits, LabelerError, Temper
from rlhf_variant.playouts import playouts_utility
from rlhf_variant.vibes import (
    Utilities,
    area_utility,
    influence_utility,
    liberties_utility,
    lines_utility,
    open_threes_utility,
    stones_utility,
)

__all__ = ["LABELERS", "Answer", "Labeler", "LabelerError", "Utilities", "labeler_of", "require_disjoint"]
Evidence = Literal["margin", "prisoners"]
MOST_PLAYOUTS = 100_000
FORMS = ("playouts:K", "agent:NAME", "referee:AGENT:M", "gtp:COMMAND")


@dataclass(frozen=True)
class Labeler:
    """A judge of boards.

    Attributes:
        name: as in commands and in the comparisons' table.
        utility: `(boards, evidence) -> [N]`, larger is better for Black; NaN where it cannot tell.
        mistake_rate: share of answers turned round at random.
        question: what this labeler looks at, in words.
        evidence: what it is told besides the board, for Black (twins reversed): final points of the game the
            board comes from, or prisoners taken minus prisoners lost so far.
    """

    name: str
    utility: Callable[[Boards, Utilities], Utilities]
    mistake_rate: float
    question: str
    evidence: Evidence = "margin"

    @property
    def is_truth(self) -> bool:
        """Whether it judges by how the board's own game ended."""
        return self.name in TRUTHS

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
        temper = Temper(Habits(mistake=self.mistake_rate))
        return temper.answers(utility_a, utility_b, random.random((len(utility_a), 2)))


def by_looks(name: str, utility: Callable[[Boards], Utilities], question: str) -> Labeler:
    """A labeler that looks at the board alone.

    Args:
        name: its name.
        utility: of boards.
        question: what it looks at.
    """
    return Labeler(name, lambda boards, evidence: utility(boards), 0.0, question)


LABELERS: dict[str, Labeler] = {
    labeler.name: labeler
    for labeler in (
        Labeler("truth", lambda boards, margins: margins, 0.0, "which game ended better for Black"),
        Labeler(
            "noisy-truth",
            lambda boards, margins: margins,
            0.1,
            "which game ended better for Black, 10 % mistakes",
        ),
        Labeler("result", lambda boards, margins: np.sign(margins), 0.0, "which game Black won"),
        by_looks("stones", stones_utility, "which board has more black than white stones, komi counted"),
        by_looks("liberties", liberties_utility, "beside whose stones more points are empty, komi counted"),
        Labeler(
            "prisoners",
            lambda boards, prisoners: prisoners - boards.komi,
            0.0,
            "who has taken more prisoners, komi counted",
            "prisoners",
        ),
        by_looks("area", area_utility, "who has more area if every stone lives, komi counted"),
        by_looks("influence", influence_utility, "on which board Black dominates more points"),
        by_looks("lines", lines_utility, "on which board Black has more stones in open rows"),
        by_looks("open-threes", open_threes_utility, "on which board Black has more open threes"),
    )
}
TRUTHS = ("truth", "noisy-truth", "result")


def labeler_of(name: str) -> Labeler:
    """The labeler of a name.

    Raises:
        LabelerError: no such labeler.
    """
    if name in LABELERS:
        return LABELERS[name]
    kind, colon, rest = name.partition(":")
    if colon and rest:
        if kind == "playouts":
            count = _count(name, rest)
            return by_looks(name, lambda boards: playouts_utility(boards, count), f"{count} random games")
        if kind in ("agent", "referee"):
            # torch is imported where a network may be needed.
            from rlhf_variant.agent_labelers import agent_utility, referee_utility

            if kind == "agent":
                return by_looks(name, agent_utility(rest), f"what {rest} thinks of the board")
            agent, _, number = rest.rpartition(":")
            count = _count(name, number)
            return by_looks(name, referee_utility(agent, count), f"{count} games of {agent} from the board")
        if kind == "gtp":
            from rlhf_variant.gtp_labeler import GtpLabeler

            return by_looks(name, GtpLabeler(rest), f"how {rest} estimates the score")
    raise LabelerError(f"labeler {name!r}: expected one of {', '.join([*LABELERS, *FORMS])}")


def _count(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= MOST_PLAYOUTS:
        return int(text)
    raise LabelerError(f"labeler {name!r}: expected a number of games 1..{MOST_PLAYOUTS}, not {text!r}")


def require_disjoint(labelers: Iterable[str], anchors: Iterable[str], referees: Iterable[str]) -> None:
    """Pass if nobody judges what it taught.

    Args:
        labelers: names of labelers.
        anchors: names of agents that strength is measured against.
        referees: names of agents that say what a board is worth.

    Raises:
        LabelerError: one agent has two roles.
    """
    roles = {"labeler": labelers, "anchor": anchors, "referee": referees}
    holder: dict[str, str] = {}
    for role, names in roles.items():
        for name in names:
            agent = agent_behind(name)
            if holder.setdefault(agent, role) != role:
                raise LabelerError(f"{agent!r}: is {holder[agent]} and {role}, expected one role for each")


def agent_behind(name: str) -> str:
    """The agent that a labeler or referee asks; its own name where there is none."""
    kind, _, rest = name.partition(":")
    if kind == "agent":
        return rest
    return rest.rpartition(":")[0] if kind == "referee" else name
