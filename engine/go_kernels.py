"""Go on one row of a batch: chains, captures, ko, suicide, area score.

Chains are rings of stones named by a head; a chain's pseudo-liberties are one packed word (see
`engine.board`). Nothing here checks its arguments: `go_legality` says what is allowed, `play_go` trusts it.
"""

import numpy as np

from engine.board import (
    BLACK,
    COUNT_SHIFT,
    EMPTY,
    HAS_CAPTURE,
    HEIGHT,
    IS_OVER,
    KO_POINT,
    KO_RULE,
    LAST_POINT,
    MOVE_COUNT,
    MOVE_LIMIT,
    NUM_EMPTY,
    PASS_COUNT,
    PASS_POINT,
    PREVIOUS_POINT,
    PRISONERS_OF_BLACK,
    PRISONERS_OF_WHITE,
    SQUARES_MASK,
    SUICIDE,
    SUM_MASK,
    SUM_SHIFT,
    TO_PLAY,
    WALL,
    WHITE,
    WIDTH,
    State,
    is_remembered,
    remember_position,
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


@kernel
def captured_hash(state: State, row: int, head: int) -> np.uint64:
    """Hash of all stones of one chain, the difference that its removal makes."""
    color = state.stone[row, head]
    word: np.uint64 = ZOBRIST[color, head]
    stone = state.chain_next[row, head]
    while stone != head:
        word ^= ZOBRIST[color, stone]
        stone = state.chain_next[row, stone]
    return word


@kernel
def hash_after(state: State, row: int, point: int, color: int) -> np.uint64:
    """Hash of the board after a play, captures and suicide included. Precondition: the point is empty."""
    stride = int(state.rules[row, WIDTH]) + 1
    result: np.uint64 = state.hash[row] ^ ZOBRIST[color, point]
    breathes = False
    captures = False
    # A chain may touch the point on several sides: remember the last three heads met.
    first, second, third = -1, -1, -1
    for offset in (-stride, -1, 1, stride):
        neighbor = point + offset
        content = state.stone[row, neighbor]
        if content == EMPTY:
            breathes = True
        elif content != WALL:
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
    color = state.scalars[row, TO_PLAY]
    stride = int(state.rules[row, WIDTH]) + 1
    breathes = False
    has_friend = False
    for offset in (-stride, -1, 1, stride):
        neighbor = point + offset
        content = state.stone[row, neighbor]
        if content == EMPTY:
            breathes = True
            break
        if content != WALL:
            in_atari = is_atari_word(state.chain_liberties[row, state.chain_head[row, neighbor]])
            if content == color:
                has_friend = True
                if not in_atari:
                    breathes = True
                    break
            elif in_atari:
                breathes = True
                break
    # A lone stone that dies at once would change nothing on the board; no rule set here allows it.
    if not breathes and (state.rules[row, SUICIDE] == 0 or not has_friend):
        return SUICIDE_MOVE
    if state.scalars[row, HAS_CAPTURE] != 0 and state.rules[row, KO_RULE] != 0:
        if is_remembered(state, row, hash_after(state, row, point, color)):
            return SUPERKO_REPETITION
    elif not breathes and state.rules[row, KO_RULE] != 0:
        # Suicide removes stones although nothing was captured before.
        if is_remembered(state, row, hash_after(state, row, point, color)):
            return SUPERKO_REPETITION
    return LEGAL


@inline_kernel
def take_empty(state: State, row: int, point: int) -> None:
    """Remove a point from the list of empty points. Mutates: state[row]."""
    last = state.scalars[row, NUM_EMPTY] - 1
    index = state.empty_index[row, point]
    moved = state.empty[row, last]
    state.empty[row, index] = moved
    state.empty_index[row, moved] = index
    state.scalars[row, NUM_EMPTY] = last


@kernel
def _remove_chain(state: State, row: int, head: int) -> int:
    """Take a chain off the board and give its points back as liberties. Mutates: state[row].

    Returns:
        The number of stones removed.
    """
    stride = int(state.rules[row, WIDTH]) + 1
    other = BLACK + WHITE - state.stone[row, head]
    state.hash[row] ^= captured_hash(state, row, head)
    removed = 0
    stone = int(head)
    while True:
        word = liberty_word(stone)
        for offset in (-stride, -1, 1, stride):
            neighbor = stone + offset
            if state.stone[row, neighbor] == other:
                state.chain_liberties[row, state.chain_head[row, neighbor]] += word
        state.stone[row, stone] = EMPTY
        count = state.scalars[row, NUM_EMPTY]
        state.empty[row, count] = stone
        state.empty_index[row, stone] = count
        state.scalars[row, NUM_EMPTY] = count + 1
        removed += 1
        stone = int(state.chain_next[row, stone])
        if stone == head:
            return removed


@kernel
def _join(state: State, row: int, head: int, other: int) -> None:
    """Merge chain `other` into chain `head`. Mutates: state[row]. Cost: the stones of `other`."""
    stone = other
    while True:
        state.chain_head[row, stone] = head
        stone = state.chain_next[row, stone]
        if stone == other:
            break
    following = state.chain_next[row, head]
    state.chain_next[row, head] = state.chain_next[row, other]
    state.chain_next[row, other] = following
    state.chain_liberties[row, head] += state.chain_liberties[row, other]


@inline_kernel
def place_stone(state: State, row: int, point: int, color: int) -> int:
    """Put a stone down, join its chains, remove what has no liberties. Mutates: state[row].

    Returns:
        Stones of the opponent captured, or minus the stones lost by suicide.
    """
    stride = int(state.rules[row, WIDTH]) + 1
    take_empty(state, row, point)
    state.stone[row, point] = color
    state.hash[row] ^= ZOBRIST[color, point]
    state.chain_head[row, point] = point
    state.chain_next[row, point] = point
    own_word = liberty_word(point)
    liberties = 0
    for offset in (-stride, -1, 1, stride):
        neighbor = point + offset
        content = state.stone[row, neighbor]
        if content == EMPTY:
            liberties += liberty_word(neighbor)
        elif content != WALL:
            state.chain_liberties[row, state.chain_head[row, neighbor]] -= own_word
    state.chain_liberties[row, point] = liberties
    captured = 0
    for offset in (-stride, -1, 1, stride):
        neighbor = point + offset
        content = state.stone[row, neighbor]
        if content in (EMPTY, WALL):
            continue
        head = state.chain_head[row, neighbor]
        if content == color:
            own = state.chain_head[row, point]
            if head == own:
                continue
            if own == point and state.chain_next[row, point] == point:
                _join(state, row, head, own)  # a single stone joins the larger chain
            else:
                _join(state, row, own, head)
        elif state.chain_liberties[row, head] == 0:
            captured += _remove_chain(state, row, head)
    own = state.chain_head[row, point]
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
        if captured == 1 and state.chain_next[row, point] == point:
            word = state.chain_liberties[row, point]
            if word >> COUNT_SHIFT == 1:
                state.scalars[row, KO_POINT] = (word >> SUM_SHIFT) & SUM_MASK
        if state.rules[row, KO_RULE] != 0:
            remember_position(state, row)
    finish_move(state, row, point)


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
    stride = int(state.rules[row, WIDTH]) + 1
    at_edge = False
    for offset in (-stride, -1, 1, stride):
        content = state.stone[row, point + offset]
        if content == WALL:
            at_edge = True
        elif content != color:
            return False
    other = BLACK + WHITE - color
    hostile = 0
    for vertical in (-stride, stride):
        # The wall column is shared by two rows, and the walls above and below it are real too.
        for diagonal in (point + vertical - 1, point + vertical + 1):
            if state.stone[row, diagonal] == other:
                hostile += 1
    return hostile == 0 or (hostile == 1 and not at_edge)


@kernel
def area_score(state: State, row: int) -> int:
    """Tromp-Taylor area of Black minus White, komi not counted. Mutates: scratch. Cost: one flood fill."""
    width = int(state.rules[row, WIDTH])
    height = int(state.rules[row, HEIGHT])
    stride = width + 1
    total = stride * (height + 2) + 1
    # scratch[0:total] marks visited points, scratch[total:2 total] is the stack.
    for point in range(total):
        state.scratch[row, point] = 0
    score = width * height - int(state.scalars[row, NUM_EMPTY])
    for point in range(total):
        if state.stone[row, point] == WHITE:
            score -= 2
    for index in range(state.scalars[row, NUM_EMPTY]):
        start = state.empty[row, index]
        if state.scratch[row, start] != 0:
            continue
        state.scratch[row, start] = 1
        state.scratch[row, total] = start
        height_of_stack = 1
        size = 0
        borders = 0
        while height_of_stack > 0:
            height_of_stack -= 1
            point = int(state.scratch[row, total + height_of_stack])
            size += 1
            for offset in (-stride, -1, 1, stride):
                neighbor = point + offset
                content = state.stone[row, neighbor]
                if content == EMPTY:
                    if state.scratch[row, neighbor] == 0:
                        state.scratch[row, neighbor] = 1
                        state.scratch[row, total + height_of_stack] = neighbor
                        height_of_stack += 1
                elif content != WALL:
                    borders |= content
        if borders == BLACK:
            score += size
        elif borders == WHITE:
            score -= size
    return score


@kernel
def count_liberties(state: State, row: int, point: int, limit: int) -> int:
    """True liberties of the chain at a stone, counted up to a limit. Mutates: scratch.

    Precondition: scratch[row, :total] is zero; it is again afterwards.
    """
    stride = int(state.rules[row, WIDTH]) + 1
    total = stride * (state.rules[row, HEIGHT] + 2) + 1
    found = 0
    stone = point
    while found < limit:
        for offset in (-stride, -1, 1, stride):
            neighbor = stone + offset
            if found < limit and state.stone[row, neighbor] == EMPTY and state.scratch[row, neighbor] == 0:
                state.scratch[row, neighbor] = 1
                state.scratch[row, total + found] = neighbor
                found += 1
        stone = int(state.chain_next[row, stone])
        if stone == point:
            break
    for index in range(found):
        state.scratch[row, state.scratch[row, total + index]] = 0
    return found
