"""The state: one record of arrays for a batch of games of either kind.

Every field has the row of the batch as its first axis. Kernels take `(state, row, ...)` and touch that
row alone, so rows may hold different games and sizes, and threads may own different rows. Gomoku leaves
the chain and history fields idle.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.geometry import num_points
from engine.jit import inline_kernel, kernel
from engine.rulesets import KO_RULES, LINE_RULES, Rules
from engine.zobrist import WHITE_TO_PLAY

EMPTY, BLACK, WHITE, WALL = 0, 1, 2, 3
GO, GOMOKU = 0, 1
PASS_POINT = 0
"""Point 0 is a wall corner, so it stands for pass, and for `no point` in KO_POINT."""

# Columns of `State.rules`.
GAME, WIDTH, HEIGHT, KO_RULE, SUICIDE, LINE_LENGTH, LINE_RULE, MOVE_LIMIT, SCORING = range(9)
NUM_RULES = 9
SIMPLE_KO, POSITIONAL_SUPERKO, SITUATIONAL_SUPERKO = 0, 1, 2  # KO_RULE, in the order of KO_RULES
FREESTYLE, STANDARD, RENJU, CARO = 0, 1, 2, 3  # LINE_RULE, in the order of LINE_RULES
AREA, TERRITORY = 0, 1  # SCORING

# Columns of `State.scalars`.
TO_PLAY = 0  # BLACK or WHITE
NUM_EMPTY = 1  # empty points, the length of the list in `State.empty`
MOVE_COUNT = 2  # moves played, passes included
PASS_COUNT = 3  # passes in a row
KO_POINT = 4  # point banned by simple ko for this move, or PASS_POINT
LAST_POINT = 5  # point of the last move, PASS_POINT for a pass, -1 before the first
PREVIOUS_POINT = 6  # the same for the move before it
IS_OVER = 7  # 1 when the game has ended
LINE_OWNER = 8  # color that completed a line (Gomoku), or EMPTY
NUM_HISTORY = 9  # positions remembered in `State.history`
HAS_CAPTURE = 10  # 1 once stones were removed: until then no board can come back
PRISONERS_OF_BLACK = 11  # stones that Black took off the board
PRISONERS_OF_WHITE = 12
NUM_SCALARS = 13

FILTER_WORDS = 16
"""Words of the Bloom filter over the history; exact comparison follows a hit."""

# What the four neighbors of a point hold, in one word: black stones and walls in the low four bits, white
# stones and walls in the next four, empty points above them.
BLACK_AROUND_SHIFT = 0
WHITE_AROUND_SHIFT = 4
EMPTY_AROUND_SHIFT = 8
AROUND_MASK = 15

# A chain's liberties are pseudo-liberties (an empty point counts once per adjacent stone) in one word:
# count << 52 | sum of points << 30 | sum of squared points. One true liberty <=> count * squares == sum^2.
# Source: the technique is Rémi Coulom's and Łukasz Lew's (libego); the packing is ours.
COUNT_SHIFT = 52
SUM_SHIFT = 30
SQUARES_MASK = (1 << SUM_SHIFT) - 1
SUM_MASK = (1 << (COUNT_SHIFT - SUM_SHIFT)) - 1


class State(NamedTuple):
    """A batch of games. B rows, P points of the largest padded board, H remembered positions."""

    rules: npt.NDArray[np.int32]
    """`[B, NUM_RULES]` see the column names above."""
    komi: npt.NDArray[np.float32]
    """`[B]` points for White."""
    scalars: npt.NDArray[np.int32]
    """`[B, NUM_SCALARS]` see the column names above."""
    hash: npt.NDArray[np.uint64]
    """`[B]` Zobrist hash of the stones alone."""
    stone: npt.NDArray[np.int8]
    """`[B, P]` EMPTY, BLACK, WHITE or WALL."""
    around: npt.NDArray[np.int16]
    """`[B, P]` packed counts of what the four neighbors of a point hold (Go)."""
    chain_head: npt.NDArray[np.int16]
    """`[B, P]` for a stone, the point that names its chain; any other point names itself (Go)."""
    chain_liberties: npt.NDArray[np.int64]
    """`[B, P]` at a chain's head, its packed pseudo-liberties; meaningless elsewhere (Go)."""
    link: npt.NDArray[np.int16]
    """`[B, P]` for a stone (Go), the next of its chain, in a ring; for an empty point, its place there."""
    empty: npt.NDArray[np.int16]
    """`[B, area]` the empty points in no particular order; the first NUM_EMPTY count."""
    history: npt.NDArray[np.uint64]
    """`[B, H]` hashes of all positions of the game so far, the first one included (Go, superko)."""
    history_filter: npt.NDArray[np.uint64]
    """`[B, FILTER_WORDS]` Bloom filter of `history`."""


def allocate_state(batch: int, width: int, height: int, history: int) -> State:
    """Memory for `batch` games up to a size; rows are unusable until `set_rules` and `reset`.

    Args:
        batch: rows.
        width: widest board that a row may hold.
        height: tallest board that a row may hold.
        history: positions a row can remember; the move limit plus 2 always suffices.
    """
    points = num_points(width, height)
    return State(
        rules=np.zeros((batch, NUM_RULES), np.int32),
        komi=np.zeros(batch, np.float32),
        scalars=np.zeros((batch, NUM_SCALARS), np.int32),
        hash=np.zeros(batch, np.uint64),
        stone=np.full((batch, points), WALL, np.int8),
        around=np.zeros((batch, points), np.int16),
        chain_head=np.zeros((batch, points), np.int16),
        chain_liberties=np.zeros((batch, points), np.int64),
        link=np.zeros((batch, points), np.int16),
        empty=np.zeros((batch, width * height), np.int16),
        history=np.zeros((batch, history), np.uint64),
        history_filter=np.zeros((batch, FILTER_WORDS), np.uint64),
    )


def new_state(rules: Rules, batch: int = 1) -> State:
    """`batch` fresh games under one set of rules."""
    state = allocate_state(batch, rules.width, rules.height, rules.resolved_move_limit + 2)
    for row in range(batch):
        set_rules(state, row, rules)
        reset(state, row)
    return state


def set_rules(state: State, row: int, rules: Rules) -> None:
    """Write a row's rules; `reset` must follow."""
    state.rules[row, GAME] = GO if rules.game == "go" else GOMOKU
    state.rules[row, WIDTH] = rules.width
    state.rules[row, HEIGHT] = rules.height
    state.rules[row, KO_RULE] = KO_RULES.index(rules.ko)
    state.rules[row, SUICIDE] = rules.suicide
    state.rules[row, LINE_LENGTH] = rules.line_length
    state.rules[row, LINE_RULE] = LINE_RULES.index(rules.line_rule)
    state.rules[row, MOVE_LIMIT] = rules.resolved_move_limit
    state.rules[row, SCORING] = TERRITORY if rules.scoring == "territory" else AREA
    state.komi[row] = rules.komi if rules.game == "go" else 0.0


@kernel
def reset(state: State, row: int) -> None:
    """Empty board, Black to play, under the row's rules. Mutates: state[row]."""
    width = int(state.rules[row, WIDTH])
    height = int(state.rules[row, HEIGHT])
    stride = width + 1
    total = stride * (height + 2) + 1
    for point in range(total):
        state.stone[row, point] = WALL
        state.around[row, point] = 0
        state.chain_head[row, point] = point
        state.chain_liberties[row, point] = 0
    count = 0
    for y in range(height):
        for x in range(width):
            point = (y + 1) * stride + x + 1
            state.stone[row, point] = EMPTY
            state.empty[row, count] = point
            state.link[row, point] = count
            count += 1
            walls = int(x == 0) + int(x == width - 1) + int(y == 0) + int(y == height - 1)
            state.around[row, point] = (
                (walls << BLACK_AROUND_SHIFT)
                + (walls << WHITE_AROUND_SHIFT)
                + ((4 - walls) << EMPTY_AROUND_SHIFT)
            )
    for column in range(NUM_SCALARS):
        state.scalars[row, column] = 0
    state.scalars[row, TO_PLAY] = BLACK
    state.scalars[row, NUM_EMPTY] = count
    state.scalars[row, LAST_POINT] = -1
    state.scalars[row, PREVIOUS_POINT] = -1
    state.hash[row] = 0
    forget_history(state, row)


@kernel
def forget_history(state: State, row: int) -> None:
    """Make the present position the first one remembered. Mutates: state[row]."""
    for word in range(FILTER_WORDS):
        state.history_filter[row, word] = 0
    state.scalars[row, NUM_HISTORY] = 0
    remember_position(state, row)


@inline_kernel
def situation(state: State, row: int, board_hash: np.uint64, to_play: int) -> np.uint64:
    """What must not come back: the board, and under situational superko who is to move as well."""
    if state.rules[row, KO_RULE] == SITUATIONAL_SUPERKO and to_play == WHITE:
        return board_hash ^ WHITE_TO_PLAY
    return board_hash


@kernel
def remember_position(state: State, row: int) -> None:
    """Append the present situation to the history. Mutates: state[row]. Precondition: room for it."""
    hash_now = situation(state, row, state.hash[row], state.scalars[row, TO_PLAY])
    count = state.scalars[row, NUM_HISTORY]
    state.history[row, count] = hash_now
    state.scalars[row, NUM_HISTORY] = count + 1
    bit = hash_now & np.uint64(64 * FILTER_WORDS - 1)
    state.history_filter[row, int(bit >> np.uint64(6))] |= np.uint64(1) << (bit & np.uint64(63))


@inline_kernel
def is_remembered(state: State, row: int, position_hash: np.uint64) -> bool:
    """Whether a `situation` occurred in this game. Cost: one bit test, a scan only on a hit."""
    bit = position_hash & np.uint64(64 * FILTER_WORDS - 1)
    word = state.history_filter[row, int(bit >> np.uint64(6))]
    if (word >> (bit & np.uint64(63))) & np.uint64(1) == 0:
        return False
    return _is_in_history(state, row, position_hash)


@kernel
def _is_in_history(state: State, row: int, position_hash: np.uint64) -> bool:
    # Newest first: repetitions are usually short cycles.
    for index in range(state.scalars[row, NUM_HISTORY] - 1, -1, -1):
        if state.history[row, index] == position_hash:
            return True
    return False


@inline_kernel
def copy_row(source: State, source_row: int, target: State, target_row: int) -> None:
    """Copy one game, rules included, over another row. Mutates: target[target_row].

    Precondition: the target was allocated for at least this size and history.
    """
    total = (int(source.rules[source_row, WIDTH]) + 1) * (int(source.rules[source_row, HEIGHT]) + 2) + 1
    for column in range(NUM_RULES):
        target.rules[target_row, column] = source.rules[source_row, column]
    for column in range(NUM_SCALARS):
        target.scalars[target_row, column] = source.scalars[source_row, column]
    target.komi[target_row] = source.komi[source_row]
    target.hash[target_row] = source.hash[source_row]
    for point in range(total):
        target.stone[target_row, point] = source.stone[source_row, point]
        target.link[target_row, point] = source.link[source_row, point]
    for index in range(source.scalars[source_row, NUM_EMPTY]):
        target.empty[target_row, index] = source.empty[source_row, index]
    if source.rules[source_row, GAME] == GO:
        for point in range(total):
            target.around[target_row, point] = source.around[source_row, point]
            target.chain_head[target_row, point] = source.chain_head[source_row, point]
            target.chain_liberties[target_row, point] = source.chain_liberties[source_row, point]
        for index in range(source.scalars[source_row, NUM_HISTORY]):
            target.history[target_row, index] = source.history[source_row, index]
        for word in range(FILTER_WORDS):
            target.history_filter[target_row, word] = source.history_filter[source_row, word]
