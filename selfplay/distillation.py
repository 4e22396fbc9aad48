"""A smaller network that thinks as a larger one does: what that says of positions are the targets."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional

from selfplay.imitation import CLONING, RATE_SCHEDULE
from selfplay.learner import Learner, LearnerConfig
from selfplay.network import Network, NetworkConfig
from selfplay.records import GameRecord
from selfplay.replay import Batch, ReplayBuffer

JUDGED_POSITIONS = 2000
"""Held-out positions on which both networks are compared, at most."""


class Lesson:
    """Positions of some games, as the student sees them, with what the teacher says of each."""

    def __init__(self, teacher: Network, student: NetworkConfig, games: Sequence[GameRecord]) -> None:
        """Prepare.

        Args:
            teacher: frozen.
            student: shape of the other network.
            games: with at least one policy target.
        """
        self._teacher = teacher.eval()
        self._student = student
        sees_more = teacher.config.reading_planes or student.reading_planes
        self._buffer = ReplayBuffer(games, replace(student, reading_planes=sees_more))
        self._device = next(teacher.parameters()).device

    @property
    def num_positions(self) -> int:
        """Positions to draw from."""
        return self._buffer.num_positions

    def sample(self, batch_size: int, random: np.random.Generator) -> Batch:
        """Draw positions, with the teacher's policy and chances as targets; see `ReplayBuffer.sample`."""
        batch = self._buffer.sample(batch_size, random)
        # Planes for reading come last, so each network sees the first of those that there are.
        seen = np.ascontiguousarray(batch.planes[:, : self._teacher.config.num_planes])
        with torch.inference_mode():
            said = self._teacher(torch.from_numpy(seen).to(self._device))
        return batch._replace(
            planes=np.ascontiguousarray(batch.planes[:, : self._student.num_planes]),
            policy_target=functional.softmax(said.policy_logits.float(), dim=1).cpu().numpy(),
            value_target=functional.softmax(said.value_logits.float(), dim=1).cpu().numpy(),
        )


def distill(
    teacher: Network,
    student: Network,
    games: Sequence[GameRecord],
    num_steps: int,
    seed: int,
    config: LearnerConfig = CLONING,
    progress: Callable[[int], None] = lambda count: None,
) -> Network:
    """Teach a network to say what another one says, under a falling learning rate.

    Args:
        teacher: left as it is.
        student: any shape. Trained in place.
        games: whose positions are shown, with their own ends for the score and ownership heads.
        num_steps: training steps.
        seed: of the draws.
        config: settings of the learner.
        progress: told of finished steps.

    Returns:
        The running average of the student's weights.

    Raises:
        DivergedError: a loss was not finite.
    """
    lesson, learner = Lesson(teacher, student.config, games), Learner(student, config)
    random, share_done = np.random.default_rng(seed), 0.0
    for share, factor in RATE_SCHEDULE:
        share_done += share
        learner.rate_scale = factor
        while learner.step < round(share_done * num_steps):
            learner.train_batch(lesson.sample(config.batch_size, random))
            progress(1)
    return learner.average


def agreement(teacher: Network, student: Network, games: Sequence[GameRecord], seed: int) -> dict[str, float]:
    """How far two networks agree on positions.

    Args:
        teacher: one network.
        student: the other.
        games: of which some positions are drawn.
        seed: of the draw.

    Returns:
        `same_move`, the share of positions with the same first choice; `value_difference`, the mean distance
        of their values; `positions`, how many were drawn.
    """
    lesson = Lesson(teacher, student.config, games)
    batch = lesson.sample(min(lesson.num_positions, JUDGED_POSITIONS), np.random.default_rng(seed))
    with torch.inference_mode():
        said = student.eval()(torch.from_numpy(batch.planes).to(next(student.parameters()).device))
    choices = said.policy_logits.argmax(dim=1).cpu().numpy()
    values = batch.value_target[:, 0] - batch.value_target[:, 2]
    return {
        "same_move": float((choices == batch.policy_target.argmax(axis=1)).mean()),
        "value_difference": float(np.abs(said.values().cpu().numpy() - values).mean()),
        "positions": len(choices),
    }
