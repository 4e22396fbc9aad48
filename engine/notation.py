"""Vertices and diagrams, both ways: `D4` <-> action, drawn board <-> stones."""

import re

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, EMPTY, WHITE
from engine.errors import NotationError
from engine.rulesets import Rules

COLUMNS = "ABCDEFGHJKLMNOPQRSTU"
"""Column letters from the left; I is left out, as everywhere in Go."""
SYMBOLS = {EMPTY: ".", BLACK: "X", WHITE: "O"}
_COLORS = {symbol: color for color, symbol in SYMBOLS.items()}
_VERTEX = re.compile(r"([A-Za-z])([1-9][0-9]?)\Z", re.ASCII)
Stones = npt.NDArray[np.int8]


def color_name(color: int) -> str:
    """`black` or `white`."""
    return "black" if color == BLACK else "white"


def vertex_of_action(action: int, rules: Rules) -> str:
    """Text of an action, such as `D4` or `pass`.

    Raises:
        NotationError: the number is no action of this board.
    """
    if action == rules.pass_action:
        return "pass"
    if not 0 <= action < rules.area:
        raise NotationError(f"action {action}: expected 0..{rules.pass_action}")
    return f"{COLUMNS[action % rules.width]}{rules.height - action // rules.width}"


def action_of_vertex(text: str, rules: Rules) -> int:
    """Action of a text such as `D4`, `d4` or `pass`.

    Raises:
        NotationError: it is not a vertex of this board.
    """
    if text.lower() == "pass":
        return rules.pass_action
    match = _VERTEX.match(text)
    if match:
        x = COLUMNS.find(match[1].upper())
        y = rules.height - int(match[2])
        if 0 <= x < rules.width and 0 <= y < rules.height:
            return y * rules.width + x
    last = f"{COLUMNS[rules.width - 1]}{rules.height}"
    raise NotationError(f"vertex {text[:20]!r}: expected A1..{last} or pass")


def parse_diagram(text: str) -> Stones:
    """Stones of a drawn board: rows from the top, separated by `/` or line ends, of `.`, `X` and `O`.

    Args:
        text: such as `". X O / X O . / . . ."`; spaces are free.

    Returns:
        `[height, width]` EMPTY, BLACK or WHITE.

    Raises:
        NotationError: another symbol, or rows of unequal length.
    """
    rows = [row.replace(" ", "") for row in re.split(r"[/\n]", text.strip())]
    rows = [row for row in rows if row]
    unknown = sorted(set("".join(rows)) - set(_COLORS))
    if unknown:
        raise NotationError(f"diagram symbol {unknown[0]!r}: expected one of . X O")
    if not rows or len({len(row) for row in rows}) != 1:
        raise NotationError("diagram: expected rows of one length")
    return np.array([[_COLORS[symbol] for symbol in row] for row in rows], np.int8)


def format_diagram(stones: Stones) -> str:
    """Inverse of `parse_diagram`: one line a row, symbols separated by spaces."""
    return "\n".join(" ".join(SYMBOLS[int(stone)] for stone in row) for row in stones)


def draw_board(stones: Stones, last_action: int | None = None) -> str:
    """A board for people, with coordinates, star points and the last move in brackets.

    Args:
        stones: `[height, width]`.
        last_action: the move to mark; None or pass marks nothing.
    """
    height, width = stones.shape
    stars = set(star_points(width, height))
    letters = "   " + "".join(f" {letter}" for letter in COLUMNS[:width])
    lines = [letters]
    for y in range(height):
        cells = []
        for x in range(width):
            action = y * width + x
            stone = int(stones[y, x])
            symbol = "+" if stone == EMPTY and action in stars else SYMBOLS[stone]
            before = " "
            if last_action is not None and last_action < width * height:
                before = "(" if action == last_action else ")" if x and action == last_action + 1 else " "
            cells.append(before + symbol)
        closing = ")" if last_action == y * width + width - 1 else " "
        number = height - y
        lines.append(f"{number:3d}{''.join(cells)}{closing}{number}")
    return "\n".join([*lines, letters])


def star_points(width: int, height: int) -> list[int]:
    """Actions of the dots that Go boards show, from 7x7 up."""

    def along(side: int) -> list[int]:
        if side < 7:
            return []
        edge = 2 if side < 12 else 3
        middle = [side // 2] if side % 2 and side >= 9 else []
        return sorted({edge, side - 1 - edge, *middle})

    columns, rows = along(width), along(height)
    is_small = min(width, height) < 13
    points = []
    for y in rows:
        for x in columns:
            on_center_lines = (x * 2 + 1 == width) + (y * 2 + 1 == height)
            if not is_small or on_center_lines != 1:
                points.append(y * width + x)
    return points
