"""Thinking beside the screen: one job at a time in a thread of its own, stopped when the position changes."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from threading import Event

import numpy as np
from textual.message import Message

from app.opponent import Opponent
from app.outlook import Outlook
from app.screens.critic import Critic
from engine.errors import YomiError
from engine.game import Game
from engine.rulesets import Rules
from mcts.analysis import Analysis
from mcts.player import Player
from mcts.tree_search import Limits
from selfplay.agents import AgentError, AgentSpec, open_agent
from selfplay.bundled import default_agent


class Seen(Message):
    """What a job sees of its position."""

    def __init__(self, job: int, analysis: Analysis) -> None:
        self.job, self.analysis = job, analysis
        super().__init__()


class Decided(Message):
    """What the agent plays, or would play: an action or RESIGNS, and the chance of winning it sees."""

    def __init__(self, job: int, action: int, chance: float | None, *, is_hint: bool) -> None:
        self.job, self.action, self.chance, self.is_hint = job, action, chance, is_hint
        super().__init__()


class Judged(Message):
    """What the critic thinks of a position: the chance of Black, and how many moves came before it."""

    def __init__(self, ply: int, chance_black: float) -> None:
        self.ply, self.chance_black = ply, chance_black
        super().__init__()


class Failed(Message):
    """Why a job ended."""

    def __init__(self, job: int, reason: str) -> None:
        self.job, self.reason = job, reason
        super().__init__()


class Brain:
    """An agent at one board that chooses moves, and a search that analyzes positions.

    Attributes:
        choosing_since: when the choice at hand began by `time.monotonic()`, None if there is none.
    """

    def __init__(self, spec: AgentSpec, seed: int | None, post: Callable[[Message], object]) -> None:
        """Nothing is loaded or started yet.

        Args:
            spec: who chooses moves; it also analyzes, if it searches.
            seed: of its randomness; None takes a new one.
            post: takes messages from the thread of a job.
        """
        self.choosing_since: float | None = None
        self._spec = spec
        self._post = post
        self._opponent = Opponent(spec, seed)
        self._analyst: tuple[Player, Outlook] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="brain")
        self._job = 0
        self._is_told_to_stop = Event()

    def load(self, rules: Rules) -> None:
        """Load the agent now, before anybody waits for it; what is wrong with it its first choice tells.

        Args:
            rules: of the game to come.
        """

        def sit_down() -> None:
            with suppress(YomiError, OSError):
                self._opponent.sit_down(rules)

        self._pool.submit(sit_down)

    def judge(self, game: Game, critic: Critic) -> None:
        """Ask a critic about a position, beside the job at hand.

        Args:
            game: a copy is taken.
            critic: who is asked.
        """
        position, job = deepcopy(game), self._job

        def ask() -> None:
            try:
                self._post(Judged(len(position.moves), critic.chance_black(position)))
            except (YomiError, OSError) as error:
                self._post(Failed(job, str(error)))

        self._pool.submit(ask)

    def choose(self, game: Game, *, is_hint: bool, seconds: float | None = None) -> None:
        """Choose a move for the side to move.

        Args:
            game: not over; a copy is taken.
            is_hint: whether the move is only to be shown.
            seconds: that a clock allows, on top of the agent's own strength; None without a clock.
        """
        position = deepcopy(game)

        def choice(job: int, is_stopped: Callable[[], bool]) -> None:
            def report(analysis: Analysis) -> None:
                self._post(Seen(job, analysis))

            action = self._opponent.choose(
                position,
                position.to_play,
                seconds=seconds,
                is_cap=self._spec.visits is not None or self._spec.seconds is not None,
                stop=is_stopped,
                report=report,
            )
            self._post(Decided(job, action, self._opponent.win_estimate(), is_hint=is_hint))

        self._start(choice)
        self.choosing_since = time.monotonic()

    def analyze(self, game: Game) -> None:
        """Look at a position until told to stop or the memory is full.

        Args:
            game: not over; a copy is taken.
        """
        position = deepcopy(game)

        def look(job: int, is_stopped: Callable[[], bool]) -> None:
            player, outlook = self._analysts(position.rules)

            def report(analysis: Analysis) -> None:
                self._post(Seen(job, outlook.of(analysis, position.state)))

            limits = Limits(stop=is_stopped)
            report(player.think(position.state, limits, report=report, interval_s=0.3))

        self._start(look)

    def ponder(self, game: Game) -> None:
        """Let the agent think about a position in which others move; it goes on from there.

        Args:
            game: not over; a copy is taken.
        """
        position = deepcopy(game)

        def think(_: int, is_stopped: Callable[[], bool]) -> None:
            with suppress(AgentError):  # some agents do not search
                self._opponent.player(position.rules).think(position.state, Limits(stop=is_stopped))

        self._start(think)

    def is_about(self, message: Seen | Decided | Failed) -> bool:
        """Whether a message comes from the job at hand; those of jobs that were stopped arrive as well."""
        return message.job == self._job

    def stop(self) -> None:
        """End the job at hand."""
        self._is_told_to_stop.set()
        self._job += 1
        self.choosing_since = None

    def close(self) -> None:
        """End everything; a program of others is ended too, even while it thinks."""
        self.stop()
        self._opponent.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, work: Callable[[int, Callable[[], bool]], None]) -> None:
        self.stop()
        job, stop = self._job, Event()
        self._is_told_to_stop = stop

        def run() -> None:
            try:
                if not stop.is_set():
                    work(job, stop.is_set)
            except (YomiError, OSError) as error:
                self._post(Failed(job, str(error)))

        self._pool.submit(run)

    def _analysts(self, rules: Rules) -> tuple[Player, Outlook]:
        """Who searches for analyses and who tells of points: the agent itself, or the default agent."""
        if self._analyst is None:
            seed, spec = np.random.SeedSequence(), self._spec
            try:
                player = spec.player(rules, seed)
            except AgentError:
                spec = open_agent(default_agent(rules), threads=self._spec.threads)
                player = spec.player(rules, seed)
            self._analyst = player, Outlook(rules, spec, None)
        return self._analyst
