"""`yomi pretrain`: clone a policy from real games in SGF files, or from games of an agent."""

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.console import announce_compilation, stopping
from app.options import json_option
from app.progress import Progress, getting_ready
from app.sgf import sgf_files_below

if TYPE_CHECKING:
    from selfplay.agents import AgentSpec
    from selfplay.config import TrainConfig
    from selfplay.records import GameRecord

HELD_OUT_SHARE = 0.05
DEFAULT_EPOCHS = 2.0
SHARES = {"top1": "move is the first choice", "top5": "move is among the first five"}
LOSSES = {"policy_loss": "policy loss (nats)", "value_loss": "value loss (nats)"}


@click.command()
@click.option(
    "--sgf",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of SGF files, searched with all its subfolders.",
)
@click.option("--teacher", metavar="AGENT", help="Agent whose games against itself are cloned instead.")
@click.option("--visits", type=click.IntRange(min=1), help="Simulations a move of the teacher.")
@click.option(
    "--games",
    "num_games",
    type=click.IntRange(1, 1_000_000),
    default=2000,
    show_default=True,
    help="Games of the teacher, on boards of the preset's selfplay.sizes.",
)
@click.option(
    "--preset", "preset_name", default="go9", show_default=True, metavar="NAME", help="Game and network."
)
@click.option("--size", type=click.IntRange(2, 20), help="Games of this side only. Default: the preset's.")
@click.option("--blocks", type=int, help="Residual blocks. Default: the preset's.")
@click.option("--channels", type=int, help="Width of the network. Default: the preset's.")
@click.option(
    "--epochs",
    type=click.FloatRange(min=0, min_open=True),
    help=f"How often each position is seen on average. Default: {DEFAULT_EPOCHS:g}.",
)
@click.option("--steps", type=click.IntRange(min=1), help="Training steps, instead of --epochs.")
@click.option("--limit", type=click.IntRange(min=1), help="Read at most so many files.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=2, show_default=True)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("pretrained.safetensors"),
    show_default=True,
    help="Where the weights go.",
)
@json_option
def pretrain(
    folder: Path | None,
    teacher: str | None,
    visits: int | None,
    num_games: int,
    preset_name: str,
    size: int | None,
    blocks: int | None,
    channels: int | None,
    epochs: float | None,
    steps: int | None,
    limit: int | None,
    seed: int,
    threads: int,
    out: Path,
    as_json: bool,
) -> None:
    """Clone a policy from real games in SGF files, or from games of an agent against itself.

    A teacher such as threats plays from random openings, with a random move now and then. Every twentieth
    game is held out and never learned from; the accuracy on its moves is what counts. The weights are an
    agent: yomi play --agent pretrained.safetensors.
    """
    if epochs is not None and steps is not None:
        raise click.UsageError("--epochs and --steps: expected only one of them")
    if (folder is None) == (teacher is None):
        raise click.UsageError("--sgf and --teacher: expected one of them")
    if not os.access(out.absolute().parent, os.W_OK):
        raise click.UsageError(f"--out {out}: expected a file in a folder that exists and can be written")
    paths = [] if folder is None else sgf_files(folder, limit)

    with stopping("nothing was started"), getting_ready():
        from selfplay.agents import open_agent
        from selfplay.checkpoint import save_network
        from selfplay.imitation import (
            CLONING,
            clone_moves,
            common_rules,
            move_accuracy,
            num_clone_steps,
            records_from_sgf,
        )
        from selfplay.network import new_network
        from selfplay.window import split_games

        config = configuration(preset_name, blocks, channels)
        spec = None if teacher is None else open_agent(teacher, visits=visits)
    side = size or config.rules.width
    announce_compilation()
    started = time.monotonic()
    with stopping("no weights were written"):
        skipped: Counter[str] = Counter()
        if spec is not None:
            games = games_of_teacher(spec, config, size, num_games, seed, threads)
        else:
            with Progress("Reading games", len(paths)) as reading:
                games, skipped = records_from_sgf(paths, config.rules.game, side, reading.advance)
        training, held_out = split_games(games, HELD_OUT_SHARE, seed)
        if not training:
            kind = f"{config.rules.game.capitalize()} {side}x{side}"
            raise click.UsageError(f"--sgf {folder}: no game of {kind} to learn from{_reasons(skipped)}")

        num_positions = sum(game.num_moves for game in training)
        if steps is not None:
            epochs = steps * CLONING.batch_size / num_positions
        epochs = epochs or DEFAULT_EPOCHS
        num_steps = num_clone_steps(training, epochs)
        network = new_network(config.network, seed)
        with Progress("Learning", num_steps) as learning:
            clone_moves(
                network,
                training,
                epochs=epochs,
                seed=seed,
                threads=threads,
                progress=learning.advance,
            )
        seen_again = training[:: max(1, len(training) // max(1, len(held_out)))]
        with Progress("Judging"):
            accuracies = {
                name: move_accuracy(network, judged) if judged else None
                for name, judged in (("held_out", held_out), ("training", seen_again))
            }
        save_network(out, network, common_rules(training))
    report = {
        "weights": str(out),
        "blocks": config.network.blocks,
        "channels": config.network.channels,
        "games": len(games),
        "skipped": dict(skipped),
        "training_games": len(training),
        "training_positions": num_positions,
        "epochs": round(epochs, 3),
        "steps": num_steps,
        "seconds": round(time.monotonic() - started, 1),
        **accuracies,
    }
    click.echo(json.dumps(report) if as_json else _table(report))


def sgf_files(folder: Path, limit: int | None) -> list[Path]:
    """All SGF files below a folder in the order of their paths, or some from all over it.

    Args:
        folder: where to look.
        limit: most files wanted; None for all.
    """
    paths = sgf_files_below(folder)
    if not paths:
        raise click.UsageError(f"--sgf {folder}: no .sgf file in this folder or below")
    if limit is None:
        return paths
    return paths[:: -(-len(paths) // limit)]


def games_of_teacher(
    spec: "AgentSpec", config: "TrainConfig", size: int | None, num_games: int, seed: int, threads: int
) -> "list[GameRecord]":
    """Games of an agent against itself, with progress.

    Args:
        spec: the agent.
        config: says the game and, without a size, which boards.
        size: side of the boards, None for those of the configuration.
        num_games: how many.
        seed: of the games.
        threads: workers.

    Raises:
        AgentError: the agent cannot play this game.
        click.UsageError: the board is too small for it.
    """
    from selfplay.beginnings import rules_at
    from selfplay.teacher_games import Lesson, teacher_games

    if config.rules.game == "gomoku" and size is not None and size < config.rules.line_length:
        raise click.UsageError(f"--size {size}: expected room for {config.rules.line_length} in a row")
    rules = config.rules if size is None else rules_at(config.rules, size)
    lesson = Lesson(config.selfplay.sizes if size is None else "")
    with Progress("Teacher's games", num_games) as playing:
        return teacher_games(
            spec, rules, lesson, num_games, seed=seed, threads=threads, progress=playing.advance
        )


def configuration(preset_name: str, blocks: int | None, channels: int | None) -> "TrainConfig":
    """A preset, with another network where the command line asks for one.

    Raises:
        ConfigError: no such preset, or a network that cannot be.
    """
    from selfplay.config import override
    from selfplay.presets import preset

    config = preset(preset_name)
    for name, value in (("blocks", blocks), ("channels", channels)):
        if value is not None:
            config = override(config, f"network.{name}={value}")
    return config


def _reasons(skipped: Counter[str] | dict[str, int]) -> str:
    if not skipped:
        return ""
    return f" (skipped: {', '.join(f'{reason} {count:,}' for reason, count in skipped.items())})"


def _table(report: dict[str, Any]) -> str:
    held_out, training = report["held_out"], report["training"]

    def cells(name: str, form: str) -> str:
        values = [judged and form.format(judged[name]) for judged in (held_out, training)]
        return "".join(f"{value or '-':>12}" for value in values)

    return "\n".join(
        [
            f"{report['games']:,} games{_reasons(report['skipped'])},"
            f" {report['training_games']:,} of them learned from",
            f"{report['steps']:,} steps, {report['epochs']:g} epochs, {report['seconds']:.0f} s",
            "",
            f"{'':32}{'held out':>12}{'learned':>12}",
            f"{'positions':32}{cells('positions', '{:,}')}",
            *(f"{label:32}{cells(name, '{:.1%}')}" for name, label in SHARES.items()),
            *(f"{label:32}{cells(name, '{:.3f}')}" for name, label in LOSSES.items()),
            "",
            f"Weights: {report['weights']}",
        ]
    )
