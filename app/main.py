"""The `yomi` command: a group that imports a command only when it is called."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from app.console import exit_with_one_line
from app.lazy_group import LazyGroup
from app.version import package_version

COMMANDS = {
    "play": "Play against an agent in the terminal.",
    "gtp": "Speak the Go Text Protocol with a board program.",
    "gomocup": "Play Gomoku for a manager of tournaments.",
    "analysis": "Speak KataGo's analysis protocol with KaTrain and others.",
    "train": "Learn from who wins: self-play, training, and again.",
    "watch": "Watch the games of a training run.",
    "estimate": "Measure how long a training run takes here.",
    "report": "Write one page about a training run.",
    "rlhf": "Learn from preferences between boards.",
    "match": "Play agents against each other and rate them.",
    "compare": "Compare RL with RLHF: who wins, and who is fooled.",
    "reproduce": "Draw a published figure again, from stored rows.",
    "analyze": "Review a game: its course, its mistakes, what was better.",
    "sgf": "Check SGF files.",
    "doctor": "Look for what may be wrong with this installation.",
    "pretrain": "Clone a policy from real games, or from an agent.",
    "distill": "Teach a smaller network what a larger one thinks.",
    "export": "Write a network as an ONNX file.",
    "demo": "Learn both ways in a few minutes and compare.",
}
"""Each command and its help in short; `app.NAME.NAME` is the command itself."""


class Yomi(LazyGroup):
    """The whole program: whatever goes wrong in it ends as one line."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line; standing alone, end the process with one line for whatever went wrong."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        with exit_with_one_line():
            result = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        sys.exit(result if isinstance(result, int) else 0)


@click.group(cls=Yomi, package="app", table=COMMANDS, invoke_without_command=True)
@click.version_option(package_version(), prog_name="yomi", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Go and Gomoku that learn by playing themselves: from who wins, or from what people prefer."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
