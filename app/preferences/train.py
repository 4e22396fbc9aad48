"""`yomi rlhf train`: learn from preferences between boards, behind the outcome firewall."""

import json
from dataclasses import replace
from pathlib import Path

import click

from app.console import announce_compilation, notice, stopping
from app.given_positions import given_lines, keep_lines, positions_option, with_share
from app.options import json_option
from app.progress import StageBars, getting_ready
from app.train import Display, configuration


@click.command()
@click.option(
    "--preset", "preset_name", required=True, metavar="NAME", help="tiny, go7, go9, gomoku6 or gomoku15."
)
@click.option(
    "--run", "folder", type=click.Path(path_type=Path), help="The run folder. Default: runs/NAME-rlhf."
)
@click.option(
    "--labeler",
    default="stones",
    show_default=True,
    help="Who compares boards: truth, noisy-truth, stones, influence or lines.",
)
@click.option("--comparisons", type=int, default=1000, show_default=True, help="Pairs of boards to compare.")
@click.option(
    "--reference",
    default="uct:100",
    show_default=True,
    help="The agent whose games the boards come from; a network plays its policy without search.",
)
@click.option(
    "--reference-games", type=int, default=400, show_default=True, help="Games of the reference agent."
)
@click.option("--iterations", type=int, help="Rounds of self-play and training. Default: the preset's.")
@click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a setting; repeatable."
)
@click.option(
    "--initial",
    type=click.Path(path_type=Path),
    help="Weights to start from. Default: the reference's with a fresh value head, else fresh ones.",
)
@positions_option
@json_option
def train(
    preset_name: str,
    folder: Path | None,
    labeler: str,
    comparisons: int,
    reference: str,
    reference_games: int,
    iterations: int | None,
    assignments: tuple[str, ...],
    initial: Path | None,
    given: Path | None,
    as_json: bool,
) -> None:
    """Learn from preferences: a labeler compares boards, a reward model learns its taste, RL runs against it.

    The run goes on where it was when the same command is given again, whatever ended it.
    """
    with stopping("nothing was started"), getting_ready():
        from engine.errors import YomiError
        from rlhf_variant.variant_loop import (
            PreferenceConfig,
            Stages,
            blinded,
            preference_report,
            require_blind,
            train_on_preferences,
        )
        from selfplay.agents import open_agent
        from selfplay.network import new_network
        from selfplay.run_store import RunStore

        spec = open_agent(reference, visits=1, temperature=1.0)
        assignments = with_share(assignments, given)
        config, network = configuration(preset_name, iterations, assignments, initial, adapted=blinded)
        if network is None and spec.network is not None:
            network = spec.network
            network.reset_value_head()
        # Auxiliary heads learn from outcomes, so no network of a run of this kind has any.
        network = (network or new_network(config.network, config.seed)).without_auxiliary_heads()
        config = replace(config, network=network.config)
        try:
            require_blind(config)
            preferences = PreferenceConfig(
                labeler=labeler,
                num_comparisons=comparisons,
                reference_games=reference_games,
                min_ply=min(8, config.rules.area // 4),
                seed=config.seed,
            )
        except ValueError as error:
            raise YomiError(f"preferences: {error}") from None
    folder = folder or Path("runs") / f"{preset_name}-rlhf"
    with stopping("nothing was started"):
        lines = given_lines(folder, given, config)
    kept = f"{folder} keeps all finished stages and rounds; the same command goes on from there"
    with stopping(kept), RunStore(folder) as store:
        announce_compilation()
        keep_lines(store, lines, config.rules)
        saved = store.checkpoints()
        done, evaluations = (saved[-1].iteration, saved[-1].evaluations) if saved else (0, 0)
        with StageDisplay(Display(config, done, evaluations, as_json=as_json)) as shown:
            stages = Stages(shown.start, shown.advance, shown.rounds.watcher())
            weights = train_on_preferences(store, config, preferences, spec, network, stages)
        report = preference_report(store)
    if as_json:
        click.echo(json.dumps({"reward_model": report, "weights": str(weights)}))
        return
    click.echo(f"Labeler {report['labeler']}: {report['answers']}")
    click.echo(f"  agrees with how the games ended: {100 * report['labeler_truth_agreement']:.0f} %")
    click.echo(f"Reward model: {100 * report['accuracy']:.0f} % of {report['num_held_out']} held-out pairs")
    click.echo(f"Weights: {weights}")


class StageDisplay:
    """Shows the stages before training, one bar after another, then the rounds.

    Attributes:
        rounds: the display of the rounds; it begins with the first stage that has no steps of its own.
    """

    def __init__(self, rounds: Display) -> None:
        self.rounds = rounds
        self._bars = StageBars()

    def __enter__(self) -> "StageDisplay":
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()
        self.rounds.__exit__(*error)

    def start(self, name: str, steps: int) -> None:
        """Begin a stage.

        Args:
            name: what is being done.
            steps: how many steps it has; 0 when the rounds begin.
        """
        notice(name[0].upper() + name[1:])
        if steps:
            self._bars.start(name, steps)
        else:
            self._bars.stop()
            self.rounds.__enter__()

    def advance(self, count: int) -> None:
        """Count finished steps of the stage."""
        self._bars.advance(count)
