"""A player of one game: thinks on its own time and on the opponent's, tells what it sees, stops when told."""

import contextvars
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock
from types import TracebackType

from engine.board import GAME, GO, State, allocate_state
from engine.rulesets import Rules
from mcts.analysis import MOST_FORECASTS, Analysis, with_forecast
from mcts.forecast import Forecaster
from mcts.tree_search import Limits, TreeSearch

Report = Callable[[Analysis], None]
"""Told of an analysis now and then; the search waits for it."""


class Player:
    """Looks at the positions of a game in turn; what it knows of one helps with the next.

    Use it in a `with` block where it ponders, so that no thread goes on behind it. While one thread waits for
    `think`, others may call `analysis` alone.

    Attributes:
        search: the search, whose tree callers may read while nobody thinks or ponders.
    """

    def __init__(self, search: TreeSearch, rules: Rules, forecaster: Forecaster | None = None) -> None:
        """Get ready.

        Args:
            search: its own.
            rules: of the largest board to come.
            forecaster: of points and ownership in Go; None to tell of neither.
        """
        self.search = search
        self._forecaster = forecaster
        self._ahead = allocate_state(
            1 + MOST_FORECASTS, rules.width, rules.height, rules.resolved_move_limit + 2
        )
        self._forecasting = Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ponder")
        self._pondering: Future[None] | None = None
        self._is_told_to_stop = Event()

    def __enter__(self) -> "Player":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self._pool.shutdown()

    def think(
        self,
        position: State,
        limits: Limits,
        *,
        row: int = 0,
        allowed: Collection[int] | None = None,
        report: Report | None = None,
        interval_s: float = 0.5,
        wide_root_noise: float = 0.0,
    ) -> Analysis:
        """Search a position until a limit is reached.

        Args:
            position: not over.
            limits: when to end.
            row: which row of it.
            allowed: the only moves to search, None for all.
            report: told of an analysis at each interval, in the calling thread.
            interval_s: seconds between reports.
            wide_root_noise: how much wider than for play to search, see `TreeSearch.set_root`.

        Returns:
            What was found; the move to play comes first.

        Raises:
            ValueError: the game is over, or there are fewer than two visits.
            YomiError: no move that is allowed is legal.
        """
        self.stop()
        self.search.set_root(position, row, allowed, wide_root_noise=wide_root_noise)
        self.search.run(limits, self._progress(report, interval_s))
        return self.analysis()

    def ponder(self, position: State, *, row: int = 0, report: Report | None = None) -> None:
        """Search a position, such as one with the opponent to move, in the background until `stop`.

        Args:
            position: not over.
            row: which row of it.
            report: told of an analysis twice a second, in another thread.

        Raises:
            ValueError: the game is over.
        """
        self.stop()
        self.search.set_root(position, row)
        self._is_told_to_stop.clear()
        limits = Limits(stop=self._is_told_to_stop.is_set)
        run = contextvars.copy_context().run
        self._pondering = self._pool.submit(run, self.search.run, limits, self._progress(report, 0.5))

    def stop(self) -> None:
        """End pondering, if any, and pass on what went wrong in it."""
        pondering, self._pondering = self._pondering, None
        if pondering is not None:
            self._is_told_to_stop.set()
            pondering.result()

    def analysis(self) -> Analysis:
        """What is known now of the position looked at last."""
        analysis = self.search.analysis()
        root = self.search.root
        if self._forecaster is None or root.rules[0, GAME] != GO:
            return analysis
        with self._forecasting:
            return with_forecast(analysis, root, self._ahead, self._forecaster)

    def _progress(self, report: Report | None, interval_s: float) -> Callable[[], None] | None:
        """What makes reports at their time, between batches of the search."""
        if report is None:
            return None
        due = time.monotonic() + interval_s

        def progress() -> None:
            nonlocal due
            if time.monotonic() >= due:
                report(self.analysis())
                due = time.monotonic() + interval_s

        return progress
