"""GTP commands of KataGo that choose a move as `genmove` does and leave it to the client to play it.

Source: docs/GTP_Extensions.md of KataGo, and what lizgoban reads.
"""

from app.protocols.gtp_analysis import choose_and_show, kata_line
from app.protocols.gtp_session import Arguments, Command, GtpSession, color_of
from app.protocols.line_reader import LineReader

CANCELLED = "cancelled"
"""In place of the move that a search did not come to."""


class Cancellation:
    """Whether a client has said anything, an empty line included, while a search went on."""

    def __init__(self, requests: LineReader) -> None:
        """Begin to listen.

        Args:
            requests: of the client.
        """
        self._requests = requests
        self.has_come = False

    def __call__(self) -> bool:
        """Ask, as a search does before each batch."""
        self.has_come = self.has_come or self._requests.wait(0)
        return self.has_come


def kata_search(session: GtpSession, words: Arguments) -> str:
    """Choose a move and say it."""
    return session.word_of(session.choose(color_of(words)))


def kata_search_cancellable(session: GtpSession, words: Arguments) -> str:
    """The same, until the client says anything."""
    cancellation = Cancellation(session.requests)
    action = session.choose(color_of(words), stop=cancellation)
    return CANCELLED if cancellation.has_come else session.word_of(action)


def kata_search_analyze(session: GtpSession, words: Arguments) -> str:
    """Choose a move, show what is thought, and say the move behind `play`."""
    action, _ = choose_and_show(session, words, kata_line, has_points=True)
    session.reply.open()
    return f"play {session.word_of(action)}"


def kata_search_analyze_cancellable(session: GtpSession, words: Arguments) -> str:
    """The same, until the client says anything."""
    cancellation = Cancellation(session.requests)
    action, _ = choose_and_show(session, words, kata_line, has_points=True, stop=cancellation)
    session.reply.open()
    return f"play {CANCELLED if cancellation.has_come else session.word_of(action)}"


COMMANDS: dict[str, Command] = {
    "kata-search": kata_search,
    "kata-search_cancellable": kata_search_cancellable,
    "kata-search_analyze": kata_search_analyze,
    "kata-search_analyze_cancellable": kata_search_analyze_cancellable,
}
