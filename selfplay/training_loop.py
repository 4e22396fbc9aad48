"""The road of a run: play games, store them, learn from the window, save weights, and again.

Both kinds of learning use this loop; they differ only in the value source. All randomness of a round is
derived from the run's seed and the round's number, so a killed run goes on to the same result.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from mcts.config import SearchConfig
from mcts.schedules import progressive_simulations
from selfplay.checkpoint import load_learner, load_network, save_batch, save_learner, save_network
from selfplay.config import TrainConfig, config_from_dict
from selfplay.gate import challenge
from selfplay.generate import Generated, PlayJobs, generate_games, play_in_threads
from selfplay.health import game_metrics, warnings
from selfplay.learner import DivergedError, Learner
from selfplay.live_games import LiveGames
from selfplay.network import Network, new_network
from selfplay.network_evaluators import NetworkEvaluators
from selfplay.positions import PHASE
from selfplay.records import GameRecord
from selfplay.replay import ReplayBuffer
from selfplay.run_rating import rated
from selfplay.run_store import Checkpoint, RunError, RunStore, environment
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import ValueSource
from selfplay.window import GameWindow
from selfplay.worker_processes import WorkerProcesses

KEPT_CHECKPOINTS = 3
CHANGEABLE = ("iterations", "keep_weights", "threads")
"""Settings that may differ between starts of the same run: how long, what stays, on how many cores."""
CPU_SECONDS = "cpu_s"
"""The metric: processor time of all rounds so far, without gates and ratings."""
DIVERGED = "diverged.safetensors"
"""The batch whose loss was no number."""
JUDGED_POSITIONS = 512
"""Drawn from held-out games after each round, and as many from games that are learned from."""


@dataclass(frozen=True)
class Report:
    """How a round went, for whoever watches.

    Attributes:
        iteration: rounds done.
        games: games of this round.
        mean_moves: their mean length.
        black_win_share: mean of Black's first value target, as a share.
        evaluations: network evaluations of the whole run so far.
        losses: mean losses of this round by head; none where nothing was learned.
        warnings: a line for each number of the round that is out of its range; see `selfplay.health`.
        metrics: all numbers of the round, as the run keeps them.
        network_share: of the time of self-play, spent in forward passes; None where its games were stored by
            an earlier start.
    """

    iteration: int
    games: int
    mean_moves: float
    black_win_share: float
    evaluations: int
    losses: dict[str, float]
    warnings: list[str]
    metrics: dict[str, float]
    network_share: float | None = None


@dataclass
class Watcher:
    """What a run tells while it goes on; every function may be called from worker threads.

    Attributes:
        on_games: told of newly finished games.
        on_steps: told of newly finished training steps.
        on_report: told at the end of each round.
        should_stop: asked after each round whether to stop there.
    """

    on_games: Callable[[int], None] = lambda count: None
    on_steps: Callable[[int], None] = lambda count: None
    on_report: Callable[[Report], None] = lambda report: None
    should_stop: Callable[[], bool] = lambda: False


def prepare_run(store: RunStore, config: TrainConfig) -> TrainConfig:
    """Record a configuration with a new run, or check it against the recorded one.

    Only what `CHANGEABLE` names may change between starts of the same run.

    Args:
        store: the run.
        config: what is wanted now.

    Returns:
        The configuration to use.

    Raises:
        RunError: the folder holds a run of another configuration.
    """
    recorded = store.fact("config")
    if recorded is not None:
        known = config_from_dict(recorded)
        wanted, present = config.to_dict(), known.to_dict()
        differing = [key for key in wanted if key not in CHANGEABLE and wanted[key] != present[key]]
        if differing:
            raise RunError(
                f"run {store.folder}: holds another configuration ({', '.join(differing)} differ);"
                " choose another folder"
            )
    store.set_fact("config", config.to_dict())
    store.set_fact("environment", environment())
    return config


def train(
    store: RunStore,
    config: TrainConfig,
    value_source: ValueSource,
    initial: Network | None = None,
    watcher: Watcher | None = None,
    max_evaluations: int | None = None,
) -> Path:
    """Run or resume training until its rounds or its budget are done.

    With several threads, processes play: a script calls this below `if __name__ == "__main__":`.

    Args:
        store: the run folder.
        config: the settings; see `prepare_run`.
        value_source: who won, or what a reward model thinks of it; with several workers each gets a copy.
        initial: weights to start from; fresh ones when left out. Ignored by a resumed run.
        watcher: is told of progress.
        max_evaluations: network evaluations that self-play may spend; the last round is cut to fit.

    Returns:
        The latest weights, or with a gate the latest that passed it.

    Raises:
        RunError: the folder is in use, holds another configuration, or cannot be written any more.
        WorkerError: a process of self-play was killed; the run stays at its last checkpoint.
        DivergedError: a loss was not finite; the run stays at its last checkpoint.
    """
    watcher = watcher or Watcher()
    with store.naming_full_disk(), store.trainer_lock(), WorkerProcesses(config.threads) as processes:
        play_jobs = processes.play if config.threads > 1 else play_in_threads
        config = prepare_run(store, config)
        learner, done = _restore(store, config, initial)
        window = GameWindow(config.learner, config.seed)
        window.restore(store, done.iteration)
        while done.iteration < config.iterations:
            num_games = _games_within(config, done, max_evaluations)
            if not num_games:
                break
            done = _iterate(store, config, value_source, learner, window, done, num_games, watcher, play_jobs)
            if watcher.should_stop():
                break
        best = store.best_checkpoint()
        assert best is not None
        return best.weights


def _restore(store: RunStore, config: TrainConfig, initial: Network | None) -> tuple[Learner, Checkpoint]:
    saved = store.checkpoints()
    if not saved:
        network = initial or new_network(config.network, config.seed)
        learner = Learner(network, config.learner)
        return learner, _save(store, config, learner, 0, 0)
    first, last = saved[0], saved[-1]
    network, _ = load_network(last.weights, last.weights_sha256)
    is_anchored = config.learner.divergence_weight > 0
    anchor = load_network(first.weights, first.weights_sha256)[0] if is_anchored else None
    learner = Learner(network, config.learner, anchor)
    load_learner(last.optimizer, learner, last.optimizer_sha256)
    return learner, last


def _games_within(config: TrainConfig, done: Checkpoint, max_evaluations: int | None) -> int:
    """Games of the next round: fewer where a whole round would overspend, none where nothing is left."""
    games = config.selfplay.games_per_iteration
    if max_evaluations is None or not done.evaluations:
        return games
    simulations = [
        search_of_round(config, iteration).num_simulations for iteration in range(1, done.iteration + 2)
    ]
    cost_of_a_game = done.evaluations / games * simulations[-1] / sum(simulations[:-1])
    return max(0, min(games, round((max_evaluations - done.evaluations) / cost_of_a_game)))


def _iterate(
    store: RunStore,
    config: TrainConfig,
    value_source: ValueSource,
    learner: Learner,
    window: GameWindow,
    done: Checkpoint,
    num_games: int,
    watcher: Watcher,
    play_jobs: PlayJobs,
) -> Checkpoint:
    iteration = done.iteration + 1
    cpu_s = dict(store.metrics(CPU_SECONDS)).get(done.iteration, 0.0) - time.process_time()
    games_seed, batch_seed = np.random.SeedSequence([config.seed, iteration]).spawn(2)
    made, network_share = _generate(
        store, config, value_source, learner, iteration, num_games, games_seed, watcher, play_jobs
    )

    torch.set_num_threads(config.threads)
    window.add(made.games)
    buffer = ReplayBuffer(window.taught, learner.network.config, config.learner.q_share, config.masked_plies)
    new_positions = sum(game.num_targets for game in made.games)
    allowed = dict(store.metrics("steps_kept")).get(done.iteration, 0.0)
    allowed += config.learner.passes * new_positions / config.learner.batch_size
    num_steps = config.learner.steps_of(allowed, buffer.num_positions)
    learner.rate_scale = config.learner.rate_scale(
        done.iteration / config.iterations, _past_losses(store, done)
    )
    random = np.random.default_rng(batch_seed)
    try:
        losses = learner.train_steps(buffer, num_steps, random, watcher.on_steps)
    except DivergedError as error:
        save_batch(store.folder / DIVERGED, error.batch)
        store.add_metrics(iteration, learner.step, {"diverged": 1.0})
        raise

    evaluations = done.evaluations + made.num_evaluations
    metrics = {
        CPU_SECONDS: cpu_s + time.process_time() + made.cpu_seconds,
        **{f"loss_{name}": loss for name, loss in losses.items()},
        **game_metrics(made.games),
        **_held_out_losses(window.held_out, learner, buffer, random),
        **_gate(store, config, learner, iteration),
        **rated(store, config, learner.average, iteration, _match_seed(config, iteration, 2)),
        "steps_kept": allowed - num_steps,
        "window_positions": buffer.num_positions,
        "evaluations": evaluations,
    }
    store.add_metrics(iteration, learner.step, metrics)
    report = Report(
        iteration=iteration,
        games=len(made.games),
        mean_moves=metrics["mean_moves"],
        black_win_share=metrics["black_win_share"],
        evaluations=evaluations,
        losses=losses,
        warnings=warnings(metrics, config.rules),
        metrics=metrics,
        network_share=network_share,
    )
    checkpoint = _save(store, config, learner, iteration, evaluations)
    watcher.on_report(report)
    return checkpoint


def _past_losses(store: RunStore, done: Checkpoint) -> list[float]:
    """Of policy and value together in each round that has learned anything, up to a checkpoint."""
    policy, value = dict(store.metrics("loss_policy")), dict(store.metrics("loss_value"))
    return [
        policy[iteration] + value[iteration] for iteration in sorted(policy) if iteration <= done.iteration
    ]


def _playing(store: RunStore, learner: Learner) -> Network:
    """The weights that make games: the averaged ones, or with a gate the latest that passed it."""
    best, saved = store.best_checkpoint(), store.checkpoints()
    if best is None or best == saved[-1]:
        return learner.average
    network, _ = load_network(best.weights, best.weights_sha256)
    return network


def _gate(store: RunStore, config: TrainConfig, learner: Learner, iteration: int) -> dict[str, float]:
    """Let the new weights of a round challenge those that make games; what the run shall keep of it."""
    if not config.gate_games:
        return {}
    best = store.best_checkpoint()
    assert best is not None
    seed = _match_seed(config, iteration, 1)
    champion, _ = load_network(best.weights, best.weights_sha256)
    verdict = challenge(learner.average, champion, config, seed)
    store.set_fact(f"best_{iteration}", iteration if verdict.passed else best.iteration)
    return {
        "gate_passed": float(verdict.passed),
        "gate_win_rate": verdict.match.win_rate,
        "gate_games": verdict.match.num_games,
    }


def _match_seed(config: TrainConfig, iteration: int, purpose: int) -> int:
    return int(np.random.SeedSequence([config.seed, iteration, purpose]).generate_state(1)[0])


def search_of_round(config: TrainConfig, iteration: int) -> SearchConfig:
    """The search of a round, counted from 1: fewer simulations at first where that is configured."""
    first = config.selfplay.first_simulations
    if first == 0:
        return config.search
    done = (iteration - 1) / config.iterations
    return replace(
        config.search, num_simulations=progressive_simulations(done, first, config.search.num_simulations)
    )


def selfplay_of_round(config: TrainConfig, iteration: int) -> SelfPlayConfig:
    """How games are made in a round, counted from 1: on smaller boards at first where that is configured."""
    selfplay = config.selfplay
    if selfplay.early_sizes and iteration <= math.ceil(selfplay.early_share * config.iterations):
        return replace(selfplay, sizes=selfplay.early_sizes)
    return selfplay


def _held_out_losses(
    games: list[GameRecord], learner: Learner, taught: ReplayBuffer, random: np.random.Generator
) -> dict[str, float]:
    """How the averaged weights do on games that they never learned from, and how much worse that is."""
    if not sum(game.num_targets for game in games):
        return {}
    held_out = ReplayBuffer(games, learner.network.config, learner.config.q_share)
    unseen, seen = (learner.judge(part.sample(JUDGED_POSITIONS, random)) for part in (held_out, taught))
    return {
        "held_out_policy_loss": unseen["policy"],
        "held_out_value_loss": unseen["value"],
        "value_gap": unseen["value"] - seen["value"],
    }


def _generate(
    store: RunStore,
    config: TrainConfig,
    value_source: ValueSource,
    learner: Learner,
    iteration: int,
    num_games: int,
    seed: np.random.SeedSequence,
    watcher: Watcher,
    play_jobs: PlayJobs,
) -> tuple[Generated, float | None]:
    """This round's games, or those that a killed attempt at it already stored; see `Report.network_share`."""
    stored = store.games("selfplay", iteration=iteration)
    spent = store.fact(f"evaluations_{iteration}")
    if stored and spent is not None:
        watcher.on_games(len(stored))
        return Generated(stored, spent, 0.0), None
    started = time.perf_counter()
    with LiveGames(store.folder, iteration) as live:
        made = generate_games(
            config.rules,
            search_of_round(config, iteration),
            selfplay_of_round(config, iteration),
            NetworkEvaluators(_playing(store, learner), config.rules),
            value_source,
            num_games,
            config.threads,
            seed,
            watcher.on_games,
            live.add,
            play_jobs,
            store.lines(PHASE) if config.selfplay.position_share else (),
        )
        elapsed = time.perf_counter() - started
        store.set_fact(f"evaluations_{iteration}", made.num_evaluations)
        store.add_games("selfplay", iteration, made.games)
    return made, made.network_seconds / (min(config.threads, num_games) * elapsed)


def _save(
    store: RunStore, config: TrainConfig, learner: Learner, iteration: int, evaluations: int
) -> Checkpoint:
    weights = store.folder / f"weights-{iteration:05d}.safetensors"
    optimizer = store.folder / f"optimizer-{iteration:05d}.safetensors"
    checkpoint = Checkpoint(
        iteration=iteration,
        step=learner.step,
        weights=weights,
        weights_sha256=save_network(weights, learner.average, config.rules),
        optimizer=optimizer,
        optimizer_sha256=save_learner(optimizer, learner),
        evaluations=evaluations,
    )
    store.add_checkpoint(checkpoint)
    # The optimiser's state is needed only to resume; a few are kept in case the newest is damaged.
    saved = store.checkpoints()
    for old in saved[:-KEPT_CHECKPOINTS]:
        old.optimizer.unlink(missing_ok=True)
    if config.keep_weights:
        best = store.best_checkpoint()
        for old in saved[: -config.keep_weights]:
            if old != best and not (old == saved[0] and config.learner.divergence_weight):
                old.weights.unlink(missing_ok=True)
    return checkpoint
