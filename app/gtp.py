"""`yomi gtp`: speak the Go Text Protocol with a board program."""

import sys
from contextlib import redirect_stdout

import click

from app.options import AgentChoice, RulesChoice, agent_options, rules_options


@click.command()
@rules_options
@agent_options
def gtp(choice: RulesChoice, agent: AgentChoice) -> None:
    """Speak the Go Text Protocol, version 2, on stdin and stdout.

    The client may change size and komi and give a handicap; boards of another size are square.
    """
    from app.protocols.gtp_engine import GtpEngine, serve

    engine = GtpEngine(choice.resolve(), agent)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    with redirect_stdout(sys.stderr):  # only the protocol may write to the real one
        serve(engine, requests, answers)
