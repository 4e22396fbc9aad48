"""Whole trees of positions, moves and games, walked by compiled loops over the kernels of the engine.

Row `ply` of a batch holds the position after `ply` steps, so a batch has one row more than the longest path.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.board import (
    BLACK,
    EMPTY,
    GAME,
    GOMOKU,
    HEIGHT,
    IS_OVER,
    LINE_LENGTH,
    LINE_OWNER,
    NUM_EMPTY,
    SUICIDE,
    TO_PLAY,
    WHITE,
    WIDTH,
    State,
    copy_row,
    reset,
)
from engine.geometry import point_of
from engine.go_kernels import LEGAL, place_stone
from engine.gomoku_kernels import completes_line
from engine.jit import allocating_kernel, kernel
from engine.pattern_kernels import write_pattern_scores
from engine.rules_kernels import legal_actions, legality, play, score_black

Counts = npt.NDArray[np.int64]
Actions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Table = npt.NDArray[np.uint64]
ONE = np.uint64(1)


@allocating_kernel
def count_positions(state: State, counts: Counts) -> None:
    """Count legal positions of Go and the moves of both colors in them. Mutates: all rows, counts.

    Stones are put down point after point. One that takes stones off, its own or others, shows that some
    chain has no liberty, now or with whatever follows.

    Args:
        state: `area + 1` rows, row 0 an empty board.
        counts: `[3]` receives positions, moves without suicide, moves when suicide is allowed.
    """
    width = int(state.rules[0, WIDTH])
    area = width * int(state.rules[0, HEIGHT])
    actions = np.empty(area + 1, np.int16)
    next_color = np.zeros(area + 1, np.int64)
    counts[:] = 0
    depth = 0
    while depth >= 0:
        if depth == area:
            counts[0] += 1
            counts[1] += _count_moves(state, depth, 0, actions)
            counts[2] += _count_moves(state, depth, 1, actions)
            depth -= 1
            continue
        color = next_color[depth]
        if color > WHITE:
            next_color[depth] = EMPTY
            depth -= 1
            continue
        next_color[depth] += 1
        copy_row(state, depth, state, depth + 1)
        if color != EMPTY:
            place_stone(state, depth + 1, point_of(depth, width), color)
            if state.scalars[depth + 1, NUM_EMPTY] != state.scalars[depth, NUM_EMPTY] - 1:
                continue
        depth += 1


@kernel
def _count_moves(state: State, row: int, suicide: int, actions: npt.NDArray[np.int16]) -> int:
    """Moves of both colors, passes not counted. Mutates: rules and turn of the row."""
    state.rules[row, SUICIDE] = suicide
    count = 0
    for color in (BLACK, WHITE):
        state.scalars[row, TO_PLAY] = color
        count += legal_actions(state, row, actions) - 1
    return count


@allocating_kernel
def count_sequences(state: State, counts: Counts) -> None:
    """Count move sequences of 1 .. D moves; finished games are not extended. Mutates: rows below 0, counts.

    Args:
        state: at least D rows, row 0 the start.
        counts: `[D]` receives the numbers.
    """
    depth = counts.shape[0]
    num_actions = int(state.rules[0, WIDTH]) * int(state.rules[0, HEIGHT]) + 1
    actions = np.empty((depth, num_actions), np.int16)
    left = np.zeros(depth, np.int64)
    counts[:] = 0
    left[0] = legal_actions(state, 0, actions[0])
    counts[0] = left[0]
    ply = 0
    while ply >= 0:
        if left[ply] == 0 or ply + 1 == depth:
            ply -= 1
            continue
        left[ply] -= 1
        copy_row(state, ply, state, ply + 1)
        play(state, ply + 1, 0 + actions[ply, left[ply]])
        ply += 1
        left[ply] = legal_actions(state, ply, actions[ply])
        counts[ply] += left[ply]


@allocating_kernel
def count_games(state: State, counts: Counts) -> None:
    """Count the ways to play on from row 0 until the game is over. Mutates: rows below 0, counts.

    Args:
        state: more rows than moves in the longest game, row 0 the start.
        counts: `[3]` receives the games by the color that completed a line, at EMPTY draws and games of Go.
    """
    num_rows = state.rules.shape[0]
    num_actions = int(state.rules[0, WIDTH]) * int(state.rules[0, HEIGHT]) + 1
    actions = np.empty((num_rows, num_actions), np.int16)
    left = np.zeros(num_rows, np.int64)
    left[0] = legal_actions(state, 0, actions[0])
    counts[:] = 0
    ply = 0
    while ply >= 0:
        if left[ply] == 0:
            ply -= 1
            continue
        left[ply] -= 1
        copy_row(state, ply, state, ply + 1)
        play(state, ply + 1, 0 + actions[ply, left[ply]])
        if state.scalars[ply + 1, IS_OVER] != 0:
            counts[state.scalars[ply + 1, LINE_OWNER]] += 1
        else:
            ply += 1
            left[ply] = legal_actions(state, ply, actions[ply])


@allocating_kernel
def expand_positions(state: State, codes: Counts, children: Counts, is_over: Flags) -> int:
    """Write the positions of Gomoku one move on, repeated as often as they are reached. Mutates: all rows.

    A code has one ternary digit a point. Stones of an unfinished game may be put down in any order: no
    part of them has a line.

    Args:
        state: 2 rows of a freestyle game.
        codes: `[n]` unfinished positions, with equally many stones or one more of Black.
        children: `[>= n * area]` receives the codes one move on.
        is_over: `[>= n * area]` receives which of them are finished.

    Returns:
        How many were written.
    """
    area = int(state.rules[0, WIDTH]) * int(state.rules[0, HEIGHT])
    actions = np.empty(area + 1, np.int16)
    power = np.ones(area, np.int64)
    for action in range(1, area):
        power[action] = 3 * power[action - 1]
    count = 0
    for code in codes:
        reset(state, 0)
        for action in range(area):
            color = code // power[action] % 3
            if color != EMPTY:
                state.scalars[0, TO_PLAY] = color
                play(state, 0, action)
        num_stones = area - state.scalars[0, NUM_EMPTY]
        color = BLACK if num_stones % 2 == 0 else WHITE
        state.scalars[0, TO_PLAY] = color
        for action in actions[: legal_actions(state, 0, actions)]:
            copy_row(state, 0, state, 1)
            play(state, 1, 0 + action)
            children[count] = code + color * power[action]
            is_over[count] = state.scalars[1, IS_OVER] != 0
            count += 1
    return count


@allocating_kernel
def black_reaches(state: State, threshold: float, order: Actions, table: Table) -> bool:
    """Whether Black ends with at least this score after komi, against any defense. Mutates: rows, table.

    Args:
        state: more rows than moves in the longest game, row 0 the start.
        threshold: the score that Black wants.
        order: actions in the order in which they are tried; in Gomoku those of equal promise.
        table: `[2^n]` words, all bits set, that remember answers by hash; `[0]` in Go, where the history
            counts too.
    """
    num_rows = state.rules.shape[0]
    num_tried = np.zeros(num_rows, np.int64)
    only = np.full(num_rows, -1, np.int64)  # the one action worth a try, -1 for all of them
    orders = np.empty((num_rows, order.shape[0]), np.int64)
    promise = np.empty(order.shape[0] + 1, np.int64)
    ply = 0
    while True:
        color = state.scalars[ply, TO_PLAY]
        action = -1
        if num_tried[ply] == 0 and _is_answered(state, ply, table):
            answer = _answer(state, ply, threshold, table)
        elif num_tried[ply] == 0 and _is_hopeless(state, ply, threshold):
            answer = False
        else:
            if num_tried[ply] == 0:
                only[ply] = _only_action(state, ply, order)
                _write_order(state, ply, order, orders[ply], promise)
            action = _next_action(state, ply, orders[ply], only[ply], num_tried)
            answer = color == WHITE  # the side to move has found nothing better
        if action >= 0:
            copy_row(state, ply, state, ply + 1)
            play(state, ply + 1, action)
            ply += 1
            num_tried[ply] = 0
            continue
        # Go back to the first position above whose player still wants another answer.
        while True:
            if table.shape[0] > 0:
                table[_slot(state, ply, table)] = state.hash[ply] << ONE | np.uint64(answer)
            if ply == 0:
                return answer
            ply -= 1
            if (state.scalars[ply, TO_PLAY] == BLACK) != answer:
                break


@kernel
def _is_answered(state: State, row: int, table: Table) -> bool:
    """Whether the game is over here or the table knows the answer."""
    if state.scalars[row, IS_OVER] != 0:
        return True
    return table.shape[0] > 0 and table[_slot(state, row, table)] >> ONE == state.hash[row] << ONE >> ONE


@kernel
def _is_hopeless(state: State, row: int, threshold: float) -> bool:
    """Whether Black has to win a game of Gomoku in which every line is spoiled."""
    if state.rules[row, GAME] != GOMOKU or threshold <= 0:
        return False
    width, height = int(state.rules[row, WIDTH]), int(state.rules[row, HEIGHT])
    stride = width + 1
    for action in range(width * height):
        for step in (1, stride, stride + 1, stride - 1):
            point = point_of(action, width)
            length = 0
            while length < state.rules[row, LINE_LENGTH] and state.stone[row, point] in (EMPTY, BLACK):
                point += step
                length += 1
            if length == state.rules[row, LINE_LENGTH]:
                return False
    return True


@kernel
def _write_order(state: State, row: int, order: Actions, own: Actions, promise: Counts) -> None:
    """The order of actions at a position: in Gomoku the most promising first. Mutates: own, promise."""
    for index in range(order.shape[0]):
        own[index] = order[index]
    if state.rules[row, GAME] != GOMOKU:
        return
    write_pattern_scores(state, row, promise)
    for index in range(1, order.shape[0]):
        action, place = own[index], index
        while place > 0 and promise[own[place - 1]] < promise[action]:
            own[place] = own[place - 1]
            place -= 1
        own[place] = action


@kernel
def _answer(state: State, row: int, threshold: float, table: Table) -> bool:
    """The answer of a position that is over or known."""
    if state.scalars[row, IS_OVER] != 0:
        return score_black(state, row) >= threshold
    return table[_slot(state, row, table)] & ONE != 0


@kernel
def _slot(state: State, row: int, table: Table) -> int:
    """Where the table keeps a position; its number of stones tells whose turn it is."""
    return int((state.hash[row] >> np.uint64(8)) & np.uint64(table.shape[0] - 1))


@kernel
def _only_action(state: State, row: int, order: Actions) -> int:
    """In Gomoku the action that wins at once, else one that the opponent would win with, else -1."""
    color = state.scalars[row, TO_PLAY]
    width = int(state.rules[row, WIDTH])
    threat = -1
    if state.rules[row, GAME] == GOMOKU:
        for action in order:
            point = point_of(action, width)
            if state.stone[row, point] == EMPTY:
                if completes_line(state, row, point, color):
                    return action
                if completes_line(state, row, point, BLACK + WHITE - color):
                    threat = action
    return threat


@kernel
def _next_action(state: State, row: int, order: Actions, only: int, num_tried: Counts) -> int:
    """The next legal action to try, -1 when there is none left. Mutates: num_tried."""
    if only >= 0:
        num_tried[row] += 1
        return only if num_tried[row] == 1 else -1
    while num_tried[row] < order.shape[0]:
        action = order[num_tried[row]]
        num_tried[row] += 1
        if legality(state, row, action) == LEGAL:
            return action
    return -1
