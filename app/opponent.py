"""An agent at one board: it moves for either color and says what it expects."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from threading import Thread

import numpy as np

from engine import board
from engine.errors import YomiError
from engine.game import Game
from engine.rulesets import Rules
from mcts.analysis import Analysis
from mcts.player import Player, Report
from mcts.tree_search import never
from selfplay.agents import Agent, AgentError, AgentSpec
from selfplay.external_agent import RESIGNS, ExternalAgent
from selfplay.player_agent import PlayerAgent

__all__ = ["RESIGNS", "Opponent"]


class Opponent:
    """Chooses moves in games of any rules; the games themselves stay as they are.

    Attributes:
        label: name and strength.
        spec: which agent it is.
    """

    def __init__(self, spec: AgentSpec, seed: int | None) -> None:
        """Seat an agent.

        Args:
            spec: which one.
            seed: of its randomness; None takes a new one.
        """
        self.label = spec.label()
        self.spec = spec
        self._seed = np.random.SeedSequence(seed)
        self._rules: Rules | None = None
        self._agent: Agent
        self._arrival: Thread | None = None

    def sit_down_behind(self, rules: Rules) -> None:
        """Get ready while others go on; what else is wrong with it the first choice tells.

        Args:
            rules: of the game to come.

        Raises:
            AgentError: the agent plays another game, or has no such setting.
        """
        self.spec.check(rules)

        def arrive() -> None:
            with suppress(YomiError, OSError):
                Game(rules).play(0)  # so that what the first move needs is compiled
                self._take_seat(rules)

        self._arrival = Thread(target=arrive, name="opponent")
        self._arrival.start()

    def become(self, spec: AgentSpec, rules: Rules) -> None:
        """Go on as another agent, which knows nothing of earlier positions.

        Args:
            spec: which one.
            rules: of the game.

        Raises:
            AgentError: there cannot be such an agent; nothing has changed then.
        """
        spec.make(rules, 1, np.random.SeedSequence(0))
        self.spec, self.label = spec, spec.label()
        self.forget()

    def sit_down(self, rules: Rules) -> None:
        """Get ready for games under some rules.

        Raises:
            AgentError: the agent plays another game.
        """
        if self._arrival is not None:
            self._arrival.join()
            self._arrival = None
        self._take_seat(rules)

    def _take_seat(self, rules: Rules) -> None:
        if rules != self._rules:
            (seed,) = self._seed.spawn(1)
            self._agent = self.spec.make(rules, 1, seed)
            self._rules = rules

    def warm_up(self, rules: Rules) -> None:
        """Have all that a choice needs compiled and loaded, so that no clock pays for it."""
        quick = replace(self.spec, visits=min(self.spec.visits or 2, 2), seconds=None)
        quick.make(rules, 1, np.random.SeedSequence(0)).choose(board.new_state(rules), np.zeros(1, np.int64))

    def choose(
        self,
        game: Game,
        color: int,
        *,
        seconds: float | None = None,
        is_cap: bool = False,
        stop: Callable[[], bool] = never,
        allowed: Collection[int] | None = None,
        report: Report | None = None,
        interval_s: float = 0.5,
    ) -> int:
        """A legal action for a color, whoever's turn it is; RESIGNS if the agent gives up.

        Args:
            game: it must not be over.
            color: BLACK or WHITE.
            seconds: to think, instead of the agent's own strength, if it searches.
            is_cap: whether that strength is a limit as well.
            stop: asked while it searches; true ends that at once.
            allowed: the only moves to choose from, None for all.
            report: told of an analysis at each interval, if it searches.
            interval_s: seconds between reports.

        Raises:
            AgentError: the agent plays another game, is a program that failed, or cannot choose from some
                moves alone because it does not search.
        """
        self.sit_down(game.rules)
        position = position_to_move(game, color)
        if isinstance(self._agent, PlayerAgent):
            limits = self._agent.limits(seconds, stop, is_cap=is_cap)
            return self._agent.choose_within(
                limits, position, allowed=allowed, report=report, interval_s=interval_s
            )
        if allowed is not None:
            raise self._searches_not()
        moves = [_moves_in_turn(game, color)] if isinstance(self._agent, ExternalAgent) else None
        (action,) = self._agent.choose(position, np.zeros(1, np.int64), moves)
        if isinstance(self._agent, ExternalAgent) and self._agent.failures:
            raise AgentError(self._agent.failures.pop())
        return int(action)

    def player(self, rules: Rules) -> Player:
        """Who searches, to look at positions with.

        Args:
            rules: of the positions to come.

        Raises:
            AgentError: the agent does not search, or plays another game.
        """
        self.sit_down(rules)
        if not isinstance(self._agent, PlayerAgent):
            raise self._searches_not()
        return self._agent.player

    def _searches_not(self) -> AgentError:
        return AgentError(f"agent {self.label}: expected one that searches")

    def close(self) -> None:
        """End a program of others that plays; nothing else runs by itself."""
        if self._rules is not None and isinstance(self._agent, ExternalAgent):
            self._agent.close()

    def forget(self) -> None:
        """Lose what was found in earlier positions."""
        self._rules = None

    @property
    def analysis(self) -> Analysis | None:
        """What it saw before its latest choice; None for agents that do not search."""
        if self._rules is None or not isinstance(self._agent, PlayerAgent):
            return None
        return self._agent.analysis

    def win_estimate(self) -> float | None:
        """The chance of winning it saw before its latest choice; None for agents that do not search."""
        return None if self.analysis is None else self.analysis.win_rate_to_play


def position_to_move(game: Game, color: int) -> board.State:
    """A copy of the position of a game, with a color to move."""
    position = board.new_state(game.rules)
    board.copy_row(game.state, 0, position, 0)
    if color != game.to_play:
        position.scalars[0, board.TO_PLAY] = color
        position.scalars[0, board.KO_POINT] = board.PASS_POINT
    return position


def _moves_in_turn(game: Game, color: int) -> list[int]:
    """The actions of a game, for an agent that knows games only as moves of Black and White in turn.

    Raises:
        AgentError: it has gone otherwise.
    """
    turns = [board.BLACK if ply % 2 == 0 else board.WHITE for ply in range(len(game.moves) + 1)]
    if game.handicap or [move.color for move in game.moves] + [color] != turns:
        raise AgentError("program: expected a game without handicap in which the colors take turns")
    return [move.action for move in game.moves]
