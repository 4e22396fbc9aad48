"""Several reward models taught by resampled answers, and how to act on what they agree on.

Each member leaves out the questions that a hash of the question and of the member's number says, 1/e of
them, and is stopped by those. So no member is ever judged by what it was trained on: not when a question was
asked twice, and not in a later fit on more answers.

Sources: Breiman, Machine Learning 24 (1996) for the bootstrap; Oza & Russell, AISTATS 2001 for drawing it
question by question; Coste et al. 2023 (arXiv 2310.02743) for the lowest and the variance rule.
"""

import hashlib
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.symmetry import action_sources
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards, swap_colors
from rlhf_variant.comparisons import Labeled
from rlhf_variant.reward_learner import (
    Fit,
    RewardLearnerConfig,
    fit,
    fitted_temperature,
    pair_examples,
    pair_loss,
)
from rlhf_variant.reward_model import RewardConfig, RewardModel, new_reward_model

Rule = Literal["mean", "pessimistic", "lowest", "variance"]
RULES: tuple[Rule, ...] = ("mean", "pessimistic", "lowest", "variance")
ZERO_SUM: tuple[Rule, ...] = ("mean", "pessimistic")
"""Rules whose value of White is the negative of Black's; only these make sense in self-play."""
NUM_MEMBERS = 5
POISSON_SHARES = np.cumsum(np.exp(-1) / np.array([1, 1, 2, 6, 24, 120, 720, 5040]))
"""`[k]` chance that a question is drawn at most k times in a bootstrap."""


class RewardEnsemble:
    """Reward models that judge together; see `rlhf_variant.rewards.Reward`.

    With m the mean and sd the deviation of the members' values: `mean` is m; `pessimistic` is
    sign(m) max(0, |m| - doubt sd), so doubt draws both players to even; `lowest` is the least value and
    `variance` is m - doubt sd^2, pessimism for Black alone.

    Attributes:
        members: the models.
        rule: how they judge together.
    """

    def __init__(self, members: list[RewardModel], rule: Rule = "mean", doubt: float = 1.0) -> None:
        """Join models.

        Args:
            members: the models, one or more.
            rule: one of `RULES`.
            doubt: weight of disagreement.

        Raises:
            ValueError: no members, or another rule.
        """
        if not members or rule not in RULES:
            raise ValueError(f"ensemble of {len(members)} by {rule!r}: expected members, and one of {RULES}")
        self.members, self.rule = members, rule
        self._doubt = doubt

    @property
    def is_zero_sum(self) -> bool:
        """Whether White's value is the negative of Black's, as self-play needs it."""
        return self.rule in ZERO_SUM

    def member_values(self, boards: Boards) -> Floats:
        """`[M, N]` values of Black by each member."""
        return np.stack([member.values_black(boards) for member in self.members])

    def rewards(self, boards: Boards) -> Floats:
        """`[N]` mean rewards for Black, those of each member in units of its temperature."""
        own = [member.rewards(boards) / float(member.temperature) for member in self.members]
        return np.asarray(np.mean(own, axis=0), np.float32)

    def values_black(self, boards: Boards) -> Floats:
        """`[N]` values of Black in [-1, 1]."""
        return combined(self.member_values(boards), self.rule, self._doubt)


def combined(values: Floats, rule: Rule, doubt: float) -> Floats:
    """`[N]` values by a rule.

    Args:
        values: `[M, N]` of the members.
        rule: one of `RULES`; see `RewardEnsemble`.
        doubt: weight of disagreement.
    """
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    if rule == "mean":
        return np.asarray(mean, np.float32)
    if rule == "pessimistic":
        return np.asarray(np.sign(mean) * np.maximum(0, np.abs(mean) - doubt * deviation), np.float32)
    if rule == "lowest":
        return np.asarray(values.min(axis=0), np.float32)
    return np.asarray(np.maximum(mean - doubt * deviation**2, -1), np.float32)


class FittedEnsemble(NamedTuple):
    """An ensemble's members and how each was fitted."""

    members: list[RewardModel]
    fits: list[Fit]


def fit_ensemble(
    shape: RewardConfig,
    pairs: Labeled,
    held_out: Labeled,
    config: RewardLearnerConfig,
    seed: np.random.SeedSequence,
    num_members: int = NUM_MEMBERS,
    progress: Callable[[int], None] = lambda count: None,
) -> FittedEnsemble:
    """Teach fresh members, each by its own draw of the questions, and stop each by what it left out.

    Args:
        shape: of each member.
        pairs: answered pairs to draw from.
        held_out: pairs of other games; they fit the temperatures alone.
        config: how each member is fitted.
        seed: of weights and order; what a member leaves out does not depend on it.
        num_members: M.
        progress: told of finished epochs.

    Raises:
        ValueError: too few pairs: a member was left without some to learn from or to stop by.
    """
    keys, examples, loss_of = question_keys(pairs), pair_examples(pairs), pair_loss(config.error_rate)
    members, fits = [], []
    for number, member_seed in enumerate(seed.spawn(num_members)):
        counts = draws(keys, number)
        train = examples.select(np.repeat(np.arange(len(counts)), counts))
        left_out = examples.select(np.flatnonzero(counts == 0))
        weight_seed, order_seed = member_seed.spawn(2)
        member = new_reward_model(shape, int(weight_seed.generate_state(1)[0]))
        fits.append(fit(member, train, left_out, loss_of, config, order_seed, progress))
        member.temperature.fill_(fitted_temperature(member, held_out, config.error_rate))
        members.append(member)
    return FittedEnsemble(members, fits)


def question_keys(pairs: Labeled) -> list[bytes]:
    """A name for each pair, the same in whichever order, symmetry and colors its boards are shown."""
    length = max(pairs.clip_length, 1)

    def side_keys(boards: Boards) -> list[bytes]:
        keys = _board_keys(boards)
        return [b"".join(keys[start : start + length]) for start in range(0, len(keys), length)]

    as_shown = zip(side_keys(pairs.a), side_keys(pairs.b), strict=True)
    as_twins = zip(side_keys(swap_colors(pairs.a)), side_keys(swap_colors(pairs.b)), strict=True)
    return [b"".join(min(sorted(one), sorted(other))) for one, other in zip(as_shown, as_twins, strict=True)]


def _board_keys(boards: Boards) -> list[bytes]:
    count, height, width = boards.stones.shape
    turned = boards.stones.reshape(count, height * width)[:, action_sources(width, height)[:, :-1]]
    rest = [
        bytes([to_play]) + komi.tobytes() for to_play, komi in zip(boards.to_play, boards.komi, strict=True)
    ]
    return [min(row.tobytes() for row in rows) + tail for rows, tail in zip(turned, rest, strict=True)]


def draws(keys: list[bytes], member: int) -> npt.NDArray[np.int64]:
    """`[N]` how often a member's bootstrap holds each question; 0 where it is left out.

    Args:
        keys: of the questions.
        member: number of the member.
    """
    salt = member.to_bytes(8, "little")
    digests = [hashlib.blake2b(key, digest_size=8, salt=salt).digest() for key in keys]
    uniform = np.frombuffer(b"".join(digests), np.uint64) / 2.0**64
    return np.searchsorted(POISSON_SHARES, uniform, side="right")
