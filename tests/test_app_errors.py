"""What a command does when something is wrong: one line on stderr, exit code 2, nothing changed on disk."""

import errno
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from app import console
from app.main import Yomi, main
from engine.errors import RulesError
from selfplay.run_store import RunStore

TINY = ["train", "--preset", "tiny"]


@pytest.fixture(autouse=True)
def _warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long this machine compiles, commands say nothing about it."""
    monkeypatch.setattr("engine.jit.is_cache_warm", lambda: True)
    monkeypatch.setattr("app.progress.FIRST_LINE_AFTER_S", 600.0)


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, list(arguments), input=typed)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dance"], "No such command 'dance'"),
        (["play", "--dance"], "--dance"),
        (["play", "--size", "20"], "size 20: expected 2..19 for Go"),
        (["play", "--size", "1"], "size 1: expected 2..19 for Go"),
        (["play", "--size", "9x99"], "size 9x99: expected 2..19 for Go"),
        (["play", "--size", "nine"], "'nine': expected a number such as 9"),
        (["play", "--size", "-9"], "'-9': expected a number such as 9"),
        (["play", "--game", "gomoku", "--size", "2"], "size 2: expected 3..20 for Gomoku"),
        (["play", "--game", "gomoku", "--size", "21"], "size 21: expected 3..20 for Gomoku"),
        (["play", "--game", "chess"], "'chess' is not one of"),
        (["play", "--game", "gomoku", "--komi", "7"], "komi: expected only with Go"),
        (["play", "--game", "go", "--rules", "standard"], "rules standard: expected only with Gomoku"),
        (["play", "--komi", "nan"], "komi nan: expected a number"),
        (["play", "--komi", "many"], "'many' is not a valid float"),
        (["play", "--visits", "-5"], "-5"),
        (["play", "--visits", "99999999"], "visits 99999999: expected 1..1000000"),
        (["play", "--agent", "uct:50", "--seconds", "nan"], "seconds nan: expected 0.01..86400"),
        (["play", "--agent", "uct:1"], "agent 'uct:1': expected uct:VISITS"),
        (["play", "--plain", "--agent", "uct:9", "--search", "speed=1"], "setting 'speed': expected one of"),
        (["match", "random", "uct:9", "--search", "solve=maybe"], "solve=maybe: expected true or false"),
        (["match", "random", "uct:9", "--resign", "0.7"], "0.7 is not in the range"),
        (["play", "--agent", "nobody"], "agent 'nobody': expected random, one-ply, threats, uct:VISITS"),
        (["play", "--agent", "."], "agent '.': expected"),
        (["play", "--agent", "note.txt"], "checkpoint note.txt: expected a safetensors file"),
        (["play", "--sgf", "nowhere/game.sgf"], "expected a file in a folder that exists"),
        (["play", "--sgf", "."], "'.' is a directory"),
        (["sgf", "dance"], "No such command 'dance'"),
        (["sgf", "check"], "Missing argument 'PATHS...'"),
        (["sgf", "check", "nowhere.sgf"], "'nowhere.sgf' does not exist"),
        (["sgf", "check", "."], ".: no .sgf file in this folder or below"),
        (["sgf", "check", "note.txt", "--rules", "chess"], "'chess' is not one of"),
        (["gtp", "--size", "20"], "size 20: expected 2..19 for Go"),
        (["gtp", "--visits", "-1"], "-1"),
        (["match", "random"], "expected at least two"),
        (["match", "random", "nobody"], "agent 'nobody': expected"),
        (["match", "random", "gtp:"], "agent 'gtp:': expected gtp:COMMAND"),
        (["match", "random", "random", "--games", "0"], "0"),
        (["match", "random", "random", "--visits-b", "-2"], "-2"),
        (["match", "random", "random", "--sprt", "30"], "'30': expected two Elo differences"),
        (["match", "random", "random", "--sprt", "30,0"], "'30,0': expected two Elo differences"),
        (["match", "random", "random", "uct:2", "--sprt", "0,9"], "are for two agents"),
        (["match", "random", "random", "--anchor", "x"], "--anchor x: expected one of the agents"),
        (["train"], "Missing option '--preset'"),
        (["train", "--preset", "huge"], "preset 'huge': expected one of tiny,"),
        ([*TINY, "--set", "speed=9"], "setting 'speed': expected one of"),
        ([*TINY, "--set", "seed"], "setting 'seed': expected key=value"),
        ([*TINY, "--set", "seed=x"], "setting seed=x: expected a whole number"),
        ([*TINY, "--set", "search.num_simulations=1"], "expected at least 2"),
        ([*TINY, "--iterations", "0"], "expected at least 1"),
        ([*TINY, "--run", "note.txt"], "run folder note.txt: cannot be written"),
        ([*TINY, "--run", "note.txt/deeper"], "run folder note.txt/deeper: cannot be written"),
        ([*TINY, "--initial", "nowhere"], "checkpoint nowhere: No such file or directory"),
    ],
    ids=" ".join,
)
def test_wrong_input_gives_one_line_and_changes_nothing(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text("not a run, not a checkpoint")
    before = files(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2, result.exception
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert files(tmp_path) == before


def test_an_illegal_vertex_gives_one_line_and_exit_code_2() -> None:
    result = run("play", "--plain", "--size", "5", "--agent", "random", typed="z99\n")
    assert result.exit_code == 2
    assert result.stderr == "Error: vertex 'z99': expected A1..E5 or pass\n"


def test_a_run_that_is_being_trained_is_not_trained_twice(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store, store.trainer_lock():
        result = run(*TINY, "--run", str(tmp_path))
    assert result.exit_code == 2
    assert re.fullmatch(r"Error: run .*: already being trained by process \d+ on .*\n", result.stderr)


def test_an_agent_of_the_other_game_is_refused(tmp_path: Path) -> None:
    from engine.rulesets import gomoku_rules
    from selfplay.checkpoint import save_network
    from selfplay.network import NetworkConfig, new_network

    weights = tmp_path / "six.safetensors"
    save_network(weights, new_network(NetworkConfig(blocks=1, channels=8), 1), gomoku_rules(6))
    result = run("play", "--agent", str(weights), "--game", "go")
    assert result.exit_code == 2
    assert result.stderr.endswith("six.safetensors: plays gomoku, not go\n")
    assert len(result.stderr.splitlines()) == 1


def ending(error: BaseException) -> Result:
    """What becomes of a command in which something happens."""

    @click.group(cls=Yomi, package="app", table={}, invoke_without_command=True)
    def group() -> None:
        raise error

    return CliRunner().invoke(group, [])


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "Error: No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "runs/x"), "Error: runs/x: Permission denied"),
        (OSError("odd"), "Error: odd"),
        (RulesError("size 99:\nexpected 2..19"), "Error: size 99: expected 2..19"),
        (click.UsageError("no\n\nway"), "Error: no way"),
    ],
)
def test_errors_from_outside_become_one_line(error: BaseException, line: str) -> None:
    result = ending(error)
    assert (result.exit_code, result.stderr) == (2, f"{line}\n")


@pytest.mark.parametrize("error", [ValueError("ours"), ZeroDivisionError(), RuntimeError("ours")])
def test_a_bug_keeps_its_traceback(error: Exception) -> None:
    assert ending(error).exception is error


def interrupted() -> BaseException:
    try:
        with console.stopping("three rounds are kept"):
            raise KeyboardInterrupt
    except console.Stopped as stopped:
        return stopped


@pytest.mark.parametrize(
    ("error", "line"),
    [(interrupted, "Stopped: three rounds are kept.\n"), (KeyboardInterrupt, "\nStopped.\n")],
)
def test_ctrl_c_says_what_is_kept(error: Callable[[], BaseException], line: str) -> None:
    result = ending(error())
    assert (result.exit_code, result.stderr) == (130, line)


def yomi(arguments: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).parent / "yomi"
    return subprocess.run(
        ["bash", "-c", f"{command} {arguments}"], capture_output=True, text=True, check=False
    )


def test_a_reader_that_goes_away_is_no_news() -> None:
    run = yomi("--help | true; exit ${PIPESTATUS[0]}")
    assert (run.stderr, run.returncode in (0, 1)) == ("", True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_results_that_cannot_be_written_are_an_error() -> None:
    run = yomi("--help > /dev/full")
    assert (run.stderr, run.returncode) == ("Error: No space left on device\n", 2)
