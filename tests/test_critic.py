"""A reward model's opinion beside the board: the model's own value, on the screen and in lines."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from screen_pilot import drive, game_app, screen_text, type_line, until
from test_rlhf_boards import random_games
from textual.pilot import Pilot

from app.main import main
from app.screens.critic import Critic
from engine.errors import YomiError
from engine.game import Game
from engine.rulesets import go_rules, gomoku_rules
from rlhf_variant.boards import boards_of_state
from rlhf_variant.comparisons import Labeled
from rlhf_variant.reward_ensemble import FittedEnsemble
from rlhf_variant.reward_learner import Fit, RewardLearnerConfig
from rlhf_variant.reward_model import RewardConfig, new_reward_model
from rlhf_variant.reward_store import keep_ensemble
from selfplay.run_store import RunStore

MODEL = new_reward_model(RewardConfig(1, 8), 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run with a reward model that nobody taught, and games of 5x5."""
    games = random_games(go_rules(5), 1, 6)
    game = games[0]
    with RunStore(tmp_path / "run") as store:
        store.add_games("reference", 0, games)
        state = Game(game.rules).state
        board = boards_of_state(state, np.zeros(1, np.int64))
        pairs = Labeled(board, board, np.array([0.5], np.float32))
        fitted = FittedEnsemble([MODEL], [Fit(1, 0.7, 1.0, 0.01)])
        keep_ensemble(store, fitted, pairs, RewardLearnerConfig())
    return tmp_path / "run"


def chance_after(*moves: int) -> float:
    game = Game(go_rules(5))
    for action in moves:
        game.play(action)
    board = boards_of_state(game.state, np.zeros(1, np.int64))
    return (1 + float(MODEL.eval().values_black(board)[0])) / 2


def test_the_opinion_is_the_models_value_and_another_game_is_refused(folder: Path, tmp_path: Path) -> None:
    game = Game(go_rules(5))
    game.play(12)
    assert Critic(folder).chance_black(game) == pytest.approx(chance_after(12), abs=1e-5)
    with pytest.raises(YomiError, match="judges go, not gomoku"):
        Critic(folder).chance_black(Game(gomoku_rules(5, 4)))
    with pytest.raises(YomiError, match="expected a run folder"):
        Critic(tmp_path / "nothing")


def test_the_screen_shows_the_opinion_of_the_position_it_shows(folder: Path, tmp_path: Path) -> None:
    app = game_app(tmp_path, critic=Critic(folder))

    async def scenario(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: f"Reward model: Black {chance_after():.0%}" in screen_text(app))
        await type_line(pilot, "c3")
        await until(pilot, lambda: f"Reward model: Black {chance_after(12):.0%}" in screen_text(app))

    drive(app, scenario)


def test_lines_tell_the_opinion_below_each_board(folder: Path) -> None:
    command = ["play", "--plain", "--size", "5", "--color", "both", "--agent", "random"]
    told = CliRunner().invoke(main, [*command, "--reward-model", str(folder)], input="C3\nquit\n")
    for chance in (chance_after(), chance_after(12)):
        assert f"Reward model: Black {chance:.0%}, White {1 - chance:.0%}" in told.output
    refused = CliRunner().invoke(main, [*command, "--reward-model", "nowhere"], input="")
    assert "run nowhere: expected a run folder" in refused.output
