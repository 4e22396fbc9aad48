"""`yomi rlhf bon`: best of n games or moves by the rewards of an experiment, without any learning."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console import announce_compilation, stopping
from app.options import json_option
from app.progress import StageBars, getting_ready

if TYPE_CHECKING:
    from rlhf_variant.rewards import Reward


@click.command()
@click.argument("experiment", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--folder", type=click.Path(path_type=Path), help="Of the sweep. Default: runs/NAME.")
@click.option(
    "--per", type=click.Choice(["game", "move"]), default="game", show_default=True, help="What is chosen."
)
@click.option(
    "--games",
    type=click.IntRange(2, 65536),
    help="Per game: all games, and n goes up to it; default 4096. Per move: games of each n; default 256.",
)
@click.option(
    "--most", type=click.IntRange(1, 65536), default=64, show_default=True, help="Largest n, per move."
)
@click.option("--arm", "arms", multiple=True, help="By the rewards of these arms alone; repeatable.")
@click.option(
    "--reward-model",
    "models",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="RUN",
    help="By the reward models of this run too, such as a kept one of another sweep; repeatable.",
)
@click.option(
    "--continuations", type=click.IntRange(1, 64), default=8, show_default=True, help="Of the gold referee."
)
@json_option
def bon(
    experiment: Path,
    folder: Path | None,
    per: str,
    games: int | None,
    most: int,
    arms: tuple[str, ...],
    models: tuple[Path, ...],
    continuations: int,
    as_json: bool,
) -> None:
    """Judge the best of n games, or of n moves in each position, of the reference policy by each reward.

    Games are chosen among games against the greedy reference; moves are chosen while the reference itself
    plays the other side, and their distance from it is exact.

    The bench of the sweep is used, or built as it would build it. Rewards are those of the first seed: models
    that the sweep kept, where it has, else models taught anew in the same way. The curves go to the folder,
    and yomi rlhf report draws them.
    """
    with stopping("nothing was started"), getting_ready():
        import numpy as np

        from rlhf_variant.arms import prepare
        from rlhf_variant.best_of_games import BEST_OF_GAMES_FILE, best_of_games
        from rlhf_variant.best_of_moves import BEST_OF_MOVES_FILE, best_of_moves
        from rlhf_variant.classroom import Classroom
        from rlhf_variant.experiment import read_experiment
        from rlhf_variant.kept_models import model_path
        from rlhf_variant.lab import LabStages
        from rlhf_variant.reward_store import open_ensemble
        from rlhf_variant.sweep import open_bench
        from selfplay.checkpoint import write_atomically
        from selfplay.run_store import RunStore

        settings = read_experiment(experiment)
    folder = folder or Path("runs") / settings.name
    bars = StageBars()
    with stopping(f"{folder} keeps its bench"), bars:
        announce_compilation()
        lab, pool = open_bench(settings, folder, LabStages(bars.start, bars.advance))
        seed = settings.seeds[0]
        classroom = Classroom(settings, lab, pool, seed)
        judged = [
            arm
            for arm in settings.arms
            if arm.reward in ("model", "random-model", "utility")
            and not arm.best_of
            and (not arms or arm.name in arms)
        ]
        if not judged and not models:
            raise click.UsageError(f"{experiment}: expected an arm with a reward of boards")
        bars.start("rewards", len(judged) + len(models))
        rewards: dict[str, Reward] = {}
        kept = {arm.name: model_path(folder, arm.name, seed) for arm in judged}
        for name, path in {**kept, **{str(path): path for path in models}}.items():
            if path.exists():
                with RunStore(path, create=False) as store:
                    rewards[name] = open_ensemble(store)
            else:
                arm = next(arm for arm in judged if arm.name == name)
                reward = prepare(classroom, arm, folder).judges.reward
                assert reward is not None
                rewards[name] = reward
            bars.advance(1)
        random = np.random.default_rng(np.random.SeedSequence([seed, 700]))
        if per == "game":
            num_games = games or 4096
            bars.start("games of the reference", num_games)
            curves = best_of_games(lab, rewards, num_games, continuations, random, bars.advance)
        else:
            num_games = games or 256
            numbers = [2**power for power in range(most.bit_length())]
            bars.start("games of chosen moves", num_games * len(numbers) * len(rewards))
            curves = best_of_moves(lab, rewards, numbers, num_games, continuations, random, bars.advance)
        name = BEST_OF_GAMES_FILE if per == "game" else BEST_OF_MOVES_FILE
        write_atomically(folder / name, (json.dumps(curves, indent=1) + "\n").encode())
    if as_json:
        click.echo(json.dumps(curves))
        return
    click.echo(f"gold of the best of n {per}s, by the reward that chose:")
    for name in (name for name in curves if name not in ("n", "divergence_bound")):
        told = ", ".join(
            f"{n}: {gold:.3f}" for n, gold in zip(curves["n"], curves[name]["gold"], strict=True)
        )
        click.echo(f"  {name}: {told}")
