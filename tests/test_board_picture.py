"""The board as a picture: every size fits its frame, each mark stands where it belongs."""

import numpy as np
import pytest

from app.screens.board_picture import CELL_SIZES, Frame, Marks, largest_frame, paint
from engine.board import BLACK, WHITE
from engine.notation import parse_diagram


def lines(diagram: str, marks: Marks, cell: tuple[int, int] = CELL_SIZES[-1]) -> list[str]:
    stones = parse_diagram(diagram)
    frame = Frame(stones.shape[1], stones.shape[0], cell)
    return ["".join(segment.text for segment in row) for row in paint(stones, frame, marks, None)]


@pytest.mark.parametrize("cell", CELL_SIZES)
@pytest.mark.parametrize(("width", "height"), [(side, side) for side in range(2, 21)] + [(9, 7), (5, 20)])
def test_every_board_fills_its_frame_and_every_point_is_found_again(
    width: int, height: int, cell: tuple[int, int]
) -> None:
    frame = Frame(width, height, cell)
    stones = np.random.default_rng(width).integers(0, 3, (height, width)).astype(np.int8)
    rows = paint(stones, frame, Marks(last=0, ghosts={1: (BLACK, 12)}, labels={2: "3"}), cursor=3)
    assert [sum(segment.cell_length for segment in row) for row in rows] == [frame.columns] * frame.rows
    found = [frame.action_at(x, y) for y in range(frame.rows) for x in range(frame.columns)]
    counts = np.bincount([action for action in found if action is not None], minlength=width * height)
    assert counts.tolist() == [cell[0] * cell[1]] * (width * height)


def test_a_small_board_with_all_its_marks() -> None:
    marks = Marks(last=1, symbols={2: "□"}, labels={5: "1"}, ghosts={6: (WHITE, 2)}, dead=frozenset({4}))
    assert lines("X O . / . X . / . . .", marks) == [
        "    A B C    ",
        " 3  ●─◉─□  3 ",
        " 2  ├─x─1  2 ",
        " 1  2 ┴─┘  1 ",
        "    A B C    ",
    ]


def test_a_large_cell_shows_a_disk() -> None:
    assert lines("X . / . O", Marks(last=3), (5, 3)) == [
        "      A    B     ",
        "    ▗▄▄▄▖        ",
        " 2  ▐███▌──┐   2 ",
        "    ▝▀▀▀▘  │     ",
        "      │  ▗▄▄▄▖   ",
        " 1    └──▐█●█▌ 1 ",
        "         ▝▀▀▀▘   ",
        "      A    B     ",
    ]


def test_the_largest_picture_that_fits_is_taken() -> None:
    assert largest_frame(9, 9, 100, 34) == Frame(9, 9, (5, 3))
    assert largest_frame(9, 9, 51, 34) == Frame(9, 9, (2, 1))
    assert largest_frame(19, 19, 45, 21) == Frame(19, 19, (2, 1))
    assert largest_frame(19, 19, 45, 20) is None


def test_black_points_are_darker_than_white_ones() -> None:
    stones = parse_diagram(". . .")
    row = paint(stones, Frame(3, 1, (2, 1)), Marks(ownership_black=(1.0, 0.0, -1.0)), None)[1]
    grounds = [segment.style.bgcolor.triplet for segment in row if segment.text[0] in "┌┬┐" and segment.style]
    assert sorted(grounds, key=sum) == grounds
