"""Self-play in processes: the games of threads, behind the same firewall; errors, kills and stops arrive."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_records import random_network

from engine.board import State
from engine.errors import OutcomeForbiddenError
from engine.rulesets import go_rules
from engine.scoring import outcomes_forbidden
from mcts.config import SearchConfig
from rlhf_variant.reward_model import RewardConfig, new_reward_model
from rlhf_variant.reward_value_source import RewardValueSource
from selfplay.generate import Generated, Job, PlayJobs, deal, generate_games, play_in_threads
from selfplay.network_evaluators import NetworkEvaluators
from selfplay.records import GameRecord
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import OutcomeValueSource, ValueSource
from selfplay.worker_processes import WorkerError, WorkerProcesses

TESTS = Path(__file__).resolve().parent
RULES = go_rules(4, komi=0.5)
SEARCH = SearchConfig(num_simulations=8)
SELFPLAY = SelfPlayConfig(parallel_games=3, random_plies=2)


@pytest.fixture(scope="module")
def processes() -> Iterator[WorkerProcesses]:
    with WorkerProcesses(2) as started:
        yield started


def made(play_jobs: PlayJobs, source: ValueSource, told: Callable[[GameRecord], None]) -> Generated:
    evaluators, seed = NetworkEvaluators(random_network(1), RULES), np.random.SeedSequence(5)
    games: list[int] = []
    result = generate_games(
        RULES, SEARCH, SELFPLAY, evaluators, source, 9, 2, seed, games.append, told, play_jobs
    )
    assert sum(games) == 9
    return result


def plain(generated: Generated) -> list[Any]:
    return [generated.num_evaluations, *(game.to_columns() for game in generated.games)]


def test_processes_play_the_games_of_threads_again_and_again(processes: WorkerProcesses) -> None:
    told: list[GameRecord] = []
    in_threads = made(play_in_threads, OutcomeValueSource(), lambda game: None)
    for _ in range(2):
        told.clear()
        in_processes = made(processes.play, OutcomeValueSource(), told.append)
        assert plain(in_processes) == plain(in_threads)
        assert sorted(game.digest() for game in told) == sorted(game.digest() for game in in_threads.games)
        assert in_processes.network_seconds > 0
        assert in_processes.cpu_seconds > in_threads.cpu_seconds == 0


def test_the_firewall_travels_and_so_does_what_it_raises(processes: WorkerProcesses) -> None:
    source = RewardValueSource(new_reward_model(RewardConfig(blocks=1, channels=8), 1))
    open_games = made(processes.play, source, lambda game: None)
    with outcomes_forbidden():
        assert plain(made(processes.play, source, lambda game: None)) == plain(open_games)
    with outcomes_forbidden(), WorkerProcesses(2) as others, pytest.raises(OutcomeForbiddenError):
        made(others.play, OutcomeValueSource(), lambda game: None)


class Deadly(OutcomeValueSource):
    """Kills the process that asks it."""

    def value_targets(self, state: State, row: int, to_play: Any, moves: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


class Slow(OutcomeValueSource):
    """Never answers."""

    def value_targets(self, state: State, row: int, to_play: Any, moves: Any) -> Any:
        time.sleep(600)


def is_alive(number: int) -> bool:
    """Whether a process runs; on Linux one that nobody has waited for yet counts as ended."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{number}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def parts(source: ValueSource, num_games: int) -> list[Job]:
    evaluators, seed = NetworkEvaluators(random_network(1), RULES), np.random.SeedSequence(5)
    return deal(RULES, SEARCH, SELFPLAY, evaluators, source, num_games, 2, seed)


def refuse(number: int) -> None:
    if number != os.getpid():
        raise ValueError("cannot be unpacked elsewhere")


class Unsendable(OutcomeValueSource):
    """Can leave its process and arrive in no other."""

    def __reduce__(self) -> Any:
        return refuse, (os.getpid(),)


def test_a_job_that_does_not_arrive_is_an_error_and_nobody_waits_for_it() -> None:
    with WorkerProcesses(2) as others, pytest.raises(ValueError, match="cannot be unpacked elsewhere"):
        others.play(parts(Unsendable(), 9))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a POSIX signal")
def test_a_killed_process_is_an_error_that_says_so() -> None:
    with WorkerProcesses(2) as doomed, pytest.raises(WorkerError, match="ended with code -9"):
        doomed.play(parts(Deadly(), 9))


def test_processes_are_gone_when_their_block_is_left_in_the_middle_of_games() -> None:
    def interrupt(game: GameRecord) -> None:
        raise KeyboardInterrupt

    others = set(multiprocessing.active_children())
    with WorkerProcesses(2) as left:
        with pytest.raises(KeyboardInterrupt):
            left.play(parts(OutcomeValueSource(), 10**6), finished=interrupt)
        started = set(multiprocessing.active_children()) - others
    assert len(started) == 2
    assert not any(process.is_alive() for process in started)


CALLER = """
import multiprocessing
import test_worker_processes as tests
if __name__ == "__main__":
    with tests.WorkerProcesses(2) as processes:
        processes.start()
        print(*(process.pid for process in multiprocessing.active_children()), flush=True)
        processes.play(tests.parts(tests.Slow(), 9))
"""
"""Starts two processes and waits for games that never come."""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a POSIX signal")
def test_processes_end_with_a_caller_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(CALLER)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (TESTS.parent, TESTS)))}
    command = [sys.executable, str(tmp_path / "caller.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as caller:
        assert caller.stdout is not None
        numbers = [int(number) for number in caller.stdout.readline().split()]
        assert len(numbers) == 2
        assert all(is_alive(number) for number in numbers)
        caller.kill()
    deadline = time.monotonic() + 60
    while any(is_alive(number) for number in numbers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(is_alive(number) for number in numbers)


def test_a_stop_ends_all_jobs_early(processes: WorkerProcesses) -> None:
    made(
        processes.play, OutcomeValueSource(), lambda game: None
    )  # whatever they have to load, they load here
    timer = threading.Timer(1.0, processes.stop)
    timer.start()
    stopped = processes.play(parts(OutcomeValueSource(), 10**6))
    assert all(part.num_evaluations > 0 for part in stopped)
    assert sum(len(part.games) for part in stopped) < 10**6
