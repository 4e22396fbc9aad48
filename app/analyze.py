"""`yomi analyze`: what every move of a game was worth."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console import announce_compilation, stopping
from app.options import AgentChoice, agent_options, json_option
from app.progress import Progress, getting_ready

if TYPE_CHECKING:
    from app.game_review import GameReview
    from engine.game import Game
    from mcts.analysis import Analysis

CURVE_WIDTH, CURVE_HEIGHT = 72, 8


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@agent_options
@click.option(
    "--sgf",
    "sgf_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the file there again, with chances, marks of bad moves and better variations.",
)
@json_option
def analyze(path: Path, agent: AgentChoice, sgf_file: Path | None, as_json: bool) -> None:
    """Review the first game of an SGF file: its course, its mistakes and what was better.

    A move that loses 10 % of the chances is called a mistake, one that loses 20 % a blunder.
    """
    with stopping("nothing was written"):
        with getting_ready():
            import numpy as np

            from app.game_review import annotate, review
            from engine.sgf import game_of_tree
            from engine.sgf_tree import errors_in, format_trees, read_trees
            from mcts.tree_search import Limits
            from selfplay.agents import DEFAULT_VISITS

            trees = read_trees(path)
            with errors_in(str(path)):
                record = game_of_tree(trees[0])
            spec = agent.open(record.rules)
            player = spec.player(record.rules, np.random.SeedSequence(agent.seed))
        announce_compilation()

        def look(game: "Game") -> "Analysis":
            if spec.seconds is not None:
                return player.think(game.state, Limits(deadline=time.monotonic() + spec.seconds))
            return player.think(game.state, Limits(max(spec.visits or DEFAULT_VISITS, 2)))

        with Progress("Reviewing moves", len(record.moves) + 1) as progress, errors_in(str(path)):
            found = review(record, look, progress.advance)
        if sgf_file is not None:
            annotate(trees[0], found)
            sgf_file.write_bytes(format_trees(trees))
    names = (record.black_name or "Black", record.white_name or "White")
    click.echo("\n".join(json_lines(found) if as_json else report_lines(found, names, spec.label())))


def report_lines(found: "GameReview", names: Sequence[str], label: str) -> list[str]:
    """A review for people.

    Args:
        found: the review.
        names: of Black and White.
        label: of the agent that reviewed.
    """
    from app.game_review import fault_text
    from app.screens.win_rate_curve import curve_lines
    from engine.board import BLACK, WHITE
    from engine.notation import color_name

    last = max(found.win_rates_black)
    curve = curve_lines(found.win_rates_black, last, CURVE_WIDTH, CURVE_HEIGHT)
    lines = [f"{found.rules.describe()}: {names[0]} (Black) against {names[1]} (White), seen by {label}", ""]
    labels = {0: "100 %", CURVE_HEIGHT // 2: "50 %", CURVE_HEIGHT - 1: "0 %"}
    lines += [f"{labels.get(row, ''):>6s} |{line}" for row, line in enumerate(curve)]
    lines += [f"       Black's chance, moves 0 to {last}", ""]
    for move in found.faults():
        lines.append(f"Move {move.number}, {color_name(move.color)}: {fault_text(move, found.rules)}")
    for color, name in zip((BLACK, WHITE), names, strict=True):
        own = [move for move in found.moves if move.color == color]
        verdicts = [move.verdict for move in own]
        mean = sum(move.loss for move in own) / max(len(own), 1)
        counts = f"blunders {verdicts.count('blunder')}, mistakes {verdicts.count('mistake')}"
        lines.append(f"{name}: {len(own)} moves; {counts}; {mean:.1%} lost a move")
    return lines


def json_lines(found: "GameReview") -> list[str]:
    """A review as one JSON object a move, and one with the course of the game."""
    rows = [json.dumps(move.to_dict(found.rules)) for move in found.moves]
    rates = [round(rate, 4) for _, rate in sorted(found.win_rates_black.items())]
    return [*rows, json.dumps({"win_rates_black": rates})]
