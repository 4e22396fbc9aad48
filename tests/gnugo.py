"""GNU Go as a process that tests ask over the Go Text Protocol, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from types import TracebackType

from engine.rulesets import Rules

PROGRAM = shutil.which("gnugo", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/games")
KO_OPTIONS = {
    "simple": "--simple-ko",
    "positional": "--positional-superko",
    "situational": "--situational-superko",
}
MAX_SIDE = 19
MAX_MOVES = 480
"""GNU Go remembers 500 moves; behind them its superko would forget the first boards."""


class GnuGo:
    """One GNU Go under the ko and suicide rules of `rules`, counting area."""

    def __init__(self, rules: Rules) -> None:
        if PROGRAM is None:
            raise FileNotFoundError("gnugo is neither in PATH nor in /usr/games")
        suicide = "--allow-suicide" if rules.suicide else "--forbid-suicide"
        options = ["--mode", "gtp", "--chinese-rules", "--seed", "1", KO_OPTIONS[rules.ko], suicide]
        self._process = subprocess.Popen(
            [PROGRAM, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> GnuGo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate("quit\n", timeout=10)

    def reply(self, command: str) -> str:
        """The answer with its status sign, such as `= A1 B1` or `? illegal move`; lines are joined."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        lines = []
        while line := self._process.stdout.readline().strip():
            lines.append(line)
        return " ".join(lines)

    def ask(self, command: str) -> str:
        """The answer to a command that must succeed."""
        answer = self.reply(command)
        assert answer.startswith("="), f"{command}: {answer}"
        return answer[1:].strip()

    def new_game(self, side: int, komi: float) -> None:
        """An empty board."""
        for command in (f"boardsize {side}", "clear_board", f"komi {komi}"):
            self.ask(command)

    def vertices(self, command: str) -> set[str]:
        """The vertices of an answer that lists them."""
        return set(self.ask(command).split())
