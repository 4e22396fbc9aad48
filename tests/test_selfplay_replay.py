"""Training batches: replayed positions, their targets, and symmetries that turn both alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_records import ALL_HEADS, SMALL, random_record

from engine.errors import OutcomeForbiddenError
from engine.game import Game
from engine.planes import ON_BOARD, OPPONENT_STONES, OWN_STONES, canvas_indices
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.scoring import outcomes_forbidden, owners_black
from engine.symmetry import action_sources
from selfplay.inputs import InputWriter
from selfplay.network import LOSS, WIN
from selfplay.records import GameRecord
from selfplay.replay import CHUNK, Batch, ReplayBuffer

BOARDS = [go_rules(5), gomoku_rules(6), Rules("go", 4, 6, komi=0.5, suicide=True), Rules("gomoku", 7, 3)]


def planes_of_game(record: GameRecord, ply: int) -> np.ndarray:
    """What the engine writes of the position before a move."""
    game = Game(record.rules)
    for action in record.moves[:ply]:
        game.play(int(action))
    planes = np.empty((1, ALL_HEADS.num_planes, record.rules.height, record.rules.width), np.float32)
    InputWriter(ALL_HEADS, record.rules).write(game.state, np.array([0]), planes)
    return planes[0]


def all_positions(buffer: ReplayBuffer) -> Batch:
    return buffer.read(np.arange(buffer.num_positions))


def learned_plies(records: list[GameRecord]) -> list[tuple[GameRecord, int]]:
    """The positions of a buffer in its order: those with visits."""
    return [(record, int(ply)) for record in records for ply in np.flatnonzero(record.visits.any(axis=1))]


@pytest.mark.interpreted
@pytest.mark.parametrize("rules", BOARDS, ids=Rules.describe)
def test_replayed_planes_are_those_of_the_game_at_that_ply(rules: Rules) -> None:
    records = [random_record(rules, seed) for seed in range(3)]
    batch = all_positions(ReplayBuffer(records, ALL_HEADS))
    expected = [planes_of_game(record, ply) for record, ply in learned_plies(records)]
    np.testing.assert_array_equal(batch.planes, np.stack(expected))


@pytest.mark.interpreted
def test_positions_may_be_read_in_any_order() -> None:
    buffer = ReplayBuffer([random_record(go_rules(5), seed) for seed in range(3)], ALL_HEADS)
    order = np.random.default_rng(1).permutation(buffer.num_positions)
    for part, whole in zip(buffer.read(order), all_positions(buffer), strict=True):
        np.testing.assert_array_equal(part, whole[order])


def test_more_positions_than_are_replayed_at_once_come_back_all_the_same() -> None:
    buffer = ReplayBuffer([random_record(go_rules(4), seed) for seed in range(3)], ALL_HEADS)
    order = np.arange(2 * CHUNK + 3) % buffer.num_positions
    for part, whole in zip(buffer.read(order), all_positions(buffer), strict=True):
        np.testing.assert_array_equal(part, whole[order])


def test_legal_actions_are_those_of_the_engine_and_turn_with_the_board() -> None:
    records = [random_record(rules, seed) for rules in BOARDS[::2] for seed in range(3)]
    buffer = ReplayBuffer(records, SMALL, min_pass_ply=9)
    order = np.random.default_rng(1).permutation(buffer.num_positions)
    legal = np.empty((len(order), buffer.width * buffer.height + 1), np.bool_)
    legal[order] = buffer.read(order).legal
    for (record, ply), marked in zip(learned_plies(records), legal, strict=True):
        game = Game(record.rules)
        for action in record.moves[:ply]:
            game.play(int(action))
        expected = game.legal_actions()
        if ply < 9 and len(expected) > 1:
            expected.remove(record.rules.pass_action)
        places = canvas_indices(record.rules.width, record.rules.height, buffer.width, buffer.height)
        assert sorted(places[expected].tolist()) == np.flatnonzero(marked).tolist()
    at_any_ply = ReplayBuffer(records, SMALL, min_pass_ply=0)
    turned = at_any_ply.read(order, np.random.default_rng(2))
    assert not (turned.policy_target > 0)[~turned.legal].any()
    assert (turned.legal.sum(axis=1) == at_any_ply.read(order).legal.sum(axis=1)).all()
    assert turned.legal[:, -1].all()
    assert not np.array_equal(turned.legal, at_any_ply.read(order).legal)


def test_positions_are_drawn_the_same_whether_or_not_legal_actions_are_asked_for() -> None:
    records = [random_record(go_rules(5), seed) for seed in range(3)]
    buffers = (ReplayBuffer(records, SMALL, min_pass_ply=ply) for ply in (None, 0))
    plain, asked = (buffer.sample(40, np.random.default_rng(1)) for buffer in buffers)
    assert plain.legal.shape == (40, 0)
    for one, other in zip(plain[:-1], asked[:-1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_policy_targets_are_visit_shares_and_positions_without_visits_are_not_drawn() -> None:
    record = random_record(go_rules(5), seed=3)
    record.visits[[4, 7]] = 0
    buffer = ReplayBuffer([record], SMALL)
    plies = [ply for ply in range(record.num_moves) if ply not in (0, 4, 7)]
    assert buffer.num_positions == record.num_targets == len(plies)
    totals = record.visits.sum(axis=1, keepdims=True)
    batch = all_positions(buffer)
    np.testing.assert_allclose(batch.policy_target, (record.visits / totals.clip(1))[plies], rtol=1e-6)


def test_the_reply_is_the_next_policy_or_the_next_move_where_there_is_none() -> None:
    record = random_record(go_rules(5), seed=2)
    record.visits[[4, 7]] = 0
    replies = all_positions(ReplayBuffer([record], SMALL)).reply_target
    plies = [ply for ply in range(record.num_moves) if ply not in (0, 4, 7)]
    for index, ply in enumerate(plies):
        if ply + 1 == record.num_moves:
            assert not replies[index].any()
        elif ply + 1 in (4, 7):
            assert replies[index].tolist() == np.eye(26)[record.moves[ply + 1]].tolist()
        else:
            visits = record.visits[ply + 1]
            np.testing.assert_allclose(replies[index], visits / visits.sum(), rtol=1e-6)


def test_value_targets_are_results_mixed_with_what_the_search_thought() -> None:
    record = random_record(go_rules(4), seed=4)
    record.value_targets[1:4] = (1.0, 0.0, -0.5)
    record.root_values[2:5] = (0.2, np.nan, -1.0)
    expected = {
        0.0: [[1, 0, 0], [0, 1, 0], [0.25, 0, 0.75]],
        0.5: [None, [0.3, 0.5, 0.2], [0.25, 0, 0.75]],
    }
    for q_share, rows in expected.items():
        targets = all_positions(ReplayBuffer([record], SMALL, q_share)).value_target
        np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
        for target, row in zip(targets[:3], rows, strict=True):
            if row is not None:
                np.testing.assert_allclose(target, row, atol=1e-6)
    values = targets[:, WIN] - targets[:, LOSS]
    mixed = (record.value_targets + record.root_values)[4:] / 2
    np.testing.assert_allclose(values[3:], mixed, atol=1e-6)


def test_score_and_ownership_are_those_of_the_final_board_to_the_side_to_move() -> None:
    record = random_record(go_rules(5), seed=2, max_moves=60)
    game = Game(record.rules)
    for move in record.moves:
        game.play(int(move))
    owners = owners_black(game.state, [0])[0]
    assert owners.any()
    batch = all_positions(ReplayBuffer([record], ALL_HEADS))
    for index, (_, ply) in enumerate(learned_plies([record])):
        sign = 1 if ply % 2 == 0 else -1
        assert batch.score_target[index] == sign * game.score_black()
        np.testing.assert_array_equal(batch.ownership_target[index], sign * owners)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(random_record(gomoku_rules(5), seed=2), id="Gomoku"),
        pytest.param(replace(random_record(go_rules(5), seed=2), score_black=None), id="no score"),
        pytest.param(replace(random_record(go_rules(5), seed=2), is_truncated=True), id="truncated"),
    ],
)
def test_a_final_board_that_does_not_count_gives_no_score_and_no_ownership(record: GameRecord) -> None:
    batch = all_positions(ReplayBuffer([record], ALL_HEADS))
    assert np.isnan(batch.score_target).all()
    assert np.isnan(batch.ownership_target).all()
    assert batch.value_target.any() != record.is_truncated, "the move limit is no result"


def test_without_heads_for_them_no_outcome_is_read() -> None:
    records = [random_record(go_rules(5), seed=2)]
    with outcomes_forbidden():
        all_positions(ReplayBuffer(records, replace(ALL_HEADS, score=False, ownership=False)))
        with pytest.raises(OutcomeForbiddenError):
            all_positions(ReplayBuffer(records, ALL_HEADS))


def turned(batch: Batch, index: int, width: int, height: int, source: np.ndarray) -> list[np.ndarray]:
    """What a symmetry makes of one position and its targets, on a canvas of the size of the board."""
    points = source[:-1]
    return [
        batch.planes[index].reshape(-1, width * height)[:, points].ravel(),
        batch.policy_target[index][source],
        batch.reply_target[index][source],
        batch.ownership_target[index].ravel()[points],
    ]


@pytest.mark.parametrize("rules", BOARDS, ids=Rules.describe)
@pytest.mark.parametrize("margin", [0, 1])
def test_a_symmetry_turns_planes_policies_and_ownership_alike(rules: Rules, margin: int) -> None:
    width, height = rules.width, rules.height
    records = [random_record(rules, 2 * seed) for seed in range(4)]
    larger = [random_record(go_rules(max(width, height) + 1), 0)] if margin else []
    buffer = ReplayBuffer(records + larger, ALL_HEADS)
    count = sum(record.num_targets for record in records)
    plain = all_positions(ReplayBuffer(records, ALL_HEADS))
    canvas = buffer.read(np.arange(count), np.random.default_rng(2))
    places = canvas_indices(width, height, buffer.width, buffer.height)
    seen = set()
    for index in range(count):
        found = [
            canvas.planes[index].reshape(ALL_HEADS.num_planes, -1)[:, places[:-1]].ravel(),
            canvas.policy_target[index][places],
            canvas.reply_target[index][places],
            canvas.ownership_target[index].ravel()[places[:-1]],
        ]
        fitting = {
            symmetry
            for symmetry, source in enumerate(action_sources(width, height))
            if all(map(np.array_equal, found, turned(plain, index, width, height, source), [True] * 4))
        }
        assert fitting, f"position {index} is no symmetry of itself"
        if len(fitting) == 1:
            seen |= fitting
    assert seen == set(range(len(action_sources(width, height))))
    np.testing.assert_array_equal(canvas.value_target, plain.value_target)
    np.testing.assert_array_equal(canvas.score_target, plain.score_target)


def test_no_turned_policy_target_lies_on_a_stone() -> None:
    buffer = ReplayBuffer([random_record(go_rules(6), seed) for seed in range(4)], SMALL)
    batch = buffer.sample(300, np.random.default_rng(3))
    has_stone = (batch.planes[:, OWN_STONES] + batch.planes[:, OPPONENT_STONES]).reshape(300, -1) > 0
    assert has_stone.any()
    assert not batch.policy_target[:, :-1][has_stone].any()


def test_every_position_is_drawn_about_equally_often() -> None:
    records = [random_record(gomoku_rules(3), seed) for seed in range(0, 6, 2)]
    num_positions = sum(record.num_targets for record in records)
    names = np.linspace(0.1, 0.9, num_positions).astype(np.float32)
    start = 0
    for index, record in enumerate(records):
        values = np.zeros(record.num_moves, np.float32)
        values[1:] = names[start : start + record.num_targets]
        records[index] = replace(record, value_targets=values)
        start += record.num_targets
    buffer = ReplayBuffer(records, SMALL)
    assert buffer.num_positions == num_positions
    drawn = buffer.sample(200 * num_positions, np.random.default_rng(4)).value_target
    values = drawn[:, WIN] - drawn[:, LOSS]
    counts = np.bincount(np.abs(values[:, None] - names).argmin(axis=1), minlength=num_positions)
    assert 120 < counts.min() <= counts.max() < 280


def test_the_same_seed_draws_the_same_batch() -> None:
    buffer = ReplayBuffer([random_record(go_rules(5), seed) for seed in range(2)], ALL_HEADS)
    first, second = (buffer.sample(50, np.random.default_rng(5)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_boards_of_all_sizes_and_games_share_one_canvas() -> None:
    records = [random_record(rules, 2 * seed) for seed, rules in enumerate(BOARDS)]
    buffer = ReplayBuffer(records, ALL_HEADS)
    assert (buffer.width, buffer.height) == (7, 6)
    batch = all_positions(buffer)
    for index, (record, ply) in enumerate(learned_plies(records)):
        rules = record.rules
        planes, policy, owners = (
            batch.planes[index],
            batch.policy_target[index],
            batch.ownership_target[index],
        )
        board = planes[:, : rules.height, : rules.width]
        np.testing.assert_array_equal(board, planes_of_game(record, ply))
        assert np.abs(planes).sum() == pytest.approx(np.abs(board).sum()), "nothing lies off the board"
        assert planes[ON_BOARD].sum() == rules.area
        on_board = policy[:-1].reshape(6, 7)[: rules.height, : rules.width]
        shares = record.visits[ply] / record.visits[ply].sum()
        np.testing.assert_allclose(np.append(on_board.ravel(), policy[-1]), shares, rtol=1e-6)
        is_known = np.zeros((6, 7), bool)
        is_known[: rules.height, : rules.width] = rules.game == "go"
        np.testing.assert_array_equal(~np.isnan(owners), is_known)


def test_a_buffer_without_positions_is_refused() -> None:
    for max_moves in (0, 1):
        with pytest.raises(ValueError, match="at least one position"):
            ReplayBuffer([random_record(go_rules(5), seed=1, max_moves=max_moves)], SMALL)
