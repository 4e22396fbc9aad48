"""Lines from a client, read by a thread of its own, so that whoever thinks can notice that one has come."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import BinaryIO

from app.protocols.gtp_text import read_lines

MOST_WAITING = 10_000
"""Lines that may wait to be handed out; a client that sends more waits itself."""
LineTest = Callable[[bytes], bool]


class LineReader:
    """Hands out the lines of a stream in order."""

    def __init__(self, stream: BinaryIO, *, is_last: LineTest, is_stop: LineTest | None = None) -> None:
        """Begin to read.

        Args:
            stream: of bytes, from which nothing has been read. At exit the interpreter wants the lock of the
                buffer of stdin, so a thread that waits for input has a buffer of its own.
            is_last: whether nothing more is to be read behind a line.
            is_stop: whether a line asks whoever thinks to come to an end; as `is_last` by default.
        """
        self._is_last = is_last
        self._is_stop = is_stop or is_last
        self._changed = threading.Condition()
        self._waiting: deque[bytes | None] = deque()
        self._num_stops = 0
        self._has_ended = False
        buffer = BufferedReader(stream.raw) if isinstance(stream, BufferedReader) else stream
        threading.Thread(target=self._read, args=(buffer,), name="reader", daemon=True).start()

    def _read(self, stream: BinaryIO) -> None:
        try:
            for line in read_lines(stream):
                with self._changed:
                    self._changed.wait_for(lambda: len(self._waiting) < MOST_WAITING)
                    self._waiting.append(line)
                    self._num_stops += self._asks_to_stop(line)
                    self._changed.notify_all()
                if line is not None and self._is_last(line):
                    break
        finally:
            with self._changed:
                self._has_ended = True
                self._changed.notify_all()

    def _asks_to_stop(self, line: bytes | None) -> bool:
        return line is not None and self._is_stop(line)

    def __iter__(self) -> Iterator[bytes | None]:
        """Each line, None in place of one that is too long; waits for the next until the stream ends."""
        while self.wait(None):
            with self._changed:
                if not self._waiting:
                    return
                line = self._waiting.popleft()
                self._num_stops -= self._asks_to_stop(line)
                self._changed.notify_all()
            yield line

    def wait(self, timeout_s: float | None) -> bool:
        """Whether there is a line to hand out, or the stream has ended, within so many seconds.

        Args:
            timeout_s: None waits for ever.
        """
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._waiting) or self._has_ended, timeout_s)

    def is_stopped(self) -> bool:
        """Whether a line that asks to stop waits to be handed out."""
        return self._num_stops > 0
