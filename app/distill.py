"""`yomi distill`: a smaller network that thinks as a larger one does."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console import announce_compilation, stopping
from app.options import json_option
from app.pretrain import HELD_OUT_SHARE, sgf_files
from app.progress import Progress, getting_ready

if TYPE_CHECKING:
    from engine.rulesets import Rules
    from selfplay.records import GameRecord

ALL_POSITIONS = 1_500_000
"""Of a run, the newest."""


@click.command()
@click.argument("teacher", metavar="AGENT")
@click.option(
    "--games", "run", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A run folder."
)
@click.option(
    "--sgf",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of games.",
)
@click.option("--blocks", type=int, required=True, help="Residual blocks of the smaller network.")
@click.option("--channels", type=int, required=True, help="Its width.")
@click.option("--steps", type=click.IntRange(min=1), default=2000, show_default=True, help="Training steps.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("distilled.safetensors"),
    show_default=True,
    help="Where the weights go.",
)
@json_option
def distill(
    teacher: str,
    run: Path | None,
    folder: Path | None,
    blocks: int,
    channels: int,
    steps: int,
    seed: int,
    out: Path,
    as_json: bool,
) -> None:
    """Teach a smaller network to think as AGENT's network does, on the positions of a run or of SGF files.

    Every twentieth game is held out; how far both agree there is what counts. The weights are an agent: yomi
    match distilled.safetensors AGENT.
    """
    if (run is None) == (folder is None):
        raise click.UsageError("--games and --sgf: expected one of them")
    with stopping("no weights were written"):
        with getting_ready():
            from dataclasses import replace

            from selfplay.agents import AgentError, open_agent
            from selfplay.checkpoint import save_network
            from selfplay.config import ConfigError
            from selfplay.distillation import agreement
            from selfplay.distillation import distill as teach
            from selfplay.network import new_network
            from selfplay.window import split_games

            spec = open_agent(teacher)
            if spec.network is None or spec.known_rules is None:
                raise AgentError(f"agent {teacher}: expected one with a network")
            try:
                shape = replace(spec.network.config, blocks=blocks, channels=channels)
            except ValueError as error:
                raise ConfigError(str(error)) from None
        announce_compilation()
        games = _games(run, folder, spec.known_rules)
        training, held_out = split_games(games, HELD_OUT_SHARE, seed)
        if not training or not held_out:
            raise click.UsageError(f"{run or folder}: expected more games of {spec.known_rules.describe()}")
        with Progress("Learning", steps) as learning:
            student = teach(
                spec.network, new_network(shape, seed), training, steps, seed, progress=learning.advance
            )
        found = agreement(spec.network, student, held_out, seed)
        save_network(out, student, spec.known_rules)
    sizes = {"teacher": spec.network.num_parameters(), "student": student.num_parameters()}
    if as_json:
        click.echo(json.dumps({"weights": str(out), "games": len(games), "parameters": sizes, **found}))
        return
    click.echo(f"{sizes['student']:,} weights learned from {sizes['teacher']:,}, {len(training):,} games")
    click.echo(
        f"On {found['positions']:,} held-out positions: the same move on {found['same_move']:.1%}, values"
        f" {found['value_difference']:.3f} apart"
    )
    click.echo(f"Weights: {out}")


def _games(run: Path | None, folder: Path | None, rules: "Rules") -> "list[GameRecord]":
    """The games whose positions are shown."""
    from selfplay.imitation import moves_as_targets, records_from_sgf
    from selfplay.run_store import RunStore

    if run is not None:
        with RunStore(run, create=False) as store:
            saved = store.checkpoints()
            newest = store.newest_games("selfplay", saved[-1].iteration if saved else 0, ALL_POSITIONS)
        return [game for game in newest if game.num_targets and game.rules.game == rules.game]
    assert folder is not None
    paths = sgf_files(folder, None)
    with Progress("Reading games", len(paths)) as reading:
        games, _ = records_from_sgf(paths, rules.game, rules.width, reading.advance)
    return moves_as_targets(games)
