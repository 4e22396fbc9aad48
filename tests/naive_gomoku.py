"""Slow, obviously correct rules of Gomoku (any m,n,k game), the reference for the compiled engine.

A point is numbered `action = y * width + x` with `y = 0` the top row; `width * height` is the pass, which is
never legal here.
"""

from __future__ import annotations

from naive_go import BLACK, EMPTY, Board, opponent_of, parse_diagram

DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1))


class NaiveGomoku:
    """One game of Gomoku.

    Args:
        width: Points in a row.
        height: Points in a column.
        line_length: Stones in a winning line.
        exact: Whether a longer line does not win.
    """

    def __init__(self, width: int, height: int, line_length: int = 5, exact: bool = False) -> None:
        self.width = width
        self.height = height
        self.line_length = line_length
        self.exact = exact
        self.board: Board = (EMPTY,) * (width * height)
        self.to_play = BLACK
        self.moves: tuple[int, ...] = ()
        self._winner = EMPTY

    @classmethod
    def from_diagram(
        cls, text: str, to_play: int = BLACK, line_length: int = 5, exact: bool = False
    ) -> NaiveGomoku:
        """A game that starts from the diagram (see `parse_diagram`); lines already on it have not won."""
        board, width, height = parse_diagram(text)
        game = cls(width, height, line_length, exact)
        game.board = board
        game.to_play = to_play
        return game

    def copy(self) -> NaiveGomoku:
        """An independent game in the same state."""
        twin = NaiveGomoku(self.width, self.height, self.line_length, self.exact)
        twin.board = self.board
        twin.to_play = self.to_play
        twin.moves = self.moves
        twin._winner = self._winner
        return twin

    @property
    def pass_action(self) -> int:
        """The action after the last point."""
        return self.width * self.height

    @property
    def is_over(self) -> bool:
        """Whether somebody has won or the board is full."""
        return self._winner != EMPTY or EMPTY not in self.board

    def winner(self) -> int:
        """The color that made its line; `EMPTY` for a draw or an unfinished game."""
        return self._winner

    def legality(self, action: int) -> str:
        """`"legal"`, or the first rule that forbids the action: game over, off board, pass, occupied."""
        if self.is_over:
            return "game over"
        if not 0 <= action <= self.pass_action:
            return "off board"
        if action == self.pass_action:
            return "pass"
        if self.board[action] != EMPTY:
            return "occupied"
        return "legal"

    def legal_actions(self) -> list[int]:
        """The legal actions in ascending order; none once the game is over."""
        return [action for action in range(self.pass_action) if self.legality(action) == "legal"]

    def play(self, action: int) -> None:
        """Plays for the side to move.

        Raises:
            ValueError: The action is not legal.
        """
        reason = self.legality(action)
        if reason != "legal":
            raise ValueError(f"illegal action {action} of color {self.to_play}: {reason}\n{self.diagram()}")
        self.board = tuple(self.to_play if p == action else old for p, old in enumerate(self.board))
        self.moves += (action,)
        lengths = self.line_lengths(action)
        if self.line_length in lengths or (not self.exact and max(lengths) > self.line_length):
            self._winner = self.to_play
        self.to_play = opponent_of(self.to_play)

    def line_lengths(self, action: int) -> list[int]:
        """The number of stones of one color in line with the stone at `action`, for each of `DIRECTIONS`."""
        x, y = action % self.width, action // self.width
        lengths = []
        for dx, dy in DIRECTIONS:
            forward = self._count_from(x, y, dx, dy)
            backward = self._count_from(x, y, -dx, -dy)
            lengths.append(1 + forward + backward)
        return lengths

    def _count_from(self, x: int, y: int, dx: int, dy: int) -> int:
        """How many stones follow in one direction, all of the color at `(x, y)`, that one not counted."""
        color = self.board[y * self.width + x]
        count = 0
        x, y = x + dx, y + dy
        while 0 <= x < self.width and 0 <= y < self.height and self.board[y * self.width + x] == color:
            count += 1
            x, y = x + dx, y + dy
        return count

    def diagram(self) -> str:
        """The board as text, one line per row."""
        symbols = [".XO"[color] for color in self.board]
        rows = [symbols[y * self.width : (y + 1) * self.width] for y in range(self.height)]
        return "\n".join(" ".join(row) for row in rows)
