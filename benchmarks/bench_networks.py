"""Positions a second of each size of network, in self-play's batches and in training, on one core."""

import time

import numpy as np
import torch
from measure import median_rate, report

from engine.board import new_state
from engine.rulesets import Rules
from selfplay.agents import open_agent
from selfplay.config import TrainConfig
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.learner import Learner
from selfplay.network import Network, new_network
from selfplay.presets import NETWORK_SIZES, preset, sized
from selfplay.records import GameRecord
from selfplay.replay import ReplayBuffer
from selfplay.teacher_games import Lesson, teacher_games

BATCH = 64
RUNS = 3
GAMES = 8
PRESETS = ("go9", "gomoku15")


def play_rate(network: Network, rules: Rules) -> float:
    """Positions a CPU second judged in batches, planes included."""
    evaluator = NetworkEvaluator(prepare_for_inference(network), rules, BATCH)
    state, rows = new_state(rules, BATCH), np.arange(BATCH)
    logits, values = np.empty((BATCH, rules.num_actions), np.float32), np.empty(BATCH, np.float32)

    def judge() -> float:
        evaluator.evaluate(state, rows, logits, values)
        return BATCH

    return median_rate(judge, RUNS, time.process_time)


def learn_rate(network: Network, config: TrainConfig, games: list[GameRecord]) -> float:
    """Positions a CPU second learned from, drawn from games and played again."""
    learner = Learner(network, config.learner)
    buffer, random = ReplayBuffer(games, config.network), np.random.default_rng(1)

    def learn() -> float:
        learner.train_steps(buffer, 1, random)
        return config.learner.batch_size

    return median_rate(learn, RUNS, time.process_time)


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    for name in PRESETS:
        rules = preset(name).rules
        games = teacher_games(open_agent("random"), rules, Lesson(), GAMES, seed=1)
        for size in NETWORK_SIZES:
            config = sized(preset(name), size)
            network = new_network(config.network, 1)
            report(f"{name}_{size}_weights", network.num_parameters(), "")
            report(f"{name}_{size}_play_per_cpu_s", play_rate(network, rules), "positions/CPU s")
            report(f"{name}_{size}_learn_per_cpu_s", learn_rate(network, config, games), "positions/CPU s")


if __name__ == "__main__":
    main()
