"""Growth: a larger network says what the smaller one did, its new parts learn, and runs start from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from random_records import ALL_HEADS, SMALL, random_network, random_record

from engine.rulesets import go_rules
from selfplay.growth import grown
from selfplay.learner import Learner, LearnerConfig
from selfplay.network import NetworkConfig, Output
from selfplay.replay import ReplayBuffer

GAMES = [random_record(go_rules(5), seed) for seed in range(6)]
WIDER = replace(ALL_HEADS, channels=24, head_channels=16)
SHAPES = {
    "deeper": (ALL_HEADS, replace(ALL_HEADS, blocks=5)),
    "wider": (ALL_HEADS, WIDER),
    "deeper and wider": (ALL_HEADS, replace(WIDER, blocks=3)),
    "sees more": (replace(ALL_HEADS, reading_planes=False), ALL_HEADS),
    "more heads": (SMALL, ALL_HEADS),
    "the same": (ALL_HEADS, ALL_HEADS),
}


def judged(network: torch.nn.Module, planes: torch.Tensor) -> Output:
    with torch.inference_mode():
        said: Output = network.eval()(planes)
    return said


@pytest.mark.parametrize(("small", "large"), SHAPES.values(), ids=SHAPES)
def test_a_grown_network_says_what_it_said_before(small: NetworkConfig, large: NetworkConfig) -> None:
    before = random_network(3, small)
    after = grown(before, large, 1)
    assert after.config == large
    batch = ReplayBuffer(GAMES, large).sample(30, np.random.default_rng(1))
    planes = torch.from_numpy(batch.planes)
    old, new = judged(before, planes[:, : small.num_planes]), judged(after, planes)
    for name, expected in old._asdict().items():
        if expected is not None:
            np.testing.assert_allclose(getattr(new, name), expected, rtol=1e-4, atol=1e-4, err_msg=name)


def test_what_is_new_learns() -> None:
    network = grown(random_network(3, SMALL), replace(SMALL, blocks=3, channels=16, reading_planes=True), 1)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    buffer = ReplayBuffer(GAMES, network.config)
    Learner(network, LearnerConfig(batch_size=16, warmup_steps=1)).train_steps(
        buffer, 3, np.random.default_rng(1)
    )
    moved = {name: (tensor != before[name]) for name, tensor in network.state_dict().items()}
    assert moved["stem.weight"][:8, SMALL.num_planes :].any()  # old channels hear new planes
    assert moved["blocks.0.first.weight"][:8, 8:].any()  # and new channels
    assert moved["blocks.1.pool_bias.weight"][:8, 8:16].any()
    assert moved["blocks.2.second.weight"].any()  # new blocks speak
    assert moved["value_head.conv.weight"][:, 8:].any()


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (replace(ALL_HEADS, blocks=1), "network.blocks 1: expected 2"),
        (replace(ALL_HEADS, channels=16, score=False), "network.score False: expected True"),
    ],
)
def test_nothing_is_taken_away(shape: NetworkConfig, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grown(random_network(3, ALL_HEADS), shape, 1)
