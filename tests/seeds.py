"""Numbered random games: a few in `make test`, all in `make nightly`, and each can be repeated alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from diagrams import IS_INTERPRETED


def seed_ranges(quick: int, nightly: int, step: int, interpreted: int = 0) -> list[Any]:
    """Parameters `seeds`: one short range for every run, and marked `long` all others up to `nightly`.

    Args:
        quick: seeds of every run.
        nightly: seeds in all.
        step: seeds in one nightly test.
        interpreted: seeds of every run where Python runs the kernels.
    """
    if "YOMI_SEED" in os.environ:  # one game again, as its failure says, or the games from one to another
        first, _, last = os.environ["YOMI_SEED"].partition("-")
        return [_named(seeds) for seeds in _blocks(int(first), int(last or first) + 1, step)]
    every_run = range(interpreted if IS_INTERPRETED else quick)
    nights = [_named(seeds, marks=pytest.mark.long) for seeds in _blocks(0, nightly, step)]
    return [pytest.param(every_run, id=f"seeds below {len(every_run)}"), *nights]


def _blocks(start: int, stop: int, step: int) -> list[range]:
    return [range(first, min(first + step, stop)) for first in range(start, stop, step)]


def _named(seeds: range, **options: Any) -> Any:
    return pytest.param(seeds, id=f"seeds {seeds.start} to {seeds.stop - 1}", **options)


@contextmanager
def named_on_failure(seed: int, game: Any) -> Iterator[None]:
    """Add seed, rules and board to any failure of a game.

    Args:
        seed: the number of the game.
        game: a `Game`, as it stands when the failure occurs.
    """
    try:
        yield
    except Exception as error:
        where = f"{game.rules.describe()}, after {len(game.moves)} moves"
        error.add_note(f"YOMI_SEED={seed} repeats it: {where}\n{game.draw()}")
        raise
