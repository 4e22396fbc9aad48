"""A person answering the queue of a run, one query after the other, with some shown twice unannounced."""

import time
from dataclasses import dataclass
from typing import Literal

from rlhf_variant.answering import chances
from rlhf_variant.irrationality import Answer
from rlhf_variant.query import Query, Side
from rlhf_variant.query_queue import GivenAnswer, LabelerRecord, QueryQueue
from selfplay.run_store import RunStore

REPEAT_SHARE = 0.1
REPEAT_AFTER = 5
"""A repeat comes after at least so many other answers, and with its sides exchanged."""
Choice = Literal["left", "right", "tie", "cant_tell"]


@dataclass(frozen=True)
class Shown:
    """A query as it is on the screen.

    Attributes:
        query: the query.
        is_repeat: whether this person has answered it before.
        time: when it appeared, in seconds since 1970.
    """

    query: Query
    is_repeat: bool
    time: float

    @property
    def is_exchanged(self) -> bool:
        """Whether the second side is on the left."""
        return (self.query.shown == "ba") != self.is_repeat

    @property
    def sides(self) -> tuple[Side, Side]:
        """What is on the left and on the right."""
        a, b = self.query.a, self.query.b
        return (b, a) if self.is_exchanged else (a, b)

    def answer(self, choice: Choice) -> Answer:
        """A choice on the screen as an answer to the query."""
        if choice in ("tie", "cant_tell"):
            return choice
        return "a" if (choice == "left") != self.is_exchanged else "b"


class LabelSession:
    """Shows queries and keeps each answer at once; one that is started again goes on where it was.

    Attributes:
        current: what is shown now, None when all is answered.
    """

    def __init__(self, store: RunStore, labeler: str) -> None:
        """Begin or go on.

        Args:
            store: the run.
            labeler: the person's name.

        Raises:
            QueryError: the name stands for a simulated labeler.
        """
        self._queue, self._labeler = QueryQueue(store), labeler
        self._queue.enter(LabelerRecord(labeler, "human", {}, "1"))
        self._queries = {query.key: query for _, query in self._queue.queries()}
        self._given = sorted(self._queue.answers(labeler), key=lambda answer: answer.t_answer)
        self._waiting: list[Shown] = []
        self.current = self._next()

    @property
    def num_answered(self) -> int:
        """Queries this person has answered, repeats not counted."""
        return sum(answer.repeat == 0 for answer in self._given)

    @property
    def num_queries(self) -> int:
        """Queries there are."""
        return len(self._queries)

    def answer(self, choice: Choice) -> None:
        """Answer what is shown and go on to the next."""
        assert self.current is not None
        shown = self.current
        given = GivenAnswer(
            shown.query.key,
            self._labeler,
            int(shown.is_repeat),
            shown.answer(choice),
            shown.time,
            time.time(),
        )
        self._queue.answer([given])
        self._given.append(given)
        self.current = self._next()

    def undo(self) -> bool:
        """Take the last answer back and show its query again; False if there is none."""
        if not self._given:
            return False
        last = self._given.pop()
        self._queue.take_back(last.key, last.labeler, last.repeat)
        if self.current is not None:
            self._waiting.append(self.current)
        self.current = Shown(self._queries[last.key], bool(last.repeat), time.time())
        return True

    def close(self) -> None:
        """Give back what was shown and not answered."""
        self._queue.release(self._labeler)

    def self_agreement(self) -> tuple[int, int]:
        """How many repeats were answered as the first time, and how many there were."""
        first = {answer.key: answer.answer for answer in self._given if not answer.repeat}
        repeats = [answer for answer in self._given if answer.repeat]
        return sum(first.get(answer.key) == answer.answer for answer in repeats), len(repeats)

    def _next(self) -> Shown | None:
        if self._waiting:
            return self._waiting.pop()
        due = self._due(REPEAT_AFTER)
        if due is None:
            claimed = self._queue.claim(self._labeler, 1)
            if claimed:
                return Shown(claimed[0][1], False, time.time())
            due = self._due(0)
        return None if due is None else Shown(due, True, time.time())

    def _due(self, answers_between: int) -> Query | None:
        """The query that is to be shown once more now."""
        repeated = {answer.key for answer in self._given if answer.repeat}
        old = self._given[: len(self._given) - answers_between]
        keys = [answer.key for answer in old if not answer.repeat and answer.key not in repeated]
        drawn = chances(keys, self._labeler, seed=0)[:, 0] < REPEAT_SHARE
        return next((self._queries[key] for key, is_due in zip(keys, drawn, strict=True) if is_due), None)
