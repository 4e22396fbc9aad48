"""What was won, by three judges on the same boards: truth, labeler, reward; and where they part.

Proxy minus gold splits into (reward - labeler) + (labeler - truth): being fooled, and a labeler who errs.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.board import new_state
from engine.errors import YomiError
from engine.rules_kernels import play
from engine.rulesets import Rules
from engine.scoring import outcomes_forbidden
from rlhf_variant.boards import Boards, boards_of_state, swap_colors
from rlhf_variant.labelers import Labeler
from rlhf_variant.rewards import Reward
from selfplay.arena import MatchResult, PlayedGame
from selfplay.statistics import wilson_interval

Verdicts = npt.NDArray[np.float64]
"""`[N]` of one player's boards: above 0 won, below 0 lost, NaN where the judge cannot tell."""


class DecompositionError(YomiError):
    """A judge that cannot judge the boards of a match."""


@dataclass(frozen=True)
class Rate:
    """A share of boards with its 95 % Wilson interval."""

    share: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """What is stored."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Decomposition:
    """Shares of boards, from the view of one player.

    Attributes:
        boards: how many all judges judged.
        untold: how many more the labeler could not judge.
        truth: won, ties half.
        labeler: that the labeler calls won, ties half; the truth's where nobody else labels.
        reward: that the reward calls won, ties half; None without a reward.
        adversarial: that the reward calls won and the labeler does not; None without a reward.
        vibe: that the labeler calls won and the truth does not.
    """

    boards: int
    untold: int
    truth: Rate
    labeler: Rate
    reward: Rate | None
    adversarial: Rate | None
    vibe: Rate

    def to_dict(self) -> dict[str, Any]:
        """What is stored; `proxy_minus_gold` is the sum of the two gaps beside it."""
        rates = {name: getattr(self, name) for name in ("truth", "labeler", "reward", "adversarial", "vibe")}
        stored: dict[str, Any] = {"boards": self.boards, "untold": self.untold}
        stored |= {name: rate.to_dict() for name, rate in rates.items() if rate is not None}
        stored["labeler_minus_truth"] = round(self.labeler.share - self.truth.share, 4)
        if self.reward is not None:
            stored["reward_minus_labeler"] = round(self.reward.share - self.labeler.share, 4)
            stored["proxy_minus_gold"] = round(self.reward.share - self.truth.share, 4)
        return stored


def decompose(truth: Verdicts, labeler: Verdicts | None, reward: Verdicts | None) -> Decomposition:
    """Compare three judges of the same boards, all from the view of one player.

    Args:
        truth: `[N]` how the games ended.
        labeler: `[N]` its utilities, or None where the truth labels.
        reward: `[N]` values, or None.
    """
    labeler = truth if labeler is None else labeler
    told = ~np.isnan(labeler)
    won, taught = truth[told], labeler[told]
    judged = None if reward is None else reward[told]
    return Decomposition(
        boards=int(told.sum()),
        untold=int((~told).sum()),
        truth=_won(won),
        labeler=_won(taught),
        reward=None if judged is None else _won(judged),
        adversarial=None if judged is None else _rate((judged > 0) & (taught <= 0)),
        vibe=_rate((taught > 0) & (won <= 0)),
    )


def decomposed_match(
    rules: Rules,
    result: MatchResult,
    labeler: Labeler | None,
    reward: Reward | None,
    cuts: tuple[int, int] | None,
    random: np.random.Generator,
) -> Decomposition:
    """A match by three judges, from the view of its first agent.

    Args:
        rules: what was played.
        result: the match.
        labeler: its utility of each board, or None for the truth.
        reward: a reward model or ensemble, or None.
        cuts: fewest and most plies before a board is judged; None for the end of the game.
        random: draws the plies.

    Raises:
        DecompositionError: the labeler asks for more than a board and the points of its game.
    """
    boards = boards_of_games(rules, result.games, cuts, random)
    is_black = np.array([first_is_black for _, first_is_black, _ in result.games])
    score_black = np.array([score for _, _, score in result.games])
    sign = np.where(is_black, 1.0, -1.0)
    judged = None
    if reward is not None:
        with outcomes_forbidden():
            own = reward.values_black(boards), -reward.values_black(swap_colors(boards))
        judged = sign * np.where(is_black, *own)
    taught = None if labeler is None else sign * _utilities(labeler, boards, score_black)
    return decompose(sign * np.sign(score_black), taught, judged)


def boards_of_games(
    rules: Rules,
    games: Sequence[PlayedGame],
    cuts: tuple[int, int] | None,
    random: np.random.Generator,
) -> Boards:
    """A board of each game: its last one, or one at a ply drawn for it; a shorter game shows its last one.

    Args:
        rules: what was played.
        games: at least one.
        cuts: fewest and most plies; None for the end of the game.
        random: draws the plies.
    """
    lengths = np.array([len(moves) for moves, _, _ in games])
    plies = lengths if cuts is None else random.integers(cuts[0], cuts[1] + 1, size=len(games))
    state = new_state(rules, len(games))
    for row, (moves, _, _) in enumerate(games):
        for move in moves[: plies[row]]:
            play(state, row, move)
    return boards_of_state(state, np.arange(len(games)))


def _utilities(labeler: Labeler, boards: Boards, score_black: Verdicts) -> Verdicts:
    if labeler.evidence != "margin":
        raise DecompositionError(f"labeler {labeler.name}: expected one that judges a board by its looks")
    return np.asarray(labeler.utility(boards, score_black), np.float64)


def _won(verdicts: Verdicts) -> Rate:
    return _rate((np.sign(verdicts) + 1) / 2)


def _rate(shares: npt.NDArray[np.floating] | npt.NDArray[np.bool_]) -> Rate:
    points, count = float(shares.sum()), len(shares)
    return Rate(points / max(count, 1), *wilson_interval(points, count))
