"""The anchor `threats` wins, parries, finds victories by continuous fours, and scores points by windows."""

from __future__ import annotations

import numpy as np
import pytest
from diagrams import gomoku

from engine.board import EMPTY, TO_PLAY, State, new_state
from engine.game import Game
from engine.notation import action_of_vertex, vertex_of_action
from engine.pattern_kernels import write_pattern_scores
from engine.rulesets import LINE_RULES, Rules, gomoku_rules
from engine.threats import find_vcf
from selfplay.agents import open_agent
from selfplay.arena import play_match
from selfplay.threats_agent import ThreatsAgent

SEED = np.random.SeedSequence(1)


def chosen(game: Game) -> str:
    (action,) = ThreatsAgent(game.rules, SEED).choose(game.state, np.array([0]))
    return vertex_of_action(int(action), game.rules)


def naive_scores(game: Game) -> np.ndarray:
    """The sum over all windows, by sets of cells."""
    stones, rules = game.stones(), game.rules
    own = int(game.state.scalars[0, TO_PLAY])
    scores = np.zeros(stones.shape, np.int64)
    for y in range(rules.height):
        for x in range(rules.width):
            for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
                cells = [(y + step * dy, x + step * dx) for step in range(rules.line_length)]
                if not all(0 <= cy < rules.height and 0 <= cx < rules.width for cy, cx in cells):
                    continue
                colors = [int(stones[cell]) for cell in cells if stones[cell] != EMPTY]
                if len(set(colors)) > 1:
                    continue
                weight = (4 if colors[0] == own else 3) * 6 ** len(colors) if colors else 1
                for cell in cells:
                    if stones[cell] == EMPTY:
                        scores[cell] += weight
    return scores.ravel()


@pytest.mark.interpreted
@pytest.mark.parametrize("seed", range(6))
def test_pattern_scores_are_the_sum_over_windows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    width, height = (int(side) for side in rng.integers(3, 9, 2))
    game = Game(Rules("gomoku", width, height, line_length=int(rng.integers(3, 6))))
    while not game.is_over and len(game.moves) < 12:
        scores = np.full(width * height, 7, np.int64)
        write_pattern_scores(game.state, 0, scores)
        assert scores.tolist() == naive_scores(game).tolist()
        game.play(int(rng.choice(game.legal_actions())))


def test_it_completes_its_own_line_before_it_parries() -> None:
    game = gomoku("X X X X . . / O O O O . . / . . . . . . / . . . . . . / . . . . . . / . . . . . .")
    assert chosen(game) == "E6"


def test_it_parries_a_line_of_the_opponent() -> None:
    game = gomoku("X X . . . X / O O O O . . / . . . . . . / X . . . . . / . . . . . . / . . . . . .")
    assert chosen(game) == "E5"


def test_it_plays_a_victory_by_continuous_fours() -> None:
    game = gomoku(
        ". . . . . . . / . O . . . . . / . X X X . . . / . O . . . . . / . . . . . . . /"
        " . O . . . . . / . . . . . . ."
    )
    assert find_vcf(game.state, 0).verdict == "win"
    game.play(action_of_vertex(chosen(game), game.rules))
    game.play(next(action for action in game.legal_actions()))
    assert find_vcf(game.state, 0).verdict == "win"


def test_it_stops_an_open_three() -> None:
    game = gomoku(
        ". . . . . . . / . . . . . . . / . . O O O . . / . . . X . . . / . . . . X . . /"
        " . . . . . . . / . . . . . . ."
    )
    assert chosen(game) in {"A5", "B5", "F5", "G5"}


def test_black_in_renju_does_not_parry_on_a_forbidden_point() -> None:
    game = gomoku(
        ". . . . . . . . . / . . . . X . . . . / . . . . X . . . . / . . X X . X O . . /"
        " . . . . O . . . . / . . . . O . . . . / . . . . O . . . . / . . . . O . . . . / . . . . . . . . .",
        line_rule="renju",
    )
    legal = {vertex_of_action(action, game.rules) for action in game.legal_actions()}
    assert chosen(game) in legal


@pytest.mark.parametrize("line_rule", LINE_RULES)
def test_it_plays_whole_games_under_every_rule(line_rule: str) -> None:
    rules = gomoku_rules(9, line_rule=line_rule)
    threats, random = open_agent("threats"), open_agent("random")
    result = play_match(threats, random, rules, 10, seed=1)
    assert result.wins == 10


def test_rows_are_chosen_for_one_by_one_whatever_the_batch() -> None:
    rules = gomoku_rules(9)
    state: State = new_state(rules, 4)
    chosen_actions = ThreatsAgent(rules, SEED).choose(state, np.array([3, 1]))
    assert chosen_actions.shape == (2,)
    assert (state.stone == new_state(rules, 4).stone).all()
