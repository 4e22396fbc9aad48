"""The clocks of both sides: they run while their side is to move, and never give time back."""

from app.clock_text import clock_text
from app.screens.course import Course
from engine.board import BLACK, WHITE
from engine.game import Game
from engine.sgf_times import TimeLeft
from mcts.time_control import Clock, TimeControl, moves_to_come, new_clock

LEAST_S = 0.05
"""However little time is left, an agent thinks so long."""


class Clocks:
    """Two clocks, of which one or none runs."""

    def __init__(self, control: TimeControl) -> None:
        """Set both; none runs yet.

        Args:
            control: of each side.
        """
        self._left: dict[int, Clock] = {BLACK: new_clock(control), WHITE: new_clock(control)}
        self._running: int | None = None
        self._since = 0.0

    def run_for(self, color: int | None, now: float) -> None:
        """Let the clock of a side run, or none; the other one stops.

        Args:
            color: whose turn it is, None while nobody plays.
            now: `time.monotonic()`.
        """
        if color == self._running:
            return
        if self._running is not None:
            self._left[self._running] = self._left[self._running].after_move(now - self._since)
        self._running, self._since = color, now

    def follow(self, course: Course, now: float) -> None:
        """Let the clock of the side to move run; none runs before the first move or in a game's past.

        Args:
            course: of the game. Mutates: its times, by what the side that has just moved has left.
            now: `time.monotonic()`.
        """
        stands = course.game.is_over or course.future or not course.ply
        mover = course.game.moves[-1].color if course.ply and not course.future else None
        has_moved = mover is not None and mover == self._running and course.ply not in course.times
        self.run_for(None if stands else course.game.to_play, now)
        if has_moved and mover is not None:
            course.times[course.ply] = TimeLeft(*self._left[mover].left())

    def take_up(self, course: Course) -> None:
        """Show what both sides had left when a game was left.

        Args:
            course: of the game.
        """
        for ply, move in enumerate(course.game.moves, 1):
            if ply in course.times:
                self._left[move.color] = self._left[move.color].corrected(*course.times[ply])

    def time_to_think(self, game: Game) -> float:
        """Seconds that the side to move may spend on its move."""
        expected = moves_to_come(game.rules, len(game.moves))
        return max(self._left[game.to_play].seconds_to_think(expected), LEAST_S)

    def has_fallen(self, color: int, now: float) -> bool:
        """Whether a side has used up its time."""
        return self._left[color].after_move(self._spent(color, now)).has_fallen

    def text(self, color: int, now: float) -> str:
        """What a side has left."""
        return clock_text(self._left[color], self._spent(color, now))

    def _spent(self, color: int, now: float) -> float:
        return now - self._since if color == self._running else 0.0
