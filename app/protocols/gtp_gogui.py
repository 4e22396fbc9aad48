"""GTP commands of GoGui: what it may show, and the rules of a game that it does not know itself.

Source: Markus Enzenberger, the GoGui documentation, chapters "Analyze commands", "Interrupting commands" and
"Game rules".
"""

from app.protocols.gtp_session import Arguments, Command, GtpSession
from app.protocols.gtp_text import Refusal

GO_ANALYZE_COMMANDS = (
    "dboard/Ownership/yomi-ownership",
    "plist/Dead Stones/final_status_list dead",
    "string/Status by Proof/unconditional_status %p",
    "string/Rules/kata-get-rules",
    "string/CPU Time/cputime",
)
GOMOKU_ANALYZE_COMMANDS = ("string/Rules/kata-get-rules", "string/CPU Time/cputime")


def analyze_commands(session: GtpSession, _: Arguments) -> str:
    """List what GoGui may offer in its menu: type, label and command."""
    is_go = session.rules.game == "go"
    return "\n".join(GO_ANALYZE_COMMANDS if is_go else GOMOKU_ANALYZE_COMMANDS)


def interrupt(_: GtpSession, __: Arguments) -> str:
    """Say by its mere presence that a comment `# interrupt` ends thinking."""
    return ""


def rules_game_id(_: GtpSession, __: Arguments) -> str:
    """Name the game."""
    return "Gomoku"


def rules_board_size(session: GtpSession, _: Arguments) -> str:
    """The side of the board."""
    if session.rules.width != session.rules.height:
        raise Refusal("the board is not square")
    return str(session.rules.width)


def rules_board(session: GtpSession, _: Arguments) -> str:
    """The board in letters."""
    from engine.notation import format_diagram

    return "\n" + format_diagram(session.game.stones())


def rules_legal_moves(session: GtpSession, _: Arguments) -> str:
    """All legal moves of the side to move."""
    from engine.notation import vertex_of_action

    return " ".join(vertex_of_action(action, session.rules) for action in session.game.legal_actions())


def rules_side_to_move(session: GtpSession, _: Arguments) -> str:
    """The color to move."""
    from engine.notation import color_name

    return color_name(session.game.to_play)


def rules_final_result(session: GtpSession, _: Arguments) -> str:
    """Who has won: `black`, `white`, `draw`, or `unknown` while the game goes on."""
    from engine.board import EMPTY
    from engine.notation import color_name

    if not session.game.is_over:
        return "unknown"
    winner = session.game.winner()
    return "draw" if winner == EMPTY else color_name(winner)


COMMANDS: dict[str, Command] = {
    "gogui-analyze_commands": analyze_commands,
    "gogui-interrupt": interrupt,
}
RULES_COMMANDS: dict[str, Command] = {
    "gogui-rules_game_id": rules_game_id,
    "gogui-rules_board_size": rules_board_size,
    "gogui-rules_board": rules_board,
    "gogui-rules_legal_moves": rules_legal_moves,
    "gogui-rules_side_to_move": rules_side_to_move,
    "gogui-rules_final_result": rules_final_result,
}
