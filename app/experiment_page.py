"""An experiment as one HTML page: every figure is drawn from stored results alone."""

import html
from typing import Any

from app.experiment_figures import FIGURES
from app.experiment_tables import TABLES, Table
from app.gallery import gallery_html, unlooked
from app.run_page import STYLE

TITLES = {
    "gates": "Hardness gate",
    "summary": "Arms, means over seeds",
    "contrasts": "Differences in gold, paired by seed",
    "contrasts-held-out": "The same against the opponent nobody trained against",
    "runs": "Every run",
}
OPTIMIZERS = {
    "ppo": "a learner without search, against the frozen reference",
    "selfplay": "AlphaZero self-play; policies are measured without search, against the frozen reference",
}
FIGURES_BEFORE = "contrasts"


def experiment_page(found: dict[str, Any]) -> str:
    """The page.

    Args:
        found: what `rlhf_variant.experiment_results.results` gave.

    Returns:
        HTML that refers to nothing outside itself.
    """
    title = html.escape(f"yomi experiment {found['experiment']}")
    optimizer = OPTIMIZERS[found["rows"][0].get("optimizer", "ppo")]
    parts = [f"<h1>{title}</h1>", f"<p>Rewards are followed by {optimizer}.</p>"]
    for name, table in TABLES.items():
        if name == FIGURES_BEFORE:
            drawn = "".join(draw(found) for draw in FIGURES.values())
            missing = f"<p>{html.escape(note)}</p>" if (note := unlooked(found)) else ""
            parts += ["<h2>Figures</h2>", missing, f'<div class="curves">{drawn}</div>']
        parts += [f"<h2>{TITLES[name]}</h2>", _html(table(found))]
    parts += ["<h2>Boards that fooled the reward</h2>", gallery_html(found)]
    head = (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>\n"
    )
    return head + "\n".join(parts) + "</html>\n"


def _html(table: Table) -> str:
    if not table.rows:
        return "<p>Not read.</p>"
    lines = [f"<tr>{''.join(f'<th>{html.escape(head)}</th>' for head in table.heads)}</tr>"]
    for row in table.rows:
        lines.append(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>")
    return f"<table>{''.join(lines)}</table>"
