"""The one door to both games: legality, play and result, by the game code of the row."""

import numpy as np
import numpy.typing as npt

from engine.area_kernels import area_score
from engine.board import (
    BLACK,
    EMPTY,
    GAME,
    GO,
    HEIGHT,
    IS_OVER,
    LINE_OWNER,
    PASS_POINT,
    SCORING,
    TERRITORY,
    WHITE,
    WIDTH,
    State,
)
from engine.geometry import point_of
from engine.go_kernels import (
    GAME_OVER,
    LEGAL,
    OFF_BOARD,
    PASS_NOT_ALLOWED,
    go_legality,
    has_empty_neighbor,
    may_repeat,
    play_go,
)
from engine.gomoku_kernels import gomoku_legality, has_forbidden_points, play_gomoku
from engine.jit import allocating_kernel, inline_kernel, kernel
from engine.renju_kernels import forbidden_kind
from engine.score_kernels import score_standing


@kernel
def legality(state: State, row: int, action: int) -> int:
    """LEGAL, or the code of the reason why not. Any integer may be asked."""
    width = int(state.rules[row, WIDTH])
    area = width * state.rules[row, HEIGHT]
    if state.scalars[row, IS_OVER] != 0:
        return GAME_OVER
    if action < 0 or action > area:
        return OFF_BOARD
    is_go = state.rules[row, GAME] == GO
    if action == area:
        return LEGAL if is_go else PASS_NOT_ALLOWED
    return point_legality(state, row, point_of(action, width), is_go)


@inline_kernel
def point_legality(state: State, row: int, point: int, is_go: bool) -> int:
    """As `legality`, for a point of the board of a game that goes on."""
    if is_go:
        return go_legality(state, row, point)
    return gomoku_legality(state, row, point)


@inline_kernel
def play(state: State, row: int, action: int) -> None:
    """Play a legal action of the side to move. Mutates: state[row]. Precondition: legal."""
    width = int(state.rules[row, WIDTH])
    is_pass = action == width * state.rules[row, HEIGHT]
    point = PASS_POINT if is_pass else point_of(action, width)
    if state.rules[row, GAME] == GO:
        play_go(state, row, point)
    else:
        play_gomoku(state, row, point)


@kernel
def legal_actions(state: State, row: int, actions: npt.NDArray[np.int16]) -> int:
    """Write the legal actions in rising order and return how many there are. Mutates: actions.

    Args:
        state: the batch.
        row: which game.
        actions: `[>= A]` receives the list; what lies behind it means nothing.
    """
    width = int(state.rules[row, WIDTH])
    height = int(state.rules[row, HEIGHT])
    if state.scalars[row, IS_OVER] != 0:
        return 0
    is_go = state.rules[row, GAME] == GO
    reads_all = is_go and may_repeat(state, row)
    count = 0
    for y in range(height):
        first = (y + 1) * (width + 1) + 1
        contents = state.stone[row, first : first + width]
        for x in range(width):
            # Nothing branches on what is usual: each place is written, and kept by counting on.
            actions[count] = y * width + x
            is_empty = contents[x] == EMPTY
            count += int(is_empty)
            # An empty neighbor makes a play legal at once, unless it could repeat; a ko point has none.
            if is_go and is_empty and (reads_all or not has_empty_neighbor(state, row, first + x)):
                count -= int(go_legality(state, row, first + x) != LEGAL)
    if is_go:
        actions[count] = width * height
        count += 1
    elif has_forbidden_points(state, row):
        return _drop_forbidden(state, row, actions, count)
    return count


@allocating_kernel
def mask_legal_actions(
    state: State, rows: npt.NDArray[np.int64], may_pass: bool, mask: npt.NDArray[np.bool_]
) -> None:
    """Mark the legal actions of several games. Mutates: mask[: len(rows)].

    Args:
        state: the batch.
        rows: `[n]` which games.
        may_pass: whether a pass counts where there are other moves.
        mask: `[>= n, A]` over the actions of the largest board.
    """
    actions = np.empty(mask.shape[1], np.int16)
    for index in range(rows.shape[0]):
        row = rows[index]
        mask[index] = False
        count = legal_actions(state, row, actions)
        if not may_pass and count > 1 and state.rules[row, GAME] == GO:
            count -= 1
        for place in range(count):
            mask[index, actions[place]] = True


@kernel
def _drop_forbidden(state: State, row: int, actions: npt.NDArray[np.int16], count: int) -> int:
    """Close the gaps that forbidden points leave in a list of actions. Mutates: actions."""
    width = int(state.rules[row, WIDTH])
    kept = 0
    for index in range(count):
        action = actions[index]
        if forbidden_kind(state, row, point_of(int(action), width)) == LEGAL:
            actions[kept] = action
            kept += 1
    return kept


@kernel
def score_black(state: State, row: int) -> float:
    """Result for Black of the board as it stands, nothing dead: Go points minus komi, Gomoku +1, 0 or -1."""
    if state.rules[row, GAME] == GO:
        if state.rules[row, SCORING] == TERRITORY:
            return score_standing(state, row) - float(state.komi[row])
        return area_score(state, row) - float(state.komi[row])
    owner = state.scalars[row, LINE_OWNER]
    if owner == BLACK:
        return 1.0
    if owner == WHITE:
        return -1.0
    return 0.0
