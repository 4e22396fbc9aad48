"""The chance of Black over a game as a curve of text."""

from collections.abc import Mapping

EIGHTHS = " ▁▂▃▄▅▆▇█"


def curve_lines(rates_black: Mapping[int, float], last_ply: int, width: int, height: int) -> list[str]:
    """A filled curve: the more of a column is filled, the better for Black.

    Args:
        rates_black: chances 0..1 of Black by move; moves without one go on at the level before.
        last_ply: where the curve ends on the right.
        width: columns at most.
        height: lines.

    Returns:
        `height` lines from the top; the width is one column a move where that fits.
    """
    num_columns = min(width, last_ply + 1)
    columns: list[float] = []
    for column in range(num_columns):
        first, end = (place * (last_ply + 1) // num_columns for place in (column, column + 1))
        told = [rates_black[ply] for ply in range(first, end) if ply in rates_black]
        level = sum(told) / len(told) if told else (columns[-1] if columns else 0.5)
        columns.append(level)
    filled = [round(level * 8 * height) for level in columns]
    return [
        "".join(EIGHTHS[min(max(eighths - 8 * line, 0), 8)] for eighths in filled)
        for line in reversed(range(height))
    ]


def ply_at(column: int, last_ply: int, width: int) -> int:
    """The move at a column of such a curve."""
    num_columns = min(width, last_ply + 1)
    return min(column, num_columns - 1) * (last_ply + 1) // num_columns
