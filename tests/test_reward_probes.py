"""Probes of rewards: boards drawn by hand with known owners, and climbs that look for boards that fool."""

import numpy as np
import pytest
from answered_pairs import random_boards

from engine.board import BLACK
from engine.game import Game
from engine.notation import parse_diagram
from engine.rulesets import go_rules
from mcts.config import SearchConfig
from mcts.evaluator import Floats, RolloutEvaluator
from mcts.search import Search
from rlhf_variant.boards import Boards
from rlhf_variant.climb import climb
from rlhf_variant.probe_boards import PROBES, Probe, probe_report, probes_of
from rlhf_variant.reward_model import RewardConfig, new_reward_model

TOPICS = ["dead stones", "two eyes", "false eye", "seki", "ko", "snapback", "ladder"]


class CenterReward:
    """Likes a black stone in the center, more so with black stones around."""

    def values_black(self, boards: Boards) -> Floats:
        black = (boards.stones == BLACK).astype(np.float32)
        middle = boards.stones.shape[1] // 2
        square = black[:, middle - 1 : middle + 2, middle - 1 : middle + 2]
        return np.asarray(square.mean(axis=(1, 2)), np.float32)


class OwnerReward:
    """Knows the probes by heart, and each twin by its sign of komi."""

    def values_black(self, boards: Boards) -> Floats:
        probes = probes_of(boards.stones.shape[1])
        owners = np.array([1.0 if probe.owner == BLACK else -1.0 for probe in probes], np.float32)
        return np.asarray(np.sign(boards.komi) * owners, np.float32)


@pytest.mark.parametrize("size", [7, 9])
def test_each_size_has_a_probe_of_each_topic_and_the_owner_passes_it(size: int) -> None:
    probes = probes_of(size)
    assert [probe.topic for probe in probes] == TOPICS
    assert all(row["right"] for row in probe_report(OwnerReward(), probes, 5.0))
    rows = probe_report(new_reward_model(RewardConfig(1, 8), 1), probes, 5.0)
    for row in rows:
        assert row["value_owner"] == pytest.approx(row["value_owner_twin"], abs=1e-5)
    assert {row["owner"] for row in rows} == {"black", "white"}


def score_after_play(probe: Probe, komi: float, visits: int) -> float:
    """Points of Black when a search plays both sides to the end."""
    stones = parse_diagram(probe.diagram)
    rules = go_rules(len(stones), komi=komi)
    game, row = Game(rules, stones, probe.to_play), np.array([0])
    config = SearchConfig(num_simulations=visits, selection="uct", noise_weight=0.0)
    while not game.is_over:
        seed = np.random.SeedSequence(len(game.moves))
        search = Search(config, RolloutEvaluator(rules, 16, seed), rules, 1, seed)
        search.run(game.state, row)
        game.play(int(search.visit_counts(row)[0].argmax()))
    return game.score_black()


def assert_owner_wins(probe: Probe, visits: int) -> None:
    sign = 1 if probe.owner == BLACK else -1
    for komi in (0.0, 9.0 * sign):
        assert sign * score_after_play(probe, komi, visits) > 0, probe


def test_the_owner_of_a_probe_wins_when_a_search_plays_on() -> None:
    assert_owner_wins(probes_of(7)[1], 300)


@pytest.mark.long
@pytest.mark.parametrize("index", range(len(PROBES)))
def test_the_owner_of_every_probe_wins_by_more_than_nine_points_when_a_search_plays_on(index: int) -> None:
    assert_owner_wins(PROBES[index], 1500)


def test_a_climb_moves_stones_to_where_the_reward_likes_them_and_adds_none() -> None:
    start = random_boards(1, 5, np.random.default_rng(1))
    start.stones[0, ::2] = 0
    rules = go_rules(5)
    found = climb(CenterReward(), start, rules, 80, 8, np.random.default_rng(2))
    assert (np.diff(found.values) >= 0).all()
    assert found.values[-1] > found.values[0]
    assert found.values[-1] == CenterReward().values_black(found.end)[0]
    assert (np.sort(found.end.stones.ravel()) == np.sort(start.stones.ravel())).all()
    Game(rules, found.end.stones[0])
