"""The settings of a training run: one frozen record, read from presets and `--set key=value`."""

from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, cast

from engine.rulesets import Rules, go_rules, rules_from_dict
from mcts.config import SearchConfig
from selfplay.beginnings import Beginnings
from selfplay.learner import LearnerConfig
from selfplay.network import NetworkConfig
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.settings import ConfigError, assign, plain_fields, split_assignment

__all__ = ["ConfigError", "TrainConfig", "config_from_dict", "known_keys", "override"]


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a run learns.

    Attributes:
        rules: the game.
        network: shape of the weights.
        search: the search of self-play.
        selfplay: how games are made.
        learner: how weights are fitted.
        iterations: rounds of self-play and training.
        seed: of the whole run.
        threads: of training, and workers of self-play, each a process where there are several; part of the
            result, since games are dealt to workers. A run may go on with another number; what comes from
            there on is as good, and the same as in no other run.
        gate_games: most games of a match that new weights must win before they make games (`selfplay.gate`);
            0 for no gate. Refused where only preferences may teach.
        gate_visits: simulations a move in it.
        gate_elo: points of Elo by which they shall be better.
        elo_every: rounds between ratings of the run against itself (`selfplay.run_rating`), 0 for none; with
            `gate_visits` a move, and refused as the gate is.
        elo_games: of each such match.
        keep_weights: files of weights that stay, the newest ones and the best by the gate; 0 keeps all.
    """

    rules: Rules = field(default_factory=lambda: go_rules(9))
    network: NetworkConfig = field(default_factory=NetworkConfig)
    search: SearchConfig = field(default_factory=SearchConfig)
    selfplay: SelfPlayConfig = field(default_factory=SelfPlayConfig)
    learner: LearnerConfig = field(default_factory=LearnerConfig)
    iterations: int = 10
    seed: int = 1
    threads: int = 2
    gate_games: int = 0
    gate_visits: int = 16
    gate_elo: float = 30.0
    elo_every: int = 0
    elo_games: int = 40
    keep_weights: int = 0

    def __post_init__(self) -> None:
        if self.iterations < 1 or self.threads < 1:
            raise ValueError("iterations and threads: expected at least 1")
        if self.search.ending_bonus > 0:
            raise ValueError("search.ending_bonus: expected 0, it is for play")
        if min(self.gate_games, self.elo_every, self.keep_weights) < 0 or self.elo_games < 2:
            raise ValueError(
                "gate_games, elo_every, keep_weights: expected at least 0; elo_games: at least 2"
            )
        if self.gate_visits < 1 or self.gate_elo <= 0:
            raise ValueError("gate_visits and gate_elo: expected at least 1, and above 0")
        for sizes in (self.selfplay.sizes, self.selfplay.early_sizes):
            Beginnings(self.rules, sizes)

    @property
    def masked_plies(self) -> int | None:
        """See `ReplayBuffer.min_pass_ply`: only an anchored learner asks what was legal."""
        return self.search.min_pass_ply if self.learner.divergence_weight else None

    def to_dict(self) -> dict[str, Any]:
        """Plain nested values, as stored with a run."""
        return asdict(self)


SECTIONS: dict[str, type] = {
    "network": NetworkConfig,
    "search": SearchConfig,
    "selfplay": SelfPlayConfig,
    "learner": LearnerConfig,
}


def config_from_dict(values: dict[str, Any]) -> TrainConfig:
    """A configuration from stored values.

    Args:
        values: what `TrainConfig.to_dict` gave.

    Raises:
        ConfigError: a key is unknown or a value out of range.
    """
    try:
        parts = {name: kind(**values[name]) for name, kind in SECTIONS.items()}
        rest = {name: value for name, value in values.items() if name not in SECTIONS and name != "rules"}
        return TrainConfig(rules=rules_from_dict(values["rules"]), **parts, **rest)
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigError(f"stored configuration: {error}") from None


def override(config: TrainConfig, assignment: str) -> TrainConfig:
    """Apply one `section.key=value` or `key=value`.

    Args:
        config: the settings so far.
        assignment: such as `learner.batch_size=256` or `seed=7`.

    Returns:
        New settings.

    Raises:
        ConfigError: unknown key, or a value of the wrong kind.
    """
    key, text = split_assignment(assignment)
    section, _, name = key.rpartition(".")
    target = getattr(config, section, None) if section else config
    if not is_dataclass(target) or isinstance(target, type) or name not in plain_fields(target):
        raise ConfigError(f"setting {key!r}: expected one of {', '.join(known_keys(config))}")
    changed = assign(target, name, text, key)
    if not section:
        return cast("TrainConfig", changed)
    try:
        return replace(config, **{section: changed})  # type: ignore[arg-type]
    except ValueError as error:
        raise ConfigError(f"setting {assignment!r}: {error}") from None


def known_keys(config: TrainConfig) -> list[str]:
    """All keys that `override` takes."""
    keys = []
    for part in fields(config):
        value = getattr(config, part.name)
        if is_dataclass(value):
            keys += [f"{part.name}.{inner.name}" for inner in fields(value)]
        else:
            keys.append(part.name)
    return keys
