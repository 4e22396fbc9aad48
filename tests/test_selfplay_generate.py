"""Games that searches of every kind make: what is recorded of them, full and cheap searches side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from judged_positions import HashedEvaluator
from random_records import TINY_RUN, tiny_run

from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.config import SearchConfig
from mcts.policy_target import stored_weights
from selfplay.generate import Generated, generate_games
from selfplay.records import GameRecord
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.training_loop import search_of_round
from selfplay.value_source import OutcomeValueSource


def made(rules: Rules, search: dict[str, Any], num_games: int = 12, **options: Any) -> Generated:
    return generate_games(
        rules,
        SearchConfig(**search),
        SelfPlayConfig(parallel_games=5, **options),
        lambda batch, seed: HashedEvaluator(),
        OutcomeValueSource(),
        num_games,
        1,
        np.random.SeedSequence(3),
    )


def is_target(game: GameRecord) -> np.ndarray:
    """Which moves of a game are policy targets."""
    return game.visits.any(axis=1)


def test_every_move_of_a_full_search_is_a_target_and_costs_its_simulations() -> None:
    games = made(gomoku_rules(4), {"num_simulations": 8}).games
    assert all(is_target(game).all() for game in games)
    assert {int(game.visits[0].sum()) for game in games} == {7}


def test_cheap_searches_are_played_but_taught_to_nobody() -> None:
    rules, search = gomoku_rules(4), {"num_simulations": 16}
    full = made(rules, search)
    capped = made(rules, search, num_games=40, full_search_share=0.25, cheap_simulations=4)
    targets = np.concatenate([is_target(game) for game in capped.games])
    assert 0.15 < targets.mean() < 0.35
    sums = np.concatenate([game.visits[is_target(game)].sum(axis=1) for game in capped.games])
    assert set(sums) == {15}
    moves = [sum(game.num_moves for game in generated.games) for generated in (full, capped)]
    assert capped.num_evaluations / moves[1] < 0.6 * full.num_evaluations / moves[0]


@pytest.mark.parametrize("cap", [1.0, 0.5])
def test_gumbel_games_record_the_improved_policy(cap: float) -> None:
    search = {"num_simulations": 9, "selection": "gumbel", "noise_weight": 0.0}
    cold = {"temperature": 0.0, "final_temperature": 0.0}
    games = made(go_rules(3), search, full_search_share=cap, **cold).games
    assert len({game.digest() for game in games}) > 2, "Gumbel noise makes games differ without temperature"
    rows = np.concatenate([game.visits[is_target(game)] for game in games])
    assert (rows.max(axis=1) == 65_535).all()
    assert len(np.unique(rows)) > 9, "eight visits have nine different counts at most"


@pytest.mark.parametrize("temperature", [1.0, 0.02])
def test_moves_of_gumbel_games_are_drawn_from_the_improved_policy(temperature: float) -> None:
    """Not from visits: sixteen moves share as many simulations, one each, whatever comes of them."""
    search = {"num_simulations": 16, "selection": "gumbel"}
    options = {"temperature": temperature, "final_temperature": temperature}
    games = made(gomoku_rules(5), search, num_games=60, **options).games
    policies = np.concatenate([game.visits / game.visits.sum(axis=1, keepdims=True) for game in games])
    chances = policies[np.arange(len(policies)), np.concatenate([game.moves for game in games])]
    sharp = policies ** (1 / temperature)
    sharp /= sharp.sum(axis=1, keepdims=True)
    expected = (sharp * policies).sum(axis=1)
    spread = np.sqrt(((sharp * policies**2).sum(axis=1) - expected**2).sum())
    assert abs(chances.sum() - expected.sum()) <= 4 * spread + 1e-6 * len(chances)


def test_stored_weights_are_the_policy_but_for_rounding() -> None:
    policy = np.random.default_rng(1).dirichlet(np.full(82, 0.2), 50)
    weights = stored_weights(policy)
    assert weights.dtype == np.uint16
    assert weights / weights.sum(axis=1, keepdims=True) == pytest.approx(policy, abs=2e-5)


def test_forced_playouts_are_pruned_from_what_is_recorded() -> None:
    games = made(go_rules(3), {"num_simulations": 60, "forced_playouts": 2.0}, num_games=4).games
    totals = np.concatenate([game.visits.sum(axis=1) for game in games])
    assert totals.max() <= 59
    assert totals.mean() < 57


def test_temperature_falls_by_half_lives_when_told() -> None:
    hot = {"temperature": 50.0, "final_temperature": 0.0}

    def share_of_most_visited(half_life: float) -> float:
        games = made(gomoku_rules(4), {"num_simulations": 40}, temperature_half_life=half_life, **hot).games
        rows = [(game.visits[ply], game.moves[ply]) for game in games for ply in range(1, game.num_moves)]
        return float(np.mean([visits[move] == visits.max() for visits, move in rows]))

    assert share_of_most_visited(1e-9) == 1.0
    assert share_of_most_visited(1e9) < 0.7


def test_simulations_grow_from_round_to_round_when_told() -> None:
    assert search_of_round(TINY_RUN, 1) == TINY_RUN.search
    growing = SelfPlayConfig(first_simulations=2)
    config = tiny_run(search=SearchConfig(num_simulations=32), selfplay=growing, iterations=100)
    budgets = [search_of_round(config, iteration).num_simulations for iteration in range(1, 101)]
    assert (budgets[0], budgets[-1]) == (2, 32)
    assert sorted(budgets) == budgets
    assert sorted(set(budgets)) == [2, 4, 8, 16, 32]


@pytest.mark.parametrize(
    "options",
    [
        {"full_search_share": 0.0},
        {"cheap_simulations": 1},
        {"first_simulations": 1},
        {"temperature_half_life": -1.0},
    ],
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        SelfPlayConfig(**options)
