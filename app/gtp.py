"""`yomi gtp`: speak the Go Text Protocol with a board program."""

import sys
from contextlib import redirect_stdout

import click

from app.options import AgentChoice, RulesChoice, agent_options, level_option, resign_option, rules_options


@click.command()
@rules_options
@agent_options
@level_option
@resign_option
@click.option(
    "--version-string",
    metavar="TEXT",
    help="Answer this to `version`; Lizzie wants 0.16 or more from an engine it does not know.",
)
@click.option(
    "--ponder",
    "ponders",
    is_flag=True,
    help="Think on while the client's opponent thinks. Default: not, as a client may count what it computes.",
)
def gtp(choice: RulesChoice, agent: AgentChoice, version_string: str | None, ponders: bool) -> None:
    """Speak the Go Text Protocol, version 2, on stdin and stdout.

    The client may change size, komi and rules, give a handicap and set clocks; --visits and --seconds are
    limits beside a clock. docs/protocols.md has the commands, and how to set up Sabaki, GoGui and others.
    """
    from app.protocols.gtp_engine import GtpEngine, serve
    from app.protocols.gtp_text import is_quit, is_stop
    from app.protocols.line_reader import LineReader

    engine = GtpEngine(choice.resolve(), agent, version_string, ponders=ponders)
    requests, answers = LineReader(sys.stdin.buffer, is_last=is_quit, is_stop=is_stop), sys.stdout.buffer
    with redirect_stdout(sys.stderr):  # only the protocol may write to the real one
        serve(engine, requests, answers)
