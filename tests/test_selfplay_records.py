"""Stored games: their names, and arrays that come back bit for bit or not at all."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_records import random_record

from engine.rulesets import go_rules, gomoku_rules
from selfplay.records import MAX_BLOB, pack_array, unpack_array

KINDS = [np.int16, np.uint16, np.float32]


def test_games_of_equal_rules_and_moves_have_equal_names_whatever_the_search_found() -> None:
    record = random_record(go_rules(5), seed=1)
    searched_again = replace(record, visits=record.visits + 1, value_targets=-record.value_targets)
    assert record.digest() == searched_again.digest()


def test_games_that_differ_in_a_move_or_a_rule_have_different_names() -> None:
    record = random_record(go_rules(5), seed=1)
    names = [
        record.digest(),
        replace(record, moves=record.moves[:-1]).digest(),
        replace(record, moves=record.moves[::-1].copy()).digest(),
        replace(record, rules=go_rules(5, komi=7.5)).digest(),
        replace(record, rules=gomoku_rules(5)).digest(),
    ]
    assert len(set(names)) == len(names)


def test_the_name_of_a_game_is_the_same_on_every_machine() -> None:
    # From `random_record(gomoku_rules(3), seed=1)` without moves: stored runs rely on it.
    record = random_record(gomoku_rules(3), seed=1, max_moves=0)
    assert record.num_moves == 0
    assert record.digest() == "affba6d892ce63f0b128bbbe1af00957"


@given(st.binary(max_size=400), st.sampled_from(KINDS))
def test_an_array_comes_back_bit_for_bit(data: bytes, kind: type[np.generic]) -> None:
    array = np.frombuffer(data[: len(data) // 4 * 4], kind)
    unpacked = unpack_array(pack_array(array), kind)
    assert unpacked.dtype == kind
    assert unpacked.tobytes() == array.tobytes()


def test_an_unpacked_array_may_be_written_to() -> None:
    unpacked = unpack_array(pack_array(np.arange(3, dtype=np.int16)), np.int16)
    unpacked[0] = 7
    assert unpacked.tolist() == [7, 1, 2]


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"no zlib",
        pack_array(np.arange(1000, dtype=np.int16))[:-1],
        zlib.compress(b"odd"),
        zlib.compress(bytes(MAX_BLOB + 1)),
    ],
    ids=["nothing", "garbage", "cut short", "half a number", "larger than any game"],
)
def test_damaged_bytes_are_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match=r"stored array|buffer size"):
        unpack_array(blob, np.int16)
