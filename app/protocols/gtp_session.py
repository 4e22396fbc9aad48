"""What the commands of the Go Text Protocol share: one game, its clocks, an agent, a client.

The engine loads as late as it can: a client learns name, version and commands before any kernel or network is
there, `clear_board` gets everything ready, so that no thinking time is lost later.
"""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.console import announce_compilation
from app.options import AgentChoice, without_move_limit
from app.protocols.gtp_text import Refusal, Reply
from app.protocols.line_reader import LineReader
from engine.errors import IllegalMoveError
from engine.rulesets import Rules

if TYPE_CHECKING:
    from app.opponent import Opponent
    from engine.game import Game, Move
    from engine.notation import Stones
    from mcts.analysis import Analysis
    from mcts.player import Player, Report
    from mcts.time_control import Clock, TimeControl

Arguments = tuple[str, ...]
Command = Callable[["GtpSession", Arguments], str]
"""Does what a request asks and returns the answer; if it raises an error, nothing has changed."""
NAME = "yomi"
INVALID_MOVE = "invalid color or coordinate"


class GtpSession:
    """One game and one agent.

    Attributes:
        rules: of the game.
        agent: what was said about the agent.
        version: of this program, as the client shall hear it.
        ponders: whether the agent thinks on behind its moves.
        is_capped: whether somebody has chosen how strong it is, which is a limit beside a clock.
        wide_root_noise: how much wider than for play to search in an analysis; networks alone can.
        is_done: whether the client has said `quit`.
        reply: to the request that is being answered; set for each.
        requests: what the client has sent; set before the first request.
        control: the time of each side, None without limit.
        clocks: by color; empty without limit.
        opponent_name: as the client calls whoever plays against us; empty when it has not said.
        opponent_rating: of the same, as text.
        latest: what the agent saw before the move that it chose last in this game, if it searched.
        thinking_cpu_s: seconds of computing, of all cores together, that its choices have taken.
    """

    reply: Reply
    requests: LineReader

    def __init__(self, rules: Rules, agent: AgentChoice, version: str, *, ponders: bool = False) -> None:
        """Start with an empty board.

        Args:
            rules: the first game; the client may change size, komi and more.
            agent: who answers `genmove`.
            version: of this program, as the client shall hear it.
            ponders: whether the agent thinks on behind its moves.
        """
        self.rules = without_move_limit(rules)
        self.agent = agent
        self.version = version
        self.wide_root_noise = 0.0
        self.is_done = False
        self.control: TimeControl | None = None
        self.clocks: dict[int, Clock] = {}
        self.opponent_name = self.opponent_rating = ""
        self.latest: Analysis | None = None
        self.thinking_cpu_s = 0.0
        self._started_game: Game | None = None
        self._setup: tuple[Stones, int] | None = None
        self.ponders = ponders
        self.is_capped = agent.has_strength
        self._own_move: tuple[Game, int] | None = None
        self._own_color: int | None = None
        self._ending: tuple[Game, int, str] | None = None
        self._pondering: Player | None = None

    @property
    def game(self) -> "Game":
        """The game as it stands."""
        if self._started_game is None:
            announce_compilation()
            from engine.game import Game

            self._started_game = Game(self.rules, *(self._setup or ()))
        return self._started_game

    @cached_property
    def opponent(self) -> "Opponent":
        """The agent at the board."""
        from app.opponent import Opponent

        return Opponent(self.agent.open(self.rules), self.agent.seed)

    def start_over(self, rules: Rules) -> None:
        """Take up a game without moves."""
        self.rules, self._started_game, self._setup = rules, None, None
        self.latest = None
        self.set_time(self.control)

    def start_from(self, rules: Rules, stones: "Stones", to_play: int, moves: "list[Move]") -> None:
        """Take up a game from a position.

        Args:
            rules: of the game.
            stones: `[height, width]` to start from.
            to_play: BLACK or WHITE.
            moves: played since.

        Raises:
            IllegalMoveError: a move that the rules forbid.
            NotationError: stones that are no position of this game.
        """
        self._take(rules, (stones, to_play), [], moves)
        self.set_time(self.control)

    def change_rules(self, rules: Rules) -> None:
        """Play the game so far again under other rules of the same size.

        Raises:
            Refusal: they forbid one of its moves.
        """
        if self._started_game is None:
            self.rules = rules
            return
        old = self._started_game
        try:
            self._take(rules, self._setup, old.handicap, old.moves)
        except IllegalMoveError as error:
            raise Refusal(f"the game has a move that these rules forbid: {error}") from None

    def _take(
        self, rules: Rules, setup: "tuple[Stones, int] | None", handicap: list[int], moves: "list[Move]"
    ) -> None:
        from engine.game import Game

        game = Game(rules, *(setup or ()))
        if handicap:
            game.place_handicap(handicap)
        for move in moves:
            _play(game, move.action, move.color)
        self.rules, self._setup, self._started_game = rules, setup, game
        self.latest = None

    def play(self, action: int, color: int) -> None:
        """Play a move, also behind two passes: a client may go on there.

        Raises:
            IllegalMoveError: the rules forbid it.
        """
        _play(self.game, action, color)

    def set_time(self, control: "TimeControl | None") -> None:
        """Agree on a time for each side; the clocks start anew."""
        self.control, self.clocks = control, {}
        if control is not None:
            from engine.board import BLACK, WHITE
            from mcts.time_control import new_clock

            self.clocks = {color: new_clock(control) for color in (BLACK, WHITE)}

    def require_unfinished(self) -> None:
        """Refuse where nobody can move any more."""
        if self.game.is_over:
            raise Refusal("the game is over")

    def choose(
        self,
        color: int,
        *,
        stop: Callable[[], bool] | None = None,
        allowed: Collection[int] | None = None,
        report: "Report | None" = None,
        interval_s: float = 0.5,
    ) -> int:
        """The agent's action for a color within the time that it has, or RESIGNS; the game stays as it is.

        Args:
            color: BLACK or WHITE.
            stop: asked while it thinks; true ends that at once. None stands for a client that says so.
            allowed: the only moves to choose from, None for all.
            report: told of an analysis at each interval, if the agent searches.
            interval_s: seconds between reports.

        Raises:
            Refusal: the game is over.
            AgentError: the agent cannot play.
        """
        self.require_unfinished()
        clock = self.clocks.get(color)
        seconds = None
        if clock is not None:
            from mcts.time_control import moves_to_come

            seconds = clock.seconds_to_think(moves_to_come(self.rules, len(self.game.moves)))
        began, cpu_s = time.monotonic(), time.process_time()
        action = self.opponent.choose(
            self.game,
            color,
            seconds=seconds,
            is_cap=self.is_capped,
            stop=stop or self.requests.is_stopped,
            allowed=allowed,
            report=report,
            interval_s=interval_s,
        )
        if clock is not None:
            self.clocks[color] = clock.after_move(time.monotonic() - began)
        self.thinking_cpu_s += time.process_time() - cpu_s
        self.latest = self.opponent.analysis
        return action

    def word_of(self, action: int) -> str:
        """What the agent chose, in the words of the protocol: a vertex, `pass` or `resign`."""
        from app.opponent import RESIGNS
        from engine.notation import vertex_of_action

        return "resign" if action == RESIGNS else vertex_of_action(action, self.rules)

    def hear_result(self, result: str) -> None:
        """Learn how the game has ended, in the words of the client."""
        self._ending = self.game, len(self.game.moves), result

    def known_record(self) -> dict[str, Any]:
        """What the client has told of result, names and ratings, as fields of `engine.sgf.SgfGame`."""
        from engine.board import BLACK

        told: dict[str, Any] = {}
        if self._ending is not None and self._ending[:2] == (self.game, len(self.game.moves)):
            told["result"] = self._ending[2]
        if self.opponent_name and self._own_color is not None:
            names = [NAME, self.opponent_name]
            is_black = self._own_color == BLACK
            told["black_name"], told["white_name"] = names if is_black else reversed(names)
            if self.opponent_rating:
                told["info"] = {"WR" if is_black else "BR": self.opponent_rating}
        return told

    def move(self, action: int, color: int) -> str:
        """Play what the agent chose and say it.

        Args:
            action: from `choose`.
            color: BLACK or WHITE.
        """
        from app.opponent import RESIGNS

        if action != RESIGNS:
            self.play(action, color)
            self._own_move = self.game, len(self.game.moves)
        self._own_color = color
        return self.word_of(action)

    def ponder(self) -> None:
        """Think on behind a move of the agent until `stop_pondering`; only agents that search do."""
        game = self._started_game
        if not self.ponders or game is None or self._own_move != (game, len(game.moves)) or game.is_over:
            return
        from selfplay.agents import AgentError

        with suppress(AgentError):
            self._pondering = self.opponent.player(self.rules)
            self._pondering.ponder(game.state)

    def stop_pondering(self) -> None:
        """End what `ponder` began."""
        player, self._pondering = self._pondering, None
        if player is not None:
            player.stop()


def _play(game: "Game", action: int, color: int) -> None:
    game.play(action, color)
    game.resume()


def color_of(words: Arguments, complaint: str = INVALID_MOVE) -> int:
    """The color that the first word names.

    Args:
        words: of a request.
        complaint: the refusal of any other word.

    Raises:
        Refusal: it names none.
    """
    from engine.board import BLACK, WHITE

    colors = {"b": BLACK, "black": BLACK, "w": WHITE, "white": WHITE}
    color = colors.get(words[0].lower()) if words else None
    if color is None:
        raise Refusal(complaint)
    return color


def number_of(words: Arguments, place: int, complaint: str) -> int:
    """The whole number, zero or more, in a place.

    Args:
        words: of a request.
        place: which of them.
        complaint: the refusal of anything else.

    Raises:
        Refusal: there is none.
    """
    word = words[place] if place < len(words) else ""
    if not (word.isascii() and word.isdigit()):
        raise Refusal(complaint)
    return int(word[:9])


def with_side(rules: Rules, width: int, height: int) -> Rules:
    """The same rules on another board.

    Raises:
        Refusal: a size that commands do not offer.
    """
    from app.options import usual_rules
    from engine.errors import RulesError

    try:
        usual = usual_rules(rules.game, width, height)
        return replace(rules, width=width, height=height, line_length=usual.line_length)
    except RulesError:
        raise Refusal("unacceptable size") from None
