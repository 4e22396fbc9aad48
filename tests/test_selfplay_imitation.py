"""Learning from given games: what is read of them, how they are split, and what a network gets from them."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from random_records import SMALL, random_network, random_record

from app.main import main
from engine.board import BLACK, WHITE
from engine.errors import SgfError
from engine.game import Game, Move
from engine.notation import action_of_vertex
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.sgf import SgfGame, write_sgf
from selfplay.checkpoint import load_network
from selfplay.imitation import (
    clone_moves,
    common_rules,
    move_accuracy,
    moves_as_targets,
    num_clone_steps,
    record_from_sgf,
    records_from_sgf,
)
from selfplay.learner import LearnerConfig
from selfplay.network import NetworkConfig, new_network
from selfplay.presets import preset
from selfplay.records import GameRecord
from selfplay.replay import ReplayBuffer
from selfplay.window import split_games

REAL_GAMES = os.environ.get("YOMI_SGF")


def moves(rules: Rules, vertices: str, first: int = BLACK) -> tuple[Move, ...]:
    """Moves such as `"D4 pass C3"` in turn."""
    return tuple(
        Move(first if ply % 2 == 0 else BLACK + WHITE - first, action_of_vertex(vertex, rules))
        for ply, vertex in enumerate(vertices.split())
    )


def sgf(vertices: str, result: str = "B+R", rules: Rules | None = None, **fields: object) -> SgfGame:
    rules = rules or go_rules(5)
    return SgfGame(rules, moves(rules, vertices), result=result, **fields)  # type: ignore[arg-type]


def row_game(seed: int) -> SgfGame:
    """A game of a habit that is easy to learn: each side goes on along its row from where it began."""
    rules = go_rules(5, komi=0.5)
    start = seed % 5
    steps = [(start + step) % 5 for step in range(5)]
    played = [Move(color, y * 5 + x) for x in steps for color, y in ((BLACK, 1), (WHITE, 3))]
    return SgfGame(rules, tuple(played[: 6 + seed % 4]), result="B+R")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty games in two levels of folders, some of them of no use."""
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    for index in range(40):
        place = tmp_path / "deep" / "deeper" if index % 2 else tmp_path
        (place / f"{index:02}.{'SGF' if index % 3 else 'sgf'}").write_bytes(write_sgf(row_game(index)))
    (tmp_path / "large.sgf").write_bytes(write_sgf(sgf("D4", rules=go_rules(9))))
    (tmp_path / "wide.sgf").write_bytes(write_sgf(sgf("D4", rules=go_rules(5, 7))))
    (tmp_path / "void.sgf").write_bytes(write_sgf(sgf("C3", result="")))
    (tmp_path / "broken.sgf").write_bytes(b"(;SZ[5")
    (tmp_path / "notes.txt").write_text("no game")
    return tmp_path


# From files to records.


def test_a_game_becomes_a_record_of_its_moves_and_its_stated_result() -> None:
    record = record_from_sgf(sgf("C3 B2 D2", result="W+2"))
    assert record.moves.tolist() == [action_of_vertex(vertex, go_rules(5)) for vertex in ("C3", "B2", "D2")]
    assert record.value_targets.tolist() == [-1, 1, -1]
    assert record.visits.sum(axis=1).tolist() == [1, 1, 1]
    assert record.visits.argmax(axis=1).tolist() == record.moves.tolist()
    assert record.score_black is None
    assert not record.is_truncated


def test_a_draw_is_worth_nothing_to_either_side() -> None:
    assert not record_from_sgf(sgf("C3 B2", result="0")).value_targets.any()


@pytest.mark.parametrize(
    ("game", "reason"),
    [
        (sgf("C3", result="Void"), "no result"),
        (sgf(""), "no moves"),
        (sgf("C3", setup=(Move(BLACK, 0),)), "stones set up before the first move"),
        (sgf("C3 B2 C3"), "an illegal move"),
        (sgf("C3 pass", rules=gomoku_rules(5)), "an illegal move"),
        (sgf("C3", rules=Rules("go", 5, 5, komi=6.5)), None),
        (SgfGame(go_rules(5), moves(go_rules(5), "C3 B2", WHITE), result="B+"), "colors out of turn"),
        (SgfGame(go_rules(5), (Move(BLACK, 1), Move(BLACK, 2)), result="B+"), "colors out of turn"),
    ],
)
def test_a_game_that_teaches_nothing_is_refused_for_its_reason(game: SgfGame, reason: str | None) -> None:
    if reason is None:
        assert record_from_sgf(game).num_moves == 1
        return
    with pytest.raises(SgfError) as caught:
        record_from_sgf(game)
    assert str(caught.value) == reason


def test_moves_behind_the_end_are_left_out() -> None:
    assert record_from_sgf(sgf("C3 pass pass B2 D4")).num_moves == 3
    won = sgf("A1 A2 B1 B2 C1 C2", rules=gomoku_rules(3))
    assert record_from_sgf(won).num_moves == 5


def test_files_are_read_or_counted_by_the_reason_against_them(folder: Path) -> None:
    told: list[int] = []
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    games, skipped = records_from_sgf(paths, "go", 5, told.append)
    assert len(games) == 40
    assert skipped == Counter({"unreadable": 2, "no result": 1, "another game or size": 2})
    assert sum(told) == len(paths) == 45
    assert common_rules(games) == go_rules(5, komi=0.5)
    assert records_from_sgf(paths, "gomoku", 5)[0] == []


# From records to what is learned.


def test_the_move_played_takes_the_place_of_the_visits() -> None:
    record = random_record(go_rules(5), seed=1)
    (target,) = moves_as_targets([record])
    assert not target.visits[0].any(), "an opening move stays without a target"
    assert target.visits[1:].argmax(axis=1).tolist() == record.moves[1:].tolist()
    assert (target.visits[1:].sum(axis=1) == 1).all()
    assert target.visits.dtype == np.uint16
    assert target.value_targets is record.value_targets


def test_a_split_is_by_whole_games_and_moves_no_game_when_others_come() -> None:
    games = [random_record(gomoku_rules(4), seed) for seed in range(300)]
    games += games[:50]
    taught, held_out = split_games(games, 0.2, seed=1)
    assert 30 < len(held_out) < 120
    assert len(taught) + len(held_out) == 350
    names = [{game.digest() for game in part} for part in (taught, held_out)]
    assert not names[0] & names[1]
    few = {game.digest() for game in split_games(games[::3], 0.2, seed=1)[1]}
    assert few <= names[1]
    assert names[1] != {game.digest() for game in split_games(games, 0.2, seed=2)[1]}
    assert split_games(games, 0.0, seed=1)[1] == split_games(games, 1.0, seed=1)[0] == []


def row_records(count: int = 40) -> list[GameRecord]:
    return [record_from_sgf(row_game(seed)) for seed in range(count)]


def test_a_habit_is_learned_by_policy_and_value() -> None:
    games = row_records()
    network = new_network(NetworkConfig(2, 16, 16), seed=1)
    told: list[int] = []
    before = move_accuracy(network, games)
    config = LearnerConfig(batch_size=32, learning_rate=5e-3, warmup_steps=10)
    clone_moves(network, games, epochs=30, seed=1, config=config, threads=1, progress=told.append)
    after = move_accuracy(network, games)
    assert before["positions"] == after["positions"] == sum(game.num_moves for game in games)
    assert before["value_loss"] == pytest.approx(np.log(3), abs=1e-3)
    # The first move of a game is one of five and the third may go either way.
    assert after["top1"] > 0.6 > 0.3 > before["top1"]
    assert after["top5"] > 0.8
    assert after["policy_loss"] < 0.5 * before["policy_loss"]
    assert after["value_loss"] < 0.1
    assert sum(told) == num_clone_steps(games, 30, config)


def test_accuracy_is_that_of_the_textbook() -> None:
    games = [random_record(rules, seed) for seed, rules in enumerate([go_rules(5), go_rules(5)])]
    network = random_network(1)
    found = move_accuracy(network, games)
    batch = ReplayBuffer(moves_as_targets(games), SMALL).read(np.arange(found["positions"]))
    with torch.inference_mode():
        logits = network(torch.from_numpy(batch.planes)).policy_logits.numpy()
    has_target = batch.policy_target.any(axis=1)
    played = batch.policy_target.argmax(axis=1)
    rank = (logits > logits[np.arange(len(played)), played][:, None]).sum(axis=1)
    assert has_target.all()
    assert len(played) == sum(game.num_targets for game in games)
    # bfloat16 may swap moves that are almost alike.
    assert found["top1"] == pytest.approx((rank == 0).mean(), abs=0.05)
    assert found["top5"] == pytest.approx((rank < 5).mean(), abs=0.1)


def test_values_that_are_not_fitted_are_fresh_at_the_end() -> None:
    games = row_records(10)
    before = torch.random.get_rng_state()
    cloned = []
    for _ in range(2):
        network = random_network(1)
        clone_moves(network, games, epochs=1, seed=3, fit_values=False, threads=1)
        cloned.append(network.state_dict())
    assert torch.equal(torch.random.get_rng_state(), before), "the global generator was used"
    assert not cloned[0]["value_head.result_out.weight"].any()
    assert not cloned[0]["value_head.result_out.bias"].any()
    fresh = [name for name in cloned[0] if name.startswith(("value_head.conv", "value_head.hidden"))]
    assert len(fresh) == 4
    assert not any(torch.equal(cloned[0][name], random_network(1).state_dict()[name]) for name in fresh)
    assert all(torch.equal(tensor, cloned[1][name]) for name, tensor in cloned[0].items())


def test_values_play_no_part_when_they_are_not_fitted() -> None:
    games = row_records(10)
    flipped = [replace(game, value_targets=-game.value_targets, score_black=9.0) for game in games]
    cloned = []
    for part in (games, flipped):
        network = new_network(SMALL, seed=1)
        clone_moves(network, part, epochs=2, seed=3, fit_values=False, threads=1)
        cloned.append(network.state_dict())
    assert all(torch.equal(tensor, cloned[1][name]) for name, tensor in cloned[0].items())


def test_the_learning_rate_falls_and_every_step_is_taken() -> None:
    games = row_records(10)
    config = LearnerConfig(batch_size=16)
    for epochs in (0.01, 0.5, 3.0):
        told: list[int] = []
        clone_moves(
            new_network(SMALL, 1),
            games,
            epochs=epochs,
            seed=1,
            config=config,
            threads=1,
            progress=told.append,
        )
        assert sum(told) == num_clone_steps(games, epochs, config) >= 1


# The command.


def pretrain(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["pretrain", *map(str, arguments)], catch_exceptions=False)


SMALL_RUN = ("--size", 5, "--blocks", 1, "--channels", 8, "--threads", 1)


def test_pretrain_writes_weights_that_play(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "cloned.safetensors"
    result = pretrain("--sgf", folder, *SMALL_RUN, "--steps", 40, "--seed", 2, "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["games"] == 40
    assert report["skipped"] == {"unreadable": 1, "no result": 1, "another game or size": 2}
    assert report["steps"] == 40
    assert 0 < report["training_games"] < 40
    for part in ("held_out", "training"):
        assert 0 <= report[part]["top1"] <= report[part]["top5"] <= 1
    network, rules = load_network(out)
    shape = replace(preset("go9").network, blocks=1, channels=8)
    assert (network.config, rules) == (shape, go_rules(5, komi=0.5))
    arguments = ["compare", str(out), "random", "--games", "4", "--visits", "2", "--json"]
    match = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert json.loads(match.stdout)["games"] == 4


def test_pretrain_shows_a_table(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "cloned.safetensors"
    result = pretrain("--sgf", folder, *SMALL_RUN, "--epochs", 0.1, "--limit", 20, "--out", out)
    assert result.exit_code == 0, result.stderr
    assert "move is the first choice" in result.stdout
    assert f"Weights: {out}" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sgf", "none"], "does not exist"),
        (["--sgf", "empty"], "no .sgf file in this folder or below"),
        (["--sgf", ".", "--size", "7"], r"no game of Go 7x7 to learn from (skipped: "),
        (["--sgf", ".", "--preset", "gomoku6", "--size", "5"], "no game of Gomoku 5x5"),
        (["--sgf", ".", "--preset", "huge"], "preset 'huge': expected one of"),
        (["--sgf", ".", "--blocks", "99"], "blocks 99: expected 1..40"),
        (["--sgf", ".", "--channels", "9"], "channels 9: expected a multiple of 8"),
        (["--sgf", ".", "--out", "no/folder/x"], "expected a file in a folder that exists"),
        (["--sgf", ".", "--out", "empty"], "is a directory"),
        (["--sgf", ".", "--steps", "1", "--epochs", "1"], "expected only one of them"),
        (["--sgf", ".", "--epochs", "0"], "0.0 is not in the range"),
        ([], "--sgf and --teacher: expected one of them"),
    ],
)
def test_pretrain_says_in_one_line_what_is_wrong(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    result = pretrain(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert not list(folder.rglob("*.safetensors"))


def test_a_network_that_diverges_writes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selfplay.imitation.CLONING", LearnerConfig(learning_rate=1e30))
    monkeypatch.setitem(clone_moves.__kwdefaults__, "config", LearnerConfig(learning_rate=1e30))
    result = pretrain("--sgf", folder, *SMALL_RUN, "--steps", 60, "--out", tmp_path / "x.safetensors")
    assert result.exit_code == 2
    assert "diverged" in result.stderr
    assert not (tmp_path / "x.safetensors").exists()


@pytest.mark.skipif(not REAL_GAMES, reason="YOMI_SGF names no folder of real 9x9 games")
def test_real_games_are_read_and_foretold_better_than_by_chance(tmp_path: Path) -> None:
    out = tmp_path / "cloned.safetensors"
    small = ("--blocks", 2, "--channels", 16, "--threads", 1)
    result = pretrain("--sgf", REAL_GAMES, *small, "--limit", 600, "--steps", 300, "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["games"] > 550
    assert report["held_out"]["top1"] > 0.2
    games, _ = records_from_sgf(sorted(Path(str(REAL_GAMES)).rglob("*.sgf"))[:50], "go", 9)
    for record in games:
        game = Game(record.rules)
        for action in record.moves:
            game.play(int(action))
