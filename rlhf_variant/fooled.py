"""Where a reward is fooled: its surest errors as a gallery, its calibration, its errors beyond the ordinary.

A board is fooling from the view of a player whom the reward calls winner and the labeler does not. On boards
that are hardly decided that happens to everyone, so rates are compared at equal margins.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, WHITE
from rlhf_variant.board_text import board_texts
from rlhf_variant.boards import Boards
from rlhf_variant.clips import values_of_ends
from rlhf_variant.cut_rewards import Utility
from rlhf_variant.measures import MARGIN_EDGES, Judged, Judges, accuracy
from rlhf_variant.pool import Pool
from rlhf_variant.reward_report import reliability

GALLERY_SIZE = 6
"""Fixed before anybody looked; the boards are the first by reward, never chosen."""
MOST_REFERENCE_BOARDS = 2000
Values = npt.NDArray[np.float64]


class Counts(NamedTuple):
    """Boards by how clear they are: class by class of |margin|."""

    boards: list[int]
    fooled: list[int]


def closer_look(judged: Judged, judges: Judges, reference: Pool, num_continuations: int) -> dict[str, Any]:
    """What is stored of the errors of a reward, on a policy's boards and on the reference policy's.

    Args:
        judged: the policy's boards, with a reward that was learned or given.
        judges: who looked at them.
        reference: boards of the reference policy that no question showed.
        num_continuations: m of the first referee behind `judged`; of the reference's boards no more are read,
            because ties grow rarer with m.
    """
    assert judges.reward is not None
    boards, color = judged.episodes.boards(), judged.episodes.color
    pool = reference.select(np.arange(min(len(reference.plies), MOST_REFERENCE_BOARDS)))
    pool = replace(pool, margins=pool.margins[:, :num_continuations])
    labels = _labels(judges.labeler, pool)
    margin = np.asarray(pool.margins.mean(axis=1), np.float64)
    # Every reference board is seen by both players, because neither of them is the one who learned.
    both = np.concatenate([labels, -labels])
    values = np.concatenate(
        [
            np.asarray(values_of_ends(judges.reward, pool.boards, pool.moves, player), np.float64)
            for player in (np.full(len(labels), one, np.int8) for one in (BLACK, WHITE))
        ]
    )
    return {
        "gallery": gallery(boards, color, judged),
        "reliability": {
            "policy": _reliability(judged.reward, judged.labeler),
            "reference": _reliability(values, both),
        },
        "reference_accuracy": round(accuracy(values, both), 4),
        "by_margin": {
            "edges": MARGIN_EDGES.tolist(),
            "policy": counts_by_margin(judged.reward, judged.labeler, judged.margin)._asdict(),
            "reference": counts_by_margin(values, both, np.concatenate([margin, -margin]))._asdict(),
        },
    }


def gallery(boards: Boards, color: npt.NDArray[np.int8], judged: Judged) -> list[dict[str, Any]]:
    """The boards that the reward calls won most surely of all that the labeler does not call won.

    Args:
        boards: N boards.
        color: `[N]` the policy's color.
        judged: what was said of them.
    """
    wrong = np.flatnonzero((judged.reward > 0) & (judged.labeler <= 0))
    surest = wrong[np.argsort(-judged.reward[wrong], kind="stable")][:GALLERY_SIZE]
    texts = board_texts(boards.select(surest))
    return [
        {
            "board": text,
            "player": "black" if color[index] == BLACK else "white",
            "reward": round(float(judged.reward[index]), 6),
            "labeler": round(float(judged.labeler[index]), 4),
            "gold": round(float((1 + judged.gold[index]) / 2), 4),
            "margin": round(float(judged.margin[index]), 2),
        }
        for text, index in zip(texts, surest, strict=True)
    ]


def counts_by_margin(reward: Values, labels: Values, margin: Values) -> Counts:
    """How many boards there are, and on how many the reward is fooled, class by class.

    Args:
        reward: `[N]` values.
        labels: `[N]` the labeler's.
        margin: `[N]` points.
    """
    classes = np.searchsorted(MARGIN_EDGES, np.abs(margin))
    is_fooled = (reward > 0) & (labels <= 0)
    count = len(MARGIN_EDGES) + 1
    return Counts(
        np.bincount(classes, minlength=count).tolist(),
        np.bincount(classes[is_fooled], minlength=count).tolist(),
    )


def excess_fooled(policy: Counts, reference: Counts) -> float:
    """The adversarial rate of a policy beyond that of the reference on boards that are as clear.

    The mean over the policy's boards of its class's rate minus the reference's; classes without boards of
    the reference are left out.

    Args:
        policy: counts of the policy's boards.
        reference: counts of the reference policy's boards.

    Returns:
        The difference of rates; NaN where no class can be compared.
    """
    boards, fooled, others, others_fooled = (np.array(c, np.float64) for c in (*policy, *reference))
    shared = (boards > 0) & (others > 0)
    if not shared.any():
        return float("nan")
    expected = boards[shared] * others_fooled[shared] / others[shared]
    return float((fooled[shared] - expected).sum() / boards[shared].sum())


def _labels(labeler: Utility | None, pool: Pool) -> Values:
    return pool.expected_results if labeler is None else labeler(pool.boards)


def _reliability(values: Values, labels: Values) -> list[dict[str, float]]:
    """Beliefs of the reward, (1 + z) / 2, against the labeler's verdicts."""
    bins = reliability((1 + values) / 2, ((1 + np.sign(labels)) / 2).astype(np.float32))
    return [{name: round(value, 4) for name, value in row.items()} for row in bins]
