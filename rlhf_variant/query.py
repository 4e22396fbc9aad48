"""A question to a labeler: two sides, each one board or a clip of several, and where they come from."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from engine.errors import YomiError
from rlhf_variant.irrationality import Answer

PairType = Literal["boards", "siblings", "finished", "segments", "games"]
PAIR_TYPES: tuple[PairType, ...] = get_args(PairType)
SINGLE_BOARDS: tuple[PairType, ...] = ("boards", "siblings", "finished")
"""Questions about one board a side; a reward model of boards learns from these, or from segments."""
ANSWERS: tuple[Answer, ...] = get_args(Answer)
Split = Literal["train", "held_out"]


class QueryError(YomiError):
    """A question or an answer that makes no sense."""


@dataclass(frozen=True)
class Source:
    """Where a side comes from.

    Attributes:
        game_hash: digest of the game.
        policy_hash: who played it.
        seed: of its match.
        ply: moves played before the last board.
    """

    game_hash: str
    policy_hash: str
    seed: int
    ply: int


@dataclass(frozen=True)
class Side:
    """What is shown on one side.

    Attributes:
        boards: texts of `rlhf_variant.board_text`, in the order in which they arose.
        source: where they come from.
        is_reversed: whether they are shown with colors reversed.
    """

    boards: tuple[str, ...]
    source: Source
    is_reversed: bool = False


@dataclass(frozen=True)
class Query:
    """One question: which side would you rather be Black in?

    Attributes:
        pair_type: what is compared.
        rules: JSON of what was played.
        a: one side.
        b: the other.
        shown: which of them is on the left.
        split: whether it may be trained on.
        strategy: how it was chosen.
        pool: what it was chosen from.
        ens_var: variance of an ensemble about it, where one was asked.
        note: anything else.
    """

    pair_type: PairType
    rules: str
    a: Side
    b: Side
    shown: Literal["ab", "ba"] = "ab"
    split: Split = "train"
    strategy: str = "uniform"
    pool: str = ""
    ens_var: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for name, allowed in (("pair_type", PAIR_TYPES), ("shown", ("ab", "ba")), ("split", get_args(Split))):
            if getattr(self, name) not in allowed:
                raise QueryError(f"{name} {getattr(self, name)!r}: expected {', '.join(allowed)}")
        if not self.a.boards or not self.b.boards:
            raise QueryError("query: expected boards on both sides")

    @property
    def key(self) -> str:
        """Hash of what is compared, the same in every process: the same question is not asked twice."""
        content = json.dumps([self.pair_type, self.rules, self.a.boards, self.b.boards])
        return hashlib.sha256(content.encode()).hexdigest()[:32]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"key": self.key, **asdict(self)}


def query_from_dict(data: dict[str, Any]) -> Query:
    """Inverse of `Query.to_dict`, for lines that a stranger wrote.

    Raises:
        QueryError: something is missing, too much, or of another form.
    """
    try:
        fields = {name: value for name, value in data.items() if name != "key"}
        for side in ("a", "b"):
            part = fields[side]
            source = Source(**part["source"])
            fields[side] = Side(tuple(map(str, part["boards"])), source, bool(part["is_reversed"]))
        query = Query(**fields)
    except (KeyError, TypeError, AttributeError) as error:
        raise QueryError(f"query: expected the fields that yomi rlhf exchange writes ({error})") from None
    if data.get("key", query.key) != query.key:
        raise QueryError(f"query {data['key']!r}: its boards are not those of the key")
    return query
