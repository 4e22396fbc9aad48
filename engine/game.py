"""One game with checked moves and undo: the face of the engine for people, protocols and other projects."""

from dataclasses import dataclass

import numpy as np

from engine import board
from engine.board import BLACK, EMPTY, GO, WHITE, State
from engine.errors import IllegalMoveError, NotationError
from engine.geometry import point_of
from engine.go_kernels import (
    GAME_OVER,
    KO,
    LEGAL,
    OCCUPIED,
    OFF_BOARD,
    PASS_NOT_ALLOWED,
    SUICIDE_MOVE,
    SUPERKO_REPETITION,
    place_stone,
    take_empty,
)
from engine.gomoku_kernels import has_legal_point
from engine.notation import Stones, color_name, draw_board, vertex_of_action
from engine.renju_kernels import FORBIDDEN_DOUBLE_FOUR, FORBIDDEN_DOUBLE_THREE, FORBIDDEN_OVERLINE
from engine.rules_kernels import legal_actions, legality, play
from engine.rulesets import Rules
from engine.scoring import scores_black
from engine.zobrist import ZOBRIST

REASONS = {
    OFF_BOARD: "off the board",
    OCCUPIED: "occupied",
    KO: "ko",
    SUPERKO_REPETITION: "superko: an earlier position would come back",
    SUICIDE_MOVE: "suicide",
    PASS_NOT_ALLOWED: "no passing in Gomoku",
    GAME_OVER: "the game is over",
    FORBIDDEN_OVERLINE: "forbidden to Black: overline",
    FORBIDDEN_DOUBLE_FOUR: "forbidden to Black: double four",
    FORBIDDEN_DOUBLE_THREE: "forbidden to Black: double three",
}


@dataclass(frozen=True)
class Move:
    """One move of a game record.

    Attributes:
        color: BLACK or WHITE.
        action: policy index.
    """

    color: int
    action: int


def stones_of(state: State, row: int) -> Stones:
    """The stones of one row.

    Args:
        state: the batch.
        row: which game.

    Returns:
        `[height, width]` EMPTY, BLACK or WHITE, a copy.
    """
    width = int(state.rules[row, board.WIDTH])
    height = int(state.rules[row, board.HEIGHT])
    stride = width + 1
    padded = state.stone[row, : stride * (height + 2)].reshape(height + 2, stride)
    return padded[1:-1, 1:].copy()


def set_position(state: State, row: int, stones: Stones, to_play: int = BLACK) -> None:
    """Start a row from given stones; superko begins to count here.

    Args:
        state: the batch; the row's rules must be set.
        row: which game.
        stones: `[height, width]` of the row's size; in Go every chain must have a liberty.
        to_play: BLACK or WHITE.

    Raises:
        NotationError: stones of another size or color, or a chain without liberties.
    """
    height, width = int(state.rules[row, board.HEIGHT]), int(state.rules[row, board.WIDTH])
    if stones.shape != (height, width):
        raise NotationError(f"stones of shape {stones.shape}: expected {height} rows of {width}")
    if not np.isin(stones, (EMPTY, BLACK, WHITE)).all() or to_play not in (BLACK, WHITE):
        raise NotationError("stones: expected empty, black and white alone")
    board.reset(state, row)
    for y, x in np.argwhere(stones != EMPTY):
        point = int(point_of(int(y) * width + int(x), width))
        color = int(stones[y, x])
        if state.rules[row, board.GAME] == GO:
            place_stone(state, row, point, color)
        else:
            take_empty(state, row, point)
            state.stone[row, point] = color
            state.hash[row] ^= ZOBRIST[color, point]
    if not np.array_equal(stones_of(state, row), stones):
        raise NotationError("stones: expected a liberty for every chain")
    state.scalars[row, board.TO_PLAY] = to_play
    if state.rules[row, board.GAME] != GO and not has_legal_point(state, row):
        state.scalars[row, board.IS_OVER] = 1
    state.scalars[row, [board.PRISONERS_OF_BLACK, board.PRISONERS_OF_WHITE]] = 0
    board.forget_history(state, row)


class Game:
    """A game of Go or Gomoku under some rules.

    Attributes:
        rules: the rules.
        state: a batch of one row, for searches and planes; treat it as read-only.
        moves: the moves played so far.
    """

    def __init__(self, rules: Rules, stones: Stones | None = None, to_play: int = BLACK) -> None:
        """Start a game.

        Args:
            rules: the rules.
            stones: `[height, width]` stones to start from, or None for an empty board.
            to_play: who moves first.

        Raises:
            NotationError: stones that are no position of this game.
        """
        self.rules = rules
        self.state = board.new_state(rules)
        self.moves: list[Move] = []
        start = np.zeros((rules.height, rules.width), np.int8) if stones is None else stones.copy()
        self._start = (start, to_play)
        self._replay([])

    def _replay(self, moves: list[Move]) -> None:
        stones, to_play = self._start
        set_position(self.state, 0, stones, to_play)
        self.moves = []
        for move in moves:
            self.resume()  # a record that goes on behind two passes was resumed there
            self._play_unchecked(move)

    def _play_unchecked(self, move: Move) -> None:
        self._set_to_play(move.color)
        play(self.state, 0, move.action)
        self.moves.append(move)

    def _set_to_play(self, color: int) -> None:
        if color != self.to_play:
            self.state.scalars[0, board.TO_PLAY] = color
            self.state.scalars[0, board.KO_POINT] = board.PASS_POINT

    @property
    def to_play(self) -> int:
        """BLACK or WHITE."""
        return int(self.state.scalars[0, board.TO_PLAY])

    @property
    def is_over(self) -> bool:
        """Whether the game has ended: two passes, a line, a full board or the move limit."""
        return bool(self.state.scalars[0, board.IS_OVER])

    @property
    def last_action(self) -> int | None:
        """The last move, None before the first."""
        return self.moves[-1].action if self.moves else None

    def stones(self) -> Stones:
        """`[height, width]` copy of the board."""
        return stones_of(self.state, 0)

    def legal_actions(self) -> list[int]:
        """All legal actions in rising order; none when the game is over."""
        actions = np.empty(self.rules.num_actions, np.int16)
        count = legal_actions(self.state, 0, actions)
        return [int(action) for action in actions[:count]]

    def refusal(self, action: int) -> str | None:
        """Why the side to move may not play this action, or None when it may."""
        if not 0 <= action <= self.rules.pass_action:
            return REASONS[GAME_OVER if self.is_over else OFF_BOARD]
        code = int(legality(self.state, 0, action))
        return None if code == LEGAL else REASONS[code]

    def play(self, action: int, color: int | None = None) -> None:
        """Play a move.

        Args:
            action: policy index.
            color: BLACK or WHITE; left out, the side to move. Either may move, as GTP allows.

        Raises:
            IllegalMoveError: the rules forbid it; the game stays as it was.
            NotationError: no such color.
        """
        before = self.state.scalars[0].copy()
        color = self.to_play if color is None else color
        if color not in (BLACK, WHITE):
            raise NotationError(f"color {color}: expected {BLACK} for Black or {WHITE} for White")
        self._set_to_play(color)
        reason = self.refusal(action)
        if reason is not None:
            self.state.scalars[0] = before
            on_board = 0 <= action <= self.rules.pass_action
            vertex = vertex_of_action(action, self.rules) if on_board else str(action)
            raise IllegalMoveError(color_name(color), vertex, reason, self.draw())
        self._play_unchecked(Move(color, action))

    def undo(self) -> Move | None:
        """Take the last move back and return it; None when there is none. Cost: a replay of the game."""
        if not self.moves:
            return None
        last = self.moves[-1]
        self._replay(self.moves[:-1])
        self.resume()  # the game went on from here
        return last

    def resume(self) -> None:
        """Go on playing after two passes, as protocols may ask; a completed line stays the end."""
        if self.is_over and self.rules.game == "go" and len(self.moves) < self.rules.resolved_move_limit:
            self.state.scalars[0, board.IS_OVER] = 0
            self.state.scalars[0, board.PASS_COUNT] = 0

    def score_black(self) -> float:
        """Go: area of the board as it stands minus komi; Gomoku: +1, 0, -1. See `engine.scoring`."""
        return float(scores_black(self.state, [0])[0])

    def winner(self) -> int:
        """BLACK, WHITE or EMPTY for a draw, by the board as it stands."""
        score = self.score_black()
        return BLACK if score > 0 else WHITE if score < 0 else EMPTY

    def result(self) -> str:
        """The result as SGF and GTP write it: `B+3.5`, `W+0.5`, `0` for a draw; `B+` in Gomoku."""
        score = self.score_black()
        if score == 0:
            return "0"
        side = "B" if score > 0 else "W"
        return f"{side}+{abs(score):g}" if self.rules.game == "go" else f"{side}+"

    def draw(self) -> str:
        """The board for people, with coordinates and the last move marked."""
        return draw_board(self.stones(), self.last_action)
