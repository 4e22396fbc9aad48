"""What the engine does per CPU second, beside OpenSpiel if it is installed, and what a start costs.

Random games of Go are light playouts: uniform moves that fill no own eye, simple ko, two passes end (rule
group L). Those of Gomoku are uniform moves to five in a row. OpenSpiel plays uniform legal moves from Python;
it fills eyes, so its games of Go are longer (rule group T).
"""

import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from measure import median_rate, report

from engine.board import State, new_state
from engine.planes import NUM_PLANES, write_batch_planes
from engine.random_state import new_random_state
from engine.rollout_kernels import random_games
from engine.rules_kernels import legal_actions, play
from engine.rulesets import Rules, go_rules, gomoku_rules

BINARY_PLANES = 8
BATCH = 256
ROOT = Path(__file__).resolve().parent.parent
COMPILE_ALL = """
import numpy as np
from engine.board import new_state
from engine.planes import write_batch_planes
from engine.random_state import new_random_state
from engine.reading_planes import ReadingPlanes
from engine.rollout_kernels import random_games
from engine.rules_kernels import legal_actions, legality, play
from engine.rulesets import go_rules, gomoku_rules
from engine.scoring import scores_black, settled_scores_black
from engine.threats import find_vcf
rules = go_rules(9)
start, work = new_state(rules), new_state(rules)
random = new_random_state(np.random.SeedSequence(1), 1)
random_games(start, 0, work, 0, random, 0, np.zeros(1, np.int32), np.zeros(1, np.float32))
legality(start, 0, 1), legal_actions(start, 0, np.empty(82, np.int16)), play(start, 0, 1)
scores_black(start, [0]), settled_scores_black(start, [0]), find_vcf(new_state(gomoku_rules(9)), 0)
ReadingPlanes(rules).write(start, np.zeros(1, np.int64), np.zeros((1, 5, 9, 9), np.float32))
write_batch_planes(start, np.zeros(1, np.int64), np.zeros((1, 16, 9, 9), np.float32))
"""


class RandomGames:
    """Random games under some rules on memory of their own, so that threads can play side by side."""

    def __init__(self, rules: Rules, games: int, seed: int = 1) -> None:
        self._start, self._work = new_state(rules), new_state(rules)
        self._random = new_random_state(np.random.SeedSequence(seed), 1)
        self.lengths, self._scores = np.zeros(games, np.int32), np.zeros(games, np.float32)

    def play(self) -> float:
        """Play them all; returns how many."""
        random_games(self._start, 0, self._work, 0, self._random, 0, self.lengths, self._scores)
        return len(self.lengths)


def two_thread_ratio(rules: Rules, games: int) -> float:
    """How much faster two threads play than one, each pair of runs back to back."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))  # the other figures are taken on one core
    sides = [RandomGames(rules, games, seed) for seed in (1, 2)]

    def one() -> float:
        return sides[0].play()

    def both() -> float:
        threads = [threading.Thread(target=side.play) for side in sides]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return 2 * games

    return median_rate(both) / median_rate(one)


def random_positions(rules: Rules, batch: int) -> State:
    """Positions after 0 to `area` uniformly random legal moves."""
    state = new_state(rules, batch)
    generator = np.random.default_rng(1)
    actions = np.empty(rules.num_actions, np.int16)
    for row in range(batch):
        for _ in range(int(generator.integers(0, rules.area))):
            count = int(legal_actions(state, row, actions))
            if count > 1:
                play(state, row, int(actions[generator.integers(0, count - 1)]))
    return state


def positions_per_second(rules: Rules, planes: int, kind: Any) -> float:
    """Legal masks, superko included, and feature planes of a batch of positions."""
    state, rows = random_positions(rules, BATCH), np.arange(BATCH)
    values = np.zeros((BATCH, planes, rules.height, rules.width), kind)

    def write() -> float:
        for _ in range(50):
            write_batch_planes(state, rows, values)
        return 50 * BATCH

    return median_rate(write, unit_seconds=time.process_time)


def open_spiel_rate(name: str, games: int) -> float | None:
    """Uniform random games per second of OpenSpiel from Python, or None where it is not installed."""
    try:
        import pyspiel
    except ImportError:
        return None
    game = pyspiel.load_game(name)
    generator = random.Random(1)

    def play_all() -> float:
        for _ in range(games):
            state = game.new_initial_state()
            while not state.is_terminal():
                state.apply_action(generator.choice(state.legal_actions()))
        return games

    return median_rate(play_all, runs=3, unit_seconds=time.process_time)


def cold_compile_seconds() -> float:
    """CPU time of a new process with an empty cache that compiles everything in `engine`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "YOMI_CACHE": folder}
        subprocess.run([sys.executable, "-c", COMPILE_ALL], cwd=ROOT, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    kinds = {
        "go9": (replace(go_rules(9), ko="simple"), 10_000, "go(board_size=9)", 200),
        "go19": (replace(go_rules(19), ko="simple"), 2_000, "go(board_size=19)", 20),
        "gomoku15": (gomoku_rules(15), 20_000, "gomoku(size=15,connect=5)", 200),
    }
    for name, (rules, games, peer, peer_games) in kinds.items():
        side = RandomGames(rules, games)
        rate = median_rate(side.play, unit_seconds=time.process_time)
        other = open_spiel_rate(peer, peer_games)
        report(f"{name}_random_games_per_s", rate, "games/s")
        report(f"{name}_random_game_moves", float(side.lengths.mean()), "moves")
        if other is not None:
            report(f"{name}_openspiel_python_games_per_s", other, "games/s")
            report(f"{name}_ratio_to_openspiel_python", rate / other, "times")
    renju = RandomGames(gomoku_rules(15, line_rule="renju"), 4_000)
    report("renju15_random_games_per_s", median_rate(renju.play, unit_seconds=time.process_time), "games/s")
    rate = positions_per_second(go_rules(9), BINARY_PLANES, np.uint8)
    report("go9_mask_and_8_byte_planes_per_s", rate, "positions/s")
    rate = positions_per_second(go_rules(9), NUM_PLANES, np.float32)
    report("go9_mask_and_all_float_planes_per_s", rate, "positions/s")
    report("go9_state_bytes", sum(field.nbytes for field in new_state(go_rules(9))), "bytes")
    report("engine_cold_compile_cpu_s", cold_compile_seconds(), "CPU s")
    report("go9_two_thread_ratio", two_thread_ratio(kinds["go9"][0], 10_000), "times")


if __name__ == "__main__":
    main()
