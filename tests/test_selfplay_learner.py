"""The network and its training step: losses, masks, and a loss that is no number."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from random_records import random_network, random_record

from engine.board import new_state
from engine.planes import NUM_PLANES, canvas_indices, write_batch_planes
from engine.rulesets import Rules, go_rules, gomoku_rules
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.learner import DivergedError, Learner, LearnerConfig, losses
from selfplay.network import SCORE_SCALE, Network, NetworkConfig, Output, new_network
from selfplay.replay import Batch, ReplayBuffer


def some_batch(rules: Rules, num_positions: int, seed: int = 1) -> Batch:
    buffer = ReplayBuffer([random_record(rules, seed) for seed in range(seed, seed + 4)])
    return buffer.sample(num_positions, np.random.default_rng(seed))


def judged(network: Network, planes: np.ndarray) -> Output:
    with torch.inference_mode():
        return network(torch.from_numpy(planes))


def weights(network: Network) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def are_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


# The network.


@pytest.mark.parametrize("rules", [go_rules(5), gomoku_rules(7), Rules("go", 4, 6)], ids=Rules.describe)
def test_a_position_is_judged_alike_alone_in_a_batch_and_on_a_larger_canvas(rules: Rules) -> None:
    network = random_network(1)
    planes = some_batch(rules, 12).planes
    batch = judged(network, planes)
    canvas = np.zeros((12, NUM_PLANES, 9, 8), np.float32)
    canvas[:, :, : rules.height, : rules.width] = planes
    larger = judged(network, canvas)
    on_board = torch.from_numpy(canvas_indices(rules.width, rules.height, 8, 9))
    for index in range(12):
        alone = judged(network, planes[index : index + 1])
        for one, other, padded in (
            (alone.policy_logits[0], batch.policy_logits[index], larger.policy_logits[index, on_board]),
            (alone.value_logit[0], batch.value_logit[index], larger.value_logit[index]),
            (alone.score[0], batch.score[index], larger.score[index]),
        ):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(one, padded, rtol=1e-4, atol=1e-4)
    off_board = np.setdiff1d(np.arange(9 * 8 + 1), on_board.numpy())
    assert float(larger.policy_logits[:, off_board].max()) < -1000


def test_a_mixed_batch_judges_each_board_as_if_it_were_alone() -> None:
    network = random_network(2)
    small, large = some_batch(go_rules(5), 4).planes, some_batch(go_rules(7), 4).planes
    mixed = np.zeros((8, NUM_PLANES, 7, 7), np.float32)
    mixed[:4, :, :5, :5], mixed[4:] = small, large
    values = judged(network, mixed).value_logit
    apart = torch.cat([judged(network, small).value_logit, judged(network, large).value_logit])
    torch.testing.assert_close(values, apart, rtol=1e-4, atol=1e-4)


def test_a_fresh_network_expects_nothing_of_values_and_scores() -> None:
    output = judged(new_network(NetworkConfig(2, 8, 8), seed=1), some_batch(go_rules(5), 8).planes)
    assert not output.value_logit.any()
    assert not output.score.any()


def test_fresh_weights_depend_on_the_seed_alone() -> None:
    torch.manual_seed(1)
    first = new_network(NetworkConfig(2, 8, 8), seed=5)
    before = torch.random.get_rng_state()
    second = new_network(NetworkConfig(2, 8, 8), seed=5)
    assert torch.equal(torch.random.get_rng_state(), before), "the global generator was used"
    assert are_equal(weights(first), weights(second))
    assert not are_equal(weights(first), weights(new_network(NetworkConfig(2, 8, 8), seed=6)))


@pytest.mark.parametrize("shape", [(0, 8, 8), (41, 8, 8), (2, 12, 8), (2, 0, 8), (2, 8, 520)])
def test_a_shape_out_of_range_is_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"network\.(blocks|channels|head_channels)"):
        NetworkConfig(*shape)


def test_the_evaluator_gives_the_values_and_logits_of_the_network() -> None:
    network = random_network(3)
    rules = go_rules(5)
    state = new_state(rules, 3)
    planes = np.empty((3, NUM_PLANES, 5, 5), np.float32)
    write_batch_planes(state, np.arange(3), planes)
    expected = judged(network, planes)
    logits, values = np.empty((3, rules.num_actions), np.float32), np.empty(3, np.float32)
    NetworkEvaluator(prepare_for_inference(network), rules, 3).evaluate(state, np.arange(3), logits, values)
    # bfloat16 keeps eight bits.
    np.testing.assert_allclose(logits, expected.policy_logits, rtol=0.05, atol=0.05)
    np.testing.assert_allclose(values, np.tanh(expected.value_logit.numpy()), rtol=0.05, atol=0.05)


# The losses.


def test_losses_are_those_of_the_textbook() -> None:
    batch = some_batch(go_rules(5), 16)
    batch.score_target[::3] = np.nan
    logits = np.random.default_rng(1).normal(size=(16, 26)).astype(np.float32)
    value, score = np.random.default_rng(2).normal(size=(2, 16)).astype(np.float32)
    found = losses(Output(*map(torch.from_numpy, (logits, value, score))), batch)

    log_policy = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    policy = -(batch.policy_target * log_policy).sum() / batch.policy_target.any(axis=1).sum()
    p, target = (1 + np.tanh(value)) / 2, (1 + batch.value_target) / 2
    win = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean()
    error = np.abs(score - batch.score_target / SCORE_SCALE)[~np.isnan(batch.score_target)]
    huber = np.where(error < 1, error**2 / 2, error - 0.5).mean()
    assert found["policy"].item() == pytest.approx(policy, rel=1e-5)
    assert found["value"].item() == pytest.approx(win, rel=1e-5)
    assert found["score"].item() == pytest.approx(huber, rel=1e-5)


def test_a_batch_without_targets_has_no_policy_and_no_score_loss() -> None:
    batch = some_batch(gomoku_rules(4), 8)
    batch.policy_target[:] = 0
    found = losses(judged(random_network(1), batch.planes), batch)
    assert found["policy"].item() == 0.0
    assert found["score"].item() == 0.0


# The training step.


def test_a_few_positions_are_learned_by_heart() -> None:
    batch = some_batch(go_rules(5), 32)
    winners = np.where(np.random.default_rng(1).random(32) < 0.5, 1, -1).astype(np.float32)
    moves = np.eye(26, dtype=np.float32)[np.random.default_rng(2).integers(26, size=32)]
    batch = batch._replace(policy_target=moves, value_target=winners)
    config = LearnerConfig(learning_rate=5e-3, warmup_steps=10, score_weight=1.0)
    learner = Learner(new_network(NetworkConfig(2, 32, 16), seed=1), config)
    first = learner.train_batch(batch)
    assert first["value"] == pytest.approx(math.log(2), rel=1e-3)
    for _ in range(200):
        last = learner.train_batch(batch)
    assert last["policy"] < 0.1 * first["policy"]
    assert last["value"] < 0.1 * first["value"]
    assert last["score"] < 0.3 * first["score"]


@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.parametrize("part", ["planes", "value_target", "policy_target"])
def test_a_loss_that_is_no_number_stops_training_and_leaves_the_weights(part: str, poison: float) -> None:
    learner = Learner(random_network(4), LearnerConfig(warmup_steps=1))
    batch = some_batch(go_rules(5), 8)
    learner.train_batch(batch)
    before = weights(learner.network)
    getattr(batch, part).reshape(-1)[7] = poison
    with pytest.raises(DivergedError, match="step 1"):
        learner.train_batch(batch)
    assert are_equal(weights(learner.network), before)
    assert learner.step == 1


def test_the_learning_rate_rises_to_its_value() -> None:
    learner = Learner(random_network(5), LearnerConfig(learning_rate=0.1, warmup_steps=4))
    rates = []
    for _ in range(6):
        learner.train_batch(some_batch(gomoku_rules(3), 2))
        rates.append(learner.optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])


def test_a_head_of_weight_zero_is_not_taught() -> None:
    learner = Learner(random_network(6), LearnerConfig(value_weight=0, score_weight=0, weight_decay=0))
    before = weights(learner.network)
    learner.train_batch(some_batch(go_rules(5), 16))
    after = weights(learner.network)
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert "stem.weight" in changed
    assert not {name for name in changed if name.startswith(("value", "score"))}


def test_steps_report_their_progress_and_mean_losses() -> None:
    learner = Learner(random_network(7), LearnerConfig(batch_size=4))
    buffer = ReplayBuffer([random_record(go_rules(5), seed=1)])
    told: list[int] = []
    means = learner.train_steps(buffer, 3, np.random.default_rng(1), told.append)
    assert (learner.step, sum(told)) == (3, 3)
    assert set(means) == {"policy", "value", "score"}
    assert all(math.isfinite(mean) for mean in means.values())


def test_the_average_follows_its_formula_and_counts_the_first_steps_fully() -> None:
    learner = Learner(random_network(7), LearnerConfig(average_decay=0.6, warmup_steps=1))
    expected = weights(learner.average)["stem.weight"].clone()
    for step in range(1, 31):
        learner.train_batch(some_batch(gomoku_rules(3), 2))
        decay = min(0.6, step / (step + 10))
        expected = decay * expected + (1 - decay) * weights(learner.network)["stem.weight"]
    assert torch.allclose(weights(learner.average)["stem.weight"], expected, atol=1e-6)
    assert not are_equal(weights(learner.average), weights(learner.network))
