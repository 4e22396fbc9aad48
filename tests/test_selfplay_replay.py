"""Training batches: replayed positions, their targets, and symmetries that turn both alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_records import random_record

from engine.game import Game
from engine.planes import NUM_PLANES, ON_BOARD, OPPONENT_STONES, OWN_STONES, write_batch_planes
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.symmetry import action_sources
from selfplay.records import GameRecord
from selfplay.replay import Batch, ReplayBuffer

BOARDS = [go_rules(5), gomoku_rules(6), Rules("go", 4, 6, komi=0.5, suicide=True), Rules("gomoku", 7, 3)]


def planes_of_game(record: GameRecord, ply: int) -> np.ndarray:
    """What the engine writes of the position before a move."""
    game = Game(record.rules)
    for action in record.moves[:ply]:
        game.play(int(action))
    planes = np.empty((1, NUM_PLANES, record.rules.height, record.rules.width), np.float32)
    write_batch_planes(game.state, np.array([0]), planes)
    return planes[0]


def all_positions(buffer: ReplayBuffer) -> Batch:
    return buffer.read(np.arange(buffer.num_positions))


@pytest.mark.interpreted
@pytest.mark.parametrize("rules", BOARDS, ids=Rules.describe)
def test_replayed_planes_are_those_of_the_game_at_that_ply(rules: Rules) -> None:
    records = [random_record(rules, seed) for seed in range(3)]
    batch = all_positions(ReplayBuffer(records))
    expected = [planes_of_game(record, ply) for record in records for ply in range(record.num_moves)]
    np.testing.assert_array_equal(batch.planes, np.stack(expected))


@pytest.mark.interpreted
def test_positions_may_be_read_in_any_order() -> None:
    buffer = ReplayBuffer([random_record(go_rules(5), seed) for seed in range(3)])
    order = np.random.default_rng(1).permutation(buffer.num_positions)
    for part, whole in zip(buffer.read(order), all_positions(buffer), strict=True):
        np.testing.assert_array_equal(part, whole[order])


def test_targets_are_visit_shares_values_and_scores_of_the_side_to_move() -> None:
    record = random_record(go_rules(5), seed=3)
    assert record.score_black is not None
    batch = all_positions(ReplayBuffer([record]))
    totals = record.visits.sum(axis=1)
    assert totals[0] == 0
    assert not batch.policy_target[0].any(), "an opening move is not a policy target"
    np.testing.assert_allclose(batch.policy_target[1:], record.visits[1:] / totals[1:, None], rtol=1e-6)
    np.testing.assert_array_equal(batch.value_target, record.value_targets)
    signs = np.where(np.arange(record.num_moves) % 2 == 0, 1, -1)
    np.testing.assert_array_equal(batch.score_target, signs * np.float32(record.score_black))


def test_a_game_without_a_score_has_no_score_target() -> None:
    batch = all_positions(ReplayBuffer([random_record(gomoku_rules(5), seed=1)]))
    assert np.isnan(batch.score_target).all()


@pytest.mark.parametrize("rules", BOARDS, ids=Rules.describe)
def test_a_symmetry_turns_the_planes_and_the_policy_target_alike(rules: Rules) -> None:
    buffer = ReplayBuffer([random_record(rules, seed) for seed in range(4)])
    plain = all_positions(buffer)
    turned = buffer.read(np.arange(buffer.num_positions), np.random.default_rng(2))
    sources = action_sources(rules.width, rules.height)
    seen = set()
    for index in range(buffer.num_positions):
        flat = plain.planes[index].reshape(NUM_PLANES, rules.area)
        fitting = {
            symmetry
            for symmetry, source in enumerate(sources)
            if (flat[:, source[:-1]] == turned.planes[index].reshape(flat.shape)).all()
            and (plain.policy_target[index][source] == turned.policy_target[index]).all()
        }
        assert fitting, f"position {index} is no symmetry of itself"
        if len(fitting) == 1:
            seen |= fitting
    assert seen == set(range(len(sources)))
    np.testing.assert_array_equal(turned.value_target, plain.value_target)
    np.testing.assert_array_equal(turned.score_target, plain.score_target)


def test_no_turned_policy_target_lies_on_a_stone() -> None:
    buffer = ReplayBuffer([random_record(go_rules(6), seed) for seed in range(4)])
    batch = buffer.sample(300, np.random.default_rng(3))
    has_stone = (batch.planes[:, OWN_STONES] + batch.planes[:, OPPONENT_STONES]).reshape(300, -1) > 0
    assert has_stone.any()
    assert not batch.policy_target[:, :-1][has_stone].any()


def test_every_position_is_drawn_about_equally_often() -> None:
    records = [random_record(gomoku_rules(3), seed) for seed in range(3)]
    start = 0
    for index, record in enumerate(records):
        names = np.arange(start, start + record.num_moves, dtype=np.float32)
        records[index] = replace(record, value_targets=names)
        start += record.num_moves
    buffer = ReplayBuffer(records)
    assert buffer.num_positions == start
    drawn = buffer.sample(200 * start, np.random.default_rng(4)).value_target.astype(int)
    counts = np.bincount(drawn, minlength=start)
    assert 120 < counts.min() <= counts.max() < 280


def test_the_same_seed_draws_the_same_batch() -> None:
    buffer = ReplayBuffer([random_record(go_rules(5), seed) for seed in range(2)])
    first, second = (buffer.sample(50, np.random.default_rng(5)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_boards_of_all_sizes_and_games_share_one_canvas() -> None:
    records = [random_record(rules, seed) for seed, rules in enumerate(BOARDS)]
    buffer = ReplayBuffer(records)
    assert (buffer.width, buffer.height) == (7, 6)
    batch = all_positions(buffer)
    index = 0
    for record in records:
        rules = record.rules
        for ply in range(record.num_moves):
            planes, policy = batch.planes[index], batch.policy_target[index]
            board = planes[:, : rules.height, : rules.width]
            np.testing.assert_array_equal(board, planes_of_game(record, ply))
            assert planes.sum() == pytest.approx(board.sum()), "nothing lies off the board"
            assert planes[ON_BOARD].sum() == rules.area
            on_board = policy[:-1].reshape(6, 7)[: rules.height, : rules.width]
            shares = record.visits[ply] / max(1, record.visits[ply].sum())
            np.testing.assert_allclose(np.append(on_board.ravel(), policy[-1]), shares, rtol=1e-6)
            index += 1
    assert index == buffer.num_positions


def test_a_buffer_without_positions_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one position"):
        ReplayBuffer([random_record(go_rules(5), seed=1, max_moves=0)])
