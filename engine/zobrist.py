"""Zobrist keys: one fixed random word for each color on each point of the padded board.

Source: A. L. Zobrist, "A new hashing method with application for game playing" (1970); the words come
from SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), so they are the same on every machine and version.
"""

import numpy as np
import numpy.typing as npt

from engine.geometry import MAX_POINTS

_MASK = (1 << 64) - 1


def splitmix64(state: int) -> tuple[int, int]:
    """Advance SplitMix64 once.

    Returns:
        The new state and the output word, both below 2^64.
    """
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    word = state
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return state, word ^ (word >> 31)


def _keys() -> npt.NDArray[np.uint64]:
    keys = np.zeros((4, MAX_POINTS), dtype=np.uint64)
    state = 0x796F6D69  # "yomi"
    for color in (1, 2):
        for point in range(MAX_POINTS):
            state, keys[color, point] = splitmix64(state)
    return keys


ZOBRIST: npt.NDArray[np.uint64] = _keys()
"""`[4, MAX_POINTS]` words; rows BLACK and WHITE are used, empty and wall are zero."""
WHITE_TO_PLAY = np.uint64(splitmix64(0x77686974)[1])  # "whit"
"""The word that tells a board with White to play from the same board with Black to play."""
