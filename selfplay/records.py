"""A stored game: moves and search results, never tensors, so planes can change without losing games."""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.rulesets import Rules, rules_from_dict

MAX_BLOB = 1 << 24
COLUMNS = (
    "rules",
    "moves",
    "visits",
    "root_values",
    "value_targets",
    "score_black",
    "is_truncated",
    "weights",
)
"""The columns that a stored game takes."""


@dataclass(frozen=True)
class GameRecord:
    """One finished game of T moves over A actions.

    Attributes:
        rules: what was played.
        moves: `[T]` int16 actions, Black first.
        visits: `[T, A]` uint16 weights of the policy target: root visits, or what they are pruned to, or an
            improved policy; a row of zeros is not a policy target (opening moves, cheap searches).
        root_values: `[T]` float32 search values to the side to move.
        value_targets: `[T]` float32 targets to the side to move, from the run's value source.
        score_black: final points of Black where they are a target, else None.
        is_truncated: whether the move limit ended the game.
        weights: `[T]` float32 how often each position is drawn in training, None for all alike.
    """

    rules: Rules
    moves: npt.NDArray[np.int16]
    visits: npt.NDArray[np.uint16]
    root_values: npt.NDArray[np.float32]
    value_targets: npt.NDArray[np.float32]
    score_black: float | None
    is_truncated: bool = False
    weights: npt.NDArray[np.float32] | None = None

    @property
    def num_moves(self) -> int:
        """Length of the game."""
        return len(self.moves)

    @property
    def num_targets(self) -> int:
        """Positions with a policy target: those that are learned from."""
        return int(self.visits.any(axis=1).sum())

    def digest(self) -> str:
        """Name of the game: equal for equal rules and moves, on every machine."""
        text = repr(sorted(self.rules.to_dict().items())).encode()
        return hashlib.sha256(text + self.moves.tobytes()).hexdigest()[:32]

    def to_columns(self) -> tuple[Any, ...]:
        """Values for `COLUMNS`: text, numbers, packed arrays and None."""
        arrays = (self.moves, self.visits, self.root_values, self.value_targets)
        return (
            json.dumps(self.rules.to_dict()),
            *(pack_array(array) for array in arrays),
            self.score_black,
            int(self.is_truncated),
            None if self.weights is None else pack_array(self.weights),
        )


def record_from_columns(row: Sequence[Any]) -> GameRecord:
    """Inverse of `GameRecord.to_columns`; what follows the columns is not looked at.

    Raises:
        ValueError: an array is damaged.
    """
    rules = rules_from_dict(json.loads(row[0]))
    moves = np.asarray(unpack_array(row[1], np.int16), np.int16)
    visits = np.asarray(unpack_array(row[2], np.uint16), np.uint16)
    return GameRecord(
        rules=rules,
        moves=moves,
        visits=visits.reshape(len(moves), rules.num_actions),
        root_values=np.asarray(unpack_array(row[3], np.float32), np.float32),
        value_targets=np.asarray(unpack_array(row[4], np.float32), np.float32),
        score_black=row[5],
        is_truncated=bool(row[6]),
        weights=None if row[7] is None else np.asarray(unpack_array(row[7], np.float32), np.float32),
    )


def pack_array(array: npt.NDArray[np.generic]) -> bytes:
    """Compressed bytes of an array; shape and dtype are known to the reader."""
    return zlib.compress(np.ascontiguousarray(array).tobytes(), 3)


def unpack_array(blob: bytes, dtype: type[np.generic]) -> npt.NDArray[np.generic]:
    """Inverse of `pack_array`, flat.

    Raises:
        ValueError: the bytes are damaged or larger than any game.
    """
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(blob, MAX_BLOB)
    except zlib.error as error:
        raise ValueError(f"stored array: {error}") from None
    if inflater.unconsumed_tail or not inflater.eof:
        raise ValueError("stored array: larger than any game, or cut short")
    return np.frombuffer(data, dtype).copy()
