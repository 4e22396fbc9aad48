"""Random games replayed through OpenSpiel: both agree on legal moves, ends and results where rules coincide.

OpenSpiel's Go has simple ko, no suicide and area score, and calls the game a draw when a board comes back;
its Gomoku is freestyle.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from double_games import random_action
from seeds import named_on_failure, seed_ranges

pytest.importorskip("pyspiel", reason="open_spiel is not installed: no wheel for this machine")

import pyspiel

from engine.game import Game
from engine.rulesets import Rules

GO_SIDES = (2, 3, 4, 5, 6, 7, 9, 13, 19)
GOMOKU = [(3, 3), (4, 3), (5, 4), (6, 4), (7, 5), (9, 5), (10, 6), (15, 5), (19, 5)]


def new_peer(name: str, **parameters: Any) -> Any:
    return pyspiel.load_game(name, parameters).new_initial_state()


def sign(score: float) -> int:
    return (score > 0) - (score < 0)


def top_down(action: int, side: int) -> int:
    """OpenSpiel's Go counts rows from the bottom: the same point there, and back; pass stays pass."""
    if action == side * side:
        return action
    return (side - 1 - action // side) * side + action % side


def repeats_a_board(peer: Any, action: int) -> bool:
    """Whether OpenSpiel ends the game as a draw because this play brings back a board."""
    after = peer.child(action)
    return bool(after.is_terminal() and after.returns() == [0.0, 0.0])


@pytest.mark.parametrize("seeds", seed_ranges(quick=60, nightly=5000, step=1000))
def test_random_games_of_go_agree_until_a_board_comes_back(seeds: range) -> None:
    for seed in seeds:
        rng = random.Random(seed)
        side = GO_SIDES[seed % len(GO_SIDES)]
        limit = rng.choice([7, 2 * side * side, 4 * side * side])
        komi = rng.choice([0.5, 7.5])  # never a draw by area, so that every draw is a repetition
        simple = Game(Rules("go", side, side, komi=komi, ko="simple", move_limit=limit))
        superko = Game(Rules("go", side, side, komi=komi, ko="positional", move_limit=limit))
        peer = new_peer("go", board_size=side, komi=komi, max_game_length=limit)
        with named_on_failure(seed, superko):
            while not superko.is_over:
                legal = [top_down(action, side) for action in peer.legal_actions()]
                assert sorted(legal) == simple.legal_actions()
                if rng.random() < 10 / side**2:
                    fresh = [a for a in legal if not repeats_a_board(peer, top_down(a, side))]
                    assert sorted(fresh) == superko.legal_actions()
                action = random_action(rng, superko)
                for game in (simple, superko):
                    game.play(action)
                peer.apply_action(top_down(action, side))
                assert peer.is_terminal() == superko.is_over == simple.is_over
            assert peer.returns()[0] == sign(superko.score_black()) == sign(simple.score_black())


@pytest.mark.parametrize("seeds", seed_ranges(quick=60, nightly=5000, step=1000))
def test_random_games_of_freestyle_gomoku_agree(seeds: range) -> None:
    for seed in seeds:
        rng = random.Random(seed)
        side, length = GOMOKU[seed % len(GOMOKU)]
        game = Game(Rules("gomoku", side, side, line_length=length))
        peer = new_peer("gomoku", size=side, connect=length)
        with named_on_failure(seed, game):
            while not game.is_over:
                assert not peer.is_terminal()
                assert peer.legal_actions() == game.legal_actions()
                action = random_action(rng, game)
                game.play(action)
                peer.apply_action(action)
            assert peer.is_terminal()
            assert peer.returns() == [game.score_black(), -game.score_black()]
