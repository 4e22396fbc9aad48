"""The boards that fooled a reward most surely, from stored rows: as text and as HTML."""

import html
from typing import Any

from engine.board import BLACK
from engine.notation import SYMBOLS

LEARNED = ("model", "random-model", "value-network")
"""Rewards that can be fooled."""
RULE = (
    "Of all final boards of a run that the labeler does not call won, the first {count} by reward;"
    " never chosen by hand."
)


def unlooked(found: dict[str, Any]) -> str:
    """Which rows say nothing of where their reward is fooled, though it was learned; empty where all do.

    Args:
        found: what `rlhf_variant.experiment_results.results` gave.
    """
    learned = [row for row in found["rows"] if row["reward"] in LEARNED]
    without = [row for row in learned if not row.get("look")]
    if not without:
        return ""
    arms = ", ".join(dict.fromkeys(row["arm"] for row in without))
    return (
        f"{len(without)} of {len(learned)} rows with a learned reward ({arms}) are older than the closer look"
        " at errors: they carry no boards that fooled it, no reliability, no accuracy on the policy's boards"
        " and no excess adversarial rate. A new sweep of the same file stores them."
    )


def galleries(found: dict[str, Any], arm: str | None = None) -> list[tuple[str, list[dict[str, Any]]]]:
    """A title and the boards of each run that stored some.

    Args:
        found: what `rlhf_variant.experiment_results.results` gave.
        arm: of this arm alone.
    """
    return [
        (f"{row['arm']}, seed {row['seed']}", row["look"]["gallery"])
        for row in found["rows"]
        if row.get("look") and row["look"]["gallery"] and arm in (None, row["arm"])
    ]


def lines_of(shown: dict[str, Any]) -> list[str]:
    """A board and its verdicts, line by line.

    Args:
        shown: one entry of a gallery.
    """
    rows, to_play, komi = shown["board"].split(" ")
    mover = "Black" if to_play == "b" else "White"
    symbol = SYMBOLS[BLACK] if shown["player"] == "black" else SYMBOLS[3 - BLACK]
    return [
        *(" ".join(row) for row in rows.split("/")),
        f"the policy is {shown['player']} ({symbol}), {mover} to move, komi {komi}",
        f"reward {shown['reward']:+.3g}, labeler {shown['labeler']:+.2f},"
        f" gold {100 * shown['gold']:.0f} %, {shown['margin']:+.1f} points",
    ]


def gallery_text(found: dict[str, Any], arm: str | None = None) -> str:
    """All galleries for a terminal, boards one under the other.

    Args:
        found: what `rlhf_variant.experiment_results.results` gave.
        arm: of this arm alone.
    """
    parts = []
    for title, boards in galleries(found, arm):
        parts += [title, *("\n".join(lines_of(shown)) for shown in boards)]
    return "\n\n".join(parts)


def gallery_html(found: dict[str, Any]) -> str:
    """All galleries for a page.

    Args:
        found: what `rlhf_variant.experiment_results.results` gave.
    """
    shown = galleries(found)
    if not shown:
        return f"<p>{html.escape(unlooked(found) or 'No learned reward was fooled.')}</p>"
    parts = [f"<p>{RULE.format(count=max(len(boards) for _, boards in shown))}</p>"]
    for title, boards in shown:
        parts.append(f"<h3>{html.escape(title)}</h3>")
        parts += [f'<pre class="game">{html.escape(chr(10).join(lines_of(board)))}</pre>' for board in boards]
    return "\n".join(parts)
