"""The network in the form in which it plays: bfloat16 chooses the moves of float32 and keeps its values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from random_records import random_network, random_record

from engine.rulesets import go_rules
from selfplay import inference
from selfplay.inference import compute_device, has_fast_bfloat16, prepare_for_inference
from selfplay.learner import Learner, LearnerConfig
from selfplay.network import Network, NetworkConfig, Output, new_network
from selfplay.records import GameRecord
from selfplay.replay import ReplayBuffer

RULES = go_rules(7)
SHAPE = NetworkConfig(blocks=4, channels=32)


def echoed(seed: int) -> GameRecord:
    """A random game in which everybody wants the point just taken, and hopes fade as the board fills."""
    record = random_record(RULES, 2 * seed)
    visits = np.zeros_like(record.visits)
    visits[np.arange(1, record.num_moves), record.moves[:-1]] = 1
    values = np.linspace(0.95, -0.95, record.num_moves, dtype=np.float32)
    return replace(record, visits=visits, value_targets=values)


def positions(first_seed: int, num_games: int = 40) -> ReplayBuffer:
    return ReplayBuffer([echoed(seed) for seed in range(first_seed, first_seed + num_games)], SHAPE)


@pytest.fixture(scope="module")
def taught() -> Network:
    """A network with something to say: among moves that are all alike, rounding decides."""
    learner = Learner(new_network(SHAPE, 1), LearnerConfig(batch_size=64, learning_rate=4e-3))
    learner.train_steps(positions(0), 120, np.random.default_rng(1))
    return learner.average


def judged(network: Network, planes: torch.Tensor) -> Output:
    with torch.inference_mode():
        return network(planes)


def test_bfloat16_chooses_the_moves_of_float32_and_keeps_its_values(taught: Network) -> None:
    if not has_fast_bfloat16(compute_device()):
        pytest.skip("this processor has no fast bfloat16")
    batch = positions(100).sample(1000, np.random.default_rng(2))
    planes = torch.from_numpy(batch.planes)
    exact, fast = judged(taught, planes), judged(prepare_for_inference(taught), planes)
    chosen = exact.policy_logits.argmax(1)
    assert (chosen.numpy() == batch.policy_target.argmax(1)).mean() > 0.9, "the network was not taught"
    assert exact.values().std() > 0.2
    assert (fast.policy_logits.argmax(1) == chosen).float().mean() >= 0.99
    assert (fast.values() - exact.values()).abs().max() <= 0.02


def test_without_bfloat16_play_is_exact(taught: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "has_fast_bfloat16", lambda device: False)
    planes = torch.from_numpy(positions(200, 2).sample(20, np.random.default_rng(3)).planes)
    exact, prepared = judged(taught, planes), judged(prepare_for_inference(taught), planes)
    torch.testing.assert_close(prepared.policy_logits, exact.policy_logits, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(prepared.values(), exact.values(), rtol=1e-4, atol=1e-4)


def test_the_area_of_the_largest_board_is_not_rounded() -> None:
    """bfloat16 has no 361: the board would not fill its canvas and every mean would be too small."""
    planes = torch.zeros(1, SHAPE.num_planes, 19, 19)
    planes[:, 0] = 1
    prepared = prepare_for_inference(random_network(1, SHAPE))
    alone = judged(prepared, planes)
    padded = judged(prepared, torch.nn.functional.pad(planes, (0, 1, 0, 1)))
    torch.testing.assert_close(alone.values(), padded.values(), rtol=0.02, atol=0.002)


def test_preparing_leaves_the_network_as_it_was(taught: Network) -> None:
    before = {name: tensor.clone() for name, tensor in taught.state_dict().items()}
    prepared = prepare_for_inference(taught)
    assert not any(parameter.requires_grad for parameter in prepared.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in taught.state_dict().items())
    assert all(tensor.dtype == torch.float32 for tensor in taught.state_dict().values())
