"""The finished rows of an experiment as one table: means over seeds, contrasts, over-optimisation.

Everything is read from stored rows; nothing is measured again.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import YomiError
from rlhf_variant.contrasts import holm, overoptimization, paired_contrast
from rlhf_variant.gate import GATES_FILE
from rlhf_variant.sweep import ROWS

MAX_ROW_BYTES = 4_000_000
BASELINE, TRUTH = "A0", "A1"
SUMMED = ("gold", "gold_margin", "referee", "labeler_wins", "reward_wins", "reward", "adversarial", "vibe")


class ResultsError(YomiError):
    """A folder without results."""


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """All finished rows, by arm and seed.

    Args:
        folder: of a sweep.

    Raises:
        ResultsError: none there, or one that cannot be read.
    """
    paths = sorted((folder / ROWS).glob("*.json"))
    if not paths:
        raise ResultsError(f"results {folder}: expected the folder of a sweep with finished rows")
    rows = sorted((_read(path) for path in paths), key=lambda row: (row["arm"], row["seed"]))
    refuse_equal_policies(rows)
    return rows


def refuse_equal_policies(rows: list[dict[str, Any]]) -> None:
    """Pass where all that was learned differs: two arms with the same weights are a mistake of the set-up.

    Raises:
        ResultsError: two rows that learned hold the same policy.
    """
    seen: dict[str, str] = {}
    for row in rows:
        name = f"{row['arm']} with seed {row['seed']}"
        if row["reward"] != "none" and seen.setdefault(row["policy_sha256"], name) != name:
            raise ResultsError(f"results: {name} and {seen[row['policy_sha256']]} have the same weights")


def _read(path: Path) -> Any:
    if path.stat().st_size > MAX_ROW_BYTES:
        raise ResultsError(f"results {path}: expected at most {MAX_ROW_BYTES} bytes")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ResultsError(f"results {path}: {error}") from None


def gold_by_arm(rows: list[dict[str, Any]], opponent: str = "final") -> dict[str, dict[int, float]]:
    """Final gold by arm and seed.

    Args:
        rows: finished rows.
        opponent: `final` against the frozen reference, `held_out_opponent` against the agent nobody trained
            against.
    """
    values: dict[str, dict[int, float]] = {}
    for row in rows:
        values.setdefault(row["arm"], {})[row["seed"]] = row[opponent]["gold"]
    return values


def contrasts_of(rows: list[dict[str, Any]], opponent: str = "final") -> list[dict[str, Any]]:
    """The differences that the design asks for, of the arms that are there, Holm's correction over all."""
    values = gold_by_arm(rows, opponent)
    noise = {name: name.replace("A3-", "A11n-") for name in values if name.startswith("A3-")}
    pairs = [(name, TRUTH) for name in values if name not in (TRUTH, BASELINE)]
    pairs += [(name, other) for name, other in noise.items() if other in values]
    pairs += [(name, "A2n-playouts") for name in ("A2-playouts", "A4-playouts-10000") if name in values]
    pairs += [("A4-playouts-10000", "A2-playouts")] if "A4-playouts-10000" in values else []
    pairs += [(name, BASELINE) for name in values if name != BASELINE]
    found = [paired_contrast(*pair, values) for pair in pairs if pair[0] in values and pair[1] in values]
    corrected = holm([contrast.p_value for contrast in found])
    return [
        {
            "first": contrast.first,
            "second": contrast.second,
            "difference": round(contrast.difference, 4),
            "interval": [round(end, 4) if np.isfinite(end) else None for end in contrast.interval],
            "p_value": round(contrast.p_value, 5),
            "p_value_holm": round(p_value, 5),
            "seeds": contrast.seeds,
        }
        for contrast, p_value in zip(found, corrected, strict=True)
    ]


def arm_summary(rows: list[dict[str, Any]], arm: str, start: float) -> dict[str, Any]:
    """Means and deviations over the seeds of one arm.

    Args:
        rows: finished rows of all arms.
        arm: whose.
        start: gold of the reference, 0.5 by construction.
    """
    own = [row for row in rows if row["arm"] == arm]
    summary: dict[str, Any] = {"arm": arm, "seeds": [row["seed"] for row in own]}
    for name in (*SUMMED, "divergence", "entropy"):
        numbers = np.array([row["final"][name] for row in own])
        summary[name] = round(float(numbers.mean()), 4)
        if name == "gold" and len(numbers) > 1:
            summary["gold_deviation"] = round(float(numbers.std(ddof=1)), 4)
    held_out = np.array([row["held_out_opponent"]["gold"] for row in own])
    summary["held_out_gold"] = round(float(held_out.mean()), 4)
    summary["evaluations"] = round(float(np.mean([row["evaluations"] for row in own])))
    accuracies = [row["reward_model"].get("test_accuracy") for row in own]
    if all(accuracy is not None for accuracy in accuracies):
        summary["test_accuracy"] = round(float(np.mean(accuracies)), 4)
    curves = [[point["gold"] for point in row["curve"]] for row in own if row["curve"]]
    if len(curves) > 1 and len({len(curve) for curve in curves}) == 1:
        found = overoptimization(np.array(curves), start)
        summary["overoptimization"] = {name: round(value, 4) for name, value in found.items()}
    return summary


def results(folder: Path) -> dict[str, Any]:
    """Everything that is published of a sweep.

    Args:
        folder: of the sweep, or the file that this was stored in.
    """
    if folder.is_file():
        stored: dict[str, Any] = _read(folder)
        if not isinstance(stored, dict) or "rows" not in stored:
            raise ResultsError(f"results {folder}: expected what yomi rlhf report --save-json wrote")
        return stored
    rows = read_rows(folder)
    published = [{name: value for name, value in row.items() if name != "log"} for row in rows]
    arms = sorted({row["arm"] for row in rows})
    gates = folder / GATES_FILE
    return {
        "experiment": rows[0]["experiment"],
        "gates": _read(gates) if gates.exists() else [],
        "summary": [arm_summary(rows, arm, 0.5) for arm in arms],
        "contrasts": contrasts_of(rows),
        "contrasts_held_out_opponent": contrasts_of(rows, "held_out_opponent"),
        "rows": published,
    }
