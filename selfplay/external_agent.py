"""Programs of others as agents: `gtp:COMMAND` and `gomocup:COMMAND`."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.board import State
from engine.go_kernels import LEGAL
from engine.rules_kernels import legality
from selfplay.engine_process import EngineFailure

RESIGNS = -1
"""In place of an action: the agent gives up the game."""


class PlayingProcess(Protocol):
    """A program that runs and follows one game at a time."""

    def begin(self) -> None:
        """Greet it and tell it the rules; `EngineFailure` if it does not answer or refuses them."""
        ...

    def genmove(self, moves: Sequence[int]) -> int:
        """Its action after others, Black's first, or RESIGNS; `EngineFailure` if it gives none."""
        ...

    def final_score_black(self, moves: Sequence[int]) -> float | None:
        """Points of Black minus points of White as it counts a finished game; None if it does not say."""
        ...

    def close(self) -> None:
        """End the program now, whatever it is doing; whoever waits for it is told that it has ended."""
        ...


class ExternalAgent:
    """Plays by a program, which is started when it is first needed and again after it failed.

    Attributes:
        failures: what went wrong, once for each game that was lost by it.
    """

    def __init__(self, start: Callable[[], PlayingProcess]) -> None:
        """Nothing is started yet.

        Args:
            start: starts the program.
        """
        self.failures: list[str] = []
        self._start = start
        self._process: PlayingProcess | None = None

    def choose(
        self, state: State, rows: npt.NDArray[np.int64], moves: Sequence[Sequence[int]] | None = None
    ) -> npt.NDArray[np.int64]:
        """See `Agent.choose`."""
        assert moves is not None, "a program follows games, not positions"
        return np.array([self._choose_one(state, int(row), moves[row]) for row in rows], np.int64)

    def _choose_one(self, state: State, row: int, moves: Sequence[int]) -> int:
        try:
            action = self._running().genmove(moves)
            if action != RESIGNS and legality(state, row, action) != LEGAL:
                raise EngineFailure(f"action {action} after {len(moves)} moves: illegal")
        except EngineFailure as failure:
            self.failures.append(str(failure))
            self._process = None
            return RESIGNS
        return action

    def final_score_black(self, moves: Sequence[int]) -> float | None:
        """How the program counts a finished game; None if it cannot or does not say."""
        try:
            return self._running().final_score_black(moves)
        except EngineFailure:
            self._process = None
            return None

    def close(self) -> None:
        """End the program; it is started again when it is needed again."""
        if self._process is not None:
            self._process.close()

    def _running(self) -> PlayingProcess:
        if self._process is None:
            self._process = self._start()
            self._process.begin()
        return self._process
