"""Self-play on one core beside its network alone: evaluations and moves per CPU second, and where time goes.

Go 9x9, the network of preset go9 with fresh weights, 128 games in lockstep, 32 simulations a move. The
network alone judges the same planes of 128 positions again and again.
"""

import time

import numpy as np
import torch
from measure import report

from engine.board import new_state
from mcts.evaluator import Floats, Rows
from mcts.search import Search
from selfplay.generate import play_actions
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import new_network
from selfplay.presets import preset
from selfplay.value_source import OutcomeValueSource

MOVES = 12
BATCH = 128
FORWARD_PASSES = 60


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


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
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
