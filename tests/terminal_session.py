"""Drives `yomi play` in a real terminal, tmux; as a program it makes the picture in docs."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from rich.console import Console
from rich.text import Text

from app.screens.analysis_panel import PANEL_COLUMNS
from app.screens.board_picture import MARGIN, largest_frame
from engine.notation import action_of_vertex
from engine.rulesets import Rules, go_rules

COLUMNS, ROWS = 100, 34
ROWS_BELOW = 3  # status, the line to type in, keys
PATIENCE_S = 60
YOMI = Path(sys.executable).parent / "yomi"


class Terminal:
    """One command in a terminal of its own, used in a `with` block."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        """Prepare.

        Args:
            folder: keeps the state of the program.
            *arguments: of `yomi`.
        """
        self._server = ["tmux", "-L", f"yomi-{uuid4().hex}", "-f", "/dev/null"]
        self._command = f"{shlex.join([str(YOMI), *arguments])}; echo exit $?; cat"
        self._environment = {**os.environ, "XDG_STATE_HOME": str(folder), "TERM": "xterm-256color"}
        self._environment["COLORTERM"] = "truecolor"
        for name in ("COLUMNS", "LINES"):  # pytest-xdist says 80 columns, and programs believe it
            self._environment.pop(name, None)

    def __enter__(self) -> "Terminal":
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        self._tmux("new-session", "-d", *size, self._command)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("kill-server")

    def text(self, *, with_colors: bool = False) -> str:
        """What is on the screen."""
        return self._tmux("capture-pane", "-p", *(["-e", "-N"] if with_colors else []))

    def flag(self, name: str) -> bool:
        """What tmux knows of the terminal, such as `alternate_on` or `mouse_any_flag`."""
        return self._tmux("display-message", "-p", f"#{{{name}}}").strip() == "1"

    def press(self, *keys: str) -> None:
        """Press keys by their names in tmux."""
        self._tmux("send-keys", *keys)

    def terminate(self) -> None:
        """Send SIGTERM to the program."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", shell], capture_output=True, text=True, check=True
        )
        os.kill(int(children.stdout), signal.SIGTERM)

    def click(self, vertex: str, rules: Rules) -> None:
        """Press and release the mouse on a point, as terminals report it (SGR, from 1)."""
        columns, rows = COLUMNS - PANEL_COLUMNS, ROWS - ROWS_BELOW
        frame = largest_frame(rules.width, rules.height, columns, rows)
        assert frame is not None
        y, x = divmod(action_of_vertex(vertex, rules), rules.width)
        column = (columns - frame.columns) // 2 + MARGIN + 1 + x * frame.cell[0] + 1
        row = (rows - frame.rows) // 2 + 1 + y * frame.cell[1] + 1
        for event in "Mm":
            report = f"\x1b[<0;{column};{row}{event}"
            self._tmux("send-keys", "-H", *(f"{byte:x}" for byte in report.encode()))

    def until(self, condition: Callable[[str], object]) -> str:
        """Wait until the screen shows something, and return it."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            text = self.text()
            if condition(text):
                return text
            assert time.monotonic() < deadline, text
            time.sleep(0.05)

    def svg(self, title: str) -> str:
        """The screen as a picture that loads no fonts from elsewhere."""
        console = Console(record=True, width=COLUMNS, file=StringIO(), color_system="truecolor")
        console.print(Text.from_ansi(self.text(with_colors=True)), end="")
        picture = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title=title), flags=re.DOTALL)
        return re.sub(r"font-family: [^;]*;", "font-family: monospace;", picture).replace("\xa0", " ")

    def _tmux(self, *arguments: str) -> str:
        run = subprocess.run(
            [*self._server, *arguments], env=self._environment, capture_output=True, text=True, check=True
        )
        return run.stdout


def play_by_tips(terminal: Terminal, rules: Rules, see: Callable[[int], None]) -> str:
    """Play a game of Go to its end by doing what the tips say, with keys and mouse in turn.

    Args:
        terminal: with the game on it, Black to move.
        rules: of the game.
        see: called before each move with the number of own moves so far.

    Returns:
        The last screen.
    """
    for number in range(rules.area):
        text = terminal.until(
            lambda text: "Quit" in text and ("Black to move" in text or "Click dead stones" in text)
        )
        if "Click dead stones" in text:
            break
        see(number)
        terminal.press("t")
        tip = re.search(r"Tip: (\w+)", terminal.until(lambda text: re.search(r"Tip: \w+", text)))
        assert tip is not None
        if tip[1] == "pass":
            terminal.press("p")
        elif number % 2:
            terminal.press(":")
            terminal.until(lambda text: "Quit" not in text)  # the keys of the board are gone
            terminal.press(*tip[1], "Enter")
            terminal.until(lambda text: "Tip: " not in text)
            terminal.press("Escape")
        else:
            terminal.click(tip[1], rules)
        terminal.until(lambda text: "Tip: " not in text)
    terminal.press("c")
    return terminal.until(lambda text: re.search(r"(Black|White) wins by", text) and "Click" not in text)


def make_picture(path: Path, folder: Path) -> None:
    """Play on 9x9 and keep the screen in the middle of the game, with analysis on."""
    rules = go_rules(9)
    with Terminal(folder, "play", "--size", "9", "--agent", "uct:2000", "--seed", "1") as terminal:

        def see(number: int) -> None:
            if number == 12:
                terminal.press("a")
                terminal.until(lambda text: "Black leads" in text or "White leads" in text)
                time.sleep(3)
                path.write_text(terminal.svg("yomi play"), encoding="utf-8")
                terminal.press("a")

        print(play_by_tips(terminal, rules, see))


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as state:
        make_picture(Path(sys.argv[1]), Path(state))
