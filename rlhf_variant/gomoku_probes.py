"""Boards of Gomoku drawn by hand whose owner is known: threes, fours, double threats, forbidden points.

Each is won by force for its owner, whoever is to move, though the other side's stones look as good.
"""

from engine.board import BLACK, WHITE
from engine.rulesets import Rules
from rlhf_variant.probe_boards import Probe

FIVES = (
    Probe(
        "four",
        BLACK,
        BLACK,
        """
        . . . . . . . . .
        . . . . . . . . .
        . O X X X X . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . O O O . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        """,
    ),
    Probe(
        "open four",
        BLACK,
        WHITE,
        """
        . . . . . . . . .
        . . . . . . . . .
        . . X X X X . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . O O O . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        """,
    ),
    Probe(
        "open four",
        WHITE,
        BLACK,
        """
        . . . . . . . . .
        . . . . . . . . .
        . . O O O O . . .
        . . . . . . . . .
        . . . . . . . . .
        . O X X X . . . .
        . . . . . . . . .
        . . . . . . . . .
        X . . . . . . . X
        """,
    ),
    Probe(
        "open three",
        BLACK,
        BLACK,
        """
        . . . . . . . . .
        . . . . . . . . .
        . . . X X X . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . O O O . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        """,
    ),
    Probe(
        "broken three",
        BLACK,
        BLACK,
        """
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        . . X X . X . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . O O O . . .
        . . . . . . . . .
        . . . . . . . . .
        """,
    ),
    Probe(
        "double threat",
        BLACK,
        WHITE,
        """
        O . . . . . . . O
        . . . . . . . . .
        . . . X . . . . .
        . . . X . . . . .
        O X X X X . . . .
        . . . . . . . . .
        . . . . . . . . .
        . . . . . . . . .
        O . . . . . . . O
        """,
    ),
    Probe(
        "dead four",
        WHITE,
        WHITE,
        """
        . . . . . . . . .
        . . . . . . . . .
        . O X X X X O . .
        . . . . . . . . .
        . . . . . . . . .
        . . . O O O . . .
        . . . . . . . . .
        . . . . . . . . .
        X . . . . . . . X
        """,
    ),
)
FORBIDDEN = (
    Probe(
        "forbidden point",
        WHITE,
        BLACK,
        """
        . . . . X . . . .
        . . . . O . . . .
        . . . . O . . . .
        . . . . O . . . .
        . . . . O . . . .
        . X X X . X X . .
        . . . . . . . . .
        . . . . . . . . .
        O . . . . . . . O
        """,
        has_twin=False,
    ),
)
"""For renju: the only parry would make a line of six."""
FOURS = (
    Probe(
        "three",
        BLACK,
        BLACK,
        """
        . . . . . .
        O X X X . .
        . . . . . .
        . . . . . .
        . . O O . .
        . . . . . .
        """,
    ),
    Probe(
        "open three",
        BLACK,
        WHITE,
        """
        . . . . . .
        . X X X . .
        . . . . . .
        . . . . . .
        . O O . . .
        . . . . . .
        """,
    ),
    Probe(
        "open three",
        WHITE,
        BLACK,
        """
        X . . . . X
        . . . . . .
        . O O O . .
        . . . . . .
        . . . . . .
        . . X . . .
        """,
    ),
    Probe(
        "open two",
        BLACK,
        BLACK,
        """
        . . . . . .
        . . X X . .
        . . . . . .
        . . . . . .
        . . O O . .
        . . . . . .
        """,
    ),
    Probe(
        "dead three",
        WHITE,
        WHITE,
        """
        . . . . . .
        O X X X O .
        . . . . . .
        . . O O . .
        . . . . . .
        X . . . . X
        """,
    ),
)


def gomoku_probes(rules: Rules) -> list[Probe]:
    """The probes for lines of five from 9x9 on, of four from 6x6 on, in the middle of the board.

    Args:
        rules: of Gomoku.
    """
    probes = {5: FIVES, 4: FOURS}.get(rules.line_length, ())
    if rules.line_rule == "renju" and rules.line_length == 5:
        probes = (*probes, *FORBIDDEN)
    return [
        probe._replace(diagram=padded(probe.diagram, rules.width, rules.height))
        for probe in probes
        if len(probe.diagram.split("\n")) - 2 <= min(rules.width, rules.height)
    ]


def padded(diagram: str, width: int, height: int) -> str:
    """A square diagram in the middle of a larger empty board."""
    rows = [line.split() for line in diagram.strip().splitlines()]
    left, above = (width - len(rows)) // 2, (height - len(rows)) // 2
    board = [["."] * width for _ in range(height)]
    for number, row in enumerate(rows):
        board[above + number][left : left + len(row)] = row
    return "\n".join(" ".join(row) for row in board)
