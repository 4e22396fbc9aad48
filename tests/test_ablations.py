"""The driver of ablations: one setting an arm, rows that are kept, intervals over seeds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "benchmarks" / "ablations.py"


def driven(*arguments: object) -> str:
    """What the driver says."""
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout


def asked(expression: str) -> object:
    """The value of an expression in the driver's module."""
    code = "import json, sys; sys.path.insert(0, 'benchmarks'); import ablations"
    code += f"; print(json.dumps({expression}))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def test_arms_differ_from_the_base_in_what_they_are_named_after() -> None:
    configurations = asked("{arm: ablations.settings(arm, 3).to_dict() for arm in ablations.ARMS}")
    assert isinstance(configurations, dict)
    base = configurations.pop("base")
    assert base["seed"] == 3
    assert len({json.dumps(configuration) for configuration in configurations.values()}) == 8
    for configuration in configurations.values():
        differing = {key for key in base if configuration[key] != base[key]}
        assert len(differing) == 1
        assert differing <= {"network", "search", "selfplay"}


def test_intervals_over_seeds_grow_with_their_spread() -> None:
    low, high = asked("ablations.interval_over_seeds([0.4, 0.5, 0.6])")  # type: ignore[misc]
    assert abs((high - low) / 2 - 4.3027 * 0.1 / 3**0.5) < 1e-3
    assert asked("ablations.interval_over_seeds([0.5])") == [0.0, 1.0]


def test_finished_rows_are_kept_and_shown(tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    row = {"arm": "base", "seed": 1, "games": 90, "anchor": {"points": 30.0, "games": 60}}
    other = row | {"arm": "Gumbel", "base": {"points": 45.0, "games": 60}}
    (tmp_path / "row-base-1.json").write_text(json.dumps(row))
    (tmp_path / "row-Gumbel-1.json").write_text(json.dumps(other))
    shown = driven(tmp_path, "--json", rows)
    assert "| base | 1 | 90 | - | - | - | 50 % (38 .. 62) |" in shown
    assert "| Gumbel | 1 | 90 | 75 % (75) | 0 .. 100 | 63 .. 84 | 50 % (38 .. 62) |" in shown
    assert json.loads(rows.read_text()) == [row, other]
