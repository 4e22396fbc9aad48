"""`yomi rlhf collect`: play games and ask which of two boards from them is better."""

import json
from pathlib import Path

import click

from app.console import announce_compilation, stopping
from app.options import RulesChoice, json_option, rules_options
from app.progress import Progress, getting_ready

PAIR_TYPES = ("boards", "siblings", "finished", "segments", "games")
STRATEGIES = ("uniform", "variance", "entropy", "k-center", "stratified")
ASKS_REWARDS = ("variance", "entropy")


@click.command()
@click.option("--run", "folder", required=True, type=click.Path(path_type=Path), help="The run folder.")
@rules_options
@click.option(
    "--policy",
    "policies",
    multiple=True,
    default=("uct:100",),
    show_default=True,
    help="Who plays; repeatable.",
)
@click.option("--games", "num_games", default=200, show_default=True, type=click.IntRange(2), help="Of each.")
@click.option("--pairs", default=1000, show_default=True, type=click.IntRange(1), help="Questions to ask.")
@click.option("--type", "pair_type", type=click.Choice(PAIR_TYPES), default="boards", show_default=True)
@click.option("--min-ply", default=8, show_default=True, help="Fewest moves before a board.")
@click.option(
    "--clip", default=5, show_default=True, help="Boards of a segment; odd, if models shall judge boards too."
)
@click.option("--held-out", default=0.2, show_default=True, help="Share never trained on, split by game.")
@click.option("--hard", default=0.0, show_default=True, help="Share of pairs whose games ended nearly alike.")
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default="uniform",
    show_default=True,
    help="Which of four times as many pairs are asked; variance and entropy ask the run's reward models.",
)
@click.option(
    "--online",
    "batches",
    type=click.IntRange(2, 100),
    metavar="BATCHES",
    help="Ask --pairs in so many batches, ever smaller, one each time, half of it about games of --policy.",
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of games and pairs.")
@json_option
def collect(
    folder: Path,
    choice: RulesChoice,
    policies: tuple[str, ...],
    num_games: int,
    pairs: int,
    pair_type: str,
    min_ply: int,
    clip: int,
    held_out: float,
    hard: float,
    strategy: str,
    batches: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Play games, draw pairs of boards from them, and put them into the queue of a run.

    Labelers answer with `yomi rlhf simulate` or `yomi rlhf label`, also while more is collected.

    With --online each call asks the next batch of an annealed schedule, once the one before is answered: the
    first about the games of a reference policy, each later one half about games of --policy as it is now.
    """
    with stopping("nothing was asked"), getting_ready():
        import numpy as np

        from rlhf_variant.answering import facts_of
        from rlhf_variant.online_queries import OnlinePlan, ask_next_batch, require_next_batch
        from rlhf_variant.pairs import PairConfig
        from rlhf_variant.query_choice import drawn_queries
        from rlhf_variant.query_queue import QueryQueue
        from rlhf_variant.reward_store import open_members
        from rlhf_variant.source_games import num_openings_for, play_source_games
        from selfplay.agents import open_agent
        from selfplay.run_store import RunStore

        if batches and (len(policies) > 1 or hard):
            raise click.UsageError("--online: expected one --policy, and no --hard")
        config = PairConfig(pair_type, min_ply, clip, held_out, hard)  # type: ignore[arg-type]
        specs = [open_agent(name, visits=1, temperature=1.0) for name in policies]
        rules = choice.resolve(specs[0].known_rules)
    plan = OnlinePlan(pairs, batches) if batches else None
    with stopping(f"{folder} keeps the games; the same command goes on"), RunStore(folder) as store:
        announce_compilation()
        queue, number = QueryQueue(store), require_next_batch(store, plan) if plan else 0
        before = queue.num_asked()
        members = open_members(store) if strategy in ASKS_REWARDS and number != 1 else []
        with Progress("Playing games", num_games * len(specs)) as bar:
            if plan:
                ask_next_batch(
                    store, rules, specs[0], plan, num_games, config, strategy, members, seed, bar.advance
                )
            else:
                openings = num_openings_for(pairs, held_out, num_games) if pair_type == "games" else 0
                games = play_source_games(store, rules, specs, num_games, seed, bar.advance, openings)
        if not plan:
            margins = {g.record.digest(): facts_of(g.record).margin for g in games} if hard else None
            random = np.random.default_rng([seed, before])
            queue.ask(drawn_queries(games, pairs, config, strategy, members, random, margins))
        asked, version = queue.num_asked(), queue.version()
        added = asked - before
    told = {"batch": number, "batches": batches} if batches else {}
    if as_json:
        click.echo(json.dumps({"asked": added, "queue": asked, "version": version, **told}))
        return
    batch = f"Batch {number} of {batches}: asked" if batches else "Asked"
    click.echo(f"{batch} {added} new questions about {pair_type}; the queue of {folder} has {asked}.")
    click.echo(f"Answer them: yomi rlhf label --run {folder}")
