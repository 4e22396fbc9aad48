"""Games that boards are drawn from: several policies against themselves, kept in the run without results."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from engine.rulesets import Rules, rules_from_dict
from rlhf_variant.pairs import OPENING_PLIES, SourceGame
from selfplay.agents import AgentSpec
from selfplay.arena import play_match
from selfplay.openings import balanced_openings
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
    num_openings: int = 0,
) -> list[SourceGame]:
    """Let each policy play against itself; games that are there already are not played again.

    Args:
        store: the run.
        rules: what is played.
        policies: who plays; a temperature makes their games differ.
        num_games: of each policy.
        seed: of all games.
        progress: told of finished games.
        num_openings: from which the games of a policy begin, for pairs of whole games; 0 for as many as
            there are pairs of games.

    Raises:
        RunError: the run has games of other policies.
    """
    names = [policy_hash(policy) for policy in policies]
    wanted = {"rules": rules.to_dict(), "policies": names, "games": num_games, "seed": seed}
    if num_openings:
        wanted["openings"] = num_openings
    if store.fact(FACT) not in (None, wanted):
        raise RunError(f"run {store.folder}: holds games of other policies; choose another folder")
    store.set_fact(FACT, wanted)
    games = []
    for index, policy in enumerate(policies):
        own = store.games("reference", iteration=index)
        if own:
            progress(num_games)
        else:
            own = _played(rules, policy, num_games, seed + index, progress, num_openings)
            store.add_games("reference", index, own)
        games += [SourceGame(record, names[index], seed + index) for record in own]
    return games


def num_openings_for(num_pairs: int, held_out_share: float, num_games: int) -> int:
    """So few openings that the held-out games of one opening give twice the held-out pairs that are wanted.

    Of G games over k openings and a share s, the pairs are about (s G)^2 / (2 k).

    Args:
        num_pairs: of whole games, on both sides of the split.
        held_out_share: of games and of pairs.
        num_games: G.
    """
    most = (held_out_share or 1) * num_games**2 / (4 * num_pairs)
    return max(1, min(num_games // 2, int(most)))


def play_later_games(
    store: RunStore,
    policy: AgentSpec,
    number: int,
    num_games: int,
    seed: int,
    progress: Callable[[int], None] = lambda count: None,
) -> list[SourceGame]:
    """Games of a policy that has learned meanwhile, beside the first ones; stored ones are not played again.

    Args:
        store: the run, with source games.
        policy: as it is now.
        number: of the later games, from 1; the policy that first came to play for a number stays.
        num_games: how many.
        seed: of all games.
        progress: told of finished games.

    Raises:
        RunError: the run has no source games.
    """
    first = store.fact(FACT)
    if first is None:
        raise RunError(f"run {store.folder}: expected games of a first policy")
    iteration, fact = len(first["policies"]) + number - 1, f"{FACT}_{number}"
    own = store.games("reference", iteration=iteration)
    if own:
        progress(num_games)
    else:
        store.set_fact(fact, {"policy": policy_hash(policy), "seed": seed + iteration})
        own = _played(rules_from_dict(first["rules"]), policy, num_games, seed + iteration, progress)
        store.add_games("reference", iteration, own)
    known = store.fact(fact)
    return [SourceGame(record, known["policy"], known["seed"]) for record in own]


def first_games(store: RunStore) -> list[SourceGame]:
    """The games of `play_source_games`, as they are stored."""
    known = store.fact(FACT)
    return [
        SourceGame(record, name, known["seed"] + index)
        for index, name in enumerate(known["policies"])
        for record in store.games("reference", iteration=index)
    ]


def _played(
    rules: Rules,
    policy: AgentSpec,
    num_games: int,
    seed: int,
    progress: Callable[[int], None],
    num_openings: int = 0,
) -> list[GameRecord]:
    openings = balanced_openings(rules, num_openings, OPENING_PLIES, seed) if num_openings else None
    match = play_match(policy, policy, rules, num_games, seed=seed, openings=openings, progress=progress)
    return [game_without_result(rules, moves) for moves, _, _ in match.games]


def game_without_result(rules: Rules, moves: Sequence[int]) -> GameRecord:
    """A stored game that says nothing but its moves.

    Args:
        rules: what was played.
        moves: the actions.
    """
    nothing = np.zeros(len(moves), np.float32)
    visits = np.zeros((len(moves), rules.num_actions), np.uint16)
    return GameRecord(rules, np.array(moves, np.int16), visits, nothing, nothing, None)
