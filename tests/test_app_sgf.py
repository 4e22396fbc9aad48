"""`yomi sgf check`: every game is read and replayed, and what is wrong is told with file and move."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.main import main

REAL_GAMES = os.environ.get("YOMI_SGF")
OVER_AGAIN = b"(;SZ[5]KM[7]RU[Chinese];B[aa];W[bb];B[aa];W[cc])"
RECAPTURE = b"(;SZ[3:1]RU[Japanese]AW[aa];B[ca];W[ba];B[ca];W[ba];B[];W[aa])"


@pytest.fixture(autouse=True)
def _warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long this machine compiles, commands say nothing about it."""
    monkeypatch.setattr("engine.jit.is_cache_warm", lambda: True)
    monkeypatch.setattr("app.progress.FIRST_LINE_AFTER_S", 600.0)


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["sgf", "check", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five files, two of them without a fault, in two levels of folders."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.SGF").write_bytes(OVER_AGAIN)
    (tmp_path / "a.sgf").write_bytes(b"(;SZ[9:7];B[aa];W[];B[])")
    (tmp_path / "c.sgf").write_bytes(RECAPTURE)
    (tmp_path / "several.sgf").write_bytes(b"(;GM[4]SZ[15];B[hh])" + OVER_AGAIN + b"(;SZ[99])")
    (tmp_path / "torn.sgf").write_bytes(b"(;SZ[9];B[aa")
    (tmp_path / "notes.txt").write_text("no game")
    return tmp_path


def test_each_illegal_move_and_each_unreadable_game_is_told(folder: Path) -> None:
    result = check(".")
    again = "move 3, black A5: occupied (Go 5x5, komi 7, positional superko, no suicide)"
    assert result.stdout.splitlines() == [
        f"deep/b.SGF: {again}",
        f"several.sgf, game 2: {again}",
        "SGF several.sgf, game 3: width 99: expected 1..20",
        "SGF torn.sgf: error parsing game 0: unexpected end of SGF data",
        "5 games in 5 files, 18 moves: 2 illegal, 2 unreadable",
        "  2 occupied",
    ]
    assert (result.exit_code, result.stderr) == (1, "")


def test_files_without_a_fault_leave_one_line(folder: Path) -> None:
    result = check("a.sgf", "c.sgf")
    assert result.stdout == "2 games in 2 files, 9 moves: 0 illegal, 0 unreadable\n"
    assert result.exit_code == 0


def test_the_findings_are_data_for_programs(folder: Path) -> None:
    result = check("--json", "deep", "torn.sgf")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "file": "deep/b.SGF",
            "game": 1,
            "number": 3,
            "color": "black",
            "vertex": "A5",
            "reason": "occupied",
            "rules": "Go 5x5, komi 7, positional superko, no suicide",
        },
        {"file": "torn.sgf", "error": "SGF torn.sgf: error parsing game 0: unexpected end of SGF data"},
        {"files": 2, "games": 1, "moves": 4, "illegal": {"occupied": 1}, "unreadable": 1},
    ]


def test_other_rules_may_be_asked_for(folder: Path) -> None:
    assert check("c.sgf").exit_code == 0
    result = check("c.sgf", "--rules", "chinese")
    assert result.exit_code == 1
    assert "c.sgf: move 6, white A1: superko" in result.stdout
    assert check("c.sgf", "--rules", "renju").exit_code == 0, "rules of Gomoku say nothing about Go"


def test_a_position_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.sgf").write_bytes(b"(;SZ[2:1]AB[aa]AW[ba])")
    assert "a.sgf: the position set up: stones: expected a liberty" in check(tmp_path).stdout


@pytest.mark.skipif(not REAL_GAMES, reason="YOMI_SGF names no folder of real 9x9 games")
def test_all_real_games_are_read_and_few_repeat_a_position() -> None:
    result = check(REAL_GAMES, "--json")
    *findings, summary = [json.loads(line) for line in result.stdout.splitlines()]
    assert summary["unreadable"] == 0
    assert summary["games"] == summary["files"] > 0
    assert len(findings) < summary["games"] / 500
    assert {finding["reason"] for finding in findings} <= {"superko: an earlier position would come back"}
    assert check(REAL_GAMES, "--rules", "japanese").exit_code == 0
