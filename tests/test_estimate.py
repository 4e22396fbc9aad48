"""`yomi estimate`: figures that follow from what was measured, and a measurement that ends in time."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from random_records import tiny_run

from app.main import main
from engine.rulesets import go_rules, gomoku_rules
from selfplay.estimate import RUNGS, Estimate, estimate
from selfplay.presets import PRESETS
from selfplay.selfplay_config import SelfPlayConfig


def test_hours_and_games_follow_from_the_rates() -> None:
    found = Estimate(evaluations_per_s=1000, steps_per_s=10, evaluations_per_game=2000, steps_per_game=5)
    assert found.seconds_per_game == pytest.approx(2.0 + 0.5)
    assert found.games_per_hour == pytest.approx(1440)
    assert found.hours(2000 * 1440) == pytest.approx(1.0)


@pytest.mark.parametrize("rules", [go_rules(4), gomoku_rules(4)])
def test_a_measurement_counts_searches_and_steps_of_a_usual_game(rules: object) -> None:
    selfplay = SelfPlayConfig(parallel_games=4, full_search_share=0.5, cheap_simulations=2)
    config = tiny_run(rules=rules, selfplay=selfplay)
    found = estimate(config, 0.3)
    moves = found.evaluations_per_game / (0.5 * config.search.num_simulations + 0.5 * 2)
    assert 4 < moves < 32
    assert found.steps_per_game == pytest.approx(
        config.learner.passes * moves * 0.5 / config.learner.batch_size
    )
    assert found.evaluations_per_s > 100
    assert found.steps_per_s > 1


def test_every_rung_belongs_to_a_preset_and_they_rise() -> None:
    assert set(RUNGS) <= set(PRESETS)
    for rungs in RUNGS.values():
        evaluations = [rung.evaluations for rung in rungs]
        assert evaluations == sorted(evaluations)


def test_the_command_tells_rates_and_hours() -> None:
    command = ["estimate", "--preset", "tiny", "--seconds", "0.5", "--set", "threads=1"]
    figures = json.loads(CliRunner().invoke(main, [*command, "--json"]).stdout)
    assert figures["evaluations_per_s"] > 0
    assert set(figures["hours"]) == {"the whole run"}
    games = PRESETS["tiny"].selfplay.games_per_iteration * PRESETS["tiny"].iterations
    assert figures["hours"]["the whole run"] == pytest.approx(games / figures["games_per_hour"], rel=0.05)
    shown = CliRunner().invoke(main, command).stdout
    assert "evaluations/s in 1 threads" in shown
    assert shown.splitlines()[-1].endswith("  the whole run")
