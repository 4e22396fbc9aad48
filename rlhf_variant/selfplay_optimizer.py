"""The second optimiser of an experiment: AlphaZero self-play through the shared loop, from the same start.

Games are cut at a hidden ply and judged there, as the episodes of the first optimiser are; the search does
not know the cut and nobody passes before it, so an arm's value source is asked about cut boards alone.
"""

import copy
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from engine.board import State
from engine.scoring import outcomes_forbidden
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows
from rlhf_variant.cut_rewards import Flips, board_shares
from rlhf_variant.lab import Lab
from rlhf_variant.referee import Referee
from selfplay.config import TrainConfig
from selfplay.learner import LearnerConfig
from selfplay.network import Network
from selfplay.records import GameRecord
from selfplay.revaluation import judge_again
from selfplay.run_store import Checkpoint, RunStore
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.training_loop import Watcher, train
from selfplay.value_source import Moves, OutcomeValueSource, ValueSource, targets_from_black

RUNS = PHASE = "selfplay"
WARMUP_STEPS = 10
AVERAGE_DECAY = 0.9
"""Of the weights that play: a round has tens of steps, and a slower average would stand still."""


@dataclass(frozen=True)
class SelfPlayOptimizerConfig:
    """How a policy follows a reward by self-play.

    Attributes:
        iterations: rounds of games and steps.
        games: of a round.
        simulations: of the search of each move.
        batch_size: positions a step.
        learning_rate: of AdamW.
        passes: how often each position is drawn on average.
    """

    iterations: int = 20
    games: int = 64
    simulations: int = 16
    batch_size: int = 64
    learning_rate: float = 1e-3
    passes: float = 4.0

    def __post_init__(self) -> None:
        if min(self.iterations, self.games, self.batch_size) < 1 or self.simulations < 2:
            raise ValueError(
                "selfplay: expected iterations, games and batch_size of at least 1, simulations of at least 2"
            )
        if min(self.learning_rate, self.passes) <= 0:
            raise ValueError("selfplay: expected learning_rate and passes above 0")


class Revisions(Protocol):
    """Lessons between rounds, after which a value source judges otherwise."""

    @property
    def stops(self) -> Sequence[int]:
        """The rounds after which they are given, rising, all below the last one."""
        ...

    def revise(self, round_done: int, games: Sequence[GameRecord]) -> None:
        """Give the lesson that is due.

        Args:
            round_done: one of `stops`; a process that goes on with a run goes through all of them again.
            games: of the rounds since the stop before.
        """
        ...


class RefereeValueSource:
    """True RL at the cut: who won one continuation of a referee; see `selfplay.value_source.ValueSource`.

    All chance depends on the board and the seed alone, so a round that was killed repeats.
    """

    def __init__(
        self, referee: Referee, seed: int, scale: float | None = None, flips: Flips | None = None
    ) -> None:
        """Prepare.

        Args:
            referee: continues the boards.
            seed: of the continuations.
            scale: None for +1 and -1, else the value is tanh(points / scale).
            flips: of matched noise, the chance that a result is turned round, as in
                `rlhf_variant.cut_rewards.TruthReward`: the same board is always turned or never.
        """
        self._referee, self._seed, self._scale, self._flips = referee, seed, scale, flips
        self._outcome = OutcomeValueSource()

    def terminal_values(self, state: State, rows: Rows) -> Floats:
        """See `ValueSource.terminal_values`."""
        return self._outcome.terminal_values(state, rows)

    def value_targets(self, state: State, row: int, to_play: npt.NDArray[np.int8], moves: Moves) -> Floats:
        """See `ValueSource.value_targets`."""
        random = np.random.default_rng([self._seed, int(state.hash[row]) & (2**63 - 1)])
        margin = float(self._referee.margins(state, np.array([row]), 1, random)[0, 0])
        value = np.sign(margin) if self._scale is None else np.tanh(margin / self._scale)
        if self._flips is not None:
            chance = self._flips(np.array([margin], np.float32))[0]
            value = -value if board_shares(state)[row] < chance else value
        return targets_from_black(float(value), to_play)

    def score_target_black(self, state: State, row: int) -> float | None:
        """Nothing: no arm learns from points."""
        return None


def train_by_selfplay(
    lab: Lab,
    settings: SelfPlayOptimizerConfig,
    source: ValueSource,
    seed: int,
    folder: Path,
    *,
    sees_outcomes: bool,
    divergence_weight: float = 0.0,
    revisions: Revisions | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> list[Checkpoint]:
    """Learn from the reference policy on, or go on where a killed start stopped.

    Args:
        lab: reference, rules and cuts.
        settings: the budget.
        source: values of the boards at the cut.
        seed: of games, steps and the fresh value head.
        folder: of the run; it keeps the weights of every round.
        sees_outcomes: whether the source may read who won; else all happens behind the firewall.
        divergence_weight: of KL(policy || reference) in the loss.
        revisions: what changes the source between rounds, outside the firewall, for it may ask who knows the
            truth. After each, all stored games have their targets from the source as it is then.
        progress: told of finished rounds.

    Returns:
        What was saved: the start, then each round.

    Raises:
        ValueError: the reference has heads that learn from outcomes.
    """
    initial = copy.deepcopy(lab.reference)
    if initial.config != initial.config.without_auxiliary_heads():
        raise ValueError("reference: expected heads for policy and value alone")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        initial.reset_value_head()
    config = train_config(lab, settings, seed, initial, divergence_weight)
    guard = nullcontext if sees_outcomes else outcomes_forbidden
    stops = (0, *(revisions.stops if revisions else ()), settings.iterations)
    with RunStore(folder) as store:
        progress(_rounds_done(store))
        before = 0
        for begin, end in pairwise(stops):
            if revisions and begin:
                revisions.revise(begin, _games_of(store, before + 1, begin))
                before = begin
            if _rounds_done(store) >= end and end < settings.iterations:
                continue
            with guard():
                if begin:
                    judge_again(store, PHASE, source)
                is_far_enough = partial(_is_done, store, end)
                watcher = Watcher(on_report=lambda report: progress(1), should_stop=is_far_enough)
                train(store, config, source, initial, watcher)
        return store.checkpoints()


def _games_of(store: RunStore, first: int, last: int) -> list[GameRecord]:
    return [game for number in range(first, last + 1) for game in store.games(PHASE, iteration=number)]


def _rounds_done(store: RunStore) -> int:
    return len(store.checkpoints()[1:])


def _is_done(store: RunStore, end: int) -> bool:
    return _rounds_done(store) >= end


def train_config(
    lab: Lab, settings: SelfPlayOptimizerConfig, seed: int, initial: Network, divergence_weight: float
) -> TrainConfig:
    """The settings of the shared loop: no solver, no auxiliary heads, no passing before the cut."""
    return TrainConfig(
        rules=lab.rules,
        network=initial.config,
        search=SearchConfig(settings.simulations, "gumbel", min_pass_ply=lab.rules.resolved_move_limit),
        selfplay=SelfPlayConfig(
            games_per_iteration=settings.games,
            parallel_games=settings.games,
            final_temperature=1.0,
            first_cut=lab.config.cuts[0],
            last_cut=lab.config.cuts[1],
        ),
        learner=LearnerConfig(
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            passes=settings.passes,
            warmup_steps=WARMUP_STEPS,
            average_decay=AVERAGE_DECAY,
            divergence_weight=divergence_weight,
        ),
        iterations=settings.iterations,
        seed=seed,
        threads=1,
    )
