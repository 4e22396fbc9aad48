"""`yomi rlhf sweep`: run an experiment, arm by arm and seed by seed."""

import json
from pathlib import Path

import click

from app.console import announce_compilation, notice, stopping
from app.options import json_option
from app.progress import Progress, getting_ready


@click.command()
@click.argument("experiment", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--folder", type=click.Path(path_type=Path), help="For everything that is made. Default: runs/NAME."
)
@click.option("--gate-only", is_flag=True, help="Read the hardness gate and stop.")
@json_option
def sweep(experiment: Path, folder: Path | None, gate_only: bool, as_json: bool) -> None:
    """Run an experiment, a TOML file of arms, seeds and budgets; what is done is never done again.

    First the bench is built: a reference policy, two referees, boards to compare. Then the hardness gate is
    read. Then each arm learns with each seed. Several such commands may share one folder.
    """
    with stopping("nothing was started"), getting_ready():
        from rlhf_variant.arms import Classroom
        from rlhf_variant.experiment import read_experiment
        from rlhf_variant.gate import gates
        from rlhf_variant.lab import LabStages
        from rlhf_variant.sweep import SweepWatcher, missing_rows, open_bench
        from rlhf_variant.sweep import sweep as run

        settings = read_experiment(experiment)
    folder = folder or Path("runs") / settings.name
    bars = Bars()
    with stopping(f"{folder} keeps what is finished; the same command goes on from there"), bars:
        announce_compilation()
        lab, pool = open_bench(settings, folder, LabStages(bars.start, bars.advance))
        bars.start("reading the hardness gate", 1)
        found = gates(Classroom(settings, lab, pool, settings.seeds[0]), settings, folder)
        bars.advance(1)
        for gate in found:
            told = ", ".join(f"{name} {'yes' if passed else 'NO'}" for name, passed in gate["passes"].items())
            notice(f"Gate of {gate['labeler']}: {told}")
        if not gate_only:
            bars.start("rounds of all arms", len(missing_rows(settings, folder)) * settings.ppo.iterations)
            run(settings, folder, lab, pool, SweepWatcher(lambda *row: None, bars.advance))
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "gates": found}))
    else:
        click.echo(f"Rows: {folder}; yomi rlhf report {folder} shows them")


class Bars:
    """One bar after another."""

    def __init__(self) -> None:
        self._bar: Progress | None = None

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def start(self, name: str, steps: int) -> None:
        """Begin a stage; the one before has ended."""
        self._stop()
        self._bar = Progress(name[0].upper() + name[1:], steps).start()

    def advance(self, count: int) -> None:
        """Count finished steps."""
        if self._bar is not None:
            self._bar.advance(count)

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
