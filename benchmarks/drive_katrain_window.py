"""KaTrain's own window on a screen that nobody sees, by mouse and keys, against `yomi analysis`; a picture.

Needs Xvfb, xdotool, x11-utils and ImageMagick, and KaTrain in an environment of its own:
`python benchmarks/drive_katrain_window.py KATRAIN YOMI PICTURE.png`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE_S = 180.0
SCREEN, WIDTH, HEIGHT = ":94", 1200, 900
NINE, START = (800, 544), (600, 845)
"""Buttons of the dialog of a new game, in a window of that size."""
ANALYSIS_TAB = (1083, 36)
FIRST, STEP = (148, 721), 75
"""A1 of a board of 9x9, and from point to point."""
MOVES = ("E5", "C4", "G4", "D7", "E7", "E8", "D6", "C6")
"""Played by mouse; one more is asked of the engine."""
LETTERS = "ABCDEFGHJ"


class Window:
    """KaTrain in its window, with what it asks its engine and what it is told."""

    def __init__(self, folder: Path, program: str, engine: str) -> None:
        """Start the screen and KaTrain, and wait for the window.

        Args:
            folder: a home for its settings and for what is heard of its engine.
            program: KaTrain.
            engine: yomi.
        """
        self._asked, self._told = folder / "asked", folder / "told"
        settings = {
            "engine": {
                "backend": "custom",
                "altcommand": f"tee {self._asked} | {engine} analysis | tee {self._told}",
                "max_visits": 200,
                "fast_visits": 25,
                "max_time": 8.0,
                "_enable_ownership": True,
            },
        }
        (folder / ".katrain").mkdir()
        (folder / ".katrain" / "config.json").write_text(json.dumps(self._with_usual(program, settings)))
        self._environment = {**os.environ, "DISPLAY": SCREEN, "HOME": str(folder), "KIVY_NO_ARGS": "1"}
        self._environment |= {"LIBGL_ALWAYS_SOFTWARE": "1", "SDL_AUDIODRIVER": "dummy"}
        self._screen = self._started("Xvfb", SCREEN, "-screen", "0", f"{WIDTH}x{HEIGHT}x24")
        time.sleep(1)
        self._program = self._started(program)
        wait(lambda: "KaTrain" in self._output("xwininfo", "-root", "-tree"), "the window")
        tree = self._output("xwininfo", "-root", "-tree").splitlines()
        window = next(line for line in tree if "KaTrain" in line).split()[0]
        time.sleep(5)
        self.xdotool("windowmove", window, 0, 0, "windowsize", window, WIDTH, HEIGHT)
        time.sleep(1)
        self.xdotool("windowfocus", window)

    def _with_usual(self, program: str, settings: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Its own settings with some of ours."""
        (usual,) = Path(program).resolve().parent.parent.glob("lib/python*/site-packages/katrain/config.json")
        own = json.loads(usual.read_text())
        return own | {part: own[part] | changed for part, changed in settings.items()}

    def _started(self, *command: str) -> "subprocess.Popen[bytes]":
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=self._environment, stdin=quiet, stdout=quiet, stderr=quiet)

    def _output(self, *command: str) -> str:
        done = subprocess.run(command, env=self._environment, stdin=subprocess.DEVNULL, capture_output=True)
        return done.stdout.decode()

    def xdotool(self, *words: str | int) -> None:
        """Move the mouse or press a key."""
        subprocess.run(
            ["xdotool", *map(str, words)], env=self._environment, stdin=subprocess.DEVNULL, check=True
        )

    def click(self, x: int, y: int) -> None:
        """Press the mouse there and give the window time to hear of it."""
        self.xdotool("mousemove", x, y)
        time.sleep(0.3)
        self.xdotool("click", 1)
        time.sleep(1)

    def press(self, key: str) -> None:
        """Press a key and give the window time to hear of it."""
        self.xdotool("key", key)
        time.sleep(1)

    def play(self, vertex: str) -> None:
        """Click on a point of the board and wait for its analysis."""
        column, row = LETTERS.index(vertex[0]), int(vertex[1:]) - 1
        self.click(FIRST[0] + STEP * column, FIRST[1] - STEP * row)
        wait(self.is_answered, f"the analysis behind {vertex}")

    def asked(self) -> list[dict[str, Any]]:
        """Queries so far."""
        return lines_of(self._asked)

    def answers(self) -> list[dict[str, Any]]:
        """Answers so far."""
        return lines_of(self._told)

    def is_answered(self) -> bool:
        """Whether every query has its last answer."""
        done = {answer["id"] for answer in self.answers() if answer.get("isDuringSearch") is False}
        return done.issuperset(query["id"] for query in self.asked() if "action" not in query)

    def picture(self, path: str) -> None:
        """Keep what is on the screen, small and in few colors."""
        self._output(
            "import", "-window", "root", "-resize", "66%", "+dither", "-colors", "64", f"PNG8:{path}"
        )

    def close(self) -> None:
        """End KaTrain and the screen."""
        for process in (self._program, self._screen):
            process.terminate()
            process.wait()


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file of JSON objects."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def wait(condition: Callable[[], object], what: str) -> None:
    """Wait until something has come true."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.2)


def main() -> None:
    """Begin a game of 9x9, play, look at the analysis, and say what the engine was asked and told."""
    program, engine, picture = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        window = Window(Path(folder), program, engine)
        try:
            wait(window.is_answered, "the first analysis")
            window.press("ctrl+n")
            window.click(*NINE)
            window.click(*START)
            wait(lambda: window.asked()[-1]["boardXSize"] == 9, "a board of 9x9")
            for vertex in MOVES:
                window.play(vertex)
            window.press("Return")
            wait(lambda: len(window.asked()[-1]["moves"]) > len(MOVES), "a move of the engine's")
            wait(window.is_answered, "the analysis behind it")
            window.click(*ANALYSIS_TAB)
            time.sleep(3)
            window.picture(picture)
            told = [answer for answer in window.answers() if "moveInfos" in answer]
            print("moves:", *(vertex for _, vertex in window.asked()[-1]["moves"]))
            print("positions:", len(told), "errors:", [a for a in window.answers() if "error" in a])
        finally:
            window.close()


if __name__ == "__main__":
    main()
