"""`yomi estimate`: how many games an hour a run makes here, and how long it will take."""

import json
from typing import TYPE_CHECKING

import click

from app.console import announce_compilation, stopping
from app.options import json_option, network_option
from app.progress import Progress, duration, getting_ready

if TYPE_CHECKING:
    from selfplay.config import TrainConfig
    from selfplay.estimate import Estimate


@click.command()
@click.option("--preset", "preset_name", required=True, metavar="NAME", help="As for `yomi train`.")
@click.option("--iterations", type=int, help="Rounds of self-play and training. Default: the preset's.")
@click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a setting; repeatable."
)
@network_option
@click.option(
    "--seconds", type=click.FloatRange(0.5, 3600), default=30.0, show_default=True, help="To measure."
)
@json_option
def estimate(
    preset_name: str,
    iterations: int | None,
    assignments: tuple[str, ...],
    network_size: str | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Measure for half a minute and say how long a run of `yomi train` takes on this machine.

    Options are those of `yomi train`. Nothing is kept. Lengths of games are those of earlier runs, and rungs
    say whether a run has shown them or somebody guesses.
    """
    with stopping("nothing was kept"):
        with getting_ready():
            from app.train import configuration
            from selfplay.estimate import RUNGS
            from selfplay.estimate import estimate as measure

            config, _ = configuration(preset_name, iterations, assignments, None, network_size)
        announce_compilation()
        with Progress("Measuring"):
            found = measure(config, seconds)
    hours = {"the whole run": _run_hours(config, found)}
    for rung in RUNGS.get(preset_name, []):
        kind = "measured" if rung.is_measured else "guess"
        hours[f"{rung.name} ({kind}, {rung.evaluations / 1e6:g} M evaluations)"] = found.hours(
            rung.evaluations
        )
    if as_json:
        figures = {
            "evaluations_per_s": round(found.evaluations_per_s),
            "training_steps_per_s": round(found.steps_per_s, 2),
            "games_per_hour": round(found.games_per_hour),
            "hours": {name: float(f"{value:.4g}") for name, value in hours.items()},
        }
        click.echo(json.dumps(figures))
        return
    click.echo(f"Self-play   {found.evaluations_per_s:,.0f} evaluations/s in {config.threads} threads")
    click.echo(f"Training    {found.steps_per_s:,.1f} steps/s of {config.learner.batch_size} positions")
    click.echo(f"Games       {found.games_per_hour:,.0f} an hour, training included")
    for name, value in hours.items():
        click.echo(f"{duration(3600 * value):>10}  {name}")


def _run_hours(config: "TrainConfig", found: "Estimate") -> float:
    """Hours of all rounds, with as many simulations as each of them has."""
    from selfplay.training_loop import search_of_round

    rounds = range(1, config.iterations + 1)
    full = config.search.num_simulations
    shares = [search_of_round(config, number).num_simulations / full for number in rounds]
    games = config.selfplay.games_per_iteration
    training = found.steps_per_game / found.steps_per_s
    playing = found.evaluations_per_game / found.evaluations_per_s
    return games * sum(share * playing + training for share in shares) / 3600
