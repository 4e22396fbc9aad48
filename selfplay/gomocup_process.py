"""A program that speaks the Gomocup protocol, as the other player of a game.

Source: Petr Lastovicka, "Gomoku AI protocol" (the Piskvork manager's page protocl2en.htm).
"""

import re
import time
from collections.abc import Sequence

from engine.rulesets import Rules
from selfplay.engine_process import EngineFailure, EngineProcess

START_SECONDS = 60.0
DEFAULT_SECONDS = 5.0
GRACE_SECONDS = 10.0
RULE_BITS = {"freestyle": 0, "standard": 1, "renju": 4, "caro": 8}
COMMENTS = ("MESSAGE", "DEBUG", "SUGGEST")


class GomocupProcess:
    """A program that is shown the whole board before each of its moves."""

    def __init__(self, command: str, rules: Rules, seconds: float | None) -> None:
        """Start it.

        Args:
            command: its command line.
            rules: a game of five in a row.
            seconds: time a move; 5 if None.

        Raises:
            EngineFailure: it does not start.
        """
        self._process = EngineProcess(command)
        self._rules = rules
        seconds = seconds or DEFAULT_SECONDS
        self._patience = seconds + GRACE_SECONDS
        width, height = rules.width, rules.height
        self._start = f"START {width}" if width == height else f"RECTSTART {width},{height}"
        self._settings = [
            f"INFO timeout_turn {round(1000 * seconds)}",
            "INFO timeout_match 0",
            "INFO game_type 1",
            f"INFO rule {RULE_BITS[rules.line_rule]}",
        ]

    def begin(self) -> None:
        """See `PlayingProcess.begin`."""
        self._new_game(START_SECONDS)

    def close(self) -> None:
        """See `PlayingProcess.close`."""
        self._process.stop()

    def genmove(self, moves: Sequence[int]) -> int:
        """Its move after others.

        Args:
            moves: the game so far, Black first.

        Raises:
            EngineFailure: it ended, was silent, or said what is no move.
        """
        width = self._rules.width
        if len(moves) < 2:
            self._new_game(self._patience)
        if moves:
            self._process.tell("BOARD")
            for ply, action in enumerate(moves):
                owner = 1 if (len(moves) - ply) % 2 == 0 else 2
                self._process.tell(f"{action % width},{action // width},{owner}")
            self._process.tell("DONE")
        else:
            self._process.tell("BEGIN")
        answer = self._hear(self._patience)
        point = re.fullmatch(r"\s*([0-9]{1,2})\s*,\s*([0-9]{1,2})\s*", answer)
        if point is None or int(point[1]) >= width or int(point[2]) >= self._rules.height:
            raise EngineFailure(f"program {self._process.command!r}: expected x,y, not {answer!r}")
        return int(point[2]) * width + int(point[1])

    def final_score_black(self, moves: Sequence[int]) -> float | None:
        """None: the protocol has no word for it."""
        return None

    def _new_game(self, seconds: float) -> None:
        self._process.tell(self._start)
        if not (answer := self._hear(seconds)).upper().startswith("OK"):
            raise EngineFailure(f"program {self._process.command!r}: expected OK, not {answer!r}")
        for setting in self._settings:
            self._process.tell(setting)

    def _hear(self, seconds: float) -> str:
        """Its next answer; what it says beside that is passed over."""
        deadline = time.monotonic() + seconds
        while not (line := self._process.hear(deadline)).strip() or line.upper().startswith(COMMENTS):
            pass
        return line
