"""What the games and losses of a round say about whether a run learns: numbers, thresholds and advice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.rulesets import Rules
from selfplay.records import GameRecord


@dataclass(frozen=True)
class Monitor:
    """A number of each round and the range in which it means nothing bad.

    Attributes:
        metric: its name among the metrics of a run.
        label: for people.
        low: below this something may be wrong.
        high: above this too.
        advice: what it may be and what to do.
        game: the game it is for, None for both.
        is_share: whether it is shown in percent.
    """

    metric: str
    label: str
    low: float
    high: float
    advice: str
    game: str | None = None
    is_share: bool = True

    def text(self, value: float) -> str:
        """What to say when a value is outside."""
        bound = self.low if value < self.low else self.high
        side = "at least" if value < self.low else "at most"
        if self.is_share:
            return f"{self.label} {100 * value:.0f} %, expected {side} {100 * bound:.0f} %: {self.advice}"
        return f"{self.label} {value:.2f}, expected {side} {bound:g}: {self.advice}"


MONITORS = (
    Monitor(
        "black_win_share",
        "Black wins",
        0.35,
        0.65,
        "the start is not even; change komi, or open with more random plies",
    ),
    Monitor(
        "value_gap",
        "value loss on unseen games is above that on learned ones by",
        -1.0,
        0.05,
        "the value head learns games by heart; lower learner.passes or play more games a round",
        is_share=False,
    ),
    Monitor(
        "distinct_game_share",
        "distinct games",
        0.9,
        1.0,
        "games repeat each other; raise the temperature, noise or random plies",
    ),
    Monitor(
        "truncated_share", "games cut at the move limit", 0.0, 0.05, "raise the limit, or forbid suicide"
    ),
    Monitor(
        "moves_per_point",
        "moves per point of the board",
        0.4,
        2.0,
        "games end too early or never; look at some of them",
        game="go",
        is_share=False,
    ),
    Monitor(
        "moves_per_point",
        "moves per point of the board",
        0.08,
        1.0,
        "somebody wins before the other side can answer; open with more random plies",
        game="gomoku",
        is_share=False,
    ),
    Monitor(
        "early_pass_share",
        "games with a pass in the first quarter",
        0.0,
        0.05,
        "passing is mistaken for winning; set search.min_pass_ply",
        game="go",
    ),
    Monitor("draw_share", "draws", 0.0, 0.5, "nobody learns from draws; a smaller board or other rules help"),
    Monitor(
        "policy_entropy",
        "entropy of the policy targets in nats",
        0.1,
        4.5,
        "the policy has collapsed, or learns nothing; look at noise and temperature",
        is_share=False,
    ),
)


def game_metrics(games: Sequence[GameRecord]) -> dict[str, float]:
    """What the games of a round look like.

    Args:
        games: at least one.

    Returns:
        Means over the games; the entropy is the mean over their policy targets, in nats.
    """
    entropies = [entropy for game in games for entropy in _entropies(game)]
    return {
        "mean_moves": float(np.mean([game.num_moves for game in games])),
        "moves_per_point": float(np.mean([game.num_moves / game.rules.area for game in games])),
        "black_win_share": float(np.mean([(1 + game.value_targets[0]) / 2 for game in games])),
        "draw_share": float(np.mean([game.value_targets[0] == 0 for game in games])),
        "distinct_game_share": len({(game.rules.width, game.moves.tobytes()) for game in games}) / len(games),
        "truncated_share": float(np.mean([game.is_truncated for game in games])),
        "early_pass_share": float(np.mean([_passes_early(game) for game in games])),
        "policy_entropy": float(np.mean(entropies)) if entropies else 0.0,
    }


def _entropies(game: GameRecord) -> list[float]:
    targets = game.visits[game.visits.any(axis=1)].astype(np.float64)
    shares = targets / targets.sum(axis=1, keepdims=True)
    logarithms = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    return list(-(shares * logarithms).sum(axis=1))


def _passes_early(game: GameRecord) -> bool:
    early = game.moves[: game.rules.area // 4]
    return bool((early == game.rules.area).any())


def warnings(metrics: Mapping[str, float], rules: Rules) -> list[str]:
    """A line for each number that is outside its range.

    Args:
        metrics: of a round; those that are missing give no line.
        rules: of the run.
    """
    return [
        monitor.text(metrics[monitor.metric])
        for monitor in MONITORS
        if monitor.game in (None, rules.game)
        and monitor.metric in metrics
        and not monitor.low <= metrics[monitor.metric] <= monitor.high
    ]
