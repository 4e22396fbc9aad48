"""`yomi train` and its relatives, as a person gives them, on runs of seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from app.main import main

SETTINGS = (
    "network.blocks=1",
    "network.channels=8",
    "search.num_simulations=4",
    "learner.passes=1",
    "threads=1",
    "selfplay.games_per_iteration=12",
    "selfplay.parallel_games=6",
)


def train(folder: Path, *arguments: str, command: tuple[str, ...] = ("train",)) -> Result:
    """Train on 5x5 Go in a run folder; what is given later counts."""
    options = [part for setting in SETTINGS for part in ("--set", setting)]
    whole = [*command, "--preset", "tiny", "--run", str(folder), *options, *arguments]
    return CliRunner().invoke(main, whole, catch_exceptions=False)


def whole_and_halved(
    folder: Path, arguments: tuple[str, ...], rounds: int, between: Callable[[], None]
) -> tuple[Path, Path]:
    """The same run at one go, and stopped after its first round and started again.

    Args:
        folder: where both run folders go.
        arguments: of the command.
        rounds: of either in the end.
        between: happens while the second one is stopped.
    """
    whole, halved = folder / "whole", folder / "halved"
    assert train(whole, *arguments, "--iterations", str(rounds)).exit_code == 0
    assert train(halved, *arguments, "--iterations", "1").exit_code == 0
    between()
    assert train(halved, *arguments, "--iterations", str(rounds)).exit_code == 0
    return whole, halved


def remove_files(folder: Path) -> None:
    """Empty a folder that has no other folders in it."""
    for file in folder.iterdir():
        file.unlink()
