"""The board on the screen: drawn as large as it fits, with a cursor, for keys and the mouse."""

from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from app.screens.board_picture import CELL_SIZES, Frame, Marks, largest_frame, paint
from engine.notation import Stones


class BoardWidget(Widget, can_focus=True):
    """Shows stones and marks, and tells which point somebody chose.

    Attributes:
        cursor: the point that Enter chooses.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1, 0)", "Move the cursor", show=False),
        Binding("right,l", "move(1, 0)", "Move the cursor", show=False),
        Binding("up,k", "move(0, -1)", "Move the cursor", show=False),
        Binding("down,j", "move(0, 1)", "Move the cursor", show=False),
        Binding("enter,space", "choose", "Play"),
    ]

    cursor: reactive[int] = reactive(0)

    class Chosen(Message):
        """Somebody chose a point."""

        def __init__(self, action: int) -> None:
            self.action = action
            super().__init__()

    def __init__(self) -> None:
        super().__init__(id="board")
        self._stones: Stones = np.zeros((1, 1), np.int8)
        self._marks = Marks()
        self._picture: list[list[Segment]] = []
        self._frame: Frame | None = None
        self._painted_size = Size()

    def show(self, stones: Stones, marks: Marks) -> None:
        """Draw a position.

        Args:
            stones: `[height, width]`.
            marks: what else is drawn.
        """
        if stones.shape != self._stones.shape:
            height, width = stones.shape
            self.set_reactive(BoardWidget.cursor, height // 2 * width + width // 2)
        self._stones, self._marks = stones, marks
        self._draw()

    def smallest_size(self) -> tuple[int, int]:
        """Columns and rows without which this board cannot be shown."""
        height, width = self._stones.shape
        frame = Frame(width, height, CELL_SIZES[-1])
        return frame.columns, frame.rows

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        return self._line(y).apply_style(self.rich_style)

    def _line(self, y: int) -> Strip:
        if self.size != self._painted_size:
            self._paint()
        if self._frame is None:
            return self._complaint(y)
        left, top = self._origin(self._frame)
        if not 0 <= y - top < len(self._picture):
            return Strip.blank(self.size.width)
        return Strip([Segment(" " * left), *self._picture[y - top]]).adjust_cell_length(self.size.width)

    def action_move(self, columns: int, rows: int) -> None:
        """Move the cursor and stop at the edge."""
        height, width = self._stones.shape
        y, x = divmod(self.cursor, width)
        self.cursor = min(max(y + rows, 0), height - 1) * width + min(max(x + columns, 0), width - 1)

    def action_choose(self) -> None:
        """Choose the point under the cursor."""
        self.post_message(self.Chosen(self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Choose the point that was clicked."""
        if self._frame is None:
            return
        left, top = self._origin(self._frame)
        action = self._frame.action_at(event.x - left, event.y - top)
        if action is not None:
            self.cursor = action
            self.post_message(self.Chosen(action))

    def watch_cursor(self) -> None:
        """Show where the cursor is."""
        self._draw()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._draw()

    def on_blur(self) -> None:
        """Hide the cursor: keys go elsewhere."""
        self._draw()

    def _draw(self) -> None:
        self._paint()
        self.refresh()

    def _paint(self) -> None:
        height, width = self._stones.shape
        self._frame = largest_frame(width, height, self.size.width, self.size.height)
        if self._frame is not None:
            cursor = self.cursor if self.has_focus else None
            self._picture = paint(self._stones, self._frame, self._marks, cursor)
        self._painted_size = self.size

    def _origin(self, frame: Frame) -> tuple[int, int]:
        return (self.size.width - frame.columns) // 2, (self.size.height - frame.rows) // 2

    def _complaint(self, y: int) -> Strip:
        columns, rows = self.smallest_size()
        texts = ("This terminal is too small for the board:", f"it takes {columns} x {rows} here.")
        text = texts[y] if y < len(texts) else ""
        return Strip([Segment(text)]).adjust_cell_length(self.size.width)
