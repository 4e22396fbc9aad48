"""Runs the arms of an experiment, each with each seed; a row that is done is never run again.

Several processes may work on one folder: a row is locked while it is made, and written at once or not at
all, so a killed sweep goes on with the rows that are missing.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from filelock import FileLock, Timeout

from engine.rulesets import Rules
from rlhf_variant.arms import POLICIES, Prepared, policy_path, prepare, value_source
from rlhf_variant.best_of_moves import BestOfMovesPolicy
from rlhf_variant.classroom import Classroom
from rlhf_variant.direct_preference import teach_directly
from rlhf_variant.episodes import AgentSide, Side, play_episodes
from rlhf_variant.experiment import Arm, Experiment
from rlhf_variant.fooled import closer_look
from rlhf_variant.kept_models import keep_model
from rlhf_variant.lab import REFEREE_FILE, REFERENCE_FILE, Lab, LabStages, build_lab
from rlhf_variant.measures import Judged, Measured, Measures, measure
from rlhf_variant.online_model import OnlineModel
from rlhf_variant.pool import Pool, build_pool
from rlhf_variant.ppo import PolicyOptimizer
from rlhf_variant.reward_model import RewardModel
from rlhf_variant.sampling_policy import SamplingPolicy
from rlhf_variant.selfplay_optimizer import RUNS, train_by_selfplay
from rlhf_variant.sibling_questions import sibling_questions
from rlhf_variant.teaching import Taught
from selfplay.agents import open_agent
from selfplay.checkpoint import load_network, save_network, weights_digest, write_atomically
from selfplay.run_store import RunStore

ROWS = "rows"
LAB = "lab"


@dataclass
class SweepWatcher:
    """What a sweep tells.

    Attributes:
        on_row: told the name and seed of a row as it starts.
        on_step: told of newly finished rounds.
    """

    on_row: Callable[[str, int], None] = lambda name, seed: None
    on_step: Callable[[int], None] = lambda count: None


def row_path(folder: Path, arm: str, seed: int) -> Path:
    """Where a finished row lies."""
    return folder / ROWS / f"{arm}-{seed}.json"


def missing_rows(experiment: Experiment, folder: Path) -> list[tuple[Arm, int]]:
    """Arms and seeds whose row is not finished, in the order in which they run."""
    return [
        (arm, seed)
        for seed in experiment.seeds
        for arm in experiment.arms
        if not row_path(folder, arm.name, seed).exists()
    ]


def open_bench(
    experiment: Experiment, folder: Path, stages: LabStages, shipped: Path | None = None
) -> tuple[Lab, Pool]:
    """The lab and the pool of an experiment, made where they are missing.

    One process makes them; others that share the folder wait. From here on torch uses one thread.

    Args:
        experiment: the settings.
        folder: of the results.
        stages: is told of progress.
        shipped: a folder with the two networks of a lab, to use in place of new ones.
    """
    torch.set_num_threads(1)  # sums split among threads would differ from machine to machine
    place = folder / LAB
    place.mkdir(parents=True, exist_ok=True)
    with FileLock(place / "bench.lock"):
        if shipped is not None:
            _copy_networks(shipped, place, experiment.lab.rules)
        lab = build_lab(place, experiment.lab, stages)
        stages.on_stage("boards to compare", experiment.pool.boards)
        pool = build_pool(place, lab, experiment.pool.boards, experiment.pool.continuations, stages.on_step)
    return lab, pool


def _copy_networks(shipped: Path, place: Path, rules: Rules) -> None:
    for name in (REFERENCE_FILE, REFEREE_FILE):
        if not (place / name).exists():
            network, _ = load_network(shipped / name)
            save_network(place / name, network, rules)


def sweep(experiment: Experiment, folder: Path, lab: Lab, pool: Pool, watcher: SweepWatcher) -> None:
    """Make all rows that are missing and that nobody else makes.

    Args:
        experiment: arms, seeds and budgets.
        folder: of the results.
        lab: the bench.
        pool: the boards.
        watcher: is told of progress.
    """
    (folder / ROWS).mkdir(parents=True, exist_ok=True)
    for seed in experiment.seeds:
        classroom = Classroom(experiment, lab, pool, seed)
        for arm in experiment.arms:
            path = row_path(folder, arm.name, seed)
            if arm.value_of:
                # Where another process makes the row that this one needs, it is waited for.
                with FileLock(row_path(folder, arm.value_of, seed).with_suffix(".lock")):
                    pass
            try:
                with FileLock(path.with_suffix(".lock"), timeout=0):
                    if not path.exists():
                        watcher.on_row(arm.name, seed)
                        row = run_row(classroom, arm, folder, watcher.on_step)
                        write_atomically(path, (json.dumps(row, indent=1) + "\n").encode())
            except Timeout:
                continue


class Pupil(NamedTuple):
    """An arm of one seed as it learns and is measured."""

    classroom: Classroom
    prepared: Prepared
    optimizer: PolicyOptimizer
    opponent: SamplingPolicy
    """The frozen reference."""
    policy: Measured
    """Who is measured: the optimizer as it stands, or the best of n moves where nothing is learned."""

    def measured(
        self, side: Side, num_games: int, num_continuations: int, random: np.random.Generator
    ) -> tuple[Measures, Judged]:
        """Play and judge as it stands; see `rlhf_variant.measures.measure`."""
        lab, judges = self.classroom.lab, self.prepared.judges
        return measure(lab, self.policy, judges, side, num_games, num_continuations, random)


def run_row(
    classroom: Classroom,
    arm: Arm,
    folder: Path,
    progress: Callable[[int], None] = lambda count: None,
) -> dict[str, Any]:
    """Train one arm with one seed and measure it.

    Args:
        classroom: settings, bench and comparisons of the seed; all arms of a seed start alike.
        arm: what is rewarded.
        folder: where the final policy and the reward model are written.
        progress: told of finished rounds.

    Returns:
        The row, ready for JSON.
    """
    started = time.process_time()
    experiment, lab, seed = classroom.experiment, classroom.lab, classroom.seed
    prepared = prepare(classroom, arm, folder)
    ppo = replace(experiment.ppo, divergence_weight=arm.divergence_weight)
    optimizer = PolicyOptimizer(lab.reference, ppo, seed)
    opponent = SamplingPolicy(lab.reference, lab.rules, max(ppo.episodes, experiment.evaluation.final_games))
    policy: Measured = optimizer
    if arm.best_of:
        assert prepared.judges.reward is not None
        policy = BestOfMovesPolicy(lab.reference, prepared.judges.reward, arm.best_of)
    pupil = Pupil(classroom, prepared, optimizer, opponent, policy)
    learned = Learned([], [], 0)
    if arm.best_of:
        progress(experiment.rounds)
    elif arm.is_direct:
        direct = replace(experiment.direct, objective="dpo" if arm.reward == "dpo" else "ipo")
        pairs = sibling_questions(classroom, arm)
        learned.log.extend(
            teach_directly(optimizer.network, pairs, direct, np.random.SeedSequence([seed, 410]))
        )
        progress(experiment.rounds)
    elif prepared.reward is not None and experiment.optimizer == "selfplay":
        learned = _follow_by_selfplay(pupil, arm, folder / RUNS / f"{arm.name}-{seed}", progress)
    elif prepared.reward is not None:
        learned = _follow_reward(pupil, progress)
    final, held_out, judged = _final(pupil)
    look: dict[str, Any] = {}
    if prepared.judges.reward is not None and arm.reward != "utility":
        num_continuations = experiment.evaluation.final_continuations
        look = closer_look(judged, prepared.judges, classroom.untaught, num_continuations)
    learned_from = prepared.taught or prepared.judges.reward
    if isinstance(learned_from, Taught | RewardModel):
        keep_model(folder, experiment, arm, seed, learned_from, weights_digest(lab.reference))
    (folder / POLICIES).mkdir(exist_ok=True)
    digest = save_network(policy_path(folder, arm.name, seed), optimizer.network, lab.rules)
    return {
        "experiment": experiment.name,
        "arm": arm.name,
        "seed": seed,
        "optimizer": experiment.optimizer,
        **{name: value for name, value in asdict(arm).items() if name != "name"},
        "evaluations": learned.evaluations,
        "cpu_s": round(time.process_time() - started, 1),
        "policy_sha256": digest,
        "reward_model": prepared.report,
        "final": final,
        "held_out_opponent": held_out,
        "look": look,
        "curve": learned.curve,
        "log": [{key: round(value, 4) for key, value in record.items()} for record in learned.log],
    }


class Learned(NamedTuple):
    """How learning went."""

    curve: list[dict[str, Any]]
    """Measures on the way."""
    log: list[dict[str, float]]
    """The learner's own figures, round by round."""
    evaluations: int
    """Network evaluations spent on episodes."""


def _follow_reward(pupil: Pupil, progress: Callable[[int], None]) -> Learned:
    """Round after round: episodes, their rewards, steps."""
    classroom, reward, optimizer = pupil.classroom, pupil.prepared.reward, pupil.optimizer
    assert reward is not None
    lab, settings, evaluation = classroom.lab, classroom.experiment.ppo, classroom.experiment.evaluation
    seeds = np.random.SeedSequence([classroom.seed, 400]).spawn(2)
    random, reward_random = (np.random.default_rng(seed) for seed in seeds)
    curve: list[dict[str, Any]] = []
    log: list[dict[str, float]] = []
    evaluations = 0
    for iteration in range(1, settings.iterations + 1):
        policy = SamplingPolicy(optimizer.network, lab.rules, settings.episodes)
        config, cuts = optimizer.network.config, lab.config.cuts
        episodes = play_episodes(policy, pupil.opponent, config, lab.rules, cuts, settings.episodes, random)
        rewards = reward.values(episodes, reward_random)
        log.append(optimizer.step(episodes, rewards))
        evaluations += episodes.num_evaluations
        progress(1)
        if iteration % evaluation.every == 0:
            curve.append(_point(pupil, iteration, evaluations))
    return Learned(curve, log, evaluations)


def _follow_by_selfplay(pupil: Pupil, arm: Arm, folder: Path, progress: Callable[[int], None]) -> Learned:
    """Self-play on the arm's value source; then its policies on the way, without search, as all are measured.

    The search and the last round's averaged weights are the run's; a killed one goes on from its last round.
    A model that is asked for on the way judges all points of the curve as it is at the end.
    """
    classroom, reward, optimizer = pupil.classroom, pupil.prepared.reward, pupil.optimizer
    source = value_source(classroom, arm, pupil.prepared)
    settings = classroom.experiment.selfplay
    saved = train_by_selfplay(
        classroom.lab,
        settings,
        source,
        classroom.seed,
        folder,
        sees_outcomes=arm.sees_outcomes,
        divergence_weight=arm.divergence_weight,
        revisions=reward if isinstance(reward, OnlineModel) else None,
        progress=progress,
    )
    curve = []
    for checkpoint in saved[1:]:
        optimizer.network, _ = load_network(checkpoint.weights, checkpoint.weights_sha256)
        if checkpoint.iteration % classroom.experiment.evaluation.every == 0:
            curve.append(_point(pupil, checkpoint.iteration, checkpoint.evaluations))
    with RunStore(folder, create=False) as store:
        metrics = {name: store.metrics(name) for name in ("loss_policy", "loss_value", "black_win_share")}
    log = [
        dict(zip(metrics, (value for _, value in values), strict=True))
        for values in zip(*metrics.values(), strict=True)
    ]
    return Learned(curve, log, saved[-1].evaluations)


def _point(pupil: Pupil, iteration: int, evaluations: int) -> dict[str, Any]:
    """A point of the curve."""
    settings = pupil.classroom.experiment.evaluation
    random = np.random.default_rng(np.random.SeedSequence([pupil.classroom.seed, 500, iteration]))
    point, _ = pupil.measured(pupil.opponent, settings.games, settings.continuations, random)
    return {"iteration": iteration, "evaluations": evaluations, **point.to_dict()}


def _final(pupil: Pupil) -> tuple[dict[str, Any], dict[str, Any], Judged]:
    """Measures against the reference and against an agent that nobody trained against."""
    lab, settings = pupil.classroom.lab, pupil.classroom.experiment.evaluation
    stranger_seed, random_seed = np.random.SeedSequence([pupil.classroom.seed, 600]).spawn(2)
    random = np.random.default_rng(random_seed)
    agent = open_agent(settings.held_out_opponent).make(lab.rules, settings.held_out_games, stranger_seed)
    continuations = settings.final_continuations
    final, judged = pupil.measured(pupil.opponent, settings.final_games, continuations, random)
    held_out, _ = pupil.measured(AgentSide(agent), settings.held_out_games, continuations, random)
    return final.to_dict(), held_out.to_dict(), judged
