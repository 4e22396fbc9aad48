"""What a policy is worth, read by all judges on the same boards: truth, labeler, reward, and how far it went.

Evaluation games are never stored where anything could learn from them.
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine.rulesets import Rules
from mcts.evaluator import Floats
from rlhf_variant.clips import padded_moves, values_of_ends
from rlhf_variant.cut_rewards import Utility
from rlhf_variant.episodes import Episodes, Side, play_episodes
from rlhf_variant.lab import Lab
from rlhf_variant.rewards import Reward
from selfplay.network import NetworkConfig
from selfplay.statistics import wilson_interval

MARGIN_EDGES = np.array([1.0, 3.0, 6.0, 12.0], np.float32)
"""Limits of |points| between the classes of boards that are as clear as each other."""


@dataclass(frozen=True)
class Judges:
    """Who looks at the boards of an arm.

    Attributes:
        labeler: the utility that the arm was taught, None where it is the truth.
        reward: what the arm was rewarded with, None where that was the truth itself.
    """

    labeler: Utility | None
    reward: Reward | None


class Measured(Protocol):
    """A policy as it is measured."""

    @property
    def config(self) -> NetworkConfig:
        """Of the network that it sees the board with."""
        ...

    def side(self, rules: Rules, num_games: int) -> Side:
        """Who plays its moves, in that many games at once."""
        ...

    def divergence(self, episodes: Episodes) -> tuple[float, float]:
        """KL from the reference a game, and entropy a decision, in nats, of episodes that `side` played."""
        ...


class Judged(NamedTuple):
    """What all judges said of the boards of N episodes, from the view of the policy."""

    episodes: Episodes
    gold: npt.NDArray[np.float64]
    """`[N]` expected results by the gold referee."""
    margin: npt.NDArray[np.float64]
    """`[N]` mean points by the first referee."""
    labeler: npt.NDArray[np.float64]
    """`[N]` the labeler's utilities; the first referee's expected results where that is the truth."""
    reward: npt.NDArray[np.float64]
    """`[N]` values in [-1, 1]; the labeler's verdicts where nothing else rewards."""


@dataclass(frozen=True)
class Measures:
    """One row of a curve, from the view of the policy.

    Attributes:
        games: episodes.
        distinct_games: different ones among them.
        gold: expected result by the gold referee as a win rate.
        gold_interval: 95 % interval over episodes.
        gold_margin: the same in points.
        referee: win rate by the first referee, who gives true RL its results.
        labeler_wins: share of boards that the labeler calls won, ties half.
        reward_wins: share of boards that the reward calls won, ties half.
        reward: mean reward as a win rate, (1 + z) / 2.
        adversarial: share that the reward calls won and the labeler does not.
        vibe: share that the labeler calls won and the gold referee does not.
        reward_accuracy: share of the boards decided by the labeler whose winner the reward names.
        divergence: exact KL from the reference a game, in nats.
        entropy: mean, of a decision, in nats.
        mean_moves: plies before the cut.
    """

    games: int
    distinct_games: int
    gold: float
    gold_interval: tuple[float, float]
    gold_margin: float
    referee: float
    labeler_wins: float
    reward_wins: float
    reward: float
    adversarial: float
    vibe: float
    reward_accuracy: float
    divergence: float
    entropy: float
    mean_moves: float

    def to_dict(self) -> dict[str, object]:
        """What is stored."""
        rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}
        return {**rounded, "gold_interval": [round(end, 4) for end in self.gold_interval]}


def measure(
    lab: Lab,
    policy: Measured,
    judges: Judges,
    opponent: Side,
    num_games: int,
    num_continuations: int,
    random: np.random.Generator,
) -> tuple[Measures, Judged]:
    """Play and judge.

    Args:
        lab: rules, cuts and referees.
        policy: who is measured.
        judges: who looks at the boards besides the two referees.
        opponent: whom it plays.
        num_games: episodes.
        num_continuations: m of each referee from each board.
        random: source of randomness; never the one that training uses.

    Returns:
        The measures, and the verdicts that they sum up.
    """
    side = policy.side(lab.rules, num_games)
    episodes = play_episodes(side, opponent, policy.config, lab.rules, lab.config.cuts, num_games, random)
    boards, rows = episodes.boards(), np.arange(num_games)
    gold = episodes.sign[:, None] * lab.gold_referee.margins(episodes.state, rows, num_continuations, random)
    first = episodes.sign[:, None] * lab.referee.margins(episodes.state, rows, num_continuations, random)
    gold_results, first_results = np.sign(gold).mean(axis=1), np.sign(first).mean(axis=1)
    taught = first_results if judges.labeler is None else episodes.sign * judges.labeler(boards)
    rewards = taught
    if judges.reward is not None:
        rewards = values_of_ends(judges.reward, boards, padded_moves(episodes.moves), episodes.color)
    divergence, entropy = policy.divergence(episodes)
    gold_rate = (1 + gold_results) / 2
    return (
        Measures(
            games=num_games,
            distinct_games=len({tuple(moves) for moves in episodes.moves}),
            gold=float(gold_rate.mean()),
            gold_interval=_mean_interval(gold_rate),
            gold_margin=float(gold.mean()),
            referee=float((1 + first_results.mean()) / 2),
            labeler_wins=_share_won(taught),
            reward_wins=_share_won(rewards),
            reward=float((1 + np.clip(rewards, -1, 1).mean()) / 2),
            adversarial=float(((rewards > 0) & (taught <= 0)).mean()),
            vibe=float(((taught > 0) & (gold_results <= 0)).mean()),
            reward_accuracy=accuracy(rewards, taught),
            divergence=divergence,
            entropy=entropy,
            mean_moves=float(np.mean([len(moves) for moves in episodes.moves])),
        ),
        Judged(episodes, gold_results, first.mean(axis=1), taught, np.clip(rewards, -1, 1)),
    )


def accuracy(verdicts: npt.NDArray[np.floating], labels: npt.NDArray[np.floating]) -> float:
    """Share of the boards decided by one judge whose winner another names; 0 names nobody and is half right.

    Args:
        verdicts: `[N]` of the one who is tested; their sign counts.
        labels: `[N]` of the other; boards at 0 are left out.
    """
    decided = labels != 0
    if not decided.any():
        return 0.5
    agreement = np.sign(verdicts[decided]) * np.sign(labels[decided])
    return float((1 + agreement).mean() / 2)


def _share_won(verdicts: npt.NDArray[np.floating]) -> float:
    return float(((np.sign(verdicts) + 1) / 2).mean())


def _mean_interval(rates: npt.NDArray[np.floating]) -> tuple[float, float]:
    """95 % interval of a mean of shares; Wilson's where they are all 0 or 1, else by their deviation."""
    if np.isin(rates, (0.0, 1.0)).all():
        return wilson_interval(float(rates.sum()), len(rates))
    half = 1.96 * float(rates.std(ddof=1)) / np.sqrt(len(rates))
    return float(rates.mean() - half), float(rates.mean() + half)


def error_rates_by_margin(
    verdicts: Floats, expected_results: npt.NDArray[np.float64], mean_margins: Floats, edges: Floats
) -> npt.NDArray[np.float64]:
    """How often a judge names the wrong side, by how clear the board is.

    Args:
        verdicts: `[N]` the judge's, of Black; their sign counts, and zero is half wrong.
        expected_results: `[N]` of Black by the first referee; boards at exactly 0 are left out.
        mean_margins: `[N]` points of Black by the same.
        edges: `[b - 1]` rising limits of |margin| between b classes.

    Returns:
        `[b]`, 0.5 at most: a judge who is worse knows no more than a coin. A class without boards has 0.5.
    """
    wrong = np.where(verdicts == 0, 0.5, np.sign(verdicts) != np.sign(expected_results))
    classes = np.searchsorted(edges, np.abs(mean_margins))
    rates = np.full(len(edges) + 1, 0.5)
    for index in range(len(rates)):
        members = (classes == index) & (expected_results != 0)
        if members.any():
            rates[index] = min(0.5, float(wrong[members].mean()))
    return rates
