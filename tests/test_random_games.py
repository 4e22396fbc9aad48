"""Random games of both games under all rules: after every move the engine and the naive reference agree.

`make test` plays the first of them, `make nightly` 100,000.
"""

from __future__ import annotations

import random

import pytest
from double_games import DoubleGame, View, play_random_game
from seeds import named_on_failure, seed_ranges

from engine.rulesets import KO_RULES, LINE_RULES, MAX_SIDE, Rules
from engine.symmetry import NUM_SYMMETRIES

NUM_NIGHTLY_GAMES = 100_000
"""Every fourth seed is a game of Gomoku."""


def random_sides(rng: random.Random) -> tuple[int, int]:
    """Mostly small boards, where stones are captured and boards repeated soon; three in a thousand are full.

    Of the others one in a hundred is of any size.
    """
    if rng.random() < 0.003:
        side = rng.choice([15, 19, MAX_SIDE])
        return side, side
    limit = rng.choices([5, 9, 13, MAX_SIDE], weights=[70, 25, 4, 1])[0]
    return rng.randint(1, limit), rng.randint(1, limit)


def random_go_rules(rng: random.Random) -> Rules:
    width, height = random_sides(rng)
    return Rules(
        "go",
        width,
        height,
        komi=rng.choice([0.0, 0.5, 7.0, -2.5]),
        ko=rng.choice(KO_RULES),
        suicide=rng.random() < 0.5,
        move_limit=rng.choice([0, 0, 0, 7, 4 * width * height]),
    )


def random_gomoku_rules(rng: random.Random) -> Rules:
    width, height = random_sides(rng)
    line_rule = rng.choice(LINE_RULES)
    length = 5 if line_rule == "renju" else rng.randint(3, 6)
    return Rules("gomoku", width, height, line_length=length, line_rule=line_rule)


def random_view(rng: random.Random, rules: Rules) -> View:
    """The game turned, its colors swapped or both; in renju the colors are not equal."""
    swaps = rng.random() < 0.5 and rules.line_rule != "renju"
    return View(rules, rng.randrange(NUM_SYMMETRIES), swaps)


@pytest.mark.interpreted
@pytest.mark.parametrize(
    "seeds", seed_ranges(quick=400, interpreted=40, nightly=NUM_NIGHTLY_GAMES, step=1000)
)
def test_engine_agrees_with_the_naive_reference_on_random_games(seeds: range) -> None:
    for seed in seeds:
        rng = random.Random(seed)
        rules = random_gomoku_rules(rng) if seed % 4 == 0 else random_go_rules(rng)
        double = DoubleGame(rules, random_view(rng, rules))
        with named_on_failure(seed, double.game):
            play_random_game(rng, double, share_of_full_checks=min(1.0, 10 / rules.area))
