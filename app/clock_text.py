"""Clocks in words: what `--clock` takes, what is left of one, and the words of SGF."""

import re
from typing import TYPE_CHECKING

from engine.errors import YomiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcts.time_control import Clock, TimeControl

FORMS = "10m, 5m+10s (each move adds), 5m+3x30s (byo-yomi) or 5m+10/2m (so many moves in a period)"
TIME = r"([0-9]{1,5})(h|m|s)"
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
OVERTIMES = (
    (re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?) fischer", re.IGNORECASE | re.ASCII), "fischer"),
    (
        re.compile(r"([0-9]{1,2})x([0-9]{1,5}(?:\.[0-9]{1,3})?) byo-?yomi", re.IGNORECASE | re.ASCII),
        "byo_yomi",
    ),
    (
        re.compile(r"([0-9]{1,3})/([0-9]{1,5}(?:\.[0-9]{1,3})?) canadian", re.IGNORECASE | re.ASCII),
        "canadian",
    ),
)
"""How files name the time behind main time (`OT`); the format leaves it open, and these are usual."""
PATTERN = re.compile(rf"{TIME}(?:\+(?:{TIME}|([0-9]{{1,2}})x{TIME}|([0-9]{{1,3}})/{TIME}))?")


class ClockError(YomiError):
    """A clock that nobody can set."""


def read_clock(text: str) -> "TimeControl":
    """The time of each side.

    Args:
        text: in one of `FORMS`.

    Raises:
        ClockError: anything else.
    """
    from mcts.time_control import absolute_time, byo_yomi, canadian, fischer

    match = PATTERN.fullmatch(text.strip())
    if match is None:
        raise ClockError(f"clock {text!r}: expected {FORMS}")

    def seconds(number: int) -> float:
        return int(match[number]) * UNITS[match[number + 1]]

    try:
        if match[3]:
            return fischer(seconds(1), seconds(3))
        if match[5]:
            return byo_yomi(seconds(1), seconds(6), int(match[5]))
        if match[8]:
            return canadian(seconds(1), seconds(9), int(match[8]))
        return absolute_time(seconds(1))
    except ValueError as error:
        raise ClockError(f"clock {text!r}: {error}") from None


def clock_text(clock: "Clock", spent_s: float = 0.0) -> str:
    """What is left, such as `4:31` or `0:12 2x30s`.

    Args:
        clock: before the move at hand.
        spent_s: seconds that the move at hand has taken so far.
    """
    control, main_s = clock.control, clock.main_s - spent_s
    if main_s >= 0:
        return f"{_minutes(main_s)}{_overtime(clock.periods, control)}"
    period_s, periods = clock.period_s + main_s, clock.periods
    while period_s < 0 < control.period_s and periods > 1:
        period_s, periods = period_s + control.period_s, periods - 1
    if control.stones > 1:
        return f"{_minutes(max(period_s, 0.0))} for {clock.stones}"
    return f"{_minutes(max(period_s, 0.0))}{_overtime(periods - 1, control)}"


def _overtime(periods: int, control: "TimeControl") -> str:
    if control.period_s == 0 or (periods == 0 and control.stones == 1):
        return ""
    if control.stones > 1:
        return f" {control.stones}/{control.period_s:g}s"
    return f" {periods}x{control.period_s:g}s"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def sgf_of_control(control: "TimeControl") -> dict[str, str]:
    """`TM` and `OT` of a file."""
    told = {"TM": f"{control.main_s:g}"}
    if control.increment_s > 0:
        told["OT"] = f"{control.increment_s:g} fischer"
    elif control.stones > 1:
        told["OT"] = f"{control.stones}/{control.period_s:g} canadian"
    elif control.period_s > 0:
        told["OT"] = f"{control.periods}x{control.period_s:g} byo-yomi"
    return told


def control_of_sgf(info: "Mapping[str, str]") -> "TimeControl | None":
    """The time of each side that `TM` and `OT` of a file tell; None where they tell none that is known here.

    Args:
        info: texts by property.
    """
    from mcts import time_control

    try:
        main_s, overtime = float(info.get("TM", "")), info.get("OT", "").strip()
        if not overtime:
            return time_control.absolute_time(main_s)
        for pattern, kind in OVERTIMES:
            if (match := pattern.fullmatch(overtime)) is None:
                continue
            if kind == "fischer":
                return time_control.fischer(main_s, float(match[1]))
            build = time_control.byo_yomi if kind == "byo_yomi" else time_control.canadian
            return build(main_s, float(match[2]), int(match[1]))
    except ValueError:
        return None
    return None
