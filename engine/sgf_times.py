"""What clocks showed, in SGF: the time that a side has left behind each of its moves (BL, WL, OB, OW)."""

import re
from typing import NamedTuple

from engine.board import BLACK
from engine.sgf_tree import SgfNode

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


class TimeLeft(NamedTuple):
    """What is left of a clock, in the words of GTP's `time_left`."""

    seconds: float
    """Of main time or, in overtime, of the period."""
    stones: int = 0
    """0 in main time; in overtime the moves still to make in the period or, in byo-yomi, the periods left."""


def time_of_node(node: SgfNode, color: int) -> TimeLeft | None:
    """What a side had left behind a move; None where the node does not tell, or tells nonsense.

    Args:
        node: of the move.
        color: BLACK or WHITE.
    """
    left, overtime = _names(color)
    seconds, stones = node.properties.get(left, []), node.properties.get(overtime, [])
    if len(seconds) != 1 or not _SECONDS.fullmatch(text := seconds[0].decode(errors="replace").strip()):
        return None
    number = stones[0].decode(errors="replace").strip() if len(stones) == 1 else ""
    return TimeLeft(float(text), int(number) if _NUMBER.fullmatch(number) else 0)


def set_time_of_node(node: SgfNode, color: int, time: TimeLeft) -> None:
    """Write what a side had left behind a move. Mutates: node.

    Args:
        node: of the move.
        color: BLACK or WHITE.
        time: to the millisecond.
    """
    left, overtime = _names(color)
    node.set_text(left, f"{max(time.seconds, 0.0):.3f}".rstrip("0").rstrip("."))
    if time.stones:
        node.set_text(overtime, str(time.stones))


def _names(color: int) -> tuple[str, str]:
    return ("BL", "OB") if color == BLACK else ("WL", "OW")
