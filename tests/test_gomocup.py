"""The Gomocup protocol: transcripts, openings, clocks, and lines that no manager should send."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.options import AgentChoice
from app.protocols.gomocup_engine import GomocupEngine, serve
from app.protocols.gomocup_text import TimeLimits, is_end
from app.protocols.line_reader import LineReader
from engine.rulesets import gomoku_rules
from selfplay.agents import open_agent
from selfplay.arena import play_match

RANDOM = AgentChoice("random", seed=1)
COMMAND = [sys.executable, "-c", "from app.main import main; main()", "gomocup"]


def talk(*lines: str, agent: AgentChoice = RANDOM) -> list[str]:
    """What the engine says to some lines."""
    answers = BytesIO()
    requests = LineReader(BytesIO("".join(f"{line}\r\n" for line in lines).encode()), is_last=is_end)
    serve(GomocupEngine(agent), requests, answers)
    said = answers.getvalue().decode()
    assert said == "" or said.endswith("\r\n")
    return said.split("\r\n")[:-1]


def quick(*lines: str) -> list[str]:
    """The same for an agent that searches, without thinking long."""
    return talk("INFO timeout_turn 60000", *lines, agent=AgentChoice("uct:300", seed=1))


def is_point(text: str, side: int = 20) -> bool:
    found = re.fullmatch(r"([0-9]+),([0-9]+)", text)
    return found is not None and int(found[1]) < side and int(found[2]) < side


def snapshot(engine: GomocupEngine) -> tuple[object, ...]:
    game = engine._game
    return tuple(game.moves), engine._rules, *(array.tobytes() for array in game.state)


def test_it_says_who_it_is_before_any_game() -> None:
    (said,) = talk("ABOUT")
    assert re.fullmatch(r'name="yomi", version="[^"]+", author="[^"]+", country="[^"]*"', said)


def test_a_game_is_played_move_by_move() -> None:
    started, first, second, taken, played, restarted, again = talk(
        "START 20", "BEGIN", "TURN 0,0", "TAKEBACK 19,19", "PLAY 19,19", "RESTART", "BEGIN", "END", "ABOUT"
    )
    assert started == restarted == "OK"
    assert is_point(first)
    assert is_point(second)
    assert is_point(again)
    assert taken == "ERROR TAKEBACK 19,19: expected a stone of the game"
    assert played == "19,19"


def test_the_last_stone_can_be_taken_back() -> None:
    assert talk("START 15", "PLAY 7,7", "TAKEBACK 7,7", "PLAY 7,7")[1:] == ["7,7", "OK", "7,7"]


def test_a_rectangle_is_played_on() -> None:
    started, point = talk("RECTSTART 10,7", "BEGIN")
    assert started == "OK"
    x, y = map(int, point.split(","))
    assert x < 10
    assert y < 7


@pytest.mark.parametrize(
    ("stones", "winning"),
    [
        (["7,7,1", "0,0,2", "8,7,1", "2,0,2", "9,7,1", "4,0,2", "10,7,1", "6,0,2"], {"6,7", "11,7"}),
        (["7,7,2", "0,0,1", "8,7,2", "1,0,1", "9,7,2", "2,0,1", "1,1,2", "3,0,1", "3,3,2"], {"4,0"}),
        (["0,0,2", "2,0,2", "4,0,2", "6,0,2", "7,7,1", "8,7,1", "9,7,1", "10,7,1"], {"6,7", "11,7"}),
    ],
    ids=["as Black", "as White", "not in turn"],
)
def test_a_board_is_set_up_and_won(stones: list[str], winning: set[str]) -> None:
    said = quick("START 15", "BOARD", *stones, "DONE")
    assert said[0] == "OK"
    assert said[1] in winning


def test_rule_bits_choose_the_rules() -> None:
    engine = GomocupEngine(RANDOM)
    for bits, name in ((0, "freestyle"), (1, "standard"), (3, "standard"), (4, "renju"), (8, "caro")):
        assert engine.answer("START 15") == "OK"
        assert engine.answer(f"INFO rule {bits}") == ""
        assert engine._game.rules.line_rule == name
    assert engine.answer("INFO rule 5") == "ERROR INFO rule 5: expected 0, 1, 4 or 8"


def test_information_is_never_answered() -> None:
    lines = [
        "max_memory 350000000",
        "game_type 1",
        "folder C:\\x",
        "evaluate 3,3",
        "timeout_match 0",
        "x",
        "",
    ]
    assert talk("START 15", *(f"INFO {line}" for line in lines)) == ["OK"]


def test_swap2_is_answered_in_all_three_cases() -> None:
    three = quick("START 15", "SWAP2BOARD", "DONE")[1].split(" ")
    assert len(set(three)) == 3
    assert all(is_point(point, 15) for point in three)
    placed = [f"{point},1" for point in three]
    (second,) = quick("START 15", "SWAP2BOARD", *placed, "DONE")[1:]
    assert second == "SWAP" or all(is_point(point, 15) for point in second.split(" "))
    black_wins = ["7,7,1", "0,0,2", "8,7,1", "14,14,2", "9,7,1"]
    assert quick("START 15", "SWAP2BOARD", *black_wins, "DONE")[1] == "SWAP"


def test_a_time_limit_divides_what_is_left_of_the_match() -> None:
    assert TimeLimits(turn_ms=5000).seconds(20) == pytest.approx(4.9)
    assert TimeLimits(turn_ms=5000, match_ms=60_000, left_ms=20_000).seconds(20) == pytest.approx(0.9)
    assert TimeLimits(turn_ms=0).seconds(20) == 0.05


def test_the_end_comes_within_a_second_while_it_thinks() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--agent", "uct:100000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"START 15\r\nINFO timeout_turn 600000\r\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"OK\r\n"
    process.stdin.write(b"BEGIN\r\n")
    process.stdin.flush()
    time.sleep(1)
    process.stdin.write(b"END\r\n")
    process.stdin.flush()
    process.wait(60)  # a second on a machine that does nothing else
    assert process.returncode == 0


def test_it_plays_a_match_against_itself_over_the_protocol() -> None:
    command = shlex.join([*COMMAND, "--agent", "uct:16", "--seed", "1"])
    result = play_match(
        open_agent(f"gomocup:{command}", seconds=0.1), open_agent("random"), gomoku_rules(7), 4, seed=1
    )
    assert result.failures == ()
    assert result.wins == 4


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("TURN 1", "ERROR '1': expected TURN x,y"),
        ("TURN 15,0", "ERROR 15,0: expected a point of a board of 15x15"),
        ("TURN -1,0", "ERROR '-1,0': expected TURN x,y"),
        ("START 4", "ERROR size 4x4: expected room for five in a row"),
        ("START 21", "ERROR size 21: expected 3..20 for Gomoku"),
        ("START x", "ERROR 'x': expected START size"),
        ("RECTSTART 9", "ERROR '9': expected RECTSTART width,height"),
        ("BEGIN", "ERROR BEGIN: expected an empty board"),
        ("TAKEBACK 0,0", "ERROR TAKEBACK 0,0: expected a stone of the game"),
        ("HELLO", "UNKNOWN HELLO"),
        ("", ""),
    ],
)
def test_a_refused_line_is_answered_and_changes_nothing(line: str, said: str) -> None:
    engine = GomocupEngine(RANDOM)
    for before in ("START 15", "PLAY 7,7"):
        engine.answer(before)
    held = snapshot(engine)
    assert engine.answer(line) == said
    assert snapshot(engine) == held


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["0,0,1", "DONE"], "1 own stones and 0: expected our turn"),
        (["0,0,2", "0,0,2", "1,1,1", "DONE"], "0,0 twice"),
        (["0,0,3", "DONE"], "expected 1 for own stones"),
        (["nonsense"], "'nonsense': expected x,y,owner"),
        (["99,99,2", "DONE"], "expected a point of a board"),
    ],
)
def test_a_board_that_makes_no_sense_is_refused(lines: list[str], said: str) -> None:
    engine = GomocupEngine(RANDOM)
    for before in ("START 15", "PLAY 7,7"):
        engine.answer(before)
    held = snapshot(engine)
    answers = [engine.answer(line) for line in ["BOARD", *lines]]
    assert answers[-1].startswith("ERROR")
    assert said in answers[-1]
    assert snapshot(engine) == held
    assert engine.answer("PLAY 0,0") == "0,0"


WORDS = st.sampled_from(
    ["START", "BEGIN", "TURN", "BOARD", "DONE", "INFO", "RESTART", "TAKEBACK", "PLAY", "SWAP2BOARD", "7,7"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=30), st.tuples(WORDS, st.text(max_size=12)).map(" ".join))))
def test_no_line_ends_the_engine(lines: list[str]) -> None:
    engine = GomocupEngine(RANDOM)
    engine.answer("START 5")
    for line in lines:
        assert "internal error" not in engine.answer(line)
    engine.answer("DONE")
    assert engine.answer("START 5") == "OK"


def test_any_bytes_are_read() -> None:
    answers, stream = BytesIO(), BytesIO(b"\xff\xfe\x00\nSTART 15\n" + b"x" * 100_000 + b"\n")
    serve(GomocupEngine(RANDOM), LineReader(stream, is_last=is_end), answers)
    assert answers.getvalue().endswith(b"OK\r\n")
