"""Boards as text, the same on every machine, and the hash that all views of one board share."""

import hashlib

import numpy as np

from engine.board import BLACK, WHITE
from engine.errors import NotationError
from engine.notation import SYMBOLS, parse_diagram
from engine.symmetry import action_sources
from rlhf_variant.boards import Boards, swap_colors

SIDES = {"b": BLACK, "w": WHITE}
BOARD_SEPARATOR = " | "


def board_texts(boards: Boards) -> list[str]:
    """Each of N boards on one line, such as `.XO/X../... b 6.5`: rows from the top, side to move, komi."""
    symbols = np.array([SYMBOLS[color] for color in range(3)])
    return [
        f"{'/'.join(''.join(row) for row in symbols[stones])} {'b' if color == BLACK else 'w'} {komi:g}"
        for stones, color, komi in zip(boards.stones, boards.to_play, boards.komi.tolist(), strict=True)
    ]


def boards_of_texts(texts: list[str]) -> Boards:
    """Inverse of `board_texts`, for boards of one size.

    Raises:
        NotationError: a text of another form, or boards of several sizes.
    """
    stones, colors, komi = [], [], []
    for text in texts:
        words = text.split(" ")
        try:
            rows, color, points = words
            colors.append(SIDES[color])
            komi.append(float(points))
        except (ValueError, KeyError):
            raise NotationError(f"board {text[:60]!r}: expected ROWS b|w KOMI") from None
        stones.append(parse_diagram(rows))
    if len({board.shape for board in stones}) != 1:
        raise NotationError("boards: expected some, all of one size")
    return Boards(np.stack(stones), np.array(colors, np.int8), np.array(komi, np.float32))


def canonical_keys(boards: Boards) -> list[str]:
    """`N` hashes that the views of a board share: turned, mirrored, with colors reversed, at any komi."""
    count, height, width = boards.stones.shape
    sources = action_sources(width, height)[:, :-1]
    views = []
    for side in (boards, swap_colors(boards)):
        turned = side.stones.reshape(count, -1)[:, sources].astype(np.uint8)
        mover = np.broadcast_to(side.to_play[:, None, None].astype(np.uint8), (*turned.shape[:2], 1))
        views.append(np.concatenate([turned, mover], axis=2))
    stacked = np.ascontiguousarray(np.concatenate(views, axis=1))
    shape = f"{width}x{height}:".encode()
    return [
        hashlib.sha256(shape + min(view.tobytes() for view in board)).hexdigest()[:32] for board in stacked
    ]
