"""`yomi reproduce`: a published figure again, from the rows stored with it, without any training."""

import json
import re
from pathlib import Path

import click

from app.progress import getting_ready

PUBLISHED = Path(__file__).resolve().parent.parent / "docs" / "results"
CHOICES = {"best-of-games": "game", "best-of-moves": "move"}
"""Figures of choosing without learning, and what is chosen."""
COMMAND = re.compile(r"# (yomi rlhf sweep [\w./ -]+)$")
"""The first line of an experiment's file: nothing that a shell would take for more than one command."""
MAX_LINE = 500


@click.command()
@click.argument("figure", required=False)
@click.option(
    "--results",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=PUBLISHED,
    help="Folder of files that yomi rlhf report --save-json wrote. Default: docs/results.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: EXPERIMENT-FIGURE.svg here."
)
def reproduce(figure: str | None, results: Path, out: Path | None) -> None:
    """Draw a published figure, or print a published table, from stored rows; without FIGURE, list them.

    FIGURE is EXPERIMENT/NAME, such as go7_2x2/cells. The command that makes the rows anew is told as well.
    """
    from app.experiment_figures import FIGURES
    from app.experiment_tables import TABLES

    experiments = [path.stem for path in sorted(results.glob("*.json")) if _holds_rows(path)]
    names = [f"{experiment}/{name}" for experiment in experiments for name in (*FIGURES, *TABLES)]
    if figure is None:
        click.echo("\n".join(names) if names else f"{results}: no results here")
        return
    if figure not in names:
        raise click.UsageError(f"{figure}: expected one of {', '.join(names) or 'no figures'}")
    experiment, name = figure.split("/")
    with getting_ready():
        from rlhf_variant.experiment_results import results as read
        from selfplay.checkpoint import write_atomically

        found = read(results / f"{experiment}.json")
        drawn = FIGURES[name](found) if name in FIGURES else TABLES[name](found).text()
    if not drawn:
        raise click.ClickException(f"{figure}: the stored rows do not carry what it shows")
    if name in TABLES:
        click.echo(drawn)
    else:
        path = out or Path(f"{experiment}-{name}.svg")
        write_atomically(path, drawn.encode())
        click.echo(f"Saved as {path}")
    click.echo(f"To make the rows anew: {_command(results, experiment, name)}")


def _holds_rows(path: Path) -> bool:
    """Whether a file is of an experiment; results of benchmarks lie beside them."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(stored, dict) and "experiment" in stored


def _command(results: Path, experiment: str, name: str) -> str:
    """What the first line of the experiment's file says, about files where they lie now."""
    settings = results / f"{experiment}.toml"
    if name in CHOICES:
        return f"yomi rlhf bon {settings} --per {CHOICES[name]}"
    if not settings.is_file():
        return f"yomi rlhf sweep {settings}"
    with settings.open(encoding="utf-8", errors="replace") as file:
        first = COMMAND.match(file.readline(MAX_LINE))
    return first[1].replace("docs/results", str(results)) if first else f"yomi rlhf sweep {settings}"
