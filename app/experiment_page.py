"""An experiment as one HTML page: every figure is drawn from stored results alone."""

import html
from io import StringIO
from typing import Any

from app.run_page import STYLE

BLUE, ORANGE, GREEN, PURPLE, GRAY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#888888"
"""Colors that color-blind people tell apart."""
COLORS = (BLUE, ORANGE, GREEN, PURPLE, "#56B4E9", "#D55E00", "#000000", GRAY)
COLUMNS = ("arm", "gold", "held_out_gold", "reward_wins", "labeler_wins", "adversarial", "vibe", "divergence")


def experiment_page(found: dict[str, Any]) -> str:
    """The page.

    Args:
        found: what `rlhf_variant.experiment_results.results` gave.

    Returns:
        HTML that refers to nothing outside itself.
    """
    title = html.escape(f"yomi experiment {found['experiment']}")
    plots = (_cells, _gold_against_distance, _gold_against_reward, _fooled, _comparisons, _best_of_games)
    parts = [
        f"<h1>{title}</h1>",
        "<h2>Hardness gate</h2>",
        _gates(found["gates"]),
        "<h2>Arms, means over seeds</h2>",
        _summary(found["summary"]),
        "<h2>Figures</h2>",
        f'<div class="curves">{"".join(plot(found) for plot in plots)}</div>',
        "<h2>Differences in gold, paired by seed</h2>",
        _contrasts(found["contrasts"]),
        "<h2>The same against the opponent nobody trained against</h2>",
        _contrasts(found["contrasts_held_out_opponent"]),
        "<h2>Every run</h2>",
        _runs(found["rows"]),
    ]
    head = (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>\n"
    )
    return head + "\n".join(parts) + "</html>\n"


def _table(heads: list[str], rows: list[list[Any]]) -> str:
    lines = [f"<tr>{''.join(f'<th>{html.escape(head)}</th>' for head in heads)}</tr>"]
    for row in rows:
        lines.append(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _gates(gates: list[dict[str, Any]]) -> str:
    rows = [
        [
            gate["labeler"],
            gate["repeatability"],
            ", ".join(f"{n}: {a}" for n, a in gate["accuracies"].items()),
            ", ".join(f"{n}: {a}" for n, a in gate["hard_accuracies"].items()),
            ", ".join(f"{name} {share}" for name, share in gate["features"].items()),
            ", ".join(f"{name} {'yes' if passed else 'NO'}" for name, passed in gate["passes"].items()),
        ]
        for gate in gates
    ]
    heads = ["labeler", "repeatability", "accuracy by N", "on hard pairs", "single features", "passes"]
    return _table(heads, rows) if rows else "<p>Not read.</p>"


def _summary(summary: list[dict[str, Any]]) -> str:
    heads = [*COLUMNS, "test accuracy", "over-optimization index", "seeds"]
    rows = [
        [
            *(arm[name] for name in COLUMNS),
            arm.get("test_accuracy", ""),
            arm.get("overoptimization", {}).get("index", ""),
            len(arm["seeds"]),
        ]
        for arm in summary
    ]
    return _table(heads, rows)


def _contrasts(contrasts: list[dict[str, Any]]) -> str:
    rows = [
        [
            f"{c['first']} - {c['second']}",
            c["difference"],
            c["interval"],
            c["p_value"],
            c["p_value_holm"],
            c["seeds"],
        ]
        for c in contrasts
    ]
    return _table(["contrast", "difference", "95 %", "p", "p (Holm)", "seeds"], rows)


def _runs(rows: list[dict[str, Any]]) -> str:
    body = [
        [row["arm"], row["seed"], *(row["final"][name] for name in COLUMNS[1:] if name in row["final"])]
        for row in rows
    ]
    heads = ["arm", "seed", *(name for name in COLUMNS[1:] if name != "held_out_gold")]
    return _table(heads, body)


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


def _cells(found: dict[str, Any]) -> str:
    cells = _cell_arms(found)
    plot = Plot("Labeler and reward", "", "win rate by the gold referee")
    summary = {arm["arm"]: arm for arm in found["summary"]}
    for place, (labeler, reward, name) in enumerate(cells):
        arm = summary[name]
        error = 2 * arm.get("gold_deviation", 0.0) / len(arm["seeds"]) ** 0.5
        color, strength = BLUE if labeler == "truth" else ORANGE, 1.0 if reward == "exact" else 0.6
        plot.axes.bar(place, arm["gold"], yerr=error, color=color, alpha=strength)
    plot.axes.set_xticks(range(len(cells)), [f"{labeler}\n{reward}" for labeler, reward, _ in cells])
    plot.axes.axhline(0.5, color=GRAY, linewidth=0.8)
    return plot.svg()


def _gold_against_distance(found: dict[str, Any]) -> str:
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


def _gold_against_reward(found: dict[str, Any]) -> str:
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


def _fooled(found: dict[str, Any]) -> str:
    plot = Plot("Fooled: the reward says won, the labeler does not", "round", "share of boards")
    for arm, color, rows in _curves(found):
        for index, row in enumerate(rows):
            rounds = [point["iteration"] for point in row["curve"]]
            share = [point["adversarial"] for point in row["curve"]]
            plot.axes.plot(rounds, share, color=color, linewidth=0.8, label=arm if index == 0 else None)
    return plot.svg()


def _comparisons(found: dict[str, Any]) -> str:
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


def _best_of_games(found: dict[str, Any]) -> str:
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
