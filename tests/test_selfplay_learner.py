"""The network and its training step: losses, masks, and a loss that is no number."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from random_records import ALL_HEADS, SMALL, random_network, random_record

from engine.board import new_state
from engine.planes import canvas_indices
from engine.rulesets import Rules, go_rules, gomoku_rules
from selfplay.divergence import exact_divergence, log_policy
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.inputs import InputWriter
from selfplay.learner import DivergedError, Learner, LearnerConfig, num_plateaus
from selfplay.losses import losses
from selfplay.network import SCORE_SCALE, Network, NetworkConfig, Output, new_network
from selfplay.replay import Batch, ReplayBuffer


def some_batch(rules: Rules, num_positions: int, config: NetworkConfig = ALL_HEADS) -> Batch:
    buffer = ReplayBuffer([random_record(rules, 2 * seed) for seed in range(4)], config)
    return buffer.sample(num_positions, np.random.default_rng(1))


def judged(network: Network, planes: np.ndarray) -> Output:
    with torch.inference_mode():
        return network(torch.from_numpy(planes))


def weights(network: Network) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def are_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


# The network.


@pytest.mark.parametrize("rules", [go_rules(7), gomoku_rules(6), Rules("go", 4, 6)], ids=Rules.describe)
def test_a_position_is_judged_alike_alone_in_a_batch_and_on_a_larger_canvas(rules: Rules) -> None:
    network = random_network(1, ALL_HEADS)
    planes = some_batch(rules, 12).planes
    canvas = np.zeros((12, ALL_HEADS.num_planes, 9, 9), np.float32)
    canvas[:, :, : rules.height, : rules.width] = planes
    batch, padded = judged(network, planes), judged(network, canvas)
    apart = [judged(network, planes[index : index + 1]) for index in range(12)]
    alone = Output(*map(torch.cat, zip(*apart, strict=True)))
    on_board = torch.from_numpy(canvas_indices(rules.width, rules.height, 9, 9))
    for name in Output._fields:
        whole, larger = getattr(batch, name), getattr(padded, name)
        if whole.shape != larger.shape:
            larger = larger.flatten(1)[:, on_board[: whole[0].numel()]].reshape(whole.shape)
        torch.testing.assert_close(whole, getattr(alone, name), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(whole, larger, rtol=1e-4, atol=1e-4)
    off_board = np.setdiff1d(np.arange(9 * 9 + 1), on_board.numpy())
    assert float(padded.policy_logits[:, off_board].max()) < -1000


def test_a_mixed_batch_judges_each_board_as_if_it_were_alone() -> None:
    network = random_network(2, ALL_HEADS)
    small, large = some_batch(go_rules(5), 4).planes, some_batch(go_rules(7), 4).planes
    mixed = np.zeros((8, ALL_HEADS.num_planes, 7, 7), np.float32)
    mixed[:4, :, :5, :5], mixed[4:] = small, large
    values = judged(network, mixed).values()
    apart = torch.cat([judged(network, small).values(), judged(network, large).values()])
    torch.testing.assert_close(values, apart, rtol=1e-4, atol=1e-4)


def test_a_fresh_network_expects_nothing_of_how_games_end() -> None:
    output = judged(new_network(ALL_HEADS, seed=1), some_batch(go_rules(5), 8).planes)
    assert output.score_mean is not None
    assert output.ownership_logits is not None
    for silent in (output.values(), output.value_logits, output.score_mean, output.ownership_logits):
        assert not silent.any()


def test_heads_exist_as_configured() -> None:
    planes = some_batch(go_rules(5), 2).planes
    plain = judged(random_network(1, replace(SMALL, reading_planes=True)), planes)
    assert [name for name, said in plain._asdict().items() if said is not None] == [
        "policy_logits",
        "value_logits",
    ]
    for head, outputs in (
        ("reply", {"reply_logits"}),
        ("soft", {"soft_logits"}),
        ("score", {"score_mean", "score_deviation"}),
        ("ownership", {"ownership_logits"}),
    ):
        said = judged(random_network(1, replace(ALL_HEADS, **{head: False})), planes)._asdict()
        assert {name for name, output in said.items() if output is None} == outputs
    assert judged(random_network(1), some_batch(go_rules(5), 2, SMALL).planes).values().shape == (2,)


def test_a_network_without_its_auxiliary_heads_says_the_same_of_policy_and_value() -> None:
    network, planes = random_network(1, ALL_HEADS), some_batch(go_rules(5), 5).planes
    bare = network.without_auxiliary_heads()
    assert bare.config == replace(SMALL, reading_planes=True)
    for name in ("policy_logits", "value_logits"):
        assert torch.equal(getattr(judged(bare, planes), name), getattr(judged(network, planes), name))


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
    network = random_network(3, ALL_HEADS)
    rules = go_rules(5)
    state = new_state(rules, 3)
    planes = np.empty((3, ALL_HEADS.num_planes, 5, 5), np.float32)
    InputWriter(ALL_HEADS, rules).write(state, np.arange(3), planes)
    expected = judged(network, planes)
    logits, values = np.empty((3, rules.num_actions), np.float32), np.empty(3, np.float32)
    NetworkEvaluator(prepare_for_inference(network), rules, 3).evaluate(state, np.arange(3), logits, values)
    # bfloat16 keeps eight bits.
    np.testing.assert_allclose(logits, expected.policy_logits, rtol=0.05, atol=0.05)
    np.testing.assert_allclose(values, expected.values().numpy(), rtol=0.05, atol=0.05)


# The losses.


def test_losses_are_those_of_the_textbook() -> None:
    batch = some_batch(go_rules(5), 16)
    batch.score_target[::3] = np.nan
    batch.ownership_target[::5] = np.nan
    random = np.random.default_rng(1)
    policy, reply, soft = random.normal(size=(3, 16, 26)).astype(np.float32)
    value, score = random.normal(size=(16, 3)), random.normal(size=16)
    deviation, ownership = random.uniform(0.2, 2.0, size=16), random.normal(size=(16, 5, 5))
    said = Output(*map(torch.from_numpy, (policy, value, reply, soft, score, deviation, ownership)))
    found = {name: loss.item() for name, loss in losses(said, batch).items()}

    def surprise(logits: np.ndarray, target: np.ndarray) -> float:
        log = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return float(-(target * log).sum() / target.any(axis=1).sum())

    assert found["policy"] == pytest.approx(surprise(policy, batch.policy_target), rel=1e-5)
    assert found["value"] == pytest.approx(surprise(value, batch.value_target), rel=1e-5)
    assert found["reply"] == pytest.approx(surprise(reply, batch.reply_target), rel=1e-5)
    flat = batch.policy_target**0.25
    assert found["soft"] == pytest.approx(surprise(soft, flat / flat.sum(axis=1, keepdims=True)), rel=1e-5)
    known = ~np.isnan(batch.score_target)
    error = (score - batch.score_target / SCORE_SCALE)[known] / deviation[known]
    assert found["score"] == pytest.approx((np.log(deviation[known]) + error**2 / 2).mean(), rel=1e-4)
    known = ~np.isnan(batch.ownership_target)
    p, owned = 1 / (1 + np.exp(-ownership[known])), (1 + batch.ownership_target[known]) / 2
    expected = -(owned * np.log(p) + (1 - owned) * np.log(1 - p)).mean()
    assert found["ownership"] == pytest.approx(expected, rel=1e-5)


def test_a_batch_without_targets_costs_nothing() -> None:
    batch = some_batch(gomoku_rules(4), 8)
    for target in (batch.policy_target, batch.reply_target, batch.value_target):
        target[:] = 0
    found = losses(judged(random_network(1, ALL_HEADS), batch.planes), batch)
    assert set(found) == set(LearnerConfig().weights()) - {"divergence"}
    assert not any(loss.item() for loss in found.values())


# The training step.


def test_a_few_positions_are_learned_by_heart() -> None:
    batch = some_batch(go_rules(5), 32)
    random = np.random.default_rng(1)
    batch = batch._replace(
        policy_target=np.eye(26, dtype=np.float32)[random.integers(26, size=32)],
        value_target=np.eye(3, dtype=np.float32)[random.integers(3, size=32)],
    )
    learner = Learner(
        new_network(replace(ALL_HEADS, channels=32, head_channels=16), seed=1),
        LearnerConfig(
            learning_rate=5e-3, warmup_steps=10, reply_weight=1.0, soft_weight=0.1, score_weight=1.0
        ),
    )
    first = learner.train_batch(batch)
    assert first["value"] == pytest.approx(math.log(3), rel=1e-3)
    assert first["ownership"] == pytest.approx(math.log(2), rel=1e-3)
    for _ in range(200):
        last = learner.train_batch(batch)
    assert last["policy"] < 0.2 * first["policy"]
    assert last["value"] < 0.2 * first["value"]
    assert last["score"] < first["score"] - 0.5
    # What nobody can know: whose the points are that nobody owns, and which of the visited moves comes next.
    undecided = math.log(2) * (batch.ownership_target == 0).mean()
    entropy = -(batch.reply_target * np.log(batch.reply_target.clip(1e-9))).sum() / 32
    for name, floor in (("ownership", undecided), ("reply", entropy)):
        assert last[name] - floor < 0.5 * (first[name] - floor), name


@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.parametrize("part", ["planes", "value_target", "policy_target"])
def test_a_loss_that_is_no_number_stops_training_and_leaves_the_weights(part: str, poison: float) -> None:
    learner = Learner(random_network(4, ALL_HEADS), LearnerConfig(warmup_steps=1))
    batch = some_batch(go_rules(5), 8)
    learner.train_batch(batch)
    before = weights(learner.network)
    getattr(batch, part).reshape(-1)[7] = poison
    with pytest.raises(DivergedError, match="step 1") as caught:
        learner.train_batch(batch)
    assert caught.value.batch is batch
    assert are_equal(weights(learner.network), before)
    assert learner.step == 1


def test_the_learning_rate_rises_to_its_value() -> None:
    learner = Learner(random_network(5), LearnerConfig(learning_rate=0.1, warmup_steps=4))
    rates = []
    for _ in range(6):
        learner.train_batch(some_batch(gomoku_rules(3), 2, SMALL))
        rates.append(learner.optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])
    learner.rate_scale = 0.3
    learner.train_batch(some_batch(gomoku_rules(3), 2, SMALL))
    assert learner.optimizer.param_groups[0]["lr"] == pytest.approx(0.03)


def test_the_learning_rate_drops_where_it_is_told_to() -> None:
    config = LearnerConfig(rate_drop=0.1, first_drop=0.6, second_drop=0.85)
    shares = (0.0, 0.59, 0.6, 0.84, 0.85, 0.99)
    assert [config.rate_scale(share) for share in shares] == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    assert {LearnerConfig().rate_scale(share) for share in shares} == {1.0}


def test_rate_drops_where_the_loss_stands_still() -> None:
    losses = [3.0, 2.5, 2.6, 2.5, 2.4, 2.41, 2.42, 2.43, 2.44, 2.3]
    assert [num_plateaus(losses[:rounds], 2) for rounds in range(11)] == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3]
    assert num_plateaus(losses, 0) == 0
    config = LearnerConfig(rate_drop=0.1, first_drop=0.6, plateau_rounds=2)
    assert config.rate_scale(0.7, losses[:4]) == pytest.approx(0.01)


@pytest.mark.parametrize("head", ["value", "reply", "soft", "score", "ownership"])
def test_a_head_of_weight_zero_is_not_taught(head: str) -> None:
    config = LearnerConfig(weight_decay=0, **{f"{head}_weight": 0})  # type: ignore[arg-type]
    learner = Learner(random_network(6, ALL_HEADS), config)
    before = weights(learner.network)
    learner.train_batch(some_batch(go_rules(5), 16))
    after = weights(learner.network)
    untaught = {name for name in after if torch.equal(before[name], after[name])}
    prefix = {"value": "value_head.result_out", "score": "value_head.score_out"}.get(head, f"{head}_")
    prefix = "value_head.ownership_out" if head == "ownership" else prefix
    assert untaught == {name for name in after if name.startswith(prefix)}


def test_judging_gives_the_losses_of_the_averaged_weights_and_changes_nothing() -> None:
    learner = Learner(random_network(8, ALL_HEADS), LearnerConfig())
    batch = some_batch(go_rules(5), 8)
    learner.train_batch(batch)
    before = weights(learner.average)
    found = learner.judge(batch)
    expected = losses(judged(learner.average, batch.planes), batch)
    assert found == pytest.approx({name: loss.item() for name, loss in expected.items()}, rel=1e-5)
    assert are_equal(weights(learner.average), before)


def test_steps_report_their_progress_and_mean_losses() -> None:
    learner = Learner(random_network(7), LearnerConfig(batch_size=4))
    buffer = ReplayBuffer([random_record(go_rules(5), seed=1)], SMALL)
    told: list[int] = []
    means = learner.train_steps(buffer, 3, np.random.default_rng(1), told.append)
    assert (learner.step, sum(told)) == (3, 3)
    assert set(means) == {"policy", "value"}
    assert all(math.isfinite(mean) for mean in means.values())


def test_the_average_follows_its_formula_and_counts_the_first_steps_fully() -> None:
    learner = Learner(random_network(7), LearnerConfig(average_decay=0.6, warmup_steps=1))
    expected = weights(learner.average)["stem.weight"].clone()
    for step in range(1, 31):
        learner.train_batch(some_batch(gomoku_rules(3), 2, SMALL))
        decay = min(0.6, step / (step + 10))
        expected = decay * expected + (1 - decay) * weights(learner.network)["stem.weight"]
    assert torch.allclose(weights(learner.average)["stem.weight"], expected, atol=1e-6)
    assert not are_equal(weights(learner.average), weights(learner.network))


# The anchor.


def test_the_more_the_divergence_weighs_the_nearer_a_policy_stays_to_its_anchor() -> None:
    start = random_network(9)
    buffer = ReplayBuffer([random_record(go_rules(5), seed) for seed in range(4)], SMALL, min_pass_ply=99)
    batch = buffer.sample(64, np.random.default_rng(1))
    legal = torch.from_numpy(batch.legal)
    before = log_policy(judged(start, batch.planes).policy_logits, legal)
    gone = {}
    for weight in (0.0, 1.0, 1e4):
        learner = Learner(
            copy.deepcopy(start), LearnerConfig(divergence_weight=weight, warmup_steps=1), start
        )
        for _ in range(40):
            now = log_policy(judged(learner.network, batch.planes).policy_logits, legal)
            divergence = exact_divergence(now, before).mean()
            told = learner.train_batch(batch)
            if weight:
                assert told["divergence"] == pytest.approx(float(divergence), rel=0.03, abs=1e-5)
        assert ("divergence" in told) == (weight > 0)
        gone[weight] = float(divergence)
    assert gone[1e4] < 0.02 * gone[1.0] < 0.02 * gone[0.0]
    assert gone[0.0] > 0.05


def test_the_anchor_is_where_a_learner_begins_unless_another_one_is_given() -> None:
    buffer = ReplayBuffer([random_record(go_rules(5), 2)], SMALL, min_pass_ply=0)
    batch, config = buffer.sample(8, np.random.default_rng(1)), LearnerConfig(divergence_weight=0.5)
    own = Learner(random_network(9), config)
    assert own.train_batch(batch)["divergence"] == pytest.approx(0, abs=1e-6)
    assert own.train_batch(batch)["divergence"] > 0
    assert Learner(random_network(9), config, random_network(10)).train_batch(batch)["divergence"] > 0.01
    with pytest.raises(ValueError, match="divergence_weight -1"):
        LearnerConfig(divergence_weight=-1)
