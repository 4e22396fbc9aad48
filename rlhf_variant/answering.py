"""Letting a simulated labeler answer the queue of a run; what it draws by chance depends on the query alone.

Answers rest on boards and on how games went on. Nothing here reads what a network or a reward model said.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from engine.board import PRISONERS_OF_BLACK, PRISONERS_OF_WHITE, new_state
from engine.rules_kernels import play
from engine.scoring import scores_black
from rlhf_variant.board_text import boards_of_texts
from rlhf_variant.irrationality import (
    PRESET_AGREEMENTS,
    Habits,
    LabelerError,
    Temper,
    beta_for_agreement,
    fitted_temper,
    require_rate,
)
from rlhf_variant.labelers import Labeler, labeler_of
from rlhf_variant.query import Query, Side
from rlhf_variant.query_queue import GivenAnswer, LabelerRecord, QueryQueue
from rlhf_variant.truth_file import TruthFile
from rlhf_variant.vibes import Utilities
from selfplay.records import GameRecord
from selfplay.run_store import RunStore

CHUNK = 200
POOL_QUERIES = 10_000
"""So many queries, the first ones, set a labeler's scale."""


@dataclass(frozen=True)
class GameFacts:
    """What happened in a game.

    Attributes:
        margin: final points of Black.
        prisoners: `[T + 1]` stones taken by Black minus stones lost, before each ply.
    """

    margin: float
    prisoners: npt.NDArray[np.int64]


class Evidence:
    """The games behind the queries of a run; each is played again when first asked about."""

    def __init__(self, store: RunStore) -> None:
        """Read the games of a run that were played for comparisons."""
        self._games = {game.digest(): game for game in store.games("reference")}
        self._facts: dict[str, GameFacts] = {}

    def of(self, side: Side) -> GameFacts:
        """What happened in the game of a side."""
        digest = side.source.game_hash
        if digest not in self._games:
            raise LabelerError(f"game {digest}: expected in this run; only a person can judge without games")
        if digest not in self._facts:
            self._facts[digest] = facts_of(self._games[digest])
        return self._facts[digest]

    def margin(self, side: Side) -> float:
        """Final points of Black as the side is shown."""
        return _sign(side) * self.of(side).margin

    def knows(self, side: Side) -> bool:
        """Whether the game of a side is in this run."""
        return side.source.game_hash in self._games


def facts_of(game: GameRecord) -> GameFacts:
    """Play a game again.

    Raises:
        OutcomeForbiddenError: behind the firewall.
    """
    state = new_state(game.rules)
    prisoners = np.zeros(game.num_moves + 1, np.int64)
    for ply, move in enumerate(game.moves, 1):
        play(state, 0, int(move))
        prisoners[ply] = state.scalars[0, PRISONERS_OF_BLACK] - state.scalars[0, PRISONERS_OF_WHITE]
    return GameFacts(float(scores_black(state, [0])[0]), prisoners)


def side_utilities(
    labeler: Labeler, sides: Sequence[Side], evidence: Evidence, myopia: float = 1.0
) -> Utilities:
    """What a labeler thinks of sides.

    Args:
        labeler: who is asked.
        sides: `N` of one size of board.
        evidence: the games behind them.
        myopia: weight of each board of a clip against the next.

    Returns:
        `[N]` means over the boards of each side.
    """
    texts = [text for side in sides for text in side.boards]
    told = np.array([told for side in sides for told in _told(labeler, side, evidence)], np.float64)
    each = labeler.utility(boards_of_texts(texts), told)
    utilities, start = np.empty(len(sides)), 0
    for index, side in enumerate(sides):
        length = len(side.boards)
        weights = myopia ** np.arange(length - 1, -1, -1, dtype=np.float64)
        utilities[index] = np.average(each[start : start + length], weights=weights)
        start += length
    return utilities


def tempered_labeler(store: RunStore, name: str, habits: Habits, preset: str | None = None) -> Temper:
    """How a labeler errs in a run: fixed in its first session, and the same ever after.

    Args:
        store: the run, with queries.
        name: of the labeler.
        habits: what it does wrong.
        preset: one of `PRESET_AGREEMENTS`; its beta is found by bisection against the truth.
    """
    if preset is not None and preset not in PRESET_AGREEMENTS:
        raise LabelerError(f"preset {preset!r}: expected one of {', '.join(PRESET_AGREEMENTS)}")
    fact = f"temper {answering_name(name, habits, preset)}"
    known = store.fact(fact)
    if known is not None:
        return Temper(Habits(**known["habits"]), known["spread"], known["poor"])
    if preset is None and habits == Habits():
        return Temper()
    if preset is not None and (habits.mistake or habits.beta is not None):
        raise LabelerError(f"preset {preset!r}: expected without beta and mistake, it finds its own noise")
    queries = [query for _, query in QueryQueue(store).queries()[:POOL_QUERIES]]
    if not queries:
        raise LabelerError("labeler: expected queries to set its scale by")
    evidence, labeler = Evidence(store), labeler_of(name)
    first, second = (
        side_utilities(labeler, sides, evidence, habits.myopia)
        for sides in ([q.a for q in queries], [q.b for q in queries])
    )
    temper = fitted_temper(habits, np.concatenate([first, second]))
    if preset is not None:
        truth = np.array([evidence.margin(q.a) - evidence.margin(q.b) for q in queries])
        beta = beta_for_agreement(PRESET_AGREEMENTS[preset], (first - second) / temper.spread, truth)
        temper = Temper(Habits(**{**asdict(habits), "beta": beta}), temper.spread, temper.poor)
    store.set_fact(fact, asdict(temper))
    return temper


def answering_name(name: str, habits: Habits, preset: str | None) -> str:
    """What a labeler with habits is called in the table of answers."""
    changed = [f"{key}={value}" for key, value in asdict(habits).items() if value != getattr(Habits(), key)]
    return "~".join([name, *([preset] if preset else []), *changed])


def answer_queue(
    store: RunStore,
    name: str,
    habits: Habits | None = None,
    preset: str | None = None,
    seed: int = 1,
    progress: Callable[[int], None] = lambda count: None,
) -> str:
    """Let a labeler answer what is open to it.

    A process that is killed loses at most the queries it was at; the next one gives the same answers.

    Args:
        store: the run.
        name: of the labeler.
        habits: what it does wrong; None for nothing.
        preset: see `tempered_labeler`.
        seed: of its noise.
        progress: told of answered queries.

    Returns:
        What it is called in the table of answers.
    """
    habits = habits or Habits()
    labeler, evidence, queue = labeler_of(name), Evidence(store), QueryQueue(store)
    habits = habits if not labeler.mistake_rate else Habits(mistake=labeler.mistake_rate)
    temper, label = tempered_labeler(store, name, habits, preset), answering_name(name, habits, preset)
    queue.enter(LabelerRecord(label, "simulated", {**asdict(temper.habits), "seed": seed}, "1"))
    try:
        with TruthFile(store.folder) as truth:
            while claimed := [query for _, query in queue.claim(label, CHUNK)]:
                shown = time.time()
                _require_answerable(labeler, claimed)
                first, second = (
                    side_utilities(labeler, sides, evidence, temper.habits.myopia)
                    for sides in ([q.a for q in claimed], [q.b for q in claimed])
                )
                keys = [query.key for query in claimed]
                answers = temper.answers(first, second, chances(keys, label, seed))
                truth.note_utilities(label, zip(keys, map(float, first), map(float, second), strict=True))
                truth.note_margins(
                    (q.key, evidence.margin(q.a), evidence.margin(q.b))
                    for q in claimed
                    if q.pair_type != "siblings" and evidence.knows(q.a) and evidence.knows(q.b)
                )
                now = time.time()
                queue.answer(
                    GivenAnswer(key, label, 0, answer, shown, now)
                    for key, answer in zip(keys, answers, strict=True)
                )
                progress(len(claimed))
    finally:
        queue.release(label)
    return label


def chances(keys: Sequence[str], labeler: str, seed: int) -> npt.NDArray[np.float64]:
    """`[N, 2]` uniform numbers in [0, 1) that depend on query, labeler and seed alone."""
    digests = b"".join(hashlib.sha256(f"{seed} {labeler} {key}".encode()).digest()[:16] for key in keys)
    return np.frombuffer(digests, ">u8").astype(np.float64).reshape(-1, 2) / 2.0**64


def require_promised_rates(store: RunStore, label: str, temper: Temper, preset: str | None) -> None:
    """Pass if a labeler did what its habits say.

    Args:
        store: the run it answered.
        label: what it is called there.
        temper: how it was to err.
        preset: whose agreement with the truth it was to have.

    Raises:
        LabelerError: a rate is not what was promised.
    """
    given = {answer.key: answer.answer for answer in QueryQueue(store).answers(label)}
    with TruthFile(store.folder) as truth:
        own, true = truth.utility_gaps(label), truth.margin_gaps()
    decided = {key: a == "a" for key, a in given.items() if a in ("a", "b")}
    flips = sum(first != (own[key] > 0) for key, first in decided.items())
    gaps = np.array([own[key] for key in decided]) / temper.spread
    sure = 1.0 if temper.habits.beta is None else 1 / (1 + np.exp(-temper.habits.beta * np.abs(gaps)))
    wrong = float(np.mean((1 - sure) * (1 - temper.habits.mistake) + sure * temper.habits.mistake))
    require_rate("turned answers", flips, len(decided), wrong)
    if preset is not None:
        agreed = [first == (true[key] > 0) for key, first in decided.items() if true.get(key, 0) != 0]
        require_rate("agreement", sum(agreed), len(agreed), PRESET_AGREEMENTS[preset])


def _require_answerable(labeler: Labeler, queries: Sequence[Query]) -> None:
    reads_game = labeler.is_truth or labeler.evidence != "margin"
    if reads_game and any(query.pair_type == "siblings" for query in queries):
        raise LabelerError(f"labeler {labeler.name}: knows the game, which siblings are no part of")


def _told(labeler: Labeler, side: Side, evidence: Evidence) -> list[float]:
    """What a labeler may know of each board of a side besides the board."""
    length = len(side.boards)
    if labeler.evidence == "prisoners":
        last = side.source.ply
        taken = evidence.of(side).prisoners
        return [_sign(side) * float(taken[last - length + 1 + i]) for i in range(length)]
    if labeler.is_truth:
        return [evidence.margin(side)] * length
    return [0.0] * length


def _sign(side: Side) -> int:
    return -1 if side.is_reversed else 1
