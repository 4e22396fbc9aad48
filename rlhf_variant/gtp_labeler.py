"""A Go program as labeler: its estimate of the score of a board, asked over GTP.

Programs crash on odd boards. One that does is started again, the board is left unjudged, and both are
counted; nothing is silently asked anew.
"""

import re
import time

import numpy as np

from engine.board import BLACK, EMPTY
from engine.notation import vertex_of_action
from engine.rulesets import go_rules
from rlhf_variant.board_text import board_texts
from rlhf_variant.boards import Boards
from rlhf_variant.vibes import Utilities
from selfplay.engine_process import EngineFailure, EngineProcess

ANSWER_SECONDS = 60.0
ESTIMATE = re.compile(r"(?:(0)|([BW])\+([0-9]+(?:\.[0-9]+)?))(?![^\s])", re.IGNORECASE)


class GtpLabeler:
    """Asks a program, and remembers what it said of each board.

    Attributes:
        failures: what went wrong, once for each board that it could not judge.
    """

    def __init__(self, command: str) -> None:
        """Nothing is started yet.

        Args:
            command: the program's command line.
        """
        self.failures: list[str] = []
        self._command = command
        self._process: EngineProcess | None = None
        self._known: dict[str, float] = {}

    def __call__(self, boards: Boards) -> Utilities:
        """`[N]` points of Black, komi counted; NaN where the program failed."""
        texts = board_texts(boards)
        for index, text in enumerate(texts):
            if text not in self._known:
                self._known[text] = self._judged(boards.select(np.array([index])))
        return np.array([self._known[text] for text in texts], np.float64)

    def version(self) -> str:
        """Name and version of the program, as it says them."""
        return f"{self._ask('name')} {self._ask('version')}"

    def _judged(self, board: Boards) -> float:
        try:
            return self._estimate(board)
        except EngineFailure as failure:
            self.failures.append(str(failure))
            self._process = None
            return float("nan")

    def _estimate(self, board: Boards) -> float:
        stones = board.stones[0]
        height, width = stones.shape
        rules = go_rules(width, height)
        self._ask(f"boardsize {width}" if width == height else f"rectangular_boardsize {width} {height}")
        self._ask("clear_board")
        self._ask(f"komi {board.komi[0]:g}")
        for action in np.flatnonzero(stones.ravel() != EMPTY):
            color = "b" if stones.flat[action] == BLACK else "w"
            self._ask(f"play {color} {vertex_of_action(int(action), rules)}")
        answer = self._ask("estimate_score")
        found = ESTIMATE.match(answer)
        if found is None:
            raise EngineFailure(f"program {self._command!r}: {answer!r} is no score")
        return 0.0 if found[1] else float(found[3]) * (1 if found[2].upper() == "B" else -1)

    def _ask(self, command: str) -> str:
        if self._process is None:
            self._process = EngineProcess(self._command)
        deadline = time.monotonic() + ANSWER_SECONDS
        self._process.tell(command)
        while not (line := self._process.hear(deadline)):
            pass
        answer = line
        while self._process.hear(deadline):
            pass
        if answer[:1] != "=":
            raise EngineFailure(
                f"program {self._command!r}: expected = as answer to {command!r}, not {answer!r}"
            )
        return answer[1:].strip()
