"""Openings for matches and self-play: random first moves, and sets of them that are found even."""

import numpy as np

from engine.board import new_state
from engine.game import Game
from engine.rules_kernels import play
from engine.rulesets import Rules
from mcts.config import SearchConfig
from mcts.evaluator import RolloutEvaluator
from mcts.search import Search

MAX_DRAWS = 10_000


def random_opening(rules: Rules, num_plies: int, random: np.random.Generator) -> list[int]:
    """Random legal points that leave the game going; in Gomoku near the center.

    Args:
        rules: what is played.
        num_plies: moves to make; 0 gives the empty opening.
        random: source of randomness.

    Returns:
        `num_plies` actions, Black first; fewer where the board has no room for them.
    """
    margin = max(0, (min(rules.width, rules.height) - 5) // 2) if rules.game == "gomoku" else 0
    inner = [
        y * rules.width + x
        for y in range(margin, rules.height - margin)
        for x in range(margin, rules.width - margin)
    ]
    while True:
        game = Game(rules)
        actions: list[int] = []
        while len(actions) < num_plies:
            legal = sorted(set(game.legal_actions()) & set(inner))
            if not legal:
                return actions
            actions.append(int(random.choice(legal)))
            game.play(actions[-1])
            if game.is_over:
                break
        else:
            return actions
        if num_plies >= rules.area:
            return actions[:-1]


def balanced_openings(rules: Rules, num_openings: int, num_plies: int, seed: int) -> list[list[int]]:
    """Distinct random openings, the most even ones of several candidates each.

    A candidate's evenness is the root value of a rollout search, so no network that takes part in the match
    chooses its own openings.

    Args:
        rules: what is played.
        num_openings: how many are wanted; fewer come back where the board has fewer.
        num_plies: moves of each.
        seed: the same seed gives the same openings.

    Returns:
        Lists of actions, in the order in which they were drawn.
    """
    openings_seed, search_seed, rollout_seed = np.random.SeedSequence(seed).spawn(3)
    random = np.random.default_rng(openings_seed)
    candidates: dict[tuple[int, ...], None] = {}
    for _ in range(MAX_DRAWS):
        if len(candidates) >= 3 * num_openings:
            break
        candidates[tuple(random_opening(rules, num_plies, random))] = None
    openings = list(candidates)
    if len(openings) <= num_openings:
        return [list(opening) for opening in openings]

    batch = len(openings)
    state = new_state(rules, batch)
    for row, opening in enumerate(openings):
        for action in opening:
            play(state, row, action)
    config = SearchConfig(num_simulations=200, selection="uct", noise_weight=0.0)
    search = Search(config, RolloutEvaluator(rules, batch, rollout_seed), rules, batch, search_seed)
    rows = np.arange(batch)
    search.run(state, rows)
    unevenness = np.abs(search.root_values(rows))
    chosen = sorted(np.argsort(unevenness, kind="stable")[:num_openings])
    return [list(openings[index]) for index in chosen]
