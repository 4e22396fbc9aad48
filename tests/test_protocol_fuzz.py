"""Hostile lines to GTP, JSON analysis and Gomocup: an answer each, no crash, refusals change nothing."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_gomocup import snapshot as gomocup_snapshot
from test_gtp import new_engine, snapshot, wants_answer

from app.options import AgentChoice
from app.protocols.analysis_engine import AnalysisEngine
from app.protocols.gomocup_engine import GomocupEngine
from app.protocols.gtp_engine import GtpEngine
from app.protocols.gtp_text import MAX_LINE_BYTES, Reply, is_quit, is_stop, parse_line
from app.protocols.line_reader import LineReader
from engine.rulesets import Rules, go_rules, gomoku_rules

MANY_LINES = 100_000
SETTINGS = settings(max_examples=25)

# GTP.

GAMES = {"go": go_rules(5, komi=6.5), "gomoku": gomoku_rules(7)}
NAMES = [
    name
    for name in sorted({name for rules in GAMES.values() for name in new_engine(rules)._commands})
    if name != "quit"
]
WORDS = """
    b w B white a1 c3 e5 pass resign 0 1 2 3 5 7 19 25 -1 1e9 7.5 nan inf 99999999999999999999 true false
    dead alive seki none absolute byoyomi canadian fischer interval ownership maxmoves chinese japanese renju
    avoid allow a1,c3 pass,e5 ,
    maxVisits maxTime numSearchThreads ponderingEnabled analysisWideRootNoise c_uct clean_up
    {"maxVisits":9} {"c_uct":"x"}
    suicide ko SIMPLE {"ko":"SIMPLE"} {"suicide":true} { [] / /dev/null /nowhere .. \x00 ٣ ö
"""
WORD = st.one_of(st.sampled_from(WORDS.split()), st.text(max_size=4)).map(
    lambda word: re.sub(r"\s", "", word).encode("utf-8", "replace")
)
LINE = st.one_of(
    st.tuples(st.sampled_from(NAMES), st.lists(WORD, max_size=5)).map(
        lambda parts: b" ".join([parts[0].encode(), *parts[1]])
    ),
    st.binary(max_size=30),
    st.tuples(st.integers(0, 999), st.sampled_from(NAMES)).map(
        lambda parts: b"%d %s" % (parts[0], parts[1].encode())
    ),
).map(lambda line: line.replace(b"\n", b""))


def obey(engine: GtpEngine, line: bytes) -> None:
    """Send a line; it gets an answer if it is not blank, and what is refused changes nothing."""
    request = parse_line(line)
    assert (request is not None) == wants_answer(line)
    if request is None or request.command == "quit":
        return
    before = snapshot(engine)
    answers = BytesIO()
    engine.answer(request, Reply(request.id, answers))
    answer = answers.getvalue()
    assert re.fullmatch(rb"[=?][0-9]*([ \n].*)?\n\n", answer, re.DOTALL), (line, answer)
    assert answer.count(b"\n\n") == 1, (line, answer)
    assert b"internal error" not in answer, line
    if answer.startswith(b"?"):
        assert snapshot(engine) == before, line


def fuzzed(rules: Rules, agent: str) -> GtpEngine:
    """An engine with a client that has gone, so that analysis ends as soon as it begins."""
    engine = new_engine(rules, AgentChoice(agent, seed=1))
    engine.session.requests = LineReader(BytesIO(), is_last=is_quit, is_stop=is_stop)
    return engine


@pytest.mark.parametrize("game", GAMES)
@SETTINGS
@given(lines=st.lists(LINE, max_size=20))
def test_gtp_answers_every_line_and_refusals_change_nothing(game: str, lines: list[bytes]) -> None:
    engine = fuzzed(GAMES[game], "random")
    for line in lines:
        obey(engine, line)


@pytest.mark.long
@pytest.mark.parametrize("game", GAMES)
def test_gtp_survives_very_many_lines(game: str) -> None:
    sent = 0

    @settings(max_examples=MANY_LINES // 50, derandomize=False)
    @given(st.lists(LINE, min_size=40, max_size=60))
    def survive(lines: list[bytes]) -> None:
        nonlocal sent
        engine = fuzzed(GAMES[game], "uct:8")
        for line in lines:
            obey(engine, line)
        sent += len(lines)

    survive()
    assert sent >= MANY_LINES * 0.8


# Gomocup.

NUMBERS = st.one_of(st.integers(-2, 8), st.integers()).map(str)
GOMOCUP_WORDS = """
    START RECTSTART RESTART BEGIN TURN BOARD SWAP2BOARD DONE TAKEBACK PLAY INFO ABOUT start turn done 0,0 1,2
    3,3,1
    4,4,2 rule timeout_turn timeout_match time_left 5 20 -1 1e3 nan ٣ \x00
"""
GOMOCUP_LINE = st.one_of(
    st.tuples(st.sampled_from(GOMOCUP_WORDS.split()), st.lists(NUMBERS, max_size=3).map(",".join)).map(
        " ".join
    ),
    st.tuples(NUMBERS, NUMBERS, st.sampled_from("0123")).map(",".join),
    st.lists(st.sampled_from(GOMOCUP_WORDS.split()), max_size=3).map(" ".join),
    st.text(max_size=20).map(lambda text: re.sub(r"[\r\n]", "", text)),
).filter(lambda line: line.strip().upper() != "END")


def play_gomocup(engine: GomocupEngine, lines: list[str]) -> None:
    """Send lines; none breaks the engine, and a refused one leaves game and rules as they were."""
    engine.answer("INFO timeout_turn 1")
    engine.answer("START 5")
    for line in lines:
        before = gomocup_snapshot(engine)
        answer = engine.answer(line)
        assert answer != "ERROR internal error", line
        assert "\n" not in answer, line
        if answer.startswith(("ERROR", "UNKNOWN")):
            assert gomocup_snapshot(engine) == before, line
    engine.answer("DONE")
    assert engine.answer("START 5") == "OK"


@SETTINGS
@given(lines=st.lists(GOMOCUP_LINE, max_size=20))
def test_gomocup_answers_every_line_and_refusals_change_nothing(lines: list[str]) -> None:
    play_gomocup(GomocupEngine(AgentChoice("random", seed=1)), lines)


@pytest.mark.long
def test_gomocup_survives_very_many_lines() -> None:
    sent = 0
    engine = GomocupEngine(AgentChoice("random", seed=1))

    @settings(max_examples=MANY_LINES // 50, derandomize=False)
    @given(st.lists(GOMOCUP_LINE, min_size=40, max_size=60))
    def survive(lines: list[str]) -> None:
        nonlocal sent
        play_gomocup(engine, lines)
        sent += len(lines)

    survive()
    assert sent >= MANY_LINES * 0.8


# JSON analysis.

VALUE: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 20),
        st.integers(),
        st.floats(),
        st.sampled_from(
            ["B", "W", "A1", "C3", "pass", "chinese", "BLACK", "terminate", "q0", "query_version"]
        ),
        st.text(max_size=3),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)
MOVES = st.lists(
    st.tuples(st.sampled_from(["B", "W"]), st.sampled_from(["A1", "B2", "C3", "pass"])), max_size=4
)
RIGHT = {
    "moves": MOVES,
    "initialStones": MOVES,
    "boardXSize": st.integers(2, 5),
    "boardYSize": st.integers(2, 5),
    "maxVisits": st.integers(1, 5),
    "komi": st.sampled_from([0, 6.5, -3]),
    "rules": st.sampled_from(["chinese", "japanese", {"ko": "SIMPLE"}]),
    "analyzeTurns": st.lists(st.integers(0, 4), max_size=3),
    "priority": st.integers(-2, 2),
    "avoidMoves": st.lists(
        st.fixed_dictionaries(
            {
                "player": st.sampled_from("BW"),
                "moves": st.lists(st.sampled_from(["A1", "B2", "pass"]), max_size=3),
            },
            optional={"untilDepth": st.integers(0, 3)},
        ),
        max_size=2,
    ),
    "includeOwnership": st.booleans(),
    "includePolicy": st.booleans(),
    "overrideSettings": st.sampled_from([{}, {"maxTime": 0.01}, {"wideRootNoise": 0.1}]),
}
WRONG = dict.fromkeys(
    [
        *RIGHT,
        "action",
        "terminateId",
        "turnNumbers",
        "initialPlayer",
        "reportDuringSearchEvery",
        "priorities",
        "allowMoves",
        "x",
    ],
    VALUE,
)
OBJECT = st.tuples(
    st.fixed_dictionaries({"id": st.sampled_from(["q0", "q1"])}, optional=RIGHT),
    st.dictionaries(st.sampled_from(sorted(WRONG)), VALUE, max_size=2),
).map(lambda parts: parts[0] | parts[1])
JSON_LINE = st.one_of(
    OBJECT.map(lambda values: json.dumps(values).encode()),
    VALUE.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")),
)


def check_answers(lines: list[bytes]) -> None:
    """Every query has an answer, and behind whatever came one that is right is answered rightly."""
    answers = BytesIO()
    engine = AnalysisEngine(go_rules(5), AgentChoice("uct:4", seed=1), 1, answers)
    try:
        for line in lines:
            engine.take(line)
        engine.take(b'{"id": "last", "moves": [["B", "C3"]], "maxVisits": 3}')
    finally:
        engine.finish()
    told = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert not [answer for answer in told if answer.get("error") == "internal error"], lines
    (last,) = [answer for answer in told if answer.get("id") == "last"]
    assert last["rootInfo"]["visits"] >= 3  # more if the position has been searched before
    ids = {answer.get("id") for answer in told}
    for line in lines:
        if line.strip() and (values := _object(line)) is not None and isinstance(values.get("id"), str):
            assert values["id"] in ids, line


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


@SETTINGS
@given(st.lists(JSON_LINE, max_size=8))
def test_analysis_answers_every_query_whatever_comes_between(lines: list[bytes]) -> None:
    check_answers(lines)


@pytest.mark.long
def test_analysis_survives_very_many_lines() -> None:
    settings(max_examples=MANY_LINES // 50, derandomize=False)(
        given(st.lists(JSON_LINE, min_size=20, max_size=80))(check_answers)
    )()


def test_an_endless_line_to_the_analysis_is_refused_once() -> None:
    answers = BytesIO()
    engine = AnalysisEngine(go_rules(5), AgentChoice("uct:4", seed=1), 1, answers)
    for line in LineReader(BytesIO(b"[" * 3 * MAX_LINE_BYTES + b"\n{}\n"), is_last=lambda _: False):
        engine.take(line)
    engine.finish()
    assert [json.loads(line)["error"] for line in answers.getvalue().splitlines()] == [
        "line too long",
        "id: expected a text",
    ]
