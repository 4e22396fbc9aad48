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


def answer(request_id: str, text: str, *, is_failure: bool = False) -> bytes:
    """An answer as it goes over the line.

    Args:
        request_id: of the request, or nothing.
        text: the result or what is wrong; no blank lines.
        is_failure: whether it says what is wrong.
    """
    sign = "?" if is_failure else "="
    return f"{sign}{request_id} {text}".rstrip(" ").encode() + b"\n\n"
