"""`yomi report`: one page about a training run that opens anywhere."""

from pathlib import Path

import click

from app.progress import getting_ready


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: report.html in the run."
)
def report(run: Path, out: Path | None) -> None:
    """Write curves, health, matches and sample games of a run as one HTML file."""
    with getting_ready():
        from app.run_page import run_page
        from selfplay.checkpoint import write_atomically
        from selfplay.run_store import RunStore

        with RunStore(run, create=False) as store:
            page = run_page(store)
    path = out or run / "report.html"
    write_atomically(path, page.encode())
    click.echo(f"Saved as {path}")
