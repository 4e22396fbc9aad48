"""The ending bonus: what it costs to play where ownership is settled, and what the search makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from diagrams import IS_INTERPRETED, board_tuple, go
from judged_positions import SEED, HashedEvaluator, hashed, random_position
from naive_go import neighbors_of, opponent_of
from naive_puct import naive_puct
from random_records import ALL_HEADS, SMALL, random_network, tiny_run

from engine.board import BLACK, State, new_state
from engine.errors import OutcomeForbiddenError
from engine.game import Game
from engine.rulesets import Rules, go_rules
from engine.scoring import outcomes_forbidden
from mcts.config import SearchConfig
from mcts.evaluator import Evaluator, Floats, Rows, UniformEvaluator
from mcts.forecast import Forecast
from mcts.search import Search
from mcts.tree_search import Limits, TreeSearch
from selfplay.agents import AgentError, network_agent, open_agent
from selfplay.config import ConfigError, override


class Knows:
    """Forecasts one ownership, whatever it is asked."""

    def __init__(self, ownership_black: Floats) -> None:
        self.ownership_black = ownership_black

    def forecast(self, state: State, rows: Rows) -> Forecast:
        return Forecast(np.zeros(1, np.float32), self.ownership_black[None])


def costs(game: Game, ownership_black: Floats, bonus: float) -> dict[int, float]:
    """What each move gains, from the definition."""
    width, height = game.rules.width, game.rules.height
    stones, sign = board_tuple(game.stones()), 1 if game.to_play == BLACK else -1
    gains = {}
    for action in game.legal_actions():
        if action == game.rules.pass_action:
            gains[action] = -bonus * 2 / 3
            continue
        owned = sign * float(ownership_black[action])
        settled = min(max((abs(owned) - 0.95) / 0.05, 0.0), 1.0)
        opponent = opponent_of(game.to_play)
        takes = owned > 0 and any(stones[n] == opponent for n in neighbors_of(action, width, height))
        gains[action] = 0.0 if takes else -bonus * settled
    return gains


def searched(game: Game, evaluator: Evaluator, ownership: Floats, visits: int, bonus: float) -> TreeSearch:
    config = SearchConfig(num_simulations=visits, ending_bonus=bonus)
    search = TreeSearch(config, [evaluator], game.rules, SEED, batch=1, forecaster=Knows(ownership))
    search.set_root(game.state)
    search.run(Limits(visits))
    return search


@pytest.mark.interpreted
def test_search_with_a_bonus_makes_the_visits_of_the_naive_search() -> None:
    for seed in range(2 if IS_INTERPRETED else 12):
        game, naive = random_position(Rules("go", 5, 4, komi=0.5), seed)
        ownership = np.random.default_rng(seed).choice([-1.0, -0.97, 0.3, 0.98, 1.0], 20).astype(np.float32)
        number = 20 if IS_INTERPRETED else 150
        gains = {action: float(np.float32(gain)) for action, gain in costs(game, ownership, 0.4).items()}
        search = searched(game, HashedEvaluator(), ownership, number, 0.4)
        result = naive_puct(naive, number, hashed, root_bonus=gains)
        found = search.move_weights()
        assert {action: found[action] for action in result["visit_counts"]} == result["visit_counts"]
        priced = search.tree.root_bonus[0, : search.tree.edge_count[0, 0]]
        np.testing.assert_allclose(priced, list(gains.values()), atol=1e-5)


class Tempted(UniformEvaluator):
    """Thinks some actions ten times as likely as others."""

    def __init__(self, actions: list[int]) -> None:
        self.actions = actions

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        super().evaluate(state, rows, logits, values)
        logits[: len(rows), self.actions] = np.log(10.0)


OWNED = np.array([1, 1, 0, -1, 1, 1, 0, -1, 1, 1, 1, -1], np.float32)


def test_a_settled_point_and_the_pass_give_way_to_a_point_that_nobody_owns() -> None:
    game = go("X . . O / X X . O / X X X O", komi=0.5)
    evaluator = Tempted([1, game.rules.pass_action])
    without = searched(game, evaluator, OWNED, 300, 0.0)
    assert without.best_action() in (1, game.rules.pass_action)
    assert searched(game, evaluator, OWNED, 300, 0.6).best_action() in (2, 6)


def test_the_pass_is_left_where_all_is_settled() -> None:
    game = go(". X . O / X X X O / . X X O", komi=0.5)
    sure = np.array([1, 1, 1, -1, 1, 1, 1, -1, 1, 1, 1, -1], np.float32)
    evaluator = Tempted([0, 8])
    assert searched(game, evaluator, sure, 300, 0.0).best_action() in (0, 8)
    assert searched(game, evaluator, sure, 300, 0.6).best_action() == game.rules.pass_action


def test_other_searches_and_what_knows_no_ownership_are_refused() -> None:
    config = SearchConfig(ending_bonus=0.1)
    with pytest.raises(ValueError, match="knows ownership"):
        TreeSearch(config, [UniformEvaluator()], go_rules(3), SEED)
    with pytest.raises(ValueError, match="search of many games"):
        Search(config, UniformEvaluator(), go_rules(3), 1, SEED)
    with pytest.raises(ValueError, match="selection is puct"):
        SearchConfig(ending_bonus=0.1, selection="gumbel")
    with pytest.raises(ConfigError, match="it is for play"):
        override(tiny_run(), "search.ending_bonus=0.1")
    search = TreeSearch(config, [UniformEvaluator()], go_rules(3), SEED, forecaster=Knows(OWNED[:9]))
    search.set_root(new_state(go_rules(3)))
    with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
        search.run(Limits(5))


def test_agents_take_the_bonus_from_their_own_network_or_say_that_they_cannot() -> None:
    rules = go_rules(5)
    settings = ("ending_bonus=0.1",)
    for heads, knows in ((ALL_HEADS, True), (SMALL, False)):
        spec = network_agent("net", random_network(1, heads), rules, visits=10)
        spec = type(spec)(**{**spec.__dict__, "search_settings": settings})
        if knows:
            agent = spec.make(rules, 1, SEED)
            assert 0 <= agent.choose(new_state(rules), np.array([0]))[0] < rules.num_actions
        else:
            with pytest.raises(AgentError, match="knows ownership"):
                spec.make(rules, 1, SEED)
    for setting in ("average_root=true", "selection=gumbel", "ending_bonus=0.1"):
        with pytest.raises(AgentError, match="agent uct:9"):
            open_agent("uct:9", search_settings=(setting,)).make(rules, 1, SEED)
