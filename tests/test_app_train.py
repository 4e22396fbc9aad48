"""`yomi train` and `yomi match`: runs that go on after a kill, and matches of what they learned."""

import json
import re
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from safetensors.torch import load_file

from app.main import main
from app.match import table
from app.progress import Progress, duration
from engine.rulesets import go_rules
from selfplay.arena import MatchResult
from selfplay.checkpoint import load_network
from selfplay.run_store import RunStore

SMALL = [
    "--preset",
    "tiny",
    "--iterations",
    "2",
    *(
        part
        for setting in (
            "threads=1",
            "network.blocks=1",
            "network.channels=8",
            "search.num_simulations=4",
            "selfplay.games_per_iteration=12",
            "selfplay.parallel_games=6",
            "learner.passes=1",
        )
        for part in ("--set", setting)
    ),
]


@pytest.fixture(autouse=True)
def _warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long this machine compiles, commands say nothing about it."""
    monkeypatch.setattr("engine.jit.is_cache_warm", lambda: True)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def weights(path: Path) -> dict[str, bytes]:
    """The tensors of a file, bit for bit; the order of its header is left to chance."""
    return {name: tensor.numpy().tobytes() for name, tensor in load_file(path).items()}


def checkpoints(folder: Path) -> dict[str, dict[str, bytes]]:
    return {path.name: weights(path) for path in sorted(folder.glob("weights-*"))}


def end_after_first_round(folder: Path, number: signal.Signals, *options: str) -> tuple[int, str]:
    """Start a run in a process of its own and end it as soon as its first round is reported."""
    command = [
        str(Path(sys.executable).parent / "yomi"),
        "train",
        "--run",
        str(folder),
        *SMALL,
        *options,
        "--json",
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that a shell started in the background ignore Ctrl-C, and hand that down.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["iteration"] == 1
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing has disturbed."""
    folder = tmp_path_factory.mktemp("finished")
    assert run("train", "--run", str(folder), *SMALL).exit_code == 0
    return folder


def test_a_run_that_was_killed_goes_on_to_the_same_weights(finished: Path, tmp_path: Path) -> None:
    returncode, _ = end_after_first_round(tmp_path, signal.SIGKILL)
    assert returncode == -signal.SIGKILL
    assert "weights-00002.safetensors" not in checkpoints(tmp_path)
    result = run("train", "--run", str(tmp_path), *SMALL, "--json")
    assert [json.loads(line)["iteration"] for line in result.stdout.splitlines()] == [2]
    assert len(checkpoints(tmp_path)) == 3
    assert checkpoints(tmp_path) == checkpoints(finished)


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    # More rounds than can end before the signal arrives.
    returncode, errors = end_after_first_round(tmp_path, signal.SIGINT, "--iterations", "50")
    expected = f"Stopped: {tmp_path} keeps all finished rounds; the same command goes on from there."
    assert (returncode, errors.splitlines()[-1]) == (130, expected)
    with RunStore(tmp_path) as store:
        assert 1 <= store.checkpoints()[-1].iteration < 50


def test_each_round_is_a_line_and_the_weights_come_last(tmp_path: Path) -> None:
    result = run("train", "--run", str(tmp_path), *SMALL)
    lines = [line for line in result.stdout.splitlines() if not line.startswith("  ! ")]  # advice
    first, second, last = lines
    assert re.match(r"round   1 of 2  policy loss [\d.]+  value loss .* evaluations/s  ", first)
    assert second.startswith("round   2 of 2  ")
    assert last == f"Weights: {tmp_path}/weights-00002.safetensors"


def test_a_finished_run_only_names_its_weights(finished: Path) -> None:
    result = run("train", "--run", str(finished), *SMALL)
    assert result.stdout == f"Weights: {finished}/weights-00002.safetensors\n"


def test_a_run_goes_on_when_more_rounds_are_wanted_but_not_with_other_settings(finished: Path) -> None:
    other = CliRunner().invoke(main, ["train", "--run", str(finished), *SMALL, "--set", "seed=9"])
    assert other.exit_code == 2
    assert re.fullmatch(r"Error: run .*: holds another configuration \(seed differ\).*\n", other.stderr)


def test_a_run_starts_from_given_weights(finished: Path, tmp_path: Path) -> None:
    path = finished / "weights-00002.safetensors"
    result = run("train", "--run", str(tmp_path), *SMALL, "--set", "seed=2", "--initial", str(path))
    assert result.exit_code == 0
    assert weights(tmp_path / "weights-00000.safetensors") == weights(path)


def test_weights_grow_into_a_larger_network(finished: Path, tmp_path: Path) -> None:
    path, folder = finished / "weights-00002.safetensors", tmp_path / "run"
    grows = [*SMALL, "--initial", str(path), "--set", "network.channels=24"]
    assert run("train", "--run", str(folder), *grows).exit_code == 0
    small, large = (load_network(one)[0] for one in (path, folder / "weights-00000.safetensors"))
    assert large.config == replace(small.config, channels=24)
    assert (large.stem.weight[:8] == small.stem.weight).all()


def test_weights_do_not_shrink(finished: Path, tmp_path: Path) -> None:
    path = str(finished / "weights-00002.safetensors")
    shrinks = ["--initial", path, "--set", "network.head_channels=8", "--run", str(tmp_path / "run")]
    result = run("train", *SMALL, *shrinks)
    assert (result.exit_code, result.stderr) == (
        2,
        f"Error: --initial {path}: network.head_channels 8: expected 16 as the weights have, or more\n",
    )
    assert not (tmp_path / "run").exists()


def test_weights_of_another_game_are_no_start(finished: Path, tmp_path: Path) -> None:
    weights = str(finished / "weights-00002.safetensors")
    result = run("train", "--preset", "gomoku6", "--run", str(tmp_path / "run"), "--initial", weights)
    assert (result.exit_code, result.stderr) == (
        2,
        f"Error: --initial {weights}: knows go, expected gomoku\n",
    )
    assert not (tmp_path / "run").exists()


def test_a_match_of_a_run_is_printed_and_stored_with_it(finished: Path) -> None:
    result = run("match", str(finished), "random", "--visits", "4", "--games", "5", "--json")
    figures = json.loads(result.stdout)
    assert figures["games"] == figures["wins"] + figures["draws"] + figures["losses"] == 6
    assert figures["rules"].startswith("Go 5x5, komi 6.5")
    assert (figures["first"], figures["second"]) == (f"{finished} at 4", "random")
    with RunStore(finished) as store:
        stored = store.matches()[-1]
    assert (stored["wins"], stored["games"], stored["rules"]["width"]) == (figures["wins"], 6, 5)


def test_the_same_match_twice_gives_the_same_result() -> None:
    match = ["match", "uct:8", "random", "--game", "gomoku", "--size", "4", "--games", "6", "--json"]
    assert run(*match).stdout == run(*match).stdout
    assert run(*match).stdout != run(*match, "--seed", "2").stdout


def test_several_agents_meet_each_other_and_are_rated() -> None:
    result = run("match", "random", "uct:4", "uct:64", "--size", "5", "--games", "8", "--json")
    *matches, ratings = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(match["first"], match["second"]) for match in matches] == [
        ("random", "uct:4"),
        ("random", "uct:64"),
        ("uct:4", "uct:64"),
    ]
    assert ratings["elo"]["uct:64"] == 0.0
    assert ratings["elo"]["random"] < -200
    table = run("match", "random", "uct:4", "uct:64", "--size", "5", "--games", "8", "--anchor", "random")
    assert re.search(r"^random +0 +±0", table.stdout, re.MULTILINE)


def test_a_sequential_test_ends_a_match_that_is_decided() -> None:
    result = run("match", "uct:64", "random", "--size", "5", "--games", "200", "--sprt", "0,50", "--json")
    figures = json.loads(result.stdout)
    assert (figures["sprt"], figures["games"]) == ("accepted", 40)


def test_a_network_plays_in_every_command(finished: Path) -> None:
    played = CliRunner().invoke(
        main, ["play", "--plain", "--agent", str(finished), "--visits", "2"], input="c3\n"
    )
    assert played.stdout.startswith("Go 5x5, komi 6.5")
    assert "White (O) p" in played.stdout
    spoken = CliRunner().invoke(
        main, ["gtp", "--agent", str(finished), "--visits", "1"], input="1 genmove b\n"
    )
    assert re.fullmatch(r"=1 ([A-HJ][1-9]|pass)\n\n", spoken.stdout)


def test_the_table_of_a_match_says_what_the_interval_allows() -> None:
    result = MatchResult("a", "b", 60, 2, 38, 99, 31, 40.0, ())
    assert table(go_rules(9), result).splitlines() == [
        "a against b: Go 9x9, komi 7, positional superko, no suicide",
        "win rate  95 % interval  Elo         won-drawn-lost  distinct games  verdict",
        "61.0 %    51.2 .. 70.0   +8 .. +147  60-2-38         99 of 100       a is stronger",
    ]
    even = MatchResult("a", "b", 52, 0, 48, 100, 31, 40.0, ())
    assert table(go_rules(9), even).endswith("no difference shown")


def test_progress_is_told_in_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.progress.FIRST_LINE_AFTER_S", 0.02)
    with Progress("Games", 4) as progress:
        progress.advance(2)
        progress._painter.join(0.2)
    assert capsys.readouterr().err.startswith("Games: 2 of 4, about 0 s left\n")
    with Progress("Thinking"):
        pass
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0 s"), (89, "89 s"), (120, "2 min"), (9000, "2.5 h")])
def test_lengths_of_time_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["estimate", "--network", "huge"], "network 'huge': expected one of tiny, small, medium, large"),
        (["train", "--network", "huge"], "network 'huge': expected one of tiny, small, medium, large"),
    ],
)
def test_a_size_that_cannot_be_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments, "--preset", "go7")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
