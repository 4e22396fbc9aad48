"""From the description of an arm to what it learns from: a reward, who looks at its boards, a report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcts.evaluator import Floats
from rlhf_variant.classroom import Classroom, utility_of
from rlhf_variant.clip_value_source import ClipValueSource
from rlhf_variant.clips import ClipReward
from rlhf_variant.cut_rewards import (
    BoardReward,
    CutReward,
    ExactUtility,
    Flips,
    MarginReward,
    MixedReward,
    TruthReward,
)
from rlhf_variant.experiment import Arm
from rlhf_variant.measures import MARGIN_EDGES, Judges, error_rates_by_margin
from rlhf_variant.mixed_value_source import MixedValueSource
from rlhf_variant.online_model import OnlineModel
from rlhf_variant.reward_value_source import RewardValueSource
from rlhf_variant.rewards import NetworkReward, Reward
from rlhf_variant.selfplay_optimizer import RefereeValueSource
from rlhf_variant.teaching import Taught
from selfplay.checkpoint import load_network
from selfplay.value_source import ValueSource

POLICIES = "policies"


@dataclass(frozen=True)
class Prepared:
    """An arm that is ready to learn.

    Attributes:
        reward: None where no reward is followed.
        judges: who looks at its boards.
        taught: the reward model that it asked for, as it stands, with its comparisons.
        flips: of matched noise, how often a result is turned round.
        flip_rates: the same, by how clear the board is.
    """

    reward: CutReward | None
    judges: Judges
    taught: Taught | None = None
    flips: Flips | None = None
    flip_rates: tuple[float, ...] = ()

    @property
    def report(self) -> dict[str, Any]:
        """What is stored of its reward model as it stands, empty without one."""
        flips = {"flip_rates": list(self.flip_rates)} if self.flip_rates else {}
        return {**(self.taught.report if self.taught else {}), **flips}


def policy_path(folder: Path, arm: str, seed: int) -> Path:
    """Where what an arm learned lies."""
    return folder / POLICIES / f"{arm}-{seed}.safetensors"


def prepare(classroom: Classroom, arm: Arm, folder: Path) -> Prepared:
    """Make the reward of an arm.

    Args:
        classroom: of the seed.
        arm: what is asked.
        folder: of the sweep, for the policy that `value_of` names.

    Raises:
        CheckpointError: `value_of` names an arm whose policy is not there.
    """
    referee = classroom.lab.referee
    labeler = None if arm.labeler == "truth" else utility_of(arm.labeler)
    if arm.reward == "none" or arm.is_direct:
        return Prepared(None, Judges(labeler, None))
    if arm.reward == "margin":
        scale = float(classroom.taught.margins.std())
        return Prepared(MarginReward(referee, scale), Judges(None, None))
    if arm.reward == "truth":
        flips, rates, taught = _flips(classroom, arm)
        return Prepared(TruthReward(referee, flips), Judges(labeler, None), taught, flips, rates)
    if arm.model_kind == "online":
        online = OnlineModel(classroom, arm)
        return Prepared(online, Judges(labeler, online), online.taught)
    taught = classroom.judge_of(arm) if arm.reward == "model" else None
    judge = classroom.reward_of(arm, taught.judge) if taught else _judge(classroom, arm, folder)
    reward: CutReward = judge if isinstance(judge, ClipReward) else BoardReward(judge)
    if arm.truth_share:
        reward = MixedReward(TruthReward(referee), reward, arm.truth_share)
    return Prepared(reward, Judges(labeler, judge), taught)


def value_source(classroom: Classroom, arm: Arm, prepared: Prepared) -> ValueSource:
    """The reward of an arm as self-play reads it.

    Args:
        classroom: of the seed.
        arm: what is asked.
        prepared: the same arm, with a reward.
    """
    referee, seed = classroom.lab.referee, classroom.seed
    truth = RefereeValueSource(referee, seed, flips=prepared.flips)
    if arm.reward == "margin":
        return RefereeValueSource(referee, seed, float(classroom.taught.margins.std()))
    if arm.reward == "truth":
        return truth
    reward = prepared.judges.reward
    assert reward is not None
    judged = ClipValueSource(reward) if isinstance(reward, ClipReward) else RewardValueSource(reward)
    return MixedValueSource(truth, judged, arm.truth_share) if arm.truth_share else judged


def _judge(classroom: Classroom, arm: Arm, folder: Path) -> Reward:
    """Who judges boards for an arm that asks nobody."""
    if arm.reward == "utility":
        utility = utility_of(arm.labeler)
        return ExactUtility(utility, float(utility(classroom.taught.boards).std()))
    if arm.reward == "value-network":
        network, _ = load_network(policy_path(folder, arm.value_of, classroom.seed))
        return NetworkReward(network, classroom.lab.rules)
    return classroom.untaught_judge()


def _flips(classroom: Classroom, arm: Arm) -> tuple[Flips | None, tuple[float, ...], Taught | None]:
    """Matched noise: how often a model or a vibe names the wrong side, by how clear the board is."""
    if not arm.flips:
        return None, (), None
    test = classroom.test
    taught = classroom.judge_of(arm) if arm.flips == "model" else None
    if taught:
        verdicts = taught.judge.values_black(test.boards)
    else:
        verdicts = np.asarray(utility_of(arm.labeler)(test.boards), np.float32)
    margins = np.asarray(test.margins.mean(axis=1), np.float32)
    rates = error_rates_by_margin(verdicts, test.expected_results, margins, MARGIN_EDGES)

    def flips(of: Floats) -> npt.NDArray[np.float64]:
        return rates[np.searchsorted(MARGIN_EDGES, np.abs(of))]

    return flips, tuple(round(float(rate), 4) for rate in rates), taught
