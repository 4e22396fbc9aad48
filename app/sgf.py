"""`yomi sgf`: commands on files of games; `yomi sgf check` replays them under their rules."""

from collections.abc import Sequence
from pathlib import Path

import click

from app.console import announce_compilation, stopping
from app.options import GO_SETS, GOMOKU_SETS, json_option
from app.progress import Progress, getting_ready

FAULTS_FOUND = 1


@click.group()
def sgf() -> None:
    """Check SGF files."""


@sgf.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--rules",
    "ruleset",
    type=click.Choice([*GO_SETS, *GOMOKU_SETS]),
    help="A set of rules by name, for all games of its kind. Default: what each file says.",
)
@json_option
@click.pass_context
def check(context: click.Context, paths: Sequence[Path], ruleset: str | None, as_json: bool) -> None:
    """Replay the games in SGF files and in all files below folders, and name each move that is illegal.

    The first illegal move of a main line ends its game; variations are not played. The exit code is 1 if a
    game was illegal or a file unreadable.
    """
    with stopping("nothing was told"):
        with getting_ready():
            from app.sgf_report import SgfReport

            report = SgfReport(ruleset)
            files = [file for path in paths for file in (sgf_files_below(path) if path.is_dir() else [path])]
            if not files:
                raise click.UsageError(f"{paths[0]}: no .sgf file in this folder or below")
        announce_compilation()
        with Progress("Checking files", len(files)) as progress:
            for file in files:
                report.add_file(file)
                progress.advance()
    click.echo("\n".join(report.json_lines() if as_json else report.lines()))
    context.exit(FAULTS_FOUND if report.findings else 0)


def sgf_files_below(folder: Path) -> list[Path]:
    """All SGF files in a folder and its subfolders in the order of their paths."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".sgf" and path.is_file())
