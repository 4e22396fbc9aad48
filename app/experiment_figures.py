"""The figures of an experiment as SVG, from stored results alone; empty where rows lack the data."""

from collections.abc import Callable
from io import StringIO
from typing import Any

BLUE, ORANGE, GREEN, PURPLE, GRAY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#888888"
"""Colors that color-blind people tell apart."""
COLORS = (BLUE, ORANGE, GREEN, PURPLE, "#56B4E9", "#D55E00", "#000000", GRAY)


class Plot:
    """One figure; `svg` ends it."""

    def __init__(self, title: str, x: str, y: str) -> None:
        import matplotlib

        matplotlib.use("Agg")
        matplotlib.rcParams["svg.hashsalt"] = "yomi"  # the same results draw the same page
        from matplotlib import pyplot

        self._pyplot = pyplot
        self.figure, self.axes = pyplot.subplots(figsize=(6, 4))
        self.axes.set_title(title)
        self.axes.set_xlabel(x)
        self.axes.set_ylabel(y)

    def nothing(self) -> str:
        """No figure, for want of data."""
        self._pyplot.close(self.figure)
        return ""

    def svg(self, *, legend: bool = True) -> str:
        """The figure as text."""
        if legend and self.axes.get_legend_handles_labels()[0]:
            self.axes.legend(frameon=False, fontsize=8)
        self.figure.tight_layout()
        drawn = StringIO()
        self.figure.savefig(drawn, format="svg", metadata={"Date": None})
        self._pyplot.close(self.figure)
        text = drawn.getvalue()
        return text[text.index("<svg") :]


def _curves(found: dict[str, Any]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Arms with a curve: name, color, rows."""
    arms = [arm["arm"] for arm in found["summary"]]
    return [
        (
            arm,
            COLORS[index % len(COLORS)],
            [row for row in found["rows"] if row["arm"] == arm and row["curve"]],
        )
        for index, arm in enumerate(arms)
    ]


def _cell_arms(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Labeler, reward and arm of the cells of the 2x2: of each labeler that taught a model, its exact reward
    and its model of the most comparisons."""
    arms = {row["arm"]: row for row in found["rows"]}
    models = [row for row in arms.values() if row["reward"] == "model" and not row["shuffled"]]
    cells = []
    for labeler in dict.fromkeys(row["labeler"] for row in models):
        exact = "truth" if labeler == "truth" else "utility"
        cells += [
            (labeler, "exact", name)
            for name, row in arms.items()
            if row["reward"] == exact and row["labeler"] == labeler and not row["flips"]
        ]
        largest = max(
            (row for row in models if row["labeler"] == labeler), key=lambda row: row["comparisons"]
        )
        cells.append((labeler, f"model of {largest['comparisons']}", largest["arm"]))
    return cells


def cells(found: dict[str, Any]) -> str:
    """Final gold of the cells of the 2x2."""
    arms = _cell_arms(found)
    plot = Plot("Labeler and reward", "", "win rate by the gold referee")
    summary = {arm["arm"]: arm for arm in found["summary"]}
    for place, (labeler, reward, name) in enumerate(arms):
        arm = summary[name]
        error = 2 * arm.get("gold_deviation", 0.0) / len(arm["seeds"]) ** 0.5
        color, strength = BLUE if labeler == "truth" else ORANGE, 1.0 if reward == "exact" else 0.6
        plot.axes.bar(place, arm["gold"], yerr=error, color=color, alpha=strength)
    plot.axes.set_xticks(range(len(arms)), [f"{labeler}\n{reward}" for labeler, reward, _ in arms])
    plot.axes.axhline(0.5, color=GRAY, linewidth=0.8)
    return plot.svg()


def gold_against_distance(found: dict[str, Any]) -> str:
    """Gold and reward along the way, against how far the policy went."""
    plot = Plot("Gold (line) and reward (dots) along the way", "square root of KL a game", "win rate")
    for arm, color, rows in _curves(found):
        for index, row in enumerate(rows):
            distance = [0.0, *(point["divergence"] ** 0.5 for point in row["curve"])]
            label = arm if index == 0 else None
            plot.axes.plot(
                distance, [0.5, *(p["gold"] for p in row["curve"])], color=color, linewidth=0.8, label=label
            )
            plot.axes.plot(
                distance[1:], [p["reward_wins"] for p in row["curve"]], ":", color=color, linewidth=0.6
            )
    return plot.svg()


def gold_against_reward(found: dict[str, Any]) -> str:
    """Gold against what the reward says, all arms together."""
    plot = Plot(
        "Gold against what the reward says", "share won by the reward", "share won by the gold referee"
    )
    for arm, color, rows in _curves(found):
        for index, row in enumerate(rows):
            says = [point["reward_wins"] for point in row["curve"]]
            gold = [point["gold"] for point in row["curve"]]
            plot.axes.plot(says, gold, ".-", color=color, linewidth=0.6, label=arm if index == 0 else None)
    plot.axes.plot([0.5, 1], [0.5, 1], color=GRAY, linewidth=0.8)
    return plot.svg()


def fooled(found: dict[str, Any]) -> str:
    """Adversarial rate over training."""
    plot = Plot("Fooled: the reward says won, the labeler does not", "round", "share of boards")
    for arm, color, rows in _curves(found):
        for index, row in enumerate(rows):
            rounds = [point["iteration"] for point in row["curve"]]
            share = [point["adversarial"] for point in row["curve"]]
            plot.axes.plot(rounds, share, color=color, linewidth=0.8, label=arm if index == 0 else None)
    return plot.svg()


def comparisons(found: dict[str, Any]) -> str:
    """Final gold against the number of comparisons."""
    if not any(row["comparisons"] for row in found["rows"]):
        return ""
    plot = Plot("What comparisons buy", "comparisons N", "win rate by the gold referee")
    labelers = dict.fromkeys(row["labeler"] for row in found["rows"] if row["reward"] == "model")
    for labeler, color in zip(labelers, COLORS, strict=False):
        rows = [
            row
            for row in found["rows"]
            if row["reward"] == "model" and row["labeler"] == labeler and not row["shuffled"]
        ]
        numbers = [row["comparisons"] for row in rows]
        plot.axes.plot(numbers, [row["final"]["gold"] for row in rows], "o", color=color, label=labeler)
    for reward, style in (("truth", "-"), ("none", ":")):
        rows = [row for row in found["rows"] if row["reward"] == reward and not row["flips"]]
        if rows:
            mean = sum(row["final"]["gold"] for row in rows) / len(rows)
            plot.axes.axhline(mean, color=GRAY, linestyle=style, label=rows[0]["arm"])
    plot.axes.set_xscale("log")
    return plot.svg()


def best_of_games(found: dict[str, Any]) -> str:
    """Gold and reward of the best of n games."""
    curves = found["best_of_games"]
    if not curves:
        return ""
    plot = Plot("Best of n games: gold (line), reward (dots)", "square root of the KL bound", "win rate")
    distance = [bound**0.5 for bound in curves["divergence_bound"]]
    for index, name in enumerate(name for name in curves if name not in ("n", "divergence_bound")):
        color = COLORS[index % len(COLORS)]
        plot.axes.plot(distance, curves[name]["gold"], color=color, label=name)
        plot.axes.plot(distance, curves[name]["proxy"], ":", color=color)
    return plot.svg()


def best_of_moves(found: dict[str, Any]) -> str:
    """Gold and reward where the best of n moves is played, against the exact distance."""
    curves = found.get("best_of_moves")
    if not curves:
        return ""
    plot = Plot("Best of n moves: gold (line), reward (dots)", "square root of KL a game", "win rate")
    for index, name in enumerate(name for name in curves if name not in ("n", "divergence_bound")):
        color, curve = COLORS[index % len(COLORS)], curves[name]
        distance = [divergence**0.5 for divergence in curve["divergence"]]
        plot.axes.plot(distance, curve["gold"], ".-", color=color, label=name)
        plot.axes.plot(distance, curve["proxy"], ":", color=color)
    return plot.svg()


def model_accuracy(found: dict[str, Any]) -> str:
    """Whose winner the reward names right, from the reference's boards to the policy's own."""
    plot = Plot("Accuracy of the reward on the policy's own boards", "round", "share of decided boards")
    for arm, color, rows in _curves(found):
        looked_at = [row for row in rows if row.get("look")]
        for index, row in enumerate(looked_at):
            rounds = [0, *(point["iteration"] for point in row["curve"])]
            right = [row["look"]["reference_accuracy"], *(point["reward_accuracy"] for point in row["curve"])]
            plot.axes.plot(rounds, right, color=color, linewidth=0.8, label=arm if index == 0 else None)
    return plot.svg() if plot.axes.lines else plot.nothing()


def reliability(found: dict[str, Any]) -> str:
    """What the reward believes against what is so, on the reference's boards and on the policy's."""
    plot = Plot("Reliability: reference's boards (dots), policy's (line)", "believed", "so by the labeler")
    for arm, color, rows in _curves(found):
        for style, side in ((":", "reference"), ("-", "policy")):
            looks = [row["look"]["reliability"][side] for row in rows if row.get("look")]
            if looks:
                believed, true = pooled_bins(looks)
                label = arm if side == "policy" else None
                plot.axes.plot(believed, true, style, color=color, linewidth=1, label=label)
    if not plot.axes.lines:
        return plot.nothing()
    plot.axes.plot([0.5, 1], [0.5, 1], color=GRAY, linewidth=0.8)
    return plot.svg()


def pooled_bins(looks: list[list[dict[str, float]]]) -> tuple[list[float], list[float]]:
    """Bins of belief of several runs as one: what was believed and what was so, by the boards in them.

    Args:
        looks: the bins of each run; a bin of one tenth of the range 0.5..1, none without boards.
    """
    pooled: dict[int, list[float]] = {}
    for bins in looks:
        for row in bins:
            sums = pooled.setdefault(min(int((row["believed"] - 0.5) * 20), 9), [0.0, 0.0, 0.0])
            for place, value in enumerate((1, row["believed"], row["true"])):
                sums[place] += row["pairs"] * value
    sums_by_bin = [pooled[index] for index in sorted(pooled)]
    return [believed / n for n, believed, _ in sums_by_bin], [true / n for n, _, true in sums_by_bin]


FIGURES: dict[str, Callable[[dict[str, Any]], str]] = {
    "cells": cells,
    "gold-against-distance": gold_against_distance,
    "gold-against-reward": gold_against_reward,
    "fooled": fooled,
    "comparisons": comparisons,
    "best-of-games": best_of_games,
    "best-of-moves": best_of_moves,
    "model-accuracy": model_accuracy,
    "reliability": reliability,
}
"""By the name that `yomi reproduce` knows."""
