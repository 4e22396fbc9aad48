"""`yomi rlhf sweep`: run an experiment, arm by arm and seed by seed."""

import json
from pathlib import Path

import click

from app.console import announce_compilation, notice, stopping
from app.options import json_option
from app.progress import StageBars, getting_ready


@click.command()
@click.argument("experiment", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--folder", type=click.Path(path_type=Path), help="For everything that is made. Default: runs/NAME."
)
@click.option(
    "--bench",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with reference.safetensors and referee.safetensors to use in place of new ones.",
)
@click.option(
    "--known",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Results of yomi rlhf report --save-json; their rows are not run again.",
)
@click.option("--gate-only", is_flag=True, help="Read the hardness gate and stop.")
@json_option
def sweep(
    experiment: Path,
    folder: Path | None,
    bench: Path | None,
    known: Path | None,
    gate_only: bool,
    as_json: bool,
) -> None:
    """Run an experiment, a TOML file of arms, seeds and budgets; what is done is never done again.

    First the bench is built: a reference policy, two referees, boards to compare. Then the hardness gate is
    read. Then each arm learns with each seed. Several such commands may share one folder.
    """
    with stopping("nothing was started"), getting_ready():
        from rlhf_variant.classroom import Classroom
        from rlhf_variant.experiment import read_experiment
        from rlhf_variant.experiment_results import adopt_rows
        from rlhf_variant.gate import gate_teachers, gates
        from rlhf_variant.lab import LabStages
        from rlhf_variant.sweep import SweepWatcher, missing_rows, open_bench
        from rlhf_variant.sweep import sweep as run

        settings = read_experiment(experiment)
    folder = folder or Path("runs") / settings.name
    bars = StageBars()
    with stopping(f"{folder} keeps what is finished; the same command goes on from there"), bars:
        announce_compilation()
        if known is not None:
            adopt_rows(folder, known, settings)
        lab, pool = open_bench(settings, folder, LabStages(bars.start, bars.advance), bench)
        num_fits = len(gate_teachers(settings)) * len(settings.pool.gate_comparisons)
        bars.start("models for the hardness gate", num_fits)
        found = gates(Classroom(settings, lab, pool, settings.seeds[0]), settings, folder, bars.advance)
        for gate in found:
            told = ", ".join(f"{name} {'yes' if passed else 'NO'}" for name, passed in gate["passes"].items())
            notice(f"Gate of {gate['labeler']}: {told}")
        if not gate_only:
            bars.start("rounds of all arms", len(missing_rows(settings, folder)) * settings.rounds)
            run(settings, folder, lab, pool, SweepWatcher(lambda *row: None, bars.advance))
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "gates": found}))
    else:
        click.echo(f"Rows: {folder}; yomi rlhf report {folder} shows them")
