"""Self-play on one core beside its network alone and on two cores beside one, and where its time goes.

First the opening moves on Go 9x9, with the network of preset go9 and fresh weights: 128 games in lockstep, 32
simulations a move. The network alone judges the same planes of 128 positions again and again. Then whole
games of preset go7 with the weights that ship, by one worker and by two: each plays as many games as the
other. Scaling needs two idle cores, so this benchmark is not pinned.
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
from selfplay.generate import generate_games, play_actions
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import new_network
from selfplay.presets import preset
from selfplay.training_loop import network_evaluators
from selfplay.value_source import OutcomeValueSource

MOVES = 12
BATCH = 128
FORWARD_PASSES = 60
GAMES_A_WORKER = 96
RUNS = 3


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


def measure_games(num_workers: int) -> tuple[float, float, float, float]:
    """Whole games of go7: games, moves and evaluations per second, and CPU seconds per second."""
    config, (network, _) = preset("go7"), load_network(bundled_weights("go7"))
    started, started_cpu = time.perf_counter(), time.process_time()
    made = generate_games(
        config.rules,
        config.search,
        config.selfplay,
        network_evaluators(network, config),
        OutcomeValueSource(),
        GAMES_A_WORKER * num_workers,
        num_workers,
        np.random.SeedSequence(1),
    )
    elapsed, cpu = time.perf_counter() - started, time.process_time() - started_cpu
    moves = sum(len(game.moves) for game in made.games)
    return len(made.games) / elapsed, moves / elapsed, made.num_evaluations / elapsed, cpu / elapsed


def report_scaling() -> None:
    """One worker and two, in turn, medians."""
    measure_games(1)
    pairs = [(measure_games(1), measure_games(2)) for _ in range(RUNS)]
    for workers, name in ((0, "one_worker"), (1, "two_workers")):
        rates = [statistics.median(pair[workers][i] for pair in pairs) for i in range(4)]
        units = ("games/s", "moves/s", "evaluations/s", "CPU s/s")
        for rate, unit in zip(rates, units, strict=True):
            report(f"go7_{name}_{unit.split('/')[0].replace(' ', '_')}", rate, unit)
    gain = statistics.median(two[2] / one[2] for one, two in pairs)
    report("selfplay_scaling_to_two", gain / 2, "of twice the evaluations/s of one worker")


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
