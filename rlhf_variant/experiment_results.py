"""The finished rows of an experiment as one table: means over seeds, contrasts, over-optimisation.

Everything is read from stored rows; nothing is measured again.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import YomiError
from rlhf_variant.best_of_games import BEST_OF_GAMES_FILE
from rlhf_variant.best_of_moves import BEST_OF_MOVES_FILE
from rlhf_variant.contrasts import holm, overoptimization, paired_contrast
from rlhf_variant.experiment import Arm, Experiment
from rlhf_variant.fooled import Counts, excess_fooled
from rlhf_variant.gate import GATES_FILE
from rlhf_variant.sweep import ROWS, row_path
from selfplay.checkpoint import write_atomically

MAX_ROW_BYTES = 4_000_000
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


def adopt_rows(folder: Path, published: Path, experiment: Experiment) -> None:
    """Take rows that were published as finished, so that a sweep goes on from them.

    Rows come without what was learned, so an arm that another one needs is left to run again.

    Args:
        folder: of the sweep.
        published: what `results` gave, as a file.
        experiment: says which rows are wanted.
    """
    (folder / ROWS).mkdir(parents=True, exist_ok=True)
    needed = {arm.value_of for arm in experiment.arms}
    wanted = {arm.name for arm in experiment.arms} - needed
    for row in results(published)["rows"]:
        name, seed = row.get("arm"), row.get("seed")
        if name not in wanted or seed not in experiment.seeds:
            continue
        path = row_path(folder, name, seed)
        if not path.exists():
            write_atomically(path, (json.dumps(row, indent=1) + "\n").encode())


def refuse_equal_policies(rows: list[dict[str, Any]]) -> None:
    """Pass where all that was learned differs: two arms with the same weights are a mistake of the set-up.

    Raises:
        ResultsError: two rows that learned hold the same policy.
    """
    seen: dict[str, str] = {}
    for row in rows:
        name = f"{row['arm']} with seed {row['seed']}"
        if (
            row["reward"] != "none"
            and not row.get("best_of")
            and seen.setdefault(row["policy_sha256"], name) != name
        ):
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


def asked_contrasts(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The pairs of arms that the design compares, of those that are there.

    Everything with true RL and with the reference; what a labeler taught with the same labeler's exact
    utility, and with truth that is wrong as often; remedies with the plain model of as many comparisons.
    """
    arms = {row["arm"]: row for row in rows}
    truths = [name for name, row in arms.items() if row["reward"] == "truth" and not row["flips"]]
    references = [name for name, row in arms.items() if row["reward"] == "none"]
    pairs = [(name, truth) for truth in truths for name in arms if name not in (truth, *references)]
    for name, row in arms.items():
        if row["reward"] not in ("model", "utility") or row["shuffled"] or row.get("best_of"):
            continue
        for other, against in arms.items():
            same = against["labeler"] == row["labeler"] and not against.get("best_of")
            exact = against["reward"] == "utility" and row["reward"] == "model"
            as_noisy = against["flips"] == "labeler" or (
                against["flips"] == "model" and against["comparisons"] == row["comparisons"]
            )
            if same and (exact or as_noisy):
                pairs.append((name, other))
    for name, row in arms.items():
        for other, against in arms.items():
            asked_alike = all(against[key] == row[key] for key in ("labeler", "comparisons"))
            if asked_alike and name != other and _is_plain(against) and not (_is_plain(row) or row["flips"]):
                pairs.append((name, other))
    return pairs + [(name, reference) for reference in references for name in arms if name != reference]


def _is_plain(row: dict[str, Any]) -> bool:
    """Whether a row's arm is a plain model; rows of old files lack what their arms had no choice of."""
    described = {part.name: row[part.name] for part in fields(Arm) if part.name in row}
    return Arm(name=row["arm"], **described).is_plain_model


def contrasts_of(rows: list[dict[str, Any]], opponent: str = "final") -> list[dict[str, Any]]:
    """The differences that the design asks for, Holm's correction over all of them."""
    values = gold_by_arm(rows, opponent)
    found = [paired_contrast(*pair, values) for pair in asked_contrasts(rows)]
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
    looks = [row["look"]["by_margin"] for row in own if row.get("look")]
    if looks:
        counts = [[Counts(**look[side]) for side in ("policy", "reference")] for look in looks]
        excesses = np.array([excess_fooled(*pair) for pair in counts])
        summary["excess_adversarial"] = round(float(excesses.mean()), 4)
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
    gates, curves, moves = (folder / name for name in (GATES_FILE, BEST_OF_GAMES_FILE, BEST_OF_MOVES_FILE))
    return {
        "experiment": rows[0]["experiment"],
        "gates": _read(gates) if gates.exists() else [],
        "best_of_games": _read(curves) if curves.exists() else {},
        "best_of_moves": _read(moves) if moves.exists() else {},
        "summary": [arm_summary(rows, arm, 0.5) for arm in arms],
        "contrasts": contrasts_of(rows),
        "contrasts_held_out_opponent": contrasts_of(rows, "held_out_opponent"),
        "rows": published,
    }
