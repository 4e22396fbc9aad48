"""An optional gate of a run: new weights make games only once they have beaten those that make them now."""

from dataclasses import dataclass

from selfplay.agents import network_agent
from selfplay.arena import MatchResult, combined, play_match
from selfplay.config import TrainConfig
from selfplay.network import Network
from selfplay.sprt import Sprt

GAMES_BETWEEN_LOOKS = 20
"""Games after which the sequential test is looked at again."""


@dataclass(frozen=True)
class Verdict:
    """How a challenge went.

    Attributes:
        passed: whether the new weights take over.
        match: the games, from their view.
    """

    passed: bool
    match: MatchResult


def challenge(challenger: Network, champion: Network, config: TrainConfig, seed: int) -> Verdict:
    """Play new weights against those at the gate until it is decided who is better.

    The test is whether they are better by `gate_elo` points rather than by none; if it is open after
    `gate_games`, more than half of the points decide.

    Args:
        challenger: the new weights.
        champion: those that make games now.
        config: of the run.
        seed: of the openings.
    """
    sprt = Sprt(0.0, config.gate_elo)
    new = network_agent("new", challenger, config.rules, visits=config.gate_visits)
    best = network_agent("best", champion, config.rules, visits=config.gate_visits)
    played: list[MatchResult] = []
    for start in range(0, config.gate_games, GAMES_BETWEEN_LOOKS):
        num_games = min(GAMES_BETWEEN_LOOKS, config.gate_games - start)
        played.append(
            play_match(new, best, config.rules, num_games, seed=seed + start, num_threads=config.threads)
        )
        decision = sprt.verdict(combined(played).pair_scores())
        if decision != "open":
            return Verdict(decision == "accepted", combined(played))
    match = combined(played)
    return Verdict(match.win_rate > 0.5, match)
