"""The text of the Gomocup protocol: numbers and stones in lines, times, and what goes wrong.

Source: Petr Lastovicka, "Gomoku AI protocol" (the Piskvork manager's page protocl2en.htm).
"""

from dataclasses import dataclass

from engine.rulesets import LineRule

LINE_RULES: dict[int, LineRule] = {0: "freestyle", 1: "standard", 4: "renju", 8: "caro"}
"""By the bits of `INFO rule`; bit 2, a game that goes on behind the first, changes nothing within one."""
CONTINUOUS = 2
LAG_S = 0.1
QUICKEST_S = 0.05


class Complaint(Exception):
    """A command that fails: the message is for the manager, and nothing has changed."""


@dataclass(frozen=True)
class TimeLimits:
    """What `INFO` says of time, in milliseconds; 0 for nothing said or, of a turn, as quickly as possible.

    Attributes:
        turn_ms: longest turn.
        match_ms: longest match, 0 without limit.
        left_ms: left of the match.
    """

    turn_ms: int = 30_000
    match_ms: int = 0
    left_ms: int = 0

    def seconds(self, num_moves_to_come: float) -> float:
        """How long to think about a move.

        Args:
            num_moves_to_come: own moves that are expected yet.
        """
        seconds = self.turn_ms / 1000
        if self.match_ms > 0:
            seconds = min(seconds, (self.left_ms or self.match_ms) / 1000 / num_moves_to_come)
        return max(seconds - LAG_S, QUICKEST_S)


def numbers(text: str, count: int, form: str) -> list[int]:
    """Whole numbers with commas between them.

    Args:
        text: from the manager.
        count: how many are meant.
        form: what is meant, for the complaint.

    Raises:
        Complaint: something else.
    """
    words = [word.strip() for word in text.split(",")]
    if len(words) != count or not all(word.isascii() and word.isdigit() and len(word) < 5 for word in words):
        raise Complaint(f"{text[:40]!r}: expected {form}")
    return [int(word) for word in words]


def is_end(line: bytes) -> bool:
    """Whether a manager says `END`, behind which nothing comes."""
    return line.strip().upper().partition(b" ")[0] == b"END"
