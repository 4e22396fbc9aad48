"""Lines from a client, read by a thread of its own, so that whoever thinks can notice that one has come."""

import queue
import threading
from collections.abc import Iterator
from typing import BinaryIO

from app.protocols.gtp_text import read_lines


class LineReader:
    """Hands out the lines of a stream in order."""

    def __init__(self, stream: BinaryIO, last_word: bytes) -> None:
        """Begin to read.

        Args:
            stream: of bytes.
            last_word: first word, in capitals, of the line after which nothing more is read.
        """
        self._last_word = last_word
        self._lines: queue.Queue[bytes | type[StopIteration] | None] = queue.Queue()
        self._is_stopped = threading.Event()
        threading.Thread(target=self._read, args=(stream,), name="reader", daemon=True).start()

    def _read(self, stream: BinaryIO) -> None:
        try:
            for line in read_lines(stream):
                self._lines.put(line)
                if line is not None and line.strip().upper().partition(b" ")[0] == self._last_word:
                    self._is_stopped.set()
                    break
        finally:
            self._lines.put(StopIteration)

    def __iter__(self) -> Iterator[bytes | None]:
        """Each line, None in place of one that is too long; waits for the next until the stream ends."""
        while (line := self._lines.get()) is not StopIteration:
            assert not isinstance(line, type)
            yield line

    def is_stopped(self) -> bool:
        """Whether the last word has come."""
        return self._is_stopped.is_set()
