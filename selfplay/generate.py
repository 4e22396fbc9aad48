"""Self-play: one worker a core, each with its own rows of games in lockstep.

Games are dealt to workers before they start, so the same seed and number of workers give the same games, in
threads and in processes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from engine.board import BLACK, IS_OVER, PASS_COUNT, WHITE, State, new_state, reset, set_rules
from engine.jit import kernel
from engine.rules_kernels import play
from engine.rulesets import Rules
from mcts.config import SearchConfig
from mcts.evaluator import Evaluator
from mcts.policy_target import choose_actions, stored_weights
from mcts.schedules import falling_temperatures, halving_temperatures
from mcts.search import Search
from selfplay.beginnings import Beginnings
from selfplay.opening_judge import OpeningJudge
from selfplay.positions import Line
from selfplay.records import GameRecord
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import ValueSource
from selfplay.workers import Progress, dealt, run_workers

EvaluatorFactory = Callable[[int, np.random.SeedSequence], Evaluator]
"""`(batch, seed) -> evaluator`, called once a worker."""
Finished = Callable[[GameRecord], None]
"""Told of each game as it ends, from any worker."""
DECIDED_MOVES = 3
"""Searches in a row that must agree before a game counts as decided."""


def ignore(_: GameRecord) -> None:
    """Tell nobody of a game."""


@kernel
def play_actions(state: State, rows: npt.NDArray[np.int64], actions: npt.NDArray[np.int64]) -> None:
    """Play one legal action in each of several rows. Mutates: state[rows]."""
    for index in range(rows.shape[0]):
        play(state, rows[index], actions[index])


@dataclass(frozen=True)
class Generated:
    """What a call of `generate_games` made, or one worker of it.

    Attributes:
        games: finished games, worker by worker in order of their end.
        num_evaluations: positions sent to evaluators, the unit in which budgets are equal.
        network_seconds: that evaluators spent in forward passes, of all workers together; 0 where they do not
            tell.
        cpu_seconds: of other processes than the caller's.
    """

    games: list[GameRecord]
    num_evaluations: int
    network_seconds: float
    cpu_seconds: float = 0.0


class Job(NamedTuple):
    """A worker's part of the games; see `generate_games`."""

    rules: Rules
    search_config: SearchConfig
    config: SelfPlayConfig
    new_evaluator: EvaluatorFactory
    value_source: ValueSource
    seed: np.random.SeedSequence
    num_games: int
    lines: Sequence[Line] = ()


PlayJobs = Callable[[Sequence[Job], Progress, Finished], list[Generated]]
"""Plays jobs beside each other, one a worker: `(jobs, progress, finished) -> what each made`."""


class SelfPlayWorker:
    """One worker's rows of games."""

    def __init__(
        self,
        rules: Rules,
        search_config: SearchConfig,
        config: SelfPlayConfig,
        new_evaluator: EvaluatorFactory,
        value_source: ValueSource,
        seed: np.random.SeedSequence,
        num_games: int,
        lines: Sequence[Line] = (),
    ) -> None:
        self.rules, self.config, self.value_source = rules, config, value_source
        self.waiting = num_games
        batch = min(config.parallel_games, num_games)
        search_seed, evaluator_seed, move_seed = seed.spawn(3)
        self.random = np.random.default_rng(move_seed)
        self.state = new_state(rules, batch)
        self.evaluator = evaluator = new_evaluator(batch, evaluator_seed)
        terminal_values = value_source.terminal_values
        self.search = Search(search_config, evaluator, rules, batch, search_seed, terminal_values)
        self.cheap_search = self.search
        if config.full_search_share < 1:
            cheap = replace(
                search_config,
                num_simulations=config.cheap_simulations,
                selection="puct",
                forced_playouts=0.0,
                average_root=False,
            )
            cheap_seed = search_seed.spawn(1)[0]
            self.cheap_search = Search(cheap, evaluator, rules, batch, cheap_seed, terminal_values)
        self.judge = OpeningJudge(evaluator, rules, batch)
        self.beginnings = Beginnings(
            rules,
            config.sizes,
            config.random_plies,
            config.fork_share,
            config.evenness(refuses_vcf=search_config.vcf_nodes > 0),
            self.judge,
            config.position_share,
            lines,
        )
        self.row_rules = [rules] * batch
        limit = rules.resolved_move_limit
        self.moves = np.zeros((batch, limit), np.int16)
        self.visits = np.zeros((batch, limit, rules.num_actions), np.uint16)
        self.root_values = np.zeros((batch, limit), np.float32)
        self.surprises = np.zeros((batch, limit), np.float32)
        self.lengths = np.zeros(batch, np.int64)
        self.cuts = np.full(batch, limit)
        self.active = np.arange(batch, dtype=np.int64)
        self.waiting -= batch
        self.games: list[GameRecord] = []
        self.finished: Finished = ignore
        self.is_stopped = False

    def run(self, progress: Progress) -> None:
        """Play until no game is left, or until `is_stopped` is set from outside."""
        torch.set_num_threads(1)
        while len(self.active) and not self.is_stopped:
            self._play_openings()
            self._play_searched_moves()
            is_over = self.state.scalars[self.active, IS_OVER] != 0
            over = self.active[is_over | (self.lengths[self.active] >= self.cuts[self.active])]
            for row in over:
                self._finish(int(row))
            if len(over):
                progress(len(over))

    def _play_openings(self) -> None:
        for row in self.active[self.lengths[self.active] == 0]:
            rules, actions = self.beginnings.draw(self.games, self.random)
            if rules != self.row_rules[row]:
                self.row_rules[row] = rules
                set_rules(self.state, row, rules)
                reset(self.state, row)
            for action in actions:
                self._record(np.array([row]), np.array([action]))
            if self.config.last_cut:
                self.cuts[row] = self.random.integers(self.config.first_cut, self.config.last_cut + 1)

    def _play_searched_moves(self) -> None:
        rows = self.active[self.state.scalars[self.active, IS_OVER] == 0]
        if not len(rows):
            return
        share = self.config.full_search_share
        is_full = np.ones(len(rows), np.bool_) if share == 1 else self.random.random(len(rows)) < share
        full, cheap = rows[is_full], rows[~is_full]
        if self.config.decided_value > 0:
            is_decided = np.array([self._is_decided(int(row)) for row in full], np.bool_)
            self._search_decided(full[is_decided])
            full = full[~is_decided]
        if len(full):
            self.search.run(self.state, full, noise=self.search.config.explores)
            self._keep_target(full)
            self._play_by(self.search, full)
        if len(cheap):
            self.cheap_search.run(self.state, cheap)
            self._play_by(self.cheap_search, cheap)

    def _is_decided(self, row: int) -> bool:
        """Whether the latest searches of a game agree on who wins."""
        length = int(self.lengths[row])
        plies = np.arange(max(length - DECIDED_MOVES, 0), length)
        values_black = self.root_values[row, plies] * np.where(plies % 2 == 0, 1, -1)
        least = self.config.decided_value
        return len(plies) == DECIDED_MOVES and bool(
            (values_black >= least).all() or (values_black <= -least).all()
        )

    def _search_decided(self, rows: npt.NDArray[np.int64]) -> None:
        """Searches with few simulations, of which few are targets. Each run needs the trees for itself."""
        if not len(rows):
            return
        simulations = self.config.decided_simulations
        self.search.run(self.state, rows, noise=self.search.config.explores, num_simulations=simulations)
        self._keep_target(rows[self.random.random(len(rows)) < self.config.decided_share])
        self._play_by(self.search, rows)

    def _keep_target(self, rows: npt.NDArray[np.int64]) -> None:
        """Record what a policy shall learn of the latest full search, and how surprising that is."""
        self.visits[rows, self.lengths[rows]] = self._policy_weights(rows)
        if self.config.surprise_weight > 0:
            self.surprises[rows, self.lengths[rows]] = self.search.root_surprises(rows)

    def _policy_weights(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.integer]:
        if self.search.config.selection == "gumbel":
            return stored_weights(self.search.policy_targets(rows))
        return self.search.counted_visits(rows)

    def _play_by(self, search: Search, rows: npt.NDArray[np.int64]) -> None:
        """Play the best moves of a search, or draw from their weights while the temperature is above 0."""
        plies = self.lengths[rows]
        self.root_values[rows, plies] = search.root_values(rows)
        temperatures = self._temperatures(plies)
        drawn = choose_actions(search.move_weights(rows), temperatures, self.random.random(len(rows)))
        self._record(rows, np.where(temperatures > 0, drawn, search.best_actions(rows)))

    def _temperatures(self, plies: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        config = self.config
        first, last = config.temperature, config.final_temperature
        if config.temperature_half_life > 0:
            return halving_temperatures(plies, first, last, config.temperature_half_life)
        return falling_temperatures(plies, first, last, config.temperature_plies)

    @property
    def num_evaluations(self) -> int:
        """Positions sent to the evaluator so far."""
        full = self.search.num_evaluations + self.judge.num_evaluations
        return full if self.cheap_search is self.search else full + self.cheap_search.num_evaluations

    @property
    def network_seconds(self) -> float:
        """Spent in forward passes so far; 0 of an evaluator that does not tell."""
        return float(getattr(self.evaluator, "seconds", 0.0))

    def _record(self, rows: npt.NDArray[np.int64], actions: npt.NDArray[np.int64]) -> None:
        play_actions(self.state, rows, actions)
        self.moves[rows, self.lengths[rows]] = actions
        self.lengths[rows] += 1

    def _finish(self, row: int) -> None:
        length = int(self.lengths[row])
        to_play = np.where(np.arange(length) % 2 == 0, BLACK, WHITE).astype(np.int8)
        rules, is_cut = self.row_rules[row], self.state.scalars[row, IS_OVER] == 0
        visits = self.visits[row, :length, : rules.num_actions].copy()
        moves = self.moves[row, :length].copy()
        self.games.append(
            GameRecord(
                rules=rules,
                moves=moves,
                visits=visits,
                root_values=self.root_values[row, :length].copy(),
                value_targets=self.value_source.value_targets(self.state, row, to_play, moves),
                score_black=self.value_source.score_target_black(self.state, row),
                is_truncated=not is_cut
                and rules.game == "go"
                and int(self.state.scalars[row, PASS_COUNT]) < 2,
                weights=draw_weights(visits, self.surprises[row, :length], self.config.surprise_weight),
            )
        )
        self.finished(self.games[-1])
        self.visits[row, :length] = 0
        self.root_values[row, :length] = 0
        self.lengths[row] = 0
        if self.waiting:
            self.waiting -= 1
            reset(self.state, row)
        else:
            self.active = self.active[self.active != row]


def draw_weights(
    visits: npt.NDArray[np.uint16], surprises: npt.NDArray[np.float32], share: float
) -> npt.NDArray[np.float32] | None:
    """How often each position of a game is drawn, on average once; None for all alike.

    Args:
        visits: `[T, A]` policy targets.
        surprises: `[T]` nats by which each target differs from what the policy thought.
        share: of the weight that goes by surprise.
    """
    is_target = visits.any(axis=1)
    mean = float(surprises[is_target].mean()) if is_target.any() else 0.0
    if share == 0 or mean == 0:
        return None
    return np.where(is_target, 1 - share + share * surprises / mean, 0).astype(np.float32)


def deal(
    rules: Rules,
    search_config: SearchConfig,
    config: SelfPlayConfig,
    new_evaluator: EvaluatorFactory,
    value_source: ValueSource,
    num_games: int,
    num_workers: int,
    seed: np.random.SeedSequence,
    lines: Sequence[Line] = (),
) -> list[Job]:
    """The parts of as many workers as there are games for; see `generate_games`."""
    shares = dealt(num_games, num_workers)
    return [
        Job(rules, search_config, config, new_evaluator, value_source, worker_seed, share, lines)
        for worker_seed, share in zip(seed.spawn(len(shares)), shares, strict=True)
    ]


def play_in_threads(
    jobs: Sequence[Job], progress: Progress = lambda count: None, finished: Finished = ignore
) -> list[Generated]:
    """Play each job in a thread of this process; see `selfplay.worker_processes.WorkerProcesses.play`."""
    workers = [SelfPlayWorker(*job) for job in jobs]
    for worker in workers:
        worker.finished = finished
    run_workers(workers, progress)
    return [Generated(worker.games, worker.num_evaluations, worker.network_seconds) for worker in workers]


def generate_games(
    rules: Rules,
    search_config: SearchConfig,
    config: SelfPlayConfig,
    new_evaluator: EvaluatorFactory,
    value_source: ValueSource,
    num_games: int,
    num_workers: int,
    seed: np.random.SeedSequence,
    progress: Progress = lambda count: None,
    finished: Finished = ignore,
    play_jobs: PlayJobs = play_in_threads,
    lines: Sequence[Line] = (),
) -> Generated:
    """Play games of an evaluator against itself.

    Args:
        rules: what is played.
        search_config: the search at every move.
        config: temperatures and batch.
        new_evaluator: makes each worker's evaluator.
        value_source: values of finished games, in the search and as targets.
        num_games: games to finish.
        num_workers: the games are dealt to them in equal parts.
        seed: the same seed and number of workers give the same games.
        progress: told of finished games, from any thread.
        finished: told of each game.
        play_jobs: where workers work: threads, or `WorkerProcesses.play`.
        lines: of games that a share of these goes on from.

    Returns:
        The games, worker by worker in order of their end, and what they cost.
    """
    jobs = deal(
        rules, search_config, config, new_evaluator, value_source, num_games, num_workers, seed, lines
    )
    made = play_jobs(jobs, progress, finished)
    return Generated(
        [game for part in made for game in part.games],
        sum(part.num_evaluations for part in made),
        sum(part.network_seconds for part in made),
        sum(part.cpu_seconds for part in made),
    )
