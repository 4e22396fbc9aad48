"""Agents by name: what a name means, what it refuses, and moves that are legal, strong enough and in time."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import pytest
from diagrams import gomoku
from random_records import random_network, random_record, tiny_run

from engine.board import State, copy_row, new_state
from engine.game import Game
from engine.notation import action_of_vertex
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.tree_search import Limits
from selfplay import bundled
from selfplay.agents import AgentError, AgentSpec, network_agent, open_agent
from selfplay.bundled import default_agent
from selfplay.checkpoint import CheckpointError, save_network
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.player_agent import PlayerAgent
from selfplay.run_store import RunStore
from selfplay.training_loop import train
from selfplay.value_source import OutcomeValueSource

SEED = np.random.SeedSequence(1)
ALL_ROWS = np.arange(4)


def positions(rules: Rules, num_rows: int = 4) -> tuple[State, list[Game]]:
    """Unfinished games of some moves each, one a row."""
    state = new_state(rules, num_rows)
    games = []
    for row in range(num_rows):
        game = Game(rules)
        for action in random_record(rules, seed=row, max_moves=4).moves:
            game.play(int(action))
        copy_row(game.state, 0, state, row)
        games.append(game)
    return state, games


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "agent.safetensors"
    save_network(path, random_network(1), go_rules(5))
    return path


@pytest.fixture
def specs(weights: Path) -> list[AgentSpec]:
    """One of each kind."""
    return [
        open_agent("random"),
        open_agent("uct:8"),
        open_agent(str(weights), visits=1),
        open_agent(str(weights), visits=1, temperature=1.0),
        open_agent(str(weights), visits=8),
        open_agent(str(weights), seconds=0.02),
    ]


# Names.


@pytest.mark.parametrize("name", ["", "Random", "go99", "uct8", "no/such/file", "\0", "random "])
def test_a_name_that_is_no_agent_is_refused_with_those_that_are(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AgentError, match="expected random, one-ply, threats, uct:VISITS") as caught:
        open_agent(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("visits", ["", "0", "1", "-5", "1.5", "ten", "1000001", "9" * 5000, "²"])
def test_uct_needs_a_sensible_number_of_visits(visits: str) -> None:
    with pytest.raises(AgentError, match=r"expected uct:VISITS with 2\.\.1000000"):
        open_agent(f"uct:{visits}")


@pytest.mark.parametrize(
    "strength",
    [{"visits": 0}, {"visits": 10**7}, {"seconds": 0.0}, {"seconds": -1.0}, {"seconds": math.nan}],
)
def test_a_strength_that_makes_no_sense_is_refused(strength: dict[str, float]) -> None:
    with pytest.raises(AgentError, match="expected"):
        open_agent("random", **strength)  # type: ignore[arg-type]


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "agent.safetensors").write_bytes(b"PK\x03\x04 looks like a pickle of torch")
    with pytest.raises(CheckpointError, match="expected a safetensors file"):
        open_agent(str(tmp_path / "agent.safetensors"))


def test_a_run_folder_names_its_latest_weights(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store:
        train(store, tiny_run(iterations=1), OutcomeValueSource())
    latest = open_agent(str(tmp_path)).network
    saved = open_agent(str(tmp_path / "weights-00001.safetensors")).network
    assert latest is not None
    assert saved is not None
    assert all((latest.state_dict()[name] == tensor).all() for name, tensor in saved.state_dict().items())


def test_bundled_weights_are_known_by_their_name(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "WEIGHTS_FOLDER", weights.parent)
    assert open_agent("agent").known_rules == go_rules(5)
    with pytest.raises(AgentError, match="uct:VISITS, gtp:COMMAND, gomocup:COMMAND, agent, or the path"):
        open_agent("another")


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        (go_rules(5), "uct:1000"),
        (go_rules(7), "go7"),
        (go_rules(19), "uct:1000"),
        (gomoku_rules(6, line_length=4), "gomoku6"),
        (gomoku_rules(15), "gomoku15"),
        (gomoku_rules(9), "gomoku15"),
        (gomoku_rules(8), "threats"),
        (gomoku_rules(19), "threats"),
        (Rules("gomoku", 15, 9), "threats"),
        (gomoku_rules(15, line_rule="renju"), "threats"),
        (gomoku_rules(3), "uct:1000"),
    ],
)
def test_the_default_agent_is_the_strongest_at_hand(rules: Rules, name: str) -> None:
    assert default_agent(rules) == name
    spec = open_agent(name)
    (action,) = spec.make(rules, 1, SEED).choose(new_state(rules), np.zeros(1, np.int64))
    assert 0 <= action < rules.num_actions


def test_every_bundled_agent_is_small_and_plays_what_it_was_trained_for() -> None:
    for name in bundled.bundled_agents():
        assert (bundled.WEIGHTS_FOLDER / f"{name}.safetensors").stat().st_size <= 4 << 20
        spec = open_agent(name, visits=2)
        assert spec.known_rules is not None
        state = new_state(spec.known_rules)
        (action,) = spec.make(spec.known_rules, 1, SEED).choose(state, np.zeros(1, np.int64))
        assert 0 <= action < spec.known_rules.num_actions


@pytest.mark.parametrize("rules", [gomoku_rules(6, line_length=4), gomoku_rules(9), gomoku_rules(15)])
def test_who_moves_first_in_gomoku_is_not_lost_on_the_empty_board(rules: Rules) -> None:
    network = open_agent(default_agent(rules)).network
    assert network is not None
    logits, values = np.empty((1, rules.num_actions), np.float32), np.empty(1, np.float32)
    evaluator = NetworkEvaluator(prepare_for_inference(network), rules, 1)
    evaluator.evaluate(new_state(rules), np.zeros(1, np.int64), logits, values)
    assert values[0] >= 0


def test_labels_tell_name_and_strength(weights: Path) -> None:
    network = random_network(1)
    assert open_agent("random", visits=5).label() == "random"
    assert open_agent("uct:50").label() == "uct:50"
    assert network_agent("me", network, go_rules(5), visits=1).label() == "me at 1"
    assert open_agent(str(weights)).label() == f"{weights} at 100"
    assert open_agent(str(weights), seconds=0.5).label() == f"{weights} at 0.5 s"


# Moves.


@pytest.mark.parametrize("rules", [go_rules(5), go_rules(7), Rules("go", 4, 6)], ids=Rules.describe)
def test_every_agent_plays_legal_moves_at_every_size(specs: list[AgentSpec], rules: Rules) -> None:
    state, games = positions(rules)
    for spec in specs:
        chosen = spec.make(rules, 4, SEED).choose(state, ALL_ROWS)
        assert all(int(action) in game.legal_actions() for action, game in zip(chosen, games, strict=True))


def test_an_agent_plays_only_the_rows_it_is_asked_for_and_leaves_them_as_they_are(
    specs: list[AgentSpec],
) -> None:
    state, _ = positions(go_rules(5))
    before = [array.copy() for array in state]
    for spec in specs:
        assert spec.make(go_rules(5), 4, SEED).choose(state, np.array([3, 1])).shape == (2,)
    after = list(state)
    assert all((one == other).all() for one, other in zip(before, after, strict=True))


def test_the_same_seed_plays_the_same_moves(specs: list[AgentSpec]) -> None:
    state, _ = positions(go_rules(5))
    for spec in specs[:-1]:  # the clock decides for the last one
        first, second = (
            spec.make(go_rules(5), 4, np.random.SeedSequence(7)).choose(state, ALL_ROWS) for _ in range(2)
        )
        assert first.tolist() == second.tolist()


def test_a_temperature_makes_moves_vary(weights: Path) -> None:
    state, _ = positions(go_rules(5))
    for visits in (1, 16):
        agent = open_agent(str(weights), visits=visits, temperature=1.0).make(go_rules(5), 4, SEED)
        assert len({tuple(agent.choose(state, ALL_ROWS)) for _ in range(10)}) > 1


def test_a_network_of_another_game_is_refused(weights: Path) -> None:
    with pytest.raises(AgentError, match="plays go, not gomoku"):
        open_agent(str(weights)).make(gomoku_rules(5), 1, SEED)


def test_search_completes_a_line() -> None:
    game = gomoku("X X X . . . / O O O . . . / . . . . . . / . . . . . . / . . . . . . / . . . . . .")
    game.rules = gomoku_rules(6, line_length=4)
    game = Game(game.rules, game.stones())
    agent = open_agent("uct:400").make(game.rules, 1, SEED)
    assert agent.choose(game.state, np.array([0])).tolist() == [action_of_vertex("D6", game.rules)]


# One game at a time.


@pytest.fixture
def lone_specs(weights: Path) -> list[AgentSpec]:
    """Agents that search, in one thread and in two, by visits and by the clock, at their best and drawing."""
    return [
        open_agent("uct:300"),
        open_agent("uct:300", temperature=1.0, threads=2),
        open_agent("uct:2", seconds=0.02),
        open_agent(str(weights), visits=60),
        open_agent(str(weights), visits=60, threads=2),
        open_agent(str(weights), seconds=0.02, temperature=1.0),
    ]


def test_agents_at_one_board_play_a_legal_game(lone_specs: list[AgentSpec]) -> None:
    rules = go_rules(5)
    agents = [spec.make(rules, 1, SEED) for spec in lone_specs]
    assert all(isinstance(agent, PlayerAgent) for agent in agents)
    game = Game(rules)
    while not game.is_over and len(game.moves) < 18:
        for agent in agents:
            (action,) = agent.choose(game.state, np.array([0]))
            assert game.refusal(int(action)) is None
        game.play(int(action))


def test_an_agent_in_one_thread_repeats_its_game(weights: Path) -> None:
    for name, strength in (("uct:200", {}), (str(weights), {"visits": 40})):
        records = []
        for _ in range(2):
            game = Game(go_rules(5))
            agent = open_agent(name, **strength).make(game.rules, 1, np.random.SeedSequence(3))
            while not game.is_over and len(game.moves) < 8:
                game.play(int(agent.choose(game.state, np.array([0]))[0]))
            records.append([move.action for move in game.moves])
        assert records[0] == records[1]


def test_an_agent_goes_on_from_what_it_knew_a_move_ago_with_as_many_visits() -> None:
    game = Game(go_rules(5))
    agent = open_agent("uct:500").make(game.rules, 1, SEED)
    assert isinstance(agent, PlayerAgent)
    for _ in range(3):
        game.play(int(agent.choose(game.state, np.array([0]))[0]))
        assert agent.analysis is not None
        assert agent.analysis.visits == 500
        assert 0 < agent.analysis.win_rate_to_play < 1


def test_a_player_forecasts_points_where_it_is_asked_to() -> None:
    for forecasts in (False, True):
        with open_agent("uct:100").player(go_rules(5), SEED, forecasts=forecasts) as player:
            analysis = player.think(new_state(go_rules(5)), Limits(visits=50))
        assert (analysis.ownership_black is not None) == forecasts
        assert (analysis.score_lead_to_play is not None) == forecasts


def test_players_are_agents_that_search_the_game_they_know(weights: Path) -> None:
    with pytest.raises(AgentError, match="expected one that searches"):
        open_agent("random").player(go_rules(5), SEED)
    with pytest.raises(AgentError, match="plays go, not gomoku"):
        open_agent(str(weights)).player(gomoku_rules(5), SEED)


@pytest.mark.parametrize("seconds", [0.05, 0.3])
def test_an_agent_by_the_clock_answers_in_time(weights: Path, seconds: float) -> None:
    rules = go_rules(9)
    for name in ("uct:2", str(weights)):
        agent = open_agent(name, seconds=seconds).make(rules, 1, SEED)
        state = new_state(rules)
        agent.choose(state, np.array([0]))  # compiles and warms up
        started = time.monotonic()
        agent.choose(state, np.array([0]))
        assert seconds * 0.9 < time.monotonic() - started < seconds + 0.5
