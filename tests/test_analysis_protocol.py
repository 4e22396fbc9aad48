"""KataGo's JSON analysis protocol: what KaTrain sends and reads, queues, views, wrong queries."""

from __future__ import annotations

import json
import threading
import time
from io import BytesIO
from typing import Any

import pytest

from app.options import AgentChoice
from app.protocols.analysis_engine import AnalysisEngine, serve
from app.protocols.analysis_text import View
from app.protocols.line_reader import LineReader
from engine.board import BLACK
from engine.errors import YomiError
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.analysis import Analysis, MoveAnalysis

UCT = AgentChoice("uct:50", seed=1)
KATRAIN = {
    "rules": "japanese",
    "priority": 1,
    "analyzeTurns": [2],
    "maxVisits": 40,
    "komi": 6.5,
    "boardXSize": 7,
    "boardYSize": 5,
    "includeOwnership": True,
    "includeMovesOwnership": True,
    "includePolicy": True,
    "initialStones": [["B", "C3"]],
    "initialPlayer": "W",
    "moves": [["W", "E3"], ["B", "D2"]],
    "overrideSettings": {"reportAnalysisWinratesAs": "BLACK", "maxTime": 800.0},
    "id": "QUERY:1",
}
"""A query as KaTrain's engine.py builds it."""


def query(**changes: Any) -> dict[str, Any]:
    """A small query with some fields changed, or left out where they are None."""
    values = {"id": "q", "moves": [], "boardXSize": 5, "boardYSize": 5, "maxVisits": 20, **changes}
    return {name: value for name, value in values.items() if value is not None}


def talk(*queries: Any, rules: Rules | None = None, agent: AgentChoice = UCT, workers: int = 1) -> list[Any]:
    """The answers to some lines, objects or raw bytes."""
    lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in queries]
    answers = BytesIO()
    engine = AnalysisEngine(rules or go_rules(5), agent, workers, answers)
    serve(engine, LineReader(BytesIO(b"\n".join(lines) + b"\n"), is_last=lambda _: False))
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_katrain_reads_what_it_needs() -> None:
    (answer,) = talk(KATRAIN, rules=go_rules(19))
    assert (answer["id"], answer["isDuringSearch"], answer["turnNumber"]) == ("QUERY:1", False, 2)
    root, moves = answer["rootInfo"], answer["moveInfos"]
    assert root["currentPlayer"] == "W"
    assert root["visits"] == 40
    assert {"winrate", "scoreLead", "utility"} <= root.keys()
    assert [move["order"] for move in moves] == list(range(len(moves)))
    for move in moves:
        assert {"move", "visits", "winrate", "scoreLead", "prior", "lcb", "pv"} <= move.keys()
        assert move["pv"][0] == move["move"]
        assert 0 <= move["winrate"] <= 1
    assert len(answer["ownership"]) == 35
    assert len(answer["policy"]) == 36
    is_legal = [prior >= 0 for prior in answer["policy"]]
    stones = {2 * 7 + 2, 2 * 7 + 4, 3 * 7 + 3}
    assert [place for place, legal in enumerate(is_legal) if not legal] == sorted(stones)
    assert sum(prior for prior in answer["policy"] if prior >= 0) == pytest.approx(1, abs=1e-3)


def left_out(*vertices: str) -> list[dict[str, Any]]:
    """What KaTrain sends when it wants other moves, or those of a part of the board."""
    return [{"moves": list(vertices), "player": player, "untilDepth": 1} for player in "BW"]


def test_moves_are_left_out_or_looked_at_alone() -> None:
    def moves(**changes: Any) -> set[str]:
        (answer,) = talk(query(**changes))
        return {move["move"] for move in answer["moveInfos"]}

    some = {"A1", "B2", "C3", "pass"}
    avoided = moves(avoidMoves=left_out(*some))
    assert avoided
    assert not avoided & some
    assert moves(allowMoves=[{"player": "B", "moves": sorted(some)}]) == some
    only_white = [{"player": "W", "moves": ["A1"], "untilDepth": 9}]
    assert len(moves(allowMoves=only_white)) > 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"avoidMoves": 1}, "avoidMoves 1: expected a list"),
        ({"avoidMoves": [1]}, "avoidMoves 1: expected player, moves and untilDepth"),
        ({"allowMoves": [{"player": "B", "moves": []}]}, "allowMoves {'player': 'B', 'moves': []}: expected"),
        ({"allowMoves": [{"player": "x", "moves": ["A1"]}]}, "allowMoves: 'x': expected B or W"),
        ({"avoidMoves": [{"player": "B", "moves": ["Z9"]}]}, "avoidMoves: vertex 'Z9': expected A1..E5"),
        ({"avoidMoves": [{"player": "B", "moves": ["A1"], "untilDepth": 0}]}, "untilDepth 0: expected"),
        (
            {"allowMoves": [{"player": "B", "moves": ["A1"]}], "avoidMoves": left_out("A1")},
            "avoid and allow: expected a legal move to be left",
        ),
    ],
)
def test_moves_that_cannot_be_left_out_are_refused(changes: dict[str, Any], said: str) -> None:
    (answer,) = talk(query(**changes))
    assert answer["error"].startswith(said)
    assert answer["id"] == "q"


def test_the_view_is_that_of_the_side_asked_for() -> None:
    stones = [["B", vertex] for vertex in ("A2", "B2", "C2", "D2", "E2", "C4", "B4")]
    views = {}
    for side in ("BLACK", "WHITE", "SIDETOMOVE"):
        settings = {"reportAnalysisWinratesAs": side}
        (views[side],) = talk(
            query(initialStones=stones, initialPlayer="W", includeOwnership=True, overrideSettings=settings)
        )
    black, white, mover = (views[side] for side in ("BLACK", "WHITE", "SIDETOMOVE"))
    assert black["rootInfo"]["winrate"] > 0.5
    assert black["rootInfo"]["scoreLead"] > 0
    assert black["ownership"][4 * 5 + 2] > 0.5
    assert white["rootInfo"] == mover["rootInfo"]
    assert white["ownership"] == mover["ownership"] == [-share for share in black["ownership"]]
    assert white["rootInfo"]["winrate"] == pytest.approx(1 - black["rootInfo"]["winrate"])
    assert white["moveInfos"][0]["scoreLead"] == -black["moveInfos"][0]["scoreLead"]


def test_every_turn_asked_for_is_answered() -> None:
    moves = [["B", "C3"], ["W", "pass"], ["B", "pass"], ["W", "B2"]]
    answers = talk(query(moves=moves, analyzeTurns=[0, 2, 3, 4]), workers=2)
    assert sorted(answer["turnNumber"] for answer in answers) == [0, 2, 3, 4]
    players = {answer["turnNumber"]: answer["rootInfo"]["currentPlayer"] for answer in answers}
    assert players == {0: "B", 2: "B", 3: "W", 4: "B"}


class Listener(BytesIO):
    """Keeps the lines that are written, and lets others wait for them."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[dict[str, Any]] = []
        self.changed = threading.Condition()

    def write(self, line: Any) -> int:
        with self.changed:
            self.said.append(json.loads(line))
            self.changed.notify_all()
        return len(line)

    def wait(self, number: int) -> list[dict[str, Any]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.said) >= number, 60)
            return list(self.said)


def test_higher_priorities_go_first_and_equal_ones_in_order() -> None:
    listener = Listener()
    engine = AnalysisEngine(go_rules(5), UCT, 1, listener)
    engine.take(json.dumps(query(id="busy", maxVisits=10**9, reportDuringSearchEvery=0.01)).encode())
    listener.wait(1)
    for place, priority in enumerate((0, 5, 0, 9)):
        engine.take(json.dumps(query(id=f"{priority}-{place}", priority=priority)).encode())
    turns = query(id="turns", moves=[["B", "A1"]], analyzeTurns=[0, 1], priorities=[7, 8])
    engine.take(json.dumps(turns).encode())
    engine.take(b'{"id": "end", "action": "terminate", "terminateId": "busy"}')
    engine.finish()
    names = [(answer["id"], answer["turnNumber"]) for answer in listener.said if "rootInfo" in answer]
    expected = [("9-3", 0), ("turns", 1), ("turns", 0), ("5-1", 0), ("0-0", 0), ("0-2", 0)]
    assert [name for name in names if name[0] != "busy"] == expected


def test_a_search_reports_is_terminated_and_tells_what_it_has() -> None:
    listener = Listener()
    engine = AnalysisEngine(go_rules(5), UCT, 1, listener)
    try:
        endless = query(id="endless", maxVisits=10**9, komi=0.5, reportDuringSearchEvery=0.01)
        engine.take(json.dumps(endless).encode())
        reports = listener.wait(3)
        assert all(report["isDuringSearch"] for report in reports)
        visits = [report["rootInfo"]["visits"] for report in reports]
        assert visits == sorted(visits)
        engine.take(json.dumps(query(id="waits")).encode())
        for name in ("waits", "endless"):
            engine.take(
                json.dumps({"id": f"end {name}", "action": "terminate", "terminateId": name}).encode()
            )
    finally:
        engine.finish()
    ends = [answer for answer in listener.said if not answer.get("isDuringSearch")]
    assert {"id": "waits", "isDuringSearch": False, "turnNumber": 0, "noResults": True} in ends
    assert {"id": "end endless", "action": "terminate", "terminateId": "endless"} in ends
    (last,) = [answer for answer in ends if answer["id"] == "endless"]
    assert last["rootInfo"]["visits"] < 10**9


def test_all_can_be_terminated_and_stopping_waits_for_nothing() -> None:
    listener = Listener()
    engine = AnalysisEngine(go_rules(5), UCT, 2, listener)
    for number in range(4):
        engine.take(json.dumps(query(id=str(number), maxVisits=10**9)).encode())
    engine.take(b'{"id": "all", "action": "terminate_all"}')
    engine.take(json.dumps(query(id="more", maxVisits=10**9)).encode())
    time.sleep(0.05)
    engine.stop()
    assert sum(answer["id"] in "0123" for answer in listener.said) == 4


def test_actions_are_answered() -> None:
    version, models, cleared, unknown = talk(
        {"id": "v", "action": "query_version"},
        {"id": "m", "action": "query_models"},
        {"id": "c", "action": "clear_cache"},
        {"id": "u", "action": "dance"},
    )
    assert version["version"]
    assert models["models"] == [{"name": "uct:50"}]
    assert cleared == {"id": "c", "action": "clear_cache"}
    assert unknown["error"].startswith("action 'dance': expected terminate")


def test_gomoku_is_analyzed_without_points() -> None:
    (answer,) = talk(
        query(moves=[["B", "H8"]], boardXSize=15, boardYSize=15, rules="renju", includeOwnership=True),
        rules=gomoku_rules(15),
    )
    assert "scoreLead" not in answer["rootInfo"]
    assert "ownership" not in answer
    assert answer["moveInfos"]


@pytest.mark.parametrize(
    ("changes", "field", "complaint"),
    [
        ({"boardXSize": 25}, "boardXSize", "size 25x5: expected 2..19 for Go"),
        ({"boardXSize": "9"}, "boardXSize", "boardXSize '9': expected a number 1..100"),
        ({"boardYSize": 5.5}, "boardYSize", "boardYSize 5.5: expected a whole number"),
        ({"rules": "chess"}, "rules", "rules 'chess': expected one of tromp-taylor"),
        ({"rules": {"ko": "NEVER"}}, "rules", "ko 'NEVER': expected one of SIMPLE"),
        ({"rules": 3}, "rules", "rules '3': expected one of"),
        ({"komi": float("nan")}, "komi", "komi nan: expected a number -1000..1000"),
        ({"komi": True}, "komi", "komi True: expected a number"),
        ({"moves": [["B", "Z1"]]}, "moves", "moves: vertex 'Z1': expected A1..E5 or pass"),
        ({"moves": [["X", "A1"]]}, "moves", "moves: 'X': expected B or W"),
        ({"moves": "A1"}, "moves", "moves 'A1': expected a list"),
        ({"moves": [["B"]]}, "moves", "expected pairs such as"),
        ({"moves": [["B", "A1"], ["W", "A1"]]}, "moves", "Illegal move 1: white A1 (occupied)"),
        ({"initialStones": [["B", "pass"]]}, "initialStones", "initialStones: expected points of the board"),
        ({"initialPlayer": 1}, "initialPlayer", "initialPlayer: 1: expected B or W"),
        ({"analyzeTurns": [1]}, "analyzeTurns", "turn 1: expected 0..0"),
        ({"analyzeTurns": [True]}, "analyzeTurns", "turn True: expected 0..0"),
        (
            {"priorities": [1, 2]},
            "priorities",
            "priorities: expected a whole number for each of analyzeTurns",
        ),
        ({"maxVisits": 0}, "maxVisits", "maxVisits 0: expected a number 1..1e+09"),
        ({"includePolicy": 1}, "includePolicy", "includePolicy 1: expected true or false"),
        ({"overrideSettings": []}, "overrideSettings", "overrideSettings []: expected an object"),
        ({"overrideSettings": {"reportAnalysisWinratesAs": "ME"}}, "overrideSettings", "'ME': expected one"),
        ({"reportDuringSearchEvery": -1}, "reportDuringSearchEvery", "expected a number 0.001"),
    ],
)
def test_a_wrong_query_is_told_what_is_wrong_and_the_next_is_answered(
    changes: dict[str, Any], field: str, complaint: str
) -> None:
    wrong, right = talk(query(id="wrong", **changes), query(id="right"))
    assert (wrong["id"], wrong["field"]) == ("wrong", field)
    assert complaint in wrong["error"]
    assert right["rootInfo"]["visits"] == 20


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b"\xff\xfe", b'{"moves": []}', b'{"id": 7}', b"[" * 60_000, b"x" * 70_000, b"1e999999"],
)
def test_a_line_without_an_id_gets_an_error_without_one(line: bytes) -> None:
    wrong, right = talk(line, query())
    assert wrong.keys() <= {"error", "field"}
    assert right["id"] == "q"


def test_fields_that_are_not_understood_are_warned_of() -> None:
    warned, setting, answer = talk(query(rootPolicyTemperature=1, overrideSettings={"wideRootNoise": 0.1}))
    assert (warned["field"], warned["id"]) == ("rootPolicyTemperature", "q")
    assert setting["field"] == "overrideSettings.wideRootNoise"
    assert "rootInfo" in answer


def test_a_network_looks_at_more_moves_where_a_client_wants_it_and_tells_the_same_policy() -> None:
    agent = AgentChoice("go9", seed=1)
    common = {
        "boardXSize": 9,
        "boardYSize": 9,
        "moves": [["B", "E5"]],
        "maxVisits": 200,
        "includePolicy": True,
    }
    answers = [
        answer
        for noise in (0, 2)
        for answer in talk(
            query(**common, overrideSettings={"wideRootNoise": noise}), rules=go_rules(9), agent=agent
        )
    ]
    usual, wide = answers  # nobody is warned
    assert wide["policy"] == pytest.approx(usual["policy"], abs=1e-5)
    most = [max(move["visits"] for move in answer["moveInfos"]) for answer in answers]
    assert most[1] < most[0]


@pytest.mark.parametrize("noise", [-1, 5.1, "much", True])
def test_noise_that_makes_no_sense_is_refused(noise: object) -> None:
    (wrong,) = talk(query(overrideSettings={"wideRootNoise": noise}))
    assert wrong == {
        "error": f"wideRootNoise {noise!r}: expected a number 0..5",
        "field": "wideRootNoise",
        "id": "q",
    }


def test_handicap_stones_on_the_board_cost_what_the_rules_say() -> None:
    stones = [["B", "B2"], ["B", "D4"], ["B", "B4"]]
    common = {"initialStones": stones, "initialPlayer": "W", "komi": 0, "maxVisits": 2}
    (even,) = talk(query(rules="tromp-taylor", **common))
    (given,) = talk(query(rules="chinese", **common))
    assert even["rootInfo"]["scoreLead"] - given["rootInfo"]["scoreLead"] == pytest.approx(3, abs=2)


def test_an_agent_that_does_not_search_is_refused_at_once() -> None:
    with pytest.raises(YomiError, match="agent random: expected one that searches"):
        talk(agent=AgentChoice("random"))


def test_five_in_a_row_is_searched_though_its_usual_agent_does_not() -> None:
    (answer,) = talk(query(boardXSize=7, boardYSize=7), rules=gomoku_rules(7), agent=AgentChoice(seed=1))
    assert answer["rootInfo"]["visits"] == 20


def test_a_point_of_nobodys_has_an_ownership_that_katrain_can_draw() -> None:
    rules = go_rules(2)
    move = MoveAnalysis(0, 0, 1, 1.0, 0.5, 0.5, 0.0, (0,))
    analysis = Analysis(BLACK, 1, 0.5, 0.0, (0.0, 0.0001, -0.0001, 1.0), (move,))
    for side, sign in (("BLACK", 1), ("WHITE", -1)):
        told = View(analysis, rules, side).answer(has_ownership=True)["ownership"]
        assert told == [sign * share for share in (0.001, 0.001, 0.001, 1.0)]
