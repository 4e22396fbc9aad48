"""Worker threads: each runs its own games, and all end when one fails or the caller is interrupted."""

import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

Progress = Callable[[int], None]
"""Told of every number of newly finished games or steps, from any thread."""


class Worker(Protocol):
    """Something that works in a thread of its own.

    Attributes:
        is_stopped: set from outside when nobody waits for the rest.
    """

    is_stopped: bool

    def run(self, progress: Progress) -> None:
        """Work to the end, or until `is_stopped` is set."""
        ...


def dealt(total: int, num_workers: int) -> list[int]:
    """A number of games in nearly equal parts: a worker each, but no more workers than games."""
    num_workers = max(1, min(num_workers, total))
    return [total // num_workers + (index < total % num_workers) for index in range(num_workers)]


def run_workers(workers: Sequence[Worker], progress: Progress) -> None:
    """Run every worker in a thread of its own and wait for all of them.

    The calling context travels along, and with it the outcome firewall.

    Args:
        workers: at least one.
        progress: given to each.

    Raises:
        BaseException: what a worker raised, or what interrupted the waiting; the others are stopped first.
    """
    with ThreadPoolExecutor(len(workers), thread_name_prefix="worker") as pool:
        futures = [pool.submit(contextvars.copy_context().run, worker.run, progress) for worker in workers]
        try:
            for future in futures:
                future.result()
        finally:
            for worker in workers:
                worker.is_stopped = True
