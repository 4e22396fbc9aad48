"""A disk that fills up anywhere in a run: one clear line, and later the run goes on to the same result."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from random_records import SMALL, tiny_run
from test_selfplay_training import remains, run

from selfplay.config import TrainConfig
from selfplay.run_store import RunError

NARROW, WIDE = tiny_run(iterations=3), tiny_run(network=replace(SMALL, channels=32), iterations=3)
ROOM = [(NARROW, size) for size in range(20_000, 80_000, 8_000)] + [(WIDE, 88_000), (WIDE, 200_000)]
"""Runs and the bytes that a file may have: the database outgrows them first, or weights, or the optimizer."""


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file can be written beyond a size, as if the disk were full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def complaint(folder: Path, config: TrainConfig, size: int) -> str | None:
    """What a run says that finds no room for a file beyond a size; None if it ends."""
    try:
        with largest_file(size):
            run(folder, config)
    except RunError as error:
        return str(error)
    return None


def test_a_run_whose_disk_fills_up_says_so_and_goes_on_to_the_same_result(tmp_path: Path) -> None:
    whole = {}
    for config in (NARROW, WIDE):
        run(tmp_path / str(config.network.channels), config)
        whole[config] = remains(tmp_path / str(config.network.channels))
    reasons, reached = set(), set()
    for config, size in ROOM:
        folder = tmp_path / str(size)
        said = complaint(folder, config, size)
        if said is not None:
            assert "cannot be written" in said
            assert "\n" not in said
            reasons.add(said.partition("(")[2].partition(")")[0])
            reached.add(len(list(folder.glob("weights-*.safetensors"))))
        assert not list(folder.glob("*.tmp*")), "nothing half written is left"
        run(folder, config)
        assert remains(folder) == whole[config]
    assert len(reasons) > 1, "the database and other files"
    assert len(reached) > 1, "at the start and in later rounds"


def test_other_errors_of_the_system_stay_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("selfplay.training_loop.save_network", broken)
    with pytest.raises(BrokenPipeError):
        run(tmp_path, NARROW)
