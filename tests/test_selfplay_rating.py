"""Ratings against scipy's maximum of the same likelihood, and the error rates that the SPRT promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from selfplay.rating import ELO_PER_LOGIT, PRIOR_GAMES, RatingError, bradley_terry
from selfplay.sprt import Sprt, elo_of, expected_score

Points = dict[tuple[str, str], tuple[float, int]]


def random_points(rng: np.random.Generator, num_players: int) -> Points:
    """A round robin of players whose strengths spread over some hundred points."""
    strengths = rng.normal(0, 200, num_players)
    points = {}
    for first in range(num_players):
        for second in range(first):
            num_games = int(rng.integers(1, 60))
            wins = rng.binomial(num_games, expected_score(strengths[first] - strengths[second]))
            points[str(first), str(second)] = (float(wins), num_games)
    return points


def scipy_strengths(points: Points, num_players: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits with player 0 at zero, and their standard errors by the second differences of the likelihood."""

    def loss(free: np.ndarray) -> float:
        strengths = np.append(0.0, free)
        total = 0.0
        for (first, second), (won, games) in points.items():
            difference = strengths[int(first)] - strengths[int(second)]
            held, lost = won + PRIOR_GAMES / 2, games - won + PRIOR_GAMES / 2
            total += held * np.logaddexp(0, -difference) + lost * np.logaddexp(0, difference)
        return float(total)

    found = minimize(loss, np.zeros(num_players - 1), method="BFGS", options={"gtol": 1e-9})
    size, step = num_players - 1, 1e-3
    hessian = np.empty((size, size))
    for a in range(size):
        for b in range(size):
            da, db = np.eye(size)[a] * step, np.eye(size)[b] * step
            corners = (found.x + da + db, found.x + da - db, found.x - da + db, found.x - da - db)
            signs = (1, -1, -1, 1)
            hessian[a, b] = sum(s * loss(x) for s, x in zip(signs, corners, strict=True)) / (4 * step**2)
    return found.x, np.sqrt(np.linalg.inv(hessian).diagonal())


@pytest.mark.parametrize("seed", range(5))
def test_ratings_and_intervals_are_those_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    num_players = int(rng.integers(2, 8))
    points = random_points(rng, num_players)
    strengths, errors = scipy_strengths(points, num_players)
    ratings = {rating.player: rating for rating in bradley_terry(points, "0", anchor_elo=1000.0)}
    assert ratings["0"].elo == 1000.0
    assert ratings["0"].error == 0.0
    for player in range(1, num_players):
        rating = ratings[str(player)]
        assert rating.elo == pytest.approx(1000 + ELO_PER_LOGIT * strengths[player - 1], abs=0.01)
        assert rating.error == pytest.approx(1.959964 * ELO_PER_LOGIT * errors[player - 1], rel=1e-3)


def test_known_differences_come_back_from_many_games() -> None:
    points = {("strong", "weak"): (7500.0, 10_000), ("middle", "weak"): (6400.0, 10_000)}
    ratings = bradley_terry(points, "weak")
    assert [rating.player for rating in ratings] == ["strong", "middle", "weak"]
    assert ratings[0].elo == pytest.approx(elo_of(0.75), abs=0.1)
    assert ratings[1].elo == pytest.approx(elo_of(0.64), abs=0.1)
    assert ratings[2].score == pytest.approx(6100 / 20_000)
    assert ratings[0].num_games == 10_000


def test_a_player_that_won_everything_has_a_finite_rating_and_a_wide_interval() -> None:
    (best, _) = bradley_terry({("best", "other"): (20.0, 20)}, "other")
    assert 400 < best.elo < 1200
    assert best.error > 300


def test_pairs_of_both_orders_are_the_same_games() -> None:
    one_way = {("a", "b"): (3.0, 4)}
    both_ways = {("a", "b"): (1.0, 2), ("b", "a"): (0.0, 2)}
    assert bradley_terry(one_way, "a") == bradley_terry(both_ways, "a")


def test_players_that_never_met_the_others_have_no_rating() -> None:
    points = {("a", "b"): (1.0, 2), ("c", "d"): (1.0, 2)}
    with pytest.raises(RatingError, match="c: expected games that connect it with a"):
        bradley_terry(points, "a")
    with pytest.raises(RatingError, match="anchor 'x': expected one of a, b"):
        bradley_terry({("a", "b"): (1.0, 2)}, "x")


def random_pairs(rng: np.random.Generator, elo: float, num_pairs: int) -> list[float]:
    return (rng.random((num_pairs, 2)) < expected_score(elo)).sum(axis=1).astype(float).tolist()


def decided(test: Sprt, pairs: list[float]) -> str:
    """What a match decides that looks after every tenth pair."""
    for count in range(10, len(pairs) + 1, 10):
        if (verdict := test.verdict(pairs[:count])) != "open":
            return verdict
    return "open"


def test_sequential_test_errs_as_seldom_as_it_promises() -> None:
    test = Sprt(0.0, 60.0)
    rng = np.random.default_rng(1)
    repeats = 300
    wrong = {
        elo: sum(decided(test, random_pairs(rng, elo, 1000)) == verdict for _ in range(repeats))
        for elo, verdict in ((0.0, "accepted"), (60.0, "rejected"))
    }
    # Twice the promised 5 % is five standard deviations away.
    assert max(wrong.values()) <= 0.1 * repeats


def test_sequential_test_decides_soon_when_the_difference_is_large() -> None:
    test = Sprt(0.0, 60.0)
    assert test.verdict([2.0] * 3) == "open"
    assert test.verdict([2.0] * 30) == "accepted"
    assert test.verdict([0.0] * 30) == "rejected"
    assert test.verdict([1.0]) == "open"


def test_elo_and_score_are_inverse() -> None:
    for elo in (-400.0, -10.0, 0.0, 123.0):
        assert elo_of(expected_score(elo)) == pytest.approx(elo)
    assert expected_score(400) == pytest.approx(10 / 11)
    assert (elo_of(0.0), elo_of(1.0)) == (-math.inf, math.inf)


@pytest.mark.parametrize("options", [{"elo0": 5, "elo1": 5}, {"elo0": 0, "elo1": 5, "alpha": 0.6}])
def test_a_test_that_makes_no_sense_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Sprt(**options)
