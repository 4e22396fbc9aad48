"""Questions about two moves of the reference policy in one position, answered by what stands after them."""

import numpy as np
import numpy.typing as npt

from engine.board import State
from rlhf_variant.boards import Boards, present_boards, state_of_boards
from rlhf_variant.classroom import Classroom, utility_of
from rlhf_variant.comparisons import TARGETS
from rlhf_variant.cut_rewards import color_sign
from rlhf_variant.direct_preference import Siblings, siblings_of
from rlhf_variant.experiment import Arm
from rlhf_variant.labelers import labeler_of
from rlhf_variant.sampling_policy import ILLEGAL, SamplingPolicy
from selfplay.generate import play_actions

BATCH = 512


def sibling_questions(classroom: Classroom, arm: Arm) -> Siblings:
    """Ask a labeler about N positions of the pool; ties are left out.

    The two moves are drawn from the reference policy without replacement, by Gumbel's trick.

    Args:
        classroom: positions, reference and referee.
        arm: says who is asked and how often.

    Raises:
        ValueError: the pool has fewer positions than are asked for.
    """
    lab, num_boards = classroom.lab, len(classroom.taught.plies)
    if arm.comparisons > num_boards:
        raise ValueError(f"arm {arm.name}: expected at most {num_boards} comparisons, one a position")
    random = np.random.default_rng(np.random.SeedSequence([classroom.seed, 310]))
    boards = classroom.taught.boards.select(random.permutation(num_boards)[: arm.comparisons])
    state, rows = state_of_boards(boards, lab.rules), np.arange(arm.comparisons)
    scores = SamplingPolicy(lab.reference, lab.rules, BATCH).log_probabilities(state, rows)
    noisy = np.where(scores > ILLEGAL / 2, scores + random.gumbel(size=scores.shape), -np.inf)
    first, second = np.argsort(-noisy, axis=1)[:, :2].T
    second = np.where(np.isfinite(noisy[rows, second]), second, first)  # an only move ties with itself
    one, other = (_utility_after(classroom, arm.labeler, boards, moves, random) for moves in (first, second))
    answers = labeler_of(arm.labeler).answers(one, other, random)
    preference = np.array([TARGETS[answer] for answer in answers], np.float32)
    preference[first == second] = TARGETS["tie"]
    return siblings_of(lab.reference.config, lab.rules, state, first, second, preference)


def _utility_after(
    classroom: Classroom,
    labeler: str,
    boards: Boards,
    moves: npt.NDArray[np.int64],
    random: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """`[N]` what the boards after the moves are worth to those who played them."""
    after: State = state_of_boards(boards, classroom.lab.rules)
    rows = np.arange(len(moves))
    play_actions(after, rows, moves)
    if labeler == "truth":
        margins = classroom.lab.referee.margins(after, rows, classroom.experiment.pool.continuations, random)
        of_black = np.sign(margins).mean(axis=1)
    else:
        of_black = utility_of(labeler)(present_boards(after, rows))
    return np.asarray(of_black * color_sign(boards.to_play), np.float64)
