"""`yomi doctor` finds nothing wrong here, and finds what is made wrong on purpose."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import app.doctor
from app.doctor import Finding, installation, kernel_cache, packages, surroundings
from app.main import main


def wrong(findings: list[Finding]) -> list[str]:
    return [f"{finding.subject}: {finding.text}" for finding in findings if finding.state == "wrong"]


def test_nothing_is_wrong_with_this_installation() -> None:
    result = CliRunner().invoke(main, ["doctor", "--json"])
    findings = [json.loads(line) for line in result.stdout.splitlines()]
    assert [finding for finding in findings if finding["state"] == "wrong"] == []
    assert result.exit_code == 0
    assert {"yomi", "python", "numpy", "torch", "numba", "click", "kernel cache", "cores", "disk"} <= {
        finding["subject"] for finding in findings
    }


def test_what_is_wrong_is_said_and_gives_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.doctor, "OLDEST_PYTHON", (99, 0))
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert any(line.startswith("wrong  python") for line in result.stdout.splitlines())


def test_a_package_of_our_name_from_elsewhere_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mcts").mkdir()
    (tmp_path / "mcts" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "mcts"]:
        monkeypatch.delitem(sys.modules, name)
    (found,) = wrong(list(installation()))
    assert found.startswith(f"mcts: comes from {tmp_path}")


def test_packages_that_are_missing_or_too_old_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"numpy": "1.20", "torch": "9.0"}
    monkeypatch.setattr(app.doctor, "version", lambda name: known.get(name, "99"))
    found = wrong(list(packages()))
    assert any(line.startswith("numpy: 1.20: expected >=2") for line in found)
    assert any(line.startswith("torch: 9.0: expected ") for line in found)


def test_a_cache_that_cannot_be_written_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("engine.jit.cache_directory", lambda: tmp_path / "file" / "kernels")
    (found,) = wrong(list(kernel_cache()))
    assert "YOMI_CACHE names another folder" in found


def test_little_room_on_the_disk_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.doctor, "LOW_DISK_BYTES", 1 << 62)
    assert Finding("disk", "note", "") in [Finding(f.subject, f.state, "") for f in surroundings()]
