"""Random games replayed through GNU Go: both agree on legality, captures, boards and the area score.

GNU Go comes from the system (`apt-get install gnugo`) and is never part of this project.
"""

from __future__ import annotations

import random

import numpy as np
import pytest
from diagrams import board_tuple
from double_games import random_action
from gnugo import MAX_MOVES, MAX_SIDE, PROGRAM, GnuGo
from naive_go import neighbors_of, place_stone
from seeds import named_on_failure, seed_ranges

from engine import board
from engine.board import BLACK, WHITE
from engine.game import REASONS, Game
from engine.go_kernels import SUPERKO_REPETITION
from engine.notation import color_name, vertex_of_action
from engine.rulesets import KO_RULES, KoRule, Rules

SUPERKO = REASONS[SUPERKO_REPETITION]
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="gnugo is neither in PATH nor in /usr/games")


CODES = [(ko, suicide) for ko in KO_RULES for suicide in (False, True)]


def is_repeating_suicide(game: Game, action: int) -> bool:
    """Whether a play is banned only because a suicide repeats a board: GNU Go overlooks such repetitions."""
    if game.rules.ko == "simple" or not game.rules.suicide or game.refusal(action) != SUPERKO:
        return False
    placement = place_stone(
        board_tuple(game.stones()), game.rules.width, game.rules.height, action, game.to_play
    )
    return len(placement.suicided) > 1


def assert_same_position(game: Game, gnugo: GnuGo) -> None:
    """Compares stones, prisoners and the points where the side to move may play."""
    stones = game.stones().ravel()
    for color, column in ((BLACK, board.PRISONERS_OF_BLACK), (WHITE, board.PRISONERS_OF_WHITE)):
        shown = {vertex_of_action(int(action), game.rules) for action in np.flatnonzero(stones == color)}
        assert gnugo.vertices(f"list_stones {color_name(color)}") == shown
        assert int(gnugo.ask(f"captures {color_name(color)}")) == game.state.scalars[0, column]
    allowed = game.legal_actions()[:-1]
    allowed += [action for action in range(game.rules.area) if is_repeating_suicide(game, action)]
    expected = {vertex_of_action(action, game.rules) for action in allowed}
    assert gnugo.vertices(f"all_legal {color_name(game.to_play)}") == expected


def assert_same_refusal(game: Game, gnugo: GnuGo, action: int) -> None:
    """Asks for a move, and where it is forbidden tries it all the same."""
    color, vertex = color_name(game.to_play), vertex_of_action(action, game.rules)
    reason = None if is_repeating_suicide(game, action) else game.refusal(action)
    assert gnugo.ask(f"is_legal {color} {vertex}") == str(int(reason is None)), reason
    if reason is not None:
        assert gnugo.reply(f"play {color} {vertex}") == "? illegal move"


def play_both(game: Game, gnugo: GnuGo, action: int) -> None:
    gnugo.ask(f"play {color_name(game.to_play)} {vertex_of_action(action, game.rules)}")
    game.play(action)


def play_random_game(rng: random.Random, game: Game, gnugo: GnuGo) -> None:
    """A game with rare passes and with attempts at any point, legal or not."""
    while not game.is_over:
        assert_same_refusal(game, gnugo, rng.randrange(game.rules.area))
        play_both(game, gnugo, random_action(rng, game))
        if not game.is_over:
            assert_same_position(game, gnugo)


@pytest.mark.parametrize(("ko", "suicide"), CODES)
@pytest.mark.parametrize("seeds", seed_ranges(quick=12, nightly=1000, step=250))
def test_random_games_agree_on_legality_captures_and_boards(seeds: range, ko: KoRule, suicide: bool) -> None:
    with GnuGo(Rules("go", MAX_SIDE, MAX_SIDE, ko=ko, suicide=suicide)) as gnugo:
        for seed in seeds:
            rng = random.Random(seed)
            side = rng.randint(1, 7) if seed % 4 else rng.randint(8, MAX_SIDE)
            limit = min(MAX_MOVES, 5 * side * side + 20)
            game = Game(Rules("go", side, side, ko=ko, suicide=suicide, move_limit=limit))
            gnugo.new_game(side, komi=0.0)
            with named_on_failure(seed, game):
                play_random_game(rng, game, gnugo)


# The score


def surrounds_a_point(game: Game, action: int) -> bool:
    """Whether a play would fill a point that only stones of the side to move touch."""
    width, height = game.rules.width, game.rules.height
    stones = board_tuple(game.stones())
    return all(stones[neighbor] == game.to_play for neighbor in neighbors_of(action, width, height))


def play_out(rng: random.Random, game: Game, gnugo: GnuGo) -> None:
    """Random plays that spare own eyes: in the end hardly a stone can be captured any more."""
    while not game.is_over:
        points = [action for action in game.legal_actions()[:-1] if not surrounds_a_point(game, action)]
        play_both(game, gnugo, rng.choice(points) if points else game.rules.pass_action)


@pytest.mark.parametrize(
    "side", [3, 5, 7, 9, *(pytest.param(side, marks=pytest.mark.long) for side in (13, 19))]
)
@pytest.mark.parametrize("seeds", seed_ranges(quick=8, nightly=60, step=60))
def test_area_score_agrees_when_all_stones_are_alive(seeds: range, side: int) -> None:
    rules = Rules("go", side, side, komi=7.5, ko="simple")
    num_compared = 0
    with GnuGo(rules) as gnugo:
        for seed in seeds:
            game = Game(rules)
            gnugo.new_game(side, rules.komi)
            with named_on_failure(seed, game):
                play_out(random.Random(seed), game, gnugo)
                if not gnugo.vertices("final_status_list dead"):
                    assert gnugo.ask("final_score") == game.result()
                    num_compared += 1
    assert num_compared >= len(seeds) // 4, "hardly a game ended with all stones alive"
