"""What can be wrong with input from outside: each error names the text given and what was expected."""


class YomiError(ValueError):
    """Input that a user, a file or a protocol got wrong; a command shows it as one line, exit code 2."""


class RulesError(YomiError):
    """A size, komi or rule that no game here has."""


class NotationError(YomiError):
    """A vertex or diagram that cannot be read."""


class SgfError(YomiError):
    """An SGF file that is malformed, too large or not one of our games."""


class OpeningError(YomiError):
    """A step that an opening does not allow, or openings that cannot be found."""


class IllegalMoveError(YomiError):
    """A move the rules forbid; carries color, vertex, reason and the drawn board.

    Attributes:
        color: 'black' or 'white'.
        vertex: the move as text, such as `D4`.
        reason: why, such as `ko` or `occupied`.
        board: the position as a diagram.
    """

    def __init__(self, color: str, vertex: str, reason: str, board: str) -> None:
        super().__init__(f"illegal move: {color} {vertex} ({reason})")
        self.color = color
        self.vertex = vertex
        self.reason = reason
        self.board = board


class OutcomeForbiddenError(RuntimeError):
    """Code that must not see who won asked who won: a bug in an experiment, never a user's mistake."""
