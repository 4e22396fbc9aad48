"""The commands of the Go Text Protocol on one game, and the loop that answers a client.

The engine loads as late as it can: a client learns name, version and commands before any kernel or network is
there, `clear_board` gets everything ready, so that no thinking time is lost later.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from app.console import announce_compilation
from app.options import AgentChoice, usual_rules, without_move_limit
from app.protocols.gtp_text import Refusal, Request, answer, parse_line, read_lines
from app.version import package_version
from engine.errors import IllegalMoveError, NotationError, RulesError, YomiError
from engine.rulesets import Rules

if TYPE_CHECKING:
    from app.opponent import Opponent
    from engine.game import Game

Arguments = tuple[str, ...]
INVALID_MOVE = "invalid color or coordinate"
INVALID_NUMBER = "invalid number of stones"


class GtpEngine:
    """A game and an agent behind the commands. A command that fails changes nothing.

    Attributes:
        is_done: whether the client has said `quit`.
    """

    def __init__(self, rules: Rules, agent: AgentChoice) -> None:
        """Start with an empty board.

        Args:
            rules: the first game; the client may change size and komi.
            agent: who answers `genmove`.
        """
        self.is_done = False
        self._rules = without_move_limit(rules)
        self._agent = agent
        self._started_game: Game | None = None
        self._commands: dict[str, Callable[[Arguments], str]] = {
            "protocol_version": lambda _: "2",
            "name": lambda _: "yomi",
            "version": lambda _: package_version(),
            "known_command": lambda words: "true" if words[:1] and words[0] in self._commands else "false",
            "list_commands": lambda _: "\n".join(self._commands),
            "quit": self._quit,
            "boardsize": self._boardsize,
            "clear_board": self._clear_board,
            "komi": self._komi,
            "play": self._play,
            "genmove": self._genmove,
            "undo": self._undo,
            "showboard": lambda _: f"\n{self._game.draw()}",
            "final_score": self._final_score,
            "fixed_handicap": self._fixed_handicap,
            "place_free_handicap": self._place_free_handicap,
            "set_free_handicap": self._set_free_handicap,
            "captures": self._captures,
            "unconditional_status": self._unconditional_status,
        }

    def answer(self, request: Request) -> bytes:
        """Do what a request asks; whatever happens, there is one answer."""
        try:
            if request.command not in self._commands:
                raise Refusal("unknown command")
            return answer(request.id, self._commands[request.command](request.arguments))
        except (Refusal, YomiError) as error:
            return answer(request.id, str(error), is_failure=True)
        except Exception:
            logging.getLogger(__name__).exception("in answer to %s", request)
            return answer(request.id, "internal error", is_failure=True)

    @property
    def _game(self) -> "Game":
        if self._started_game is None:
            announce_compilation()
            from engine.game import Game

            self._started_game = Game(self._rules)
        return self._started_game

    @cached_property
    def _opponent(self) -> "Opponent":
        from app.opponent import Opponent

        return Opponent(self._agent.open(self._rules), self._agent.seed)

    def _quit(self, _: Arguments) -> str:
        self.is_done = True
        return ""

    def _boardsize(self, words: Arguments) -> str:
        side = words[0] if words else ""
        if not (side.isascii() and side.isdigit()):
            raise Refusal("boardsize not an integer")
        try:
            usual = usual_rules(self._rules.game, int(side[:9]), int(side[:9]))
            width, height, line_length = usual.width, usual.height, usual.line_length
            self._rules = replace(self._rules, width=width, height=height, line_length=line_length)
        except RulesError:
            raise Refusal("unacceptable size") from None
        self._started_game = None
        return ""

    def _clear_board(self, _: Arguments) -> str:
        announce_compilation()
        self._opponent.warm_up(self._rules)
        self._started_game = None
        return ""

    def _komi(self, words: Arguments) -> str:
        try:
            komi = float(words[0])
            if not math.isfinite(komi):
                raise ValueError
        except (IndexError, ValueError):
            raise Refusal("komi not a float") from None
        try:
            rules = replace(self._rules, komi=komi)
        except RulesError:
            raise Refusal("unacceptable komi") from None
        old = self._started_game
        self._rules, self._started_game = rules, None
        if old and old.handicap:
            self._game.place_handicap(old.handicap)
        for move in old.moves if old else []:
            self._play_on(move.action, move.color)
        return ""

    def _play(self, words: Arguments) -> str:
        from engine.notation import action_of_vertex

        color = _color(words)
        try:
            self._play_on(action_of_vertex(words[1], self._rules), color)
        except (IndexError, NotationError):
            raise Refusal(INVALID_MOVE) from None
        except IllegalMoveError:
            raise Refusal("illegal move") from None
        return ""

    def _play_on(self, action: int, color: int) -> None:
        self._game.play(action, color)
        self._game.resume()  # two passes are no end here: a client may go on

    def _genmove(self, words: Arguments) -> str:
        from app.opponent import RESIGNS
        from engine.notation import vertex_of_action

        color = _color(words)
        if self._game.is_over:
            raise Refusal("the game is over")
        action = self._opponent.choose(self._game, color)
        if action == RESIGNS:
            return "resign"
        self._play_on(action, color)
        return vertex_of_action(action, self._rules)

    def _undo(self, _: Arguments) -> str:
        if self._game.undo() is None:
            raise Refusal("cannot undo")
        return ""

    def _final_score(self, _: Arguments) -> str:
        if self._rules.game == "gomoku" and not self._game.is_over:
            raise Refusal("cannot score")
        return self._game.result()

    def _fixed_handicap(self, words: Arguments) -> str:
        from engine.handicap import fixed_handicap, most_fixed_stones

        number = self._handicap_number(words)
        if number > most_fixed_stones(self._rules):
            raise Refusal(INVALID_NUMBER)
        return self._place_handicap(fixed_handicap(self._rules, number))

    def _place_free_handicap(self, words: Arguments) -> str:
        from engine.handicap import free_handicap

        return self._place_handicap(free_handicap(self._rules, self._handicap_number(words)))

    def _set_free_handicap(self, words: Arguments) -> str:
        from engine.notation import action_of_vertex

        self._require_empty_board()
        try:
            self._place_handicap([action_of_vertex(word, self._rules) for word in words])
        except (IllegalMoveError, NotationError):
            raise Refusal("bad vertex list") from None
        return ""

    def _handicap_number(self, words: Arguments) -> int:
        if not (words and words[0].isascii() and words[0].isdigit()):
            raise Refusal("handicap not an integer")
        self._require_empty_board()
        number = int(words[0][:9])
        if self._rules.game != "go" or not 2 <= number < self._rules.area:
            raise Refusal(INVALID_NUMBER)
        return number

    def _require_empty_board(self) -> None:
        if self._game.moves or self._game.handicap:
            raise Refusal("board not empty")

    def _place_handicap(self, actions: list[int]) -> str:
        from engine.notation import vertex_of_action

        self._game.place_handicap(actions)
        return " ".join(vertex_of_action(action, self._rules) for action in actions)

    def _captures(self, words: Arguments) -> str:
        from engine.board import BLACK, PRISONERS_OF_BLACK, PRISONERS_OF_WHITE

        column = PRISONERS_OF_BLACK if _color(words, "invalid color") == BLACK else PRISONERS_OF_WHITE
        return str(self._game.state.scalars[0, column])

    def _unconditional_status(self, words: Arguments) -> str:
        """What pass-alive analysis says of a point, in the words of GNU Go."""
        from engine.board import BLACK, EMPTY
        from engine.notation import action_of_vertex

        try:
            action = action_of_vertex(words[0], self._rules)
            owner = int(self._game.pass_alive().ravel()[action])
        except (IndexError, NotationError):
            raise Refusal("invalid coordinate") from None
        stone = int(self._game.stones().ravel()[action])
        if owner == EMPTY:
            return "undecided"
        if stone == EMPTY:
            return "black_territory" if owner == BLACK else "white_territory"
        return "alive" if stone == owner else "dead"


def _color(words: Arguments, complaint: str = INVALID_MOVE) -> int:
    from engine.board import BLACK, WHITE

    colors = {"b": BLACK, "black": BLACK, "w": WHITE, "white": WHITE}
    color = colors.get(words[0].lower()) if words else None
    if color is None:
        raise Refusal(complaint)
    return color


def serve(engine: GtpEngine, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer a client until it says `quit` or goes away.

    Args:
        engine: who answers.
        requests: lines from the client.
        answers: receives one answer for each line that is neither blank nor a comment.
    """
    for line in read_lines(requests):
        if line is None:
            answers.write(answer("", "line too long", is_failure=True))
        elif request := parse_line(line):
            answers.write(engine.answer(request))
        answers.flush()
        if engine.is_done:
            return
