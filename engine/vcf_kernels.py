"""Victory by continuous fours (VCF): a depth-first search of moves that each threaten to complete a line.

The attacker plays fours: stones after which it could complete a line at once. The defender can only parry,
and where a parry makes a four itself, the attacker must parry in turn, so both sides have few moves. Stones
are put on the row and lifted again. The search keeps its own stack and remembers lost positions by hash.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.board import (
    BLACK,
    CARO,
    EMPTY,
    HEIGHT,
    IS_OVER,
    LINE_LENGTH,
    LINE_RULE,
    PASS_POINT,
    RENJU,
    WHITE,
    WIDTH,
    State,
)
from engine.geometry import num_points
from engine.go_kernels import LEGAL
from engine.gomoku_kernels import completes_line, wins
from engine.jit import inline_kernel, kernel
from engine.renju_kernels import black_may_move, forbidden_kind
from engine.zobrist import ZOBRIST

NO_VCF, NODE_LIMIT = 0, -1
MAX_PARRIES = 3
FAILED_ENTRIES = 4096

# Columns of the stack; a level is a four of the attacker and its parry.
LAST = 0  # the defender's stone before this level, PASS_POINT at the root
THREAT = 1  # a point where the defender could complete a line, or PASS_POINT
NEXT_MOVE = 2  # attacking moves are numbered; those before this one fail
ATTACK = 3  # the four that is tried
NEXT_PARRY = 4  # parries are numbered too; those before this one lose
PARRY = 5  # the parry that is tried, PASS_POINT before the first that stops the four
NUM_COLUMNS = 6


class VcfSpace(NamedTuple):
    """Working space of a search: D levels suffice for the boards it was made for."""

    stack: npt.NDArray[np.int32]
    """`[D, NUM_COLUMNS]` the levels from the root to the present position."""
    line: npt.NDArray[np.int16]
    """`[2 D + 1]` points of the winning line, the attacker's first."""
    failed: npt.NDArray[np.uint64]
    """`[FAILED_ENTRIES]` hashes of positions without a VCF; a later one replaces an earlier one."""
    nodes: npt.NDArray[np.int64]
    """`[1]` fours tried."""


def new_vcf_space(area: int) -> VcfSpace:
    """Space for boards of up to `area` points."""
    levels = area // 2 + 1
    return VcfSpace(
        stack=np.zeros((levels, NUM_COLUMNS), np.int32),
        line=np.zeros(2 * levels + 1, np.int16),
        failed=np.zeros(FAILED_ENTRIES, np.uint64),
        nodes=np.zeros(1, np.int64),
    )


@kernel
def search_vcf(state: State, row: int, attacker: int, node_limit: int, space: VcfSpace) -> int:
    """Search a won sequence of fours for a color, as if it were to move. Mutates: space; the row comes back.

    Returns:
        The length of the win in `space.line`, NO_VCF when there is none, NODE_LIMIT after that many fours.
        A win ends with the stone that completes a line, or with the first four that no parry stops.
    """
    space.nodes[0] = 0
    if state.scalars[row, IS_OVER] != 0:
        return NO_VCF
    winning_point = _winning_point(state, row, attacker)
    if winning_point != PASS_POINT:
        space.line[0] = winning_point
        return 1
    for entry in range(FAILED_ENTRIES):
        space.failed[entry] = 0
    _enter(space, 0, PASS_POINT, _winning_point(state, row, BLACK + WHITE - attacker))
    return _search(state, row, attacker, node_limit, space)


@kernel
def _search(state: State, row: int, attacker: int, node_limit: int, space: VcfSpace) -> int:
    """The search from the root's level on. Mutates: space; the row comes back."""
    defender = BLACK + WHITE - attacker
    depth, length = 0, 0
    is_attack = True  # whose turn it is at this depth
    while True:
        if is_attack:
            if _play_four(state, row, attacker, space, depth):
                if space.nodes[0] == node_limit:
                    _lift(state, row, space.stack[depth, ATTACK])
                    _lift_levels(state, row, space, 0, depth)
                    return NODE_LIMIT
                space.nodes[0] += 1
                is_attack = False
                continue
            space.failed[_failed_entry(state.hash[row])] = state.hash[row]
            if depth == 0:
                return NO_VCF
            depth -= 1
            _lift_levels(state, row, space, depth, depth + 1)
        elif _play_parry(state, row, attacker, space, depth):
            is_attack = True
            if space.failed[_failed_entry(state.hash[row])] == state.hash[row]:
                _lift_levels(state, row, space, depth, depth + 1)
                continue
            parry = int(space.stack[depth, PARRY])
            depth += 1
            _enter(space, depth, parry, _threat_of(state, row, parry, defender))
        else:
            # No parry is left, so this four wins, and the parry before it loses.
            if space.stack[depth, PARRY] == PASS_POINT:
                length = 2 * depth + 1
            _lift(state, row, space.stack[depth, ATTACK])
            if depth == 0:
                return length
            depth -= 1
            _lift(state, row, space.stack[depth, PARRY])


@inline_kernel
def _enter(space: VcfSpace, depth: int, last: int, threat: int) -> None:
    """Begin a level. Mutates: space."""
    space.stack[depth, LAST] = last
    space.stack[depth, THREAT] = threat
    space.stack[depth, NEXT_MOVE] = 0


@inline_kernel
def _play_four(state: State, row: int, attacker: int, space: VcfSpace, depth: int) -> bool:
    """Play the level's next four, if there is one. Mutates: state[row], space.

    Without a threat, fours that complete a line in two ways come before the others.
    """
    defender = BLACK + WHITE - attacker
    threat = int(space.stack[depth, THREAT])
    last = int(space.stack[depth, LAST])
    total = num_points(state.rules[row, WIDTH], state.rules[row, HEIGHT])
    is_renju = state.rules[row, LINE_RULE] == RENJU
    end = MAX_PARRIES if threat != PASS_POINT else 2 * total
    for move in range(space.stack[depth, NEXT_MOVE], end):
        point = _parry_point(state, row, threat, defender, move) if threat != PASS_POINT else move % total
        if state.stone[row, point] != EMPTY:
            continue
        ways = winning_points_through(state, row, point, attacker)[0]
        if ways == 0 or (threat == PASS_POINT and (ways > 1) != (move < total)):
            continue
        if not _is_allowed(state, row, point, attacker):
            continue
        _put(state, row, point, attacker)
        # Where Black is left without any move, the game is a draw.
        is_stuck = is_renju and defender == BLACK and not black_may_move(state, row)
        if is_stuck or _has_line_at_hand(state, row, defender, last, threat):
            _lift(state, row, point)
            continue
        space.stack[depth, NEXT_MOVE] = move + 1
        space.stack[depth, ATTACK] = point
        space.stack[depth, NEXT_PARRY] = 0
        space.stack[depth, PARRY] = PASS_POINT
        space.line[2 * depth] = point
        return True
    return False


@kernel
def _play_parry(state: State, row: int, attacker: int, space: VcfSpace, depth: int) -> bool:
    """Play the level's next parry that stops the four, if there is one. Mutates: state[row], space."""
    defender = BLACK + WHITE - attacker
    attack = int(space.stack[depth, ATTACK])
    winning_point = _threat_of(state, row, attack, attacker)
    for number in range(space.stack[depth, NEXT_PARRY], MAX_PARRIES):
        point = _parry_point(state, row, winning_point, attacker, number)
        if state.stone[row, point] != EMPTY or not _is_allowed(state, row, point, defender):
            continue
        _put(state, row, point, defender)
        if _threat_of(state, row, attack, attacker) != PASS_POINT:
            _lift(state, row, point)
            continue
        space.stack[depth, NEXT_PARRY] = number + 1
        space.stack[depth, PARRY] = point
        space.line[2 * depth + 1] = point
        return True
    return False


@kernel
def _parry_point(state: State, row: int, winning_point: int, color: int, number: int) -> int:
    """A point that may keep a color from winning on its winning point; PASS_POINT where there is none.

    Number 0 is the winning point itself. In caro, 1 and 2 are the ends of the line to come, which blocks at
    both ends make worthless.
    """
    if number == 0:
        return winning_point
    if state.rules[row, LINE_RULE] != CARO:
        return PASS_POINT
    stride = int(state.rules[row, WIDTH]) + 1
    needed = int(state.rules[row, LINE_LENGTH])
    for step in (1, stride, stride - 1, stride + 1):
        before = _stones_next_to(state, row, winning_point, color, -step)
        after = _stones_next_to(state, row, winning_point, color, step)
        behind, ahead = winning_point - (before + 1) * step, winning_point + (after + 1) * step
        if before + 1 + after == needed and wins(state, row, color, needed, behind, ahead):
            # Should a second line come from the same point, this parry will turn out not to stop it.
            return behind if number == 1 else ahead
    return PASS_POINT


@inline_kernel
def _stones_next_to(state: State, row: int, point: int, color: int, step: int) -> int:
    """Stones of one color in a row from a point on, the point itself not counted."""
    count = 0
    while state.stone[row, point + (count + 1) * step] == color:
        count += 1
    return count


@kernel
def _threat_of(state: State, row: int, point: int, color: int) -> int:
    """A point that would complete a line with the stone on a point, or PASS_POINT."""
    return winning_points_through(state, row, point, color)[1]


@inline_kernel
def winning_points_through(state: State, row: int, point: int, color: int) -> tuple[int, int]:
    """Points that would complete a line with a stone of a color on a point, be it there or not yet.

    Returns:
        How many there are, and one of them or PASS_POINT.
    """
    stride = int(state.rules[row, WIDTH]) + 1
    needed = state.rules[row, LINE_LENGTH]
    count, found = 0, PASS_POINT
    for direction in (1, stride, stride - 1, stride + 1):
        for step in (direction, -direction):
            after = _stones_next_to(state, row, point, color, step)
            gap = point + (after + 1) * step
            if state.stone[row, gap] != EMPTY:
                continue
            before = _stones_next_to(state, row, point, color, -step)
            beyond = _stones_next_to(state, row, gap, color, step)
            length = before + 1 + after + 1 + beyond
            ends = point - (before + 1) * step, gap + (beyond + 1) * step
            if length >= needed and wins(state, row, color, length, ends[0], ends[1]):
                count += 1
                found = gap
    return count, found


@kernel
def _winning_point(state: State, row: int, color: int) -> int:
    """The first point of the board that completes a line of a color, or PASS_POINT."""
    for point in range(num_points(state.rules[row, WIDTH], state.rules[row, HEIGHT])):
        if state.stone[row, point] == EMPTY and completes_line(state, row, point, color):
            return point
    return PASS_POINT


@inline_kernel
def _has_line_at_hand(state: State, row: int, color: int, last: int, threat: int) -> bool:
    """Whether a color that had a threat, by its last stone if there was one, can still complete a line."""
    if threat == PASS_POINT:
        return False
    if last == PASS_POINT:
        return _winning_point(state, row, color) != PASS_POINT
    return _threat_of(state, row, last, color) != PASS_POINT


@kernel
def _is_allowed(state: State, row: int, point: int, color: int) -> bool:
    """Whether a color may play on an empty point."""
    if state.rules[row, LINE_RULE] != RENJU or color == WHITE:
        return True
    return forbidden_kind(state, row, point) == LEGAL


@inline_kernel
def _put(state: State, row: int, point: int, color: int) -> None:
    """Put a stone down, for `_lift` to take up again. Mutates: state[row]."""
    state.stone[row, point] = color
    state.hash[row] ^= ZOBRIST[color, point]


@inline_kernel
def _lift(state: State, row: int, point: int) -> None:
    """Take a stone up. Mutates: state[row]."""
    state.hash[row] ^= ZOBRIST[state.stone[row, point], point]
    state.stone[row, point] = EMPTY


@kernel
def _lift_levels(state: State, row: int, space: VcfSpace, first: int, end: int) -> None:
    """Take up the fours and parries of some levels. Mutates: state[row]."""
    for depth in range(first, end):
        _lift(state, row, space.stack[depth, PARRY])
        _lift(state, row, space.stack[depth, ATTACK])


@inline_kernel
def _failed_entry(position: np.uint64) -> int:
    """Where `VcfSpace.failed` has room for a position."""
    return int(position & np.uint64(FAILED_ENTRIES - 1))
