"""Faults found in other projects' preference code, each as a test: thresholds, ties, hashes, splits."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_rlhf_boards import random_games

from engine.rulesets import go_rules
from rlhf_variant.answering import answer_queue, tempered_labeler
from rlhf_variant.comparisons import labeled_comparisons
from rlhf_variant.irrationality import Habits, Temper
from rlhf_variant.pairs import PairConfig, SourceGame, draw_queries
from rlhf_variant.query import QueryError
from rlhf_variant.query_queue import QueryQueue
from selfplay.records import GameRecord
from selfplay.run_store import RunStore

GAMES = random_games(go_rules(5), 60, 16)
HABITS = Habits(skip=0.6, equal=0.5)


def filled(folder: Path, count: int, seed: int, games: list[GameRecord] = GAMES) -> RunStore:
    store = RunStore(folder)
    store.add_games("reference", 0, games)
    sources = [SourceGame(game, "random", 1) for game in games]
    QueryQueue(store).ask(draw_queries(sources, count, PairConfig(min_ply=4), np.random.default_rng(seed)))
    return store


def given(store: RunStore, label: str) -> dict[str, str]:
    return {answer.key: answer.answer for answer in QueryQueue(store).answers(label)}


def test_regression_v02_thresholds_stay_the_same_in_later_sessions(tmp_path: Path) -> None:
    with filled(tmp_path, 100, 1) as store:
        label = answer_queue(store, "stones", HABITS)
        first = tempered_labeler(store, "stones", HABITS)
        sources = [SourceGame(game, "random", 1) for game in GAMES]
        queries = draw_queries(sources, 100, PairConfig(min_ply=8), np.random.default_rng(2))
        QueryQueue(store).ask(queries)
        assert answer_queue(store, "stones", HABITS) == label
        assert tempered_labeler(store, "stones", HABITS) == first
        answers = list(given(store, label).values())
        for session in (answers[:100], answers[100:]):
            assert {"tie", "cant_tell"} <= set(session)


@pytest.mark.interpreted
def test_regression_v05_a_tie_never_becomes_the_second_side() -> None:
    equal, draws = np.zeros(1000), np.random.default_rng(1).random((1000, 2))
    for habits in (Habits(), Habits(beta=1.0), Habits(mistake=0.4), Habits(beta=0.5, mistake=0.2)):
        assert Temper(habits).answers(equal, equal, draws) == ["tie"] * 1000


def test_regression_v05_ties_are_taught_as_ties(tmp_path: Path) -> None:
    with filled(tmp_path, 200, 1) as store:
        label = answer_queue(store, "stones")
        answers = list(given(store, label).values())
        taught = [labeled_comparisons(store, side, label).preference_a for side in ("train", "held_out")]
        counts = [int((np.concatenate(taught) == target).sum()) for target in (1.0, 0.5, 0.0)]
        assert counts == [answers.count("a"), answers.count("tie"), answers.count("b")]
        assert answers.count("tie") > 0


def test_regression_v06_keys_are_the_same_in_every_process() -> None:
    source = (
        "import numpy as np; from test_preference_regressions_data import GAMES;"
        "from rlhf_variant.pairs import PairConfig, SourceGame, draw_queries;"
        "sources = [SourceGame(game, 'random', 1) for game in GAMES];"
        "print([q.key for q in draw_queries(sources, 5, PairConfig(), np.random.default_rng(1))])"
    )
    there = subprocess.run(
        [sys.executable, "-c", source],
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": "tests"},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    sources = [SourceGame(game, "random", 1) for game in GAMES]
    here = [query.key for query in draw_queries(sources, 5, PairConfig(), np.random.default_rng(1))]
    assert there == f"{here}\n"


def test_regression_v06_the_same_query_is_not_asked_twice(tmp_path: Path) -> None:
    with filled(tmp_path, 50, 1) as store:
        queue = QueryQueue(store)
        assert queue.ask([query for _, query in queue.queries()]) == 0
        assert queue.num_asked() == 50


def test_regression_v07_a_query_across_the_split_is_refused(tmp_path: Path) -> None:
    with filled(tmp_path, 50, 1) as store:
        queue = QueryQueue(store)
        query = next(query for _, query in queue.queries() if query.split == "held_out")
        crossing = replace(query, split="train", note="other", b=replace(query.b, boards=query.a.boards))
        with pytest.raises(QueryError, match="is held_out, expected train"):
            queue.ask([crossing])
        assert queue.num_asked() == 50


def test_regression_v09_labels_never_read_what_a_network_or_a_reward_model_said(tmp_path: Path) -> None:
    answers = []
    for name, poison in (("clean", 0.0), ("poisoned", 1.0)):
        games = [
            replace(game, root_values=game.root_values + poison, value_targets=game.value_targets - poison)
            for game in GAMES
        ]
        with filled(tmp_path / name, 50, 1, games) as store:
            store.set_fact("reward", {"sha256": name})
            answers.append([given(store, answer_queue(store, who)) for who in ("truth", "area")])
    assert answers[0] == answers[1]
