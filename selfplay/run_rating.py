"""An optional rating of a run so far: every few rounds its weights play those of a few rounds ago."""

from selfplay.agents import network_agent
from selfplay.arena import play_match
from selfplay.checkpoint import load_network
from selfplay.config import TrainConfig
from selfplay.network import Network
from selfplay.run_store import RunStore
from selfplay.sprt import elo_of

ELO = "elo"
"""The metric; points above the weights that the run began with, summed over matches of neighbors."""


def rated(
    store: RunStore, config: TrainConfig, weights: Network, iteration: int, seed: int
) -> dict[str, float]:
    """Rate the weights of a round where one is due, against the oldest kept since the last rating.

    Ratings of a run against itself grow faster than strength against strangers (Silver et al. 2018); `yomi
    match` with anchors tells more.

    Args:
        store: the run.
        config: its settings.
        weights: of the round.
        iteration: rounds done with it.
        seed: of the openings.

    Returns:
        The metric `elo`, or nothing where none is due.
    """
    if not config.elo_every or iteration % config.elo_every:
        return {}
    known = {done: elo for done, elo in store.metrics(ELO) if done < iteration}
    kept = [checkpoint for checkpoint in store.checkpoints() if checkpoint.weights.exists()]
    before = next(checkpoint for checkpoint in kept if checkpoint.iteration >= max(known, default=0))
    network, _ = load_network(before.weights, before.weights_sha256)
    new, old = (
        network_agent(name, player, config.rules, visits=config.gate_visits)
        for name, player in (("new", weights), ("old", network))
    )
    match = play_match(new, old, config.rules, config.elo_games, seed=seed, num_threads=config.threads)
    # A match that was won throughout says no more than that half a game less was lost.
    least = 0.5 / match.num_games
    difference = elo_of(min(max(match.win_rate, least), 1 - least))
    return {ELO: (known[max(known)] if known else 0.0) + difference}
