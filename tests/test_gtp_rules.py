"""The rules of Go as a client of `yomi gtp` sees them: ko, superko, suicide, captures, handicap, life."""

from __future__ import annotations

import pytest
from test_gtp import new_engine, replies

from app.protocols.gtp_engine import GtpEngine
from engine.rulesets import go_rules


def engine_under(ruleset: str, side: int) -> GtpEngine:
    return new_engine(go_rules(side, ruleset=ruleset))


def set_up(moves: str) -> list[str]:
    """`play` commands for words such as `bD4`."""
    return [f"play {word[0]} {word[1:]}" for word in moves.split()]


KO = "bB1 wC1 bA2 wD2 bB3 wC3 wB2 bC2"
"""Black has just taken in a ko: White may not take back at B2 at once."""


@pytest.mark.parametrize("ruleset", ["tromp-taylor", "chinese", "japanese", "aga", "new-zealand"])
def test_a_ko_is_retaken_only_after_moves_elsewhere(ruleset: str) -> None:
    engine = engine_under(ruleset, 5)
    assert set(replies(*set_up(KO), engine=engine)) == {"="}
    answers = replies("play w B2", *set_up("wE5 bD5 wB2"), "captures w", engine=engine)
    assert answers == ["? illegal move", "=", "=", "=", "= 1"]


@pytest.mark.parametrize(
    ("ruleset", "answer"),
    [
        ("tromp-taylor", "? illegal move"),
        ("chinese", "? illegal move"),
        ("japanese", "="),
        ("aga", "="),
        ("new-zealand", "="),
    ],
)
def test_sending_two_to_return_one_repeats_a_board_but_no_situation(ruleset: str, answer: str) -> None:
    engine = new_engine(go_rules(4, 3, ruleset=ruleset))
    assert set(replies(*set_up("bA2 wB3 wC2 wD3 bB2 wA3 bC3"), engine=engine)) == {"="}
    assert replies("captures b", "play w B3", engine=engine) == ["= 2", answer]


@pytest.mark.parametrize(
    ("ruleset", "answer"),
    [
        ("new-zealand", "="),
        ("tromp-taylor", "="),
        ("chinese", "? illegal move"),
        ("japanese", "? illegal move"),
    ],
)
def test_stones_may_take_their_own_life_where_the_rules_say_so(ruleset: str, answer: str) -> None:
    engine = engine_under(ruleset, 4)
    replies(*set_up("bA1 wB1 wB2 wA3"), engine=engine)
    assert replies("play b A2", "captures w", engine=engine) == [answer, "= 2" if answer == "=" else "= 0"]


@pytest.mark.parametrize("ruleset", ["new-zealand", "tromp-taylor", "chinese"])
def test_a_lone_stone_may_never_take_its_own_life(ruleset: str) -> None:
    engine = engine_under(ruleset, 4)
    replies(*set_up("wB1 wA2"), engine=engine)
    assert replies("play b A1", engine=engine) == ["? illegal move"]


def test_captures_count_the_stones_that_a_color_took() -> None:
    engine = engine_under("chinese", 5)
    replies(*set_up("bA1 bB1 wA2 wB2 wC1"), engine=engine)
    assert replies("captures black", "captures w", "captures", "captures x", engine=engine) == [
        "= 0",
        "= 2",
        "? invalid color",
        "? invalid color",
    ]


def test_fixed_handicap_stands_where_the_protocol_says() -> None:
    assert replies("boardsize 9", "fixed_handicap 4", "fixed_handicap 2") == [
        "=",
        "= C3 G7 C7 G3",
        "? board not empty",
    ]
    assert replies("boardsize 19", "fixed_handicap 9")[-1] == "= D4 Q16 D16 Q4 D10 Q10 K4 K16 K10"
    assert replies("boardsize 8", "fixed_handicap 5", "fixed_handicap x", "fixed_handicap 4") == [
        "=",
        "? invalid number of stones",
        "? handicap not an integer",
        "= C3 F6 C6 F3",
    ]


def test_free_handicap_is_placed_by_either_side() -> None:
    answers = replies("boardsize 9", "place_free_handicap 3", "undo")
    assert len(answers[1].split()) == 4
    assert answers[2] == "? cannot undo"
    assert replies("set_free_handicap A1 B2 C3", "play w A1", "clear_board", "set_free_handicap A1") == [
        "=",
        "? illegal move",
        "=",
        "? bad vertex list",
    ]


@pytest.mark.parametrize(
    ("ruleset", "score"), [("chinese", "= B+14.5"), ("aga", "= B+15.5"), ("new-zealand", "= B+18")]
)
def test_handicap_stones_cost_what_the_rules_say(ruleset: str, score: str) -> None:
    # Black owns the whole board of 25 points; three stones cost three, two, or nothing beyond komi.
    engine = engine_under(ruleset, 5)
    assert replies("set_free_handicap A1 B2 C3", "final_score", engine=engine) == ["=", score]


def test_unconditional_status_speaks_as_gnu_go() -> None:
    stones = "bA2 bB2 bC2 bD2 bD1 bB1 wE5"
    engine = engine_under("chinese", 5)
    replies(*set_up(stones), engine=engine)
    answers = replies(
        "unconditional_status A1",
        "unconditional_status B1",
        "unconditional_status E5",
        "unconditional_status Z9",
        engine=engine,
    )
    assert answers == ["= black_territory", "= alive", "= undecided", "? invalid coordinate"]
