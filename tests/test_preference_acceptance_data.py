"""Acceptance of data and labelers: rates, the split, the firewall, kills, the zero of the reward."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from test_preference_regressions_data import GAMES, filled, given
from test_rlhf_boards import random_games

from engine.errors import OutcomeForbiddenError
from engine.rulesets import go_rules, gomoku_rules
from engine.scoring import outcomes_forbidden
from rlhf_variant.answering import (
    answer_queue,
    facts_of,
    require_promised_rates,
    tempered_labeler,
)
from rlhf_variant.board_text import boards_of_texts, canonical_keys
from rlhf_variant.classroom import sign_accuracy
from rlhf_variant.comparisons import labeled_comparisons
from rlhf_variant.irrationality import (
    PRESET_AGREEMENTS,
    Habits,
    LabelerError,
    Temper,
    beta_for_agreement,
    chance_of_first,
    require_rate,
)
from rlhf_variant.pairs import PairConfig, SourceGame, draw_queries
from rlhf_variant.query import PAIR_TYPES, PairType, QueryError
from rlhf_variant.query_queue import QueryQueue, things_of
from rlhf_variant.reward_learner import RewardLearnerConfig, fit_reward_model
from rlhf_variant.reward_model import RewardConfig, new_reward_model
from rlhf_variant.vibes import area_utility
from selfplay.run_store import RunStore

COUNT = 20_000


def utilities(seed: int) -> tuple[npt.NDArray[np.float64], ...]:
    random = np.random.default_rng(seed)
    return random.normal(size=COUNT), random.normal(size=COUNT), random.random((COUNT, 2))


@pytest.mark.interpreted
def test_acceptance_03_a_labeler_errs_at_the_rates_of_its_habits() -> None:
    first, second, draws = utilities(1)
    turned = sum(
        a != b
        for a, b in zip(
            Temper(Habits()).answers(first, second, draws),
            Temper(Habits(mistake=0.25)).answers(first, second, draws),
            strict=True,
        )
    )
    require_rate("mistakes", turned, COUNT, 0.25)
    expected = float((np.abs(first - second) <= 0.5).mean())
    require_rate(
        "ties", Temper(Habits(equal=0.5)).answers(first, second, draws).count("tie"), COUNT, expected
    )
    poor = Temper(Habits(skip=0.3), poor=float(np.quantile(first, 0.3)))
    require_rate("refusals", poor.answers(first, second, draws).count("cant_tell"), COUNT, 0.09)
    noisy = Temper(Habits(beta=2.0)).answers(first, second, draws)
    chosen = float(chance_of_first(first - second, 2.0).mean())
    require_rate("first sides", noisy.count("a"), COUNT, chosen)
    with pytest.raises(LabelerError, match="rate of mistakes"):
        require_rate("mistakes", turned, COUNT, 0.2)


@pytest.mark.interpreted
@pytest.mark.parametrize("agreement", PRESET_AGREEMENTS.values())
def test_acceptance_03_bisection_finds_the_beta_of_an_agreement(agreement: float) -> None:
    first, second, draws = utilities(2)
    beta = beta_for_agreement(agreement, first - second, first - second)
    answers = Temper(Habits(beta=beta)).answers(first, second, draws)
    agreed = sum((answer == "a") == (gap > 0) for answer, gap in zip(answers, first - second, strict=True))
    require_rate("agreement", agreed, COUNT, agreement)


@pytest.mark.interpreted
def test_acceptance_03_an_agreement_out_of_reach_is_an_error() -> None:
    first, second, _ = utilities(3)
    with pytest.raises(LabelerError, match=r"expected 0\.5\.\."):
        beta_for_agreement(0.95, first, second)


@pytest.mark.parametrize("preset", ["amateur", "crowd"])
def test_acceptance_03_presets_keep_their_promise_on_real_boards(preset: str, tmp_path: Path) -> None:
    with filled(tmp_path, 1000, 1, random_games(go_rules(5), 300, 16)) as store:
        label = answer_queue(store, "truth", preset=preset)
        require_promised_rates(store, label, tempered_labeler(store, "truth", Habits(), preset), preset)


@pytest.mark.parametrize("pair_type", PAIR_TYPES)
def test_acceptance_04_no_game_and_no_view_of_a_board_is_on_both_sides(pair_type: PairType) -> None:
    sources = [SourceGame(game, "random", 1) for game in random_games(go_rules(4), 300, 14)]
    config = PairConfig(pair_type, min_ply=5, clip_length=3)
    queries = draw_queries(sources, 60, config, np.random.default_rng(1))
    held_out, train = (
        set().union(*(things_of(query) for query in queries if query.split == side))
        for side in ("held_out", "train")
    )
    assert held_out
    assert train
    assert not held_out & train
    assert len({query.key for query in queries}) == 60
    for query in queries:
        same_game = query.a.source.game_hash == query.b.source.game_hash
        assert same_game == (pair_type == "siblings")
        assert not (query.a.is_reversed and query.b.is_reversed)


def test_acceptance_04_all_views_of_a_board_share_their_hash() -> None:
    board = "XO./..X/... b 6.5"
    views = [board, ".OX/X../... b 6.5", "X../O../.X. b 0", "OX./..O/... w -6.5"]
    others = ["XO./..X/... w 6.5", "XO./.X./... b 6.5"]
    assert len(set(canonical_keys(boards_of_texts(views)))) == 1
    assert len(set(canonical_keys(boards_of_texts([board, *others])))) == 3


def test_acceptance_04_boards_that_end_a_game_of_gomoku_are_never_asked_about() -> None:
    rules = gomoku_rules(3, line_length=3)
    sources = [SourceGame(game, "random", 1) for game in random_games(rules, 300, 5)]
    with pytest.raises(QueryError, match="line of five"):
        draw_queries(sources, 5, PairConfig("finished"), np.random.default_rng(1))
    lengths = {source.record.digest(): source.record.num_moves for source in sources}
    for query in draw_queries(sources, 5, PairConfig("games"), np.random.default_rng(1)):
        for side in (query.a, query.b):
            assert side.source.ply < lengths[side.source.game_hash]


def test_acceptance_04_hard_pairs_come_from_games_that_ended_alike() -> None:
    sources = [SourceGame(game, "random", 1) for game in GAMES]
    margins = {source.record.digest(): facts_of(source.record).margin for source in sources}

    def gaps(hard_share: float) -> list[float]:
        config = PairConfig(min_ply=4, hard_share=hard_share)
        queries = draw_queries(sources, 200, config, np.random.default_rng(1), margins)
        return [abs(margins[q.a.source.game_hash] - margins[q.b.source.game_hash]) for q in queries]

    assert np.mean(gaps(0.9)) < 0.8 * np.mean(gaps(0.0))


def test_acceptance_07_labels_are_forbidden_and_learning_goes_on_behind_the_firewall(tmp_path: Path) -> None:
    with filled(tmp_path, 50, 1) as store:
        with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
            answer_queue(store, "truth")
        label = answer_queue(store, "truth")
        (tmp_path / "truth.sqlite").unlink()
        with outcomes_forbidden():
            assert len(labeled_comparisons(store, "train", label).preference_a) > 0


SLOW_LABELER = """
import sys, time
from pathlib import Path
import rlhf_variant.answering as answering
from selfplay.run_store import RunStore
answering.CHUNK = 5
with RunStore(Path(sys.argv[1])) as store:
    answering.answer_queue(store, "stones", answering.Habits(mistake=0.3),
                           progress=lambda count: time.sleep(0.2))
"""


def test_acceptance_10_a_killed_labeler_goes_on_to_the_same_data_set(tmp_path: Path) -> None:
    with filled(tmp_path / "whole", 60, 1) as store:
        label = answer_queue(store, "stones", Habits(mistake=0.3))
        expected, answers = QueryQueue(store).version(), given(store, label)
    with filled(tmp_path / "killed", 60, 1) as store:
        process = subprocess.Popen([sys.executable, "-c", SLOW_LABELER, str(tmp_path / "killed")])
        while len(given(store, label)) < 5:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        done = len(given(store, label))
        assert 5 <= done < 60
        assert answer_queue(store, "stones", Habits(mistake=0.3)) == label
        assert given(store, label) == answers
        assert QueryQueue(store).version() == expected


def test_acceptance_10_two_labelers_share_the_work_and_a_third_gives_its_own_answers(tmp_path: Path) -> None:
    with filled(tmp_path, 60, 1) as first, RunStore(tmp_path) as second:
        mine, yours = QueryQueue(first), QueryQueue(second)
        claimed = [{key for key, _ in queue.claim("stones", 20)} for queue in (mine, yours)]
        assert [len(ids) for ids in claimed] == [20, 20]
        assert not claimed[0] & claimed[1]
        mine.release("stones")
        answer_queue(first, "stones")
        answer_queue(first, "area")
        assert len(mine.answers()) == 120


def test_acceptance_13_the_truth_at_komi_7_fixes_the_zero_of_the_reward(tmp_path: Path) -> None:
    rules = go_rules(5, komi=7)
    games = random_games(rules, 600, 60)
    finished = PairConfig(pair_type="finished")
    with RunStore(tmp_path) as store:
        store.add_games("reference", 0, games)
        sources = [SourceGame(game, "random", 1) for game in games]
        QueryQueue(store).ask(draw_queries(sources, 1500, finished, np.random.default_rng(1)))
        label = answer_queue(store, "truth")
        train, held_out = (labeled_comparisons(store, side, label) for side in ("train", "held_out"))
    model = new_reward_model(RewardConfig(1, 8), 1)
    learner = RewardLearnerConfig(epochs=10, error_rate=0.0)
    fit_reward_model(model, train, held_out, learner, np.random.SeedSequence(1))
    boards = held_out.a
    gold = area_utility(boards)  # who won these finished games, komi counted
    assert sign_accuracy(-boards.komi, gold) < 0.8
    assert sign_accuracy(model.values_black(boards), gold) >= 0.97
