"""Matches: fair openings, honest counts, and verdicts no stronger than the interval."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from random_records import random_network

from engine.board import new_state
from engine.game import Game
from engine.rules_kernels import play
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.evaluator import RolloutEvaluator
from selfplay.agents import AgentError, AgentSpec, network_agent, open_agent
from selfplay.arena import MatchResult, play_match
from selfplay.openings import balanced_openings, random_opening
from selfplay.statistics import wilson_interval

RANDOM = AgentSpec("random")


def result_of(wins: int, draws: int, losses: int) -> MatchResult:
    return MatchResult("A", "B", wins, draws, losses, wins + draws + losses, wins // 2, 9.0, ())


# The interval.


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_are_those_of_the_literature(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_of_nothing_is_everything_and_all_wins_are_no_certainty() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    low, high = wilson_interval(20, 20)
    assert low == pytest.approx(1 - 0.1611, abs=5e-5)
    assert high == pytest.approx(1.0)


def test_the_interval_holds_the_truth_about_95_times_of_100() -> None:
    random = np.random.default_rng(1)
    for share in (0.1, 0.5, 0.8):
        wins = random.binomial(200, share, size=2000)
        ends = [wilson_interval(int(count), 200) for count in wins]
        covered = sum(low <= share <= high for low, high in ends)
        assert 0.93 < covered / 2000 < 0.97


# What a match says.


def test_a_draw_counts_half() -> None:
    result = result_of(30, 20, 50)
    assert result.num_games == 100
    assert result.win_rate == 0.4
    assert result.interval == wilson_interval(40, 100)


@pytest.mark.parametrize(
    ("wins", "losses", "verdict"),
    [
        (59, 41, "no difference shown"),
        (60, 40, "A is stronger"),
        (40, 60, "B is stronger"),
        (3, 0, "no difference shown"),
        (0, 0, "no difference shown"),
    ],
)
def test_a_verdict_needs_an_interval_without_half(wins: int, losses: int, verdict: str) -> None:
    assert result_of(wins, 0, losses).verdict() == verdict


def test_a_match_seen_from_the_other_side_is_the_same_match() -> None:
    result = play_match(RANDOM, open_agent("uct:10"), gomoku_rules(4), 20, seed=1)
    other = result.reversed()
    assert (other.first, other.wins, other.draws) == ("uct:10", result.losses, result.draws)
    assert other.win_rate == pytest.approx(1 - result.win_rate)
    assert other.interval == pytest.approx(tuple(1 - end for end in reversed(result.interval)))
    assert other.wins_as_black == sum(
        score > 0 and not first_is_black for _, first_is_black, score in result.games
    )
    assert other.reversed() == result


# How a match is played.


@pytest.mark.parametrize("num_threads", [1, 3])
def test_every_opening_is_played_with_both_colors(num_threads: int) -> None:
    openings = [[0], [4], [8]]
    result = play_match(
        RANDOM, RANDOM, gomoku_rules(3), 11, seed=1, openings=openings, num_threads=num_threads
    )
    assert result.num_games == 12
    starts = Counter((moves[0], first_is_black) for moves, first_is_black, _ in result.games)
    assert starts == {(opening[0], black): 2 for opening in openings for black in (True, False)}


def test_a_match_repeats_itself_and_another_seed_does_not() -> None:
    first, again, other = (play_match(RANDOM, RANDOM, go_rules(4), 20, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.games != other.games


def test_results_are_those_of_the_boards() -> None:
    rules = go_rules(4, komi=0.5)
    result = play_match(RANDOM, open_agent("uct:10"), rules, 20, seed=3)
    wins = {True: 0, False: 0}
    for moves, first_is_black, score_black in result.games:
        game = Game(rules)
        for action in moves:
            game.play(action)
        assert game.is_over
        assert game.score_black() == score_black
        wins[first_is_black] += (score_black > 0) == first_is_black
    assert result.wins == sum(wins.values())
    assert result.wins_as_black == wins[True]
    assert result.losses == 20 - result.wins
    assert result.mean_moves == np.mean([len(moves) for moves, _, _ in result.games])


def test_agents_that_repeat_themselves_are_found_out() -> None:
    network = random_network(1)
    twins = [network_agent(name, network, go_rules(4), visits=1) for name in ("one", "other")]
    result = play_match(*twins, go_rules(4), 40, seed=1, openings=[[0], [5]])
    assert result.num_games == 40
    assert result.distinct_games == 2
    assert result.win_rate == 0.5, "equal agents share every opening"


def test_search_beats_random() -> None:
    result = play_match(open_agent("uct:30"), RANDOM, gomoku_rules(5), 40, seed=1)
    assert result.verdict() == "uct:30 is stronger"
    assert result.distinct_games > 35
    assert result.to_dict()["interval"][0] > 0.5


def test_progress_counts_every_game_once() -> None:
    told: list[int] = []
    play_match(RANDOM, RANDOM, go_rules(3), 13, seed=1, num_threads=2, progress=told.append)
    assert sum(told) == 14


def test_an_agent_of_another_game_stops_the_match() -> None:
    stranger = network_agent("stranger", random_network(1), go_rules(5), visits=1)
    with pytest.raises(AgentError, match="stranger: plays go, not gomoku"):
        play_match(stranger, RANDOM, gomoku_rules(5), 2, seed=1)


# Openings.


@pytest.mark.parametrize("rules", [go_rules(5), gomoku_rules(6), Rules("go", 3, 5)], ids=Rules.describe)
def test_openings_are_distinct_legal_and_leave_the_game_open(rules: Rules) -> None:
    openings = balanced_openings(rules, 10, 3, seed=1)
    assert len(openings) == len({tuple(opening) for opening in openings}) == 10
    for opening in openings:
        game = Game(rules)
        for action in opening:
            game.play(action)
        assert len(opening) == 3
        assert not game.is_over
        assert rules.pass_action not in opening


def test_the_seed_decides_the_openings() -> None:
    assert balanced_openings(go_rules(5), 8, 2, seed=1) == balanced_openings(go_rules(5), 8, 2, seed=1)
    assert balanced_openings(go_rules(5), 8, 2, seed=1) != balanced_openings(go_rules(5), 8, 2, seed=2)


def test_a_board_with_few_openings_gives_all_of_them() -> None:
    assert sorted(balanced_openings(gomoku_rules(3), 50, 1, seed=1)) == [[action] for action in range(9)]
    assert balanced_openings(go_rules(5), 3, 0, seed=1) == [[]]


def test_gomoku_openings_lie_near_the_center() -> None:
    random = np.random.default_rng(1)
    inner = {y * 15 + x for y in range(5, 10) for x in range(5, 10)}
    assert all(set(random_opening(gomoku_rules(15), 4, random)) <= inner for _ in range(20))


def test_chosen_openings_are_more_even_than_random_ones() -> None:
    rules = gomoku_rules(6)
    random = np.random.default_rng(1)
    chosen = balanced_openings(rules, 20, 5, seed=1)
    drawn = [random_opening(rules, 5, random) for _ in range(60)]

    def unevenness(openings: list[list[int]]) -> float:
        """By random games, which the choice did not see."""
        state = new_state(rules, len(openings))
        for row, opening in enumerate(openings):
            for action in opening:
                play(state, row, action)
        count = len(openings)
        logits, values = np.empty((count, rules.num_actions), np.float32), np.empty(count, np.float32)
        judge = RolloutEvaluator(rules, count, np.random.SeedSequence(2), repeats=500)
        judge.evaluate(state, np.arange(count), logits, values)
        return float(np.abs(values).mean())

    assert unevenness(chosen) < 0.8 * unevenness(drawn)
    assert not math.isnan(unevenness(chosen))
