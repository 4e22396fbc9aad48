"""GTP commands about whole positions and games: set one up, play a sequence, print the game, chat.

Sources: docs/GTP_Extensions.md of KataGo for `set_position`; the GoGui documentation, "GTP commands", for
`gogui-setup` and `gogui-play_sequence`; the documentation of kgsGtp for `kgs-chat`.
"""

from typing import TYPE_CHECKING

from app.protocols.gtp_session import Arguments, Command, GtpSession, color_of
from app.protocols.gtp_text import Refusal

if TYPE_CHECKING:
    from engine.notation import Stones

CHAT = "I am yomi, a program. I only play."


def set_position(session: GtpSession, words: Arguments) -> str:
    """Start a game from stones given as `COLOR VERTEX` pairs; Black is to move."""
    from engine.board import BLACK
    from engine.game import Game

    session.start_from(session.rules, _with_stones(Game(session.rules).stones(), session, words), BLACK, [])
    return ""


def gogui_setup(session: GtpSession, words: Arguments) -> str:
    """Put more stones on the board of a game without moves, as GoGui does after `clear_board`."""
    game = session.game
    if game.moves:
        raise Refusal("expected a board without moves")
    session.start_from(session.rules, _with_stones(game.stones(), session, words), game.to_play, [])
    return ""


def gogui_setup_player(session: GtpSession, words: Arguments) -> str:
    """Say who moves first on a board without moves."""
    color, game = color_of(words), session.game
    if game.moves:
        raise Refusal("expected a board without moves")
    session.start_from(session.rules, game.stones(), color, [])
    return ""


def gogui_play_sequence(session: GtpSession, words: Arguments) -> str:
    """Play moves given as `COLOR VERTEX` pairs, all or none."""
    from copy import deepcopy

    from engine.game import Move
    from engine.notation import action_of_vertex

    moves = []
    for color, vertex in _pairs(words):
        moves.append(Move(color_of((color,)), action_of_vertex(vertex, session.rules)))
    trial = deepcopy(session.game)
    for move in moves:
        trial.play(move.action, move.color)
    for move in moves:
        session.game.play(move.action, move.color)
    return ""


def printsgf(session: GtpSession, words: Arguments) -> str:
    """The game as SGF; the answer is all there is, no file is written."""
    from engine.board import EMPTY
    from engine.game import Move
    from engine.sgf import SgfGame, write_sgf

    if words:
        raise Refusal("expected no file name, the answer is the game")
    stones, to_play = session.game.start
    setup = tuple(Move(int(color), action) for action, color in enumerate(stones.flat) if color != EMPTY)
    moves, first = tuple(session.game.moves), to_play if setup else None
    record = SgfGame(session.rules, moves, setup, first, **session.known_record())
    lines = write_sgf(record).decode().splitlines()
    return "\n".join(line for line in lines if line.strip())


def kgs_chat(_: GtpSession, __: Arguments) -> str:
    """Answer people who talk to a program."""
    return CHAT


def kgs_game_over(_: GtpSession, __: Arguments) -> str:
    """Hear that a game has ended."""
    return ""


def _pairs(words: Arguments) -> list[tuple[str, str]]:
    if len(words) % 2:
        raise Refusal("expected pairs of a color and a vertex")
    return list(zip(words[::2], words[1::2], strict=True))


def _with_stones(stones: "Stones", session: GtpSession, words: Arguments) -> "Stones":
    """A board with more stones."""
    from engine.board import EMPTY
    from engine.notation import action_of_vertex

    stones = stones.copy()
    for color, vertex in _pairs(words):
        action = action_of_vertex(vertex, session.rules)
        if action == session.rules.pass_action or stones.flat[action] != EMPTY:
            raise Refusal(f"{vertex[:20]}: expected an empty point")
        stones.flat[action] = color_of((color,))
    return stones


COMMANDS: dict[str, Command] = {
    "set_position": set_position,
    "gogui-setup": gogui_setup,
    "gogui-setup_player": gogui_setup_player,
    "gogui-play_sequence": gogui_play_sequence,
    "printsgf": printsgf,
    "kgs-chat": kgs_chat,
    "kgs-game_over": kgs_game_over,
}
