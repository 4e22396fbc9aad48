"""A program that speaks the Go Text Protocol, as the other player of a game.

Source: Gunnar Farnebäck, "Specification of the Go Text Protocol, version 2, draft 2".
"""

import time
from collections.abc import Sequence

from engine.errors import NotationError
from engine.notation import action_of_vertex, vertex_of_action
from engine.rulesets import Rules
from selfplay.engine_process import EngineFailure, EngineProcess
from selfplay.external_agent import RESIGNS

START_SECONDS = 60.0
ANSWER_SECONDS = 120.0
NO_GAME = [-1]
"""Stands for the moves on a board that has to be set up anew."""


class GtpProcess:
    """A program and the game that stands on its board."""

    def __init__(self, command: str, rules: Rules, seconds: float | None) -> None:
        """Start it.

        Args:
            command: its command line.
            rules: size and komi; how it counts is for its own options to say.
            seconds: time a move that it is asked to keep; None leaves it to its options.

        Raises:
            EngineFailure: it does not start.
        """
        self._process = EngineProcess(command)
        self._rules = rules
        self._patience = ANSWER_SECONDS + 10 * (seconds or 0.0)
        self._seconds = seconds
        self._moves: list[int] = []

    def begin(self) -> None:
        """See `PlayingProcess.begin`."""
        self._ask("protocol_version", START_SECONDS)
        width, height = self._rules.width, self._rules.height
        self._ask(f"boardsize {width}" if width == height else f"rectangular_boardsize {width} {height}")
        self._ask("clear_board")
        self._ask(f"komi {self._rules.komi:g}")
        if self._seconds is not None:
            self._ask(f"time_settings 0 {max(1, round(self._seconds))} 1")

    def close(self) -> None:
        """See `PlayingProcess.close`."""
        self._process.stop()

    def genmove(self, moves: Sequence[int]) -> int:
        """Its move after others, or RESIGNS.

        Args:
            moves: the game so far, Black first.

        Raises:
            EngineFailure: it ended, was silent, or refused a move of the game.
        """
        self._follow(moves)
        vertex = self._ask(f"genmove {_color(len(moves))}")
        if vertex.lower() == "resign":
            self._moves = NO_GAME
            return RESIGNS
        try:
            action = action_of_vertex(vertex, self._rules)
        except NotationError:
            raise EngineFailure(f"program {self._process.command!r}: {vertex!r} is no vertex") from None
        self._moves.append(action)
        return action

    def final_score_black(self, moves: Sequence[int]) -> float | None:
        """Points of Black minus points of White as it counts a game; None if it does not say.

        Raises:
            EngineFailure: it ended, was silent, or refused a move of the game.
        """
        self._follow(moves)
        winner, _, points = self._ask("final_score").partition("+")
        if winner == "0":
            return 0.0
        try:
            return {"B": 1, "W": -1}[winner.upper()] * float(points)
        except (KeyError, ValueError):
            return None

    def _follow(self, moves: Sequence[int]) -> None:
        """Bring its board to a game: by the moves that are missing, else from the start."""
        known = len(self._moves)
        if list(moves[:known]) != self._moves:
            self._ask("clear_board")
            known = 0
        self._moves = NO_GAME
        for ply in range(known, len(moves)):
            self._ask(f"play {_color(ply)} {vertex_of_action(moves[ply], self._rules)}")
        self._moves = list(moves)

    def _ask(self, command: str, seconds: float | None = None) -> str:
        """The answer to a command, without its sign."""
        deadline = time.monotonic() + (seconds or self._patience)
        self._process.tell(command)
        while not (line := self._process.hear(deadline)):
            pass
        lines = [line]
        while line := self._process.hear(deadline):
            lines.append(line)
        sign, text = lines[0][:1], "\n".join([lines[0][1:].strip(), *lines[1:]]).strip()
        if sign != "=":
            name = self._process.command
            raise EngineFailure(f"program {name!r}: expected = as answer to {command!r}, not {lines[0]!r}")
        return text


def _color(ply: int) -> str:
    return "b" if ply % 2 == 0 else "w"
