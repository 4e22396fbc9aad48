"""`yomi report` writes one page that needs nothing else, whatever stands in the run."""

import html
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from random_records import random_record

from app.main import main
from app.run_page import strength_by_hours
from engine.rulesets import Rules, go_rules, gomoku_rules
from selfplay.presets import preset
from selfplay.run_store import Checkpoint, RunStore

MATCH = {"win_rate": 0.75, "interval": [0.5, 0.9], "games": 20, "verdict": "a <b>"}


def new_run(folder: Path, rules: Rules) -> Path:
    """A run with a round, as the training loop leaves it."""
    with RunStore(folder) as store:
        config = preset("tiny").to_dict()
        store.set_fact("config", {**config, "rules": rules.to_dict()})
        store.add_games("selfplay", 1, [random_record(rules, seed) for seed in range(4)])
        store.add_metrics(1, 10, {"loss_policy": 2.0, "black_win_share": 0.9, "mean_moves": 20.0})
        store.add_metrics(2, 20, {"loss_policy": 1.5, "black_win_share": 0.5, "value_gap": 0.2})
        store.add_match("a <b>", "c", MATCH)
        path = folder / "weights-00001.safetensors"
        store.add_checkpoint(Checkpoint(1, 20, path, "", path, "", 12345))
    return folder


@pytest.mark.parametrize("rules", [go_rules(5), gomoku_rules(6)], ids=["go", "gomoku"])
def test_the_page_shows_curves_health_matches_and_games(tmp_path: Path, rules: Rules) -> None:
    run = new_run(tmp_path / "run", rules)
    result = CliRunner().invoke(main, ["report", str(run)])
    assert result.exit_code == 0
    page = (run / "report.html").read_text()
    assert page.count("<svg") == 3 + 3  # curves and boards
    assert "12,345 network evaluations" in page
    assert "learns games by heart" in page
    assert "a &lt;b&gt;" in page
    assert "a <b>" not in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_the_frames_of_a_game_are_its_boards(tmp_path: Path) -> None:
    rules = go_rules(5)
    run = new_run(tmp_path / "run", rules)
    CliRunner().invoke(main, ["report", str(run), "--out", str(tmp_path / "page.html")])
    found = re.search(r'data-frames="([^"]+)"', (tmp_path / "page.html").read_text())
    assert found
    frames = json.loads(html.unescape(found[1]))
    with RunStore(run) as store:
        game = store.games("selfplay", iteration=1)[0]
    assert len(frames) == game.num_moves + 1
    assert frames[0]["board"] == "0" * 25
    assert re.match(r"1\. Black (pass|[A-E][1-5]), expects to win with \d+ %", frames[1]["text"])


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert result.exit_code == 2
    assert "expected a run folder" in result.stderr
    with RunStore(tmp_path / "new"):
        pass
    result = CliRunner().invoke(main, ["report", str(tmp_path / "new")])
    assert result.exit_code == 2
    assert "expected one that has begun" in result.stderr


def test_strength_is_drawn_against_core_hours(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run", go_rules(5))
    curve = tmp_path / "curve.svg"
    command = ["report", str(run), "--strength", str(curve)]
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, curve.exists()) == (2, False)
    assert "expected ratings" in result.stderr
    with RunStore(run) as store:
        for done, elo in ((1, 120.0), (2, 180.0)):
            store.add_metrics(done, 10 * done, {"elo": elo, "cpu_s": 1800.0 * done})
        assert strength_by_hours(store) == [(0.5, 120.0), (1.0, 180.0)]
    assert CliRunner().invoke(main, command).exit_code == 0
    assert curve.read_text().startswith("<svg")
    CliRunner().invoke(main, ["report", str(run)])
    assert (run / "report.html").read_text().count("<svg") == 3 + 1 + 3
