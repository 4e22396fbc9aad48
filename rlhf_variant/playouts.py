"""A vibe that is hard to learn: the mean result of random games from the board."""

import numpy as np
import numpy.typing as npt

from engine.board import copy_row, new_state
from engine.game import set_position
from engine.random_state import new_random_state
from engine.rollout_kernels import random_games
from engine.rulesets import go_rules
from rlhf_variant.boards import Boards


def playouts_utility(boards: Boards, num_playouts: int) -> npt.NDArray[np.float64]:
    """Mean points of Black, komi counted, in random games from each board.

    The games depend on the board alone, so that the same board is always judged alike. It knows nothing of
    how the board's own game went on.

    Args:
        boards: of Go.
        num_playouts: k random games from each; more are more reliable.

    Returns:
        `[N]` points.
    """
    count, height, width = boards.stones.shape
    rules = go_rules(width, height)
    start, work = new_state(rules), new_state(rules)
    lengths, scores = np.empty(num_playouts, np.int32), np.empty(num_playouts, np.float32)
    utilities = np.empty(count, np.float64)
    for index in range(count):
        set_position(start, 0, boards.stones[index], int(boards.to_play[index]))
        start.komi[0] = boards.komi[index]
        seed = np.random.SeedSequence([*boards.stones[index].tobytes(), int(boards.to_play[index])])
        copy_row(start, 0, work, 0)
        random_games(start, 0, work, 0, new_random_state(seed, 1), 0, lengths, scores)
        utilities[index] = scores.mean()
    return utilities
