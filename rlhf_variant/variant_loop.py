"""The road of a preference run: reference games, comparisons, answers, reward model, then the shared loop.

Each stage leaves its product in the run folder and is skipped when it is there, so a killed run goes on.
From the moment the reward model exists, everything runs behind the outcome firewall.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.board import new_state
from engine.rules_kernels import play
from engine.rulesets import Rules
from engine.scoring import outcomes_forbidden, scores_black
from rlhf_variant.answering import answer_queue
from rlhf_variant.comparisons import answer_counts, labeled_comparisons
from rlhf_variant.labelers import labeler_of
from rlhf_variant.pairs import PairConfig, SourceGame, draw_queries
from rlhf_variant.query_queue import QueryQueue
from rlhf_variant.reward_learner import RewardLearnerConfig, fit_reward_model
from rlhf_variant.reward_model import (
    RewardConfig,
    RewardModel,
    load_reward_model,
    new_reward_model,
    save_reward_model,
)
from rlhf_variant.reward_value_source import RewardValueSource
from rlhf_variant.truth_file import agreement_with_truth
from rlhf_variant.vibes import Utilities
from selfplay.agents import AgentSpec
from selfplay.arena import play_match
from selfplay.config import TrainConfig
from selfplay.network import Network
from selfplay.records import GameRecord
from selfplay.run_store import RunError, RunStore
from selfplay.training_loop import Watcher, train

REWARD_FILE = "reward.safetensors"


@dataclass(frozen=True)
class PreferenceConfig:
    """How a reward is taught.

    Attributes:
        labeler: who answers; see `rlhf_variant.labelers`.
        num_comparisons: pairs asked, ties included.
        held_out_share: of the pairs and of the games, never trained on.
        reference_games: games of the reference policy that boards are drawn from.
        min_ply: fewest moves before a compared board.
        reward: shape of the model.
        learner: how it is fitted.
        seed: of games, pairs, mistakes and weights.
    """

    labeler: str = "stones"
    num_comparisons: int = 1000
    held_out_share: float = 0.2
    reference_games: int = 400
    min_ply: int = 8
    reward: RewardConfig = field(default_factory=RewardConfig)
    learner: RewardLearnerConfig = field(default_factory=RewardLearnerConfig)
    seed: int = 1

    def __post_init__(self) -> None:
        labeler_of(self.labeler)
        if self.num_comparisons < 10 or self.reference_games < 10:
            raise ValueError("num_comparisons and reference_games: expected at least 10")
        if not 0 < self.held_out_share < 1:
            raise ValueError(f"held_out_share {self.held_out_share}: expected between 0 and 1")


@dataclass
class Stages:
    """What a preference run tells while it goes on.

    Attributes:
        on_stage: told the name of each stage and its number of steps, as it starts; 0 steps where the
            training watcher takes over.
        on_step: told of newly finished steps of the stage.
        training: the watcher of the shared loop.
    """

    on_stage: Callable[[str, int], None] = lambda name, steps: None
    on_step: Callable[[int], None] = lambda count: None
    training: Watcher = field(default_factory=Watcher)


def blinded(config: TrainConfig) -> TrainConfig:
    """The same settings with a search that knows nothing of outcomes, as far as a preset goes."""
    return replace(config, search=replace(config.search, solve=False, vcf_nodes=0, clean_up=False))


def require_blind(config: TrainConfig) -> None:
    """Pass where the settings let no outcome be seen.

    Raises:
        ValueError: a search or a match that rests on outcomes.
    """
    if config.search.solve:
        raise ValueError("search.solve: expected false, proofs rest on outcomes")
    if config.search.vcf_nodes:
        raise ValueError("search.vcf_nodes: expected 0, a victory by continuous fours is an outcome")
    if config.search.clean_up:
        raise ValueError("search.clean_up: expected false, dead stones tell of the outcome")
    if config.gate_games or config.elo_every:
        raise ValueError("gate_games and elo_every: expected 0, matches tell who won")


def train_on_preferences(
    store: RunStore,
    config: TrainConfig,
    preferences: PreferenceConfig,
    reference: AgentSpec,
    initial: Network,
    stages: Stages | None = None,
    max_evaluations: int | None = None,
) -> Path:
    """Run or resume a preference run until its rounds or its budget are done.

    Args:
        store: the run folder.
        config: settings of the shared loop; the network has no auxiliary heads.
        preferences: how the reward is taught.
        reference: plays the games whose boards are compared.
        initial: weights that learning starts from, without auxiliary heads too.
        stages: is told of progress.
        max_evaluations: see `selfplay.training_loop.train`.

    Returns:
        The latest weights.

    Raises:
        RunError: the folder is in use, or holds another configuration.
        ValueError: the settings would leak outcomes.
    """
    stages = stages or Stages()
    torch.set_num_threads(config.threads)
    for shape in (config.network, initial.config):
        if shape != shape.without_auxiliary_heads():
            raise ValueError("network: expected heads for policy and value alone, others learn from outcomes")
    require_blind(config)
    recorded = store.fact("preferences")
    if recorded not in (None, asdict(preferences)):
        raise RunError(f"run {store.folder}: holds other preferences; choose another folder")
    store.set_fact("preferences", asdict(preferences))
    model = taught_reward(store, config.rules, preferences, reference, stages)
    stages.on_stage("self-play against the reward model", 0)
    with outcomes_forbidden():
        return train(store, config, RewardValueSource(model), initial, stages.training, max_evaluations)


def taught_reward(
    store: RunStore,
    rules: Rules,
    preferences: PreferenceConfig,
    reference: AgentSpec,
    stages: Stages,
) -> RewardModel:
    """The reward model of a run, taught now unless an earlier start did.

    Args:
        store: the run folder.
        rules: what is played.
        preferences: how the reward is taught.
        reference: plays the games whose boards are compared.
        stages: is told of progress.
    """
    path = store.folder / REWARD_FILE
    done = store.fact("reward")
    if done is not None:
        return load_reward_model(path, done["sha256"])
    game_seed, pair_seed, _, fit_seed = np.random.SeedSequence(preferences.seed).spawn(4)
    games = reference_games(store, rules, preferences, reference, int(game_seed.generate_state(1)[0]), stages)

    stages.on_stage("comparing boards", 1)
    seed = int(game_seed.generate_state(1)[0])
    pool = [SourceGame(game, reference.label(), seed) for game in games]
    config = PairConfig(min_ply=preferences.min_ply, held_out_share=preferences.held_out_share)
    queue = QueryQueue(store)
    if not queue.num_asked():
        random = np.random.default_rng(pair_seed)
        queue.ask(draw_queries(pool, preferences.num_comparisons, config, random))
    label = answer_queue(store, preferences.labeler, seed=preferences.seed)
    stages.on_step(1)

    stages.on_stage("fitting the reward model", preferences.learner.epochs)
    model = new_reward_model(preferences.reward, preferences.seed)
    with outcomes_forbidden():
        report = fit_reward_model(
            model,
            labeled_comparisons(store, "train", label),
            labeled_comparisons(store, "held_out", label),
            preferences.learner,
            fit_seed,
            stages.on_step,
        )
    digest = save_reward_model(path, model)
    store.set_fact("reward", {"sha256": digest, **asdict(report)})
    return model


def reference_games(
    store: RunStore,
    rules: Rules,
    preferences: PreferenceConfig,
    reference: AgentSpec,
    seed: int,
    stages: Stages,
) -> list[GameRecord]:
    """Games of the reference policy against itself, stored without any result.

    Args:
        store: the run folder.
        rules: what is played.
        preferences: says how many.
        reference: the policy; a temperature makes its games differ.
        seed: of the games.
        stages: is told of progress.
    """
    stored = store.games("reference")
    if stored:
        return stored
    stages.on_stage("games of the reference policy", preferences.reference_games)
    match = play_match(
        reference, reference, rules, preferences.reference_games, seed=seed, progress=stages.on_step
    )
    games = [
        GameRecord(
            rules=rules,
            moves=np.array(moves, np.int16),
            visits=np.zeros((len(moves), rules.num_actions), np.uint16),
            root_values=np.zeros(len(moves), np.float32),
            value_targets=np.zeros(len(moves), np.float32),
            score_black=None,
        )
        for moves, _, _ in match.games
    ]
    store.add_games("reference", 0, games)
    return games


def final_margins(games: list[GameRecord]) -> Utilities:
    """`[G]` final points of Black (Gomoku: +1, 0, -1), by playing the games again. For labelers and reports.

    Raises:
        OutcomeForbiddenError: behind the firewall.
    """
    state = new_state(games[0].rules, len(games))
    for row, game in enumerate(games):
        for move in game.moves:
            play(state, row, int(move))
    return scores_black(state, np.arange(len(games))).astype(np.float64)


def preference_report(store: RunStore) -> dict[str, Any]:
    """What is known of a run's labels and reward model: counts, accuracies, agreement with the truth.

    Raises:
        OutcomeForbiddenError: behind the firewall.
        RunError: the run has no reward model.
    """
    reward, preferences = store.fact("reward"), store.fact("preferences")
    if reward is None or preferences is None:
        raise RunError(f"run {store.folder}: expected a preference run with a reward model")
    return {
        "labeler": preferences["labeler"],
        "answers": answer_counts(store),
        "labeler_truth_agreement": round(agreement_with_truth(store), 4),
        **{name: value for name, value in reward.items() if name != "sha256"},
    }
