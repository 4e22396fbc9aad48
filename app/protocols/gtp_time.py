"""GTP commands about time: what each side has, and what is left of it."""

import math

from app.protocols.gtp_session import Arguments, Command, GtpSession, color_of, number_of
from app.protocols.gtp_text import Refusal

INVALID_TIME = "invalid time settings"
LONGEST_S = 1e7
SHORTEST_S = 0.001
KGS_SYSTEMS = {"none": 0, "absolute": 1, "byoyomi": 3, "canadian": 3}
KATA_SYSTEMS = KGS_SYSTEMS | {"fischer": 2}
"""Systems by name, with the number of numbers behind it."""


def time_settings(session: GtpSession, words: Arguments) -> str:
    """Main time, overtime, stones in it; no limit where an overtime is for no stones, or all is 0."""
    from mcts.time_control import absolute_time, canadian

    main_s, period_s = _seconds(words, 0), _seconds(words, 1)
    stones = number_of(words, 2, INVALID_TIME)
    if main_s == period_s == 0 or (period_s > 0 and stones == 0):
        session.set_time(None)
    else:
        session.set_time(canadian(main_s, period_s, stones) if period_s else absolute_time(main_s))
    return ""


def kgs_time_settings(session: GtpSession, words: Arguments) -> str:
    """Time in the words of KGS."""
    return _set_system(session, words, KGS_SYSTEMS)


def kata_time_settings(session: GtpSession, words: Arguments) -> str:
    """The same, with an increment as well."""
    return _set_system(session, words, KATA_SYSTEMS)


def kata_list_time_settings(_: GtpSession, __: Arguments) -> str:
    """Name the systems."""
    return " ".join(KATA_SYSTEMS)


def time_left(session: GtpSession, words: Arguments) -> str:
    """Set a clock: seconds left, and stones (or periods, in byo-yomi) left in overtime, 0 in main time."""
    from mcts.time_control import absolute_time, canadian, new_clock

    color = color_of(words, "invalid color")
    left_s, stones = max(_seconds(words, 1), SHORTEST_S), number_of(words, 2, INVALID_TIME)
    if session.control is None:
        control = canadian(0.0, left_s, stones) if stones else absolute_time(left_s)
        session.clocks[color] = new_clock(control)
    else:
        session.clocks[color] = session.clocks[color].corrected(left_s, stones)
    return ""


def _set_system(session: GtpSession, words: Arguments, systems: dict[str, int]) -> str:
    from mcts.time_control import absolute_time, byo_yomi, canadian, fischer

    name = words[0] if words else ""
    if name not in systems or len(words) != 1 + systems[name]:
        raise Refusal(INVALID_TIME)
    numbers = [_seconds(words, place) for place in range(1, min(len(words), 3))]
    try:
        if name == "none":
            control = None
        elif name == "absolute":
            control = absolute_time(numbers[0])
        elif name == "fischer":
            control = fischer(numbers[0], numbers[1])
        else:
            build = byo_yomi if name == "byoyomi" else canadian
            control = build(numbers[0], numbers[1], number_of(words, 3, INVALID_TIME))
    except ValueError:
        raise Refusal(INVALID_TIME) from None
    session.set_time(control)
    return ""


def _seconds(words: Arguments, place: int) -> float:
    try:
        seconds = float(words[place])
        if not (math.isfinite(seconds) and 0 <= seconds <= LONGEST_S):
            raise ValueError
    except (IndexError, ValueError):
        raise Refusal(INVALID_TIME) from None
    return seconds


COMMANDS: dict[str, Command] = {
    "time_settings": time_settings,
    "time_left": time_left,
    "kgs-time_settings": kgs_time_settings,
    "kata-time_settings": kata_time_settings,
    "kata-list_time_settings": kata_list_time_settings,
}
