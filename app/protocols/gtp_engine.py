"""All commands of the Go Text Protocol together, and the loop that answers a client."""

import logging
from typing import BinaryIO

from app.options import AgentChoice
from app.protocols import (
    gtp_analysis,
    gtp_cgos,
    gtp_gogui,
    gtp_gomill,
    gtp_handicap,
    gtp_network,
    gtp_params,
    gtp_play,
    gtp_position,
    gtp_scoring,
    gtp_search,
    gtp_setup,
    gtp_time,
)
from app.protocols.gtp_session import NAME, Arguments, Command, GtpSession
from app.protocols.gtp_text import Refusal, Reply, Request, parse_line
from app.protocols.line_reader import LineReader
from app.version import package_version
from engine.errors import YomiError
from engine.rulesets import Rules

FAMILIES = (
    *(gtp_setup, gtp_play, gtp_time, gtp_analysis, gtp_search, gtp_params),
    *(gtp_gogui, gtp_position, gtp_network, gtp_gomill, gtp_cgos),
)
GO_FAMILIES = (gtp_handicap, gtp_scoring)


class GtpEngine:
    """A game and an agent behind the commands. A command that fails changes nothing.

    Attributes:
        session: the game and the agent.
    """

    def __init__(
        self, rules: Rules, agent: AgentChoice, version: str | None = None, *, ponders: bool = False
    ) -> None:
        """Start with an empty board.

        Args:
            rules: the first game; the client may change size, komi and more.
            agent: who answers `genmove`.
            version: what to say as version, instead of the true one.
            ponders: whether the agent thinks on behind its moves.
        """
        self.session = GtpSession(rules, agent, version or package_version(), ponders=ponders)
        self._commands: dict[str, Command] = {
            "protocol_version": lambda *_: "2",
            "name": lambda *_: NAME,
            "version": lambda *_: self.session.version,
            "known_command": self._known_command,
            "list_commands": lambda *_: "\n".join(self._commands),
            "quit": _quit,
        }
        is_go = rules.game == "go"
        for family in (*FAMILIES, *(GO_FAMILIES if is_go else ())):
            self._commands |= family.COMMANDS
        if not is_go:
            self._commands |= gtp_gogui.RULES_COMMANDS

    def answer(self, request: Request, reply: Reply) -> None:
        """Do what a request asks; whatever happens, there is one answer.

        Args:
            request: what is asked.
            reply: receives the answer.
        """
        self.session.reply = reply
        try:
            command = self._commands.get(request.command)
            if command is None:
                raise Refusal("unknown command")
            reply.succeed(command(self.session, request.arguments))
        except (Refusal, YomiError) as error:
            reply.fail(str(error))
        except OSError:
            raise  # the client has gone
        except Exception:
            logging.getLogger(__name__).exception("in answer to %s", request)
            reply.fail("internal error")

    def _known_command(self, _: GtpSession, words: Arguments) -> str:
        return "true" if words[:1] and words[0] in self._commands else "false"


def _quit(session: GtpSession, _: Arguments) -> str:
    session.is_done = True
    return ""


def serve(engine: GtpEngine, requests: LineReader, answers: BinaryIO) -> None:
    """Answer a client until it says `quit` or goes away.

    Args:
        engine: who answers.
        requests: lines from the client.
        answers: receives one answer for each line that is neither blank nor a comment.
    """
    session = engine.session
    session.requests = requests
    try:
        for line in requests:
            session.stop_pondering()
            if line is None:
                Reply("", answers).fail("line too long")
            elif request := parse_line(line):
                engine.answer(request, Reply(request.id, answers))
            if session.is_done:
                return
            session.ponder()
    finally:
        session.stop_pondering()
