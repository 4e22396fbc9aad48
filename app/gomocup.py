"""`yomi gomocup`: play Gomoku for a manager of tournaments."""

import sys
from contextlib import redirect_stdout

import click

from app.options import AgentChoice, agent_options


@click.command()
@agent_options
def gomocup(agent: AgentChoice) -> None:
    """Speak the Gomocup protocol on stdin and stdout; also installed as `pbrain-yomi`.

    The manager says how long to think; --visits and --seconds limit that further.
    """
    from app.protocols.gomocup_engine import GomocupEngine, serve
    from app.protocols.gomocup_text import is_end
    from app.protocols.line_reader import LineReader

    requests, answers = LineReader(sys.stdin.buffer, is_last=is_end), sys.stdout.buffer
    with redirect_stdout(sys.stderr):  # only the protocol may write to the real one
        serve(GomocupEngine(agent, requests.is_stopped), requests, answers)
