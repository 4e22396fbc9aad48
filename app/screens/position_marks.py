"""What a position shows beside its stones: ko, forbidden points, ranks of moves, a variation."""

from collections.abc import Sequence

from app.screens.board_picture import FORBIDDEN, KO, Marks
from app.screens.course import Course
from engine.board import BLACK, EMPTY, WHITE
from engine.game import Game
from mcts.analysis import Analysis

NUM_RANKED = 9
"""Moves that get their rank on the board, the best ones."""


def symbols_of(game: Game) -> dict[int, str]:
    """Empty points that the side to move may not take, by ko or as Black's forbidden points in renju."""
    if game.is_over:
        return {}
    symbols = {}
    for action, stone in enumerate(game.stones().ravel()):
        reason = (game.refusal(action) or "") if stone == EMPTY else ""
        if reason.startswith(("ko", "superko")):
            symbols[action] = KO
        elif reason.startswith("forbidden"):
            symbols[action] = FORBIDDEN
    return symbols


def marks_of(
    course: Course,
    symbols: dict[int, str],
    analysis: Analysis | None,
    variation: Sequence[int],
    *,
    shows_ownership: bool,
) -> Marks:
    """All marks of a position.

    Args:
        course: the game as it stands.
        symbols: as `symbols_of` gives them.
        analysis: of this position, or None.
        variation: moves from here to show as stones, instead of the ranks of moves.
        shows_ownership: whether to shade the points by their likely owner; a board that is counted always is.
    """
    game = course.game
    ranked = () if analysis is None or variation else analysis.moves[:NUM_RANKED]
    owners: Sequence[float] | None = None
    if shows_ownership and analysis is not None:
        owners = analysis.ownership_black
    if course.is_counted:
        owners = course.owners_black().tolist()
    return Marks(
        last=game.last_action,
        symbols=symbols,
        labels={move.action: str(move.order + 1) for move in ranked},
        ghosts=_ghosts(variation, game),
        dead=frozenset(course.dead),
        ownership_black=owners,
    )


def _ghosts(variation: Sequence[int], game: Game) -> dict[int, tuple[int, int]]:
    """Color and number of the first stone at each point of a variation."""
    ghosts: dict[int, tuple[int, int]] = {}
    color = game.to_play
    for number, action in enumerate(variation, 1):
        if action != game.rules.pass_action:
            ghosts.setdefault(action, (color, number))
        color = BLACK + WHITE - color
    return ghosts
