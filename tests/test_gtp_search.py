"""KataGo's searches over GTP that choose a move and do not play it, and those that a client may cancel."""

from __future__ import annotations

import re

import pytest
from test_gtp import new_engine, replies, snapshot
from test_gtp_clients import PATTERNS, VERTEX, Talk

from app.options import AgentChoice
from engine.rulesets import go_rules, gomoku_rules

ENDLESS = AgentChoice("uct:1000000", seed=1)


def test_a_search_chooses_what_genmove_would_and_does_not_play_it() -> None:
    uct = AgentChoice("uct:50", seed=1)
    engine = new_engine(agent=uct)
    (found,) = replies("kata-search b", engine=engine)
    assert engine.session.game.moves == []
    assert replies("genmove b", engine=new_engine(agent=uct)) == [found]


@pytest.mark.parametrize("command", ["kata-search", "kata-search_cancellable"])
@pytest.mark.parametrize("words", ["", " red", " 5"])
def test_a_search_wants_a_color(command: str, words: str) -> None:
    engine = new_engine()
    before = snapshot(engine)
    assert replies(f"{command}{words}", engine=engine) == ["? invalid color or coordinate"]
    assert snapshot(engine) == before


@pytest.mark.parametrize("command", ["kata-search_analyze", "kata-search_analyze_cancellable"])
def test_a_search_that_shows_refuses_what_analysis_refuses(command: str) -> None:
    engine = new_engine()
    before = snapshot(engine)
    assert replies(f"{command} b 10 minvisits 5", engine=engine) == [
        "? 'minvisits': expected interval, maxmoves, ownership, avoid or allow"
    ]
    assert snapshot(engine) == before


@pytest.mark.parametrize("command", ["kata-search b", "kata-search_analyze b", "kata-search_cancellable b"])
def test_a_finished_game_is_not_searched(command: str) -> None:
    engine = new_engine(gomoku_rules(3))
    moves = [f"play b {vertex}" for vertex in ("a1", "a2", "a3")]
    assert replies(*moves, command, engine=engine)[-1] == "? the game is over"


@pytest.mark.parametrize("line", ["", "# a comment", "name", "stop"])
def test_anything_cancels_a_search_that_may_be_cancelled(line: str) -> None:
    with Talk(go_rules(9), ENDLESS) as talk:
        talk.send("7 kata-search_cancellable b")
        talk.send(line)
        talk.expect("=7 cancelled")
        talk.expect("")
        if line == "name":
            talk.expect("= yomi")
            talk.expect("")
        elif line == "stop":
            talk.expect("=")
            talk.expect("")
        talk.send("kata-search_analyze_cancellable b 1 maxmoves 3")
        talk.expect("=")
        talk.expect(PATTERNS["kata"])
        talk.send(line)
        talk.expect("play cancelled", PATTERNS["kata"])
        talk.expect("")


def test_a_search_that_may_not_be_cancelled_says_its_move_at_a_stop() -> None:
    with Talk(go_rules(9), ENDLESS) as talk:
        talk.send("kata-search_analyze w 1")
        talk.expect("=")
        talk.expect(PATTERNS["kata"])
        talk.send("stop")
        talk.expect(f"play {VERTEX}", PATTERNS["kata"])
        talk.expect("")
        talk.expect("=")
        talk.expect("")
        talk.send("undo")
        talk.expect(re.escape("? cannot undo"))
        talk.expect("")


def test_a_search_that_is_allowed_one_move_finds_it() -> None:
    (found,) = replies("kata-search_analyze b allow b C3 1", engine=new_engine(agent=AgentChoice("uct:8")))
    assert found.endswith("\nplay C3")
