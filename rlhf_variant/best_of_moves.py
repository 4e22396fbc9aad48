"""Best of n moves: in every position the best of n draws from the reference is played, by a reward.

All moves can be listed, so the policy and its distance from the reference are exact: nothing is sampled but
the games. Source: Beirami et al. 2024 (arXiv 2401.01879).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy

from engine.board import TO_PLAY, State, copy_row, new_state
from engine.rules_kernels import play
from engine.rulesets import Rules
from engine.scoring import outcomes_forbidden
from mcts.evaluator import Floats, Rows
from rlhf_variant.best_of_n import best_of_n_policy, divergence_bound
from rlhf_variant.boards import present_boards
from rlhf_variant.episodes import Episodes, play_episodes
from rlhf_variant.lab import Lab
from rlhf_variant.rewards import Reward, values_of
from rlhf_variant.sampling_policy import ILLEGAL, SamplingPolicy
from selfplay.network import Network, NetworkConfig

BEST_OF_MOVES_FILE = "best-of-moves.json"
CHUNK = 2048
"""Positions after a move that are judged at once."""


class BestOfMoves:
    """Plays the best of n moves; see `rlhf_variant.episodes.Side`.

    Attributes:
        divergence: exact KL from the reference, summed over all decisions so far, in nats.
        entropy: summed likewise.
        num_decisions: so far.
    """

    def __init__(self, reference: SamplingPolicy, reward: Reward, rules: Rules, n: int) -> None:
        """Prepare.

        Args:
            reference: whose moves are drawn.
            reward: judges the boards that moves lead to.
            rules: what is played.
            n: draws; 1 is the reference itself.
        """
        self.divergence, self.entropy, self.num_decisions = 0.0, 0.0, 0
        self._reference, self._reward, self._n = reference, reward, n
        self._after = new_state(rules, CHUNK)

    def choose(self, state: State, rows: Rows, random: np.random.Generator) -> npt.NDArray[np.int64]:
        """See `rlhf_variant.episodes.Side.choose`."""
        log_policy = self._reference.log_probabilities(state, rows)
        place, action = np.nonzero(log_policy > ILLEGAL / 2)
        rewards = self.rewards_after(state, rows[place], action)
        chosen = np.empty(len(rows), np.int64)
        for index in range(len(rows)):
            own = place == index
            policy = np.exp(log_policy[index, action[own]].astype(np.float64))
            best = best_of_n_policy(policy / policy.sum(), rewards[own].astype(np.float64), self._n)
            chances = best.policy / best.policy.sum()
            self.divergence += best.divergence
            self.entropy -= float(xlogy(chances, chances).sum())
            self.num_decisions += 1
            chosen[index] = random.choice(action[own], p=chances)
        return chosen

    def rewards_after(self, state: State, rows: Rows, actions: npt.NDArray[np.int64]) -> Floats:
        """`[k]` values to whoever moves, of the boards after some moves.

        Args:
            state: the games as they stand.
            rows: `[k]` which of them.
            actions: `[k]` legal moves there.
        """
        values = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), CHUNK):
            part = slice(start, min(start + CHUNK, len(rows)))
            places = np.arange(part.stop - start)
            for place, row, action in zip(places, rows[part], actions[part], strict=True):
                copy_row(state, row, self._after, int(place))
                play(self._after, int(place), int(action))
            movers = state.scalars[rows[part], TO_PLAY].astype(np.int8)
            with outcomes_forbidden():
                values[part] = values_of(self._reward, present_boards(self._after, places), movers)
        return values


class BestOfMovesPolicy:
    """Best of n moves as an arm that learns nothing; see `rlhf_variant.measures.Measured`."""

    def __init__(self, reference: Network, reward: Reward, n: int) -> None:
        """Prepare.

        Args:
            reference: whose moves are drawn.
            reward: judges the boards that moves lead to.
            n: draws.
        """
        self._reference, self._reward, self._n = reference, reward, n
        self._latest: BestOfMoves

    @property
    def config(self) -> NetworkConfig:
        """See `rlhf_variant.measures.Measured`."""
        return self._reference.config

    def side(self, rules: Rules, num_games: int) -> BestOfMoves:
        """See `rlhf_variant.measures.Measured`."""
        reference = SamplingPolicy(self._reference, rules, num_games)
        self._latest = BestOfMoves(reference, self._reward, rules, self._n)
        return self._latest

    def divergence(self, episodes: Episodes) -> tuple[float, float]:
        """See `rlhf_variant.measures.Measured`; of the latest side, summed as it played."""
        latest = self._latest
        return latest.divergence / len(episodes.color), latest.entropy / latest.num_decisions


def best_of_moves(
    lab: Lab,
    rewards: dict[str, Reward],
    numbers: list[int],
    num_games: int,
    num_continuations: int,
    random: np.random.Generator,
    progress: Callable[[int], None] = lambda count: None,
) -> dict[str, Any]:
    """The curves of several rewards, each n in games of its own against the frozen reference.

    Args:
        lab: reference, cuts and gold referee.
        rewards: by name.
        numbers: every n.
        num_games: of each reward and n.
        num_continuations: of the gold referee from each board.
        random: source of randomness.
        progress: told of finished games.

    Returns:
        `n`, `divergence_bound` of a move and, by reward, `gold` and `proxy` as win rates and the exact
        `divergence` of a game.
    """
    config, reference = lab.reference.config, SamplingPolicy(lab.reference, lab.rules, num_games)
    curves: dict[str, Any] = {"n": numbers, "divergence_bound": [divergence_bound(n) for n in numbers]}
    for name, reward in rewards.items():
        curve: dict[str, list[float]] = {"gold": [], "proxy": [], "divergence": []}
        for n in numbers:
            policy = BestOfMoves(reference, reward, lab.rules, n)
            played = play_episodes(policy, reference, config, lab.rules, lab.config.cuts, num_games, random)
            rows = np.arange(num_games)
            margins = lab.gold_referee.margins(played.state, rows, num_continuations, random)
            with outcomes_forbidden():
                proxy = values_of(reward, played.boards(), played.color)
            curve["gold"].append(float((1 + np.sign(played.sign[:, None] * margins).mean()) / 2))
            curve["proxy"].append(float((1 + proxy.mean()) / 2))
            curve["divergence"].append(policy.divergence / num_games)
            progress(num_games)
        curves[name] = {key: [round(value, 4) for value in values] for key, values in curve.items()}
    return curves
