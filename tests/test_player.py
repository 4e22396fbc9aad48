"""A player of one game: reports in time, pondering that helps and ends, threads that are left nowhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from judged_positions import SEED, HashedEvaluator

from engine.board import State
from engine.game import Game
from engine.rulesets import go_rules, gomoku_rules
from mcts.analysis import Analysis
from mcts.config import SearchConfig
from mcts.evaluator import Floats, RolloutEvaluator, Rows, UniformEvaluator
from mcts.forecast import RolloutForecaster
from mcts.player import Player
from mcts.tree_search import BATCH, Limits, TreeSearch

RULES = go_rules(5)


@pytest.fixture
def player() -> Iterator[Player]:
    """A player of 5x5 Go by rollouts, in two threads."""
    evaluators = [RolloutEvaluator(RULES, 2 * BATCH, SEED)] * 2
    search = TreeSearch(SearchConfig(200_000, selection="uct"), evaluators, RULES, SEED)
    with Player(search, RULES, RolloutForecaster(RULES, SEED)) as player:
        yield player
    assert [thread.name for thread in threading.enumerate() if "ponder" in thread.name] == []


def wait_for_visits(player: Player, visits: int) -> None:
    while player.analysis().visits < visits:
        time.sleep(0.001)


def test_player_thinks_to_a_number_of_visits_and_names_a_move(player: Player) -> None:
    game = Game(RULES)
    analysis = player.think(game.state, Limits(visits=300))
    assert analysis.visits == 300
    assert game.refusal(analysis.moves[0].action) is None
    assert analysis.score_lead_to_play is not None


def test_reports_come_at_their_interval_while_the_search_grows(player: Player) -> None:
    reports: list[Analysis] = []
    limits = Limits(stop=lambda: len(reports) >= 4)
    player.think(Game(RULES).state, limits, report=reports.append, interval_s=0.02)
    visits = [report.visits for report in reports]
    assert len(reports) >= 4
    assert visits == sorted(visits)
    assert visits[0] < visits[-1]
    assert all(report.ownership_black is not None for report in reports)


def test_what_was_pondered_is_kept_when_the_opponent_plays_it(player: Player) -> None:
    game = Game(RULES)
    game.play(player.think(game.state, Limits(visits=100)).moves[0].action)
    player.ponder(game.state)
    wait_for_visits(player, 2000)
    player.stop()
    expected = player.analysis().moves[0]
    assert player.analysis().to_play == game.to_play
    game.play(expected.action)
    analysis = player.think(game.state, Limits(visits=2))
    assert analysis.visits == expected.visits


def test_pondering_goes_on_until_it_is_stopped_and_then_no_further(player: Player) -> None:
    player.ponder(Game(RULES).state)
    wait_for_visits(player, 500)
    player.stop()
    visits = player.analysis().visits
    time.sleep(0.05)
    assert player.analysis().visits == visits
    player.stop()


def test_thinking_ends_pondering_first(player: Player) -> None:
    game = Game(RULES)
    player.ponder(game.state)
    wait_for_visits(player, 100)
    other = Game(RULES)
    other.play(12)
    other.play(3)
    other.play(4)
    assert player.think(other.state, Limits(visits=50)).visits == 50


def test_pondering_reports_too(player: Player) -> None:
    told = threading.Event()
    player.ponder(Game(RULES).state, report=lambda analysis: told.set())
    assert told.wait(timeout=30)


class Broken(UniformEvaluator):
    """Raises at its fifth batch."""

    def __init__(self) -> None:
        self.num_batches = 0

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        self.num_batches += 1
        if self.num_batches == 5:
            raise RuntimeError("out of order")
        super().evaluate(state, rows, logits, values)


def test_what_goes_wrong_in_pondering_is_told_when_it_is_stopped() -> None:
    broken = Broken()
    search = TreeSearch(SearchConfig(1000), [broken], RULES, SEED)
    with Player(search, RULES) as player:
        player.ponder(Game(RULES).state)
        while broken.num_batches < 5:
            time.sleep(0.001)
        with pytest.raises(RuntimeError, match="out of order"):
            player.stop()
        assert player.think(Game(RULES).state, Limits(visits=30)).visits == 30


def test_gomoku_has_neither_points_nor_owners() -> None:
    rules = gomoku_rules(5)
    search = TreeSearch(SearchConfig(100), [HashedEvaluator()], rules, SEED)
    with Player(search, rules, RolloutForecaster(rules, np.random.SeedSequence(1))) as player:
        analysis = player.think(Game(rules).state, Limits(visits=50))
    assert analysis.score_lead_to_play is None
    assert analysis.ownership_black is None
    assert all(move.score_lead_to_play is None for move in analysis.moves)
