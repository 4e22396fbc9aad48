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
            rules = usual_rules(self._rules.game, int(side[:9]), int(side[:9]))
        except RulesError:
            raise Refusal("unacceptable size") from None
        komi, line_rule = self._rules.komi, self._rules.line_rule
        self._rules = without_move_limit(replace(rules, komi=komi, line_rule=line_rule))
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
        moves = self._started_game.moves if self._started_game else []
        self._rules, self._started_game = rules, None
        for move in moves:
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
        from engine.notation import vertex_of_action

        color = _color(words)
        if self._game.is_over:
            raise Refusal("the game is over")
        action = self._opponent.choose(self._game, color)
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


def _color(words: Arguments) -> int:
    from engine.board import BLACK, WHITE

    colors = {"b": BLACK, "black": BLACK, "w": WHITE, "white": WHITE}
    color = colors.get(words[0].lower()) if words else None
    if color is None:
        raise Refusal(INVALID_MOVE)
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
