"""Options of self-play: sizes, forks, decided games, surprise, and what each leaves in the records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from judged_positions import HashedEvaluator, Stubborn, searched
from random_records import SMALL, random_record, tiny_run

from engine.board import BLACK, TO_PLAY, State
from engine.game import Game
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows, UniformEvaluator
from selfplay.beginnings import forked, read_sizes, rules_at
from selfplay.config import ConfigError, TrainConfig, override
from selfplay.generate import draw_weights, generate_games
from selfplay.records import GameRecord
from selfplay.replay import ReplayBuffer
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.training_loop import selfplay_of_round
from selfplay.value_source import OutcomeValueSource


def made(
    rules: Rules, evaluator: Any, num_games: int, simulations: int = 6, **options: Any
) -> list[GameRecord]:
    return generate_games(
        rules,
        SearchConfig(num_simulations=simulations),
        SelfPlayConfig(parallel_games=5, **options),
        lambda batch, seed: evaluator,
        OutcomeValueSource(),
        num_games,
        1,
        np.random.SeedSequence(3),
    ).games


def replayed(record: GameRecord) -> Game:
    """The game of a record; it raises where a move is illegal."""
    game = Game(record.rules)
    for action in record.moves:
        game.play(int(action))
    return game


# Sizes


@pytest.mark.parametrize("game", ["go", "gomoku"])
def test_games_of_several_sizes_are_whole_games_of_their_own_rules(game: str) -> None:
    rules = go_rules(6) if game == "go" else gomoku_rules(6, line_length=3)
    games = made(rules, HashedEvaluator(), 40, sizes="4:1,5:1,6:2", random_plies=1)
    sides = np.array([record.rules.width for record in games])
    assert {*sides} == {4, 5, 6}
    assert 0.25 < np.mean(sides == 6) < 0.75
    for record in games:
        assert record.rules == rules_at(rules, record.rules.width)
        assert record.visits.shape == (record.num_moves, record.rules.num_actions)
        final = replayed(record)
        assert final.is_over
        if game == "go":
            assert record.score_black == final.score_black()
    buffer = ReplayBuffer(games, SMALL)
    assert (buffer.width, buffer.height) == (6, 6)


def test_go_on_a_smaller_board_has_the_usual_komi_and_length_of_its_size() -> None:
    small = rules_at(go_rules(9), 7)
    assert (small.width, small.height, small.komi) == (7, 7, go_rules(7).komi)
    assert small.resolved_move_limit == go_rules(7).resolved_move_limit
    assert rules_at(go_rules(9), 9) == go_rules(9)


def test_first_rounds_are_played_on_small_boards_where_told() -> None:
    selfplay = SelfPlayConfig(sizes="7:1,9:8", early_sizes="5", early_share=0.1)
    config = TrainConfig(selfplay=selfplay, iterations=20)
    sizes = [selfplay_of_round(config, iteration).sizes for iteration in (1, 2, 3, 20)]
    assert sizes == ["5", "5", "7:1,9:8", "7:1,9:8"]


@pytest.mark.parametrize("sizes", ["seven", "7:", "7:0", "1", "7:1;8:1", "10", "7:-1", "²"])
def test_sizes_that_cannot_be_are_refused_in_one_line(sizes: str) -> None:
    if sizes == "7:":
        assert read_sizes(sizes) == {7: 1}
        return
    with pytest.raises(ConfigError, match="expected sides"):
        override(TrainConfig(), f"selfplay.sizes={sizes}")


# Forks


def test_forks_begin_as_a_finished_game_and_leave_it() -> None:
    random = np.random.default_rng(1)
    for rules in (go_rules(4), gomoku_rules(4, line_length=3)):
        for seed in range(20):
            record = random_record(rules, seed)
            its_rules, actions = forked(record, random)
            assert its_rules == rules
            ply = len(actions) - 1
            assert actions[:ply] == record.moves[:ply].tolist()
            game = Game(rules)
            for action in actions:
                game.play(action)
            assert not game.is_over


def test_about_the_given_share_of_games_are_forks() -> None:
    games = made(gomoku_rules(4, line_length=4), HashedEvaluator(), 150, fork_share=0.3)
    openings = [int(np.argmax(record.visits.any(axis=1))) for record in games]
    assert 0.15 < np.mean(np.array(openings) > 0) < 0.45
    for record in games:
        assert replayed(record).is_over


# Decided games


class BlackWins(UniformEvaluator):
    """Always sees Black winning."""

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        super().evaluate(state, rows, logits, values)
        values[: len(rows)] = np.where(state.scalars[rows, TO_PLAY] == BLACK, 0.95, -0.95)


def test_decided_games_are_played_to_the_end_by_small_searches_of_which_few_teach() -> None:
    rules = gomoku_rules(5)
    options: dict[str, Any] = {"decided_value": 0.5, "decided_simulations": 4, "decided_share": 0.3}
    games = made(rules, BlackWins(), 30, simulations=16, **options)
    sums = [record.visits.sum(axis=1) for record in games]
    assert all((some[:3] == 15).all() for some in sums), "the first three searches are full"
    later = np.concatenate([some[3:] for some in sums])
    assert np.mean(later == 15) < 0.1, "where White is about to win, nothing is decided"
    assert set(later) <= {0, 3, 15}
    assert 0.2 < np.mean(later[later < 15] == 3) < 0.4
    assert all(replayed(record).is_over for record in games)
    undecided = made(rules, UniformEvaluator(), 5, simulations=16, **options)
    early = np.concatenate([record.visits.sum(axis=1)[:6] for record in undecided])
    assert set(early) == {15}


# Surprise


def test_surprise_is_the_divergence_of_the_target_from_the_priors() -> None:
    game = Game(gomoku_rules(3, line_length=3))
    search = searched(game, HashedEvaluator(), num_simulations=30)
    target = search.policy_targets(np.array([0]))[0]
    tree, first = search.tree, int(search.tree.first_edge[0, 0])
    priors = {int(tree.edge_action[0, e]): float(tree.edge_prior[0, e]) for e in range(first, first + 9)}
    expected = sum(p * np.log(p / priors[a]) for a, p in enumerate(target) if p > 0)
    assert search.root_surprises(np.array([0]))[0] == pytest.approx(expected, rel=1e-5)
    stubborn = searched(game, Stubborn(4), num_simulations=30)
    assert stubborn.root_surprises(np.array([0]))[0] == pytest.approx(0.0, abs=0.01)


def test_weights_average_to_one_over_targets_and_follow_surprise() -> None:
    visits = np.array([[1, 2], [0, 0], [3, 0], [1, 1]], np.uint16)
    surprises = np.array([0.5, 9.0, 0.1, 0.0], np.float32)
    weights = draw_weights(visits, surprises, 0.5)
    assert weights is not None
    np.testing.assert_allclose(weights, [0.5 + 0.5 * 2.5, 0.0, 0.5 + 0.5 * 0.5, 0.5])
    assert weights.sum() == pytest.approx(3.0)
    assert draw_weights(visits, surprises, 0.0) is None
    assert draw_weights(visits, np.zeros(4, np.float32), 0.5) is None


def test_positions_are_drawn_as_often_as_their_weights_say() -> None:
    records = [random_record(gomoku_rules(4), seed) for seed in range(3)]
    random = np.random.default_rng(2)
    is_target = [record.visits.any(axis=1) for record in records]
    weights = [np.where(some, random.random(len(some)), 0).astype(np.float32) for some in is_target]
    weighted = [replace(records[i], weights=weights[i]) for i in (0, 1)] + [records[2]]
    buffer = ReplayBuffer(weighted, SMALL)
    drawn: list[int] = []
    buffer.read = lambda positions, augment=None: drawn.extend(positions)  # type: ignore[method-assign, assignment, func-returns-value]
    for _ in range(200):
        buffer.sample(256, random)
    ones = np.ones(records[2].num_targets)
    expected = np.concatenate([*(weights[i][is_target[i]] for i in (0, 1)), ones])
    counts = np.bincount(drawn, minlength=buffer.num_positions) / len(drawn)
    np.testing.assert_allclose(counts, expected / expected.sum(), atol=0.006)


def test_games_carry_weights_where_told_and_none_otherwise() -> None:
    games = made(gomoku_rules(4), HashedEvaluator(), 6, simulations=12, surprise_weight=0.5)
    for record in games:
        assert record.weights is not None
        assert record.weights.mean() == pytest.approx(1.0, abs=1e-5)
        assert record.weights.std() > 0
    assert all(record.weights is None for record in made(gomoku_rules(4), HashedEvaluator(), 3))


@pytest.mark.parametrize(
    "assignment",
    [
        "selfplay.fork_share=1.5",
        "selfplay.decided_simulations=1",
        "selfplay.surprise_weight=-1",
        "gate_elo=0",
    ],
)
def test_options_out_of_range_are_refused(assignment: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        override(tiny_run(), assignment)
