"""Self-play on one core: network evaluations per CPU second, and the share of time inside the network.

Go 9x9, the network of preset go9 with fresh weights, 128 games in lockstep, 32 simulations a move.
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


class TimedEvaluator(NetworkEvaluator):
    """A network evaluator that keeps the time it takes."""

    seconds = 0.0

    def evaluate(self, state, rows: Rows, logits: Floats, values: Floats) -> None:  # type: ignore[no-untyped-def]
        """See `NetworkEvaluator.evaluate`."""
        started = time.process_time()
        super().evaluate(state, rows, logits, values)
        self.seconds += time.process_time() - started


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
    evaluator.seconds, before = 0.0, search.num_evaluations
    started = time.process_time()
    for _ in range(MOVES):
        search.run(state, rows, noise=True)
        play_actions(state, rows, search.visit_counts(rows).argmax(axis=1))
    elapsed = time.process_time() - started
    report("selfplay_evals_per_cpu_s", (search.num_evaluations - before) / elapsed, "evaluations/CPU s")
    report("selfplay_inference_share", evaluator.seconds / elapsed, "share of CPU time")


if __name__ == "__main__":
    main()
