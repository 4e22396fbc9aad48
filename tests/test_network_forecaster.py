"""Points and ownership by a network: from Black's view, on boards smaller than the canvas, in analyses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from random_records import ALL_HEADS, SMALL, random_network, random_record

from app.outlook import Outlook
from engine.board import WHITE, allocate_state, copy_row, new_state
from engine.game import Game
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.tree_search import Limits
from selfplay.agents import network_agent, open_agent
from selfplay.inputs import InputWriter
from selfplay.network import SCORE_SCALE
from selfplay.network_forecaster import NetworkForecaster

SEED = np.random.SeedSequence(1)


@pytest.mark.parametrize("rules", [go_rules(6), Rules("go", 5, 4)], ids=Rules.describe)
def test_forecast_is_what_the_heads_say_turned_to_blacks_view(rules: Rules) -> None:
    canvas, network = go_rules(6), random_network(2, ALL_HEADS).eval()
    state = allocate_state(6, 6, 6, canvas.resolved_move_limit + 2)
    planes = np.zeros((6, ALL_HEADS.num_planes, 6, 6), np.float32)
    sides = []
    for row in range(6):
        game = Game(rules)
        for action in random_record(rules, row, max_moves=row + 3).moves:
            game.play(int(action))
        sides.append(-1 if game.to_play == WHITE else 1)
        copy_row(game.state, 0, state, row)
    InputWriter(ALL_HEADS, canvas).write(state, np.arange(6), planes)
    with torch.inference_mode():
        output = network(torch.from_numpy(planes))
    assert {*sides} == {-1, 1}
    rows = np.array([1, 3, 4])
    forecast = NetworkForecaster(network, canvas).forecast(state, rows)
    assert output.score_mean is not None
    assert output.ownership_logits is not None
    assert forecast.ownership_black is not None
    for index, row in enumerate(rows):
        assert forecast.scores_black[index] == pytest.approx(
            sides[row] * SCORE_SCALE * float(output.score_mean[row]), rel=1e-4
        )
        logits = output.ownership_logits[row, : rules.height, : rules.width].flatten()
        expected = sides[row] * torch.tanh(logits / 2).numpy()
        np.testing.assert_allclose(forecast.ownership_black[index], expected, atol=1e-5)


def test_player_tells_of_points_by_its_own_network_where_asked() -> None:
    rules = go_rules(5)
    for heads, forecasts, knows in ((ALL_HEADS, True, True), (ALL_HEADS, False, False), (SMALL, True, False)):
        agent = network_agent("net", random_network(1, heads), rules, visits=20)
        with agent.player(rules, SEED, forecasts=forecasts) as player:
            analysis = player.think(new_state(rules), Limits(visits=20))
        assert (analysis.score_lead_to_play is not None) == knows
        assert (analysis.ownership_black is not None) == knows


def test_networks_without_a_score_and_gomoku_are_refused() -> None:
    with pytest.raises(ValueError, match="head for the score"):
        NetworkForecaster(random_network(1, SMALL), go_rules(5))
    forecaster = NetworkForecaster(random_network(1, ALL_HEADS), go_rules(5))
    with pytest.raises(ValueError, match="expected Go"):
        forecaster.forecast(new_state(gomoku_rules(5)), np.zeros(1, np.int64))
    assert (
        network_agent("net", random_network(1, SMALL), go_rules(5), visits=2).forecaster(go_rules(5)) is None
    )


def test_a_head_for_the_score_that_was_never_taught_leaves_points_to_random_games() -> None:
    rules, network = go_rules(5), random_network(1, ALL_HEADS)
    assert network.knows_points
    assert not random_network(1, SMALL).knows_points
    with torch.no_grad():
        for parameter in network.value_head.score_out.parameters():  # type: ignore[union-attr]
            parameter.zero_()
    spec = network_agent("cloned", network, rules, visits=20)
    assert spec.forecaster(rules) is None
    game = Game(rules)
    game.play(12)
    with spec.player(rules, SEED) as player:
        found = player.think(game.state, Limits(visits=20))
    told = Outlook(rules, spec, seed=1).of(found, game.state)
    assert told.score_lead_to_play
    assert told.ownership_black is not None
    assert told.ownership_black[12] > 0


@pytest.mark.parametrize(("name", "side"), [("go7", 7), ("go9", 9)])
def test_the_networks_of_go_that_come_along_know_points(name: str, side: int) -> None:
    assert open_agent(name).forecaster(go_rules(side)) is not None
