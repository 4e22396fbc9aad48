"""Self-play on one core beside its network alone and on two cores beside one, and where its time goes.

First the opening moves on Go 9x9, with the network of preset go9 and fresh weights: 128 games in lockstep, 32
simulations a move. The network alone judges the same planes of 128 positions again and again. Then whole
games of preset go7 with the weights that ship, by one worker and by two, as processes and as threads: each
plays as many games as the others. Scaling needs two idle cores, so this benchmark is not pinned.
"""

import os
import statistics
import time

import numpy as np
import torch
from measure import report

from engine.board import new_state
from mcts.evaluator import Floats, Rows
from mcts.search import Search
from selfplay.bundled import bundled_weights
from selfplay.checkpoint import load_network
from selfplay.generate import PlayJobs, generate_games, play_actions, play_in_threads
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import new_network
from selfplay.network_evaluators import NetworkEvaluators
from selfplay.presets import preset
from selfplay.value_source import OutcomeValueSource
from selfplay.worker_processes import WorkerProcesses

MOVES = 12
BATCH = 128
FORWARD_PASSES = 60
GAMES_A_WORKER = 96
RUNS = 5


class TimedEvaluator(NetworkEvaluator):
    """A network evaluator that keeps the time it takes, and of it that of forward passes."""

    total_seconds = 0.0
    network_seconds = 0.0

    def evaluate(self, state, rows: Rows, logits: Floats, values: Floats) -> None:  # type: ignore[no-untyped-def]
        """See `NetworkEvaluator.evaluate`."""
        started = time.process_time()
        super().evaluate(state, rows, logits, values)
        self.total_seconds += time.process_time() - started

    def _judge(self, planes: Floats) -> tuple[Floats, Floats]:
        started = time.process_time()
        judged = super()._judge(planes)
        self.network_seconds += time.process_time() - started
        return judged

    def positions_per_cpu_s(self) -> float:
        """Of the network alone, on the planes seen last."""
        started, before = time.process_time(), self.network_seconds
        for _ in range(FORWARD_PASSES):
            self._judge(self._planes)
        self.network_seconds = before
        return FORWARD_PASSES * len(self._planes) / (time.process_time() - started)


def measure_games(num_workers: int, play_jobs: PlayJobs = play_in_threads) -> tuple[float, float, float]:
    """Whole games of go7: games, moves and evaluations per second."""
    config, (network, _) = preset("go7"), load_network(bundled_weights("go7"))
    started = time.perf_counter()
    made = generate_games(
        config.rules,
        config.search,
        config.selfplay,
        NetworkEvaluators(network, config.rules),
        OutcomeValueSource(),
        GAMES_A_WORKER * num_workers,
        num_workers,
        np.random.SeedSequence(1),
        play_jobs=play_jobs,
    )
    elapsed = time.perf_counter() - started
    moves = sum(len(game.moves) for game in made.games)
    return len(made.games) / elapsed, moves / elapsed, made.num_evaluations / elapsed


def report_scaling() -> None:
    """One worker, two processes and two threads, in turn, medians."""
    with WorkerProcesses(2) as processes:
        measure_games(1)
        measure_games(2, processes.play)
        runs = [(measure_games(1), measure_games(2, processes.play), measure_games(2)) for _ in range(RUNS)]
    for kind, name in enumerate(("one_worker", "two_workers", "two_workers_in_threads")):
        for place, unit in enumerate(("games", "moves", "evaluations")):
            report(f"go7_{name}_{unit}", statistics.median(run[kind][place] for run in runs), f"{unit}/s")
    for kind, name in ((1, "selfplay_scaling_to_two"), (2, "selfplay_scaling_to_two_threads")):
        gain = statistics.median(run[kind][2] / run[0][2] for run in runs)
        report(name, gain / 2, "of twice the evaluations/s of one worker")


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    report_opening_moves()
    if (os.cpu_count() or 1) > 1:
        report_scaling()


def report_opening_moves() -> None:
    """Beside the network alone."""
    config = preset("go9")
    network = prepare_for_inference(new_network(config.network, 1))
    evaluator = TimedEvaluator(network, config.rules, BATCH)
    source = OutcomeValueSource()
    seed = np.random.SeedSequence(1)
    search = Search(config.search, evaluator, config.rules, BATCH, seed, source.terminal_values)
    state, rows = new_state(config.rules, BATCH), np.arange(BATCH)
    search.run(state, rows, noise=True)
    alone = evaluator.positions_per_cpu_s()
    evaluator.total_seconds = evaluator.network_seconds = 0.0
    before = search.num_evaluations
    started = time.process_time()
    for _ in range(MOVES):
        search.run(state, rows, noise=True)
        play_actions(state, rows, search.visit_counts(rows).argmax(axis=1))
    elapsed = time.process_time() - started
    rate = (search.num_evaluations - before) / elapsed
    report("selfplay_evals_per_cpu_s", rate, "evaluations/CPU s")
    report("selfplay_moves_per_cpu_s", MOVES * BATCH / elapsed, "moves/CPU s")
    alone = (alone + evaluator.positions_per_cpu_s()) / 2
    report("network_alone_per_cpu_s", alone, "positions/CPU s")
    report("selfplay_share_of_network_alone", rate / alone, "of its rate")
    report("selfplay_inference_share", evaluator.network_seconds / elapsed, "share of CPU time")
    planes_seconds = evaluator.total_seconds - evaluator.network_seconds
    report("selfplay_planes_share", planes_seconds / elapsed, "share of CPU time")
    report(
        "selfplay_search_share", 1 - evaluator.total_seconds / elapsed, "share of CPU time, with the engine"
    )


if __name__ == "__main__":
    main()
