"""The one code that pairs sides: what may meet, what crosses the split, what may be repeated."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest

from rlhf_variant.pairing import Sides, crossing, draw, is_held_out, numbered
from rlhf_variant.query import QueryError


def sides_of(buckets: Sequence[int], games: Sequence[int], held_out: Sequence[bool]) -> Sides:
    """Sides that all show something of their own."""
    count = len(buckets)
    return Sides(
        np.array(buckets), np.array(games), np.arange(count), np.array(held_out), np.zeros(count, np.bool_)
    )


def test_exactly_the_pairs_that_may_meet_are_drawn() -> None:
    random = np.random.default_rng(1)
    sides = sides_of(random.integers(3, size=30), random.integers(8, size=30), [False] * 30)
    for within_games in (False, True):
        allowed = {
            pair
            for pair in combinations(range(30), 2)
            if sides.bucket[pair[0]] == sides.bucket[pair[1]]
            and (sides.game[pair[0]] == sides.game[pair[1]]) == within_games
        }
        wanted = len(allowed) * 3 // 4
        drawn = draw(sides, wanted, 0.0, random, within_games=within_games)
        found = {
            tuple(sorted(pair)) for pair in zip(drawn.first.tolist(), drawn.second.tolist(), strict=True)
        }
        assert len(found) == wanted
        assert found <= allowed
        with pytest.raises(QueryError, match=f"of {len(allowed) + 1} training ones"):
            draw(sides, len(allowed) + 1, 0.0, random, within_games=within_games)
        repeated = draw(sides, len(allowed) + 1, 0.0, random, within_games=within_games, may_repeat=True)
        assert len(repeated.first) == len(allowed) + 1


def test_both_sides_of_a_pair_are_on_one_side_of_the_split_and_what_is_left_out_stays_out() -> None:
    held_out = np.arange(40) % 4 == 0
    left_out = np.arange(40) % 5 == 0
    sides = sides_of([0] * 40, range(40), held_out)._replace(is_left_out=left_out)
    drawn = draw(sides, 50, 0.2, np.random.default_rng(1))
    assert (held_out[drawn.first] == held_out[drawn.second]).all()
    assert held_out[drawn.first].sum() == 10
    assert not left_out[drawn.first].any()
    assert not left_out[drawn.second].any()
    assert not (drawn.reversed_first & drawn.reversed_second).any()


def test_the_first_share_of_each_side_of_the_split_is_hard() -> None:
    sides = sides_of([0] * 40, range(40), [False] * 40)
    drawn = draw(
        sides, 40, 0.0, np.random.default_rng(1), hard_share=0.5, is_hard=lambda a, b: abs(a - b) < 5
    )
    assert (np.abs(drawn.first - drawn.second) < 5).sum() >= 20


def test_a_key_on_both_sides_of_the_split_marks_all_who_have_it() -> None:
    keys = [["a"], ["b", "c"], ["c"], ["d"], ["a", "e"], ["e"]]
    held_out = np.array([True, True, False, False, True, True])
    assert crossing(keys, held_out).tolist() == [False, True, True, False, False, False]
    assert numbered(["x", "y", "x"]).tolist() == [0, 1, 0]


def test_a_digest_says_the_side_of_the_split_and_shares_are_kept() -> None:
    digests = [f"{number * 2654435761 % 2**32:08x}" for number in range(4000)]
    assert np.mean([is_held_out(digest, 0.2) for digest in digests]) == pytest.approx(0.2, abs=0.02)
    assert not any(is_held_out(digest, 0.0) for digest in digests)
