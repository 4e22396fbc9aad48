"""Worker processes of self-play: each plays its part of every round and tells of each game as it ends.

Threads of one process wait for Python's lock between any two steps of the network; processes share nothing
(docs/decisions/0010-self-play-in-processes.md). They are spawned, once a run, and end with whoever started
them, however that ends.
"""

import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from engine.errors import YomiError
from engine.scoring import are_outcomes_forbidden, outcomes_forbidden
from selfplay.generate import Finished, Generated, Job, SelfPlayWorker, ignore
from selfplay.records import GameRecord
from selfplay.workers import Progress

END_S = 10.0
"""How long a process that was told to end may take."""


class WorkerError(YomiError):
    """A worker process that ended before its games did."""


class Order(NamedTuple):
    """What a worker process is sent for a round.

    Attributes:
        job: its part of the games.
        is_blind: whether the caller stands behind the outcome firewall; then so does the worker.
    """

    job: Job
    is_blind: bool


class Spent(NamedTuple):
    """What a worker process sends after the last game of its part; see `Generated`."""

    num_evaluations: int
    network_seconds: float
    cpu_seconds: float


class WorkerProcesses:
    """Processes that play, kept from round to round; used in a `with` block, at whose end they are gone."""

    def __init__(self, count: int) -> None:
        """Start nothing yet: the first round does.

        Args:
            count: of processes, one a core.
        """
        self.count = count
        self._members: list[_Member] = []

    def __enter__(self) -> "WorkerProcesses":
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._members:
            member.connection.close()
        for member in self._members:
            member.process.join(END_S)
            member.process.terminate()
        self._members.clear()

    def start(self) -> None:
        """Start all processes now, where none are started; they have much to import."""
        if not self._members:
            self._members = [_Member() for _ in range(self.count)]

    def play(
        self, jobs: Sequence[Job], progress: Progress = lambda count: None, finished: Finished = ignore
    ) -> list[Generated]:
        """Play all jobs beside each other, with the calling context's firewall.

        After an error nothing is left to do with these processes but to leave the block.

        Args:
            jobs: at most `count`. Evaluators and value sources are copied into the processes.
            progress: told of finished games.
            finished: told of each game.

        Returns:
            What each job made.

        Raises:
            WorkerError: a process died.
            Exception: what a worker raised.
        """
        self.start()
        playing = self._members[: len(jobs)]
        for member, job in zip(playing, jobs, strict=True):
            member.games, member.spent = [], None
            member.send(Order(job, are_outcomes_forbidden()))
        waiting: list[Any] = [member.connection for member in playing]
        while waiting:
            for connection in wait(waiting):
                member = next(member for member in playing if member.connection is connection)
                message = member.receive()
                if isinstance(message, GameRecord):
                    member.games.append(message)
                    finished(message)
                    progress(1)
                elif isinstance(message, Spent):
                    member.spent = message
                    waiting.remove(connection)
                else:
                    raise message
        return [Generated(member.games, *member.spent) for member in playing if member.spent is not None]

    def stop(self) -> None:
        """Have all jobs end after the move at hand; from another thread than the one that waits in `play`."""
        for member in self._members:
            member.send(None)


class _Member:
    """A process, this end of the pipe to it, and what it has sent of its part."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        _start_without_interrupts(self.process.start)
        theirs.close()
        self.games: list[GameRecord] = []
        self.spent: Spent | None = None

    def send(self, order: Order | None) -> None:
        try:
            self.connection.send(order)
        except OSError:
            raise self._death() from None

    def receive(self) -> Any:
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            raise self._death() from None

    def _death(self) -> WorkerError:
        self.process.join(END_S)
        return WorkerError(f"self-play: a worker process ended with code {self.process.exitcode}")


def _start_without_interrupts(start: Callable[[], None]) -> None:
    """Ctrl-C reaches all processes of a terminal; who started the others ends them in its own way."""
    if threading.current_thread() is not threading.main_thread():
        start()
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        start()
    finally:
        signal.signal(signal.SIGINT, handler)


def _work(connection: Connection) -> None:
    """The life of a worker process: one order after another, until nobody is there to give any."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    playing: list[SelfPlayWorker] = []
    is_stopped = threading.Event()

    def listen() -> None:
        while True:
            try:
                order = connection.recv()
            except (EOFError, OSError):
                os._exit(0)
            except Exception as error:  # noqa: BLE001 - an order that cannot be unpacked here
                connection.send(error)
                continue
            if order is not None:
                is_stopped.clear()
                orders.put(order)
                continue
            is_stopped.set()
            for worker in playing:
                worker.is_stopped = True

    threading.Thread(target=listen, daemon=True).start()
    now = 0.0
    while True:
        order = orders.get()
        try:
            with outcomes_forbidden() if order.is_blind else nullcontext():
                worker = SelfPlayWorker(*order.job)
                worker.finished = connection.send
                playing[:] = [worker]
                worker.is_stopped = is_stopped.is_set()
                worker.run(lambda count: None)
            told, now = now, time.process_time()
            connection.send(Spent(worker.num_evaluations, worker.network_seconds, now - told))
        except Exception as error:  # noqa: BLE001 - whatever it is, `play` raises it
            with suppress(OSError):
                connection.send(error)
