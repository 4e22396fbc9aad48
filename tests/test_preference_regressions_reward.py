"""Faults of other implementations that ours must not have; numbers as in the design."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from answered_pairs import random_boards, stone_pairs
from random_records import random_network
from small_bench import small_bench
from test_direct_preference import CONFIG, center_pairs
from test_preference_acceptance_reward import QUICK, SMALL, all_symmetries

from engine.board import new_state
from engine.rulesets import go_rules
from rlhf_variant import ppo, reward_ensemble
from rlhf_variant.best_of_n import best_of_n_mean
from rlhf_variant.boards import swap_colors
from rlhf_variant.comparisons import Labeled
from rlhf_variant.direct_preference import DirectConfig, policy_on, teach_directly
from rlhf_variant.episodes import Episodes
from rlhf_variant.measures import Judges, measure
from rlhf_variant.reward_ensemble import RULES, RewardEnsemble, draws, fit_ensemble, question_keys
from rlhf_variant.reward_learner import STEPS_BEFORE_STOPPING, Examples, fit, pair_examples, pair_loss
from rlhf_variant.reward_model import new_reward_model
from rlhf_variant.sampling_policy import SamplingPolicy
from selfplay.divergence import exact_divergence, log_policy
from selfplay.network import new_network


def test_regression_v01_an_ensemble_of_one_is_its_member_and_gold_follows_its_own_order() -> None:
    member, boards = new_reward_model(SMALL, 1), random_boards(40, 5, np.random.default_rng(1))
    for rule in RULES:
        alone = RewardEnsemble([member], rule).values_black(boards)
        assert np.allclose(alone, member.values_black(boards), atol=1e-7)
    others = [new_reward_model(SMALL, seed) for seed in range(3)]
    gold = np.random.default_rng(2).normal(size=40)
    proxy = RewardEnsemble(others).values_black(boards).astype(float)
    assert best_of_n_mean(proxy, gold, 40) == gold[proxy.argmax()]
    assert best_of_n_mean(proxy, gold, 40) != gold[member.values_black(boards).argmax()]
    order = np.random.default_rng(3).permutation(40)
    assert best_of_n_mean(proxy[order], gold[order], 7) == best_of_n_mean(proxy, gold, 7)


def joined(*parts: Labeled) -> Labeled:
    sides = [
        type(parts[0].a)(
            *(np.concatenate(arrays) for arrays in zip(*(part[side] for part in parts), strict=True))
        )
        for side in (0, 1)
    ]
    return Labeled(sides[0], sides[1], np.concatenate([part.preference_a for part in parts]))


def board_set(examples: Examples) -> set[bytes]:
    return {planes.numpy().tobytes() for planes in examples.planes}


def test_regression_v03_no_member_is_stopped_by_what_it_is_trained_on(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    pairs = stone_pairs(150)
    repeats = pairs._replace(a=pairs.b, b=pairs.a, preference_a=1 - pairs.preference_a)
    seen = []

    def watched(model, train, validation, *rest):  # type: ignore[no-untyped-def]
        seen.append((train, validation))
        return fit(model, train, validation, *rest)

    monkeypatch.setattr(reward_ensemble, "fit", watched)
    fit_ensemble(
        SMALL,
        joined(pairs, repeats),
        stone_pairs(20, seed=2),
        replace(QUICK, epochs=1),
        np.random.SeedSequence(1),
        3,
    )
    for train, validation in seen:
        either_order = board_set(validation) | board_set(
            Examples(validation.planes.flip(1), validation.targets)
        )
        assert not board_set(train) & either_order
        assert len(validation.targets) / 300 == np.clip(len(validation.targets) / 300, 0.25, 0.5)
        assert 0.7 < len(train.targets) / 300 < 1.3


def test_regression_v03_a_question_has_one_name_in_every_order_symmetry_and_color() -> None:
    pairs = stone_pairs(30)
    keys = question_keys(pairs)
    assert len(set(keys)) == 30
    assert question_keys(Labeled(pairs.b, pairs.a, pairs.preference_a)) == keys
    assert question_keys(Labeled(swap_colors(pairs.b), swap_colors(pairs.a), pairs.preference_a)) == keys
    for turned_a, turned_b in zip(all_symmetries(pairs.a), all_symmetries(pairs.b)[::-1], strict=True):
        assert question_keys(Labeled(turned_a, turned_b, pairs.preference_a)) == keys


def test_regression_v04_a_later_fit_on_more_answers_never_validates_what_was_trained_before() -> None:
    early, late = stone_pairs(200), joined(stone_pairs(200, seed=3), stone_pairs(200))
    for member in range(5):
        before = dict(zip(question_keys(early), draws(question_keys(early), member), strict=True))
        after = dict(zip(question_keys(late), draws(question_keys(late), member), strict=True))
        assert all(after[key] == count for key, count in before.items())
    counts = np.array([draws(question_keys(late), member) for member in range(40)])
    assert abs(np.mean(counts == 0) - np.exp(-1)) < 0.02
    assert abs(counts.mean() - 1) < 0.03


def test_regression_v08_fitting_stops_by_held_out_loss_though_training_accuracy_still_rises() -> None:
    random = np.random.default_rng(1)
    coin = stone_pairs(60)._replace(preference_a=random.integers(0, 2, 60).astype(np.float32))
    validation = stone_pairs(200, seed=2)
    model, loss_of = new_reward_model(SMALL, 1), pair_loss(0.1)
    config = replace(QUICK, epochs=60, patience=5, learning_rate=5e-3)
    epochs = []
    examples = pair_examples(validation)
    fitted = fit(
        model, pair_examples(coin), examples, loss_of, config, np.random.SeedSequence(1), epochs.append
    )
    assert len(epochs) == max(fitted.epochs + 5, math.ceil(STEPS_BEFORE_STOPPING / 8)) < 60
    rewards = torch.stack(
        [torch.from_numpy(model.rewards(side)) for side in (validation.a, validation.b)], dim=1
    )
    assert abs(float(loss_of(rewards, examples.targets)) - fitted.loss) < 1e-5


def test_regression_v10_what_is_measured_is_the_learner_and_not_whom_it_started_from(tmp_path: Path) -> None:
    _, lab, _ = small_bench(tmp_path)
    learner = ppo.PolicyOptimizer(lab.reference, ppo.PpoConfig(), 1)
    learned = random_network(5, lab.reference.config)
    with torch.no_grad():
        for parameter in learned.policy_head.parameters():
            parameter *= 30  # nearly always its first choice, unlike the reference
    learner.network.load_state_dict(learned.state_dict())
    opponent = SamplingPolicy(lab.reference, lab.rules, 16)
    measures, judged = measure(lab, learner, Judges(None, None), opponent, 16, 1, np.random.default_rng(1))
    planes, mask = torch.from_numpy(judged.episodes.planes), torch.from_numpy(judged.episodes.masks)
    played = torch.from_numpy(judged.episodes.actions)[:, None]
    with torch.no_grad():
        chance = {
            name: float(log_policy(network(planes).policy_logits, mask).gather(1, played).exp().mean())
            for name, network in (("learner", learned), ("reference", lab.reference))
        }
    assert chance["learner"] > 0.6
    assert chance["reference"] < 0.3
    assert measures.divergence > 1


def test_regression_v11_the_divergence_that_is_logged_is_the_one_that_is_paid_for(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    positions = center_pairs()
    episodes = Episodes(
        state=new_state(go_rules(5)),
        color=np.array([1, 2], np.int8),
        planes=positions.planes.numpy(),
        masks=positions.legal.numpy(),
        actions=positions.chosen.numpy(),
        episode=np.arange(len(positions.chosen)) % 2,
        moves=[[], []],
        num_evaluations=0,
    )
    paid = []

    def watched(policy: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
        divergence = exact_divergence(policy, reference)
        if divergence.requires_grad:
            paid.append(float(divergence.detach().sum()))
        return divergence

    monkeypatch.setattr(ppo, "exact_divergence", watched)
    config = ppo.PpoConfig(epochs=1, batch_size=1000, divergence_weight=0.1)
    learner = ppo.PolicyOptimizer(new_network(CONFIG, 1), config, 1)
    logged = [learner.step(episodes, np.array([1, -1], np.float32))["divergence"] for _ in range(4)]
    assert logged[0] == pytest.approx(0, abs=1e-6)
    assert logged[-1] > 0
    assert logged == pytest.approx([total / 2 for total in paid], rel=1e-4, abs=1e-6)


def test_regression_v11_direct_preferences_log_the_exact_divergence_of_the_policy_as_it_stands() -> None:
    reference, network, pairs = new_network(CONFIG, 1), new_network(CONFIG, 1), center_pairs()
    records = teach_directly(network, pairs, DirectConfig(epochs=2), np.random.SeedSequence(1))
    with torch.no_grad():
        exact = exact_divergence(policy_on(network, pairs), policy_on(reference, pairs))
    assert (exact >= 0).all()
    assert records[-1]["divergence"] == pytest.approx(float(exact.mean()), rel=1e-5)
