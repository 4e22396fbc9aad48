"""The PettingZoo environment: PettingZoo's own tests, and every observation beside the game that it shows."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from double_games import planes_of, random_action

pytest.importorskip("pettingzoo", reason="the extra pettingzoo is not installed")

from pettingzoo.test import api_test, seed_test

from app.pettingzoo_env import BoardEnv, env
from engine.board import BLACK, WHITE
from engine.errors import IllegalMoveError, NotationError
from engine.game import Game
from engine.rulesets import Rules, go_rules, gomoku_rules

RULES = [
    Rules("go", 1, 1),
    Rules("go", 5, 4, komi=0.5, ko="simple", suicide=True),
    go_rules(9, ruleset="new-zealand"),
    go_rules(19),
    gomoku_rules(3),
    gomoku_rules(15, line_rule="standard"),
    Rules("gomoku", 20, 2, line_length=6),
]


@pytest.mark.filterwarnings("ignore")  # of advice: that dictionaries, and masks without an entry, are unusual
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
@pytest.mark.parametrize("make", [env, BoardEnv])
def test_environment_passes_the_tests_of_pettingzoo(make: Any, rules: Rules) -> None:
    api_test(make(rules, render_mode="ansi"), num_cycles=300)
    seed_test(lambda: make(rules, render_mode="ansi"), num_cycles=100)


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_observations_and_rewards_are_those_of_the_game(rules: Rules) -> None:
    rng = random.Random(4)
    board_env, game = BoardEnv(rules, render_mode="ansi"), Game(rules)
    for agent in board_env.agent_iter():
        observation, reward, terminated, truncated, _ = board_env.last()
        assert terminated == game.is_over
        assert not truncated
        assert np.array_equal(np.flatnonzero(observation["action_mask"]), game.legal_actions())
        assert board_env.render() == game.draw()
        if terminated:
            assert reward == {BLACK: 1, WHITE: -1}.get(game.winner(), 0) * (1 if agent == "black_0" else -1)
            board_env.step(None)
        else:
            assert agent == ("black_0" if game.to_play == BLACK else "white_0")
            assert np.array_equal(observation["observation"], planes_of(game))
            action = random_action(rng, game)
            game.play(action)
            board_env.step(action)
    assert game.is_over
    assert board_env.agents == []


def test_agent_out_of_turn_sees_the_board_from_its_side_and_may_not_move() -> None:
    rules = Rules("go", 4, 4, komi=3.0)
    board_env = BoardEnv(rules)
    for action in (5, 6):
        board_env.step(action)
    white = board_env.observe("white_0")
    assert not white["action_mask"].any()
    seen_by_white = Game(rules, board_env.game.stones(), to_play=WHITE)
    own_and_opponent = slice(1, 3)
    assert np.array_equal(white["observation"][own_and_opponent], planes_of(seen_by_white)[own_and_opponent])


def test_illegal_action_raises_and_changes_nothing_or_costs_the_game_behind_the_wrapper() -> None:
    board_env = BoardEnv(go_rules(5))
    board_env.step(12)
    with pytest.raises(IllegalMoveError, match=r"illegal move: white C3 \(occupied\)"):
        board_env.step(12)
    with pytest.raises(NotationError, match=r"action None of white_0: expected 0\.\.25"):
        board_env.step(None)
    assert board_env.agent_selection == "white_0"

    wrapped = env(go_rules(5))
    wrapped.reset()
    wrapped.step(12)
    wrapped.step(12)
    assert (wrapped.rewards["white_0"], wrapped.terminations["white_0"]) == (-1, True)


def test_the_example_of_the_documentation_plays_a_game() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "pettingzoo.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    assert names["board_env"].agents == []
