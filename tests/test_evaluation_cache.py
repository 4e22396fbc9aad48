"""The evaluation cache: a hit is the fresh judgment bit for bit, and no other position is taken for it."""

from __future__ import annotations

import random

import numpy as np
import pytest
from diagrams import go, play, sample_size
from judged_positions import ONE_ROW, RULES, SEED, HashedEvaluator
from naive_go import WHITE
from random_records import random_network

from engine.board import copy_row, new_state
from engine.game import Game
from engine.planes import NUM_PLANES, write_planes
from engine.rulesets import Rules, go_rules
from mcts.config import SearchConfig
from mcts.evaluation_cache import CachedEvaluator, EvaluationCache, Views, _allocate_views, _look_up
from mcts.evaluator import Evaluator
from mcts.tree_search import Limits, TreeSearch
from selfplay.inference import NetworkEvaluator, prepare_for_inference


class _Judge:
    """One position at a time, through a cache."""

    def __init__(self, evaluator: Evaluator, rules: Rules, num_entries: int = 10_000) -> None:
        self.cache = EvaluationCache(rules, num_entries)
        self.evaluator = CachedEvaluator(evaluator, self.cache, rules, 1)

    def __call__(self, game: Game) -> tuple[bytes, bytes]:
        return judged(self.evaluator, game)


def judged(evaluator: Evaluator, game: Game) -> tuple[bytes, bytes]:
    logits, values = np.full((1, game.rules.num_actions), np.nan, np.float32), np.empty(1, np.float32)
    evaluator.evaluate(game.state, ONE_ROW, logits, values)
    return logits.tobytes(), values.tobytes()


def random_games(rules: Rules, count: int) -> list[Game]:
    """Positions of games with many captures and repetitions."""
    positions = []
    for seed in range(count):
        rng, game = random.Random(seed), Game(rules)
        while not game.is_over and len(game.moves) < 40:
            snapshot = Game(rules)
            copy_row(game.state, 0, snapshot.state, 0)
            positions.append(snapshot)
            points = [action for action in game.legal_actions() if action < rules.area]
            game.play(rng.choice(points or game.legal_actions()))
    return positions


@pytest.mark.interpreted
@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_hit_is_the_fresh_judgment_bit_for_bit(rules: Rules) -> None:
    judge, fresh = _Judge(HashedEvaluator(), rules), HashedEvaluator()
    positions = random_games(rules, sample_size(20, 1))
    for _ in range(2):
        for position in positions:
            assert judge(position) == judged(fresh, position)
    assert judge.cache.num_hits >= len(positions)
    assert judge.cache.num_hits + judge.cache.num_misses == 2 * len(positions)


def test_hit_is_what_the_network_says_bit_for_bit() -> None:
    rules = go_rules(5)
    network = NetworkEvaluator(prepare_for_inference(random_network(3)), rules, 1)
    judge = _Judge(network, rules)
    for position in random_games(rules, 4) * 2:
        assert judge(position) == judged(network, position)


@pytest.mark.parametrize("rules", [*RULES, Rules("go", 2, 3, ko="situational")], ids=Rules.describe)
def test_positions_that_the_cache_takes_for_one_have_the_same_planes(rules: Rules) -> None:
    cache = EvaluationCache(rules, 4)
    seen: dict[bytes, bytes] = {}
    repeats = 0
    for position in random_games(rules, 150):
        view = _allocate_views(1, rules)
        _look_up(
            cache._entries,
            position.state,
            ONE_ROW,
            view,
            np.empty((1, rules.num_actions), np.float32),
            np.empty(1, np.float32),
            np.empty(1, np.int64),
        )
        planes = np.empty((1, NUM_PLANES, rules.height, rules.width), np.float32)
        write_planes(position.state, 0, planes, 0)
        key = key_of(view)
        repeats += key in seen
        assert seen.setdefault(key, planes.tobytes()) == planes.tobytes()
    assert repeats > 100


def key_of(view: Views) -> bytes:
    return view.points.tobytes() + view.facts.tobytes() + view.komi.tobytes()


@pytest.mark.interpreted
def test_ko_superko_last_moves_komi_and_side_tell_positions_apart() -> None:
    diagram = "O O . O / X X O . / . . . ."
    judge = _Judge(HashedEvaluator(), Rules("go", 4, 3))
    taken = play(go(diagram), "C3")  # superko bans the recapture
    fresh = go(". . X O / X X O . / . . . .", WHITE)
    assert np.array_equal(taken.stones(), fresh.stones())
    for number, game in enumerate(
        [taken, fresh, go(". . X O / X X O . / . . . .", WHITE, komi=0.5), go(". . X O / X X O . / . . . .")]
    ):
        judge(game)
        assert judge.cache.num_misses == number + 1


@pytest.mark.interpreted
def test_memory_is_bounded_and_old_entries_make_room() -> None:
    rules = Rules("go", 4, 4)
    judge, fresh = _Judge(HashedEvaluator(), rules, num_entries=10), HashedEvaluator()
    positions = random_games(rules, sample_size(20, 2))
    for position in positions * 2:
        assert judge(position) == judged(fresh, position)
        assert judge(position) == judged(fresh, position)
    assert judge.cache.num_hits >= 2 * len(positions)
    assert judge.cache._entries.values.shape == (8,)


def test_cache_forgets_when_told_and_must_have_some_room() -> None:
    rules = Rules("go", 3, 3)
    judge = _Judge(HashedEvaluator(), rules)
    game = Game(rules)
    judge(game)
    judge.cache.clear()
    judge(game)
    assert (judge.cache.num_hits, judge.cache.num_misses) == (0, 1)
    with pytest.raises(ValueError, match="expected at least 4"):
        EvaluationCache(rules, 3)


@pytest.mark.parametrize("threads", [1, 2])
def test_search_that_is_made_again_needs_no_judgments(threads: int) -> None:
    game = Game(go_rules(4, komi=0.5))
    cache, inner = EvaluationCache(game.rules, 1 << 16), HashedEvaluator()
    cached = [CachedEvaluator(inner, cache, game.rules, 16) for _ in range(threads)]
    visits = []
    for evaluators in ([HashedEvaluator()], cached, cached):
        search = TreeSearch(SearchConfig(num_simulations=600), evaluators, game.rules, SEED)
        search.set_root(game.state)
        search.run(Limits(600))
        visits.append(search.move_weights().tolist())
    assert sum(inner.batches) == cache.num_misses
    if threads == 1:
        assert visits[0] == visits[1] == visits[2]
        assert cache.num_misses < 600 < cache.num_misses + cache.num_hits


def test_rows_of_one_batch_may_be_known_and_unknown() -> None:
    rules = go_rules(3)
    state = new_state(rules, 3)
    positions = random_games(rules, 1)[:3]
    for row, position in enumerate(positions):
        copy_row(position.state, 0, state, row)
    cache, inner = EvaluationCache(rules, 64), HashedEvaluator()
    evaluator = CachedEvaluator(inner, cache, rules, 3)
    logits, values = np.empty((3, rules.num_actions), np.float32), np.empty(3, np.float32)
    evaluator.evaluate(state, np.array([1]), logits[:1], values[:1])
    evaluator.evaluate(state, np.array([2, 1, 0]), logits, values)
    assert inner.batches == [1, 2]
    for index, row in enumerate([2, 1, 0]):
        assert (logits[index].tobytes(), values[index].tobytes()) == judged(HashedEvaluator(), positions[row])
