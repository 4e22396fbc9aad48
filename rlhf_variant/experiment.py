"""An experiment is a TOML file: a lab, a pool, arms, seeds and budgets. This file reads and checks it."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from engine.errors import YomiError
from rlhf_variant.direct_preference import DirectConfig
from rlhf_variant.lab import LabConfig
from rlhf_variant.labelers import require_disjoint
from rlhf_variant.ppo import PpoConfig
from rlhf_variant.reward_ensemble import RULES, ZERO_SUM
from rlhf_variant.reward_learner import RewardLearnerConfig
from rlhf_variant.reward_model import RewardConfig
from rlhf_variant.selfplay_optimizer import SelfPlayOptimizerConfig
from selfplay.network import NetworkConfig

OPTIMIZERS = ("ppo", "selfplay")
REWARDS = ("none", "truth", "margin", "utility", "model", "random-model", "value-network", "dpo", "ipo")
MODEL_KINDS = ("single", "naive", "scalars", "segments", "online", *RULES)
MAX_BYTES = 1_000_000


class ExperimentError(YomiError):
    """A file that describes no experiment."""


@dataclass(frozen=True)
class Arm:
    """One way to be rewarded.

    Attributes:
        name: of its rows and curves.
        reward: `none` leaves the reference as it is; `truth` is who won one continuation; `margin` is tanh of
            its points; `utility` is tanh of the labeler's own utility; `model` is a reward model taught by
            comparisons; `random-model` one that was taught nothing; `value-network` the frozen value head of
            another arm's policy. With `dpo` and `ipo` comparisons of sibling moves teach the policy directly.
        labeler: `truth`, or a vibe; whose utility or comparisons.
        comparisons: N asked for a model, or of sibling moves.
        model_kind: `single`; `naive` without antisymmetry; `scalars` taught the labeler's utility of N boards
            as numbers; `segments` taught by pairs of clips, its rewards summed over them; `online` asked
            about the learner's own boards while it learns; or an ensemble that judges by a rule of
            `rlhf_variant.reward_ensemble`.
        shuffled: whether the answers are shuffled among the pairs, a placebo.
        flips: for `truth`: `model` or `labeler`, whose rate of wrong verdicts its results are turned round
            with.
        divergence_weight: of KL(policy || reference) in the loss.
        truth_share: of the truth in a mixture with the model's judgment.
        clip: boards of a clip, for `segments`: the board at the cut and those before it.
        value_of: for `value-network`: the arm whose value head it is; it runs first.
        best_of: 0, or n: nothing is learned, and of n moves drawn from the reference the one whose board the
            reward likes best is played. For rewards that judge any board.
    """

    name: str
    reward: str
    labeler: str = "truth"
    comparisons: int = 0
    model_kind: str = "single"
    shuffled: bool = False
    flips: str = ""
    divergence_weight: float = 0.0
    truth_share: float = 0.0
    clip: int = 0
    value_of: str = ""
    best_of: int = 0

    def __post_init__(self) -> None:
        if self.reward not in REWARDS:
            raise ValueError(f"arm {self.name}: reward {self.reward!r}: expected one of {', '.join(REWARDS)}")
        asks = self.reward in ("model", "dpo", "ipo") or self.flips == "model"
        if asks != (self.comparisons > 0):
            raise ValueError(f"arm {self.name}: expected comparisons where a model is taught, and only there")
        if self.model_kind not in MODEL_KINDS:
            known = ", ".join(MODEL_KINDS)
            raise ValueError(f"arm {self.name}: model_kind {self.model_kind!r}: expected one of {known}")
        if self.reward != "model" and (self.model_kind != "single" or self.truth_share):
            raise ValueError(f"arm {self.name}: expected model_kind and truth_share for reward model alone")
        if (self.model_kind == "segments") != (self.clip > 1):
            raise ValueError(f"arm {self.name}: expected a clip of 2 or more for segments, and only there")
        if not 0 <= self.truth_share < 1:
            raise ValueError(f"arm {self.name}: truth_share {self.truth_share}: expected 0 up to below 1")
        if (self.reward == "value-network") != bool(self.value_of):
            raise ValueError(f"arm {self.name}: expected value_of for reward value-network, and only there")
        if self.best_of and not (self.best_of > 1 and self.judges_any_board and not self.divergence_weight):
            raise ValueError(
                f"arm {self.name}: best_of {self.best_of}: expected 2 or more, a reward of single boards that"
                " does not change, and nothing that is learned"
            )
        if self.flips not in ("", "model", "labeler") or (self.flips and self.reward != "truth"):
            raise ValueError(f"arm {self.name}: flips: expected model or labeler, for reward truth alone")
        if self.reward == "utility" and self.labeler == "truth":
            raise ValueError(f"arm {self.name}: the exact utility of the truth is reward margin or truth")

    @property
    def sees_outcomes(self) -> bool:
        """Whether its reward reads who won."""
        return self.reward in ("truth", "margin") or self.truth_share > 0

    @property
    def judges_any_board(self) -> bool:
        """Whether its reward is a judge of single boards that stays as it is."""
        is_judge = self.reward in ("utility", "model", "random-model", "value-network")
        return is_judge and self.model_kind not in ("segments", "online") and not self.truth_share

    @property
    def is_direct(self) -> bool:
        """Whether its policy is taught by comparisons without any reward."""
        return self.reward in ("dpo", "ipo")

    @property
    def is_plain_model(self) -> bool:
        """Whether it follows one model of honest comparisons alone: what remedies are compared with."""
        extras = self.shuffled or self.divergence_weight or self.truth_share or self.best_of
        return self.reward == "model" and self.model_kind == "single" and not extras


@dataclass(frozen=True)
class PoolConfig:
    """The boards that are compared.

    Attributes:
        boards: how many, each of a game of its own.
        continuations: of the first referee from each; their mean is the truth.
        balanced_share: of the boards that are compared, those that the truth finds closest; 1 for all. One
            choice for all labelers, made before anybody answers: it hardens the comparisons.
        test_share: of the boards, kept for tests of reward models and never compared in training.
        test_comparisons: pairs of such boards.
        gate_comparisons: numbers of comparisons at which the hardness gate reads the accuracy of models.
    """

    boards: int = 8000
    continuations: int = 16
    balanced_share: float = 1.0
    test_share: float = 0.2
    test_comparisons: int = 2000
    gate_comparisons: tuple[int, ...] = (1_000, 10_000)

    def __post_init__(self) -> None:
        if len(self.gate_comparisons) < 2 or min(self.gate_comparisons) < 10:
            raise ValueError("pool.gate_comparisons: expected at least two numbers, each at least 10")


@dataclass(frozen=True)
class EvaluationConfig:
    """How policies are measured.

    Attributes:
        every: rounds between points of the curve.
        games: of a point.
        continuations: of each referee from each board of a point.
        final_games: of the last measure.
        final_continuations: of each referee there.
        held_out_opponent: an agent that nobody trained against.
        held_out_games: games against it.
    """

    every: int = 16
    games: int = 256
    continuations: int = 4
    final_games: int = 512
    final_continuations: int = 16
    held_out_opponent: str = "uct:100"
    held_out_games: int = 128


@dataclass(frozen=True)
class Experiment:
    """All that is asked.

    Attributes:
        name: of the experiment.
        seeds: of the repetitions; an arm has a row for each.
        lab: the bench.
        pool: the boards to compare.
        optimizer: what follows the rewards, the same for all arms: `ppo`, a learner without search against
            the frozen reference, or `selfplay`, AlphaZero self-play.
        ppo: settings of the first.
        selfplay: settings of the second.
        reward: shape of reward models.
        reward_learner: how they are fitted.
        direct: how policies are taught without a reward; the arm says by which objective.
        evaluation: how policies are measured.
        arms: in the order in which they run.
    """

    name: str
    seeds: tuple[int, ...]
    arms: tuple[Arm, ...]
    lab: LabConfig = field(default_factory=LabConfig)
    pool: PoolConfig = field(default_factory=PoolConfig)
    optimizer: str = "ppo"
    ppo: PpoConfig = field(default_factory=PpoConfig)
    selfplay: SelfPlayOptimizerConfig = field(default_factory=SelfPlayOptimizerConfig)
    reward: RewardConfig = field(default_factory=RewardConfig)
    reward_learner: RewardLearnerConfig = field(default_factory=RewardLearnerConfig)
    direct: DirectConfig = field(default_factory=DirectConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if len(set(names)) != len(names) or not names:
            raise ValueError("arms: expected at least one, and different names")
        for place, arm in enumerate(self.arms):
            if arm.clip > self.lab.cuts[0] + 1:
                raise ValueError(f"arm {arm.name}: clip {arm.clip}: expected at most {self.lab.cuts[0] + 1}")
            if arm.value_of and arm.value_of not in names[:place]:
                raise ValueError(f"arm {arm.name}: value_of {arm.value_of!r}: expected an arm before it")
        require_disjoint(
            {arm.labeler for arm in self.arms}, [self.evaluation.held_out_opponent], [self.lab.demonstrator]
        )
        if len(set(self.seeds)) != len(self.seeds) or not self.seeds:
            raise ValueError("seeds: expected at least one, all different")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer {self.optimizer!r}: expected one of {', '.join(OPTIMIZERS)}")
        for arm in self.arms if self.optimizer == "selfplay" else ():
            if arm.model_kind in RULES and arm.model_kind not in ZERO_SUM:
                fair = " or ".join(ZERO_SUM)
                raise ValueError(f"arm {arm.name}: in self-play expected an ensemble fair to both, {fair}")
            if arm.model_kind == "online" and self.selfplay.iterations < 2:
                raise ValueError(f"arm {arm.name}: online in self-play: expected at least 2 iterations")

    @property
    def rounds(self) -> int:
        """Of an arm that follows a reward."""
        return self.ppo.iterations if self.optimizer == "ppo" else self.selfplay.iterations


PARTS = {
    "lab": LabConfig,
    "pool": PoolConfig,
    "ppo": PpoConfig,
    "selfplay": SelfPlayOptimizerConfig,
    "reward": RewardConfig,
    "reward_learner": RewardLearnerConfig,
    "direct": DirectConfig,
    "evaluation": EvaluationConfig,
}


def read_experiment(path: Path) -> Experiment:
    """Read an experiment.

    Args:
        path: a TOML file.

    Raises:
        ExperimentError: unreadable, or a key or value that is not understood; the message names it.
    """
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise ExperimentError(f"experiment {path}: expected at most {MAX_BYTES} bytes")
        values = tomllib.loads(data.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ExperimentError(f"experiment {path}: {reason}") from None
    try:
        parts = {name: _part(kind, name, values.pop(name)) for name, kind in PARTS.items() if name in values}
        arms = tuple(_part(Arm, "arms", arm) for arm in values.pop("arms", []))
        seeds = tuple(int(seed) for seed in values.pop("seeds", []))
        name = str(values.pop("name", path.stem))
        optimizer = str(values.pop("optimizer", "ppo"))
        if values:
            raise ValueError(
                f"{', '.join(values)}: expected name, seeds, optimizer, arms, {', '.join(PARTS)} alone"
            )
        return Experiment(name=name, seeds=seeds, arms=arms, optimizer=optimizer, **parts)
    except (TypeError, ValueError) as error:
        raise ExperimentError(f"experiment {path}: {error}") from None


def _part(kind: type[Any], section: str, values: Any) -> Any:
    if not isinstance(values, dict):
        raise ValueError(f"{section}: expected a table")
    known = {part.name: part for part in fields(kind)}
    for name in values:
        if name not in known:
            raise ValueError(f"{section}.{name}: expected one of {', '.join(known)}")
    ready = dict(values)
    for name, value in values.items():
        if isinstance(value, dict):
            ready[name] = _part(NetworkConfig, f"{section}.{name}", value)
        elif isinstance(value, list):
            ready[name] = tuple(value)
    return kind(**ready)
