"""Slow, obviously correct rules of Go on sets of points, the reference for the compiled engine.

A point is numbered `action = y * width + x` with `y = 0` the top row; `width * height` is the pass.
A board is a tuple of `EMPTY`, `BLACK` and `WHITE`, one entry per point in that order.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

EMPTY = 0
BLACK = 1
WHITE = 2

Board = tuple[int, ...]

COLOR_OF_SYMBOL = {".": EMPTY, "X": BLACK, "O": WHITE}


class Placement(NamedTuple):
    """What putting one stone on an empty point does, before any ko rule is asked."""

    board: Board
    captured: frozenset[int]  # stones of the opponent taken off
    suicided: frozenset[int]  # own stones taken off, the new one among them


def opponent_of(color: int) -> int:
    """The other color."""
    return WHITE if color == BLACK else BLACK


def parse_diagram(text: str) -> tuple[Board, int, int]:
    """Reads `". X O / X O ."` (X black, O white, rows from the top) as `(board, width, height)`."""
    rows = [row.split() for row in text.split("/")]
    width, height = len(rows[0]), len(rows)
    if width == 0 or any(len(row) != width for row in rows):
        raise ValueError(f"expected rows of equal length, got {text!r}")
    unknown = {symbol for row in rows for symbol in row} - COLOR_OF_SYMBOL.keys()
    if unknown:
        raise ValueError(f"expected only the symbols . X O, got {sorted(unknown)} in {text!r}")
    return tuple(COLOR_OF_SYMBOL[symbol] for row in rows for symbol in row), width, height


@cache
def neighbors_of(point: int, width: int, height: int) -> frozenset[int]:
    """The two to four points next to `point` (fewer on a board one line wide)."""
    x, y = point % width, point // width
    candidates = [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]
    return frozenset(b * width + a for a, b in candidates if 0 <= a < width and 0 <= b < height)


def region_of(board: Board, width: int, height: int, point: int) -> set[int]:
    """All points connected to `point` through points of its own color: a chain, or an empty region."""
    region: set[int] = set()
    frontier = {point}
    while frontier:
        region |= frontier
        touched = {n for p in frontier for n in neighbors_of(p, width, height)}
        frontier = {n for n in touched if board[n] == board[point]} - region
    return region


def border_of(region: set[int], width: int, height: int) -> set[int]:
    """The points next to `region` that do not belong to it."""
    return {n for p in region for n in neighbors_of(p, width, height)} - region


def liberties_of(board: Board, width: int, height: int, chain: set[int]) -> set[int]:
    """The empty points next to `chain`."""
    return {n for n in border_of(chain, width, height) if board[n] == EMPTY}


def without_stones(board: Board, points: set[int]) -> Board:
    """`board` with `points` emptied."""
    return tuple(EMPTY if p in points else color for p, color in enumerate(board))


def place_stone(board: Board, width: int, height: int, point: int, color: int) -> Placement:
    """Puts a stone on an empty point, takes off the opponent's chains without liberties, then the own one."""
    if board[point] != EMPTY:
        raise ValueError(f"expected an empty point, got {point} on {board}")
    after = tuple(color if p == point else old for p, old in enumerate(board))

    captured: set[int] = set()
    for neighbor in neighbors_of(point, width, height):
        if after[neighbor] == opponent_of(color):
            chain = region_of(after, width, height, neighbor)
            if not liberties_of(after, width, height, chain):
                captured |= chain
    after = without_stones(after, captured)

    own_chain = region_of(after, width, height, point)
    suicided = set() if liberties_of(after, width, height, own_chain) else own_chain
    return Placement(without_stones(after, suicided), frozenset(captured), frozenset(suicided))


def is_legal_position(board: Board, width: int, height: int) -> bool:
    """Whether every chain on the board has a liberty."""
    stones = {p for p, color in enumerate(board) if color != EMPTY}
    while stones:
        chain = region_of(board, width, height, next(iter(stones)))
        if not liberties_of(board, width, height, chain):
            return False
        stones -= chain
    return True


class NaiveGo:
    """One game of Go, its whole history kept.

    Args:
        width: Points in a row.
        height: Points in a column.
        komi: Points given to White, used by `winner` only.
        ko: `"positional"` (no board of the game may come back), `"situational"` (no board with the same side
            to move) or `"simple"` (no immediate recapture).
        suicide: Whether a chain of two or more stones may take itself off; a single stone never may.
        move_limit: The game ends after this many moves, passes included; None for no limit.
    """

    def __init__(
        self,
        width: int,
        height: int,
        komi: float = 7.0,
        ko: str = "positional",
        suicide: bool = False,
        move_limit: int | None = None,
    ) -> None:
        if ko not in ("positional", "situational", "simple"):
            raise ValueError(f"expected ko 'positional', 'situational' or 'simple', got {ko!r}")
        self.width = width
        self.height = height
        self.komi = komi
        self.ko = ko
        self.suicide = suicide
        self.move_limit = move_limit
        self.board: Board = (EMPTY,) * (width * height)
        self.to_play = BLACK
        self.prisoners = {BLACK: 0, WHITE: 0}  # keyed by the color that captured
        self.moves: tuple[int, ...] = ()
        self.earlier_boards: frozenset[Board] = frozenset({self.board})  # the present board included
        self.earlier_situations = frozenset({(self.board, self.to_play)})  # boards and who was to move there
        self.ko_point: int | None = None  # banned for the next move, under simple ko

    @classmethod
    def from_diagram(
        cls,
        text: str,
        to_play: int = BLACK,
        komi: float = 7.0,
        ko: str = "positional",
        suicide: bool = False,
        move_limit: int | None = None,
    ) -> NaiveGo:
        """A game whose starting board is the diagram (see `parse_diagram`)."""
        board, width, height = parse_diagram(text)
        game = cls(width, height, komi, ko, suicide, move_limit)
        game.board = board
        game.to_play = to_play
        game.earlier_boards = frozenset({board})
        game.earlier_situations = frozenset({(board, to_play)})
        return game

    def copy(self) -> NaiveGo:
        """An independent game in the same state."""
        twin = NaiveGo(self.width, self.height, self.komi, self.ko, self.suicide, self.move_limit)
        twin.board = self.board
        twin.to_play = self.to_play
        twin.prisoners = dict(self.prisoners)
        twin.moves = self.moves
        twin.earlier_boards = self.earlier_boards
        twin.earlier_situations = self.earlier_situations
        twin.ko_point = self.ko_point
        return twin

    @property
    def pass_action(self) -> int:
        """The action after the last point."""
        return self.width * self.height

    @property
    def is_over(self) -> bool:
        """Whether the last two moves were passes or the move limit is reached."""
        two_passes = self.moves[-2:] == (self.pass_action, self.pass_action)
        limit_reached = self.move_limit is not None and len(self.moves) >= self.move_limit
        return two_passes or limit_reached

    def legality(self, action: int) -> str:
        """`"legal"`, or the first rule that forbids the action.

        Returns:
            One of, in the order of the checks: game over, off board, occupied, ko, suicide, superko, legal.
            Under both superko rules an immediate recapture of a ko counts as superko.
        """
        if self.is_over:
            return "game over"
        if not 0 <= action <= self.pass_action:
            return "off board"
        if action == self.pass_action:
            return "legal"
        if self.board[action] != EMPTY:
            return "occupied"
        if self.ko == "simple" and action == self.ko_point:
            return "ko"
        placement = place_stone(self.board, self.width, self.height, action, self.to_play)
        if len(placement.suicided) == 1 or (placement.suicided and not self.suicide):
            return "suicide"
        if self.ko == "positional" and placement.board in self.earlier_boards:
            return "superko"
        situation = placement.board, opponent_of(self.to_play)
        if self.ko == "situational" and situation in self.earlier_situations:
            return "superko"
        return "legal"

    def legal_actions(self) -> list[int]:
        """The legal actions in ascending order, the pass last; none once the game is over."""
        return [action for action in range(self.pass_action + 1) if self.legality(action) == "legal"]

    def play(self, action: int) -> None:
        """Plays for the side to move.

        Raises:
            ValueError: The action is not legal.
        """
        reason = self.legality(action)
        if reason != "legal":
            raise ValueError(f"illegal action {action} of color {self.to_play}: {reason}\n{self.diagram()}")
        self.ko_point = None
        if action != self.pass_action:
            placement = place_stone(self.board, self.width, self.height, action, self.to_play)
            self.board = placement.board
            self.prisoners[self.to_play] += len(placement.captured)
            self.prisoners[opponent_of(self.to_play)] += len(placement.suicided)
            if self._starts_ko(action, placement):
                self.ko_point = next(iter(placement.captured))
        self.earlier_boards |= {self.board}
        self.moves += (action,)
        self.to_play = opponent_of(self.to_play)
        self.earlier_situations |= {(self.board, self.to_play)}

    def _starts_ko(self, action: int, placement: Placement) -> bool:
        """Whether the stone took exactly one stone and stands alone with exactly one liberty."""
        if len(placement.captured) != 1:
            return False
        chain = region_of(placement.board, self.width, self.height, action)
        return len(chain) == 1 and len(liberties_of(placement.board, self.width, self.height, chain)) == 1

    def liberties(self, x: int, y: int) -> set[tuple[int, int]]:
        """The liberties of the chain at column `x`, row `y`, as `(x, y)` pairs.

        Raises:
            ValueError: The point is empty.
        """
        point = y * self.width + x
        if self.board[point] == EMPTY:
            raise ValueError(f"expected a stone at x={x}, y={y}\n{self.diagram()}")
        chain = region_of(self.board, self.width, self.height, point)
        liberties = liberties_of(self.board, self.width, self.height, chain)
        return {(liberty % self.width, liberty // self.width) for liberty in liberties}

    def area_score(self) -> int:
        """Black's area less White's, without komi: stones, and empty regions that touch one color only."""
        area = {color: self.board.count(color) for color in (BLACK, WHITE)}
        unseen = {point for point, color in enumerate(self.board) if color == EMPTY}
        while unseen:
            region = region_of(self.board, self.width, self.height, next(iter(unseen)))
            colors = {self.board[p] for p in border_of(region, self.width, self.height)}
            if len(colors) == 1:
                area[colors.pop()] += len(region)
            unseen -= region
        return area[BLACK] - area[WHITE]

    def territory_score(self) -> int:
        """Black's points less White's by territory, without komi: surrounded points and stones taken."""
        stones = {color: self.board.count(color) for color in (BLACK, WHITE)}
        surrounded = self.area_score() - (stones[BLACK] - stones[WHITE])
        return surrounded + self.prisoners[BLACK] - self.prisoners[WHITE]

    def without_dead(self, dead: set[int]) -> NaiveGo:
        """The same game after dead stones are taken off and counted as prisoners."""
        twin = self.copy()
        twin.board = without_stones(self.board, dead)
        for point in dead:
            twin.prisoners[opponent_of(self.board[point])] += 1
        return twin

    def winner(self) -> int:
        """The color ahead on the present board by area and komi, over or not; `EMPTY` for a draw."""
        score_black = self.area_score() - self.komi
        if score_black == 0:
            return EMPTY
        return BLACK if score_black > 0 else WHITE

    def diagram(self) -> str:
        """The board as text, one line per row."""
        symbols = [".XO"[color] for color in self.board]
        rows = [symbols[y * self.width : (y + 1) * self.width] for y in range(self.height)]
        return "\n".join(" ".join(row) for row in rows)
