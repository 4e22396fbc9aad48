"""Named configurations that are known to learn, from a minute on a laptop to a long run."""

from dataclasses import replace

from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.config import SearchConfig
from selfplay.config import ConfigError, TrainConfig
from selfplay.learner import LearnerConfig
from selfplay.network import NetworkConfig
from selfplay.selfplay_config import SelfPlayConfig

AUXILIARY_HEADS = {"reply": True, "soft": True}
"""What a policy learns better beside, in both games; see docs/experiments.md."""

SHORT_RUN = LearnerConfig(first_drop=0.6, second_drop=0.85, min_window=30_000)
"""Settings of a run of minutes."""
LONG_RUN = LearnerConfig(
    batch_size=256,
    learning_rate=1e-3,
    warmup_steps=1000,
    first_drop=0.6,
    second_drop=0.85,
    weight_decay=0.01,
    passes=6.0,
    average_decay=0.999,
)
"""Settings of a run of hours or days."""

PRESETS: dict[str, TrainConfig] = {
    "tiny": TrainConfig(
        rules=go_rules(5),
        network=NetworkConfig(blocks=2, channels=16),
        search=SearchConfig(num_simulations=16),
        selfplay=SelfPlayConfig(games_per_iteration=100, temperature_plies=10),
        learner=LearnerConfig(batch_size=64),
        iterations=10,
    ),
    "go7": TrainConfig(
        rules=go_rules(7),
        network=NetworkConfig(blocks=3, channels=32, score=True, ownership=True, **AUXILIARY_HEADS),
        search=SearchConfig(num_simulations=16, selection="gumbel"),
        selfplay=SelfPlayConfig(games_per_iteration=200, temperature_plies=16),
        learner=SHORT_RUN,
        iterations=50,
    ),
    "go9": TrainConfig(
        rules=go_rules(9),
        network=NetworkConfig(4, 64, 32, score=True, ownership=True, **AUXILIARY_HEADS),
        search=SearchConfig(num_simulations=32),
        selfplay=SelfPlayConfig(games_per_iteration=400, parallel_games=128, temperature_plies=20),
        learner=LONG_RUN,
        iterations=500,
    ),
    "gomoku6": TrainConfig(
        rules=gomoku_rules(6),
        network=NetworkConfig(blocks=3, channels=32, reading_planes=True, **AUXILIARY_HEADS),
        search=SearchConfig(num_simulations=16, selection="gumbel", max_considered=4, solve=True),
        selfplay=SelfPlayConfig(
            games_per_iteration=200, parallel_games=128, random_plies=4, temperature_plies=8
        ),
        learner=SHORT_RUN,
        iterations=40,
    ),
    "gomoku15": TrainConfig(
        rules=gomoku_rules(15),
        network=NetworkConfig(4, 64, 32, reading_planes=True, **AUXILIARY_HEADS),
        search=SearchConfig(num_simulations=32, vcf_nodes=50),
        selfplay=SelfPlayConfig(
            games_per_iteration=400, parallel_games=128, random_plies=3, sizes="9:1,11:1,13:2,15:6"
        ),
        learner=LONG_RUN,
        iterations=500,
    ),
}

NETWORK_SIZES = {"tiny": (3, 40, 16), "small": (4, 64, 32), "medium": (6, 96, 32), "large": (8, 128, 48)}
"""Blocks, channels and width of the heads, from 100 thousand to 2.7 million weights; each plays two to three
times as many positions a second as the next (benchmarks/RESULTS.md)."""


def sized(config: TrainConfig, size: str) -> TrainConfig:
    """The same settings with a network of another size.

    Args:
        config: whose network keeps its heads and planes.
        size: a key of `NETWORK_SIZES`.

    Raises:
        ConfigError: no such size.
    """
    if size not in NETWORK_SIZES:
        raise ConfigError(f"network {size!r}: expected one of {', '.join(NETWORK_SIZES)}")
    blocks, channels, head_channels = NETWORK_SIZES[size]
    shape = replace(config.network, blocks=blocks, channels=channels, head_channels=head_channels)
    return replace(config, network=shape)


def preset(name: str) -> TrainConfig:
    """The configuration of a name.

    Raises:
        ConfigError: no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"preset {name!r}: expected one of {', '.join(PRESETS)}")
    return PRESETS[name]


def preset_rules(game: str, size: int) -> Rules:
    """Usual rules of a game at a size.

    Args:
        game: `go` or `gomoku`.
        size: points of a side.
    """
    return go_rules(size) if game == "go" else gomoku_rules(size)
