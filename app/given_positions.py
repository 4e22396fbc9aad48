"""The option `--positions` of runs: SGF games from whose positions a share of self-play begins."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console import notice
from app.progress import Progress
from app.sgf import sgf_files_below

if TYPE_CHECKING:
    from engine.rulesets import Rules
    from selfplay.config import TrainConfig
    from selfplay.positions import Line
    from selfplay.run_store import RunStore

GIVEN_SHARE = 0.5
"""Of the games, that begin from given positions where no setting says."""

positions_option = click.option(
    "--positions",
    "given",
    type=click.Path(path_type=Path),
    help="Folder of SGF files from whose positions the share selfplay.position_share of the games begins"
    " (half of them unless it is set).",
)


def with_share(assignments: tuple[str, ...], given: Path | None) -> tuple[str, ...]:
    """The settings of a command, and before them the usual share where positions are given.

    Args:
        assignments: settings as `key=value`.
        given: the option's folder, or None.
    """
    return assignments if given is None else (f"selfplay.position_share={GIVEN_SHARE}", *assignments)


def given_lines(folder: Path, given: Path | None, config: "TrainConfig") -> "list[Line]":
    """What a run still has to be given; empty where it needs nothing, or keeps it from its first start.

    Args:
        folder: of the run, which may be there or not; nothing is changed.
        given: the option's folder with SGF files, in subfolders too, or None.
        config: of the run.

    Raises:
        click.UsageError: positions are needed and none are given, or the folder has no game of the board.
    """
    if not config.selfplay.position_share or _keeps_lines(folder):
        return []
    if given is None:
        raise click.UsageError("selfplay.position_share: expected --positions DIR beside it")
    return _read(given, config.rules)


def keep_lines(store: "RunStore", lines: "list[Line]", rules: "Rules") -> None:
    """Put lines into a run that has not begun, so that it can go on without their files.

    Args:
        store: the run; one that has begun is left as it is.
        lines: as `given_lines` returns them.
        rules: of the run.
    """
    from selfplay.positions import PHASE, as_records

    if lines and not store.checkpoints():
        store.add_games(PHASE, 0, as_records(lines, rules))


def _keeps_lines(folder: Path) -> bool:
    from selfplay.positions import PHASE
    from selfplay.run_store import DATABASE, RunStore

    if not (folder / DATABASE).is_file():
        return False
    with RunStore(folder) as store:
        return bool(store.lines(PHASE))


def _read(folder: Path, rules: "Rules") -> "list[Line]":
    from selfplay.positions import lines_from_sgf

    paths = sgf_files_below(folder)
    with Progress("Reading games", len(paths)) as reading:
        lines, skipped = lines_from_sgf(paths, rules, reading.advance)
    reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.most_common())
    if not lines:
        board = f"{rules.game.capitalize()} {rules.width}x{rules.height}"
        raise click.UsageError(f"--positions {folder}: no game of {board} ({reasons or 'no .sgf file'})")
    if skipped:
        notice(f"{len(lines)} of {len(paths)} games give positions; the others: {reasons}")
    return lines
