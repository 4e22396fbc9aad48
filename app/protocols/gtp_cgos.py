"""GTP commands by which the client of CGOS tells who plays against us and how the game has ended.

What it tells stands in the game that `printsgf` prints. Source: "GTP Extensions" in the documentation of the
Python client of CGOS.
"""

from app.protocols.gtp_session import Arguments, Command, GtpSession
from app.protocols.gtp_text import Refusal

LONGEST_TEXT = 80


def opponent_name(session: GtpSession, words: Arguments) -> str:
    """Hear the name of the opponent."""
    session.opponent_name, session.opponent_rating = _text(words, "the name of the opponent"), ""
    return ""


def opponent_rating(session: GtpSession, words: Arguments) -> str:
    """Hear the rating of the opponent: a number, behind which a question mark may stand."""
    session.opponent_rating = _text(words, "the rating of the opponent")
    return ""


def gameover(session: GtpSession, words: Arguments) -> str:
    """Hear the result in the words of SGF, such as `B+3.5` or `W+Resign`."""
    session.hear_result(_text(words, "a result such as B+3.5"))
    return ""


def _text(words: Arguments, wanted: str) -> str:
    if not words:
        raise Refusal(f"expected {wanted}")
    return " ".join(words)[:LONGEST_TEXT]


COMMANDS: dict[str, Command] = {
    "cgos-opponent_name": opponent_name,
    "cgos-opponent_rating": opponent_rating,
    "cgos-gameover": gameover,
}
