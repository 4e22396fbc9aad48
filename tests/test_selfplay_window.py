"""The window of games: the newest ones, as many as configured, and never those that are held out."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_records import random_record

from engine.rulesets import gomoku_rules
from selfplay.learner import LearnerConfig
from selfplay.records import GameRecord
from selfplay.run_store import RunStore
from selfplay.window import GameWindow, is_held_out

ROUNDS = [[random_record(gomoku_rules(3), 10 * i + j) for j in range(5)] for i in range(8)]
CONFIGS = {
    "as long as it grows": LearnerConfig(min_window=1, window_share=1.0, held_out_share=0.0),
    "a share": LearnerConfig(min_window=40, window_share=0.4, held_out_share=0.2),
    "the least": LearnerConfig(min_window=60, window_share=0.0, held_out_share=0.2),
    "the most": LearnerConfig(min_window=1, max_window=50, window_share=1.0, held_out_share=0.5),
}


def digests(games: list[GameRecord]) -> list[str]:
    return [game.digest() for game in games]


def naive_window(config: LearnerConfig, games: list[GameRecord]) -> list[GameRecord]:
    """Games from the newest on until they fill the window."""
    total = sum(game.num_moves for game in games)
    size = min(config.max_window, max(config.min_window, int(config.window_share * total)))
    kept: list[GameRecord] = []
    for game in reversed(games):
        if sum(newer.num_moves for newer in kept) < size:
            kept.insert(0, game)
    return kept


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_newest_games_are_learned_from_and_a_resumed_run_finds_the_same(
    config: LearnerConfig, tmp_path: Path
) -> None:
    going = GameWindow(config, seed=1)
    played: list[GameRecord] = []
    with RunStore(tmp_path) as store:
        for number, games in enumerate(ROUNDS, 1):
            store.add_games("selfplay", number, games)
            going.add(games)
            played += games
            expected = naive_window(config, played)
            held_out = {game.digest() for game in expected if is_held_out(game, config.held_out_share, 1)}
            resumed = GameWindow(config, seed=1)
            resumed.restore(store, number)
            for window in (going, resumed):
                assert digests(window.taught) == [name for name in digests(expected) if name not in held_out]
                assert set(digests(window.held_out)) == held_out
        resumed = GameWindow(config, seed=1)
        resumed.restore(store, 3)
        resumed.add(ROUNDS[3])
        expected = naive_window(config, [game for games in ROUNDS[:4] for game in games])
        assert sorted(digests(resumed.taught + resumed.held_out)) == sorted(digests(expected))


def test_a_run_without_games_has_an_empty_window(tmp_path: Path) -> None:
    window = GameWindow(LearnerConfig(), seed=1)
    with RunStore(tmp_path) as store:
        window.restore(store, 0)
    assert window.taught == window.held_out == []
