"""`yomi train`: learn from who wins, round by round, in a run folder."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.console import announce_compilation, stopping
from app.dashboard import Dashboard, Round
from app.given_games import games_option, given_games
from app.given_positions import given_lines, keep_lines, positions_option, with_share
from app.options import json_option, network_option
from app.progress import Progress, duration, getting_ready

if TYPE_CHECKING:
    from selfplay.config import TrainConfig
    from selfplay.network import Network
    from selfplay.tensorboard_log import TensorboardLog
    from selfplay.training_loop import Report, Watcher


@click.command()
@click.option(
    "--preset", "preset_name", required=True, metavar="NAME", help="tiny, go7, go9, gomoku6 or gomoku15."
)
@click.option("--run", "folder", type=click.Path(path_type=Path), help="The run folder. Default: runs/NAME.")
@click.option("--iterations", type=int, help="Rounds of self-play and training. Default: the preset's.")
@click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a setting; repeatable."
)
@click.option(
    "--initial", type=click.Path(path_type=Path), help="Weights to start from instead of fresh ones."
)
@network_option
@positions_option
@games_option
@click.option("--tensorboard", is_flag=True, help="Write the numbers of each round for TensorBoard too.")
@json_option
def train(
    preset_name: str,
    folder: Path | None,
    iterations: int | None,
    assignments: tuple[str, ...],
    initial: Path | None,
    network_size: str | None,
    given: Path | None,
    runs: tuple[Path, ...],
    tensorboard: bool,
    as_json: bool,
) -> None:
    """Learn from who wins: self-play, training, and again.

    The run goes on where it was when the same command is given again, whatever ended it.
    """
    with stopping("nothing was started"), getting_ready():
        from selfplay.given_games import begin_with
        from selfplay.run_store import RunStore
        from selfplay.tensorboard_log import TensorboardLog
        from selfplay.training_loop import train as run_training
        from selfplay.value_source import OutcomeValueSource

        assignments = with_share(assignments, given)
        config, network = configuration(preset_name, iterations, assignments, initial, network_size)
    folder = folder or Path("runs") / preset_name
    with stopping("nothing was started"):
        lines = given_lines(folder, given, config)
        games = given_games(folder, runs, config)
    kept = f"{folder} keeps all finished rounds; the same command goes on from there"
    with stopping(kept), RunStore(folder) as store, ExitStack() as stack:
        log = stack.enter_context(TensorboardLog(folder)) if tensorboard else None
        announce_compilation()
        saved = store.checkpoints()
        keep_lines(store, lines, config.rules)
        begin_with(store, games, config)
        done, evaluations = (saved[-1].iteration, saved[-1].evaluations) if saved else (0, 0)
        with Display(config, done, evaluations, as_json=as_json, tensorboard=log) as display:
            weights = run_training(store, config, OutcomeValueSource(), network, display.watcher())
    if not as_json:
        click.echo(f"Weights: {weights}")


def configuration(
    preset_name: str,
    iterations: int | None,
    assignments: tuple[str, ...],
    initial: Path | None,
    network_size: str | None = None,
    adapted: "Callable[[TrainConfig], TrainConfig]" = lambda config: config,
) -> "tuple[TrainConfig, Network | None]":
    """The settings of a run and the weights it starts from.

    Args:
        preset_name: a preset.
        iterations: rounds instead of the preset's.
        assignments: settings as `key=value`.
        initial: a file of weights, whose shape then takes the place of the preset's, or None.
        network_size: a key of `NETWORK_SIZES` instead of that network; assignments come after it. Weights
            grow into a larger shape.
        adapted: what the command makes of a preset, before any assignment.

    Raises:
        ConfigError: no such preset or setting, or a network smaller than the weights.
        CheckpointError: not a file of weights.
    """
    from dataclasses import replace

    from selfplay.checkpoint import load_network
    from selfplay.config import ConfigError, override
    from selfplay.growth import grown
    from selfplay.presets import preset, sized

    config, network = adapted(preset(preset_name)), None
    if initial is not None:
        network, known = load_network(initial)
        if known.game != config.rules.game:
            raise ConfigError(f"--initial {initial}: knows {known.game}, expected {config.rules.game}")
        config = replace(config, network=network.config)
    if network_size is not None:
        config = sized(config, network_size)
    for assignment in assignments:
        config = override(config, assignment)
    if iterations is not None:
        config = override(config, f"iterations={iterations}")
    if network is not None and network.config != config.network:
        try:
            network = grown(network, config.network, config.seed)
        except ValueError as error:
            raise ConfigError(f"--initial {initial}: {error}") from None
    return config, network


class Display:
    """Shows a run: a bar for the work at hand, a line for each finished round."""

    def __init__(
        self,
        config: "TrainConfig",
        done: int,
        evaluations: int,
        *,
        as_json: bool,
        tensorboard: "TensorboardLog | None" = None,
    ) -> None:
        """Prepare.

        Args:
            config: the settings of the run.
            done: rounds that an earlier start has finished.
            evaluations: what they spent.
            as_json: whether a round is an object rather than a line.
            tensorboard: is given the numbers of each round too, or None.
        """
        self._config = config
        self._first = self._done = done
        self._evaluations = evaluations
        self._as_json = as_json
        self._started = self._round_started = time.monotonic()
        self._is_learning = False
        self._bar: Progress | None = None
        self._learning_started = self._started
        self._dashboard = Dashboard(config.iterations)
        self._tensorboard = tensorboard

    def __enter__(self) -> "Display":
        self._show_games()
        return self

    def __exit__(self, *_: object) -> None:
        self._show(None)

    def watcher(self) -> "Watcher":
        """What the training loop tells."""
        from selfplay.training_loop import Watcher

        return Watcher(on_games=self._on_games, on_steps=self._on_steps, on_report=self._on_report)

    def _show(self, bar: Progress | None) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = bar.start() if bar is not None else None

    def _show_games(self) -> None:
        self._is_learning = False
        if self._done < self._config.iterations:
            self._show(self._progress("games", self._config.selfplay.games_per_iteration))

    def _progress(self, work: str, total: int | None = None) -> Progress:
        return Progress(self._label(work), total, above=self._dashboard.panel)

    def _label(self, work: str) -> str:
        label = f"Round {self._done + 1} of {self._config.iterations}"
        if self._done > self._first:
            seconds_a_round = (time.monotonic() - self._started) / (self._done - self._first)
            label += f" (all done in {duration(seconds_a_round * (self._config.iterations - self._done))})"
        return f"{label}, {work}"

    def _on_games(self, count: int) -> None:
        if self._bar is not None:
            self._bar.advance(count)

    def _on_steps(self, _: int) -> None:
        if not self._is_learning:
            self._is_learning = True
            self._learning_started = time.monotonic()
            self._show(self._progress("learning"))

    def _on_report(self, report: "Report") -> None:
        self._show(None)
        now = time.monotonic()
        learning_s = now - self._learning_started if self._is_learning else 0.0
        round_s, self._round_started = now - self._round_started, now
        spent, self._evaluations = report.evaluations - self._evaluations, report.evaluations
        self._done = report.iteration
        self._dashboard.add(Round(report, spent, round_s - learning_s, learning_s))
        if self._tensorboard is not None:
            self._tensorboard.write(report.iteration, report.metrics)
        figures = {
            "iteration": report.iteration,
            "games": report.games,
            "mean_moves": round(report.mean_moves, 2),
            "black_win_share": round(report.black_win_share, 4),
            "losses": {name: round(loss, 4) for name, loss in report.losses.items()},
            "evaluations": report.evaluations,
            "evaluations_per_s": round(spent / max(round_s, 1e-9)),
            "seconds": round(round_s, 2),
            "warnings": report.warnings,
        }
        click.echo(json.dumps(figures) if self._as_json else self._line(figures))
        if not self._as_json:
            for warning in report.warnings:
                click.echo(f"  ! {warning}")
        self._show_games()

    def _line(self, figures: dict[str, Any]) -> str:
        losses = "  ".join(f"{name} loss {loss:.3f}" for name, loss in figures["losses"].items() if loss)
        return (
            f"round {figures['iteration']:>3} of {self._config.iterations}  {losses}"
            f"  moves {figures['mean_moves']:.1f}  Black wins {100 * figures['black_win_share']:.0f} %"
            f"  {figures['evaluations_per_s']:,} evaluations/s  {duration(figures['seconds'])}"
        )
