"""`yomi rlhf bon`: best of n games by the rewards of an experiment, pressure without any learning."""

import json
from pathlib import Path

import click

from app.console import announce_compilation, stopping
from app.options import json_option
from app.progress import StageBars, getting_ready


@click.command()
@click.argument("experiment", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--folder", type=click.Path(path_type=Path), help="Of the sweep. Default: runs/NAME.")
@click.option(
    "--games", type=click.IntRange(2, 65536), default=4096, show_default=True, help="Games; n goes up to it."
)
@click.option(
    "--continuations", type=click.IntRange(1, 64), default=8, show_default=True, help="Of the gold referee."
)
@json_option
def bon(experiment: Path, folder: Path | None, games: int, continuations: int, as_json: bool) -> None:
    """Judge the best of n games of the reference policy, chosen by each reward of an experiment.

    The bench of the sweep is used, or built as it would build it; rewards are those of the first seed. The
    curves go to the folder, and yomi rlhf report draws them.
    """
    with stopping("nothing was started"), getting_ready():
        import numpy as np

        from rlhf_variant.arms import prepare
        from rlhf_variant.best_of_games import BEST_OF_GAMES_FILE, best_of_games
        from rlhf_variant.classroom import Classroom
        from rlhf_variant.experiment import read_experiment
        from rlhf_variant.lab import LabStages
        from rlhf_variant.sweep import open_bench
        from selfplay.checkpoint import write_atomically

        settings = read_experiment(experiment)
    folder = folder or Path("runs") / settings.name
    bars = StageBars()
    with stopping(f"{folder} keeps its bench"), bars:
        announce_compilation()
        lab, pool = open_bench(settings, folder, LabStages(bars.start, bars.advance))
        seed = settings.seeds[0]
        classroom = Classroom(settings, lab, pool, seed)
        judged = [arm for arm in settings.arms if arm.reward in ("model", "random-model", "utility")]
        bars.start("rewards", len(judged))
        rewards = {}
        for arm in judged:
            reward = prepare(classroom, arm, folder).judges.reward
            assert reward is not None
            rewards[arm.name] = reward
            bars.advance(1)
        bars.start("games of the reference", games)
        random = np.random.default_rng(np.random.SeedSequence([seed, 700]))
        curves = best_of_games(lab, rewards, games, continuations, random, bars.advance)
        write_atomically(folder / BEST_OF_GAMES_FILE, (json.dumps(curves, indent=1) + "\n").encode())
    if as_json:
        click.echo(json.dumps(curves))
        return
    click.echo("gold of the best of n games, by the reward that chose:")
    for name in ("gold", *rewards):
        told = ", ".join(
            f"{n}: {gold:.3f}" for n, gold in zip(curves["n"], curves[name]["gold"], strict=True)
        )
        click.echo(f"  {name}: {told}")
