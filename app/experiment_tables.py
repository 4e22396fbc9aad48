"""The tables of an experiment, from stored results alone: heads and rows, for pages and for terminals."""

from collections.abc import Callable
from typing import Any, NamedTuple

COLUMNS = ("arm", "gold", "held_out_gold", "reward_wins", "labeler_wins", "adversarial", "vibe", "divergence")


class Table(NamedTuple):
    """What is told in columns."""

    heads: list[str]
    rows: list[list[Any]]

    def text(self) -> str:
        """The table for a terminal."""
        lines = [[str(cell) for cell in line] for line in (self.heads, *self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.heads))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )


def gates(found: dict[str, Any]) -> Table:
    """The hardness gate of each labeler."""
    rows = [
        [
            gate["labeler"],
            gate["repeatability"],
            ", ".join(f"{n}: {a}" for n, a in gate["accuracies"].items()),
            ", ".join(f"{n}: {a}" for n, a in gate["hard_accuracies"].items()),
            ", ".join(f"{name} {share}" for name, share in gate["features"].items()),
            ", ".join(f"{name} {'yes' if passed else 'NO'}" for name, passed in gate["passes"].items()),
        ]
        for gate in found["gates"]
    ]
    heads = ["labeler", "repeatability", "accuracy by N", "on hard pairs", "single features", "passes"]
    return Table(heads, rows)


def summary(found: dict[str, Any]) -> Table:
    """Means over the seeds of each arm."""
    rows = [
        [
            *(arm[name] for name in COLUMNS),
            arm.get("excess_adversarial", ""),
            arm.get("test_accuracy", ""),
            arm.get("overoptimization", {}).get("index", ""),
            arm["evaluations"],
            len(arm["seeds"]),
        ]
        for arm in found["summary"]
    ]
    heads = ["excess adversarial", "test accuracy", "over-optimization index", "evaluations", "seeds"]
    return Table([*COLUMNS, *heads], rows)


def contrasts(found: dict[str, Any]) -> Table:
    """Differences in gold against the frozen reference."""
    return _contrasts(found["contrasts"])


def contrasts_held_out(found: dict[str, Any]) -> Table:
    """Differences in gold against the opponent nobody trained against."""
    return _contrasts(found["contrasts_held_out_opponent"])


def _contrasts(found: list[dict[str, Any]]) -> Table:
    rows = [
        [
            f"{c['first']} - {c['second']}",
            c["difference"],
            c["interval"],
            c["p_value"],
            c["p_value_holm"],
            c["seeds"],
        ]
        for c in found
    ]
    return Table(["contrast", "difference", "95 %", "p", "p (Holm)", "seeds"], rows)


def runs(found: dict[str, Any]) -> Table:
    """Every arm with every seed."""
    names = [name for name in COLUMNS if name not in ("arm", "held_out_gold")]
    rows = [
        [row["arm"], row["seed"], *(row["final"][name] for name in names), row["evaluations"]]
        for row in found["rows"]
    ]
    return Table(["arm", "seed", *names, "evaluations"], rows)


TABLES: dict[str, Callable[[dict[str, Any]], Table]] = {
    "gates": gates,
    "summary": summary,
    "contrasts": contrasts,
    "contrasts-held-out": contrasts_held_out,
    "runs": runs,
}
"""By the name that `yomi reproduce` knows."""
