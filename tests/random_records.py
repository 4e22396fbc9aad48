"""Random games as stored records, networks whose every weight counts, and a run of seconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from engine.game import Game
from engine.rulesets import Rules, gomoku_rules
from mcts.config import SearchConfig
from selfplay.config import TrainConfig
from selfplay.learner import LearnerConfig
from selfplay.network import Network, NetworkConfig, new_network
from selfplay.records import GameRecord
from selfplay.selfplay_config import SelfPlayConfig

SMALL = NetworkConfig(blocks=2, channels=8, head_channels=8)
ALL_HEADS = replace(SMALL, reading_planes=True, reply=True, soft=True, score=True, ownership=True)

TINY_RUN = TrainConfig(
    rules=gomoku_rules(3),
    network=SMALL,
    search=SearchConfig(num_simulations=4),
    selfplay=SelfPlayConfig(games_per_iteration=6, parallel_games=4, random_plies=1, temperature_plies=4),
    learner=LearnerConfig(batch_size=16, passes=2.0, warmup_steps=3, min_window=60, held_out_share=0.0),
    iterations=4,
    threads=1,
)
"""Tic-tac-toe with a window that forgets its first games."""


def random_record(rules: Rules, seed: int, max_moves: int = 40) -> GameRecord:
    """A game of random moves with search results made up; the first move is an opening without visits."""
    random = np.random.default_rng(seed)
    game = Game(rules)
    visits = np.zeros((max_moves, rules.num_actions), np.uint16)
    while not game.is_over and len(game.moves) < max_moves:
        legal = game.legal_actions()
        if game.moves:
            visits[len(game.moves), legal] = random.integers(0, 50, len(legal))
        points = [action for action in legal if action != rules.pass_action]
        move = int(random.choice(points or legal))
        if game.moves:
            visits[len(game.moves), move] += 1
        game.play(move)
    length = len(game.moves)
    return GameRecord(
        rules=rules,
        moves=np.array([move.action for move in game.moves], np.int16),
        visits=visits[:length],
        root_values=random.uniform(-1, 1, length).astype(np.float32),
        value_targets=random.uniform(-1, 1, length).astype(np.float32),
        score_black=game.score_black() if rules.game == "go" else None,
        is_truncated=bool(seed % 2),
    )


def random_network(seed: int, config: NetworkConfig = SMALL) -> Network:
    """A network without the zeros that a fresh one starts from."""
    network = new_network(config, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return network


def tiny_run(**changes: object) -> TrainConfig:
    """`TINY_RUN` with some of its settings changed."""
    return replace(TINY_RUN, **changes)  # type: ignore[arg-type]
