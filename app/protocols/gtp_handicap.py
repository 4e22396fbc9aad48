"""GTP commands for handicap stones in Go."""

from app.protocols.gtp_session import Arguments, Command, GtpSession, number_of
from app.protocols.gtp_text import Refusal
from engine.errors import IllegalMoveError, NotationError

INVALID_NUMBER = "invalid number of stones"


def fixed_handicap(session: GtpSession, words: Arguments) -> str:
    """Put handicap stones on the usual points."""
    from engine import handicap

    number = _handicap_number(session, words)
    if number > handicap.most_fixed_stones(session.rules):
        raise Refusal(INVALID_NUMBER)
    return _place_handicap(session, handicap.fixed_handicap(session.rules, number))


def place_free_handicap(session: GtpSession, words: Arguments) -> str:
    """Put handicap stones where we like."""
    from engine.handicap import free_handicap

    return _place_handicap(session, free_handicap(session.rules, _handicap_number(session, words)))


def set_free_handicap(session: GtpSession, words: Arguments) -> str:
    """Put handicap stones where the client likes."""
    from engine.notation import action_of_vertex

    _require_empty_board(session)
    try:
        _place_handicap(session, [action_of_vertex(word, session.rules) for word in words])
    except (IllegalMoveError, NotationError):
        raise Refusal("bad vertex list") from None
    return ""


def _handicap_number(session: GtpSession, words: Arguments) -> int:
    number = number_of(words, 0, "handicap not an integer")
    _require_empty_board(session)
    if not 2 <= number < session.rules.area:
        raise Refusal(INVALID_NUMBER)
    return number


def _require_empty_board(session: GtpSession) -> None:
    if session.game.moves or session.game.stones().any():
        raise Refusal("board not empty")


def _place_handicap(session: GtpSession, actions: list[int]) -> str:
    from engine.notation import vertex_of_action

    session.game.place_handicap(actions)
    return " ".join(vertex_of_action(action, session.rules) for action in actions)


COMMANDS: dict[str, Command] = {
    "fixed_handicap": fixed_handicap,
    "place_free_handicap": place_free_handicap,
    "set_free_handicap": set_free_handicap,
}
