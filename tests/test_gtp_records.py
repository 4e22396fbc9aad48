"""What keepers of games tell the engine and ask of it over GTP: gomill's commands and those of CGOS."""

from __future__ import annotations

import re

import pytest
from test_gtp import new_engine, replies, snapshot, talk

from app.options import AgentChoice
from app.protocols.gtp_engine import GtpEngine
from engine.rulesets import go_rules
from engine.sgf import SgfGame, parse_sgf

UCT = AgentChoice("uct:60", seed=1)


def printed(engine: GtpEngine) -> SgfGame:
    (text,) = replies("printsgf", engine=engine)
    return parse_sgf(text.removeprefix("= ").encode(), "printsgf")


# gomill.


def test_a_move_is_explained_until_another_game_begins() -> None:
    engine = new_engine(agent=UCT)
    before, move, after = replies(
        "gomill-explain_last_move", "genmove b", "gomill-explain_last_move", engine=engine
    )
    assert before == "="
    first, best, *others = after.splitlines()
    assert re.fullmatch(r"= 60 visits, [0-9]+\.[0-9]% to win", first)
    assert re.fullmatch(rf"[0-9]+ visits, [0-9]+\.[0-9]%: {move[2:]}( \w+)*", best)
    assert len(others) == 4
    assert replies("clear_board", "gomill-explain_last_move", engine=engine) == ["=", "="]


def test_an_agent_that_does_not_search_explains_nothing() -> None:
    assert replies("genmove b", "gomill-explain_last_move")[1] == "="


def test_time_that_went_into_moves_is_counted_and_no_other() -> None:
    engine = new_engine(agent=UCT)
    started, shown, moved = replies(
        "gomill-cpu_time", "clear_board", "gomill-cpu_time", "genmove b", "gomill-cpu_time", engine=engine
    )[::2]
    assert started == shown == "= 0.000"
    assert float(moved[2:]) > 0


def test_the_engine_is_described_with_all_that_decides_its_moves() -> None:
    agent = AgentChoice("uct:60", search_settings=("c_uct=1.5",), resign_below=0.1)
    engine = GtpEngine(go_rules(5), agent, "0.16")
    (described,) = replies("gomill-describe_engine", engine=engine)
    name, label, search, settings, backend, resigns, seed = described.splitlines()
    assert (name, label) == ("= yomi 0.16", "agent: uct:60")
    assert search.startswith("search: maxVisits 60, maxTime 86400.0, numSearchThreads ")
    assert (settings, backend) == ("settings: c_uct=1.5", "backend: torch")
    assert (resigns, seed) == ("resigns: below 0.1", "seed: new each time")


# CGOS.


def test_a_game_is_printed_with_what_the_server_told_about_it() -> None:
    engine = new_engine()
    requests = b"cgos-opponent_name GNU Go\ncgos-opponent_rating 1800?\nclear_board\nplay b a1\ngenmove w\n"
    assert b"?" not in talk(requests, engine)
    game = printed(engine)
    assert (game.black_name, game.white_name, game.info["BR"], game.result) == ("GNU Go", "yomi", "1800?", "")
    assert talk(b"3 cgos-gameover W+2.5\n", engine) == b"=3\n\n"
    assert printed(engine).result == "W+2.5"
    replies("undo", engine=engine)
    assert printed(engine).result == ""


def test_another_opponent_has_no_rating_yet_and_black_may_be_ours() -> None:
    engine = new_engine()
    replies(
        "cgos-opponent_name a", "cgos-opponent_rating 1", "cgos-opponent_name b", "genmove b", engine=engine
    )
    game = printed(engine)
    assert (game.black_name, game.white_name, "WR" in game.info) == ("yomi", "b", False)


def test_nobody_has_a_name_before_the_engine_has_moved() -> None:
    engine = new_engine()
    replies("cgos-opponent_name somebody", "play b a1", engine=engine)
    assert printed(engine).black_name == printed(engine).white_name == ""


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("cgos-opponent_name", "expected the name of the opponent"),
        ("cgos-opponent_rating", "expected the rating of the opponent"),
        ("cgos-gameover", "expected a result such as B+3.5"),
    ],
)
def test_a_server_that_tells_nothing_is_refused(command: str, refusal: str) -> None:
    engine = new_engine()
    replies("cgos-opponent_name somebody", "cgos-opponent_rating 9", "play b a1", engine=engine)
    before = snapshot(engine), engine.session.opponent_name, engine.session.opponent_rating
    assert talk(f"8 {command}\n".encode(), engine) == f"?8 {refusal}\n\n".encode()
    assert (snapshot(engine), engine.session.opponent_name, engine.session.opponent_rating) == before


@pytest.mark.parametrize("told", ["]", "\\", "[;B[aa]", "ö", "x" * 400, "B+Illegal"])
def test_whatever_a_server_tells_the_printed_game_can_be_read(told: str) -> None:
    engine = new_engine()
    lines = [
        f"{command} {told}" for command in ("cgos-opponent_name", "cgos-opponent_rating", "cgos-gameover")
    ]
    assert replies(*lines, "genmove b", engine=engine)[:3] == ["="] * 3
    assert printed(engine).white_name == told[:80]
