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


def spent(child: "subprocess.Popen[bytes]") -> float:
    """Seconds of CPU time that a program has used so far."""
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def first_lines(home: str) -> tuple[float, float]:
    """Seconds from `yomi play --plain` to its board, and of CPU time."""
    command = [str(Path(sys.executable).with_name("yomi")), "play", "--plain", "--size", "9"]
    started = time.perf_counter()
    environment = {**os.environ, "HOME": home, "XDG_STATE_HOME": home}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as child:
        assert child.stdout is not None
        while b"  1 . ." not in child.stdout.readline():
            pass
        seconds, cpu_s = time.perf_counter() - started, spent(child)
        child.kill()
    return seconds, cpu_s


def start(home: str) -> tuple[float, float, list[float]]:
    """Seconds from the command to its board, of CPU time until then, and from keys to what they change."""
    terminal, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 110, 0, 0))
    command = [str(Path(sys.executable).with_name("yomi")), "play", "--size", "9", "--color", "both"]
    started = time.perf_counter()
    environment = {**os.environ, "HOME": home, "XDG_STATE_HOME": home, "TERM": "xterm-256color"}
    child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    try:
        board = read_until(terminal, BOARD) - started
        cpu_s = spent(child)
        time.sleep(4)  # the agent is loaded behind it
        waits = []
        for key in range(KEYS):
            quiet(terminal, 0.05)
            pressed = time.perf_counter()
            os.write(terminal, RIGHT if key % 2 else LEFT)
            waits.append(read_until(terminal, b"") - pressed)
        return board, cpu_s, waits
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
    boards, lines, keys = [], [], []
    with tempfile.TemporaryDirectory() as home:
        first_lines(home)  # compiles
        for _ in range(STARTS):
            board, cpu_s, waits = start(home)
            boards.append((board, cpu_s))
            lines.append(first_lines(home))
            keys += waits
    for name, pairs in (("screen", boards), ("plain", lines)):
        seconds, cpu_seconds = zip(*pairs, strict=True)
        report(f"{name}_first_board_s", statistics.median(seconds), "s")
        report(f"{name}_first_board_cpu_s", statistics.median(cpu_seconds), "s of CPU time")
    report("screen_key_ms", 1e3 * statistics.median(keys), "ms")
    report("screen_answer_800_visits_s", statistics.median(answers()), "s")


if __name__ == "__main__":
    main()
