"""`yomi rlhf eval`: how well the reward models of a run foretell answers that none of them saw."""

import json
from pathlib import Path

import click

from app.options import json_option
from app.preferences.reward_text import print_report
from app.progress import getting_ready


@click.command("eval")
@click.argument("run", type=click.Path(path_type=Path))
@json_option
def eval(run: Path, as_json: bool) -> None:
    """Report accuracy, likelihood and calibration on held-out answers, by phase and on hard pairs."""
    with getting_ready():
        from rlhf_variant.reward_learner import RewardLearnerConfig
        from rlhf_variant.reward_store import held_out_report, open_members
        from selfplay.run_store import RunStore

        with RunStore(run, create=False) as store:
            report = held_out_report(store, open_members(store), RewardLearnerConfig().error_rate)
    if as_json:
        click.echo(json.dumps(report))
        return
    print_report(report)
