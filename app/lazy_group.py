"""A group of commands that are imported only when they are called, so that help answers at once."""

from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose commands are known by name alone until one of them is called."""

    def __init__(self, *arguments: Any, package: str, table: dict[str, str], **settings: Any) -> None:
        """Make a group; click's decorators pass the rest.

        Args:
            *arguments: as of `click.Group`.
            package: where the commands live: NAME is `package.NAME.NAME`.
            table: each command and its help in short.
            **settings: as of `click.Group`.
        """
        super().__init__(*arguments, **settings)
        self.package, self.table = package, table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is no such name."""
        if cmd_name not in self.table:
            return None
        command: click.Command = getattr(import_module(f"{self.package}.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.table.items()))
