"""Which two of many sides are compared, and which of them with colors reversed: one code for all pairs.

Games are split before anything else, by a digest, so that a game is on the same side in every session. What
occurs on both sides of the split is never drawn. In half of the pairs one side, the first or the second, is
shown with its colors reversed: otherwise komi and the move could shift all rewards unseen (the zero of a
reward would be free).
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rlhf_variant.query import QueryError

PLY_BUCKET = 6
"""Boards are compared within buckets of so many plies."""
TRIES_PER_PAIR = 50
Integers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]


class Sides(NamedTuple):
    """N sides that may be compared."""

    bucket: Integers
    """`[N]` only sides of one bucket are compared."""
    game: Integers
    """`[N]` where they come from."""
    shown: Integers
    """`[N]` equal where the same is shown."""
    is_held_out: Marks
    """`[N]` never to be trained on."""
    is_left_out: Marks
    """`[N]` shows what the other side of the split shows too, or is left out otherwise: never drawn."""


class Drawn(NamedTuple):
    """P pairs of sides."""

    first: Integers
    """`[P]` places of the first sides."""
    second: Integers
    """`[P]` places of the others."""
    reversed_first: Marks
    """`[P]` whether the first side is shown with colors reversed."""
    reversed_second: Marks
    """`[P]` the same of the second side; never both."""


def is_held_out(digest: str, held_out_share: float) -> bool:
    """The side of the split that a game is on.

    Args:
        digest: of the game, in hexadecimal.
        held_out_share: of the games.
    """
    return int(digest[:8], 16) < held_out_share * 2**32


def crossing(keys: Sequence[Iterable[str]], held_out: Marks) -> Marks:
    """`[N]` which sides have a key that occurs on the other side of the split too.

    Args:
        keys: of each side, such as those of its boards however they are turned or colored.
        held_out: `[N]` the split.
    """
    splits: dict[str, set[bool]] = defaultdict(set)
    for own, split in zip(keys, held_out.tolist(), strict=True):
        for key in own:
            splits[key].add(split)
    return np.array([any(len(splits[key]) > 1 for key in own) for own in keys], np.bool_)


def numbered(things: Iterable[Hashable]) -> Integers:
    """A number for each thing, equal ones alike."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(thing, len(numbers)) for thing in things], np.int64)


def draw(
    sides: Sides,
    num_pairs: int,
    held_out_share: float,
    random: np.random.Generator,
    *,
    within_games: bool = False,
    may_repeat: bool = False,
    hard_share: float = 0.0,
    is_hard: Callable[[int, int], bool] = lambda one, other: True,
) -> Drawn:
    """Draw pairs of one bucket and one side of the split, in random order.

    Args:
        sides: to draw from.
        num_pairs: P.
        held_out_share: of the pairs.
        random: source of randomness.
        within_games: whether both sides come from one game; else they come from two.
        may_repeat: whether the same pair may be drawn again, from pools too small for so many different ones.
        hard_share: of the pairs on each side of the split that must be hard.
        is_hard: says of two places whether they are a hard pair.

    Raises:
        QueryError: there are not so many.
    """
    num_held_out = round(held_out_share * num_pairs)
    chosen: list[tuple[int, int]] = []
    for split, wanted in ((True, num_held_out), (False, num_pairs - num_held_out)):
        places = np.flatnonzero((sides.is_held_out == split) & ~sides.is_left_out)
        order = places[np.argsort(sides.bucket[places], kind="stable")]
        groups = np.split(order, np.flatnonzero(np.diff(sides.bucket[order])) + 1)
        groups = [group for group in groups if len(group) > 1]
        seen: set[tuple[int, int]] = set()
        found: list[tuple[int, int]] = []
        for _ in range(TRIES_PER_PAIR * wanted if groups else 0):
            if len(found) == wanted:
                break
            one, other = _two(groups, random)
            shown = (int(sides.shown[one]), int(sides.shown[other]))
            pair = (min(shown), max(shown))
            if shown[0] == shown[1] or (pair in seen and not may_repeat):
                continue
            if (sides.game[one] == sides.game[other]) != within_games:
                continue
            if len(found) < round(hard_share * wanted) and not is_hard(one, other):
                continue
            seen.add(pair)
            found.append((one, other))
        if len(found) < wanted:
            side = "held-out" if split else "training"
            raise QueryError(
                f"pairs: {len(found)} of {wanted} {side} ones found; play more games, or ask for fewer pairs"
            )
        chosen += found
    index = np.array(chosen, np.int64).reshape(-1, 2)[random.permutation(len(chosen))]
    turned = random.random(len(chosen))
    return Drawn(index[:, 0], index[:, 1], turned < 0.25, turned >= 0.75)


def _two(groups: Sequence[Integers], random: np.random.Generator) -> tuple[int, int]:
    sizes = np.array([len(group) for group in groups], np.float64)
    group = groups[int(np.searchsorted(np.cumsum(sizes), random.random() * sizes.sum(), side="right"))]
    one, other = random.integers(len(group), size=2)
    return int(group[one]), int(group[other])
