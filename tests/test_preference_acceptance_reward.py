"""Acceptance tests of rewards: loss, symmetry, best of n, placebos, curves; numbers as in the design."""

import itertools
import math

import numpy as np
import pytest
import torch
from answered_pairs import random_boards, stone_lead, stone_pairs

from engine.symmetry import action_sources
from rlhf_variant.best_of_n import best_of_n_mean, best_of_n_policy, divergence_bound
from rlhf_variant.boards import Boards, swap_colors
from rlhf_variant.comparisons import Labeled
from rlhf_variant.overoptimization import Form, fit_curve
from rlhf_variant.preference_loss import preference_loss
from rlhf_variant.reward_ensemble import RULES, ZERO_SUM, RewardEnsemble, combined, fit_ensemble
from rlhf_variant.reward_learner import (
    RewardLearnerConfig,
    fit,
    fit_reward_model,
    pair_examples,
    pair_loss,
    scalar_examples,
    scalar_loss,
)
from rlhf_variant.reward_model import RewardConfig, new_reward_model, whiten
from rlhf_variant.reward_report import belief_report, probabilities
from rlhf_variant.reward_value_source import RewardValueSource
from rlhf_variant.rewards import values_of

SMALL = RewardConfig(1, 8)
QUICK = RewardLearnerConfig(epochs=8, batch_size=32)


@pytest.mark.parametrize("error_rate", [0.0, 0.1, 0.3])
def test_acceptance_01_loss_and_gradient_equal_their_formulas_with_ties_and_errors(error_rate: float) -> None:
    random = np.random.default_rng(1)
    rewards_a, rewards_b = random.normal(0, 2, (2, 12))
    target = np.resize([1.0, 0.0, 0.5], 12)

    def naive(first: np.ndarray) -> float:
        p = error_rate / 2 + (1 - error_rate) / (1 + np.exp(rewards_b - first))
        return float(-(target * np.log(p) + (1 - target) * np.log(1 - p)).mean())

    first = torch.tensor(rewards_a, requires_grad=True)
    loss = preference_loss(first, torch.tensor(rewards_b), torch.tensor(target), error_rate)
    loss.backward()
    assert loss.item() == pytest.approx(naive(rewards_a), rel=1e-9)
    step = 1e-5
    for place, slope in enumerate(first.grad.tolist()):  # type: ignore[union-attr]
        nudge = step * (np.arange(12) == place)
        assert slope == pytest.approx(
            (naive(rewards_a + nudge) - naive(rewards_a - nudge)) / (2 * step), abs=1e-8
        )


def all_symmetries(boards: Boards) -> list[Boards]:
    flat = boards.stones.reshape(len(boards.stones), -1)
    return [
        boards._replace(stones=flat[:, source[:-1]].reshape(boards.stones.shape))
        for source in action_sources(*boards.stones.shape[1:])
    ]


def test_acceptance_02_rewards_turn_round_with_the_colors_and_their_mean_ignores_symmetries() -> None:
    model, boards = new_reward_model(RewardConfig(), 3), random_boards(20, 5, np.random.default_rng(1))
    assert np.allclose(model.rewards(boards), -model.rewards(swap_colors(boards)), atol=1e-6)

    def mean(boards: Boards) -> np.ndarray:
        return np.mean([model.rewards(turned) for turned in all_symmetries(boards)], axis=0)

    for turned in all_symmetries(boards):
        assert np.allclose(mean(turned), mean(boards), atol=1e-5)


@pytest.mark.parametrize("rule", RULES)
def test_acceptance_02_only_zero_sum_rules_of_ensembles_turn_round_with_the_colors(rule) -> None:  # type: ignore[no-untyped-def]
    members = [new_reward_model(SMALL, seed) for seed in range(3)]
    ensemble = RewardEnsemble(members, rule, doubt=0.5)
    boards = random_boards(50, 5, np.random.default_rng(1))
    turns = np.allclose(ensemble.values_black(boards), -ensemble.values_black(swap_colors(boards)), atol=1e-6)
    assert turns == (rule in ZERO_SUM)
    if turns:
        RewardValueSource(ensemble)
    else:
        with pytest.raises(ValueError, match="fair to both"):
            RewardValueSource(ensemble)


@pytest.mark.parametrize("rewards", [[3, 1, 4, 1.5, 9, 2, 6, 5], [1, 2, 2, 3, 1, 2, 3, 0], [7] * 8])
def test_acceptance_05_the_policy_of_best_of_n_equals_brute_force_over_all_samples(rewards) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(1)
    policy, rewards = random.dirichlet(np.ones(8)), np.array(rewards, float)
    expected = np.zeros(8)
    for sample in itertools.product(range(8), repeat=3):
        best = [move for move in sample if rewards[move] == max(rewards[list(sample)])]
        for move in best:
            expected[move] += policy[list(sample)].prod() / len(best)
    found = best_of_n_policy(policy, rewards, 3)
    assert found.policy == pytest.approx(expected, abs=1e-12)
    assert found.divergence == pytest.approx(float((expected * np.log(expected / policy)).sum()), abs=1e-12)
    assert found.divergence <= divergence_bound(3) + 1e-12
    assert best_of_n_policy(policy, rewards, 1).divergence == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
def test_acceptance_05_the_mean_of_best_of_n_games_equals_brute_force_over_all_subsets(ties: bool) -> None:
    random = np.random.default_rng(2)
    gold = random.normal(size=8)
    proxy = random.integers(0, 3, 8).astype(float) if ties else random.permutation(8).astype(float)
    for n in range(1, 9):
        golds = []
        for subset in itertools.combinations(range(8), n):
            best = max(proxy[list(subset)])
            # Games that tie by the proxy are as likely to be kept as their equals outside the subset.
            golds.append(np.mean(gold[proxy == best]))
        assert best_of_n_mean(proxy, gold, n) == pytest.approx(np.mean(golds), abs=1e-12)


def test_acceptance_05_best_of_4096_games_stays_finite() -> None:
    proxy = np.random.default_rng(1).normal(size=8192)
    assert best_of_n_mean(proxy, proxy, 4096) == pytest.approx(np.sort(proxy)[-5:].mean(), abs=0.5)


def test_acceptance_05_an_ensemble_does_not_care_for_the_order_of_its_members_nor_of_the_boards() -> None:
    members = [new_reward_model(SMALL, seed) for seed in range(4)]
    boards = random_boards(30, 5, np.random.default_rng(1))
    order = np.random.default_rng(2).permutation(30)
    for rule in RULES:
        values = RewardEnsemble(members, rule).values_black(boards)
        assert np.allclose(RewardEnsemble(members[::-1], rule).values_black(boards), values, atol=1e-6)
        assert np.allclose(
            RewardEnsemble(members, rule).values_black(boards.select(order)), values[order], atol=1e-6
        )


def test_acceptance_08_shuffled_answers_teach_nothing() -> None:
    def shuffled(pairs: Labeled, seed: int) -> Labeled:
        answers = np.random.default_rng(seed).permutation(pairs.preference_a)
        return pairs._replace(preference_a=answers)

    model, held_out, test = new_reward_model(SMALL, 1), stone_pairs(200, seed=2), stone_pairs(400, seed=3)
    fit_reward_model(
        model, shuffled(stone_pairs(400), 1), shuffled(held_out, 2), QUICK, np.random.SeedSequence(1)
    )
    report = belief_report(probabilities([model], test, 0.1), shuffled(test, 3).preference_a)
    low, high = report["accuracy_interval"]
    assert low < 0.5 < high


@pytest.mark.parametrize("form", ["best-of-n", "reinforcement"])
def test_acceptance_12_a_fit_recovers_the_curve_that_made_the_points(form: Form) -> None:
    distance, random = np.linspace(0, 3, 40), np.random.default_rng(1)
    bend = distance if form == "best-of-n" else np.log(np.maximum(distance, 1e-12))
    gold = distance * (0.6 - 0.15 * bend)
    exact = fit_curve(distance, gold, form)
    assert (exact.alpha, exact.beta) == pytest.approx((0.6, 0.15), abs=1e-9)
    assert exact.gold(distance) == pytest.approx(gold, abs=1e-9)
    noisy = fit_curve(distance, gold + random.normal(0, 0.01, 40), form)
    assert (noisy.alpha, noisy.beta) == pytest.approx((0.6, 0.15), abs=0.02)
    with pytest.raises(ValueError, match="two distances"):
        fit_curve(distance[:2], gold[:2], form)


def test_pessimism_draws_doubt_to_even_and_never_past_it() -> None:
    values = np.array([[0.9, 0.5, -0.8, 0.1], [0.7, -0.3, -0.6, -0.1]], np.float32)
    assert combined(values, "pessimistic", 1.0) == pytest.approx([0.7, 0.0, -0.6, 0.0])
    assert combined(values, "mean", 1.0) == pytest.approx([0.8, 0.1, -0.7, 0.0])
    assert combined(values, "lowest", 1.0) == pytest.approx([0.7, -0.3, -0.8, -0.1])
    assert combined(values, "variance", 1.0) == pytest.approx([0.79, -0.06, -0.71, -0.01])
    with pytest.raises(ValueError, match="expected members"):
        RewardEnsemble([])


def test_an_ensemble_is_taught_and_its_disagreement_is_where_it_is_unsure() -> None:
    fitted = fit_ensemble(
        SMALL, stone_pairs(500), stone_pairs(200, seed=2), QUICK, np.random.SeedSequence(1), 3
    )
    boards = random_boards(300, 5, np.random.default_rng(5))
    values = RewardEnsemble(fitted.members).values_black(boards)
    clear = np.abs(stone_lead(boards)) > 4
    assert np.mean((values > 0) == (stone_lead(boards) > 0), where=clear) > 0.85
    assert len(fitted.fits) == 3


def test_segments_and_scalars_are_learned_by_the_same_loop() -> None:
    random = np.random.default_rng(3)
    a, b = random_boards(1200, 5, random), random_boards(1200, 5, random)
    sums = [stone_lead(side).reshape(-1, 3).sum(axis=1) for side in (a, b)]
    preference = ((np.sign(sums[0] - sums[1]) + 1) / 2).astype(np.float32)
    segments = pair_examples(Labeled(a, b, preference))
    assert segments.planes.shape[:2] == (400, 6)
    values = np.sign(stone_lead(a)).astype(np.float32)
    test_boards = random_boards(300, 5, np.random.default_rng(9))
    clear = np.abs(stone_lead(test_boards)) > 4
    for examples, loss_of in ((segments, pair_loss(0.1)), (scalar_examples(a, values), scalar_loss)):
        model, cut = new_reward_model(SMALL, 1), len(examples.targets) * 4 // 5
        parts = examples.select(np.arange(cut)), examples.select(np.arange(cut, len(examples.targets)))
        fit(model, *parts, loss_of, QUICK, np.random.SeedSequence(1))
        agreement = np.mean((model.rewards(test_boards) > 0) == (stone_lead(test_boards) > 0), where=clear)
        assert agreement > 0.85


def test_the_naive_model_is_whitened_on_reference_boards_and_sits_in_blacks_seat() -> None:
    model = new_reward_model(RewardConfig(1, 8, antisymmetric=False), 1)
    boards = random_boards(100, 5, np.random.default_rng(1))
    whiten(model, boards)
    units = np.arctanh(model.values_black(boards).astype(float))
    assert (units.mean(), units.std()) == pytest.approx((0, 1), abs=1e-3)
    white = values_of(model, boards, np.full(100, 2, np.int8))
    assert np.allclose(white, model.values_black(swap_colors(boards)))
    assert not np.allclose(white, -model.values_black(boards), atol=0.01)


def test_beliefs_are_judged_by_hand_counted_figures() -> None:
    belief = np.array([0.9, 0.8, 0.3, 0.6, 0.5])
    preference = np.array([1, 0, 0, 0.5, 0.5], np.float32)
    report = belief_report(
        belief, preference, np.array([5, 1, 9, 3, 7]), np.array([True, True, False, False, False]), 0.82
    )
    assert report["accuracy"] == pytest.approx(2 / 3)
    assert report["decided"] == 3
    assert report["brier"] == pytest.approx((0.01 + 0.64 + 0.09 + 0.01 + 0) / 5)
    logs = math.log(0.9) + math.log(0.2) + math.log(0.7) + (math.log(0.6) + math.log(0.4)) / 2 + math.log(0.5)
    assert report["loss"] == pytest.approx(-logs / 5)
    assert sum(row["pairs"] for row in report["reliability"]) == 5
    assert report["phases"]["opening"]["accuracy"] == 0
    assert report["hard"]["accuracy"] == 0.5
    assert report["accuracy_ceiling"] == pytest.approx(0.9)


def test_a_calibrated_belief_has_no_calibration_error_and_a_bold_one_has() -> None:
    random = np.random.default_rng(1)
    belief = random.uniform(0, 1, 20000)
    preference = (random.random(20000) < belief).astype(np.float32)
    assert belief_report(belief, preference)["calibration_error"] < 0.02
    bold = np.where(belief > 0.5, 0.99, 0.01)
    assert belief_report(bold, preference)["calibration_error"] == pytest.approx(0.24, abs=0.03)
