"""The experiment in small: one reference policy, RL and RLHF from the same start, and what they are worth.

Budgets are equal in network evaluations. Nothing here decides anything: it measures and reports.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.board import new_state
from engine.rules_kernels import play
from engine.rulesets import Rules
from mcts.config import SearchConfig
from mcts.evaluator import RolloutEvaluator
from rlhf_variant.boards import boards_of_state
from rlhf_variant.labelers import labeler_of
from rlhf_variant.reward_model import load_reward_model
from rlhf_variant.variant_loop import REWARD_FILE, PreferenceConfig, Stages, train_on_preferences
from selfplay.agents import AgentSpec, network_agent
from selfplay.arena import MatchResult
from selfplay.checkpoint import load_network, save_network
from selfplay.config import TrainConfig
from selfplay.generate import generate_games
from selfplay.imitation import clone_moves, move_accuracy, num_clone_steps
from selfplay.learner import LearnerConfig
from selfplay.network import NetworkConfig, new_network
from selfplay.network_evaluators import NetworkEvaluators
from selfplay.records import GameRecord
from selfplay.run_store import RunStore
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.training_loop import train
from selfplay.value_source import OutcomeValueSource
from selfplay.window import split_games
from selfplay.workers import Progress

TEACHER_GAMES = 400
TEACHER_VISITS = 100
CLONE_EPOCHS = 4.0
BENCHMARK_S = 5.0
SELFPLAY_S = 32.0
"""Seconds of self-play that an arm gets; the machine's measured rate turns them into evaluations."""
MAX_GAMES = 2560
GAMES_PER_ROUND = 64
ARMS = {"RL": "who won", "RLHF": "a labeler's comparisons", "twin": "comparisons by the truth"}
"""What each arm learns values from."""


@dataclass(frozen=True)
class Plan:
    """What is demonstrated.

    Attributes:
        rules: the game, on a board where minutes suffice.
        labeler: whose preferences teach the RLHF agent.
        seed: of everything.
        visits: simulations a move, in self-play and in the headline matches.
    """

    rules: Rules
    labeler: str
    seed: int
    visits: int = 16

    def training(self) -> TrainConfig:
        """Settings that all arms share; no head but policy and value learns anything."""
        return TrainConfig(
            rules=self.rules,
            network=NetworkConfig(blocks=3, channels=32),
            search=SearchConfig(num_simulations=self.visits, selection="gumbel"),
            selfplay=SelfPlayConfig(
                games_per_iteration=GAMES_PER_ROUND,
                parallel_games=GAMES_PER_ROUND,
                final_temperature=0.3,
                temperature_plies=self.rules.area // 3,
            ),
            learner=LearnerConfig(learning_rate=1e-3, min_window=300 * self.rules.area // 2),
            iterations=MAX_GAMES // GAMES_PER_ROUND,
            seed=self.seed,
            threads=1,
        )

    def preferences(self, arm: str) -> PreferenceConfig:
        """How the reward of an arm is taught."""
        return PreferenceConfig(
            labeler="truth" if arm == "twin" else self.labeler,
            min_ply=min(8, self.rules.area // 6),
            seed=self.seed,
        )


def teacher_games(plan: Plan, num_threads: int, progress: Progress) -> list[GameRecord]:
    """Games of a plain UCT search against itself, for the reference policy to imitate.

    Args:
        plan: what is played.
        num_threads: workers.
        progress: told of finished games.
    """
    config = SearchConfig(num_simulations=TEACHER_VISITS, selection="uct", noise_weight=0.0)
    made = generate_games(
        plan.rules,
        config,
        SelfPlayConfig(parallel_games=16, temperature=0.5, final_temperature=0.2),
        lambda batch, seed: RolloutEvaluator(plan.rules, batch, seed),
        OutcomeValueSource(),
        TEACHER_GAMES,
        num_threads,
        np.random.SeedSequence([plan.seed, 1]),
        progress,
    )
    return made.games


def clone_reference(
    plan: Plan, games: list[GameRecord], path: Path, announce: Callable[[int], None], progress: Progress
) -> float:
    """Train the reference policy on moves alone and save it, with a value head that knows nothing.

    Args:
        plan: what is played.
        games: to imitate.
        path: where the weights go.
        announce: told the number of training steps before the first one.
        progress: told of finished steps.

    Returns:
        Its accuracy in foretelling the moves of held-out games.
    """
    taught, held_out = split_games(games, 0.1, plan.seed)
    config = plan.training()
    network = new_network(config.network, plan.seed)
    learner = replace(config.learner, learning_rate=2e-3)
    announce(num_clone_steps(taught, CLONE_EPOCHS, learner))
    clone_moves(
        network,
        taught,
        epochs=CLONE_EPOCHS,
        seed=plan.seed,
        config=learner,
        fit_values=False,
        progress=progress,
    )
    save_network(path, network, plan.rules)
    return move_accuracy(network, held_out)["top1"]


def measured_budget(plan: Plan, reference: Path) -> int:
    """Network evaluations for each arm: what this machine does in the planned time, on one core.

    Args:
        plan: what is played.
        reference: weights of the reference policy.
    """
    network, _ = load_network(reference)
    config = plan.training()

    def play(num_games: int) -> int:
        made = generate_games(
            plan.rules,
            config.search,
            config.selfplay,
            NetworkEvaluators(network, config.rules),
            OutcomeValueSource(),
            num_games,
            1,
            np.random.SeedSequence([plan.seed, 2]),
        )
        return made.num_evaluations

    play(2)  # compiles what is not compiled yet
    spent, games, started = 0, 0, time.monotonic()
    while time.monotonic() - started < BENCHMARK_S:
        spent += play(GAMES_PER_ROUND)
        games += GAMES_PER_ROUND
    rate = spent / (time.monotonic() - started)
    return math.ceil(min(rate * SELFPLAY_S, MAX_GAMES * spent / games))


def run_arm(
    plan: Plan, arm: str, folder: Path, reference: Path, max_evaluations: int, stages: Stages
) -> Path:
    """Train one arm from the reference policy until its budget is spent.

    Args:
        plan: what is played.
        arm: a key of `ARMS`.
        folder: its run folder.
        reference: weights that all arms start from.
        max_evaluations: the budget.
        stages: is told of progress.

    Returns:
        The final weights.
    """
    torch.set_num_threads(1)
    network, rules = load_network(reference)
    config = plan.training()
    with RunStore(folder) as store:
        if arm == "RL":
            return train(store, config, OutcomeValueSource(), network, stages.training, max_evaluations)
        policy = network_agent("reference", network, rules, visits=1, temperature=1.0)
        preferences = plan.preferences(arm)
        # The arm trains a copy: the policy that plays the reference games stays what it was.
        initial, _ = load_network(reference)
        return train_on_preferences(store, config, preferences, policy, initial, stages, max_evaluations)


def arm_agent(plan: Plan, arm: str, weights: Path, visits: int) -> AgentSpec:
    """An arm as it plays matches."""
    network, rules = load_network(weights)
    return network_agent(arm, network, rules, visits=visits)


@dataclass(frozen=True)
class Verdicts:
    """Three judges on the same final boards, from the view of one player.

    Attributes:
        boards: how many.
        proxy: mean belief of the reward model that the player won.
        proxy_wins: share that the reward model calls won.
        labeler_wins: share that the labeler itself calls won, ties half.
        truth_wins: share really won, draws half.
        fooled: share that the reward model calls won and the labeler does not.
    """

    boards: int
    proxy: float
    proxy_wins: float
    labeler_wins: float
    truth_wins: float
    fooled: float

    def to_dict(self) -> dict[str, Any]:
        """What is stored and printed as JSON."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def judge(plan: Plan, folder: Path, match: MatchResult) -> Verdicts:
    """Let reward model, labeler and truth judge the final boards of a match, for its first player.

    Args:
        plan: what was played.
        folder: run folder of the arm whose reward model is asked.
        match: games of that arm as the first player.
    """
    with RunStore(folder, create=False) as store:
        recorded = store.fact("reward")
        labeler = labeler_of(store.fact("preferences")["labeler"])
    model = load_reward_model(folder / REWARD_FILE, recorded["sha256"])
    state = new_state(plan.rules, match.num_games)
    for row, (moves, _, _) in enumerate(match.games):
        for move in moves:
            play(state, row, move)
    boards = boards_of_state(state, np.arange(match.num_games))
    sign = np.array([1.0 if first_is_black else -1.0 for _, first_is_black, _ in match.games])
    scores = np.array([score for _, _, score in match.games])
    values = sign * model.values_black(boards)
    utilities = sign * labeler.utility(boards, scores)
    truth = sign * scores

    def share(won: np.ndarray) -> float:
        return float(((np.sign(won) + 1) / 2).mean())

    return Verdicts(
        boards=match.num_games,
        proxy=float(((values + 1) / 2).mean()),
        proxy_wins=share(values),
        labeler_wins=share(utilities),
        truth_wins=share(truth),
        fooled=float(((values > 0) & (utilities <= 0)).mean()),
    )
