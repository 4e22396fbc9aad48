"""The rating of a run so far: when it is due, what it adds up to, and that a killed run gives the same."""

from pathlib import Path

import pytest
from random_records import random_network, tiny_run
from test_selfplay_training import Killed, on_call, remains, run

from engine.rulesets import gomoku_rules
from selfplay import training_loop
from selfplay.agents import open_agent
from selfplay.run_rating import ELO, rated
from selfplay.run_store import RunStore
from selfplay.sprt import elo_of
from selfplay.training_loop import Report, Watcher
from selfplay.value_source import OutcomeValueSource


def ratings(folder: Path) -> list[tuple[int, float]]:
    with RunStore(folder, create=False) as store:
        return store.metrics(ELO)


def test_a_run_is_rated_every_few_rounds_and_differences_add_up(tmp_path: Path) -> None:
    reports: list[Report] = []
    config = tiny_run(elo_every=2, elo_games=4, gate_visits=2, keep_weights=1)
    run(tmp_path, config, Watcher(on_report=reports.append))
    (first, one), (second, two) = ratings(tmp_path)
    assert (first, second) == (2, 4)
    most = elo_of(1 - 0.5 / 4)
    assert abs(one) <= most
    assert abs(two - one) <= most
    assert [report.metrics.get(ELO) for report in reports] == [None, one, None, two]
    assert all(0 < (report.network_share or 0) <= 1 for report in reports)


def test_much_better_weights_are_rated_above_those_before(tmp_path: Path) -> None:
    strong = open_agent("gomoku6").network
    assert strong is not None
    rules = gomoku_rules(6, line_length=4)
    config = tiny_run(
        rules=rules, network=strong.config, elo_every=2, elo_games=10, gate_visits=4, iterations=1
    )
    with RunStore(tmp_path) as store:
        training_loop.train(store, config, OutcomeValueSource(), random_network(1, strong.config))
        assert rated(store, config, strong, 1, seed=1) == {}
        assert rated(store, config, strong, 2, seed=1)[ELO] > 100


def test_a_run_killed_after_its_rating_rates_itself_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_run(elo_every=2, elo_games=4, gate_visits=2)
    run(tmp_path / "whole", config)
    kill, original = on_call(5), training_loop.save_network
    with monkeypatch.context() as patch:
        patch.setattr(training_loop, "save_network", lambda *a, **kw: (kill(), original(*a, **kw))[1])
        with pytest.raises(Killed):
            run(tmp_path / "killed", config)
    run(tmp_path / "killed", config)
    assert remains(tmp_path / "killed") == remains(tmp_path / "whole")
    assert dict(ratings(tmp_path / "killed")) == dict(ratings(tmp_path / "whole"))
