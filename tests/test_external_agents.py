"""Programs as opponents: real ones play whole games, those that misbehave lose theirs and nothing else."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from app.main import main
from engine.rulesets import Rules, go_rules, gomoku_rules
from selfplay.agents import AgentError, open_agent
from selfplay.arena import MatchResult, play_match
from selfplay.engine_process import EngineFailure, EngineProcess

GNUGO = shutil.which("gnugo") or shutil.which("gnugo", path="/usr/games")
OWN_GTP = f"gtp:{shlex.join([sys.executable, '-c', 'from app.main import main; main()', 'gtp'])}"

# A GTP program in a few lines: it plays the first free point, and does what its argument says at move 4.
GTP_PROGRAM = """
import sys, time
fault, size, stones, count = sys.argv[1], 0, set(), 0
def free():
    for row in range(1, size + 1):
        for letter in "ABCDEFGHJ"[:size]:
            if letter + str(row) not in stones:
                return letter + str(row)
for line in sys.stdin:
    words = line.split()
    answer = ""
    if words[0] == "boardsize": size = int(words[1])
    elif words[0] == "clear_board": stones, count = set(), 0
    elif words[0] == "play": stones.add(words[2])
    elif words[0] == "genmove":
        count += 1
        answer = free() or "pass"
        if count == 4:
            if fault == "crash": sys.exit(3)
            if fault == "silence": time.sleep(60)
            if fault == "illegal": answer = sorted(stones)[0]
            if fault == "nonsense": answer = "Z99"
            if fault == "resign": answer = "resign"
            if fault == "refusal": print("? no idea\\n", flush=True); continue
            if fault == "flood": print("x" * (3 << 20), flush=True)
        stones.add(answer)
    print("= " + answer + "\\n", flush=True)
"""

# A Gomocup brain: the first free point. It talks a lot beside its answers.
BRAIN = """
import sys
size, board = 0, None
for line in sys.stdin:
    word = line.strip().split(" ")[0].upper()
    if word == "START":
        size = int(line.split()[1])
        print("OK - size accepted" if size >= 5 else "ERROR unsupported size", flush=True)
    elif word == "INFO": pass
    elif word == "BEGIN": print("MESSAGE hello\\n0,0", flush=True)
    elif word == "BOARD": board = set()
    elif word == "DONE":
        print("DEBUG thinking", flush=True)
        x, y = next((x, y) for y in range(size) for x in range(size) if (x, y) not in board)
        print(f"{x},{y}", flush=True)
    elif board is not None:
        x, y, owner = map(int, line.split(","))
        board.add((x, y))
"""


def program(folder: Path, source: str, *arguments: str) -> str:
    path = folder / "program.py"
    path.write_text(source)
    return shlex.join([sys.executable, str(path), *arguments])


def match(agent: str, rules: Rules, num_games: int = 4, other: str = "random") -> MatchResult:
    return play_match(open_agent(agent), open_agent(other), rules, num_games, seed=3)


def test_our_own_gtp_plays_a_match(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent.parent)
    rules = gomoku_rules(5)
    result = match(f"{OWN_GTP} --game gomoku --size 5 --agent uct:64 --seed 1", rules)
    assert result.failures == ()
    assert result.num_games == 4


@pytest.mark.skipif(GNUGO is None, reason="GNU Go is not installed (apt-get install gnugo)")
def test_gnugo_beats_random_and_counts_as_we_do() -> None:
    command = f"gtp:{GNUGO} --mode gtp --chinese-rules --capture-all-dead --level 1 --seed 1"
    result = match(command, go_rules(7))
    assert result.failures == ()
    assert result.wins == 4
    assert result.num_counted_otherwise == 0


@pytest.mark.skipif(GNUGO is None, reason="GNU Go is not installed (apt-get install gnugo)")
def test_a_program_follows_several_games_in_turn() -> None:
    agent = open_agent(f"gtp:{GNUGO} --mode gtp --level 1 --seed 1").make(
        go_rules(5), 2, np.random.SeedSequence(1)
    )
    from engine.board import new_state
    from engine.rules_kernels import play

    state = new_state(go_rules(5), 2)
    games: list[list[int]] = [[12, 7], []]
    for row, moves in enumerate(games):
        for action in moves:
            play(state, row, action)
    for _ in range(4):
        for row, action in enumerate(agent.choose(state, np.array([0, 1]), games)):
            assert action >= 0
            play(state, row, int(action))
            games[row].append(int(action))


@pytest.mark.parametrize("fault", ["crash", "illegal", "nonsense", "refusal", "flood"])
def test_a_program_that_fails_loses_that_game_and_is_started_again(tmp_path: Path, fault: str) -> None:
    command = program(tmp_path, GTP_PROGRAM, fault)
    result = match(f"gtp:{command}", go_rules(5, komi=0.5))
    assert len(result.failures) >= 1
    assert result.losses >= len(result.failures)
    assert result.num_games == 4
    resigned = [score for _, _, score in result.games if np.isinf(score)]
    assert len(resigned) == len(result.failures)


def test_a_silent_program_loses_when_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("selfplay.gtp_process.ANSWER_SECONDS", 0.5)
    result = match(f"gtp:{program(tmp_path, GTP_PROGRAM, 'silence')}", go_rules(5), num_games=2)
    assert "no answer in time" in result.failures[0]


def test_a_program_may_resign(tmp_path: Path) -> None:
    result = match(f"gtp:{program(tmp_path, GTP_PROGRAM, 'resign')}", go_rules(5), num_games=2)
    assert result.failures == ()
    assert any(np.isinf(score) for _, _, score in result.games)


def test_a_gomocup_brain_plays_five_in_a_row(tmp_path: Path) -> None:
    result = match(f"gomocup:{program(tmp_path, BRAIN)}", gomoku_rules(7))
    assert result.failures == ()
    assert result.num_games == 4


def test_a_gomocup_brain_that_refuses_the_size_loses(tmp_path: Path) -> None:
    brain = BRAIN.replace("size >= 5", "size > 7")
    result = match(f"gomocup:{program(tmp_path, brain)}", gomoku_rules(7), num_games=2)
    assert "expected OK" in result.failures[0]
    assert result.losses == 2


def test_gomocup_is_for_five_in_a_row_alone() -> None:
    agent = open_agent("gomocup:brain")
    for rules in (go_rules(9), gomoku_rules(6, line_length=4)):
        with pytest.raises(AgentError, match="plays five in a row"):
            agent.make(rules, 1, np.random.SeedSequence(1))


@pytest.mark.parametrize("name", ["gtp:", "gomocup: ", "gtp", "gnugo:gnugo"])
def test_a_name_without_a_command_is_refused(name: str) -> None:
    with pytest.raises(AgentError, match="expected"):
        open_agent(name)


@pytest.mark.parametrize("command", ["/nowhere/engine --gtp", "'unclosed", ""])
def test_a_program_that_cannot_be_started_is_named(command: str) -> None:
    with pytest.raises(EngineFailure, match="cannot be started"):
        EngineProcess(command)


def test_a_program_ends_with_its_owner() -> None:
    process = EngineProcess(shlex.join([sys.executable, "-c", "import sys; sys.stdin.read()"]))
    inner = process._process
    del process
    deadline = time.monotonic() + 10
    while inner.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert inner.poll() is not None


def test_a_person_can_play_a_program_and_hears_that_it_gave_up(tmp_path: Path) -> None:
    command = program(tmp_path, GTP_PROGRAM, "resign")
    moves = "E5\nD5\nE4\nD4\nE3\nD3\n"
    options = ["--plain", "--size", "5", "--agent", f"gtp:{command}"]
    result = CliRunner().invoke(main, ["play", *options], input=moves)
    assert result.exit_code == 0
    assert "Black wins: White resigned" in result.stdout


def test_a_program_that_fails_ends_a_game_in_the_terminal_with_one_line(tmp_path: Path) -> None:
    command = program(tmp_path, GTP_PROGRAM, "crash")
    options = ["--plain", "--size", "5", "--agent", f"gtp:{command}"]
    result = CliRunner().invoke(main, ["play", *options], input="E5\nD5\nE4\nD4\nE3\n")
    assert result.exit_code == 2
    assert re.search(r"^Error: program .*: ended$", result.stderr, re.MULTILINE)


def test_an_agent_that_gives_up_says_so_in_gtp(tmp_path: Path) -> None:
    agent = f"gtp:{program(tmp_path, GTP_PROGRAM, 'resign')}"
    lines = "".join(f"play b {vertex}\ngenmove w\n" for vertex in ("E5", "D5", "E4", "D4"))
    result = CliRunner().invoke(main, ["gtp", "--size", "5", "--agent", agent], input=lines)
    assert result.stdout.endswith("= resign\n\n")
