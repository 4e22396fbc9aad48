"""Best of n whole games: pressure on a reward without any learning, along an exact distance.

The reference plays many games against a deterministic opponent, so that a game is a sample of one policy;
the best of n by the reward is judged by the gold referee. Source: Gao et al. 2022 (arXiv 2210.10760).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.scoring import outcomes_forbidden
from rlhf_variant.best_of_n import best_of_n_mean, divergence_bound
from rlhf_variant.episodes import play_episodes
from rlhf_variant.lab import Lab
from rlhf_variant.rewards import Reward, values_of
from rlhf_variant.sampling_policy import SamplingPolicy

CHUNK = 512
BEST_OF_GAMES_FILE = "best-of-games.json"


def best_of_games(
    lab: Lab,
    rewards: dict[str, Reward],
    num_games: int,
    num_continuations: int,
    random: np.random.Generator,
    progress: Callable[[int], None] = lambda count: None,
) -> dict[str, Any]:
    """The curves of several rewards over the same games.

    Args:
        lab: reference, cuts and gold referee.
        rewards: by name; `gold` stands for choosing by the gold itself, the most that could be had.
        num_games: N, rounded up to whole chunks; n goes up to N in powers of two.
        num_continuations: of the gold referee from each board.
        random: source of randomness.
        progress: told of finished games.

    Returns:
        `n`, `divergence_bound` and, by reward, `gold` and `proxy`: means of the best of n as win rates.
    """
    config = lab.reference.config
    learner = SamplingPolicy(lab.reference, lab.rules, CHUNK)
    opponent = SamplingPolicy(lab.reference, lab.rules, CHUNK, temperature=0.0)
    golds: list[npt.NDArray[np.floating]] = []
    proxies: dict[str, list[npt.NDArray[np.floating]]] = {name: [] for name in rewards}
    for _ in range(-(-num_games // CHUNK)):
        played = play_episodes(learner, opponent, config, lab.rules, lab.config.cuts, CHUNK, random)
        margins = lab.gold_referee.margins(played.state, np.arange(CHUNK), num_continuations, random)
        golds.append((1 + np.sign(played.sign[:, None] * margins).mean(axis=1)) / 2)
        with outcomes_forbidden():
            for name, reward in rewards.items():
                proxies[name].append((1 + values_of(reward, played.boards(), played.color)) / 2)
        progress(CHUNK)
    gold = np.concatenate(golds).astype(np.float64)
    numbers = [2**power for power in range(int(np.log2(len(gold))) + 1)]
    curves: dict[str, Any] = {"n": numbers, "divergence_bound": [divergence_bound(n) for n in numbers]}
    ranked = {"gold": gold, **{name: np.concatenate(parts) for name, parts in proxies.items()}}
    for name, proxy in ranked.items():
        chosen_by = np.asarray(proxy, np.float64)
        curves[name] = {
            "gold": [round(best_of_n_mean(chosen_by, gold, n), 4) for n in numbers],
            "proxy": [round(best_of_n_mean(chosen_by, chosen_by, n), 4) for n in numbers],
        }
    return curves
