"""The course of a game: where it stands, the moves taken back, and what was thought of each position."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, EMPTY, WHITE, new_state
from engine.errors import SgfError, YomiError
from engine.game import Game, Move, set_position
from engine.rulesets import Rules
from engine.scoring import owners_black
from engine.sgf import SgfGame
from engine.sgf_replay import starting_game
from engine.sgf_times import TimeLeft


class Course:
    """A game that can be taken back to any move and played again from there.

    Attributes:
        game: the game as it stands.
        future: the moves taken back, the next one first.
        win_rates_black: chance of Black by the number of moves before it was told.
        times: what the side that moved had left on its clock, by the number of moves, its own included.
        dead: actions of the stones that are marked dead after a game of Go.
        is_settled: whether the players agree on the dead stones, if the game needs that.
        is_out_of_time: whether the side that lost had used up its time.
    """

    def __init__(self, game: Game, origin: SgfGame | None = None) -> None:
        """Begin.

        Args:
            game: where to start from; its moves can be taken back as well.
            origin: the file it comes from; None for a game on an empty board or with handicap stones.
        """
        self.game = game
        self._origin = _new_record(game) if origin is None else replace(origin, comments={})
        self.future: list[Move] = []
        self.win_rates_black: dict[int, float] = {}
        self.times: dict[int, TimeLeft] = dict(self._origin.times)
        self.dead: set[int] = set()
        self.is_settled = False
        self.is_out_of_time = False

    @property
    def rules(self) -> Rules:
        """The rules of the game."""
        return self.game.rules

    @property
    def ply(self) -> int:
        """Moves played so far."""
        return len(self.game.moves)

    @property
    def is_being_counted(self) -> bool:
        """Whether the dead stones of a finished game of Go are still to be agreed on."""
        return self.is_counted and not self.is_settled

    @property
    def is_counted(self) -> bool:
        """Whether the points of the board decide: a game of Go that was played to its end."""
        return self.rules.game == "go" and self.game.is_over and self.game.resigned == EMPTY

    @property
    def is_finished(self) -> bool:
        """Whether the game has a result."""
        return self.game.is_over and not self.is_being_counted

    def play(self, action: int) -> None:
        """Play a move; the moves taken back are forgotten unless it is the next of them.

        Raises:
            IllegalMoveError: the rules forbid it.
        """
        repeats = bool(self.future) and self.future[0] == Move(self.game.to_play, action)
        self.game.play(action)
        if repeats:
            self.future.pop(0)
        else:
            self.future = []
            known = self.win_rates_black.items()
            self.win_rates_black = {ply: rate for ply, rate in known if ply < self.ply}
            self.times = {ply: time for ply, time in self.times.items() if ply < self.ply}
        self._uncount()

    def go_to(self, ply: int) -> None:
        """Take moves back, or play them again, up to a number of moves."""
        while self.ply > max(ply, 0):
            move = self.game.undo()
            assert move is not None
            self.future.insert(0, move)
        while self.ply < ply and self.future:
            self.game.resume()
            move = self.future.pop(0)
            self.game.play(move.action, move.color)
        self._uncount()

    def undo_for(self, people: frozenset[int]) -> bool:
        """Take back to the last move of one of the people; false if they have not moved yet."""
        plies = [ply for ply, move in enumerate(self.game.moves) if move.color in people]
        if not plies:
            return False
        self.go_to(plies[-1])
        return True

    def redo_for(self, people: frozenset[int]) -> bool:
        """Play again up to where one of the people moves next; false if nothing was taken back."""
        if not self.future:
            return False
        self.go_to(self.ply + 1)
        while self.future and self.future[0].color not in people:
            self.go_to(self.ply + 1)
        return True

    def resign(self) -> None:
        """The side to move gives up."""
        self.game.resign()
        self.future = []

    def lose_on_time(self) -> None:
        """The side to move has used up its time."""
        self.resign()
        self.is_out_of_time = True

    def resume(self) -> None:
        """Go on playing after two passes or a resignation."""
        self.game.resume()
        self._uncount()

    def toggle_dead(self, action: int) -> None:
        """Mark the chain at a point as dead, or as living again."""
        chain = chain_at(self.game, action)
        self.dead = self.dead - chain if action in self.dead else self.dead | chain

    def owners_black(self) -> npt.NDArray[np.int8]:
        """`[area]` whose each point is once the dead stones are gone: 1 Black's, -1 White's, 0 nobody's."""
        stones = self.game.stones().copy()
        stones.ravel()[list(self.dead)] = EMPTY
        state = new_state(self.rules)
        set_position(state, 0, stones, self.game.to_play)
        owners: npt.NDArray[np.int8] = owners_black(state, [0]).ravel()
        return owners

    def result(self) -> str:
        """As SGF writes it; empty while the game is not finished."""
        if not self.is_finished:
            return ""
        result = self.game.result(self.dead if self.rules.game == "go" else ())
        return result.replace("+R", "+T") if self.is_out_of_time else result

    def record(self, black_name: str, white_name: str) -> SgfGame:
        """The whole game for a file, the moves taken back included.

        Args:
            black_name: who has Black.
            white_name: who has White.
        """
        return replace(
            self._origin,
            moves=(*self.game.moves, *self.future),
            times=self.times,
            result="" if self.future else self.result(),
            black_name=black_name,
            white_name=white_name,
        )

    def _uncount(self) -> None:
        self.is_settled = False
        self.dead = set(self.game.proven_dead()) if self.is_being_counted else set()


def course_of_record(record: SgfGame) -> Course:
    """A game from a file, at its end.

    Raises:
        SgfError: its rules forbid a move.
    """
    try:
        game = starting_game(record)
        stones = [stone.action for stone in record.setup]
        is_handicap = all(stone.color == BLACK for stone in record.setup)
        if is_handicap and record.handicap == len(stones) >= 2:
            game = Game(game.rules)
            game.place_handicap(stones)
        for move in record.moves:
            game.resume()
            game.play(move.action, move.color)
    except YomiError as error:
        raise SgfError(f"SGF: {error}") from None
    return Course(game, record)


def _new_record(game: Game) -> SgfGame:
    setup = tuple(Move(BLACK, action) for action in sorted(game.handicap))
    return SgfGame(game.rules, (), setup, WHITE if setup else None, len(setup))


def chain_at(game: Game, action: int) -> set[int]:
    """The actions of the stones connected to the one at a point; none where it is empty."""
    stones = game.stones().ravel()
    width, color = game.rules.width, int(stones[action])
    chain: set[int] = set()
    to_visit = {action} if color != EMPTY else set()
    while to_visit:
        point = to_visit.pop()
        chain.add(point)
        to_visit |= {near for near in _neighbors(point, width, len(stones)) if stones[near] == color} - chain
    return chain


def _neighbors(action: int, width: int, area: int) -> list[int]:
    y, x = divmod(action, width)
    places = ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
    return [row * width + column for row, column in places if 0 <= column < width and 0 <= row * width < area]
