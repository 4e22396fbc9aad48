"""Slow, obviously correct rules of Gomoku (any m,n,k game), the reference for the compiled engine.

A point is numbered `action = y * width + x` with `y = 0` the top row; `width * height` is the pass, which is
never legal here.
"""

from __future__ import annotations

from naive_go import BLACK, EMPTY, WHITE, Board, opponent_of, parse_diagram
from naive_renju import forbidden_kind

DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1))


class NaiveGomoku:
    """One game of Gomoku.

    Args:
        width: Points in a row.
        height: Points in a column.
        line_length: Stones in a winning line.
        line_rule: Which lines win: `freestyle`, `standard`, `renju` or `caro`.
    """

    def __init__(self, width: int, height: int, line_length: int = 5, line_rule: str = "freestyle") -> None:
        self.width = width
        self.height = height
        self.line_length = line_length
        self.line_rule = line_rule
        self.board: Board = (EMPTY,) * (width * height)
        self.to_play = BLACK
        self.moves: tuple[int, ...] = ()
        self._winner = EMPTY

    @classmethod
    def from_diagram(
        cls, text: str, to_play: int = BLACK, line_length: int = 5, line_rule: str = "freestyle"
    ) -> NaiveGomoku:
        """A game that starts from the diagram (see `parse_diagram`); lines already on it have not won."""
        board, width, height = parse_diagram(text)
        game = cls(width, height, line_length, line_rule)
        game.board = board
        game.to_play = to_play
        return game

    def copy(self) -> NaiveGomoku:
        """An independent game in the same state."""
        twin = NaiveGomoku(self.width, self.height, self.line_length, self.line_rule)
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
        """Whether somebody has won or the side to move has no legal point left."""
        return self._winner != EMPTY or all(self._point_reason(p) != "legal" for p in range(len(self.board)))

    def winner(self) -> int:
        """The color that made its line; `EMPTY` for a draw or an unfinished game."""
        return self._winner

    def legality(self, action: int) -> str:
        """`"legal"`, or the first rule that forbids the action: game over, off board, pass and so on."""
        if self.is_over:
            return "game over"
        if not 0 <= action <= self.pass_action:
            return "off board"
        if action == self.pass_action:
            return "pass"
        return self._point_reason(action)

    def _point_reason(self, action: int) -> str:
        if self.board[action] != EMPTY:
            return "occupied"
        if self.line_rule == "renju" and self.to_play == BLACK:
            x, y = action % self.width, action // self.width
            return forbidden_kind(self._black_and_white(), (x, y)) or "legal"
        return "legal"

    def _black_and_white(self) -> dict[tuple[int, int], int]:
        return {(p % self.width, p // self.width): color for p, color in enumerate(self.board)}

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
        if self.completes_line(action):
            self._winner = self.to_play
        self.to_play = opponent_of(self.to_play)

    def completes_line(self, action: int) -> bool:
        """Whether the stone at `action` stands in a winning line."""
        return any(self._row_wins(row) for row in self.rows_through(action))

    def rows_through(self, action: int) -> list[list[int | None]]:
        """For each of `DIRECTIONS`, the unbroken row of one color through the stone at `action`.

        Each row is a list of colors: what lies before it, its stones, what lies behind; None: off the board.
        """
        rows = []
        for dx, dy in DIRECTIONS:
            x, y = action % self.width, action // self.width
            color = self.at(x, y)
            while self.at(x - dx, y - dy) == color:
                x, y = x - dx, y - dy
            row = [self.at(x - dx, y - dy), color]
            while self.at(x + dx, y + dy) == color:
                x, y = x + dx, y + dy
                row.append(color)
            rows.append([*row, self.at(x + dx, y + dy)])
        return rows

    def at(self, x: int, y: int) -> int | None:
        """The content of a point, None off the board."""
        return self.board[y * self.width + x] if 0 <= x < self.width and 0 <= y < self.height else None

    def _row_wins(self, row: list[int | None]) -> bool:
        before, *stones, behind = row
        color = stones[0]
        if len(stones) < self.line_length:
            return False
        if self.line_rule == "standard" or (self.line_rule == "renju" and color == BLACK):
            return len(stones) == self.line_length
        if self.line_rule == "caro" and len(stones) == self.line_length:
            return not (before == behind == BLACK + WHITE - color)
        return True

    def diagram(self) -> str:
        """The board as text, one line per row."""
        symbols = [".XO"[color] for color in self.board]
        rows = [symbols[y * self.width : (y + 1) * self.width] for y in range(self.height)]
        return "\n".join(" ".join(row) for row in rows)
