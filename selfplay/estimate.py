"""How long a run will take on this machine: a short measurement, and what earlier runs needed."""

import time
from dataclasses import dataclass, replace
from threading import Timer

import numpy as np
import torch

from engine.game import Game
from engine.rulesets import Rules
from selfplay.config import TrainConfig
from selfplay.generate import Job, deal
from selfplay.learner import Learner
from selfplay.network import new_network
from selfplay.network_evaluators import NetworkEvaluators
from selfplay.records import GameRecord
from selfplay.replay import ReplayBuffer
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import OutcomeValueSource
from selfplay.worker_processes import WorkerProcesses

WARM_UP_MOVES = 2
"""Of as many games as are played in lockstep, before anything is measured."""
MORE_GAMES_THAN_END = 10**6
SELFPLAY_SHARE = 0.7
"""Of the time of the measurement; training has the rest."""
MOVES_PER_POINT = {"go": 1.2, "gomoku": 0.35}
"""Usual length of a self-play game by points of the board: 61 moves on 7x7 in the run of `go7`."""


@dataclass(frozen=True)
class Rung:
    """A strength that runs of a preset reach.

    Attributes:
        name: what is reached.
        evaluations: network evaluations of self-play until then.
        is_measured: whether a run has shown it; else it is a guess.
    """

    name: str
    evaluations: float
    is_measured: bool


RUNGS = {
    "go7": [Rung("99 % against uct:1000 at 64 visits", 3.4e6, True)],
    "go9": [
        Rung("84 % against GNU Go level 10 at 100 visits, from a clone of real games", 1.33e7, True),
        Rung("50 % against uct:1000 at 100 visits", 1.5e7, False),
        Rung("89 % against GNU Go level 10, in part from positions of games against it", 6.35e7, True),
        Rung("91 % against GNU Go level 10, in part with 128 simulations", 7.42e7, True),
        Rung("50 % against GNU Go level 1", 9e7, False),
        Rung("30 % against GNU Go level 10", 3e8, False),
    ],
    "gomoku15": [
        Rung("94 % against threats at 100 visits, from a clone with 3 blocks of 32 channels", 6.9e6, True)
    ],
    "gomoku6": [Rung("97 % against uct:1000 at 64 visits, from the empty board", 1.3e6, True)],
}
"""By preset; docs/agents.md has the measured ones."""


@dataclass(frozen=True)
class Estimate:
    """What was measured, and what follows for a run.

    Attributes:
        evaluations_per_s: of self-play.
        steps_per_s: of training.
        evaluations_per_game: by the usual length of a game.
        steps_per_game: that `passes` allows.
    """

    evaluations_per_s: float
    steps_per_s: float
    evaluations_per_game: float
    steps_per_game: float

    @property
    def seconds_per_game(self) -> float:
        """Self-play and training together."""
        return self.evaluations_per_game / self.evaluations_per_s + self.steps_per_game / self.steps_per_s

    @property
    def games_per_hour(self) -> float:
        """Of a run, training included."""
        return 3600 / self.seconds_per_game

    def hours(self, evaluations: float) -> float:
        """Until self-play has spent so many evaluations, training included."""
        return evaluations / self.evaluations_per_game * self.seconds_per_game / 3600


def estimate(config: TrainConfig, seconds: float) -> Estimate:
    """Measure self-play and training of a run for a while, with fresh weights and without a trace.

    Args:
        config: of the run.
        seconds: about how long, beside loading and compiling.
    """
    selfplay = config.selfplay
    full = selfplay.full_search_share
    searches = full * config.search.num_simulations + (1 - full) * selfplay.cheap_simulations
    moves = MOVES_PER_POINT[config.rules.game] * config.rules.area
    with WorkerProcesses(config.threads) as processes:
        short = replace(
            selfplay, first_cut=WARM_UP_MOVES, last_cut=WARM_UP_MOVES, random_plies=0, fork_share=0.0
        )
        processes.play(_jobs(config, short, config.threads * selfplay.parallel_games))
        evaluations_per_s = _evaluations_per_s(config, processes, SELFPLAY_SHARE * seconds)
    return Estimate(
        evaluations_per_s=evaluations_per_s,
        steps_per_s=_steps_per_s(config, (1 - SELFPLAY_SHARE) * seconds),
        evaluations_per_game=moves * searches,
        steps_per_game=config.learner.passes * moves * full / config.learner.batch_size,
    )


def _jobs(config: TrainConfig, selfplay: SelfPlayConfig, num_games: int) -> list[Job]:
    evaluators = NetworkEvaluators(new_network(config.network, config.seed), config.rules)
    seed, source = np.random.SeedSequence(config.seed), OutcomeValueSource()
    return deal(config.rules, config.search, selfplay, evaluators, source, num_games, config.threads, seed)


def _evaluations_per_s(config: TrainConfig, processes: WorkerProcesses, seconds: float) -> float:
    jobs = _jobs(config, config.selfplay, MORE_GAMES_THAN_END)
    timer, started = Timer(seconds, processes.stop), time.monotonic()
    timer.start()
    try:
        made = processes.play(jobs)
    finally:
        timer.cancel()
    return sum(part.num_evaluations for part in made) / (time.monotonic() - started)


def _steps_per_s(config: TrainConfig, seconds: float) -> float:
    torch.set_num_threads(config.threads)
    learner = Learner(new_network(config.network, config.seed), config.learner)
    random = np.random.default_rng(config.seed)
    games = [_random_game(config.rules, random) for _ in range(20)]
    buffer = ReplayBuffer(games, config.network, min_pass_ply=config.masked_plies)
    learner.train_steps(buffer, 1, random)
    started, num_steps = time.monotonic(), 0
    while time.monotonic() - started < seconds or not num_steps:
        learner.train_steps(buffer, 1, random)
        num_steps += 1
    return num_steps / (time.monotonic() - started)


def _random_game(rules: Rules, random: np.random.Generator) -> GameRecord:
    """A game of random moves as a record: to train on it takes as long as on any other."""
    game = Game(rules)
    while not game.is_over:
        game.play(int(random.choice(game.legal_actions())))
    length = len(game.moves)
    visits = np.zeros((length, rules.num_actions), np.uint16)
    moves = np.array([move.action for move in game.moves], np.int16)
    visits[np.arange(length), moves] = 1
    zeros = np.zeros(length, np.float32)
    return GameRecord(rules, moves, visits, zeros, zeros, game.score_black() if rules.game == "go" else None)
