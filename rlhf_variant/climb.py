"""A search for boards that fool a reward: swaps of two points that raise it, again and again."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.board import new_state
from engine.errors import NotationError
from engine.game import set_position
from engine.rulesets import Rules
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards
from rlhf_variant.rewards import Reward


class Climb(NamedTuple):
    """Where a climb began and where it ended."""

    start: Boards
    """`[1]`."""
    end: Boards
    """`[1]` with the same stones elsewhere."""
    values: Floats
    """`[steps + 1]` of Black along the way; they never fall."""


def climb(
    reward: Reward, start: Boards, rules: Rules, steps: int, proposals: int, random: np.random.Generator
) -> Climb:
    """Climb from one board; stones move, none is added, so more of everything is no way up.

    Args:
        reward: what is raised, for Black.
        start: `[1]` a board.
        rules: of the board; in Go every chain keeps a liberty.
        steps: how often the best of some proposals is taken, if it is better.
        proposals: swaps tried a step.
        random: source of them.
    """
    board, value = start, float(reward.values_black(start)[0])
    values = [value]
    for _ in range(steps):
        candidates = _swapped(board, rules, proposals, random)
        judged = reward.values_black(candidates)
        if len(judged) and judged.max() > value:
            board, value = candidates.select(np.array([judged.argmax()])), float(judged.max())
        values.append(value)
    return Climb(start, board, np.array(values, np.float32))


def _swapped(board: Boards, rules: Rules, proposals: int, random: np.random.Generator) -> Boards:
    """The possible ones among some copies of the board, two points of each exchanged."""
    stones = np.repeat(board.stones, proposals, axis=0)
    flat = stones.reshape(proposals, -1)
    rows = np.arange(proposals)
    places = random.integers(flat.shape[1], size=(2, proposals))
    flat[rows, places[0]], flat[rows, places[1]] = flat[rows, places[1]], flat[rows, places[0]]
    possible = [row for row in rows if _is_possible(stones[row], rules)]
    return Boards(
        stones[possible],
        np.repeat(board.to_play, len(possible)),
        np.repeat(board.komi, len(possible)),
    )


def _is_possible(stones: npt.NDArray[np.int8], rules: Rules) -> bool:
    try:
        set_position(new_state(rules), 0, stones)
    except NotationError:
        return False
    return True
