"""Acceptance tests of the experiment that concern learning: distance, firewall, placebo, identity."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_bench import SMALL, small_bench

import engine.scoring
from engine.errors import OutcomeForbiddenError
from engine.rulesets import go_rules
from mcts.config import SearchConfig
from rlhf_variant.arms import prepare
from rlhf_variant.best_of_n import best_of_n_policy, divergence_bound
from rlhf_variant.classroom import Classroom
from rlhf_variant.episodes import play_episodes
from rlhf_variant.experiment import Arm
from rlhf_variant.experiment_results import ResultsError, read_rows
from rlhf_variant.ppo import PolicyOptimizer
from rlhf_variant.reward_value_source import RewardValueSource
from rlhf_variant.sampling_policy import SamplingPolicy
from rlhf_variant.sweep import SweepWatcher, sweep
from rlhf_variant.truth_reward import FinalBoardTruth
from selfplay.config import TrainConfig
from selfplay.divergence import exact_divergence
from selfplay.learner import LearnerConfig
from selfplay.network import NetworkConfig
from selfplay.run_store import RunStore
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.training_loop import train
from selfplay.value_source import OutcomeValueSource, ValueSource

BLIND_ARMS = (
    Arm("vibe", "utility", labeler="stones"),
    Arm("playouts", "utility", labeler="playouts:2"),
    Arm("model-of-truth", "model", comparisons=40),
    Arm("model-of-vibe", "model", labeler="stones", comparisons=40),
    Arm("shuffled", "model", comparisons=40, shuffled=True),
    Arm("random", "random-model"),
    Arm("anchored", "model", comparisons=40, divergence_weight=0.1),
    Arm("naive", "model", comparisons=40, model_kind="naive"),
    Arm("scalars", "model", labeler="stones", comparisons=40, model_kind="scalars"),
    Arm("segments", "model", labeler="stones", comparisons=60, model_kind="segments", clip=3),
    Arm("lowest", "model", comparisons=40, model_kind="lowest"),
    Arm("online", "model", labeler="stones", comparisons=160, model_kind="online"),
)


def test_acceptance_06_a_policy_is_at_no_distance_from_itself_and_best_of_n_is_as_far_as_sampling_says() -> (
    None
):
    random = np.random.default_rng(6)
    policy, rewards = random.dirichlet(np.ones(9)), random.normal(size=9)
    log_policy = torch.from_numpy(np.log(policy))[None]
    assert float(exact_divergence(log_policy, log_policy)) == 0
    for n in (1, 2, 8, 64):
        exact = best_of_n_policy(policy, rewards, n)
        draws = random.choice(9, size=(40_000, n), p=policy)
        best = draws[np.arange(len(draws)), rewards[draws].argmax(axis=1)]
        assert np.abs(np.bincount(best, minlength=9) / len(draws) - exact.policy).max() < 0.01
        assert exact.divergence <= divergence_bound(n) + 1e-9


@pytest.mark.parametrize("arm", BLIND_ARMS, ids=lambda arm: arm.name)
def test_acceptance_07_no_arm_that_must_not_see_outcomes_reads_one_while_it_learns(
    arm: Arm, tmp_path: Path
) -> None:
    experiment, lab, pool = small_bench(tmp_path)
    prepared = prepare(Classroom(experiment, lab, pool, seed=1), arm, tmp_path)
    assert not arm.sees_outcomes
    # From here on whoever asks who won fails, in whatever context and thread.
    token = engine.scoring._forbidden.set(True)
    try:
        optimizer = PolicyOptimizer(lab.reference, experiment.ppo, seed=1)
        opponent = SamplingPolicy(lab.reference, lab.rules, 64)
        episodes = play_episodes(
            SamplingPolicy(optimizer.network, lab.rules, 64),
            opponent,
            optimizer.network.config,
            lab.rules,
            lab.config.cuts,
            64,
            np.random.default_rng(1),
        )
        assert prepared.reward is not None
        values = prepared.reward.values(episodes, np.random.default_rng(1))
        assert len(values) == 64
        optimizer.step(episodes, values)
        assert np.abs(values).max() <= 1
        with pytest.raises(OutcomeForbiddenError):
            lab.referee.margins(episodes.state, np.arange(8), 1, np.random.default_rng(1))
    finally:
        engine.scoring._forbidden.reset(token)


def weights_and_games(folder: Path, source: ValueSource) -> tuple[str, list[bytes]]:
    """Digests of what three rounds on a value source make."""
    config = TrainConfig(
        rules=go_rules(4),
        network=NetworkConfig(blocks=1, channels=8, head_channels=8),
        search=SearchConfig(num_simulations=4),
        selfplay=SelfPlayConfig(games_per_iteration=6, parallel_games=6),
        learner=LearnerConfig(batch_size=16),
        iterations=3,
        threads=1,
    )
    torch.set_num_threads(1)
    with RunStore(folder) as store:
        weights = train(store, config, source)
        games = [
            game.moves.tobytes()
            + game.visits.tobytes()
            + game.root_values.tobytes()
            + game.value_targets.tobytes()
            for game in store.games("selfplay")
        ]
    return hashlib.sha256(weights.read_bytes()).hexdigest(), games


def test_acceptance_09_truth_through_the_interface_of_rewards_equals_true_rl_bit_for_bit(
    tmp_path: Path,
) -> None:
    truth = weights_and_games(tmp_path / "truth", OutcomeValueSource())
    placebo = weights_and_games(tmp_path / "placebo", RewardValueSource(FinalBoardTruth(go_rules(4))))
    assert placebo == truth
    assert len(truth[1]) == 18


def test_acceptance_11_arms_with_the_same_weights_are_refused(tmp_path: Path) -> None:
    arms = (Arm("A1", "truth"), Arm("A1-again", "truth"))
    experiment, lab, pool = small_bench(tmp_path, arms=arms)
    sweep(experiment, tmp_path, lab, pool, SweepWatcher())
    with pytest.raises(ResultsError, match="A1-again with seed 1 and A1 with seed 1 have the same weights"):
        read_rows(tmp_path)


def test_a_reference_that_learns_nothing_is_no_mistake(tmp_path: Path) -> None:
    arms = (Arm("A0", "none"), Arm("A1", "truth"))
    experiment, lab, pool = small_bench(tmp_path, arms=arms)
    sweep(experiment, tmp_path, lab, pool, SweepWatcher())
    assert [row["arm"] for row in read_rows(tmp_path)] == ["A0", "A1"]
    assert replace(SMALL, arms=arms) == experiment
