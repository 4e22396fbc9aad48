"""Go on one row of a batch: chains, captures, ko, suicide, area score.

Chains are rings of stones named by a head; a chain's pseudo-liberties are one packed word (see
`engine.board`). Nothing here checks its arguments: `go_legality` says what is allowed, `play_go` trusts it.
"""

import numpy as np

from engine.board import (
    AROUND_MASK,
    BLACK,
    BLACK_AROUND_SHIFT,
    COUNT_SHIFT,
    EMPTY,
    EMPTY_AROUND_SHIFT,
    HAS_CAPTURE,
    IS_OVER,
    KO_POINT,
    KO_RULE,
    LAST_POINT,
    MOVE_COUNT,
    MOVE_LIMIT,
    NUM_EMPTY,
    PASS_COUNT,
    PASS_POINT,
    POSITIONAL_SUPERKO,
    PREVIOUS_POINT,
    PRISONERS_OF_BLACK,
    PRISONERS_OF_WHITE,
    SIMPLE_KO,
    SITUATIONAL_SUPERKO,
    SQUARES_MASK,
    SUICIDE,
    SUM_MASK,
    SUM_SHIFT,
    TO_PLAY,
    WALL,
    WHITE,
    WHITE_AROUND_SHIFT,
    WIDTH,
    State,
    is_remembered,
    remember_position,
    situation,
)
from engine.jit import inline_kernel, kernel
from engine.zobrist import ZOBRIST

# What a legality kernel answers; `engine.game` turns the code into words.
LEGAL, OFF_BOARD, OCCUPIED, KO, SUPERKO_REPETITION, SUICIDE_MOVE, PASS_NOT_ALLOWED, GAME_OVER = range(8)


@inline_kernel
def liberty_word(point: int) -> int:
    """What one empty neighbor adds to a chain's packed pseudo-liberties."""
    place = int(point)
    return (1 << COUNT_SHIFT) + (place << SUM_SHIFT) + place * place


@inline_kernel
def is_atari_word(word: int) -> bool:
    """Whether packed pseudo-liberties are all the same point (Cauchy-Schwarz with equality)."""
    count = word >> COUNT_SHIFT
    total = (word >> SUM_SHIFT) & SUM_MASK
    squares = word & SQUARES_MASK
    return count * squares == total * total


@inline_kernel
def is_surrounded(state: State, row: int, point: int, color: int) -> bool:
    """Whether all four neighbors of a point are walls or stones of one color."""
    around = int(state.around[row, point])
    if color == BLACK:
        return (around >> BLACK_AROUND_SHIFT) & AROUND_MASK == 4
    return (around >> WHITE_AROUND_SHIFT) & AROUND_MASK == 4


@inline_kernel
def has_empty_neighbor(state: State, row: int, point: int) -> bool:
    """Whether a neighbor of a point is empty."""
    return int(state.around[row, point]) >> EMPTY_AROUND_SHIFT != 0


@kernel
def captured_hash(state: State, row: int, head: int) -> np.uint64:
    """Hash of all stones of one chain, the difference that its removal makes."""
    color = state.stone[row, head]
    word: np.uint64 = ZOBRIST[color, head]
    stone = state.link[row, head]
    while stone != head:
        word ^= ZOBRIST[color, stone]
        stone = state.link[row, stone]
    return word


@inline_kernel
def hash_after(state: State, row: int, point: int, color: int) -> np.uint64:
    """Hash of the board after a play, captures and suicide included. Precondition: the point is empty."""
    stride = int(state.rules[row, WIDTH]) + 1
    result: np.uint64 = state.hash[row] ^ ZOBRIST[color, point]
    breathes = has_empty_neighbor(state, row, point)
    captures = False
    # A chain may touch the point on several sides: remember the last three heads met.
    first, second, third = -1, -1, -1
    for offset in (-stride, -1, 1, stride):
        neighbor = point + offset
        content = state.stone[row, neighbor]
        if content in (EMPTY, WALL):
            continue
        head = int(state.chain_head[row, neighbor])
        in_atari = is_atari_word(state.chain_liberties[row, head])
        if content == color:
            breathes = breathes or not in_atari
        elif in_atari and head != first and head != second and head != third:
            captures = True
            result ^= captured_hash(state, row, head)
            first, second, third = head, first, second
    if breathes or captures:
        return result
    result ^= ZOBRIST[color, point]
    for offset in (-stride, -1, 1, stride):
        neighbor = point + offset
        if state.stone[row, neighbor] == color:
            head = int(state.chain_head[row, neighbor])
            if head != first and head != second and head != third:
                result ^= captured_hash(state, row, head)
                first, second, third = head, first, second
    return result


@inline_kernel
def go_legality(state: State, row: int, point: int) -> int:
    """LEGAL or the reason why not, for a play of the side to move on an on-board point."""
    if state.stone[row, point] != EMPTY:
        return OCCUPIED
    if point == state.scalars[row, KO_POINT]:
        return KO
    breathes = has_empty_neighbor(state, row, point)
    if not breathes:
        code = _legality_without_space(state, row, point)
        if code != LEGAL:
            return code
    # Until stones were removed no board can come back. Suicide, which has no space, may be the first removal.
    if state.rules[row, KO_RULE] != SIMPLE_KO and (state.scalars[row, HAS_CAPTURE] != 0 or not breathes):
        if would_repeat(state, row, point):
            return SUPERKO_REPETITION
    return LEGAL


@inline_kernel
def may_repeat(state: State, row: int) -> bool:
    """Whether any play could bring a remembered situation back: under superko once stones were removed."""
    return bool(state.rules[row, KO_RULE] != SIMPLE_KO and state.scalars[row, HAS_CAPTURE] != 0)


@inline_kernel
def _legality_without_space(state: State, row: int, point: int) -> int:
    """LEGAL or SUICIDE_MOVE for a play on an empty point whose neighbors are all taken."""
    color = state.scalars[row, TO_PLAY]
    stride = int(state.rules[row, WIDTH]) + 1
    has_friend = False
    for offset in (-stride, -1, 1, stride):
        neighbor = point + offset
        content = state.stone[row, neighbor]
        if content == WALL:
            continue
        in_atari = is_atari_word(state.chain_liberties[row, state.chain_head[row, neighbor]])
        has_friend = has_friend or content == color
        if in_atari != (content == color):
            return LEGAL  # a friend with another liberty, or a capture
    # A lone stone that dies at once would change nothing on the board; no rule set here allows it.
    return LEGAL if has_friend and state.rules[row, SUICIDE] != 0 else SUICIDE_MOVE


@inline_kernel
def would_repeat(state: State, row: int, point: int) -> bool:
    """Whether a play of the side to move would bring a remembered situation back."""
    color = state.scalars[row, TO_PLAY]
    after = hash_after(state, row, point, color)
    return is_remembered(state, row, situation(state, row, after, BLACK + WHITE - color))


@inline_kernel
def take_empty(state: State, row: int, point: int) -> None:
    """Remove a point from the list of empty points. Mutates: state[row]."""
    last = state.scalars[row, NUM_EMPTY] - 1
    index = state.link[row, point]
    moved = state.empty[row, last]
    state.empty[row, index] = moved
    state.link[row, moved] = index
    state.scalars[row, NUM_EMPTY] = last


@inline_kernel
def _change_around(color: int) -> int:
    """What a stone that takes an empty point adds to `around` of each neighbor."""
    shift = BLACK_AROUND_SHIFT if color == BLACK else WHITE_AROUND_SHIFT
    return (1 << shift) - (1 << EMPTY_AROUND_SHIFT)


@inline_kernel
def _take_liberty(state: State, row: int, neighbor: int, word: int, change: int) -> int:
    """Tell a neighbor that a liberty is gone; returns the liberty that it is itself, 0 if none.

    Nothing here branches: at walls and empty points the written words mean nothing. Mutates: state[row].
    """
    state.around[row, neighbor] = int(state.around[row, neighbor]) + change
    head = state.chain_head[row, neighbor]
    state.chain_liberties[row, head] = int(state.chain_liberties[row, head]) - word
    return liberty_word(neighbor) if state.stone[row, neighbor] == EMPTY else 0


@inline_kernel
def _give_liberty(state: State, row: int, neighbor: int, word: int, change: int) -> None:
    """Tell a neighbor that a liberty is back, without branches as above. Mutates: state[row]."""
    state.around[row, neighbor] = int(state.around[row, neighbor]) - change
    head = state.chain_head[row, neighbor]
    state.chain_liberties[row, head] = int(state.chain_liberties[row, head]) + word


@kernel
def _remove_chain(state: State, row: int, head: int) -> int:
    """Take a chain off the board and give its points back as liberties. Mutates: state[row].

    Returns:
        The number of stones removed.
    """
    stride = int(state.rules[row, WIDTH]) + 1
    color = int(state.stone[row, head])
    change = _change_around(color)
    count = int(state.scalars[row, NUM_EMPTY])
    board_hash: np.uint64 = state.hash[row]
    removed = 0
    stone = int(head)
    while True:
        following = int(state.link[row, stone])
        word = liberty_word(stone)
        _give_liberty(state, row, stone - stride, word, change)
        _give_liberty(state, row, stone - 1, word, change)
        _give_liberty(state, row, stone + 1, word, change)
        _give_liberty(state, row, stone + stride, word, change)
        board_hash ^= ZOBRIST[color, stone]
        state.stone[row, stone] = EMPTY
        state.chain_head[row, stone] = stone
        state.empty[row, count + removed] = stone
        state.link[row, stone] = count + removed
        removed += 1
        stone = following
        if stone == head:
            break
    state.hash[row] = board_hash
    state.scalars[row, NUM_EMPTY] = count + removed
    return removed


@inline_kernel
def _join(state: State, row: int, first: int, second: int) -> int:
    """Merge two chains; returns their head. Mutates: state[row]. Cost: the stones of the smaller chain."""
    head, other = first, second
    ahead, behind = int(state.link[row, first]), int(state.link[row, second])
    while ahead != first and behind != second:
        ahead, behind = int(state.link[row, ahead]), int(state.link[row, behind])
    if behind != second:
        head, other = second, first
    state.chain_liberties[row, head] = int(state.chain_liberties[row, head]) + int(
        state.chain_liberties[row, other]
    )
    stone = other
    while True:
        state.chain_head[row, stone] = head
        following = int(state.link[row, stone])
        if following == other:
            break
        stone = following
    state.link[row, stone] = state.link[row, head]
    state.link[row, head] = other
    return head


@inline_kernel
def _meet(state: State, row: int, own: int, neighbor: int, color: int) -> int:
    """Join the chain `own` with a neighbor of its color; returns the head of both. Mutates: state[row]."""
    if state.stone[row, neighbor] != color:
        return own
    head = int(state.chain_head[row, neighbor])
    return own if head == own else _join(state, row, head, own)


@inline_kernel
def _capture(state: State, row: int, neighbor: int, other: int) -> int:
    """Remove a neighbor's chain if it is of a color and breathless; returns its size. Mutates: state[row]."""
    if state.stone[row, neighbor] != other:
        return 0
    head = int(state.chain_head[row, neighbor])
    if state.chain_liberties[row, head] != 0:
        return 0
    return _remove_chain(state, row, head)


@inline_kernel
def place_stone(state: State, row: int, point: int, color: int) -> int:
    """Put a stone down, join its chains, remove what has no liberties. Mutates: state[row].

    Returns:
        Stones of the opponent captured, or minus the stones lost by suicide.
    """
    stride = int(state.rules[row, WIDTH]) + 1
    above, left, right, below = point - stride, point - 1, point + 1, point + stride
    take_empty(state, row, point)
    state.stone[row, point] = color
    state.hash[row] ^= ZOBRIST[color, point]
    word, change = liberty_word(point), _change_around(color)
    liberties = _take_liberty(state, row, above, word, change)
    liberties += _take_liberty(state, row, left, word, change)
    liberties += _take_liberty(state, row, right, word, change)
    liberties += _take_liberty(state, row, below, word, change)
    state.chain_liberties[row, point] = liberties
    state.link[row, point] = point
    own = _meet(state, row, point, above, color)
    own = _meet(state, row, own, left, color)
    own = _meet(state, row, own, right, color)
    own = _meet(state, row, own, below, color)
    other = BLACK + WHITE - color
    captured = 0
    for neighbor in (above, left, right, below):
        captured += _capture(state, row, neighbor, other)
    if state.chain_liberties[row, own] == 0:
        return -_remove_chain(state, row, own)
    return captured


@inline_kernel
def play_go(state: State, row: int, point: int) -> None:
    """Play a legal move; PASS_POINT passes. Mutates: state[row]. Precondition: legal."""
    color = state.scalars[row, TO_PLAY]
    state.scalars[row, KO_POINT] = PASS_POINT
    if point == PASS_POINT:
        state.scalars[row, PASS_COUNT] += 1
        if state.scalars[row, PASS_COUNT] >= 2:
            state.scalars[row, IS_OVER] = 1
    else:
        state.scalars[row, PASS_COUNT] = 0
        captured = place_stone(state, row, point, color)
        if captured != 0:
            state.scalars[row, HAS_CAPTURE] = 1
            _count_prisoners(state, row, color, captured)
        if captured == 1 and state.link[row, point] == point:
            word = state.chain_liberties[row, point]
            if word >> COUNT_SHIFT == 1:
                state.scalars[row, KO_POINT] = (word >> SUM_SHIFT) & SUM_MASK
    finish_move(state, row, point)
    # A pass makes a new situation too, though not a new board.
    ko_rule = state.rules[row, KO_RULE]
    if ko_rule == SITUATIONAL_SUPERKO or (ko_rule == POSITIONAL_SUPERKO and point != PASS_POINT):
        remember_position(state, row)


@kernel
def _count_prisoners(state: State, row: int, color: int, captured: int) -> None:
    """Book captured stones (negative: lost by suicide) to the side that gains them. Mutates: state[row]."""
    if (color == BLACK) == (captured > 0):
        state.scalars[row, PRISONERS_OF_BLACK] += abs(captured)
    else:
        state.scalars[row, PRISONERS_OF_WHITE] += abs(captured)


@inline_kernel
def finish_move(state: State, row: int, point: int) -> None:
    """What every move of either game does at its end. Mutates: state[row]."""
    state.scalars[row, PREVIOUS_POINT] = state.scalars[row, LAST_POINT]
    state.scalars[row, LAST_POINT] = point
    state.scalars[row, TO_PLAY] = BLACK + WHITE - state.scalars[row, TO_PLAY]
    state.scalars[row, MOVE_COUNT] += 1
    if state.scalars[row, MOVE_COUNT] >= state.rules[row, MOVE_LIMIT]:
        state.scalars[row, IS_OVER] = 1


@inline_kernel
def is_own_eye(state: State, row: int, point: int, color: int) -> bool:
    """Whether an empty point looks like a real one-point eye of a color, as light playouts judge it.

    All four neighbors are the color's or the edge; of the diagonals at most one is the opponent's, none at
    the edge.
    """
    if not is_surrounded(state, row, point, color):
        return False
    stride = int(state.rules[row, WIDTH]) + 1
    at_edge = False
    other = BLACK + WHITE - color
    hostile = 0
    for offset in (-stride, -1, 1, stride):
        at_edge = at_edge or state.stone[row, point + offset] == WALL
    for vertical in (-stride, stride):
        # The wall column is shared by two rows, and the walls above and below it are real too.
        for diagonal in (point + vertical - 1, point + vertical + 1):
            hostile += int(state.stone[row, diagonal] == other)
    return hostile == 0 or (hostile == 1 and not at_edge)
