"""`yomi report`: one page about a training run that opens anywhere."""

from pathlib import Path

import click

from app.progress import getting_ready


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: report.html in the run."
)
@click.option(
    "--strength",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg",
    help="Write the curve of Elo against core-hours alone, for a run with elo_every.",
)
def report(run: Path, out: Path | None, strength: Path | None) -> None:
    """Write curves, health, matches and sample games of a run as one HTML file."""
    with getting_ready():
        from app.run_page import run_page, strength_curve
        from selfplay.checkpoint import write_atomically
        from selfplay.run_store import RunStore

        with RunStore(run, create=False) as store:
            page = run_page(store) if strength is None else strength_curve(store)
    path = strength or out or run / "report.html"
    write_atomically(path, page.encode())
    click.echo(f"Saved as {path}")
