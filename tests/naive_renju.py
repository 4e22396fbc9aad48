"""Slow, literal definitions of renju's forbidden moves, the reference for the compiled judge.

Written from the rules of the Renju International Federation, sections 3 (terms) and 9 (forbidden moves), as
sets of stones: every stone that could be added is added, and what it makes is looked at.
"""

from __future__ import annotations

from naive_go import BLACK, EMPTY

Point = tuple[int, int]
Stones = dict[Point, int]
Row = frozenset[Point]
DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1))


def unbroken_row(stones: Stones, point: Point, direction: Point) -> Row:
    """The black stones next to each other in one direction, the one on `point` among them."""
    row = {point}
    for sign in (1, -1):
        x, y = point
        while stones.get((x + sign * direction[0], y + sign * direction[1])) == BLACK:
            x, y = x + sign * direction[0], y + sign * direction[1]
            row.add((x, y))
    return frozenset(row)


def with_black(stones: Stones, point: Point) -> Stones:
    """The board after a black stone."""
    return {**stones, point: BLACK}


def line_points(stones: Stones, point: Point, direction: Point) -> list[Point]:
    """All empty points of the board in line with a point."""
    x, y = point
    places = [(x + step * direction[0], y + step * direction[1]) for step in range(-20, 21)]
    return [place for place in places if stones.get(place) == EMPTY]


def fives_to_come(stones: Stones, point: Point, direction: Point) -> dict[Point, Row]:
    """Where one more stone makes exactly five in a row with the stone on `point`, and those fives."""
    found = {}
    for place in line_points(stones, point, direction):
        row = unbroken_row(with_black(stones, place), place, direction)
        if len(row) == 5 and point in row:
            found[place] = row
    return found


def fours(stones: Stones, point: Point, direction: Point) -> set[Row]:
    """The different fours that hold the stone on `point`."""
    return {row - {place} for place, row in fives_to_come(stones, point, direction).items()}


def is_straight_four(stones: Stones, point: Point, direction: Point) -> bool:
    """Whether the stone on `point` stands in four unbroken stones that two different stones make a five."""
    row = unbroken_row(stones, point, direction)
    ways = [five for place, five in fives_to_come(stones, point, direction).items() if five - {place} == row]
    return len(row) == 4 and len(ways) == 2


def threes(stones: Stones, point: Point, direction: Point) -> set[Row]:
    """The different threes that hold the stone on `point`: what one allowed stone makes a straight four."""
    found = set()
    for place in line_points(stones, point, direction):
        after = with_black(stones, place)
        row = unbroken_row(after, place, direction)
        if point in row and is_straight_four(after, place, direction):
            if not makes_five(after, place) and forbidden_kind(stones, place) is None:
                found.add(row - {place})
    return found


def makes_five(stones: Stones, point: Point) -> bool:
    """Whether the stone on `point` stands in exactly five in a row."""
    return any(len(unbroken_row(stones, point, direction)) == 5 for direction in DIRECTIONS)


def forbidden_kind(stones: Stones, point: Point) -> str | None:
    """Why Black may not play on an empty point: overline, double four or double three; None if he may.

    Args:
        stones: Every point of the board with its color or `EMPTY`.
        point: Where Black would play.
    """
    after = with_black(stones, point)
    if makes_five(after, point):
        return None
    if any(len(unbroken_row(after, point, direction)) > 5 for direction in DIRECTIONS):
        return "overline"
    if sum(len(fours(after, point, direction)) for direction in DIRECTIONS) > 1:
        return "double four"
    if sum(len(threes(after, point, direction)) for direction in DIRECTIONS) > 1:
        return "double three"
    return None
