"""Slow, dictionary-based Gumbel search over any game object, the reference for the compiled one.

A node is named by the tuple of actions that leads to it from the root, as in `naive_puct`. The formulas are
those of Danihelka et al. 2022, "Policy improvement by planning with Gumbel", written with logits throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from naive_puct import Path, Priors, terminal_value_to_play

Numbers = dict[int, float]
SMALLEST_PRIOR = 2.0**-126


class _Search:
    """The tree and its statistics; values are from the perspective of the side to play at a node."""

    def __init__(self, c_visit: float, c_scale: float, rescale_values: bool) -> None:
        self.c_visit = c_visit
        self.c_scale = c_scale
        self.rescale_values = rescale_values
        self.logits: dict[Path, Numbers] = {}  # of expanded nodes only
        self.raw_value: dict[Path, float] = {}
        self.visit_count: dict[Path, int] = {}
        self.value_sum: dict[Path, float] = {}

    def visits(self, path: Path, action: int) -> int:
        """Visits of a child, 0 where it has none."""
        return self.visit_count.get((*path, action), 0)

    def visited(self, path: Path) -> list[int]:
        """Actions with visits, in rising order."""
        return [action for action in sorted(self.logits[path]) if self.visits(path, action) > 0]

    def action_value(self, path: Path, action: int) -> float:
        """Q of a visited action, to the side to play at `path`."""
        value_to_opponent = self.value_sum[*path, action] / self.visits(path, action)
        return -value_to_opponent

    def mixed_value(self, path: Path) -> float:
        """The stand-in for a Q that is not known: appendix D of the paper."""
        visited = self.visited(path)
        if not visited:
            return self.raw_value[path]
        priors = softmax(self.logits[path])
        total = sum(self.visits(path, action) for action in visited)
        known = sum(priors[action] * self.action_value(path, action) for action in visited)
        mass = sum(priors[action] for action in visited)
        return (self.raw_value[path] + total * known / mass) / (1 + total)

    def sigmas(self, path: Path) -> Numbers:
        """sigma of the completed Q of every action."""
        mixed = self.mixed_value(path)
        completed = {
            action: self.action_value(path, action) if self.visits(path, action) > 0 else mixed
            for action in sorted(self.logits[path])
        }
        if self.rescale_values:
            lowest, highest = min(completed.values()), max(completed.values())
            spread = max(highest - lowest, 1e-8)
            completed = {action: (value - lowest) / spread for action, value in completed.items()}
        most = max(self.visits(path, action) for action in completed)
        return {action: (self.c_visit + most) * self.c_scale * value for action, value in completed.items()}

    def improved_policy(self, path: Path) -> Numbers:
        """softmax(logits + sigma(completed Q))."""
        sigmas = self.sigmas(path)
        return softmax({action: logit + sigmas[action] for action, logit in self.logits[path].items()})

    def inner_action(self, path: Path) -> int:
        """The action whose visits lag most behind the improved policy; the smallest among equals."""
        policy = self.improved_policy(path)
        total = sum(self.visits(path, action) for action in policy)
        lag = {action: policy[action] - self.visits(path, action) / (1 + total) for action in policy}
        return min(lag, key=lambda action: (-lag[action], action))

    def root_action(self, noise: Numbers, visits: int) -> int:
        """Of the root actions with so many visits, the one with the highest noise + logit + sigma."""
        sigmas = self.sigmas(())
        scores = {
            action: noise[action] + logit + sigmas[action]
            for action, logit in self.logits[()].items()
            if self.visits((), action) == visits
        }
        return min(scores, key=lambda action: (-scores[action], action))

    def add_value(self, path: Path, value_to_play: float) -> None:
        """Counts one visit of the leaf `path` and of each of its ancestors."""
        for length in range(len(path), -1, -1):
            node = path[:length]
            self.visit_count[node] = self.visit_count.get(node, 0) + 1
            self.value_sum[node] = self.value_sum.get(node, 0.0) + value_to_play
            value_to_play = -value_to_play


def softmax(logits: Numbers) -> Numbers:
    """Probabilities in proportion to the exponentials."""
    highest = max(logits.values())
    weights = {action: math.exp(logit - highest) for action, logit in logits.items()}
    total = sum(weights[action] for action in sorted(weights))
    return {action: weight / total for action, weight in weights.items()}


def halving_rounds(num_actions: int, num_simulations: int) -> list[int]:
    """How many actions each round of sequential halving visits, once each."""
    rounds: list[int] = []
    considered, left = num_actions, num_simulations
    while left > 0:
        phases = math.ceil(math.log2(num_actions)) if num_actions > 1 else 1
        for _ in range(max(1, num_simulations // (phases * considered))):
            rounds.append(min(considered, left))
            left -= rounds[-1]
        considered = max(min(2, num_actions), considered // 2)
    return [size for size in rounds if size > 0]


def naive_gumbel(
    game: Any,
    num_simulations: int,
    evaluate: Callable[[Any], tuple[Priors, float]],
    noise: Numbers,
    max_considered: int = 16,
    c_visit: float = 50.0,
    c_scale: float = 1.0,
    rescale_values: bool = False,
) -> dict[str, Any]:
    """Searches from `game`, which is left as it was.

    Args:
        game: A game that is not over (see `naive_puct.Game`).
        num_simulations: Simulations, at least 1; the first one only expands the root.
        evaluate: Gives a game's priors over its legal actions and `value_to_play`.
        noise: Gumbel noise of each legal action of the root.
        max_considered: Root actions to begin with.
        c_visit: Added to the most visits in sigma.
        c_scale: Factor of sigma.
        rescale_values: Whether sigma stretches the completed Q to 0..1.

    Returns:
        `visit_counts`, `values` and `root_value` as `naive_puct` gives them; `policy`: the improved policy of
        the root; `action`: the action to play.
    """
    search = _Search(c_visit, c_scale, rescale_values)

    def simulate(path: Path) -> None:
        leaf = game.copy()
        for action in path:
            leaf.play(action)
        while path in search.logits:
            action = search.inner_action(path)
            leaf.play(action)
            path = (*path, action)
        if leaf.is_over:
            search.add_value(path, terminal_value_to_play(leaf))
            return
        priors, value = evaluate(leaf)
        search.logits[path] = {a: math.log(max(prior, SMALLEST_PRIOR)) for a, prior in priors.items()}
        search.raw_value[path] = value
        search.add_value(path, value)

    simulate(())
    num_actions = min(max_considered, len(search.logits[()]))
    for visits, size in enumerate(halving_rounds(num_actions, num_simulations - 1)):
        for _ in range(size):
            simulate((search.root_action(noise, visits),))

    visit_counts = {action: search.visits((), action) for action in sorted(search.logits[()])}
    return {
        "visit_counts": visit_counts,
        "values": {action: search.action_value((), action) for action in search.visited(())},
        "root_value": search.value_sum[()] / search.visit_count[()],
        "policy": search.improved_policy(()),
        "action": search.root_action(noise, max(visit_counts.values())),
    }
