"""Elo ratings of many players from the games between them, with intervals (Bradley and Terry 1952)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.errors import YomiError
from selfplay.statistics import Z_95

ELO_PER_LOGIT = 400 / np.log(10)
PRIOR_GAMES = 0.5
MAX_STEPS = 100


class RatingError(YomiError):
    """Games from which no ratings follow."""


@dataclass(frozen=True)
class Rating:
    """How strong a player is.

    Attributes:
        player: its label.
        elo: points above the anchor; 400 points are odds of ten to one.
        error: half the width of the 95 % interval, in points; 0 for the anchor.
        num_games: games it played.
        score: share of the points that it took.
    """

    player: str
    elo: float
    error: float
    num_games: int
    score: float


def bradley_terry(
    points: Mapping[tuple[str, str], tuple[float, int]], anchor: str, anchor_elo: float = 0.0
) -> list[Rating]:
    """Ratings that make the results most likely, the strongest first.

    A win counts as a point and a draw as half of one for each side. Every pair that met is given half a draw
    more, so that a player who won all games has a finite rating; that pulls differences a little to zero.

    Source: R. A. Bradley and M. E. Terry, Biometrika 39 (1952); the maximum by Newton's method, the intervals
    from the inverse of the Fisher information.

    Args:
        points: by pair `(first, second)`: points of the first and games between the two; a pair may come in
            both orders.
        anchor: the player whose rating is given.
        anchor_elo: that rating.

    Returns:
        A rating for each player.

    Raises:
        RatingError: the anchor has not played, or some player is not connected to it by games.
    """
    players = sorted({player for pair in points for player in pair})
    if anchor not in players:
        raise RatingError(f"anchor {anchor!r}: expected one of {', '.join(players) or 'no players'}")
    place = {player: index for index, player in enumerate(players)}
    won = np.zeros((len(players), len(players)))
    for (first, second), (score, num_games) in points.items():
        won[place[first], place[second]] += score
        won[place[second], place[first]] += num_games - score
    games = won + won.T
    _require_connected(games, players, place[anchor])
    held = won + np.where(games > 0, PRIOR_GAMES / 2, 0.0)
    strengths, covariance = _fit(held, place[anchor])
    errors = Z_95 * np.sqrt(covariance.diagonal())
    ratings = [
        Rating(
            player=player,
            elo=float(anchor_elo + ELO_PER_LOGIT * strengths[index]),
            error=float(ELO_PER_LOGIT * errors[index]),
            num_games=int(games[index].sum()),
            score=float(won[index].sum() / games[index].sum()),
        )
        for index, player in enumerate(players)
    ]
    return sorted(ratings, key=lambda rating: -rating.elo)


def _require_connected(games: npt.NDArray[np.float64], players: Sequence[str], anchor: int) -> None:
    reached = {anchor}
    frontier = [anchor]
    while frontier:
        met = set(np.flatnonzero(games[frontier.pop()]).tolist()) - reached
        reached |= met
        frontier += met
    apart = [player for index, player in enumerate(players) if index not in reached]
    if apart:
        raise RatingError(f"{apart[0]}: expected games that connect it with {players[anchor]}")


def _fit(
    won: npt.NDArray[np.float64], anchor: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Strengths in logits, that of the anchor 0, and their covariance."""
    games = won + won.T
    free = [index for index in range(len(won)) if index != anchor]
    strengths = np.zeros(len(won))
    for _ in range(MAX_STEPS):
        expected = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
        gradient = (won - games * expected).sum(axis=1)
        weights = games * expected * expected.T
        information = np.diag(weights.sum(axis=1)) - weights
        step = np.linalg.solve(information[np.ix_(free, free)], gradient[free])
        # Far from the maximum a full step of Newton's may go beyond it.
        strengths[free] += np.clip(step, -1, 1)
        if np.abs(step).max(initial=0.0) < 1e-10:
            break
    covariance = np.zeros_like(won)
    covariance[np.ix_(free, free)] = np.linalg.inv(information[np.ix_(free, free)])
    return strengths, covariance
