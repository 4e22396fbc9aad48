"""What a board program waits for at `yomi gtp`: its name, and the end of an analysis it wants no more."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from measure import report

STARTS = 11
STOPS = 50
YOMI = str(Path(sys.executable).with_name("yomi"))
KINDS = {
    "go9_network": ("--size", "9", "--agent", "go9"),
    "go9_random_games": ("--size", "9", "--agent", "uct:1000"),
    "go19_random_games": ("--size", "19", "--agent", "uct:1000"),
}


class Engine:
    """`yomi gtp` at the other end of two pipes, used in a `with` block."""

    def __init__(self, *options: str) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [YOMI, "gtp", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(b"\nquit\n", timeout=60)

    def send(self, line: str) -> None:
        """Say a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    def hear(self) -> str:
        """The next line of an answer."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().rstrip("\n")

    def ask(self, line: str) -> None:
        """Say a line and hear its answer."""
        self.send(line)
        while self.hear():
            pass


def seconds_to_name() -> float:
    """Seconds from the start of the program to its name."""
    started = time.perf_counter()
    with Engine() as engine:
        engine.ask("name")
        return time.perf_counter() - started


def seconds_to_stop(*options: str) -> list[float]:
    """Seconds from a line to the end of the analysis it ends, at different times of the search."""
    with Engine(*options) as engine:
        engine.ask("clear_board")
        waits = []
        for number in range(STOPS):
            engine.send("kata-analyze b 10 ownership true")
            engine.hear()
            if number == 0:
                engine.hear()  # what is loaded for the first look is loaded
            time.sleep(0.2 + 0.013 * number)
            sent = time.perf_counter()
            engine.send("")
            while engine.hear():
                pass
            waits.append(time.perf_counter() - sent)
        return waits


def main() -> None:
    """Measure and print medians, and the longest waits for an analysis to end."""
    names = [seconds_to_name() for _ in range(STARTS)]
    report("gtp_name_s", statistics.median(names), "s")
    report("gtp_name_longest_s", max(names), "s")
    for kind, options in KINDS.items():
        waits = seconds_to_stop(*options)
        report(f"{kind}_stop_ms", 1e3 * statistics.median(waits), "ms")
        report(f"{kind}_stop_longest_ms", 1e3 * max(waits), "ms")


if __name__ == "__main__":
    main()
