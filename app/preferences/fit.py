"""`yomi rlhf fit`: teach reward models by the answered comparisons of a run."""

import json
from pathlib import Path

import click

from app.console import notice, stopping
from app.options import json_option
from app.preferences.reward_text import print_report
from app.progress import Progress, getting_ready


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--labeler", help="Whose answers. Default: those of the only one who has answered.")
@click.option("--members", type=click.IntRange(1, 20), default=5, show_default=True, help="Reward models.")
@click.option("--blocks", type=int, default=2, show_default=True, help="Residual blocks of each.")
@click.option("--channels", type=int, default=16, show_default=True, help="Width of each.")
@click.option("--epochs", type=click.IntRange(1), default=30, show_default=True, help="Most passes of each.")
@click.option("--naive", is_flag=True, help="Let rewards have no zero, as language models' have none.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Weights and order.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="CPU threads.")
@json_option
def fit(
    run: Path,
    labeler: str | None,
    members: int,
    blocks: int,
    channels: int,
    epochs: int,
    naive: bool,
    seed: int,
    threads: int,
    as_json: bool,
) -> None:
    """Teach an ensemble of reward models by the answers in a run folder, each by its own share of them."""
    with getting_ready():
        import numpy as np

        from engine.errors import YomiError
        from engine.scoring import outcomes_forbidden
        from rlhf_variant.reward_ensemble import fit_ensemble
        from rlhf_variant.reward_learner import RewardLearnerConfig
        from rlhf_variant.reward_model import RewardConfig, whiten
        from rlhf_variant.reward_store import (
            LABELER_FACT,
            answered,
            held_out_report,
            keep_ensemble,
            use_threads,
        )
        from selfplay.run_store import RunStore

        use_threads(threads)
        learner = RewardLearnerConfig(epochs=epochs)
    with stopping("nothing was written"), RunStore(run, create=False) as store:
        if labeler is not None:
            store.set_fact(LABELER_FACT, labeler)
        train, held_out = answered(store)
        if train.clip_length and train.clip_length % 2 == 0:
            notice(
                f"Segments of {train.clip_length} boards: each side is to move in half of them, so models"
                " learn nothing about whose turn it is; for judging single boards collect an odd --clip"
            )
        bar = Progress("Teaching reward models", members * epochs)
        try:
            shape = RewardConfig(blocks, channels, antisymmetric=not naive)
            with bar, outcomes_forbidden():
                fitted = fit_ensemble(
                    shape, train, held_out, learner, np.random.SeedSequence(seed), members, bar.advance
                )
        except ValueError as error:
            raise YomiError(str(error)) from None
        if naive:
            for member in fitted.members:
                whiten(member, train.a)
        keep_ensemble(store, fitted, train, learner)
        report = held_out_report(store, fitted.members, learner.error_rate)
    if as_json:
        fits = [made._asdict() for made in fitted.fits]
        click.echo(json.dumps({"members": fits, "held_out": report}))
        return
    for number, made in enumerate(fitted.fits, 1):
        click.echo(
            f"Member {number}: best after {made.epochs} passes, loss {made.loss:.3f} on what it left out,"
            f" {made.ratio:.2f} times that on what it learned"
        )
    print_report(report)
