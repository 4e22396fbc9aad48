"""What a run shows while it goes on: the newest rounds in a panel, and the same numbers for TensorBoard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from app.dashboard import SHOWN_ROUNDS, Dashboard, Round
from app.main import main
from selfplay.run_store import RunStore
from selfplay.training_loop import Report


def report(iteration: int, warnings: list[str], **metrics: float) -> Report:
    losses = {"policy": 2.0 - iteration / 10, "value": 0.7}
    return Report(iteration, 100, 41.5, 0.55, 1000 * iteration, losses, warnings, metrics)


def drawn(dashboard: Dashboard) -> str:
    console = Console(width=120, record=True, file=None, force_terminal=False)
    with console.capture() as capture:
        panel = dashboard.panel()
        assert panel is not None
        console.print(panel)
    return capture.get()


def test_nothing_is_drawn_before_the_first_round_has_ended() -> None:
    assert Dashboard(10).panel() is None


def test_the_panel_tells_speed_time_left_losses_and_health() -> None:
    dashboard = Dashboard(10)
    for number in (1, 2):
        dashboard.add(Round(report(number, [], value_gap=0.012), 30_000, selfplay_s=30.0, learning_s=6.0))
    shown = drawn(dashboard)
    assert "10,000 games/h, all 10 rounds done in 5 min" in shown
    rows = {line.strip("│ ").split("  ")[0]: line.split()[-3:-1] for line in shown.splitlines()[1:-1]}
    assert rows["evaluations/s"] == ["1,000", "1,000"]
    assert rows["in the network"] == ["-", "-"]
    assert "Elo" not in shown
    assert rows["policy loss"] == ["1.900", "1.800"]
    assert rows["value gap"] == ["0.012", "0.012"]
    assert rows["Black wins"] == ["55%", "55%"]
    assert "health: all in range" in shown
    dashboard.add(Round(report(3, ["draws 80 %"]), 30_000, 30.0, 6.0))
    assert "health: 1 out of range, see above" in drawn(dashboard)
    dashboard.add(Round(replace(report(4, [], elo=63.4), network_share=0.912), 30_000, 30.0, 6.0))
    shown = drawn(dashboard)
    assert "91%" in next(line for line in shown.splitlines() if "in the network" in line)
    assert "+63" in next(line for line in shown.splitlines() if "Elo so far" in line)


def test_only_the_newest_rounds_have_room_and_a_round_without_learning_is_one() -> None:
    dashboard = Dashboard(20)
    for number in range(1, 10):
        losses = {} if number == 6 else {"policy": 1.0}
        silent = Report(number, 10, 9.0, 0.5, 10, losses, [], {})
        dashboard.add(Round(silent, 10, 1.0, 0.0))
    shown = drawn(dashboard).splitlines()
    numbers = next(line for line in shown if "round " in line and "rounds" not in line).split()[2:-1]
    assert numbers == [str(number) for number in range(10 - SHOWN_ROUNDS, 10)]
    assert "-" in next(line for line in shown if "policy loss" in line)


def test_numbers_of_every_round_are_written_for_tensorboard(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    command = ["train", "--preset", "tiny", "--iterations", "2", "--run", str(tmp_path), "--tensorboard"]
    settings = ["--set", "selfplay.games_per_iteration=4", "--set", "search.num_simulations=2"]
    assert CliRunner().invoke(main, [*command, *settings]).exit_code == 0
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    with RunStore(tmp_path, create=False) as store:
        for tag, name in (("loss/policy", "loss_policy"), ("games/mean_moves", "mean_moves")):
            written = [(event.step, event.value) for event in events.Scalars(tag)]
            assert [step for step, _ in written] == [1, 2]
            assert [value for _, value in written] == pytest.approx([v for _, v in store.metrics(name)])
