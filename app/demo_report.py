"""What the demo found: a table, a chart file, a drawing in the terminal, and result.json."""

from pathlib import Path
from typing import Any

import click

CHART_FILE = "chart.png"
BLUE, ORANGE, GRAY = "#0072B2", "#E69F00", "#999999"
"""Colors that color-blind people tell apart."""


def pair_name(pair: dict[str, Any]) -> str:
    """Who met whom, in short."""
    note = ", no search" if pair["visits"] == 1 else ""
    return f"{pair['first']} v {pair['second']}{note}"


def print_report(result: dict[str, Any]) -> None:
    """Print the table, the judges and what can be concluded.

    Args:
        result: what result.json holds.
    """
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"\n{result['rules']}; networks at {result['visits']} visits a move\n")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("first v second", "win rate", "95 %", "distinct", "verdict"):
        left = column in ("first v second", "verdict")
        table.add_column(column, justify="left" if left else "right", no_wrap=True)
    for index, pair in enumerate(result["pairs"]):
        low, high = pair["interval"]
        table.add_row(
            pair_name(pair),
            f"{100 * pair['win_rate']:.0f} %",
            f"{100 * low:.0f}..{100 * high:.0f}",
            f"{pair['distinct_games']} of {pair['games']}",
            pair["verdict"],
            style="bold" if index == 0 else None,
        )
    console.print(table)
    console.print()
    for arm, report in result["reward_models"].items():
        without_komi = f" ({100 * report['same_komi_accuracy']:.0f} % where komi does not help)"
        console.print(
            f"{arm}: labeler {report['labeler']}, {report['num_train'] + report['num_held_out']} comparisons;"
            f" reward model right on {100 * report['accuracy']:.0f} % of held-out pairs"
            f"{without_komi if result['rules'].startswith('Go ') else ''};"
            f" labeler agrees with how games ended on {100 * report['labeler_truth_agreement']:.0f} %"
        )
    for name, verdicts in result["judges"].items():
        console.print(
            f"{name}, {verdicts['boards']} final boards: won by {100 * verdicts['proxy_wins']:.0f} % says the"
            f" reward model, {100 * verdicts['labeler_wins']:.0f} % its labeler,"
            f" {100 * verdicts['truth_wins']:.0f} % the rules; model fooled on"
            f" {100 * verdicts['fooled']:.0f} %"
        )
    spent = ", ".join(f"{arm} {count:,}" for arm, count in result["evaluations"].items())
    console.print(f"Network evaluations in self-play: {spent}. Reference: {result['reference']}.")
    headline = result["pairs"][0]
    console.print(f"[bold]True RL against RLHF: {headline['verdict']}.[/bold] One seed, one small board.")
    for shortfall in result["shortfalls"]:
        console.print(f"Not reached: {shortfall}")


def draw_in_terminal(result: dict[str, Any]) -> None:
    """Draw the win rates as bars of text.

    Args:
        result: what result.json holds.
    """
    width = 40
    longest = max(len(pair_name(pair)) for pair in result["pairs"])
    click.echo(f"\n{'':{longest}}  0 %{'50 %':^{width - 7}}100 %")
    for pair in result["pairs"]:
        low, high = (round(end * (width - 1)) for end in pair["interval"])
        middle = round(pair["win_rate"] * (width - 1))
        cells = ["|" if place == (width - 1) // 2 else " " for place in range(width)]
        cells[low : high + 1] = "-" * (high + 1 - low)
        cells[middle] = "O"
        click.echo(f"{pair_name(pair):{longest}}  {''.join(cells)}")


def save_chart(result: dict[str, Any], path: Path) -> None:
    """Write the chart as a PNG.

    Args:
        result: what result.json holds.
        path: where to.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (rates, judges) = pyplot.subplots(1, 2, figsize=(12, 4.8), width_ratios=(3, 2))
    pairs = result["pairs"]
    for place, pair in enumerate(pairs):
        low, high = pair["interval"]
        color = BLUE if place == 0 else GRAY
        rates.plot([low, high], [place, place], color=color, linewidth=3)
        rates.plot(pair["win_rate"], place, "o", color=color)
    rates.axvline(0.5, color="black", linewidth=0.8, linestyle=":")
    rates.set_yticks(range(len(pairs)), [pair_name(pair) for pair in pairs])
    rates.invert_yaxis()
    rates.set_xlim(0, 1)
    rates.set_xlabel("win rate of the first agent, 95 % interval")
    rates.set_title(result["rules"])

    names = list(result["judges"])
    kinds = (
        ("proxy_wins", "reward model", ORANGE),
        ("labeler_wins", "labeler", GRAY),
        ("truth_wins", "truth", BLUE),
    )
    for offset, (key, label, color) in enumerate(kinds):
        heights = [result["judges"][name][key] for name in names]
        judges.bar(
            [i + 0.27 * (offset - 1) for i in range(len(names))], heights, 0.25, label=label, color=color
        )
    judges.set_xticks(range(len(names)), names)
    judges.set_ylim(0, 1)
    judges.set_ylabel("share of final boards called won")
    judges.set_title("proxy against truth, same boards")
    judges.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncol=3, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
