"""`yomi analysis`: look at many positions for a program such as KaTrain."""

import sys
from contextlib import redirect_stdout

import click

from app.options import AgentChoice, RulesChoice, agent_options, rules_options


@click.command()
@rules_options
@agent_options
@click.option(
    "--positions",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="How many positions to search at a time.",
)
def analysis(choice: RulesChoice, agent: AgentChoice, positions: int) -> None:
    """Speak KataGo's JSON analysis protocol on stdin and stdout.

    Queries name size, komi, rules and visits; the options hold where they do not. At the end of the input,
    what was asked is answered first. docs/protocols.md says how to set it up in KaTrain.
    """
    from app.protocols.analysis_engine import AnalysisEngine, serve
    from app.protocols.line_reader import LineReader

    answers = sys.stdout.buffer
    with redirect_stdout(sys.stderr):  # only the protocol may write to the real one
        engine = AnalysisEngine(choice.resolve(), agent, positions, answers)
        serve(engine, LineReader(sys.stdin.buffer, is_last=lambda _: False))
