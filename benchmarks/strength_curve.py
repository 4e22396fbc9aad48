"""Strength against core-hours as a picture: a run's checkpoints, each matched with the same anchor.

    python benchmarks/strength_curve.py docs/results/go7_strength.json docs/go7-strength.svg

The file has `title`, `anchor` and `points`: processor seconds of the whole run so far, and points and games
of the match. Nothing is measured here. A run that rates itself is drawn by `yomi report RUN --strength FILE`.
"""

import json
import sys
from pathlib import Path

import matplotlib

from selfplay.statistics import wilson_interval

BLUE = "#0072B2"


def main(source: Path, target: Path) -> None:
    """Draw.

    Args:
        source: the figures.
        target: where the SVG goes.
    """
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "yomi"
    from matplotlib import pyplot

    figures = json.loads(source.read_text())
    hours = [point["cpu_s"] / 3600 for point in figures["points"]]
    rates = [100 * point["points"] / point["games"] for point in figures["points"]]
    ends = [wilson_interval(point["points"], point["games"]) for point in figures["points"]]
    spread = [
        [rate - 100 * low for rate, (low, _) in zip(rates, ends, strict=True)],
        [100 * high - rate for rate, (_, high) in zip(rates, ends, strict=True)],
    ]
    figure, axes = pyplot.subplots(figsize=(6, 3.5))
    axes.errorbar(hours, rates, spread, fmt="o-", color=BLUE, capsize=3)
    axes.set_title(figures["title"])
    axes.set_xlabel("core-hours, self-play and training")
    axes.set_ylabel(f"% against {figures['anchor']}")
    axes.set_xlim(left=0)
    axes.set_ylim(0, 100)
    axes.axhline(50, color="#999", linewidth=0.5)
    figure.tight_layout()
    figure.savefig(target, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
