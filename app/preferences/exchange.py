"""`yomi rlhf exchange`: write the comparisons of a run as JSON lines, or read them into another."""

from pathlib import Path

import click

from app.console import notice


@click.command()
@click.option("--run", "folder", required=True, type=click.Path(path_type=Path), help="The run folder.")
@click.option(
    "--read", "source", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A file."
)
def exchange(folder: Path, source: Path | None) -> None:
    """Write the questions and answers of a run to stdout as JSON lines, or add those of a file to it."""
    from rlhf_variant.exchange import export_lines, import_file
    from rlhf_variant.query_queue import QueryQueue
    from selfplay.run_store import RunStore

    with RunStore(folder, create=source is not None) as store:
        if source is None:
            for line in export_lines(store):
                click.echo(line)
        else:
            notice(f"Read {import_file(store, source)} new questions into {folder}.")
        notice(f"Data set {QueryQueue(store).version()}")
