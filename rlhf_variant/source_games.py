"""Games that boards are drawn from: several policies against themselves, kept in the run without results."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from engine.rulesets import Rules
from rlhf_variant.pairs import SourceGame
from selfplay.agents import AgentSpec
from selfplay.arena import play_match
from selfplay.records import GameRecord
from selfplay.run_store import RunError, RunStore

FACT = "source_games"


def policy_hash(policy: AgentSpec) -> str:
    """Names a policy by its label and, where it has a network, by the weights."""
    digest = hashlib.sha256(f"{policy.label()} {policy.temperature:g}".encode())
    if policy.network is not None:
        for name, tensor in sorted(policy.network.state_dict().items()):
            digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()[:32]


def play_source_games(
    store: RunStore,
    rules: Rules,
    policies: Sequence[AgentSpec],
    num_games: int,
    seed: int,
    progress: Callable[[int], None] = lambda count: None,
) -> list[SourceGame]:
    """Let each policy play against itself; games that are there already are not played again.

    Args:
        store: the run.
        rules: what is played.
        policies: who plays; a temperature makes their games differ.
        num_games: of each policy.
        seed: of all games.
        progress: told of finished games.

    Raises:
        RunError: the run has games of other policies.
    """
    names = [policy_hash(policy) for policy in policies]
    wanted = {"rules": rules.to_dict(), "policies": names, "games": num_games, "seed": seed}
    if store.fact(FACT) not in (None, wanted):
        raise RunError(f"run {store.folder}: holds games of other policies; choose another folder")
    store.set_fact(FACT, wanted)
    games = []
    for index, policy in enumerate(policies):
        own = store.games("reference", iteration=index)
        if own:
            progress(num_games)
        else:
            match = play_match(policy, policy, rules, num_games, seed=seed + index, progress=progress)
            own = [game_without_result(rules, moves) for moves, _, _ in match.games]
            store.add_games("reference", index, own)
        games += [SourceGame(record, names[index], seed + index) for record in own]
    return games


def game_without_result(rules: Rules, moves: Sequence[int]) -> GameRecord:
    """A stored game that says nothing but its moves.

    Args:
        rules: what was played.
        moves: the actions.
    """
    nothing = np.zeros(len(moves), np.float32)
    visits = np.zeros((len(moves), rules.num_actions), np.uint16)
    return GameRecord(rules, np.array(moves, np.int16), visits, nothing, nothing, None)
