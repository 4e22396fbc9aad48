"""The reward models of a run as one HTML page: what they were for, how well they do, where they are wrong."""

import html
import json
from typing import Any

from app.experiment_figures import BLUE, GRAY, Plot
from app.run_page import STYLE
from rlhf_variant.comparisons import answered_queries
from rlhf_variant.kept_models import ROW_FACT
from rlhf_variant.probe_boards import probe_report
from rlhf_variant.probes import probes_for
from rlhf_variant.query import Query
from rlhf_variant.reward_learner import RewardLearnerConfig, reward_differences
from rlhf_variant.reward_store import (
    FACT,
    LABELER_FACT,
    answered,
    held_out_report,
    open_ensemble,
    open_members,
    rules_of,
    use_threads,
)
from selfplay.run_store import RunStore

NUM_WRONG = 6
"""Fixed before anybody looked: the surest wrong answers about held-out pairs, by reward."""


def reward_page(store: RunStore) -> str:
    """The page.

    Args:
        store: of a run with reward models; answered comparisons are reported where there are some.

    Returns:
        HTML that refers to nothing outside itself.

    Raises:
        RunError: the run has no reward model.
    """
    use_threads(1)
    ensemble = open_ensemble(store)
    title = html.escape(f"yomi reward models of {store.folder.name}")
    parts = [f"<h1>{title}</h1>", f"<p>{html.escape(rules_of(store).describe())}</p>"]
    row = store.fact(ROW_FACT)
    if row is not None:
        about = json.dumps(row, indent=1)
        parts += ["<h2>The row of an experiment that it belongs to</h2>", f"<pre>{html.escape(about)}</pre>"]
    parts.append("<h2>Answers that none of them saw</h2>")
    if answered_queries(store, "held_out", store.fact(LABELER_FACT)):
        report = held_out_report(store, open_members(store), RewardLearnerConfig().error_rate)
        parts += [_accuracies(report), _reliability(report), "<h2>Surest wrong answers</h2>", _wrong(store)]
    else:
        parts.append("<p>No comparisons: these models were taught nothing.</p>")
    rules = rules_of(store)
    probes = probes_for(rules)
    if probes:
        rows = [
            [
                probe["topic"],
                probe["owner"],
                f"{probe['value_owner']:+.2f}",
                "yes" if probe["right"] else "NO",
            ]
            for probe in probe_report(ensemble, probes, rules.komi)
        ]
        parts += ["<h2>Boards drawn by hand</h2>", _table(["topic", "won by", "reward", "right"], rows)]
    members = json.dumps(store.fact(FACT), indent=1)
    parts += ["<h2>Members</h2>", f"<pre>{html.escape(members)}</pre>"]
    head = (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>\n"
    )
    return head + "\n".join(parts) + "</html>\n"


def _accuracies(report: dict[str, Any]) -> str:
    hard = {"hard pairs": report["hard"]} if "hard" in report else {}
    rows = [
        [
            name,
            part["decided"],
            f"{100 * part['accuracy']:.1f} %",
            "{:.1f} .. {:.1f}".format(*(100 * end for end in part["accuracy_interval"])),
            f"{part['loss']:.3f}",
            f"{part['brier']:.3f}",
            f"{part['calibration_error']:.3f}",
        ]
        for name, part in {"all": report, **report.get("phases", {}), **hard}.items()
    ]
    return _table(["pairs", "decided", "right", "95 %", "loss", "Brier", "calibration error"], rows)


def _reliability(report: dict[str, Any]) -> str:
    plot = Plot("Reliability on held-out pairs", "believed", "so by the labeler")
    bins = report["reliability"]
    plot.axes.plot([row["believed"] for row in bins], [row["true"] for row in bins], "o-", color=BLUE)
    plot.axes.plot([0.5, 1], [0.5, 1], color=GRAY, linewidth=0.8)
    return f'<div class="curves">{plot.svg(legend=False)}</div>'


def _wrong(store: RunStore) -> str:
    """The held-out pairs whose order the models are surest of and wrong about, by that rule alone."""
    held_out = answered(store)[1]
    gaps = reward_differences(open_ensemble(store), held_out)
    doubt = (gaps * (2 * held_out.preference_a - 1)).tolist()
    queries = [query for query, _ in answered_queries(store, "held_out", store.fact(LABELER_FACT))]
    order = sorted(range(len(doubt)), key=doubt.__getitem__)[:NUM_WRONG]
    wrong = [index for index in order if doubt[index] < 0]
    shown = [_pair(queries[index], float(gaps[index])) for index in wrong]
    return "".join(shown) or "<p>None.</p>"


def _pair(query: Query, gap: float) -> str:
    boards = [side.boards[-1].split(" ") for side in (query.a, query.b)]
    rows = zip(*(rows.split("/") for rows, _, _ in boards), strict=True)
    lines = ["     ".join(" ".join(row) for row in line) for line in rows]
    lines += [
        "; ".join(f"{'Black' if mover == 'b' else 'White'} to move, komi {k}" for _, mover, k in boards)
    ]
    liked, preferred = ("left", "right") if gap > 0 else ("right", "left")
    lines.append(f"the models prefer the {liked} board by {abs(gap):.2f}, the labeler the {preferred} one")
    return f'<pre class="game">{html.escape(chr(10).join(lines))}</pre>'


def _table(heads: list[str], rows: list[list[Any]]) -> str:
    lines = [f"<tr>{''.join(f'<th>{html.escape(head)}</th>' for head in heads)}</tr>"]
    for row in rows:
        lines.append(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>")
    return f"<table>{''.join(lines)}</table>"
