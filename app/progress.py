"""What long work shows of itself on stderr: a bar on a terminal, a line every few seconds elsewhere."""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from app.console import notice

if TYPE_CHECKING:
    from rich.console import RenderableType

BAR_AFTER_S = 2.0
FIRST_LINE_AFTER_S = 5.0
LINE_INTERVAL_GROWTH = 1.5
LONGEST_LINE_INTERVAL_S = 60.0
FRAME_S = 0.1


class Progress:
    """Shows one piece of work from its `start` to its `stop`, or inside a `with` block.

    One thread of its own does all the drawing, so workers may call `advance` from anywhere.
    """

    def __init__(
        self,
        label: str,
        total: int | None = None,
        *,
        plain: bool = False,
        above: "Callable[[], RenderableType | None] | None" = None,
    ) -> None:
        """Prepare; nothing is shown yet.

        Args:
            label: what is being done.
            total: steps it takes; None when nobody knows.
            plain: write lines on a terminal too.
        """
        self._label = label
        self._above = above
        self._total = total
        self._is_plain = plain or not sys.stderr.isatty()
        self._count = 0
        self._lock = threading.Lock()
        self._is_done = threading.Event()
        self._painter = threading.Thread(target=self._paint, name="progress", daemon=True)
        self._started = 0.0

    def start(self) -> "Progress":
        """Begin to count the time."""
        self._started = time.monotonic()
        self._painter.start()
        return self

    def stop(self) -> None:
        """Take the bar away; a second call does nothing."""
        self._is_done.set()
        self._painter.join()

    def __enter__(self) -> "Progress":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def advance(self, count: int = 1) -> None:
        """Count finished steps, from any thread."""
        with self._lock:
            self._count += count

    def line(self) -> str:
        """How it stands, in words."""
        elapsed_s = time.monotonic() - self._started
        if self._total is None:
            return f"{self._label}: {duration(elapsed_s)} so far"
        text = f"{self._label}: {self._count} of {self._total}"
        if 0 < self._count < self._total:
            text += f", about {duration(elapsed_s * (self._total - self._count) / self._count)} left"
        return text

    def _paint(self) -> None:
        if self._is_plain:
            wait_s = FIRST_LINE_AFTER_S
            while not self._is_done.wait(wait_s):
                notice(self.line())
                wait_s = min(wait_s * LINE_INTERVAL_GROWTH, LONGEST_LINE_INTERVAL_S)
        elif not self._is_done.wait(BAR_AFTER_S):
            self._paint_bar()

    def _paint_bar(self) -> None:
        from rich.console import Console, Group
        from rich.live import Live
        from rich.progress_bar import ProgressBar
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        spinner = Spinner("dots")

        def frame() -> "RenderableType":
            row = Table.grid(padding=(0, 1))
            bar = [ProgressBar(self._total, self._count, width=20)] if self._total else []
            row.add_row(spinner, *bar, Text(self.line(), no_wrap=True, overflow="ellipsis"))
            panel = None if self._above is None else self._above()
            return row if panel is None else Group(panel, row)

        with Live(
            console=Console(stderr=True, highlight=False),
            get_renderable=frame,
            refresh_per_second=1 / FRAME_S,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ):
            self._is_done.wait()


class StageBars:
    """One bar after another, for work in stages."""

    def __init__(self) -> None:
        self._bar: Progress | None = None

    def __enter__(self) -> "StageBars":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, steps: int) -> None:
        """Begin a stage; the one before has ended."""
        self.stop()
        self._bar = Progress(name[0].upper() + name[1:], steps).start()

    def advance(self, count: int) -> None:
        """Count finished steps."""
        if self._bar is not None:
            self._bar.advance(count)

    def stop(self) -> None:
        """Take the bar away; a second call does nothing."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def getting_ready(*, plain: bool = False) -> AbstractContextManager[object]:
    """A spinner while modules load; none off the terminal, where an error shall be the only line.

    Args:
        plain: no spinner on a terminal either.
    """
    return nullcontext() if plain or not sys.stderr.isatty() else Progress("Getting ready")


def duration(seconds: float) -> str:
    """A length of time for people, such as `40 s`, `3 min` or `2.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
