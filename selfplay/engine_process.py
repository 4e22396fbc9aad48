"""A program that plays over a pipe: started from a command line, told lines, heard with a time-out."""

import queue
import shlex
import subprocess
import threading
import time
import weakref
from contextlib import suppress

from engine.errors import YomiError

MAX_LINE_BYTES = 1 << 20
QUIT_SECONDS = 1.0


class EngineFailure(YomiError):
    """A program that did not start, ended, was silent too long or said what nobody can understand."""


class EngineProcess:
    """One run of a program. It is killed when this object goes away.

    Attributes:
        command: as given.
    """

    def __init__(self, command: str) -> None:
        """Start a program, without a shell.

        Args:
            command: its path and arguments, quoted as in a shell.

        Raises:
            EngineFailure: there is no such program.
        """
        self.command = command
        try:
            words = shlex.split(command)
            if not words:
                raise ValueError("no program")
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except (OSError, ValueError) as error:
            raise EngineFailure(f"program {command!r}: cannot be started ({error})") from None
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        threading.Thread(target=_hear, args=(self._process, self._lines), daemon=True).start()
        self.stop = weakref.finalize(self, _end, self._process)

    def tell(self, line: str) -> None:
        """Send a line.

        Raises:
            EngineFailure: the program has ended.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):  # ValueError: another thread has closed the pipe
            raise EngineFailure(f"program {self.command!r}: ended before {line!r}") from None

    def hear(self, deadline: float) -> str:
        """The next line that it says, without the end of line.

        Args:
            deadline: `time.monotonic()` until which to wait.

        Raises:
            EngineFailure: the program has ended or is silent.
        """
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise EngineFailure(f"program {self.command!r}: no answer in time") from None
        if line is None:
            raise EngineFailure(f"program {self.command!r}: ended")
        return line.decode("utf-8", "replace").rstrip("\r\n")


def _hear(process: subprocess.Popen[bytes], lines: "queue.Queue[bytes | None]") -> None:
    """Read until the program closes its output or says a line without end."""
    assert process.stdout is not None
    with process.stdout:
        while (line := process.stdout.readline(MAX_LINE_BYTES)) and line.endswith(b"\n"):
            lines.put(line)
    lines.put(None)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a program end by itself, as it should when nobody talks to it any more, or kill it."""
    assert process.stdin is not None
    with suppress(OSError):  # it may have ended, with something unread in the pipe
        process.stdin.close()
    try:
        process.wait(QUIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
