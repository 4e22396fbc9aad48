"""Boards, twins, pairs and comparisons: what labelers see and what learners may open."""

from pathlib import Path

import numpy as np
import pytest

from engine.board import BLACK, WHITE, new_state
from engine.notation import parse_diagram
from engine.rules_kernels import play
from engine.rulesets import Rules, go_rules, gomoku_rules
from rlhf_variant.answering import answer_queue
from rlhf_variant.board_text import board_texts
from rlhf_variant.boards import Boards, boards_of_state, draw_boards, swap_colors
from rlhf_variant.comparisons import (
    answer_counts,
    draw_pairs,
    labeled_comparisons,
)
from rlhf_variant.labelers import LABELERS, labeler_of
from rlhf_variant.pairing import PLY_BUCKET
from rlhf_variant.pairs import PairConfig, SourceGame, draw_queries
from rlhf_variant.query_queue import QueryQueue
from rlhf_variant.truth_file import agreement_with_truth
from selfplay.openings import random_opening
from selfplay.records import GameRecord
from selfplay.run_store import RunStore


def random_games(rules: Rules, count: int, plies: int, seed: int = 1) -> list[GameRecord]:
    random = np.random.default_rng(seed)
    games = []
    for _ in range(count):
        moves = np.array(random_opening(rules, plies, random), np.int16)
        none = np.zeros(len(moves), np.float32)
        games.append(
            GameRecord(rules, moves, np.zeros((len(moves), rules.num_actions), np.uint16), none, none, None)
        )
    return games


def one_board(diagram: str, to_play: int = BLACK, komi: float = 0.0) -> Boards:
    stones = parse_diagram(diagram)
    return Boards(stones[None], np.array([to_play], np.int8), np.array([komi], np.float32))


def test_the_twin_of_the_twin_is_the_board() -> None:
    board = one_board("X O . / . X .", WHITE, 6.5)
    twin = swap_colors(board)
    assert (twin.stones[0] == parse_diagram("O X . / . O .")).all()
    assert (twin.to_play[0], twin.komi[0]) == (BLACK, -6.5)
    for part, again in zip(board, swap_colors(twin), strict=True):
        assert (part == again).all()


def test_a_reward_in_gomoku_is_read_before_the_last_move() -> None:
    rules = gomoku_rules(3)
    state = new_state(rules)
    for action in (0, 3, 1, 4, 2):  # Black completes the top row
        play(state, 0, action)
    board = boards_of_state(state, np.array([0]))
    assert (board.stones[0] == parse_diagram("X X . / O O . / . . .")).all()
    assert board.to_play[0] == BLACK


def test_a_reward_in_go_is_read_from_the_board_as_it_stands() -> None:
    state = new_state(go_rules(3))
    for action in (4, 0):
        play(state, 0, action)
    board = boards_of_state(state, np.array([0]))
    assert (board.stones[0] == parse_diagram("O . . / . X . / . . .")).all()
    assert board.komi[0] == 6.5


def test_drawn_boards_come_from_inside_their_games() -> None:
    games = random_games(go_rules(5), 10, 14)
    boards, origins = draw_boards(games, 4, 3, np.random.default_rng(3))
    assert len(boards.stones) == 30
    assert ((origins.ply >= 4) & (origins.ply < 14)).all()
    for index in range(30):
        state = new_state(games[0].rules)
        for move in games[origins.game[index]].moves[: origins.ply[index]]:
            play(state, 0, int(move))
        expected = boards_of_state(state, np.array([0]))
        assert (boards.stones[index] == expected.stones[0]).all()
        assert boards.to_play[index] == expected.to_play[0]


def test_games_too_short_for_a_board_are_an_error() -> None:
    with pytest.raises(ValueError, match="more than 20 moves"):
        draw_boards(random_games(go_rules(5), 3, 10), 20, 3, np.random.default_rng(1))


def test_pairs_keep_to_their_bucket_and_their_side_of_the_split() -> None:
    games = random_games(go_rules(5), 40, 16)
    boards, origins = draw_boards(games, 2, 6, np.random.default_rng(1))
    pairs = draw_pairs(boards, origins, 300, 0.2, np.random.default_rng(2))
    a, b = pairs.index_a, pairs.index_b
    assert (origins.ply[a] // PLY_BUCKET == origins.ply[b] // PLY_BUCKET).all()
    assert (boards.to_play[a] == boards.to_play[b]).all()
    assert (origins.game[a] != origins.game[b]).all()
    assert pairs.is_held_out.sum() == 60
    games_of = [
        set(origins.game[a[side]]) | set(origins.game[b[side]])
        for side in (pairs.is_held_out, ~pairs.is_held_out)
    ]
    assert not games_of[0] & games_of[1], "a game has boards on both sides of the split"
    assert 0.4 < (pairs.reversed_a | pairs.reversed_b).mean() < 0.6
    assert not (pairs.reversed_a & pairs.reversed_b).any()
    twins = swap_colors(boards.select(a))
    assert (pairs.a.stones[pairs.reversed_a] == twins.stones[pairs.reversed_a]).all()
    assert (np.sign(pairs.a.komi) == np.where(pairs.reversed_a, -1, 1)).all()


def test_stones_and_influence_count_komi_and_turn_round_with_the_colors() -> None:
    board = one_board("X X . / . . . / . . O", komi=0.5)
    no_margin = np.zeros(1)
    assert labeler_of("stones").utility(board, no_margin)[0] == 0.5
    for name in ("stones", "influence", "lines"):
        utility = labeler_of(name).utility
        assert utility(board, no_margin)[0] == -utility(swap_colors(board), no_margin)[0]


def test_influence_prefers_stones_that_dominate_the_board() -> None:
    utility = labeler_of("influence").utility
    center = utility(one_board(". . . . . / . . . . . / . . X . . / . . . . . / . . . . ."), np.zeros(1))
    both = utility(one_board("O . . . . / . . . . . / . . X . . / . . . . . / . . . . ."), np.zeros(1))
    assert center[0] == 25
    assert 0 < both[0] < 25


def test_open_rows_count_for_their_owner_only_while_they_are_open() -> None:
    utility = labeler_of("lines").utility
    open_row = utility(one_board("X X X . . / . . . . . / . . . . . / . . . . . / . . . . ."), np.zeros(1))
    closed = utility(one_board("X X X O . / . . . . . / . . . . . / . . . . . / . . . . ."), np.zeros(1))
    assert open_row[0] > closed[0]


def test_a_noisy_labeler_errs_at_its_stated_rate_and_ties_are_never_coin_flips() -> None:
    labeler = LABELERS["noisy-truth"]
    random = np.random.default_rng(5)
    answers = labeler.answers(np.ones(20_000), np.zeros(20_000), random)
    assert answers.count("tie") == 0
    assert abs(answers.count("b") / 20_000 - 0.1) < 0.01
    assert labeler.answers(np.ones(50), np.ones(50), random) == ["tie"] * 50


def test_comparisons_are_stored_and_answered_and_truth_lies_apart(tmp_path: Path) -> None:
    games = random_games(go_rules(5), 60, 16)
    sources = [SourceGame(game, "random", 1) for game in games]
    queries = draw_queries(sources, 200, PairConfig(min_ply=4), np.random.default_rng(2))
    with RunStore(tmp_path / "run") as store:
        store.add_games("reference", 0, games)
        QueryQueue(store).ask(queries)
        assert len(labeled_comparisons(store, "train").preference_a) == 0, "unanswered pairs teach nothing"
        label = answer_queue(store, "noisy-truth")
        train = labeled_comparisons(store, "train", label)
        held_out = labeled_comparisons(store, "held_out", label)
        assert sum(answer_counts(store).values()) == 200
        ties = answer_counts(store).get("tie", 0)
        assert (train.preference_a == 0.5).sum() + (held_out.preference_a == 0.5).sum() == ties
        taught = [query for query in queries if query.split == "train"]
        assert board_texts(train.a) == [query.a.boards[0] for query in taught]
        assert board_texts(held_out.b) == [q.b.boards[0] for q in queries if q.split == "held_out"]
        assert (len(taught), len(held_out.preference_a)) == (160, 40)
        assert 0.8 < agreement_with_truth(store) < 0.98
        seen = " ".join(sql for (sql,) in store.connection.execute("SELECT sql FROM sqlite_master WHERE sql"))
    assert not any(word in seen for word in ("utility", "margin", "result"))
    assert (tmp_path / "run" / "truth.sqlite").exists()
