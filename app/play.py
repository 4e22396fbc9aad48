"""`yomi play`: a person against an agent in the terminal."""

import sys
from io import TextIOWrapper

import click

from app.console import announce_compilation, stopping
from app.options import AgentChoice, RulesChoice, agent_options, rules_options, without_move_limit
from app.progress import getting_ready


@click.command()
@rules_options
@agent_options
@click.option(
    "--color",
    type=click.Choice(["black", "white", "both", "none"]),
    default="black",
    show_default=True,
    help="Which color you play; with none the agent plays itself.",
)
@click.option("--plain", is_flag=True, help="Letters only, for pipes and screen readers.")
@click.pass_context
def play(context: click.Context, choice: RulesChoice, agent: AgentChoice, color: str, plain: bool) -> None:
    """Play against an agent in the terminal; type help there for what you can type.

    Moves may come through a pipe as well: a refused line gives an error and the game goes on, but a game that
    is then not finished ends with exit code 2.
    """
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    with stopping("the game is not kept"):
        with getting_ready(plain=plain):
            from app.opponent import Opponent
            from app.screens.board_view import BoardView, has_colors
            from app.screens.session import Session
            from engine.board import BLACK, WHITE
            from engine.game import Game

            rules, spec = agent.seat(choice)
            announce_compilation()
            game = Game(without_move_limit(rules))
            opponent = Opponent(spec, agent.seed)
            opponent.sit_down(game.rules)
        people = {"black": {BLACK}, "white": {WHITE}, "both": {BLACK, WHITE}, "none": set[int]()}[color]
        view = BoardView(in_color=not plain and has_colors())
        print(rules.describe())
        for side in (BLACK, WHITE):
            print(f"{view.name(side)}: {'you' if side in people else opponent.label}")
        if people:
            print("Type a vertex such as C3, or help.")
        session = Session(game, opponent, frozenset(people), view, plain=plain)
        context.exit(session.run())
