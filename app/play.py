"""`yomi play`: a person against an agent in the terminal."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path

import click

from app.console import announce_compilation, stopping
from app.options import (
    AgentChoice,
    RulesChoice,
    agent_options,
    level_option,
    resign_option,
    rules_options,
    without_move_limit,
)
from app.progress import getting_ready


@click.command()
@rules_options
@agent_options
@level_option
@resign_option
@click.option(
    "--color",
    type=click.Choice(["black", "white", "both", "none"]),
    default="black",
    show_default=True,
    help="Which color you play; with none the agent plays itself.",
)
@click.option("--plain", is_flag=True, help="Lines of text, for pipes and screen readers.")
@click.option(
    "--sgf",
    "sgf_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Save the game there at the end.",
)
@click.option(
    "--clock",
    metavar="TIME",
    help="The time of each side on the screen: 10m, 5m+10s (each move adds), 5m+3x30s (byo-yomi), 5m+10/2m.",
)
@click.option("--ponder", "ponders", is_flag=True, help="Let the agent think in your time, on the screen.")
@click.option(
    "--reward-model",
    "critic",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Show beside the board what the reward model of that run thinks of it.",
)
@click.pass_context
def play(
    context: click.Context,
    choice: RulesChoice,
    agent: AgentChoice,
    color: str,
    plain: bool,
    sgf_file: Path | None,
    critic: Path | None,
    clock: str | None,
    ponders: bool,
) -> None:
    """Play against an agent in the terminal, by keys and mouse.

    In a pipe or with --plain the game goes in lines; type help there for what you can type. A refused line
    gives an error and the game goes on, but a game that is then not finished ends with exit code 2.
    """
    if not plain and sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        context.exit(play_on_screen(choice, agent, color, sgf_file, critic, clock, ponders=ponders))
    else:
        if clock is not None or ponders:
            raise click.UsageError("--clock and --ponder: expected on the screen, not in lines")
        context.exit(play_in_lines(choice, agent, color, sgf_file, critic, plain=plain))


def play_on_screen(
    choice: RulesChoice,
    agent: AgentChoice,
    color: str,
    sgf_file: Path | None,
    critic: Path | None,
    clock: str | None,
    *,
    ponders: bool,
) -> int:
    """Play on a screen of our own.

    Args:
        choice: of the rules.
        agent: of the opponent.
        color: which color people play.
        sgf_file: where to save the game at the end, or None.
        critic: the run whose reward model is asked about the board, or None.
        clock: the time of each side, or None.
        ponders: whether the agent thinks in the time of people.

    Returns:
        The exit code.
    """
    with stopping("the game is kept"):
        with getting_ready():
            from app.screens.autosave import users_autosave
            from app.screens.critic import Critic
            from app.screens.game_app import GameApp
            from app.screens.setup import agreed

            setup = agreed(choice, agent, color, clock=clock, ponders=ponders)
            if sgf_file is not None:
                check_sgf(sgf_file)
            if announce_compilation():
                setup.new_game()  # while people can read why they wait
            app = GameApp(setup, users_autosave(), None if critic is None else Critic(critic))
        app.run()
        if sgf_file is not None:
            sgf_file.write_bytes(app.sgf())
            print(f"Saved as {sgf_file}")
    return app.return_code or 0


def play_in_lines(
    choice: RulesChoice,
    agent: AgentChoice,
    color: str,
    sgf_file: Path | None,
    critic: Path | None,
    *,
    plain: bool,
) -> int:
    """Play in lines of text.

    Args:
        choice: of the rules.
        agent: of the opponent.
        color: which color people play.
        sgf_file: where to save the game at the end, or None.
        critic: the run whose reward model is asked about the board, or None.
        plain: letters only.

    Returns:
        The exit code.
    """
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    with stopping("the game is not kept"):
        with getting_ready(plain=plain):
            from app.opponent import Opponent
            from app.screens.board_view import BoardView, has_colors
            from app.screens.critic import Critic
            from app.screens.session import Session
            from engine.board import BLACK, WHITE
            from engine.game import Game

            rules, spec = agent.seat(choice)
            if sgf_file is not None:
                check_sgf(sgf_file)
            announce_compilation()
            game = Game(without_move_limit(rules))
            opponent = Opponent(spec, agent.seed)
            opponent.sit_down_behind(game.rules)
        people = {"black": {BLACK}, "white": {WHITE}, "both": {BLACK, WHITE}, "none": set[int]()}[color]
        names = {side: "you" if side in people else opponent.label for side in (BLACK, WHITE)}
        view = BoardView(in_color=not plain and has_colors())
        print(rules.describe())
        for side, name in names.items():
            print(f"{view.name(side)}: {name}")
        if people:
            print("Type a vertex such as C3, or help.")
        judge = None if critic is None else Critic(critic)
        session = Session(game, opponent, frozenset(people), view, judge, plain=plain)
        exit_code = session.run()
        if sgf_file is not None:
            sgf_file.write_bytes(session.sgf(names[BLACK], names[WHITE]))
            print(f"Saved as {sgf_file}")
    return exit_code


def check_sgf(path: Path) -> None:
    """Refuse a file that the end of a game could not be saved in.

    Raises:
        SgfError: no folder to write in.
    """
    from engine.errors import SgfError

    if not os.access(path.absolute().parent, os.W_OK):
        raise SgfError(f"--sgf {path}: expected a file in a folder that exists and can be written")
