"""`yomi export`: write the network of an agent as an ONNX file, for other programs to run."""

from pathlib import Path

import click

from app.console import stopping
from app.progress import getting_ready


@click.command()
@click.argument("agent", metavar="AGENT")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("network.onnx"),
    show_default=True,
    help="Where the file goes.",
)
def export(agent: str, out: Path) -> None:
    """Write the network of an agent as an ONNX file.

    AGENT is a bundled name, a checkpoint or a run folder. docs/export.md tells what goes in and out.
    """
    with stopping("nothing was written"), getting_ready():
        from selfplay.agents import AgentError, open_agent
        from selfplay.onnx_export import export_onnx

        spec = open_agent(agent)
        if spec.network is None or spec.known_rules is None:
            raise AgentError(f"agent {agent}: has no network to export")
        export_onnx(out, spec.network, spec.known_rules)
    click.echo(f"Network: {out}")
