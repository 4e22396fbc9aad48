"""The line under the board: whose turn it is, what is being thought, how the game ended."""

import time

from app.screens.board_view import resignation_text, result_text
from app.screens.course import Course
from app.screens.setup import GameSetup
from engine.board import BLACK, EMPTY, WHITE
from engine.notation import color_name
from mcts.analysis import Analysis


def status_text(
    setup: GameSetup, course: Course, analysis: Analysis | None, choosing_since: float | None
) -> str:
    """What is going on, in one sentence or two.

    Args:
        setup: who plays.
        course: the game.
        analysis: what is known of the position.
        choosing_since: when a choice began by `time.monotonic()`, or None.
    """
    game = course.game
    if course.is_being_counted:
        counted = result_of_count(course)
        return f"Click dead stones; c agrees, g plays on. Now: {counted}"
    if course.is_out_of_time:
        loser = color_name(game.resigned).capitalize()
        return f"{loser} has no time left: {color_name(BLACK + WHITE - game.resigned).capitalize()} wins."
    if game.resigned != EMPTY:
        return f"{resignation_text(game.resigned)}."
    if game.is_over:
        return result_of_count(course) if course.rules.game == "go" else f"{result_text(game)}."
    side = color_name(game.to_play).capitalize()
    if choosing_since is not None:
        visits = "" if analysis is None else f", {analysis.visits} visits"
        return f"{side} is thinking: {time.monotonic() - choosing_since:.0f} s{visits}"
    place = f"Move {course.ply + 1} of {course.ply + len(course.future)}. " if course.future else ""
    waits = "; g lets the agent move" if course.future and game.to_play not in setup.people else ""
    return f"{place}{side} to move ({setup.name(game.to_play)}){waits}."


def result_of_count(course: Course) -> str:
    """The result of a game of Go with the dead stones as marked, in words."""
    score = course.game.score_black(course.dead)
    if score == 0:
        return "Draw."
    side = "Black" if score > 0 else "White"
    return f"{side} wins by {abs(score):g} {'point' if abs(score) == 1 else 'points'}."


def offer_text(name: str, num_moves: int) -> str:
    """Asks whether to go on with a game that was not finished.

    Args:
        name: the rules of the game in words.
        num_moves: how far it had come.
    """
    return f"Go on with the game that was not finished?\n{name}, {num_moves} moves."
