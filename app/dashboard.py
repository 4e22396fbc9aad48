"""What a terminal shows of a training run while it goes on: speed, time left, losses, gate, health."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.progress import duration

if TYPE_CHECKING:
    from rich.panel import Panel

    from selfplay.training_loop import Report

SHOWN_ROUNDS = 5
"""The newest of them, side by side."""


FIGURES = (
    ("value_gap", "value gap", ".3f"),
    ("gate_win_rate", "won at the gate", ".3f"),
    ("elo", "Elo so far", "+.0f"),
)
"""Metrics that a round may have: name, label, format."""


@dataclass(frozen=True)
class Round:
    """A finished round.

    Attributes:
        report: what the loop told of it.
        evaluations: that it spent.
        selfplay_s: seconds of its games.
        learning_s: seconds of all the rest.
    """

    report: "Report"
    evaluations: int
    selfplay_s: float
    learning_s: float

    @property
    def seconds(self) -> float:
        """Of the whole round."""
        return self.selfplay_s + self.learning_s


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


class Dashboard:
    """Collects the rounds of this start of a run and draws them."""

    def __init__(self, num_rounds: int) -> None:
        """Nothing has happened yet.

        Args:
            num_rounds: of the whole run.
        """
        self._num_rounds = num_rounds
        self._rounds: list[Round] = []

    def add(self, finished: Round) -> None:
        """Take in a finished round."""
        self._rounds.append(finished)

    def panel(self) -> "Panel | None":
        """A table of the newest rounds; None before the first has ended."""
        from rich.panel import Panel
        from rich.table import Table

        if not self._rounds:
            return None
        shown = self._rounds[-SHOWN_ROUNDS:]
        table = Table.grid(padding=(0, 2))
        table.add_column()
        for _ in shown:
            table.add_column(justify="right")
        table.add_row("round", *(str(one.report.iteration) for one in shown))
        for name, values in self._rows(shown).items():
            table.add_row(name, *values)
        return Panel(table, title=self._title(), subtitle=self._health(), expand=False)

    def _title(self) -> str:
        last = self._rounds[-1].report.iteration
        seconds = sum(one.seconds for one in self._rounds)
        games_per_hour = sum(one.report.games for one in self._rounds) / max(seconds, 1e-9) * 3600
        left = seconds / len(self._rounds) * (self._num_rounds - last)
        return f"{games_per_hour:,.0f} games/h, all {self._num_rounds} rounds done in {duration(left)}"

    @staticmethod
    def _rows(shown: list[Round]) -> dict[str, list[str]]:
        rows = {
            "evaluations/s": [f"{one.evaluations / max(one.selfplay_s, 1e-9):,.0f}" for one in shown],
            "in the network": [
                "-" if one.report.network_share is None else f"{one.report.network_share:.0%}"
                for one in shown
            ],
            "self-play": [duration(one.selfplay_s) for one in shown],
            "learning": [duration(one.learning_s) for one in shown],
            "moves": [f"{one.report.mean_moves:.1f}" for one in shown],
            "Black wins": [f"{one.report.black_win_share:.0%}" for one in shown],
        }
        for name in shown[-1].report.losses:
            losses = [one.report.losses.get(name) for one in shown]
            rows[f"{name} loss"] = ["-" if loss is None else f"{loss:.3f}" for loss in losses]
        for name, label, form in FIGURES:
            values = [one.report.metrics.get(name) for one in shown]
            if any(value is not None for value in values):
                rows[label] = ["-" if value is None else format(value, form) for value in values]
        return rows

    def _health(self) -> str:
        num_warnings = len(self._rounds[-1].report.warnings)
        return (
            "health: all in range" if not num_warnings else f"health: {num_warnings} out of range, see above"
        )
