"""A board as rows of colored text, in cells as large as there is room for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style

from engine.board import BLACK, EMPTY, WHITE
from engine.notation import COLUMNS, Stones, star_points

CELL_SIZES = ((5, 3), (2, 1))
"""Columns and rows of the terminal for a point, the largest first."""
MARGIN = 3  # columns for the row numbers on each side
WOOD = (220, 179, 92)
INK = "#6b4a12"
CURSOR = "#3f7fd0"
STONE_COLORS = {BLACK: "#000000", WHITE: "#ffffff"}
LABEL = "#0b3d91"
"""Blue on wood: a pair that all kinds of color vision tell apart."""
DISK = ("▗▄▄▄▖", "▐███▌", "▝▀▀▀▘")
DEAD, LAST, STAR, KO, FORBIDDEN = "x", "◉", "•", "□", "✕"
CROSSINGS = ("┌┬┐", "├┼┤", "└┴┘")


@dataclass(frozen=True)
class Marks:
    """What is drawn beside the stones; points are named by their actions.

    Attributes:
        last: the last move.
        symbols: a letter for empty points: ko, forbidden.
        labels: one or two letters for empty points, such as ranks of moves.
        ghosts: color and number of stones that are not there: a variation.
        dead: stones that are marked dead.
        ownership_black: `area` numbers -1..1 to shade points by.
    """

    last: int | None = None
    symbols: Mapping[int, str] = field(default_factory=dict)
    labels: Mapping[int, str] = field(default_factory=dict)
    ghosts: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    dead: frozenset[int] = frozenset()
    ownership_black: Sequence[float] | None = None


@dataclass(frozen=True)
class Frame:
    """Where a board lies on a screen.

    Attributes:
        width: columns of the board.
        height: rows of the board.
        cell: columns and rows of the terminal for a point.
    """

    width: int
    height: int
    cell: tuple[int, int]

    @property
    def columns(self) -> int:
        """Columns of the terminal that the board takes."""
        return 2 * MARGIN + 1 + self.width * self.cell[0]

    @property
    def rows(self) -> int:
        """Rows of the terminal that the board takes."""
        return 2 + self.height * self.cell[1]

    def action_at(self, column: int, row: int) -> int | None:
        """The point at a place of the picture, or None beside the board."""
        x, y = (column - MARGIN - 1) // self.cell[0], (row - 1) // self.cell[1]
        return y * self.width + x if 0 <= x < self.width and 0 <= y < self.height else None


def largest_frame(width: int, height: int, columns: int, rows: int) -> Frame | None:
    """The largest picture of a board that fits.

    Args:
        width: columns of the board.
        height: rows of the board.
        columns: of the terminal.
        rows: of the terminal.

    Returns:
        None where none fits.
    """
    frames = (Frame(width, height, cell) for cell in CELL_SIZES)
    return next((frame for frame in frames if frame.columns <= columns and frame.rows <= rows), None)


def paint(stones: Stones, frame: Frame, marks: Marks, cursor: int | None) -> list[list[Segment]]:
    """The rows of a picture.

    Args:
        stones: `[height, width]`.
        frame: of this board.
        marks: what else is drawn.
        cursor: the point under the cursor, or None.
    """
    stars = frozenset(star_points(frame.width, frame.height))
    letters = _letters(frame)
    rows = [[letters]]
    for y in range(frame.height):
        cells = [_cell(stones, frame, marks, stars, cursor, x, y) for x in range(frame.width)]
        for line in range(frame.cell[1]):
            number = f"{frame.height - y:2d}" if line == frame.cell[1] // 2 else "  "
            inside = [segment for cell in cells for segment in cell[line]]
            wood = Segment(" ", _style(INK, _ground(0.0)))
            rows.append([Segment(f"{number} "), wood, *inside, Segment(f" {number.strip():2s}")])
    rows.append([letters])
    return rows


def _letters(frame: Frame) -> Segment:
    cell_width = frame.cell[0]
    padded = (
        letter.center(cell_width) if cell_width > 2 else f"{letter} " for letter in COLUMNS[: frame.width]
    )
    return Segment(f"{'':{MARGIN + 1}}{''.join(padded)}{'':{MARGIN}}")


def _cell(
    stones: Stones, frame: Frame, marks: Marks, stars: frozenset[int], cursor: int | None, x: int, y: int
) -> list[list[Segment]]:
    """One point: the rows of its cell."""
    action = y * frame.width + x
    owned_by_black = 0.0 if marks.ownership_black is None else marks.ownership_black[action]
    ground = CURSOR if action == cursor else _ground(owned_by_black)
    color, center = int(stones[y, x]), ""
    if color != EMPTY:
        center = DEAD if action in marks.dead else LAST if action == marks.last else ""
    elif action in marks.ghosts:
        color, number = marks.ghosts[action]
        center = str(number)
    if color != EMPTY:
        return _stone(color, center, ground, frame, is_last_column=x == frame.width - 1)
    lines = _crossing(frame, x, y, STAR if action in stars else "")
    label = marks.labels.get(action) or marks.symbols.get(action, "")
    if label:
        return _labeled(lines, label, ground)
    return [[Segment(line, _style(INK, ground))] for line in lines]


def _stone(
    color: int, center: str, ground: str, frame: Frame, *, is_last_column: bool
) -> list[list[Segment]]:
    ink, paper = STONE_COLORS[color], STONE_COLORS[BLACK + WHITE - color]
    if frame.cell[1] == 1:
        if center.isdigit():
            return [[Segment(f"{center:2s}", _style(paper, ink))]]
        line = Segment(" " if is_last_column else "─", _style(INK, ground))
        return [[Segment(center or "●", _style(ink, ground)), line]]
    rows = [[Segment(line, _style(ink, ground))] for line in DISK]
    if center:
        mark = "●" if center == LAST else center
        rows[1] = [
            Segment("▐█", _style(ink, ground)),
            Segment(mark[:1] if len(mark) == 1 else mark[:2], _style(paper, ink)),
            Segment("█▌" if len(mark) == 1 else "▌", _style(ink, ground)),
        ]
    return rows


def _crossing(frame: Frame, x: int, y: int, star: str) -> list[str]:
    """The lines of an empty point."""
    is_left, is_right, is_top, is_bottom = x == 0, x == frame.width - 1, y == 0, y == frame.height - 1
    knot = star or CROSSINGS[0 if is_top else 2 if is_bottom else 1][0 if is_left else 2 if is_right else 1]
    if frame.cell[1] == 1:
        return [knot + (" " if is_right else "─")]
    above, below = ("     " if is_edge else "  │  " for is_edge in (is_top, is_bottom))
    return [above, ("  " if is_left else "──") + knot + ("  " if is_right else "──"), below]


def _labeled(lines: list[str], label: str, ground: str) -> list[list[Segment]]:
    middle = len(lines) // 2
    rows = [[Segment(line, _style(INK, ground))] for line in lines]
    start = len(lines[0]) // 2 if len(lines) > 1 else 0
    before, behind = lines[middle][:start], lines[middle][start + len(label) :]
    marked = Segment(label, _style(LABEL, ground, bold=True))
    rows[middle] = [Segment(before, _style(INK, ground)), marked, Segment(behind, _style(INK, ground))]
    return rows


@lru_cache(maxsize=1024)
def _style(ink: str, ground: str, *, bold: bool = False) -> Style:
    return Style(color=ink, bgcolor=ground, bold=bold)


def _ground(owned_by_black: float) -> str:
    """Wood, darker where Black owns the point and lighter where White does."""
    share = round(owned_by_black, 1)
    target = (70, 45, 15) if share > 0 else (255, 250, 235)
    mixed = (round(wood + abs(share) * 0.75 * (end - wood)) for wood, end in zip(WOOD, target, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
