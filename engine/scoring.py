"""Who won: the only functions of the project that tell, and the firewall that can silence them.

An experiment on learning without outcomes runs inside `outcomes_forbidden()`; any code that then asks for a
score or a winner raises. The ban follows the calling context, so it reaches worker threads that are started
with `contextvars.copy_context().run`, and leaves other threads alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import numpy.typing as npt

from engine.area_kernels import mark_owners
from engine.board import BLACK, GAME, GO, HEIGHT, TO_PLAY, WIDTH, State
from engine.errors import OutcomeForbiddenError
from engine.jit import kernel
from engine.life_kernels import LifeWorkspace, Marks, mark_dead_stones, new_life_workspace
from engine.rules_kernels import score_black
from engine.score_kernels import score_without

Rows = Sequence[int] | npt.NDArray[np.integer]
_forbidden: ContextVar[bool] = ContextVar("outcomes_forbidden", default=False)


@contextmanager
def outcomes_forbidden() -> Iterator[None]:
    """Make every reading of a score or winner in this context raise `OutcomeForbiddenError`."""
    token = _forbidden.set(True)
    try:
        yield
    finally:
        _forbidden.reset(token)


def are_outcomes_forbidden() -> bool:
    """Whether this context runs behind the firewall."""
    return _forbidden.get()


def require_outcomes() -> None:
    """Pass where results may be read.

    Raises:
        OutcomeForbiddenError: behind the firewall.
    """
    if _forbidden.get():
        raise OutcomeForbiddenError("the outcome of a game was read where only preferences may teach")


@kernel
def _write_scores(state: State, rows: npt.NDArray[np.int64], scores: npt.NDArray[np.float32]) -> None:
    for index in range(rows.shape[0]):
        scores[index] = score_black(state, rows[index])


def scores_black(state: State, rows: Rows) -> npt.NDArray[np.float32]:
    """Results for Black of the boards as they stand.

    Args:
        state: the batch.
        rows: `[n]` which games.

    Returns:
        `[n]` Go: points by the row's way to count minus komi, nothing dead; Gomoku: +1, 0 or -1.

    Raises:
        OutcomeForbiddenError: behind the firewall.
    """
    require_outcomes()
    indices = np.asarray(rows, np.int64)
    scores = np.empty(len(indices), np.float32)
    _write_scores(state, indices, scores)
    return scores


@kernel
def _write_settled_scores(
    state: State,
    rows: npt.NDArray[np.int64],
    scores: npt.NDArray[np.float32],
    dead: Marks,
    work: LifeWorkspace,
) -> None:
    for index in range(rows.shape[0]):
        row = rows[index]
        if state.rules[row, GAME] == GO:
            mark_dead_stones(state, row, dead, work)
            scores[index] = score_without(state, row, dead) - float(state.komi[row])
        else:
            scores[index] = score_black(state, row)


def settled_scores_black(state: State, rows: Rows) -> npt.NDArray[np.float32]:
    """Results for Black after the stones are taken off that pass-alive analysis proves dead.

    Args:
        state: the batch.
        rows: `[n]` which games.

    Returns:
        `[n]` as `scores_black`; the same in Gomoku.

    Raises:
        OutcomeForbiddenError: behind the firewall.
    """
    require_outcomes()
    indices = np.asarray(rows, np.int64)
    scores = np.empty(len(indices), np.float32)
    num_points = state.stone.shape[1]
    dead, work = np.zeros(num_points, np.int8), new_life_workspace(num_points)
    _write_settled_scores(state, indices, scores, dead, work)
    return scores


@kernel
def _write_owners(state: State, rows: npt.NDArray[np.int64], owners: npt.NDArray[np.int8]) -> None:
    for index in range(rows.shape[0]):
        mark_owners(state, rows[index], owners[index])


def owners_black(state: State, rows: Rows) -> npt.NDArray[np.int8]:
    """Who owns the points of boards as they stand, by area, nothing dead.

    Args:
        state: the batch.
        rows: `[n]` which games of Go, all of one size.

    Returns:
        `[n, height, width]` 1 for Black, -1 for White, 0 for nobody.

    Raises:
        OutcomeForbiddenError: behind the firewall.
    """
    require_outcomes()
    indices = np.asarray(rows, np.int64)
    width, height = state.rules[indices[0], [WIDTH, HEIGHT]]
    owners = np.empty((len(indices), height, width), np.int8)
    _write_owners(state, indices, owners)
    return owners


def score_black_without(state: State, row: int, dead: Marks) -> float:
    """Result for Black of one game of Go after the stones are taken off that the players call dead.

    Args:
        state: the batch.
        row: which game.
        dead: `[>= P]` by point, other than 0 at the dead stones.

    Raises:
        OutcomeForbiddenError: behind the firewall.
    """
    require_outcomes()
    return score_without(state, row, dead) - float(state.komi[row])


def values_to_play(state: State, rows: Rows) -> npt.NDArray[np.float32]:
    """Results as +1 win, 0 draw, -1 loss of the side to move.

    Args:
        state: the batch.
        rows: `[n]` which games.

    Returns:
        `[n]` values.

    Raises:
        OutcomeForbiddenError: behind the firewall.
    """
    value_black = np.sign(scores_black(state, rows))
    return value_black * black_sign(state, rows)


def black_sign(state: State, rows: Rows) -> npt.NDArray[np.float32]:
    """`[n]` +1 where Black is to move, -1 where White is: turns black's view into the mover's and back."""
    to_play = state.scalars[np.asarray(rows, np.int64), TO_PLAY]
    return np.where(to_play == BLACK, np.float32(1), np.float32(-1))
