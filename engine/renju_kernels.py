"""Renju: which points are forbidden to Black, judged exactly as the Renju International Federation does.

The terms, for the line of black stones through a point on which Black plays:

five           exactly five in a row; it wins, whatever else the stone makes
overline       six or more in a row
four           four stones that one more makes a five; two different fours may lie in one line
straight four  four in a row that either of two stones makes a five
three          three stones that one more, which Black may play and which makes no five, makes a straight four

Overline, double four and double three are forbidden. "May play" is the whole definition again, one stone
later. The stack of that recursion lies in the chain fields, which Gomoku leaves idle: a kernel that called
itself crashed when Numba loaded it from its cache. Each level has one empty point less, which bounds it.
"""

from engine.board import BLACK, EMPTY, HEIGHT, WIDTH, State
from engine.go_kernels import GAME_OVER, LEGAL
from engine.jit import inline_kernel, kernel

FORBIDDEN_OVERLINE, FORBIDDEN_DOUBLE_FOUR, FORBIDDEN_DOUBLE_THREE = range(GAME_OVER + 1, GAME_OVER + 4)
MAKES_FIVE = -1  # legal, and nothing that makes a straight four
ON_TRIAL = -2  # it hangs on whether Black may make straight fours

REACH = 5  # a five holds the point at one end, and the stone behind its other end would be the sixth
CENTER = 1 << REACH
LINE_BITS = 2 * REACH + 1
LINE_MASK = (1 << LINE_BITS) - 1
FOUR_STONES = 0b1111
FIVE_STONES = 0b11111

# A trial: for each of the four lines, LINE_BITS bits of points to try, and above them the threes found.
POINTS_MASK = (1 << 4 * LINE_BITS) - 1
ONE_THREE = 1 << 4 * LINE_BITS


@kernel
def black_may_move(state: State, row: int) -> bool:
    """Whether a point is left that is not forbidden. Cost: nearly always that of judging one point."""
    width = int(state.rules[row, WIDTH])
    for y in range(state.rules[row, HEIGHT]):
        for x in range(width):
            point = (y + 1) * (width + 1) + x + 1
            if state.stone[row, point] == EMPTY and forbidden_kind(state, row, point) == LEGAL:
                return True
    return False


@kernel
def forbidden_kind(state: State, row: int, point: int) -> int:
    """LEGAL or a FORBIDDEN code for a black stone on an empty point. Mutates: the idle chain fields."""
    verdict = _look(state, row, point, 0)
    depth = 0
    while verdict == ON_TRIAL:
        trial = state.chain_liberties[row, depth]
        if trial & POINTS_MASK != 0 and trial < 2 * ONE_THREE:
            verdict = _look(state, row, _point_to_try(state, row, depth), depth + 1)
            if verdict == ON_TRIAL:
                depth += 1
                continue
        else:
            verdict = FORBIDDEN_DOUBLE_THREE if trial >= 2 * ONE_THREE else LEGAL
            state.stone[row, state.chain_head[row, depth]] = EMPTY
            depth -= 1
        if depth >= 0:
            _note(state, row, depth, verdict)
            verdict = ON_TRIAL
    return LEGAL if verdict == MAKES_FIVE else verdict


@kernel
def _look(state: State, row: int, point: int, depth: int) -> int:
    """Judge a black stone as far as its lines show; ON_TRIAL puts it down. Mutates: state[row]."""
    stride = int(state.rules[row, WIDTH]) + 1
    overlines, fours, lines_with_three = 0, 0, 0
    trial = 0
    for line in range(4):
        step = _step_of(line, stride)
        if not _has_company(state, row, point, step):
            continue
        black, empty = _line_through(state, row, point, step)
        length = _row_length(black)
        if length == 5:
            return MAKES_FIVE
        if length > 5:
            overlines += 1
        fours += _count_fours(black, empty, length)
        points = _straight_four_points(black, empty)
        if points != 0:
            lines_with_three += 1
            trial |= points << (line * LINE_BITS)
    if overlines > 0:
        return FORBIDDEN_OVERLINE
    if fours > 1:
        return FORBIDDEN_DOUBLE_FOUR
    if lines_with_three < 2:
        return LEGAL
    state.stone[row, point] = BLACK
    state.chain_head[row, depth] = point
    state.chain_liberties[row, depth] = trial
    return ON_TRIAL


@inline_kernel
def _first_place(trial: int) -> int:
    """Number of the lowest bit that is set. Precondition: one is."""
    place = 0
    while (trial >> place) & 1 == 0:
        place += 1
    return place


@inline_kernel
def _point_to_try(state: State, row: int, depth: int) -> int:
    """The first point of a trial that may make a straight four."""
    place = _first_place(state.chain_liberties[row, depth])
    step = _step_of(place // LINE_BITS, int(state.rules[row, WIDTH]) + 1)
    return int(state.chain_head[row, depth]) + (place % LINE_BITS - REACH) * step


@inline_kernel
def _note(state: State, row: int, depth: int, verdict: int) -> None:
    """Enter into a trial how its first point was judged. Mutates: state[row]."""
    trial = state.chain_liberties[row, depth]
    place = _first_place(trial)
    if verdict == LEGAL:
        trial = (trial & ~(LINE_MASK << (place // LINE_BITS * LINE_BITS))) + ONE_THREE
    else:
        trial &= ~(1 << place)
    state.chain_liberties[row, depth] = trial


@inline_kernel
def _step_of(line: int, stride: int) -> int:
    """From a point to its neighbor: right, down left, down, down right."""
    return 1 if line == 0 else stride - 2 + line


@inline_kernel
def _has_company(state: State, row: int, point: int, step: int) -> bool:
    """Whether a black stone is near in a line: no five, four or three leaves two points empty in a row."""
    ahead, behind = state.stone[row, point + step], state.stone[row, point - step]
    if ahead == BLACK or behind == BLACK:
        return True
    if ahead == EMPTY and state.stone[row, point + 2 * step] == BLACK:
        return True
    return bool(behind == EMPTY and state.stone[row, point - 2 * step] == BLACK)


@inline_kernel
def _line_through(state: State, row: int, point: int, step: int) -> tuple[int, int]:
    """Black stones and empty points up to a white stone or the edge, as bits; bit REACH is the point itself.

    Returns:
        The black stones, with the one to be played on the point, and the empty points.
    """
    black, empty = CENTER, 0
    for sign in (-1, 1):
        for distance in range(1, REACH + 1):
            content = state.stone[row, point + sign * distance * step]
            if content == BLACK:
                black |= 1 << (REACH + sign * distance)
            elif content == EMPTY:
                empty |= 1 << (REACH + sign * distance)
            else:
                break
    return black, empty


@inline_kernel
def _row_length(black: int) -> int:
    """Stones in a row through the point, those within REACH counted."""
    length = 1
    place = REACH + 1
    while (black >> place) & 1 != 0:
        length += 1
        place += 1
    place = REACH - 1
    while place >= 0 and (black >> place) & 1 != 0:
        length += 1
        place -= 1
    return length


@inline_kernel
def _count_fours(black: int, empty: int, length: int) -> int:
    """Different fours that hold the point."""
    fives = 0
    for first in range(1, REACH + 1):
        stones = FIVE_STONES << first
        gap = stones & ~black
        neighbors = (1 << (first - 1)) | (1 << (first + 5))
        if gap & (gap - 1) == 0 and gap & empty != 0 and black & neighbors == 0:
            fives += 1
    # Both fives of a straight four come from the same four stones.
    return 1 if length == 4 and fives == 2 else fives


@inline_kernel
def _straight_four_points(black: int, empty: int) -> int:
    """Bits of the empty points on which one more stone makes a straight four that holds the point.

    All of them complete the same three stones: two threes through one point never share a line.
    """
    points = 0
    for first in range(2, REACH + 1):
        gap = (FOUR_STONES << first) & ~black
        ends = (1 << (first - 1)) | (1 << (first + 4))
        beyond = (1 << (first - 2)) | (1 << (first + 5))
        is_one_short = gap & (gap - 1) == 0 and gap & empty != 0
        if is_one_short and empty & ends == ends and black & beyond == 0:
            points |= gap
    return points
