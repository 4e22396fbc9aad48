"""Clips: the boards before a cut, rewards summed over them, models taught by segments of a queue."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from small_bench import small_bench
from test_rlhf_boards import random_games

from app.main import main
from engine.board import BLACK, TO_PLAY, WHITE
from engine.game import Game
from engine.rulesets import go_rules
from engine.scoring import outcomes_forbidden
from mcts.evaluator import Floats
from rlhf_variant.answering import answer_queue
from rlhf_variant.board_text import board_texts
from rlhf_variant.boards import Boards, boards_of_state, joined, swap_colors
from rlhf_variant.clip_value_source import ClipValueSource
from rlhf_variant.clips import ClipReward, clips_of, padded_moves, values_of_ends
from rlhf_variant.episodes import play_episodes
from rlhf_variant.pairs import PairConfig, SourceGame, boards_along, draw_queries
from rlhf_variant.query_queue import QueryQueue
from rlhf_variant.reward_model import RewardConfig, RewardModel, new_reward_model
from rlhf_variant.sampling_policy import SamplingPolicy
from selfplay.run_store import RunStore

MODEL = new_reward_model(RewardConfig(1, 8), 3).eval()


def test_a_clip_is_the_last_boards_of_its_game() -> None:
    games = random_games(go_rules(5), 6, 12)
    cut = [list(game.moves[: 4 + index]) for index, game in enumerate(games)]
    clips = clips_of(go_rules(5), padded_moves(cut, 12), 4)
    for index, game in enumerate(games):
        along = board_texts(boards_along(game))
        own = board_texts(clips.select(np.arange(4 * index, 4 * index + 4)))
        assert own == along[4 + index - 3 : 4 + index + 1]
    with pytest.raises(ValueError, match="at least 8 moves"):
        clips_of(go_rules(5), padded_moves(cut, 12), 9)


def test_a_reward_is_the_sum_over_the_clip_from_the_view_of_the_learner(tmp_path: Path) -> None:
    _, lab, pool = small_bench(tmp_path)
    policy = SamplingPolicy(lab.reference, lab.rules, 16)
    random = np.random.default_rng(1)
    config, rules = lab.reference.config, lab.rules
    episodes = play_episodes(policy, policy, config, rules, (4, 8), 16, random)
    reward = ClipReward(MODEL, lab.rules, 3)
    values = reward.values(episodes, random)
    for row in range(16):
        clip = clips_of(rules, padded_moves([episodes.moves[row]], 8), 3)
        seen = swap_colors(clip) if episodes.color[row] == WHITE else clip
        expected = np.tanh(MODEL.rewards(seen).sum() / float(MODEL.temperature))
        assert values[row] == pytest.approx(expected, abs=1e-5)
    own = pool.clips(rules, np.arange(20), 3)
    last = board_texts(own.select(np.arange(2, 60, 3)))
    assert last == board_texts(pool.boards.select(np.arange(20)))
    assert pool.moves is not None
    seen_by_white = values_of_ends(reward, pool.boards, pool.moves, np.full(len(pool.plies), WHITE, np.int8))
    assert seen_by_white == pytest.approx(
        -reward.sums(pool.moves, np.full(len(pool.plies), BLACK, np.int8)), abs=1e-5
    )
    assert (
        values_of_ends(MODEL, pool.boards, None, np.full(len(pool.plies), BLACK, np.int8))
        == MODEL.values_black(pool.boards)
    ).all()


@pytest.mark.parametrize("length", [4, 5])
def test_a_single_board_is_the_end_of_a_clip_of_passes(length: int) -> None:
    games, rules = random_games(go_rules(5), 20, 9), go_rules(5)
    boards = clips_of(
        rules, padded_moves([game.moves[: 8 + i % 2].tolist() for i, game in enumerate(games)]), 1
    )
    clips = boards.select(np.repeat(np.arange(20), length))
    is_before = np.tile(np.arange(length)[::-1] % 2 == 1, 20)
    turns = np.where(is_before, BLACK + WHITE - clips.to_play, clips.to_play).astype(np.int8)
    sums = MODEL.rewards(clips._replace(to_play=turns)).reshape(20, length).sum(axis=1)
    values = ClipReward(MODEL, rules, length).values_black(boards)
    assert values == pytest.approx(np.tanh(sums / float(MODEL.temperature)), abs=1e-5)


def test_what_even_clips_cannot_teach_decides_no_single_board() -> None:
    class WhoseTurn(RewardModel):
        """A model that likes to be on move, and nothing else."""

        def rewards(self, boards: Boards) -> Floats:
            return np.where(boards.to_play == BLACK, 1, -1).astype(np.float32)

    games, rules = random_games(go_rules(5), 20, 14), go_rules(5)
    moves = padded_moves([game.moves[:8].tolist() for game in games])
    model, black = WhoseTurn(RewardConfig(1, 8)), np.full(20, BLACK, np.int8)
    boards = clips_of(rules, moves, 1)
    even, odd = (ClipReward(model, rules, length) for length in (4, 5))
    assert not even.sums(moves, black).any()
    assert not even.values_black(boards).any()
    assert odd.sums(moves, black) == pytest.approx(odd.values_black(boards))
    assert odd.values_black(boards) == pytest.approx(np.full(20, np.tanh(1)), abs=1e-6)


def test_self_play_is_paid_the_sum_over_the_last_clip_behind_the_firewall(
    tmp_path: Path,
) -> None:
    _, lab, _ = small_bench(tmp_path)
    rules, length = lab.rules, 3
    policy, random = SamplingPolicy(lab.reference, rules, 16), np.random.default_rng(1)
    played = play_episodes(policy, policy, lab.reference.config, rules, (4, 8), 16, random)
    source = ClipValueSource(ClipReward(MODEL, rules, length))
    for row, own in enumerate(played.moves):
        moves, plies = np.array(own, np.int16), np.arange(len(own))
        to_play = np.where(plies % 2 == 0, BLACK, WHITE).astype(np.int8)
        with outcomes_forbidden():
            targets = source.value_targets(played.state, row, to_play, moves)
            assert source.score_target_black(played.state, row) is None
        boards = []
        for ply in range(len(own) - length + 1, len(own) + 1):
            game = Game(rules)
            for action in own[:ply]:
                game.play(action)
            boards.append(boards_of_state(game.state, np.array([0])))
        expected = np.tanh(MODEL.rewards(joined(boards)).sum() / float(MODEL.temperature))
        assert targets == pytest.approx(np.where(plies % 2 == 0, expected, -expected), abs=1e-5)
    with outcomes_forbidden():
        still = source.terminal_values(played.state, np.arange(16))
    one_board = ClipReward(MODEL, rules, length).values_black(played.boards())
    to_move = np.where(played.state.scalars[:, TO_PLAY] == BLACK, 1, -1)
    assert still == pytest.approx(one_board * to_move, abs=1e-6)
    with pytest.raises(ValueError, match="at least 2 moves"):
        source.value_targets(played.state, 0, np.array([BLACK], np.int8), np.array([12], np.int16))


def test_models_are_taught_by_the_segments_of_a_run_that_asks_about_nothing_else(tmp_path: Path) -> None:
    games = random_games(go_rules(5), 60, 16)
    sources = [SourceGame(game, "random", 1) for game in games]
    run = tmp_path / "run"
    with RunStore(run) as store:
        store.add_games("reference", 0, games)
        config = PairConfig("segments", min_ply=6, clip_length=3)
        QueryQueue(store).ask(draw_queries(sources, 120, config, np.random.default_rng(1)))
        answer_queue(store, "stones")
    small = ("--members", "2", "--blocks", "1", "--channels", "8", "--epochs", "6", "--json")
    taught = CliRunner().invoke(main, ["rlhf", "fit", str(run), *small])
    assert taught.exit_code == 0, taught.output
    report = json.loads(taught.stdout)["held_out"]
    assert report["pairs"] == 24
    assert report["accuracy"] > 0.6
    with RunStore(run) as store:
        longer = PairConfig("segments", min_ply=6, clip_length=4)
        QueryQueue(store).ask(draw_queries(sources, 20, longer, np.random.default_rng(1)))
        answer_queue(store, "stones")
    refused = CliRunner().invoke(main, ["rlhf", "fit", str(run), *small])
    assert refused.exit_code == 2
    assert "segments of 3 and 4 boards" in refused.output


@pytest.mark.parametrize("length", [3, 4])
def test_who_teaches_by_even_segments_is_told_what_they_cannot_teach(tmp_path: Path, length: int) -> None:
    sources = [SourceGame(game, "random", 1) for game in random_games(go_rules(5), 30, 12)]
    with RunStore(tmp_path / "run") as store:
        config = PairConfig("segments", min_ply=6, clip_length=length)
        QueryQueue(store).ask(draw_queries(sources, 40, config, np.random.default_rng(1)))
        answer_queue(store, "stones")
    options = ("--members", "1", "--blocks", "1", "--channels", "8", "--epochs", "1", "--json")
    taught = CliRunner().invoke(main, ["rlhf", "fit", str(tmp_path / "run"), *options])
    assert taught.exit_code == 0, taught.output
    assert ("whose turn it is" in taught.stderr) == (length == 4)
