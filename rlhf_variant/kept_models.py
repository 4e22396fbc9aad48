"""The reward model of each row of a sweep as a run of its own: its comparisons, its weights, what it was for.

Every command that reads the reward models of a run reads these: `yomi rlhf eval`, `probe`, `fit`, `exchange`,
`report`, `yomi compare --reward-model`, `yomi play --reward-model`.
"""

import shutil
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from rlhf_variant.board_text import board_texts, canonical_keys
from rlhf_variant.boards import Boards
from rlhf_variant.comparisons import Labeled
from rlhf_variant.experiment import Arm, Experiment
from rlhf_variant.irrationality import Answer
from rlhf_variant.pairs import rules_as_text
from rlhf_variant.query import Query, Side, Source, Split
from rlhf_variant.query_queue import GivenAnswer, LabelerRecord, QueryQueue
from rlhf_variant.reward_model import RewardModel
from rlhf_variant.reward_store import RULES_FACT, keep_judge
from rlhf_variant.teaching import Lesson, Taught
from rlhf_variant.truth_file import TruthFile
from selfplay.run_store import RunStore

MODELS = "models"
ROW_FACT = "row"
"""Which row of which experiment a kept model belongs to, and how well it did there."""
ANSWERS: dict[float, Answer] = {1.0: "a", 0.0: "b", 0.5: "tie"}
NO_BOARDS = Boards(np.zeros((0, 1, 1), np.int8), np.zeros(0, np.int8), np.zeros(0, np.float32))


def model_path(folder: Path, arm: str, seed: int) -> Path:
    """Where the reward model of a row lies, as a run."""
    return folder / MODELS / f"{arm}-{seed}"


def keep_model(
    folder: Path,
    experiment: Experiment,
    arm: Arm,
    seed: int,
    taught: Taught | RewardModel,
    policy: str,
) -> None:
    """Write the reward model of a row; the folder is there as a whole or not at all.

    Args:
        folder: of the sweep.
        experiment: the settings.
        arm: of the row.
        seed: of the row.
        taught: the model with what it was taught by, or one that was taught nothing.
        policy: names who played the boards.
    """
    path = model_path(folder, arm.name, seed)
    making = path.with_name(f".{path.name}")
    for old in (making, path):
        shutil.rmtree(old, ignore_errors=True)
    with RunStore(making) as store:
        store.set_fact(RULES_FACT, experiment.lab.rules.to_dict())
        row = {"experiment": experiment.name, **asdict(arm), "seed": seed}
        if isinstance(taught, Taught):
            keep_comparisons(store, experiment, arm, seed, taught, policy)
            store.set_fact(ROW_FACT, {**row, "report": taught.report})
            keep_judge(store, taught.judge, taught.train.pairs, experiment.reward_learner)
        else:
            store.set_fact(ROW_FACT, row)
            nothing = Labeled(NO_BOARDS, NO_BOARDS, np.zeros(0, np.float32))
            keep_judge(store, taught, nothing, experiment.reward_learner)
    making.rename(path)


def keep_comparisons(
    store: RunStore, experiment: Experiment, arm: Arm, seed: int, taught: Taught, policy: str
) -> None:
    """Put the questions of a row and their answers into the queue of its run, margins into the file of truth.

    A question that was asked twice is there once.
    """
    queue = QueryQueue(store)
    name = f"{arm.labeler}~shuffled" if arm.shuffled else arm.labeler
    queue.enter(LabelerRecord(name, "simulated", {"seed": seed}, "1"))
    now = time.time()
    sides: tuple[tuple[Split, Lesson], ...] = (("train", taught.train), ("held_out", taught.held_out))
    for split, lesson in sides:
        queries = _queries(lesson, experiment, split, policy)
        queue.ask(queries)
        queue.answer(
            GivenAnswer(query.key, name, 0, ANSWERS[float(preference)], now, now)
            for query, preference in zip(queries, lesson.pairs.preference_a, strict=True)
        )
        with TruthFile(store.folder) as truth:
            truth.note_margins(
                (query.key, float(first), float(second))
                for query, (first, second) in zip(queries, lesson.margins, strict=True)
            )


def _queries(lesson: Lesson, experiment: Experiment, split: Split, policy: str) -> list[Query]:
    rules = rules_as_text(experiment.lab.rules)
    first, second = (
        _sides(boards, lesson, place, experiment.lab.seed, policy)
        for place, boards in enumerate((lesson.pairs.a, lesson.pairs.b))
    )
    pool = f"{experiment.pool.boards} boards"
    return [
        Query("boards" if len(one.boards) == 1 else "segments", rules, one, other, split=split, pool=pool)
        for one, other in zip(first, second, strict=True)
    ]


def _sides(boards: Boards, lesson: Lesson, place: int, seed: int, policy: str) -> list[Side]:
    """The boards or clips as sides. Each is of a game of its own, which its last board names."""
    texts, length = board_texts(boards), lesson.pairs.clip_length
    names = canonical_keys(boards.select(np.arange(length - 1, len(texts), length)))
    return [
        Side(
            tuple(texts[number * length : (number + 1) * length]),
            Source(name, policy, seed, int(lesson.plies[number, place])),
            bool(lesson.is_reversed[number, place]),
        )
        for number, name in enumerate(names)
    ]
