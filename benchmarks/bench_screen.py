"""What a person waits for at `yomi play`: the first board, a key, and the answer of 800 visits."""

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import numpy as np
from measure import report

from app.opponent import Opponent
from engine.board import BLACK
from engine.game import Game
from engine.rulesets import go_rules
from selfplay.agents import open_agent

STARTS = 5
KEYS = 40
ANSWERS = 5
BOARD = "┼".encode()
RIGHT, LEFT = b"\x1b[C", b"\x1b[D"
LIMIT_S = 60.0


def read_until(terminal: int, wanted: bytes) -> float:
    """The time at which some bytes have been written to a terminal; any bytes where none are named."""
    seen, deadline = b"", time.perf_counter() + LIMIT_S
    while time.perf_counter() < deadline:
        if select.select([terminal], [], [], 1.0)[0]:
            seen += os.read(terminal, 65536)
            if wanted in seen:
                return time.perf_counter()
    raise TimeoutError(f"nothing like {wanted!r} after {LIMIT_S:g} s")


def quiet(terminal: int, seconds: float = 0.3) -> None:
    """Read until nothing comes for a while."""
    while select.select([terminal], [], [], seconds)[0]:
        os.read(terminal, 65536)


def start(home: str) -> tuple[float, list[float]]:
    """Seconds from the command to its board, and from keys to what they change."""
    terminal, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 110, 0, 0))
    command = [str(Path(sys.executable).with_name("yomi")), "play", "--size", "9", "--color", "both"]
    started = time.perf_counter()
    environment = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "TERM": "xterm-256color"}
    child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    try:
        board = read_until(terminal, BOARD) - started
        time.sleep(4)  # the agent is loaded behind it
        waits = []
        for key in range(KEYS):
            quiet(terminal, 0.05)
            pressed = time.perf_counter()
            os.write(terminal, RIGHT if key % 2 else LEFT)
            waits.append(read_until(terminal, b"") - pressed)
        return board, waits
    finally:
        child.kill()
        child.wait()
        os.close(terminal)


def answers() -> list[float]:
    """Seconds of answers at 800 visits on an empty board and after a few moves."""
    opponent = Opponent(open_agent("go9", visits=800, threads=os.cpu_count() or 1), seed=1)
    game = Game(go_rules(9))
    opponent.warm_up(game.rules)
    seconds = []
    for action in np.random.default_rng(1).permutation(81)[:ANSWERS]:
        game.play(int(action))
        started = time.perf_counter()
        opponent.choose(game, game.to_play)
        seconds.append(time.perf_counter() - started)
        opponent.forget()
    assert game.moves[0].color == BLACK
    return seconds


def main() -> None:
    """Measure and print medians."""
    boards, keys = [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(STARTS):
            board, waits = start(home)
            boards.append(board)
            keys += waits
    report("screen_first_board_s", statistics.median(boards), "s")
    report("screen_key_ms", 1e3 * statistics.median(keys), "ms")
    report("screen_answer_800_visits_s", statistics.median(answers()), "s")


if __name__ == "__main__":
    main()
