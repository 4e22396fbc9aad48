"""Pairs of boards whose answers follow a simple rule, for tests of reward models."""

import numpy as np

from rlhf_variant.boards import Boards
from rlhf_variant.comparisons import Labeled


def random_boards(count: int, size: int, random: np.random.Generator) -> Boards:
    """Boards with random stones, komi and side to move."""
    stones = random.choice([0, 1, 2], size=(count, size, size)).astype(np.int8)
    komi = random.choice([-2.5, 2.5], size=count).astype(np.float32)
    return Boards(stones, random.choice([1, 2], size=count).astype(np.int8), komi)


def stone_lead(boards: Boards) -> np.ndarray:
    """`[N]` black less white stones, komi counted."""
    return (boards.stones == 1).sum((1, 2)) - (boards.stones == 2).sum((1, 2)) - boards.komi


def stone_pairs(count: int, size: int = 5, seed: int = 1) -> Labeled:
    """Pairs whose answer is: more black than white stones, komi counted."""
    random = np.random.default_rng(seed)
    a, b = random_boards(count, size, random), random_boards(count, size, random)
    difference = stone_lead(a) - stone_lead(b)
    return Labeled(a, b, ((np.sign(difference) + 1) / 2).astype(np.float32))
