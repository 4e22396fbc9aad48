"""Boards of Go drawn by hand whose owner is known, which a reward should see as well as a beginner does.

Each board is decided by one thing, such as a false eye; whoever plays well from here on wins by more than ten
points. Stones alone tell little: what is dead stands on the board as if it lived. Each comes with its
color-reversed twin.
"""

from typing import Any, NamedTuple

import numpy as np

from engine.board import BLACK, WHITE
from engine.notation import parse_diagram
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards, swap_colors
from rlhf_variant.rewards import Reward


class Probe(NamedTuple):
    """A board and who wins from there."""

    topic: str
    owner: int
    """BLACK or WHITE."""
    to_play: int
    diagram: str
    has_twin: bool = True
    """Whether the rules are the same for both colors; renju's are not."""


PROBES = (
    Probe(
        "dead stones",
        BLACK,
        WHITE,
        """
        O O O O O X .
        O O O O O X X
        O . O O O X .
        O O O O O X X
        X X X X X X .
        . X . X . X X
        X X . X X X .
        """,
    ),
    Probe(
        "dead stones",
        BLACK,
        WHITE,
        """
        O O O O O O X . .
        O O O O O O X X X
        O . . . O O X . X
        O O O O O O X X .
        O O O O O O X . X
        X X X X X X X X .
        . X . X . X . X X
        X X X X X X X X .
        . . . . . . . . .
        """,
    ),
    Probe(
        "two eyes",
        WHITE,
        BLACK,
        """
        O . O O O X .
        O O O O O X X
        O . O O O X .
        O O O O O X X
        O O O O O X .
        O O O O O X X
        O O O O O X .
        """,
    ),
    Probe(
        "two eyes",
        WHITE,
        BLACK,
        """
        X X X X X X X O .
        . X . X X . X O O
        X X X X X X X O .
        O O O O O O O O O
        O . O . O . O . O
        . O O O O O O O .
        O O . O . O O . O
        . O O O O O O O O
        O . O . O . O . .
        """,
    ),
    Probe(
        "false eye",
        BLACK,
        WHITE,
        """
        O O O . O O X
        O O O O X X X
        O . O O X . X
        O O O O X X X
        X X X X X . X
        . X . X X X X
        X X X . X X .
        """,
    ),
    Probe(
        "false eye",
        BLACK,
        WHITE,
        """
        O O O O . O O X .
        O O O O O X X X X
        O . O O O X . X .
        O O O O O X X X X
        O O O O O X . X .
        X X X X X X X X X
        . X . X . X . X .
        X X X X X X X X X
        . . . . . . . . .
        """,
    ),
    Probe(
        "seki",
        WHITE,
        BLACK,
        """
        . O . O . O .
        O O O O O O O
        X X X X X X X
        . O O O O O .
        X X X X X X X
        O O O O O O O
        . O . O . O .
        """,
    ),
    Probe(
        "seki",
        BLACK,
        WHITE,
        """
        . X . X . X . X .
        X X X X X X X X X
        O O O O O O O O O
        . X X X X X X X .
        O O O O O O O O O
        X X X X X X X X X
        . X . X . X . X .
        X X X X X X X X X
        . . . . . . . . .
        """,
    ),
    Probe(
        "ko",
        BLACK,
        BLACK,
        """
        . O O . O X .
        O O O O X X X
        O O O O X . X
        O O O O X X .
        X X X X X . X
        . X . X . X X
        X X X X X X .
        """,
    ),
    Probe(
        "ko",
        BLACK,
        BLACK,
        """
        . O O O O . O X .
        O O O O O O X X X
        O O O O O O X . X
        O O O O O O X X .
        O O O O O O X . X
        X X X X X X X X .
        . X . X . X . X X
        X X X X X X X X .
        . . . . . . . . .
        """,
    ),
    Probe(
        "snapback",
        BLACK,
        BLACK,
        """
        O O O O O X .
        O O O O O X X
        O O O . . X .
        O O O O X X X
        X X X X X . X
        . X . X X X X
        X X X . X X .
        """,
    ),
    Probe(
        "snapback",
        BLACK,
        BLACK,
        """
        O O O O O O X . .
        O O O O O O X X X
        O O O O O O X . X
        O O O O . . X X .
        O O O O O X X . X
        X X X X X X X X .
        . X . X . X . X X
        X X X X X X X X .
        . . . . . . . . .
        """,
    ),
    Probe(
        "ladder",
        BLACK,
        BLACK,
        """
        O O O X . . .
        O O O X . . .
        X X O . . . .
        . X . . . . .
        . . . . . . .
        . . X . . . .
        . . . . . . .
        """,
    ),
    Probe(
        "ladder",
        BLACK,
        BLACK,
        """
        O O O O X . . . .
        O O O O X . . . .
        O O O O X . . . .
        X X X O . . . . .
        . . X . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        . . X . . . . . .
        . . . . . . . . .
        """,
    ),
)


def probes_of(size: int) -> list[Probe]:
    """The probes on boards of a size; there are some for 7 and 9."""
    return [probe for probe in PROBES if len(parse_diagram(probe.diagram)) == size]


def probe_boards(probes: list[Probe], komi: float) -> Boards:
    """The boards of some probes of one size.

    Args:
        probes: the probes.
        komi: points for White; at most ten, so that it changes no owner.
    """
    return Boards(
        np.stack([parse_diagram(probe.diagram) for probe in probes]),
        np.array([probe.to_play for probe in probes], np.int8),
        np.full(len(probes), komi, np.float32),
    )


def probe_values(reward: Reward, probes: list[Probe], komi: float) -> tuple[Floats, Floats]:
    """What a reward says of each owner: `[N]` values on the boards and `[N]` on their twins.

    Args:
        reward: who judges.
        probes: of one size.
        komi: points for White.
    """
    boards = probe_boards(probes, komi)
    sign = np.array([1 if probe.owner == BLACK else -1 for probe in probes], np.float32)
    return sign * reward.values_black(boards), -sign * reward.values_black(swap_colors(boards))


def probe_report(reward: Reward, probes: list[Probe], komi: float) -> list[dict[str, Any]]:
    """A row for each probe: its topic and owner, what the owner is worth here and on the twin, both right.

    Args:
        reward: who judges.
        probes: of one size.
        komi: points for White.
    """
    rows = zip(probes, *probe_values(reward, probes, komi), strict=True)
    return [
        {
            "topic": probe.topic,
            "owner": "black" if probe.owner == BLACK else "white",
            "value_owner": float(value),
            "value_owner_twin": float(twin),
            "right": bool(value > 0 and (twin > 0 or not probe.has_twin)),
        }
        for probe, value, twin in rows
    ]
