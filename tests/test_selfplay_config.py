"""Settings of a run: overrides, and stored ones that come back or are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from app.train import configuration
from engine.errors import YomiError
from engine.rulesets import go_rules, gomoku_rules
from selfplay.config import ConfigError, TrainConfig, config_from_dict, known_keys, override
from selfplay.network import new_network
from selfplay.presets import NETWORK_SIZES, PRESETS, preset, preset_rules, sized


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_comes_back_from_json(name: str) -> None:
    config = preset(name)
    assert config_from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="preset 'huge': expected one of tiny, go7"):
        preset("huge")


@pytest.mark.parametrize(
    ("assignment", "section", "value"),
    [
        ("seed=7", None, 7),
        ("iterations=3", None, 3),
        ("network.channels=64", "network", 64),
        ("search.num_simulations=50", "search", 50),
        ("search.selection=uct", "search", "uct"),
        ("selfplay.temperature=0.5", "selfplay", 0.5),
        ("learner.learning_rate=1e-4", "learner", 1e-4),
        ("learner.score_weight=0", "learner", 0.0),
    ],
)
def test_one_setting_changes_and_the_others_stay(assignment: str, section: str | None, value: object) -> None:
    before = TrainConfig().to_dict()
    after = override(TrainConfig(), assignment).to_dict()
    name = assignment.partition("=")[0].rpartition(".")[2]
    target = after if section is None else after[section]
    assert target[name] == value
    assert type(target[name]) is type(value)
    target[name] = (before if section is None else before[section])[name]
    assert after == before


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("seed", "expected key=value"),
        ("", "expected key=value"),
        ("sead=7", "setting 'sead': expected one of"),
        ("learner.rate=1", r"setting 'learner\.rate': expected one of .*learner\.learning_rate"),
        ("teacher.rate=1", "expected one of"),
        ("learner=1", "expected one of"),
        ("rules=go", "expected one of"),
        ("learner..batch_size=1", "expected one of"),
        ("__class__=1", "expected one of"),
        ("seed=one", "expected a whole number"),
        ("seed=1.5", "expected a whole number"),
        ("learner.learning_rate=fast", "expected a number"),
        ("learner.learning_rate=nan", "expected a number"),
        ("learner.learning_rate=inf", "expected a number"),
        ("learner.learning_rate=-1", "expected a positive number"),
        ("learner.batch_size=0", "expected a positive number"),
        ("network.channels=17", "expected a multiple of 8"),
        ("network.blocks=0", r"expected 1\.\.40"),
        ("search.num_simulations=1", "expected at least 2"),
        ("search.selection=best", "expected puct, uct or gumbel"),
        ("search.noise_weight=2", r"expected 0\.\.1"),
        ("selfplay.games_per_iteration=0", "expected at least 1"),
        ("iterations=0", "expected at least 1"),
        ("threads=0", "expected at least 1"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_one_line(assignment: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        override(TrainConfig(), assignment)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, YomiError)


def test_every_known_key_can_be_set_to_its_own_value() -> None:
    config = TrainConfig()
    for key in known_keys(config):
        section, _, name = key.rpartition(".")
        if key == "rules" or section == "rules":
            continue
        value = getattr(getattr(config, section) if section else config, name)
        assert override(config, f"{key}={value}") == config


@pytest.mark.parametrize(
    "change",
    [
        {"momentum": 0.9},
        {"network": {"layers": 3}},
        {"network": {"blocks": 0, "channels": 32, "head_channels": 16}},
        {"rules": {"game": "chess", "width": 8, "height": 8}},
        {"rules": {"game": "go", "width": 9, "height": 9, "handicap": 2}},
        {"learner": None},
        {"iterations": 0},
    ],
)
def test_stored_settings_that_cannot_be_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="stored configuration"):
        config_from_dict(TrainConfig().to_dict() | change)


def test_stored_settings_must_be_complete() -> None:
    values = TrainConfig().to_dict()
    del values["search"]
    with pytest.raises(ConfigError, match="search"):
        config_from_dict(values)


def test_the_usual_rules_of_a_game_depend_on_its_size() -> None:
    assert preset_rules("go", 7) == go_rules(7, komi=6.5)
    assert preset_rules("gomoku", 6) == gomoku_rules(6, line_length=4)


@pytest.mark.parametrize("size", NETWORK_SIZES)
def test_a_size_changes_the_network_and_leaves_its_heads(size: str) -> None:
    config = configuration("go7", None, ("network.score=false",), None, size)[0]
    heads = config.network.without_auxiliary_heads()
    assert (heads.blocks, heads.channels, heads.head_channels) == NETWORK_SIZES[size]
    assert (config.network.score, config.network.ownership) == (False, True)
    assert replace(config, network=preset("go7").network) == preset("go7")


def test_sizes_grow_from_a_hundred_thousand_to_three_million_weights() -> None:
    weights = [new_network(sized(preset("go9"), size).network, 1).num_parameters() for size in NETWORK_SIZES]
    assert weights == sorted(weights)
    assert 100_000 <= weights[0] < 150_000
    assert 2_000_000 < weights[-1] <= 3_000_000
