"""How reports on reward models read in a terminal."""

from typing import Any

import click


def print_report(report: dict[str, Any]) -> None:
    """Print what `rlhf_variant.reward_report.belief_report` found.

    Args:
        report: the figures.
    """
    low, high = report["accuracy_interval"]
    click.echo(
        f"Held-out answers: {100 * report['accuracy']:.1f} % of {report['decided']} decided pairs"
        f" (95 %: {100 * low:.1f}..{100 * high:.1f}); loss {report['loss']:.3f}, Brier {report['brier']:.3f},"
        f" calibration error {report['calibration_error']:.3f}"
    )
    parts = {**report.get("phases", {}), **({"hard pairs": report["hard"]} if "hard" in report else {})}
    for name, part in parts.items():
        click.echo(
            f"  {name:10}  {100 * part['accuracy']:5.1f} % of {part['decided']:5}  loss {part['loss']:.3f}"
        )
    click.echo("  believed   true   pairs")
    for row in report["reliability"]:
        click.echo(f"  {100 * row['believed']:6.1f} % {100 * row['true']:5.1f} % {row['pairs']:6}")
