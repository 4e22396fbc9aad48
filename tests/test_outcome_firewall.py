"""Behind the firewall nobody can ask who won: no game, no search, no thread started there."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable

import numpy as np
import pytest
from diagrams import go, gomoku, play

from engine.errors import OutcomeForbiddenError
from engine.game import Game
from engine.rulesets import go_rules, gomoku_rules
from engine.scoring import (
    are_outcomes_forbidden,
    black_sign,
    outcomes_forbidden,
    scores_black,
    values_to_play,
)
from mcts.config import SearchConfig
from mcts.evaluator import Floats, RolloutEvaluator, Rows, UniformEvaluator
from mcts.search import Search

pytestmark = pytest.mark.interpreted

SEED = np.random.SeedSequence(40)
ONE_ROW = np.array([0])


def finished() -> Game:
    return play(gomoku("X X . / O O . / . . .", line_length=3), "C3")


def asks() -> dict[str, Callable[[], object]]:
    """All ways to learn a result."""
    game = finished()
    evaluator = RolloutEvaluator(game.rules, 1, SEED)
    logits, values = np.zeros((1, 10), np.float32), np.zeros(1, np.float32)
    return {
        "scores_black": lambda: scores_black(game.state, [0]),
        "values_to_play": lambda: values_to_play(game.state, [0]),
        "Game.score_black": game.score_black,
        "Game.winner": game.winner,
        "Game.result": game.result,
        "RolloutEvaluator": lambda: evaluator.evaluate(Game(game.rules).state, ONE_ROW, logits, values),
    }


@pytest.mark.parametrize("name", asks())
def test_asking_for_the_outcome_raises_behind_the_firewall_and_only_there(name: str) -> None:
    ask = asks()[name]
    ask()
    with outcomes_forbidden():
        assert are_outcomes_forbidden()
        with pytest.raises(OutcomeForbiddenError):
            ask()
    assert not are_outcomes_forbidden()
    ask()


def test_firewalls_may_be_nested_and_fall_with_an_error() -> None:
    with outcomes_forbidden():
        with outcomes_forbidden():
            pass
        assert are_outcomes_forbidden()
    with pytest.raises(KeyError), outcomes_forbidden():
        raise KeyError
    assert not are_outcomes_forbidden()


def answer_in_thread(start: Callable[[Callable[[], None]], None]) -> str:
    """What happens when a thread that is started in a certain way asks for a score."""
    answers = []

    def ask() -> None:
        try:
            scores_black(finished().state, [0])
            answers.append("told")
        except OutcomeForbiddenError:
            answers.append("refused")

    thread = threading.Thread(target=start, args=(ask,))
    thread.start()
    thread.join()
    return answers[0]


def test_ban_follows_a_copied_context_into_a_thread_and_leaves_other_threads_alone() -> None:
    with outcomes_forbidden():
        assert answer_in_thread(contextvars.copy_context().run) == "refused"
        assert answer_in_thread(lambda ask: ask()) == "told"
    assert answer_in_thread(contextvars.copy_context().run) == "told"


def test_search_reads_true_results_only_through_its_terminal_values() -> None:
    game = gomoku("X X . / O O . / . . .", line_length=3)
    asked: list[int] = []

    def learned(state: object, rows: Rows) -> Floats:
        asked.extend(rows.tolist())
        return np.full(len(rows), 0.25, np.float32)

    config = SearchConfig(num_simulations=20)
    with outcomes_forbidden():
        search = Search(config, UniformEvaluator(), game.rules, 1, SEED)
        with pytest.raises(OutcomeForbiddenError):
            search.run(game.state, ONE_ROW)
        search = Search(config, UniformEvaluator(), game.rules, 1, SEED, terminal_values=learned)
        search.run(game.state, ONE_ROW)
    assert asked
    assert search.action_values(0)[2] == -0.25, "the value of the side that would move at the end"


def test_values_to_play_are_results_from_the_side_to_move() -> None:
    games = [
        finished(),
        gomoku("O O O / X X . / . . .", line_length=3),
        play(gomoku("X O X / X O O / O X .", line_length=3), "C1"),
    ]
    assert [float(values_to_play(game.state, [0])[0]) for game in games] == [-1.0, 0.0, 0.0]
    black_ahead = go(". X / X .", komi=0.5)
    assert (
        values_to_play(black_ahead.state, [0]).tolist()
        == black_sign(black_ahead.state, [0]).tolist()
        == [1.0]
    )
    play(black_ahead, "pass")
    assert (
        values_to_play(black_ahead.state, [0]).tolist()
        == black_sign(black_ahead.state, [0]).tolist()
        == [-1.0]
    )
    assert values_to_play(go(". X / X .", komi=4.0).state, [0]).tolist() == [0.0]


def test_rollouts_value_a_decided_position_for_the_side_to_move() -> None:
    decided = go(". X / X .", komi=0.5)
    evaluator = RolloutEvaluator(go_rules(2), 1, SEED, repeats=4)
    logits, values = np.ones((1, 5), np.float32), np.zeros(1, np.float32)
    evaluator.evaluate(decided.state, ONE_ROW, logits, values)
    assert (values.tolist(), logits.any()) == ([1.0], False)
    evaluator.evaluate(play(decided, "pass").state, ONE_ROW, logits, values)
    assert values.tolist() == [-1.0]
    line_ahead = Game(gomoku_rules(3))
    RolloutEvaluator(line_ahead.rules, 1, SEED, repeats=3).evaluate(line_ahead.state, ONE_ROW, logits, values)
    assert abs(values[0]) <= 1.0
    assert float(values[0]) * 3 == pytest.approx(round(float(values[0]) * 3), abs=1e-6)
