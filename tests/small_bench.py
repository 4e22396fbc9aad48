"""A bench of the experiment that is made in seconds: Go 5x5, weak networks, few boards."""

import atexit
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from rlhf_variant.experiment import Arm, EvaluationConfig, Experiment, PoolConfig
from rlhf_variant.lab import Lab, LabConfig, LabStages
from rlhf_variant.pool import Pool
from rlhf_variant.ppo import PpoConfig
from rlhf_variant.reward_learner import RewardLearnerConfig
from rlhf_variant.reward_model import RewardConfig
from rlhf_variant.sweep import open_bench
from selfplay.network import NetworkConfig

TINY = NetworkConfig(blocks=1, channels=8, head_channels=8)
SMALL = Experiment(
    name="small",
    seeds=(1,),
    arms=(Arm("A1", "truth"),),
    lab=LabConfig(
        size=5,
        komi=0.5,
        cuts=(4, 8),
        demonstrator_visits=2,
        demonstrator_games=10,
        reference=TINY,
        referee=TINY,
        epochs=0.5,
    ),
    pool=PoolConfig(boards=256, continuations=2, test_comparisons=40),
    ppo=PpoConfig(iterations=2, episodes=8, epochs=1, batch_size=16),
    reward=RewardConfig(blocks=1, channels=8),
    reward_learner=RewardLearnerConfig(epochs=1),
    evaluation=EvaluationConfig(
        every=1,
        games=4,
        continuations=1,
        final_games=4,
        final_continuations=1,
        held_out_opponent="random",
        held_out_games=2,
    ),
)


def small_bench(folder: Path, **changes: object) -> tuple[Experiment, Lab, Pool]:
    """The experiment with some changes, and its bench."""
    experiment = replace(SMALL, **changes)  # type: ignore[arg-type]
    shutil.copytree(_made_once(), folder, dirs_exist_ok=True)
    lab, pool = open_bench(experiment, folder, LabStages())
    return experiment, lab, pool


@cache
def _made_once() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="small-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_bench(SMALL, folder, LabStages())
    return folder
