"""The planes of pass-alive areas and ladders show what the analyses of one position say."""

from __future__ import annotations

import random

import numpy as np
import pytest
from diagrams import go, gomoku, sample_size

from engine import reading_planes
from engine.board import BLACK, WHITE, copy_row, new_state
from engine.game import Game
from engine.ladder_kernels import mark_ladders, new_ladder_workspace
from engine.reading_planes import NUM_READING_PLANES, ReadingPlanes
from engine.rulesets import go_rules

pytestmark = pytest.mark.interpreted


def planes_of(game: Game) -> np.ndarray:
    values = np.full((1, NUM_READING_PLANES, game.rules.height, game.rules.width), 7, np.int8)
    ReadingPlanes(game.rules).write(game.state, np.zeros(1, np.int64), values)
    return values[0]


def test_areas_are_shown_from_the_view_of_the_side_to_move() -> None:
    diagram = ". X . X . O . O . / X X X X . O O O O / . . . . . . . . ."
    black, white = planes_of(go(diagram)), planes_of(go(diagram, to_play=WHITE))
    assert black[reading_planes.OWN_AREA].sum() == 8
    assert black[reading_planes.OPPONENT_AREA].sum() == 8
    assert (black[reading_planes.OWN_AREA] == white[reading_planes.OPPONENT_AREA]).all()
    assert (black[reading_planes.OPPONENT_AREA] == white[reading_planes.OWN_AREA]).all()


def test_planes_agree_with_the_analyses_on_random_positions_of_a_batch() -> None:
    rng = random.Random(4)
    rules = go_rules(6)
    games = []
    for _ in range(sample_size(40, 3)):
        game = Game(rules)
        for _ in range(rng.randrange(40)):
            game.play(rng.choice(game.legal_actions()[:-1] or [rules.pass_action]))
            if game.is_over:
                break
        games.append(game)
    state = new_state(rules, len(games))
    for row, game in enumerate(games):
        copy_row(game.state, 0, state, row)
    values = np.ones((len(games), NUM_READING_PLANES, 8, 9), np.float32)
    ReadingPlanes(rules).write(state, np.arange(len(games))[::-1].copy(), values)
    assert not values[:, :, 6:].any()
    assert not values[:, :, :, 6:].any()
    work = new_ladder_workspace(6, 6, rules.resolved_move_limit + 2)
    for game, shown in zip(games[::-1], values[:, :, :6, :6], strict=True):
        own, other = game.to_play, BLACK + WHITE - game.to_play
        areas = game.pass_alive()
        assert (shown[reading_planes.OWN_AREA] == (areas == own)).all()
        assert (shown[reading_planes.OPPONENT_AREA] == (areas == other)).all()
        padded = np.zeros(game.state.stone.shape[1], np.int8)
        mark_ladders(game.state, 0, padded, work)
        marks, stones = padded[: 7 * 8].reshape(8, 7)[1:-1, 1:], game.stones()
        assert (shown[reading_planes.CAUGHT_STONES] == (marks != 0) * (stones != 0)).all()
        assert (shown[reading_planes.OWN_LADDER_MOVES] == (marks & own != 0) * (stones == 0)).all()
        assert (shown[reading_planes.OPPONENT_LADDER_MOVES] == (marks & other != 0) * (stones == 0)).all()


def test_gomoku_has_nothing_to_read() -> None:
    assert not planes_of(gomoku("X O X / . . .")).any()
