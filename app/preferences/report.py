"""`yomi rlhf report`: one page about an experiment, or about the reward models of a run."""

import json
from pathlib import Path

import click

from app.console import notice
from app.progress import getting_ready


@click.command()
@click.argument("results", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: report.html in the folder."
)
@click.option(
    "--save-json", type=click.Path(dir_okay=False, path_type=Path), help="Where the results go as JSON too."
)
@click.option("--gallery", is_flag=True, help="Print the boards that fooled rewards, and write nothing.")
def report(results: Path, out: Path | None, save_json: Path | None, gallery: bool) -> None:
    """Write tables and figures of an experiment as one HTML file, from stored results alone.

    RESULTS is the folder of a sweep, a file that --save-json wrote, or a run with reward models, such as
    those that a sweep keeps in its folder under models: then the page says how well they do.
    """
    if (results / "run.sqlite").exists():
        if save_json is not None or gallery:
            raise click.UsageError(f"{results}: is a run, expected a sweep for --save-json and --gallery")
        _report_run(results, out or results / "rewards.html")
        return
    with getting_ready():
        from app.experiment_page import experiment_page
        from app.gallery import gallery_text, unlooked
        from rlhf_variant.experiment_results import results as read
        from selfplay.checkpoint import write_atomically

        found = read(results)
        page = "" if gallery else experiment_page(found)
    if gallery:
        shown = [part for part in (gallery_text(found), unlooked(found)) if part]
        click.echo("\n\n".join(shown) or "No learned reward was fooled")
        return
    if note := unlooked(found):
        notice(note)
    path = out or (results if results.is_dir() else results.parent) / "report.html"
    write_atomically(path, page.encode())
    if save_json is not None:
        write_atomically(save_json, (json.dumps(found, indent=1) + "\n").encode())
    click.echo(f"Saved as {path}")


def _report_run(run: Path, path: Path) -> None:
    with getting_ready():
        from app.reward_page import reward_page
        from selfplay.checkpoint import write_atomically
        from selfplay.run_store import RunStore

        with RunStore(run, create=False) as store:
            page = reward_page(store)
    write_atomically(path, page.encode())
    click.echo(f"Saved as {path}")
