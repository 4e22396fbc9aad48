"""Other rewards behind the same protocol: a frozen value network, and mixtures with the truth."""

import numpy as np
import pytest
import torch
from answered_pairs import random_boards

from engine.board import new_state
from engine.errors import OutcomeForbiddenError
from engine.game import set_position
from engine.rules_kernels import play
from engine.rulesets import go_rules
from engine.scoring import black_sign, outcomes_forbidden
from rlhf_variant.boards import Boards
from rlhf_variant.mixed_value_source import MixedValueSource
from rlhf_variant.reward_model import RewardConfig, new_reward_model
from rlhf_variant.reward_value_source import RewardValueSource
from rlhf_variant.rewards import CHUNK, NetworkReward
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import NetworkConfig, new_network
from selfplay.value_source import OutcomeValueSource


def sparse_boards(count: int) -> Boards:
    """Boards whose chains all have liberties, as boards of games have."""
    boards = random_boards(count, 5, np.random.default_rng(1))
    boards.stones[:, ::2] = 0
    return boards


def test_a_frozen_value_network_judges_each_board_as_in_a_game() -> None:
    network = new_network(NetworkConfig(1, 8), 1)
    generator = torch.Generator().manual_seed(1)
    for parameter in network.value_head.parameters():
        parameter.data.normal_(std=0.2, generator=generator)
    boards, rules = sparse_boards(CHUNK + 3), go_rules(5)
    values = NetworkReward(network, rules).values_black(boards)
    assert values.std() > 0.01
    evaluator = NetworkEvaluator(prepare_for_inference(network), rules, 1)
    for index in (0, 7, CHUNK, CHUNK + 2):
        state, value = new_state(rules), np.empty(1, np.float32)
        set_position(state, 0, boards.stones[index], int(boards.to_play[index]))
        state.komi[0] = boards.komi[index]
        evaluator.evaluate(state, np.array([0]), np.empty((1, 26), np.float32), value)
        assert values[index] == pytest.approx(float(value[0] * black_sign(state, np.array([0]))[0]), abs=0.02)


def test_a_mixture_lies_between_truth_and_reward_and_stays_outside_the_firewall() -> None:
    state, rows = new_state(go_rules(5)), np.array([0])
    for action in (12, 25, 25):
        play(state, 0, action)
    truth, reward = OutcomeValueSource(), RewardValueSource(new_reward_model(RewardConfig(1, 8), 1))
    mixed = MixedValueSource(truth, reward, 0.25)
    expected = 0.25 * truth.terminal_values(state, rows) + 0.75 * reward.terminal_values(state, rows)
    assert mixed.terminal_values(state, rows) == pytest.approx(expected)
    targets = mixed.value_targets(state, 0, np.array([1, 2], np.int8), np.array([12, 25], np.int16))
    assert targets[0] == -targets[1]
    assert mixed.score_target_black(state, 0) is None
    with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
        mixed.terminal_values(state, rows)
    with pytest.raises(ValueError, match="expected 0"):
        MixedValueSource(truth, reward, 1.5)
