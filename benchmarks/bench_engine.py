"""Random games per second from the kernels, on one core.

Go: uniform moves that fill no own eye, simple ko, two passes end. Gomoku: uniform moves to five in a row.
"""

from dataclasses import replace

import numpy as np
from measure import median_rate, report

from engine.board import new_state
from engine.random_state import new_random_state
from engine.rollout_kernels import random_games
from engine.rulesets import Rules, go_rules, gomoku_rules


def games_per_second(rules: Rules, games: int) -> tuple[float, float]:
    """Rate and mean length of random games."""
    start, work = new_state(rules), new_state(rules)
    random = new_random_state(np.random.SeedSequence(1), 1)
    lengths, scores = np.zeros(games, np.int32), np.zeros(games, np.float32)

    def play() -> float:
        random_games(start, 0, work, 0, random, 0, lengths, scores)
        return games

    return median_rate(play), float(lengths.mean())


def main() -> None:
    """Measure and print."""
    go9 = replace(go_rules(9), ko="simple")
    go19 = replace(go_rules(19), ko="simple")
    rate, length = games_per_second(go9, 10_000)
    report("go9_random_games_per_s", rate, "games/s")
    report("go9_random_game_moves", length, "moves")
    report("go19_random_games_per_s", games_per_second(go19, 1_500)[0], "games/s")
    report("gomoku15_random_games_per_s", games_per_second(gomoku_rules(15), 10_000)[0], "games/s")


if __name__ == "__main__":
    main()
