"""A run that begins with the games of others: what it takes, how it learns from them, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from random_records import random_record, tiny_run
from tiny_training import remove_files, train, whole_and_halved

from app.run_page import run_page
from engine.rulesets import go_rules, gomoku_rules
from selfplay.given_games import begin_with, usable
from selfplay.learner import LearnerConfig
from selfplay.positions import as_records
from selfplay.records import GameRecord
from selfplay.revaluation import targets_now
from selfplay.run_store import RunStore
from selfplay.value_source import OutcomeValueSource

GO = go_rules(5, komi=6.5)


def other_run(folder: Path, games: list[GameRecord]) -> Path:
    """A run folder that holds these games as those of its first round."""
    with RunStore(folder) as store:
        store.add_games("selfplay", 0, games)
    return folder


def games_of(folder: Path, iteration: int | None = None) -> list[GameRecord]:
    with RunStore(folder, create=False) as store:
        return store.games("selfplay", iteration=iteration)


def steps_of(folder: Path) -> list[int]:
    with RunStore(folder, create=False) as store:
        return [checkpoint.step for checkpoint in store.checkpoints()]


def test_the_games_are_taken_in_order_and_learned_from_before_the_runs_own(tmp_path: Path) -> None:
    records = [random_record(GO, seed) for seed in range(30)]
    first = other_run(tmp_path / "first", records[:10])
    second = other_run(tmp_path / "second", records[10:])
    without, run = tmp_path / "without", tmp_path / "run"
    assert train(without, "--iterations", "1").exit_code == 0
    given = ("--games", str(first), "--games", str(second))
    assert train(run, *given, "--iterations", "1").exit_code == 0
    assert [game.digest() for game in games_of(run, 0)] == [game.digest() for game in records]
    num_targets = sum(game.num_targets for game in records)
    own = sum(game.num_targets for game in games_of(run, 1))
    assert steps_of(run) == [0, (num_targets + own) // 64]
    assert steps_of(without)[-1] < steps_of(run)[-1]
    with RunStore(run) as store, RunStore(without) as other:
        assert f" ({sum(game.num_moves for game in records):,} of them from other runs)" in run_page(store)
        assert "from other runs" not in run_page(other)


def test_their_values_are_who_won_whatever_they_were(tmp_path: Path) -> None:
    records = [random_record(GO, seed) for seed in range(6)]
    other = other_run(tmp_path / "other", records)
    assert train(tmp_path / "run", "--games", str(other), "--iterations", "1").exit_code == 0
    for record, game in zip(records, games_of(tmp_path / "run", 0), strict=True):
        assert np.array_equal(game.visits, record.visits)
        assert np.array_equal(game.value_targets, targets_now(OutcomeValueSource(), record))
        assert not np.array_equal(game.value_targets, record.value_targets)


def test_a_run_that_stops_between_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    other = other_run(tmp_path / "other", [random_record(GO, seed) for seed in range(20)])
    given = ("--games", str(other), "--set", "learner.max_steps=3")
    whole, halved = whole_and_halved(tmp_path, given, 3, lambda: remove_files(other))
    weights = [(folder / "weights-00003.safetensors").read_bytes() for folder in (whole, halved)]
    assert weights[0] == weights[1]
    assert steps_of(whole) == steps_of(halved) == [0, 3, 6, 9]


def test_a_start_that_was_killed_before_its_first_weights_takes_them_once(tmp_path: Path) -> None:
    games = [random_record(GO, seed) for seed in range(5)]
    config = tiny_run(rules=GO)
    with RunStore(tmp_path) as store:
        begin_with(store, games, config)
        begin_with(store, games, config)
        assert len(store.games("selfplay")) == len(games)
        assert len(store.metrics("steps_kept")) == 1


def test_games_too_old_for_the_window_allow_no_steps(tmp_path: Path) -> None:
    games = [random_record(GO, seed) for seed in range(10)]
    learner = LearnerConfig(batch_size=16, passes=2.0, window_share=0.0, min_window=games[-1].num_moves)
    with RunStore(tmp_path) as store:
        begin_with(store, games, tiny_run(rules=GO, learner=learner))
        assert len(store.games("selfplay")) == len(games)
        assert store.metrics("steps_kept") == [(0, 2.0 * games[-1].num_targets / 16)]


def test_what_fits_the_board_and_teaches_something_is_usable() -> None:
    fitting, smaller = random_record(GO, 1), random_record(go_rules(4), 2)
    larger, another = random_record(go_rules(7), 3), random_record(gomoku_rules(5), 4)
    silent = replace(fitting, visits=np.zeros_like(fitting.visits))
    bare = as_records([fitting.moves], GO)
    games = [larger, fitting, another, silent, *bare, smaller]
    assert usable(games, tiny_run(rules=GO)) == [fitting, smaller]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nowhere", "run nowhere: expected a run folder"),
        ("gomoku", "--games gomoku: no game that teaches Go 5x5"),
        ("empty", "--games empty: no game that teaches Go 5x5"),
    ],
)
def test_a_run_without_games_to_begin_with_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    other_run(Path("gomoku"), [random_record(gomoku_rules(5), 1)])
    other_run(Path("empty"), [])
    result = train(tmp_path / "run", "--games", name)
    assert result.exit_code == 2
    assert complaint in result.output
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "nowhere").exists()
