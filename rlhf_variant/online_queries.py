"""Asking while a policy learns: the next batch of an annealed schedule, half of it about its own games.

How far a run has come stands in its queue: each query notes its batch, and a batch is asked as a whole or not
at all. Source: Christiano et al. 2017 (arXiv 1706.03741), section 2.2 and appendix A, for the schedule.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from engine.rulesets import Rules
from rlhf_variant.pairs import PairConfig
from rlhf_variant.query import Query, QueryError
from rlhf_variant.query_choice import drawn_queries
from rlhf_variant.query_queue import QueryQueue
from rlhf_variant.reward_model import RewardModel
from rlhf_variant.selection import annealed_batches
from rlhf_variant.source_games import first_games, play_later_games, play_source_games
from selfplay.agents import AgentSpec
from selfplay.run_store import RunError, RunStore

PLAN_FACT = "online_plan"
HALF_LIFE = 2.0
OWN_SHARE = 0.5
"""Of the questions of each later batch, those about games of the present policy."""


@dataclass(frozen=True)
class OnlinePlan:
    """What is asked in all, and in how many batches.

    Attributes:
        num_queries: N, of all batches together.
        num_batches: the first, a quarter of N, included.
        half_life: batches after which the rate of questions has halved.
    """

    num_queries: int
    num_batches: int
    half_life: float = HALF_LIFE

    def sizes(self) -> list[int]:
        """Questions of each batch."""
        return [int(size) for size in annealed_batches(self.num_queries, self.num_batches, self.half_life)]


def note_of_batch(number: int) -> str:
    """How a query notes its batch, counted from 1."""
    return f"online batch {number}"


def batches_asked(store: RunStore) -> int:
    """How many batches of its plan a run has asked."""
    notes = {query.note for _, query in QueryQueue(store).queries()}
    number = 0
    while note_of_batch(number + 1) in notes:
        number += 1
    return number


def require_next_batch(store: RunStore, plan: OnlinePlan) -> int:
    """The number of the next batch, from 1, once all earlier questions are answered.

    Args:
        store: the run.
        plan: must be that of the run; a new run takes it on.

    Raises:
        RunError: the run has another plan.
        QueryError: nothing is left to ask, or something is not answered yet.
    """
    known = store.fact(PLAN_FACT)
    if known not in (None, asdict(plan)):
        told = f"{known['num_queries']} questions in {known['num_batches']} batches"
        raise RunError(f"run {store.folder}: goes by another plan, {told}")
    queue, number = QueryQueue(store), batches_asked(store) + 1
    if number > plan.num_batches:
        raise QueryError(f"run {store.folder}: all {plan.num_batches} batches are asked")
    answered = {given.key for given in queue.answers()}
    still_open = sum(query.key not in answered for _, query in queue.queries())
    if still_open:
        raise QueryError(
            f"run {store.folder}: {still_open} questions are not answered yet;"
            " `yomi rlhf label` or `simulate` first, then `fit`"
        )
    store.set_fact(PLAN_FACT, asdict(plan))
    return number


def ask_next_batch(
    store: RunStore,
    rules: Rules,
    policy: AgentSpec,
    plan: OnlinePlan,
    num_games: int,
    config: PairConfig,
    strategy: str,
    members: list[RewardModel],
    seed: int,
    progress: Callable[[int], None] = lambda count: None,
) -> list[Query]:
    """Let the present policy play, and ask the next batch.

    The first batch is about games of the policy of that time, the reference. Of each later one half is about
    games of the present policy, half about the first ones. A process that was killed goes on with the games
    that it stored.

    Args:
        store: the run.
        rules: what is played.
        policy: as it is now; it plays where the games of this batch are not stored yet.
        plan: see `require_next_batch`, which must have passed.
        num_games: of the policy.
        config: which questions.
        strategy: see `rlhf_variant.query_choice.chosen_queries`; the first batch is a plain sample.
        members: reward models of the run, as they are now, where the strategy asks them.
        seed: of games and pairs.
        progress: told of finished games.

    Returns:
        What was asked.
    """
    number = batches_asked(store) + 1
    wanted, random = plan.sizes()[number - 1], np.random.default_rng([seed, 900, number])
    if number == 1:
        first = play_source_games(store, rules, [policy], num_games, seed, progress)
        asked = drawn_queries(first, wanted, config, "uniform", [], random)
    else:
        first, own = first_games(store), round(OWN_SHARE * wanted)
        earlier = [play_later_games(store, policy, past, num_games, seed) for past in range(1, number - 1)]
        present = play_later_games(store, policy, number - 1, num_games, seed, progress)
        games = [*first, *(game for later in earlier for game in later), *present]
        asked = []
        for about, count in ((present, own), (first, wanted - own)):
            digests = {game.record.digest() for game in about}
            asked += drawn_queries(games, count, config, strategy, members, random, about=digests)
    noted = [replace(query, note=note_of_batch(number)) for query in asked]
    QueryQueue(store).ask(noted)
    return noted
