"""The option `--games` of `yomi train`: runs whose games are learned from before those of the new run."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.progress import Progress

if TYPE_CHECKING:
    from selfplay.config import TrainConfig
    from selfplay.records import GameRecord

games_option = click.option(
    "--games",
    "runs",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A run folder whose games are learned from as well, before the run's own; repeatable, oldest first.",
)


def given_games(folder: Path, runs: Sequence[Path], config: "TrainConfig") -> "list[GameRecord]":
    """The games that a run shall begin with; none where it has begun and keeps them.

    Their value targets are made anew from who won, whatever they were in the run that played them.

    Args:
        folder: of the run, which may be there or not; nothing is changed.
        runs: the option's folders.
        config: of the run.

    Raises:
        RunError: one of them is no run folder.
        click.UsageError: one of them has no game for this run.
    """
    if not runs or _has_begun(folder):
        return []
    return [game for run in runs for game in _read(run, config)]


def _has_begun(folder: Path) -> bool:
    from selfplay.run_store import DATABASE, RunStore

    if not (folder / DATABASE).is_file():
        return False
    with RunStore(folder) as store:
        return bool(store.checkpoints())


def _read(run: Path, config: "TrainConfig") -> "list[GameRecord]":
    from dataclasses import replace

    from selfplay.given_games import usable
    from selfplay.revaluation import targets_now
    from selfplay.run_store import RunStore
    from selfplay.value_source import OutcomeValueSource

    with RunStore(run, create=False) as store:
        saved = store.checkpoints()
        last = saved[-1].iteration if saved else 0
        newest = store.newest_games("selfplay", last, config.learner.max_window)
    games = usable(newest, config)
    if not games:
        board = f"{config.rules.game.capitalize()} {config.rules.width}x{config.rules.height}"
        raise click.UsageError(f"--games {run}: no game that teaches {board}")
    with Progress("Judging games", len(games)) as judging:
        judged = []
        for game in games:
            judged.append(replace(game, value_targets=targets_now(OutcomeValueSource(), game)))
            judging.advance(1)
    return judged
