"""Simulations per CPU second of the tree search, beside OpenSpiel's and mctx's where they are installed.

64 games in lockstep, 400 simulations each from a position a few random moves into the game, with a uniform
evaluator. Counted are legal moves of every leaf, superko in the tree and, where the name says so, 8 byte
planes of every leaf. Gumbel search and mctx make 64 simulations; UCT plays one random game a leaf, ours
without filling eyes, OpenSpiel's (C++) with any legal move. The search for play grows one tree of 800 visits
at a time, beside the same evaluators (the network of preset go9) with nothing but batches of 16 to judge.
"""

import itertools
import os
import time
from concurrent.futures import ThreadPoolExecutor

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
from mcts.tree_search import BATCH, Limits, TreeSearch
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import new_network
from selfplay.openings import random_opening
from selfplay.presets import preset

GAMES = 64
SIMULATIONS = 400
BINARY_PLANES = 8
PLAY_VISITS = 800


class PlanesEvaluator(UniformEvaluator):
    """Uniform too, but writes the planes that a network would read."""

    def __init__(self, rules: Rules) -> None:
        self._planes = np.zeros((GAMES, BINARY_PLANES, rules.height, rules.width), np.uint8)

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """See `Evaluator.evaluate`."""
        write_batch_planes(state, rows, self._planes)
        super().evaluate(state, rows, logits, values)


def openings(rules: Rules, plies: int) -> State:
    """A batch of positions after some random moves."""
    state = new_state(rules, GAMES)
    random = np.random.default_rng(1)
    for row in range(GAMES):
        for action in random_opening(rules, plies, random):
            play(state, row, action)
    return state


def search_work(rules: Rules, plies: int, evaluator: Evaluator, config: SearchConfig) -> Work:
    """A search of a batch of opening positions, on memory of its own."""
    state = openings(rules, plies)
    search = Search(config, evaluator, rules, GAMES, np.random.SeedSequence(1))

    def run() -> float:
        search.run(state, np.arange(GAMES))
        return GAMES * config.num_simulations

    return run


def use_all_cores() -> None:
    """The figures of one core are taken first, under `taskset`."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def side_by_side(works: list[Work]) -> Work:
    """Several works at once, in a thread each."""

    def all_of_them() -> float:
        with ThreadPoolExecutor(len(works)) as pool:
            return sum(pool.map(lambda work: work(), works))

    return all_of_them


def batches_work(evaluator: Evaluator, rules: Rules) -> Work:
    """An evaluator alone, on batches as large as those of the search for play."""
    state, rows = openings(rules, 4), np.arange(BATCH)
    logits, values = np.empty((BATCH, rules.num_actions), np.float32), np.empty(BATCH, np.float32)

    def run() -> float:
        for first in range(0, GAMES, BATCH):
            evaluator.evaluate(state, first + rows, logits, values)
        return GAMES

    return run


class CountingEvaluator(NetworkEvaluator):
    """Counts the positions it judges: finished games need no network."""

    count = 0

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """See `Evaluator.evaluate`."""
        super().evaluate(state, rows, logits, values)
        self.count += len(rows)


def single_tree_work(evaluators: list[CountingEvaluator], rules: Rules) -> Work:
    """A search for play of one position after another, each from nothing; counts evaluations."""
    state = openings(rules, 4)
    config = SearchConfig(num_simulations=PLAY_VISITS)
    search = TreeSearch(config, evaluators, rules, np.random.SeedSequence(1))
    rows = itertools.cycle(range(GAMES))

    def run() -> float:
        before = sum(evaluator.count for evaluator in evaluators)
        search.set_root(state, next(rows))
        search.run(Limits(PLAY_VISITS))
        return sum(evaluator.count for evaluator in evaluators) - before

    return run


def measure_play() -> None:
    """The search for play beside its network, in wall time."""
    config = preset("go9")
    network = prepare_for_inference(new_network(config.network, 1))
    for threads in (1, 2):
        evaluators = [CountingEvaluator(network, config.rules, BATCH, cores=1) for _ in range(threads)]
        works = [batches_work(evaluator, config.rules) for evaluator in evaluators]
        network_rate = median_rate(side_by_side(works))
        search_rate = median_rate(single_tree_work(evaluators, config.rules))
        name = f"go9_play_{threads}_thread" + "s" * (threads > 1)
        report(f"{name}_network_evals_per_s", network_rate, "evaluations/s")
        report(f"{name}_search_evals_per_s", search_rate, "evaluations/s")
        report(f"{name}_share_of_network", search_rate / network_rate, "share")


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
    use_all_cores()
    report("go9_search_two_thread_ratio", median_rate(side_by_side(works)) / median_rate(works[0]), "times")
    measure_play()


if __name__ == "__main__":
    main()
