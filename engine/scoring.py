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

from engine.board import BLACK, TO_PLAY, State
from engine.errors import OutcomeForbiddenError
from engine.jit import kernel
from engine.rules_kernels import score_black

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
        `[n]` Go: area minus komi in points; Gomoku: +1, 0 or -1.

    Raises:
        OutcomeForbiddenError: behind the firewall.
    """
    if _forbidden.get():
        raise OutcomeForbiddenError("the outcome of a game was read where only preferences may teach")
    indices = np.asarray(rows, np.int64)
    scores = np.empty(len(indices), np.float32)
    _write_scores(state, indices, scores)
    return scores


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
