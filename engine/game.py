"""One game with checked moves and undo: the face of the engine for people, protocols and other projects."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
from engine.handicap import fixed_handicap, handicap_fault, most_fixed_stones
from engine.life_kernels import mark_pass_alive, new_life_workspace
from engine.notation import Stones, color_name, draw_board, vertex_of_action
from engine.renju_kernels import FORBIDDEN_DOUBLE_FOUR, FORBIDDEN_DOUBLE_THREE, FORBIDDEN_OVERLINE
from engine.rules_kernels import legal_actions, legality, play
from engine.rulesets import Rules
from engine.scoring import require_outcomes, score_black_without, scores_black
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
    return on_board(state.stone[row], int(state.rules[row, board.WIDTH]), int(state.rules[row, board.HEIGHT]))


def on_board(by_point: npt.NDArray[np.int8], width: int, height: int) -> Stones:
    """What an array by padded points says of the board.

    Args:
        by_point: `[>= P]` values by point.
        width: columns.
        height: rows.

    Returns:
        `[height, width]` a copy.
    """
    stride = width + 1
    return by_point[: stride * (height + 2)].reshape(height + 2, stride)[1:-1, 1:].copy()


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
        handicap: actions of the handicap stones.
        resigned: BLACK or WHITE if that side gave up, else EMPTY.
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
        self.handicap: list[int] = []
        self._replay([])

    @property
    def start(self) -> tuple[Stones, int]:
        """The stones before the first move, `[height, width]`, and who was to move."""
        return self._start[0].copy(), self._start[1]

    def _replay(self, moves: list[Move]) -> None:
        stones, to_play = self._start
        set_position(self.state, 0, stones, to_play)
        self.moves = []
        self.resigned = EMPTY
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
        """Whether the game has ended: two passes, a line, a full board, a resignation, the limit."""
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

    def _checked_color(self, color: int | None) -> int:
        color = self.to_play if color is None else color
        if color not in (BLACK, WHITE):
            raise NotationError(f"color {color}: expected {BLACK} for Black or {WHITE} for White")
        return color

    def place_handicap(self, actions: Iterable[int]) -> None:
        """Put handicap stones of Black on an empty board; White moves next and gets the bonus of the rules.

        Args:
            actions: where, at least two points and not all.

        Raises:
            IllegalMoveError: the game has begun or has no handicap, or the points are not free.
        """
        actions = list(actions)
        stones = self.stones()
        fault = handicap_fault(actions, self.rules)
        if fault is None and (self.moves or self.is_over or stones.any()):
            fault = "handicap", "the board is not empty"
        if fault is not None:
            raise IllegalMoveError(color_name(BLACK), *fault, self.draw())
        stones.flat[actions] = BLACK
        self._start = (stones, WHITE)
        self.handicap = actions
        self.state.komi[0] = self.rules.komi_for_handicap(len(actions))
        self._replay([])

    def place_fixed_handicap(self, num_stones: int) -> list[int]:
        """Put handicap stones on the usual points and return their actions.

        Args:
            num_stones: 2..9 on odd boards from 9x9, 2..4 on even ones from 8x8 and on 7x7.

        Raises:
            IllegalMoveError: another number, or the game has begun.
        """
        most = most_fixed_stones(self.rules)
        if not 2 <= num_stones <= most:
            reason = f"expected 2..{most} stones" if most else "the board is too small"
            raise IllegalMoveError(color_name(BLACK), f"handicap of {num_stones}", reason, self.draw())
        actions = fixed_handicap(self.rules, num_stones)
        self.place_handicap(actions)
        return actions

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
        color = self._checked_color(color)
        self._set_to_play(color)
        reason = self.refusal(action)
        if reason is not None:
            self.state.scalars[0] = before
            on_board = 0 <= action <= self.rules.pass_action
            vertex = vertex_of_action(action, self.rules) if on_board else str(action)
            raise IllegalMoveError(color_name(color), vertex, reason, self.draw())
        self._play_unchecked(Move(color, action))

    def resign(self, color: int | None = None) -> None:
        """Give the game up.

        Args:
            color: BLACK or WHITE; left out, the side to move.

        Raises:
            IllegalMoveError: the game is over.
            NotationError: no such color.
        """
        color = self._checked_color(color)
        if self.is_over:
            raise IllegalMoveError(color_name(color), "resign", REASONS[GAME_OVER], self.draw())
        self.resigned = color
        self.state.scalars[0, board.IS_OVER] = 1

    def undo(self) -> Move | None:
        """Take the last move back, a resignation behind it too, and return it; None when there is none.

        Handicap stones are no moves and stay. Cost: a replay of the game.
        """
        self.resume()
        if not self.moves:
            return None
        last = self.moves[-1]
        self._replay(self.moves[:-1])
        self.resume()  # the game went on from here
        return last

    def resume(self) -> None:
        """Go on playing after a resignation or, in Go, two passes; a completed line stays the end."""
        if self.resigned != EMPTY:
            self.resigned = EMPTY
            self.state.scalars[0, board.IS_OVER] = 0
        elif self.is_over and self.rules.game == "go" and len(self.moves) < self.rules.resolved_move_limit:
            self.state.scalars[0, board.IS_OVER] = 0
            self.state.scalars[0, board.PASS_COUNT] = 0

    def pass_alive(self) -> Stones:
        """`[height, width]` who owns a point by pass-alive analysis, or EMPTY; see `engine.life_kernels`."""
        num_points = self.state.stone.shape[1]
        owner = np.zeros(num_points, np.int8)
        if self.rules.game == "go":
            mark_pass_alive(self.state, 0, owner, new_life_workspace(num_points))
        return on_board(owner, self.rules.width, self.rules.height)

    def proven_dead(self) -> list[int]:
        """Actions of the stones in pass-alive territory of the opponent."""
        owner, stones = self.pass_alive(), self.stones()
        is_dead = (stones != EMPTY) & (owner != EMPTY) & (owner != stones)
        return [int(action) for action in np.flatnonzero(is_dead)]

    def score_black(self, dead: Iterable[int] = ()) -> float:
        """Go: points by the rules' way to count minus komi; Gomoku: +1, 0, -1. See `engine.scoring`.

        Args:
            dead: actions of dead stones, Go only; each stands for its whole chain.

        Raises:
            NotationError: no stone stands there.
            OutcomeForbiddenError: behind the firewall.
        """
        dead = list(dead)
        if not dead:
            return float(scores_black(self.state, [0])[0])
        marks = np.zeros(self.state.stone.shape[1], np.int8)
        for action in dead:
            self._mark_chain(action, marks)
        return score_black_without(self.state, 0, marks)

    def _mark_chain(self, action: int, marks: npt.NDArray[np.int8]) -> None:
        is_stone = 0 <= action < self.rules.area and self.stones().flat[action] != EMPTY
        if self.rules.game != "go" or not is_stone:
            raise NotationError(f"dead stone {action}: expected the action of a stone in Go")
        start = stone = point_of(action, self.rules.width)
        while marks[start] == 0 or stone != start:
            marks[stone] = 1
            stone = int(self.state.link[0, stone])

    def winner(self, dead: Iterable[int] = ()) -> int:
        """BLACK, WHITE or EMPTY for a draw, by resignation or else by the score; raises as `score_black`."""
        if self.resigned != EMPTY:
            require_outcomes()
            return BLACK + WHITE - self.resigned
        score = self.score_black(dead)
        return BLACK if score > 0 else WHITE if score < 0 else EMPTY

    def result(self, dead: Iterable[int] = ()) -> str:
        """The result as SGF and GTP write it: `B+3.5`, `W+R`, `0` for a draw; `B+` for a line in Gomoku.

        Args:
            dead: as in `score_black`.

        Raises:
            NotationError: no stone stands there.
            OutcomeForbiddenError: behind the firewall.
        """
        dead = list(dead)
        winner = self.winner(dead)
        if winner == EMPTY:
            return "0"
        side = "B" if winner == BLACK else "W"
        if self.resigned != EMPTY:
            return f"{side}+R"
        return f"{side}+{abs(self.score_black(dead)):g}" if self.rules.game == "go" else f"{side}+"

    def draw(self) -> str:
        """The board for people, with coordinates and the last move marked."""
        return draw_board(self.stones(), self.last_action)
