"""`yomi rlhf simulate`: let a labeler that is no person answer the queue of a run."""

import json
from pathlib import Path

import click

from app.console import announce_compilation, stopping
from app.options import json_option
from app.progress import Progress, getting_ready

PRESETS = ("perfect", "expert", "amateur", "crowd")


@click.command()
@click.option("--run", "folder", required=True, type=click.Path(path_type=Path), help="The run folder.")
@click.option(
    "--labeler",
    default="stones",
    show_default=True,
    help="truth, result, stones, liberties, prisoners, area, influence, lines, open-threes, playouts:K,"
    " agent:NAME, referee:AGENT:M or gtp:COMMAND.",
)
@click.option(
    "--preset", type=click.Choice(PRESETS), help="Agree with the truth in 100, 95, 85 or 73 % of pairs."
)
@click.option("--beta", type=float, help="Noise: how sharply it tells utilities apart. Default: none.")
@click.option("--mistake", default=0.0, help="Share of answers turned round.")
@click.option("--skip", default=0.0, help="Share of boards too poor to compare.")
@click.option("--equal", default=0.0, help="Differences below so many standard deviations are ties.")
@click.option("--myopia", default=1.0, help="Weight of each board of a clip against the next.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of its noise.")
@json_option
def simulate(
    folder: Path,
    labeler: str,
    preset: str | None,
    beta: float | None,
    mistake: float,
    skip: float,
    equal: float,
    myopia: float,
    seed: int,
    as_json: bool,
) -> None:
    """Let a simulated labeler answer all questions of a run that it has not answered yet.

    A labeler with a preset or habits is checked: the command fails if its rates are not what they should be.
    """
    with stopping("nothing was answered"), getting_ready():
        from rlhf_variant.answering import answer_queue, require_promised_rates, tempered_labeler
        from rlhf_variant.comparisons import answer_counts
        from rlhf_variant.irrationality import Habits
        from rlhf_variant.labelers import labeler_of
        from rlhf_variant.query_queue import QueryQueue
        from rlhf_variant.truth_file import agreement_with_truth
        from selfplay.run_store import RunStore

        labeler_of(labeler)
        habits = Habits(beta, mistake, skip, equal, myopia)
    with (
        stopping(f"{folder} keeps the answers; the same command goes on"),
        RunStore(folder, create=False) as store,
    ):
        announce_compilation()
        queue = QueryQueue(store)
        with Progress(f"Asking {labeler}", queue.num_asked()) as bar:
            label = answer_queue(store, labeler, habits, preset, seed, bar.advance)
        if preset or habits != Habits():
            temper = tempered_labeler(store, labeler, habits, preset)
            require_promised_rates(store, label, temper, preset)
        agreement = agreement_with_truth(store, label)
        result = {
            "labeler": label,
            "answers": answer_counts(store, label),
            "truth_agreement": None if agreement != agreement else round(agreement, 4),
            "version": queue.version(),
        }
    if as_json:
        click.echo(json.dumps(result))
        return
    click.echo(f"{label}: {result['answers']}")
    if result["truth_agreement"] is not None:
        click.echo(f"  agrees with how the games ended: {100 * agreement:.0f} %")
