"""Random numbers inside kernels: one xorshift generator per row of a batch.

Source: G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003), triple (13, 7, 17).
"""

import numpy as np
import numpy.typing as npt

from engine.jit import inline_kernel, kernel

RandomState = npt.NDArray[np.uint64]

_SHIFT_LEFT = np.uint64(13)
_SHIFT_RIGHT = np.uint64(7)
_SHIFT_LAST = np.uint64(17)
_HALF_WORD = np.uint64(32)
_MANTISSA_SHIFT = np.uint64(11)


def new_random_state(seed: np.random.SeedSequence, batch: int) -> RandomState:
    """Independent generators, one a row.

    Args:
        seed: entropy source; the same seed gives the same rows.
        batch: number of rows.

    Returns:
        `[batch]` uint64, none of them zero (the one state xorshift never leaves).
    """
    words: RandomState = np.asarray(seed.generate_state(batch, np.uint64), np.uint64)
    words[words == 0] = np.uint64(0x9E3779B97F4A7C15)
    return words


@inline_kernel
def next_random(random: RandomState, row: int) -> np.uint64:
    """Next 64 random bits of a row. Mutates: random[row]."""
    word: np.uint64 = random[row]
    word ^= word << _SHIFT_LEFT
    word ^= word >> _SHIFT_RIGHT
    word ^= word << _SHIFT_LAST
    random[row] = word
    return word


@inline_kernel
def random_below(random: RandomState, row: int, bound: int) -> int:
    """Uniform integer in [0, bound), bound < 2^32; bias below 2^-24 for boards. Mutates: random[row]."""
    high = next_random(random, row) >> _HALF_WORD
    return int((high * np.uint64(bound)) >> _HALF_WORD)


@kernel
def random_unit(random: RandomState, row: int) -> float:
    """Uniform float64 in [0, 1) with 53 random bits. Mutates: random[row]."""
    return float(next_random(random, row) >> _MANTISSA_SHIFT) * (1.0 / 9007199254740992.0)
