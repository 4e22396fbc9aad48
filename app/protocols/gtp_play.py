"""GTP commands that move, take back and show."""

import time

from app.protocols.gtp_session import INVALID_MOVE, Arguments, Command, GtpSession, color_of, number_of
from app.protocols.gtp_text import Refusal
from engine.errors import IllegalMoveError, NotationError


def play(session: GtpSession, words: Arguments) -> str:
    """Play a move of the client's."""
    from engine.notation import action_of_vertex

    color = color_of(words)
    try:
        session.play(action_of_vertex(words[1], session.rules), color)
    except (IndexError, NotationError):
        raise Refusal(INVALID_MOVE) from None
    except IllegalMoveError:
        raise Refusal("illegal move") from None
    return ""


def genmove(session: GtpSession, words: Arguments) -> str:
    """Choose a move and play it."""
    color = color_of(words)
    return session.move(session.choose(color), color)


def reg_genmove(session: GtpSession, words: Arguments) -> str:
    """Choose a move without playing it."""
    return session.word_of(session.choose(color_of(words)))


def undo(session: GtpSession, _: Arguments) -> str:
    """Take the last move back."""
    if session.game.undo() is None:
        raise Refusal("cannot undo")
    return ""


def gg_undo(session: GtpSession, words: Arguments) -> str:
    """Take back a number of moves, one by default."""
    number = number_of(words, 0, "invalid number of moves") if words else 1
    if number > len(session.game.moves):
        raise Refusal("cannot undo")
    for _ in range(number):
        session.game.undo()
    return ""


def showboard(session: GtpSession, _: Arguments) -> str:
    """Draw the board."""
    return f"\n{session.game.draw()}"


def captures(session: GtpSession, words: Arguments) -> str:
    """Count the stones that a color has taken."""
    from engine.board import BLACK, PRISONERS_OF_BLACK, PRISONERS_OF_WHITE

    column = PRISONERS_OF_BLACK if color_of(words, "invalid color") == BLACK else PRISONERS_OF_WHITE
    return str(session.game.state.scalars[0, column])


def final_score(session: GtpSession, _: Arguments) -> str:
    """Count the board as it stands: no stone is taken for dead."""
    if session.rules.game == "gomoku" and not session.game.is_over:
        raise Refusal("cannot score")
    return session.game.result()


def stop(_: GtpSession, __: Arguments) -> str:
    """Has already ended whatever was being thought about by being sent."""
    return ""


def clear_cache(session: GtpSession, _: Arguments) -> str:
    """Forget what was found in earlier positions."""
    session.opponent.forget()
    return ""


def cputime(_: GtpSession, __: Arguments) -> str:
    """Seconds of computing so far."""
    return f"{time.process_time():.3f}"


COMMANDS: dict[str, Command] = {
    "play": play,
    "genmove": genmove,
    "reg_genmove": reg_genmove,
    "undo": undo,
    "gg-undo": gg_undo,
    "showboard": showboard,
    "captures": captures,
    "final_score": final_score,
    "stop": stop,
    "clear_cache": clear_cache,
    "cputime": cputime,
}
