"""Clocks: what time a side has left, and how much of it the next move may take."""

import math
from dataclasses import dataclass, replace

from engine.rulesets import Rules

FEWEST_MOVES = 8
"""Main time is never spread over fewer moves than this: nobody knows that a game is about to end."""
USUAL_LENGTH = {"go": 0.8, "gomoku": 0.25}
"""Moves of a usual game as a share of the points of the board."""


@dataclass(frozen=True)
class TimeControl:
    """The time of one side: main time, and behind it an increment or overtime.

    Attributes:
        main_s: seconds of main time.
        increment_s: seconds added after each move (Fischer).
        period_s: seconds of an overtime period, 0 without overtime.
        stones: moves to make in a period (Canadian), 1 in byo-yomi.
        periods: periods that may be used up, each by a move that takes longer (byo-yomi).
    """

    main_s: float = 0.0
    increment_s: float = 0.0
    period_s: float = 0.0
    stones: int = 1
    periods: int = 1

    def __post_init__(self) -> None:
        for name in ("main_s", "increment_s", "period_s"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} {value}: expected at least 0")
        if self.stones < 1 or self.periods < 1:
            raise ValueError(f"{self.stones} stones in {self.periods} periods: expected at least 1 of each")
        if self.stones > 1 and self.periods > 1:
            raise ValueError("overtime: expected several stones in a period or several periods, not both")
        if self.increment_s > 0 and self.period_s > 0:
            raise ValueError("time: expected an increment or overtime, not both")
        if self.main_s + self.increment_s + self.period_s == 0:
            raise ValueError("time: expected some")


def fixed_time(seconds: float) -> TimeControl:
    """So many seconds for every move."""
    return TimeControl(period_s=seconds)


def absolute_time(main_s: float) -> TimeControl:
    """Main time and nothing else."""
    return TimeControl(main_s)


def fischer(main_s: float, increment_s: float) -> TimeControl:
    """Main time, and some more after each move."""
    return TimeControl(main_s, increment_s=increment_s)


def byo_yomi(main_s: float, period_s: float, periods: int) -> TimeControl:
    """Main time, then periods of which a move uses up as many as it lasts, and none if it is shorter."""
    return TimeControl(main_s, period_s=period_s, periods=periods)


def canadian(main_s: float, period_s: float, stones: int) -> TimeControl:
    """Main time, then again and again a period for so many moves."""
    return TimeControl(main_s, period_s=period_s, stones=stones)


@dataclass(frozen=True)
class Clock:
    """What is left of a time control; a move makes a new clock.

    Attributes:
        control: what was agreed.
        main_s: seconds of main time left.
        period_s: seconds left of the present period of overtime, or of the one to come.
        stones: moves still to make in it.
        periods: periods left, the present one included.
        has_fallen: whether the side has lost on time.
    """

    control: TimeControl
    main_s: float
    period_s: float
    stones: int
    periods: int
    has_fallen: bool = False

    def after_move(self, spent_s: float) -> "Clock":
        """The clock after a move.

        Args:
            spent_s: seconds that it took.
        """
        main_s = self.main_s - spent_s
        if main_s >= 0:
            return replace(self, main_s=main_s + self.control.increment_s)
        period_s, periods = self.period_s + main_s, self.periods
        while period_s < 0 < self.control.period_s and periods > 1:
            period_s, periods = period_s + self.control.period_s, periods - 1
        if self.stones == 1:
            stones, next_period_s = self.control.stones, self.control.period_s
        else:
            stones, next_period_s = self.stones - 1, period_s
        return Clock(self.control, 0.0, next_period_s, stones, periods, self.has_fallen or period_s < 0)

    def corrected(self, left_s: float, stones: int) -> "Clock":
        """The clock as a referee sees it, in the words of GTP's `time_left`.

        Args:
            left_s: seconds left, of main time or of the period.
            stones: 0 in main time; in overtime the moves still to make or, in byo-yomi, the periods left.
        """
        if stones == 0:
            return replace(self, main_s=left_s)
        if self.control.stones == 1:
            return replace(self, main_s=0.0, period_s=left_s, periods=stones)
        return replace(self, main_s=0.0, period_s=left_s, stones=stones)

    def left(self) -> tuple[float, int]:
        """What is left, in the words of GTP's `time_left`: `corrected` makes the same clock of it.

        Returns:
            Seconds, of main time or of the period, and 0 or what is left in overtime.
        """
        if self.main_s > 0 or self.control.period_s == 0:
            return self.main_s, 0
        return self.period_s, self.periods if self.control.stones == 1 else self.stones

    def seconds_to_think(self, num_moves: float, lag_s: float = 0.1) -> float:
        """How long to think about the next move, so that the time lasts.

        Args:
            num_moves: own moves that are expected to come; see `moves_to_come`.
            lag_s: seconds that a move costs beside thinking, at most.

        Returns:
            Seconds, which with the lag fit into what is left without using up a period, as long as the lag
            alone does.
        """
        overtime_share = self.period_s / self.stones
        main_share = self.main_s / max(num_moves, FEWEST_MOVES) + self.control.increment_s
        most = self.main_s + overtime_share
        return max(min(max(main_share, overtime_share), most) - lag_s, 0.0)


def new_clock(control: TimeControl) -> Clock:
    """The clock before the first move."""
    return Clock(control, control.main_s, control.period_s, control.stones, control.periods)


def moves_to_come(rules: Rules, num_moves: int) -> float:
    """Moves that one side is expected to make yet.

    Args:
        rules: of the game.
        num_moves: moves of both sides so far.
    """
    return max(USUAL_LENGTH[rules.game] * rules.area - num_moves, 2 * FEWEST_MOVES) / 2
