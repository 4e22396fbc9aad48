"""GTP commands behind the core: clocks, rules in KataGo's words, files of games, dead stones, the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_gtp import RANDOM, new_engine, replies, snapshot, talk
from test_gtp_rules import set_up

from app.options import AgentChoice
from app.protocols.gtp_engine import GtpEngine
from app.protocols.katago_rules import rules_as_json, rules_from_object, rules_named
from engine.board import BLACK
from engine.errors import RulesError
from engine.game import Move
from engine.rulesets import GO_RULESETS, go_rules, gomoku_rules
from engine.sgf import SgfGame, write_sgf

# Clocks.


def seconds_given(*lines: str, monkeypatch: pytest.MonkeyPatch, agent: str | None = None) -> float | None:
    """How long the agent may think about Black's next move on 9x9."""
    engine = new_engine(go_rules(9), AgentChoice(agent or "random", seed=1))
    given: list[float | None] = []

    def choose(*_: object, seconds: float | None, **__: object) -> int:
        given.append(seconds)
        return 0

    monkeypatch.setattr(engine.session.opponent, "choose", choose)
    assert set(replies(*lines, engine=engine)) <= {"="}
    assert replies("genmove b", engine=engine) == ["= A9"]
    return given[0]


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ([], None),
        (["time_settings 0 0 0"], None),
        (["time_settings 0 30 0"], None),
        (["kgs-time_settings none"], None),
        (["time_settings 0 5 1"], 4.9),
        (["time_settings 60 30 5", "time_left b 20 4"], 4.9),
        (["kgs-time_settings absolute 324"], 9.9),  # 32.4 moves are expected yet
        (["kgs-time_settings byoyomi 0 5 3", "time_left black 5 2"], 4.9),
        (["kata-time_settings fischer 324 5"], 14.9),
        (["kgs-time_settings canadian 0 60 12"], 4.9),
        (["time_left b 324 0"], 9.9),
        (["time_left b 10 2"], 4.9),
        (["time_settings 600 0 0", "clear_board", "time_left b 324 0"], 9.9),
        (["time_settings 600 0 0", "time_left b 0 0"], 0.0),
    ],
)
def test_clocks_say_how_long_to_think(
    lines: list[str], seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seconds_given(*lines, monkeypatch=monkeypatch) == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize(
    "line",
    [
        "time_settings",
        "time_settings 1 2",
        "time_settings -1 0 0",
        "time_settings nan 0 0",
        "time_settings inf 0 0",
        "time_settings 1e300 0 0",
        "time_settings 1 1 -1",
        "kgs-time_settings",
        "kgs-time_settings never",
        "kgs-time_settings fischer 1 1",
        "kgs-time_settings absolute",
        "kgs-time_settings absolute 0",
        "kgs-time_settings byoyomi 1 1 0",
        "kgs-time_settings canadian 1 1 x",
        "kata-time_settings fischer-capped 1 1 1 1",
        "time_left",
        "time_left b",
        "time_left b x 0",
        "time_left b 5 x",
        "time_left red 5 0",
    ],
)
def test_times_that_make_no_sense_are_refused_and_change_nothing(line: str) -> None:
    engine = new_engine()
    replies("time_settings 60 0 0", "play b a1", engine=engine)
    before = snapshot(engine)
    expected = "? invalid color" if "red" in line or line == "time_left" else "? invalid time settings"
    assert replies(line, engine=engine) == [expected]
    assert snapshot(engine) == before


def test_a_clock_runs_while_the_agent_thinks_and_starts_anew_with_a_game() -> None:
    engine = new_engine(go_rules(5), AgentChoice(seed=1))
    replies("time_settings 3 0 0", "genmove b", engine=engine)
    left = engine.session.clocks[BLACK].main_s
    assert 0 < left < 3
    replies("clear_board", engine=engine)
    assert engine.session.clocks[BLACK].main_s == 3


# Rules.


def test_rules_are_told_and_taken_in_the_same_words() -> None:
    for name in GO_RULESETS:
        rules = go_rules(9, ruleset=name)
        assert rules_from_object(go_rules(9, komi=rules.komi), rules_as_json(rules)) == rules


def test_a_named_set_keeps_size_and_komi() -> None:
    rules = rules_named(go_rules(5, 4, komi=3.5), "Chinese-KGS")
    assert (rules.width, rules.height, rules.komi, rules.handicap_bonus) == (5, 4, 3.5, "each")
    assert rules_named(rules, "new zealand").suicide  # as KaTrain writes it


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"ko": "SPIGHT"}, "ko 'SPIGHT': expected one of SIMPLE, POSITIONAL, SITUATIONAL"),
        ({"suicide": 1}, "suicide '1': expected one of False, True"),
        ({"tax": "ALL"}, "tax 'ALL': expected NONE"),
        ({"hasButton": True}, "hasButton 'True': expected False"),
        ({"ko": ["SIMPLE"]}, "expected one of"),
        ({"komi": 5}, "rule 'komi': expected one of"),
    ],
)
def test_rules_that_we_do_not_have_are_named(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(RulesError, match=complaint):
        rules_from_object(go_rules(9), changes)


def test_rules_change_in_the_middle_of_a_game_unless_a_move_forbids_it() -> None:
    engine = new_engine(go_rules(4, ruleset="new-zealand"))
    replies(*set_up("bA1 wB1 wB2 wA3 bA2"), engine=engine)  # Black takes two stones of his own
    before = snapshot(engine)
    (refused,) = replies("kata-set-rules chinese", engine=engine)
    assert refused.startswith("? the game has a move that these rules forbid: illegal move: black A2")
    assert snapshot(engine) == before
    assert replies("undo", "kata-set-rules chinese", "kata-set-rule suicide true", engine=engine) == ["="] * 3
    assert engine.session.rules.suicide
    assert replies("kgs-rules japanese", "kgs-rules chess", "kata-set-rules {", engine=engine) == [
        "=",
        "? expected one of chinese, aga, new_zealand, japanese",
        "? rules '{': expected a JSON object",
    ]
    assert engine.session.rules.scoring == "territory"
    assert len(engine.session.game.moves) == 4


def test_rules_of_gomoku_have_names() -> None:
    engine = new_engine(gomoku_rules(15))
    assert replies("kata-get-rules", "kata-set-rules renju", "kata-get-rules", engine=engine) == [
        "= freestyle",
        "=",
        "= renju",
    ]
    assert replies("kata-set-rules chinese", "kata-set-rule ko SIMPLE", engine=engine) == [
        "? rules 'chinese': expected one of freestyle, standard, renju, caro",
        "? rules: expected a game of Go",
    ]


# Sizes and files.


def test_rectangles_are_set_up_both_ways() -> None:
    engine = new_engine()
    for command in ("rectangular_boardsize 4 3", "boardsize 4 3"):
        assert replies(command, "play b d3", "play b a4", engine=engine) == [
            "=",
            "=",
            "? invalid color or coordinate",
        ]
    assert replies("rectangular_boardsize 4", "rectangular_boardsize 4 99", engine=engine) == [
        "? boardsize not an integer",
        "? unacceptable size",
    ]


def saved_game(folder: Path) -> Path:
    rules = go_rules(5, komi=2.5)
    moves = (Move(1, 12), Move(2, 0), Move(1, 1), Move(2, 25))
    path = folder / "game.sgf"
    path.write_bytes(write_sgf(SgfGame(rules, moves, setup=(Move(2, 24),))))
    return path


def test_a_file_is_loaded_up_to_a_move_and_played_on(tmp_path: Path) -> None:
    path = saved_game(tmp_path)
    engine = new_engine(go_rules(9))
    assert replies(f"loadsgf {path}", "get_komi", "gg-undo 4", "undo", engine=engine) == [
        "= black",
        "= 2.5",
        "=",
        "? cannot undo",
    ]
    assert engine.session.game.stones().flat[24] == 2
    assert replies(f"loadsgf {path} 3", "play b a5", "play b b5", "komi 1", engine=engine) == [
        "= black",
        "? illegal move",
        "=",
        "=",
    ]
    assert [move.action for move in engine.session.game.moves] == [12, 0, 1]
    assert engine.session.game.stones().flat[24] == 2


def test_a_file_that_cannot_be_loaded_changes_nothing(tmp_path: Path) -> None:
    good, bad = saved_game(tmp_path), tmp_path / "bad.sgf"
    engine = new_engine()
    replies("play b c3", engine=engine)
    before = snapshot(engine)
    bad.write_bytes(b"(;SZ[5];B[aa];B[aa])")
    assert replies(
        "loadsgf",
        f"loadsgf {tmp_path}/none",
        f"loadsgf {tmp_path}",
        f"loadsgf {good} x",
        f"loadsgf {bad}",
        engine=engine,
    ) == [
        "? missing filename",
        "? cannot load file",
        "? cannot load file",
        "? move number not an integer",
        "? cannot load file: illegal move: black A5 (occupied)",
    ]
    bad.write_bytes(b"(;GM[4]SZ[15];B[aa])")
    assert replies(f"loadsgf {bad}", engine=engine) == ["? cannot load file: expected go"]
    assert snapshot(engine) == before


# The end of a game.


def test_a_stone_that_cannot_be_saved_is_listed_as_dead_and_taken_in_cleanup() -> None:
    engine = new_engine(go_rules(5), AgentChoice("uct:100", seed=1))
    replies(*set_up("bA4 bB4 bC4 bD4 bE4 bA2 bB2 bC2 bD2 bE2 wC3"), engine=engine)
    dead, alive, seki, wrong = replies(
        "final_status_list dead",
        "final_status_list alive",
        "final_status_list seki",
        "final_status_list",
        engine=engine,
    )
    assert dead == "= C3"
    assert set(alive[2:].splitlines()) == {"A4 B4 C4 D4 E4", "A2 B2 C2 D2 E2"}
    assert (seki, wrong) == ("=", "? invalid status")


def test_cleanup_takes_dead_stones_before_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = new_engine(go_rules(5))
    replies(*set_up("bA4 bB4 bC4 bD4 bE4 bA2 bB2 bC2 bD2 bE2 wC3"), engine=engine)
    monkeypatch.setattr(engine.session.opponent, "choose", lambda *_, **__: 25)
    answers = replies(*["kgs-genmove_cleanup b", "play w pass"] * 3, engine=engine)
    assert set(answers[0:4:2]) == {"= B3", "= D3"}
    assert answers[4] == "= pass"


def test_ownership_is_told_point_by_point() -> None:
    engine = new_engine(go_rules(3, 2))
    (told,) = replies("play b b1", "yomi-ownership", engine=engine)[1:]
    rows = told.splitlines()[1:]
    assert [len(row.split()) for row in rows] == [3, 3]
    assert all(-1 <= float(share) <= 1 for row in rows for share in row.split())


# The rest.


def test_taking_back_more_than_there_is_takes_back_nothing() -> None:
    assert replies("play b a1", "gg-undo 2", "gg-undo x", "play b a1", "gg-undo", "play b a1") == [
        "=",
        "? cannot undo",
        "? invalid number of moves",
        "? illegal move",
        "=",
        "=",
    ]


def test_a_move_may_be_asked_for_without_being_played() -> None:
    engine = new_engine()
    assert replies("reg_genmove b", engine=engine)[0].startswith("= ")
    assert engine.session.game.moves == []


def test_the_result_of_gomoku_is_a_color() -> None:
    engine = new_engine(gomoku_rules(3))
    moves = ["play b a1", "play b a2", "gogui-rules_final_result", "play b a3", "gogui-rules_final_result"]
    assert replies(*moves, engine=engine)[2::2] == ["= unknown", "= black"]


def test_scoring_is_for_go_and_rules_of_a_game_are_for_gomoku() -> None:
    def names(engine: GtpEngine) -> set[str]:
        return set(talk(b"list_commands\n", engine)[2:].decode().split())

    go, gomoku = names(new_engine()), names(new_engine(gomoku_rules(15)))
    assert gomoku - go == {
        f"gogui-rules_{name}"
        for name in ("game_id", "board_size", "board", "legal_moves", "side_to_move", "final_result")
    }
    assert {"fixed_handicap", "final_status_list", "kgs-genmove_cleanup"} <= go - gomoku


def test_what_was_found_can_be_forgotten() -> None:
    engine = new_engine(agent=AgentChoice("uct:200", seed=1))
    replies("genmove b", engine=engine)
    before = engine.session.opponent.player(engine.session.rules)
    assert replies("clear_cache", engine=engine) == ["="]
    assert engine.session.opponent.player(engine.session.rules) is not before


def test_the_version_is_what_the_command_line_says() -> None:
    engine = GtpEngine(go_rules(5), AgentChoice("random"), "0.16")
    assert replies("version", engine=engine) == ["= 0.16"]


def test_the_agent_thinks_on_behind_its_move_where_asked_and_answers_the_same_requests() -> None:
    uct = AgentChoice("uct:30", seed=1)
    engine = GtpEngine(go_rules(5), uct, ponders=True)
    moves = ("genmove black", "name", "time_left white 60 0", "play white a1", "genmove black", "undo")
    answers = replies(*moves, engine=engine)
    assert len(answers) == len(moves)
    assert all(answer.startswith("=") for answer in answers)
    session = engine.session
    session.move(session.choose(BLACK), BLACK)
    session.ponder()
    player = session.opponent.player(session.rules)
    assert player._pondering is not None
    session.stop_pondering()
    assert player._pondering is None
    session.game.undo()
    session.ponder()
    assert player._pondering is None


def test_nobody_ponders_unasked_nor_agents_that_do_not_search() -> None:
    for agent, ponders in ((AgentChoice("uct:30", seed=1), False), (RANDOM, True)):
        engine = GtpEngine(go_rules(5), agent, ponders=ponders)
        assert replies("genmove black", "name", engine=engine)[1] == "= yomi"
        engine.session.ponder()
        assert engine.session._pondering is None
