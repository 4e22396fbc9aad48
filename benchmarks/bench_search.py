"""Simulations per second of the tree search with a uniform evaluator, on one core.

64 games in lockstep, 400 simulations each from a position a few random moves into the game; legal moves of
every leaf and superko in the tree are included, planes are not (the uniform evaluator has no use for them).
"""

import numpy as np
from measure import median_rate, report

from engine.board import new_state
from engine.rules_kernels import play
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.config import SearchConfig
from mcts.evaluator import UniformEvaluator
from mcts.search import Search
from selfplay.openings import random_opening

GAMES = 64
SIMULATIONS = 400


def simulations_per_second(rules: Rules, plies: int) -> float:
    """Rate over a batch of opening positions."""
    state = new_state(rules, GAMES)
    random = np.random.default_rng(1)
    for row in range(GAMES):
        for action in random_opening(rules, plies, random):
            play(state, row, action)
    config = SearchConfig(num_simulations=SIMULATIONS)
    search = Search(config, UniformEvaluator(), rules, GAMES, np.random.SeedSequence(1))

    def run() -> float:
        search.run(state, np.arange(GAMES))
        return GAMES * SIMULATIONS

    return median_rate(run)


def main() -> None:
    """Measure and print."""
    report("go9_search_sims_per_s", simulations_per_second(go_rules(9), 20), "simulations/s")
    report("gomoku15_search_sims_per_s", simulations_per_second(gomoku_rules(15), 10), "simulations/s")


if __name__ == "__main__":
    main()
