"""Simulations per CPU second of the tree search, beside OpenSpiel's and mctx's where they are installed.

64 games in lockstep, 400 simulations each from a position a few random moves into the game, with a uniform
evaluator. Counted are legal moves of every leaf, superko in the tree and, where the name says so, 8 byte
planes of every leaf. Gumbel search and mctx make 64 simulations; UCT plays one random game a leaf, ours
without filling eyes, OpenSpiel's (C++) with any legal move.
"""

import os
import threading
import time

import numpy as np
from measure import median_rate, report
from search_peers import Work, mctx_with_pgx, open_spiel_python, open_spiel_rollouts

from engine.board import State, new_state
from engine.planes import write_batch_planes
from engine.rules_kernels import play
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.config import SearchConfig
from mcts.evaluator import Evaluator, Floats, RolloutEvaluator, Rows, UniformEvaluator
from mcts.search import Search
from selfplay.openings import random_opening

GAMES = 64
SIMULATIONS = 400
BINARY_PLANES = 8


class PlanesEvaluator(UniformEvaluator):
    """Uniform too, but writes the planes that a network would read."""

    def __init__(self, rules: Rules) -> None:
        self._planes = np.zeros((GAMES, BINARY_PLANES, rules.height, rules.width), np.uint8)

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """See `Evaluator.evaluate`."""
        write_batch_planes(state, rows, self._planes)
        super().evaluate(state, rows, logits, values)


def search_work(rules: Rules, plies: int, evaluator: Evaluator, config: SearchConfig) -> Work:
    """A search of a batch of opening positions, on memory of its own."""
    state = new_state(rules, GAMES)
    random = np.random.default_rng(1)
    for row in range(GAMES):
        for action in random_opening(rules, plies, random):
            play(state, row, action)
    search = Search(config, evaluator, rules, GAMES, np.random.SeedSequence(1))

    def run() -> float:
        search.run(state, np.arange(GAMES))
        return GAMES * config.num_simulations

    return run


def two_thread_ratio(works: list[Work]) -> float:
    """How much faster two threads search than one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))  # the other figures are taken on one core

    def both() -> float:
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return 2 * GAMES * SIMULATIONS

    return median_rate(both) / median_rate(works[0])


def main() -> None:
    """Measure and print."""

    def measured(name: str, work: Work | None) -> float:
        if work is None:
            return float("nan")
        rate = median_rate(work, unit_seconds=time.process_time)
        report(f"{name}_sims_per_s", rate, "simulations/s")
        return rate

    puct = SearchConfig(num_simulations=SIMULATIONS)
    uct = SearchConfig(num_simulations=SIMULATIONS, selection="uct")
    for name, rules, plies, peer in (
        ("go9", go_rules(9), 20, "go(board_size=9)"),
        ("gomoku15", gomoku_rules(15), 10, "gomoku(size=15,connect=5)"),
    ):
        measured(f"{name}_search", search_work(rules, plies, UniformEvaluator(), puct))
        rate = measured(f"{name}_search_with_planes", search_work(rules, plies, PlanesEvaluator(rules), puct))
        other = measured(f"{name}_openspiel_python", open_spiel_python(peer, SIMULATIONS))
        report(f"{name}_search_ratio_to_openspiel_python", rate / other, "times")
        rollouts = RolloutEvaluator(rules, GAMES, np.random.SeedSequence(2))
        rate = measured(f"{name}_uct", search_work(rules, plies, rollouts, uct))
        other = measured(f"{name}_openspiel_uct", open_spiel_rollouts(peer, SIMULATIONS))
        report(f"{name}_uct_ratio_to_openspiel_uct", rate / other, "times")
    gumbel = SearchConfig(num_simulations=65, selection="gumbel")
    rate = measured("go9_gumbel", search_work(go_rules(9), 20, PlanesEvaluator(go_rules(9)), gumbel))
    other = measured("go9_mctx_and_pgx", mctx_with_pgx(GAMES, 64))
    report("go9_gumbel_ratio_to_mctx_and_pgx", rate / other, "times")
    works = [search_work(go_rules(9), 20, PlanesEvaluator(go_rules(9)), puct) for _ in range(2)]
    report("go9_search_two_thread_ratio", two_thread_ratio(works), "times")


if __name__ == "__main__":
    main()
