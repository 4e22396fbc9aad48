"""The text of the Go Text Protocol, version 2: bytes in, requests; answers, bytes out.

Source: Gunnar Farnebäck, "Specification of the Go Text Protocol, version 2, draft 2".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_LINE_BYTES = 64 << 10
_TAB, _NEWLINE, _DELETE = 9, 10, 127
_CONTROLS = bytes(code for code in [*range(32), _DELETE] if code not in (_TAB, _NEWLINE))
_TABS_TO_SPACES = bytes.maketrans(b"\t", b" ")


class Refusal(Exception):
    """A request that fails: the message is the answer, and nothing has changed."""


@dataclass(frozen=True)
class Request:
    """One line that wants an answer.

    Attributes:
        id: the digits before the command, or nothing.
        command: its name; empty when there is none.
        arguments: the words behind it.
    """

    id: str
    command: str
    arguments: tuple[str, ...] = ()


def read_lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Lines up to the end of input, None in place of one that is too long to be meant."""
    while line := stream.readline(MAX_LINE_BYTES):
        if len(line) < MAX_LINE_BYTES or line.endswith(b"\n"):
            yield line
        else:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE_BYTES)
            yield None


def parse_line(line: bytes) -> Request | None:
    """What a line asks for; None when it is blank or a comment."""
    clean = line.translate(_TABS_TO_SPACES, _CONTROLS).partition(b"#")[0]
    words = [word.decode("utf-8", "replace") for word in clean.split()]
    if not words:
        return None
    request_id = words.pop(0) if words[0].isascii() and words[0].isdigit() else ""
    command, *arguments = words or [""]
    return Request(request_id, command, tuple(arguments))


def is_quit(line: bytes) -> bool:
    """Whether a client says `quit`, behind which nothing comes."""
    request = parse_line(line)
    return request is not None and request.command == "quit"


def is_stop(line: bytes) -> bool:
    """Whether a client wants a move at once: `stop`, or the comment that GoGui sends."""
    if line.strip() == b"# interrupt":
        return True
    request = parse_line(line)
    return request is not None and request.command == "stop"


class Reply:
    """The answer to one request, at once or line by line."""

    def __init__(self, request_id: str, answers: BinaryIO) -> None:
        """Say nothing yet.

        Args:
            request_id: of the request, or nothing.
            answers: receives it.
        """
        self._id, self._answers = request_id, answers
        self._is_open = False

    def open(self) -> None:
        """Say that the request succeeds and that lines follow."""
        if not self._is_open:
            self._is_open = True
            self._write(f"={self._id}\n")

    def say(self, line: str) -> None:
        """Send a line, the first one behind the sign of success."""
        self.open()
        self._write(f"{line}\n")

    def succeed(self, text: str) -> None:
        """End.

        Args:
            text: the result, or the last lines of it; no blank lines, or none at all.
        """
        if self._is_open:
            self._write(f"{text}\n\n" if text else "\n")
        else:
            self._write(f"={self._id} {text}".rstrip(" ") + "\n\n")

    def fail(self, text: str) -> None:
        """End by saying what is wrong; behind lines of success there is no place for it.

        Args:
            text: in one line.
        """
        self._write("\n" if self._is_open else f"?{self._id} {text}".rstrip(" ") + "\n\n")

    def _write(self, text: str) -> None:
        self._answers.write(text.encode())
        self._answers.flush()
