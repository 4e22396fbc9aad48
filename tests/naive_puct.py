"""Slow, dictionary-based PUCT search over any game object, the reference for the compiled search.

A node is named by the tuple of actions that leads to it from the root, so a position reached in two ways is
two nodes.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

Path = tuple[int, ...]
Priors = dict[int, float]


class Game(Protocol):
    """What the search needs of a game of two sides that move in turn."""

    to_play: int

    @property
    def is_over(self) -> bool: ...
    def legal_actions(self) -> list[int]: ...
    def play(self, action: int) -> None: ...
    def copy(self) -> Any: ...
    def winner(self) -> int: ...


def terminal_value_to_play(game: Game) -> float:
    """+1, 0 or -1 from the perspective of the side to play at the end of a game."""
    winner = game.winner()
    if winner == 0:
        return 0.0
    return 1.0 if winner == game.to_play else -1.0


def can_end_by_pass(game: Any) -> bool:
    """Whether the opponent has just passed, in a game that ends with two passes."""
    return hasattr(game, "pass_action") and game.moves[-1:] == (game.pass_action,)


@dataclass(frozen=True)
class PuctForm:
    """The constants of PUCT: AlphaZero's by default, KataGo's when told.

    Attributes:
        c_puct_init: Exploration constant.
        c_puct_log: Its growth with the logarithm of the visits.
        c_puct_base: Number of visits at which it begins to grow.
        c_puct_deviation: How far it follows the deviation of the values below a node.
        fpu_reduction: Taken off the value of an unvisited child, times the root of the visited prior.
        root_fpu_reduction: The same, at the root.
        forced_playouts: Visited children of the root get the root of this times P times N visits at least.
    """

    c_puct_init: float = 1.25
    c_puct_log: float = 1.0
    c_puct_base: float = 19652.0
    c_puct_deviation: float = 0.0
    fpu_reduction: float = 0.2
    root_fpu_reduction: float = 0.0
    forced_playouts: float = 0.0


class _Search:
    """The tree and its statistics; `value_sum` is from the perspective of the side to play at that node."""

    def __init__(self, form: PuctForm, solve: bool) -> None:
        self.form = form
        self.solve = solve
        self.bounds: dict[Path, tuple[float, float]] = {}  # of visited nodes, to the side to play there
        self.raw_value: dict[Path, float] = {}
        self.priors: dict[Path, Priors] = {}  # of expanded nodes only: terminal ones never enter
        self.visit_count: dict[Path, int] = {}  # of visited nodes only
        self.value_sum: dict[Path, float] = {}
        self.values: dict[Path, list[float]] = {}
        self.root_bonus: dict[int, float] = {}
        self.excess: dict[Path, float] = defaultdict(float)  # by which values were raised to a bound

    def mean_value(self, path: Path) -> float:
        """Mean value of a visited node to the side to play there."""
        return self.value_sum[path] / self.visit_count[path]

    def is_proven(self, path: Path) -> bool:
        """Whether the bounds of a visited node meet; never without `solve`."""
        lower, upper = self.bounds.get(path, (-1.0, 1.0))
        return lower == upper

    def is_pointless(self, path: Path, action: int) -> bool:
        """Whether the most that a move can give is no more than what another one is proven to give."""
        most = -self.bounds.get((*path, action), (-1.0, 1.0))[0]
        return most <= self.bounds.get(path, (-1.0, 1.0))[0]

    def settle(self) -> None:
        """Works out bounds and value sums of all nodes anew, leaves first."""
        for path in sorted(self.visit_count, key=len, reverse=True):
            if path in self.priors:
                children = [(*path, action) for action in sorted(self.priors[path])]
                known = [child for child in children if child in self.visit_count]
                lower = max([-1.0, *(-self.bounds[child][1] for child in known)])
                upper = max(-self.bounds[child][0] for child in known) if known == children else 1.0
                self.bounds[path] = (lower, upper)
                below = sum(self.value_sum[child] for child in known)
                self.value_sum[path] = self.raw_value[path] - below + self.excess[path]
            else:
                self.bounds[path] = (self.raw_value[path], self.raw_value[path])
            if self.is_proven(path):
                self.value_sum[path] = self.visit_count[path] * self.bounds[path][0]

    def child_visit_count(self, path: Path, action: int) -> int:
        """Visits of a child, 0 where it has none."""
        return self.visit_count.get((*path, action), 0)

    def first_play_value(self, path: Path) -> float:
        """The Q of an unvisited child: the mean of this node, reduced by how much prior has been visited."""
        form = self.form
        reduction = form.root_fpu_reduction if path == () else form.fpu_reduction
        priors = self.priors[path]
        visited_prior = sum(
            priors[a]
            for a in sorted(priors)
            if self.child_visit_count(path, a) > 0 and not self.is_pointless(path, a)
        )
        return self.mean_value(path) - reduction * math.sqrt(visited_prior)

    def action_value(self, path: Path, action: int) -> float:
        """Q of an edge, to the side to play at `path`."""
        if self.child_visit_count(path, action) == 0:
            return self.first_play_value(path)
        value_to_opponent = self.mean_value((*path, action))
        return -value_to_opponent

    def num_child_visits(self, path: Path) -> int:
        """N: visits of all children."""
        return sum(self.child_visit_count(path, a) for a in self.priors[path])

    def deviation_factor(self, path: Path) -> float:
        """1 where the values at a node deviate by 0.4; two visits that do so are added to them."""
        values = self.values[path]
        if len(values) == 1:
            return 1.0
        mean_square = self.mean_value(path) ** 2
        squares = max(sum(value**2 for value in values), len(values) * mean_square)
        variance = (2 * (mean_square + 0.4**2) + squares) / (2 + len(values) - 1) - mean_square
        return 1.0 + self.form.c_puct_deviation * (math.sqrt(max(variance, 0.0)) / 0.4 - 1.0)

    def exploration(self, path: Path) -> float:
        """What is multiplied with the prior and divided by the visits of an edge."""
        num_visits, form = self.num_child_visits(path), self.form
        c_puct = form.c_puct_init + form.c_puct_log * math.log(
            (num_visits + form.c_puct_base + 1.0) / form.c_puct_base
        )
        if form.c_puct_deviation > 0:
            c_puct *= self.deviation_factor(path)
        return c_puct * math.sqrt(max(1, num_visits))

    def score(self, path: Path, action: int, visits: int | None = None) -> float:
        """Q plus the exploration term of an edge, as it is or if it had other visits."""
        if visits is None:
            visits = self.child_visit_count(path, action)
        return self.action_value(path, action) + self.exploration(path) * self.priors[path][action] / (
            1 + visits
        )

    def num_forced(self, action: int) -> float:
        """Visits that an action of the root gets at least once it has one."""
        return math.sqrt(self.form.forced_playouts * self.num_child_visits(()) * self.priors[()][action])

    def best_action(self, path: Path) -> int:
        """The action of the highest score, the smallest among equals; forced ones come first."""
        candidates = [action for action in sorted(self.priors[path]) if not self.is_pointless(path, action)]
        if path == ():
            for action in candidates:
                if 0 < self.child_visit_count((), action) < self.num_forced(action):
                    return action
        scores = {action: self.score(path, action) for action in candidates}
        for action, bonus in self.root_bonus.items() if path == () else ():
            if action in scores and self.child_visit_count((), action) > 0:
                scores[action] += bonus
        return min(candidates, key=lambda action: (-scores[action], action))

    def pruned_visits(self) -> dict[int, int]:
        """Visits of the root's actions, less what was forced on all but the best of them.

        Each loses visits, at most as many as were forced on it and only as long as its score would still be
        below that of the best action; a single visit that is left does not count either.
        """
        visits = {action: self.child_visit_count((), action) for action in sorted(self.priors[()])}
        if self.form.forced_playouts == 0:
            return visits
        best = min(visits, key=lambda a: (-visits[a], -self.action_value((), a) if visits[a] else 0.0, a))
        for action in visits:
            if action == best:
                continue
            for _ in range(int(self.num_forced(action))):
                fewer = visits[action] - 1
                if fewer < 1 or self.score((), action, fewer) >= self.score((), best):
                    break
                visits[action] = fewer
            if visits[action] == 1:
                visits[action] = 0
        return visits

    def add_value(self, path: Path, value_to_play: float) -> None:
        """Counts one visit of the leaf `path` and of each of its ancestors, for no less than is proven."""
        while True:
            lower, upper = self.bounds.get(path, (-1.0, 1.0))
            bounded = min(max(value_to_play, lower), upper)
            self.excess[path] += bounded - value_to_play
            value_to_play = bounded
            self.visit_count[path] = self.visit_count.get(path, 0) + 1
            self.value_sum[path] = self.value_sum.get(path, 0.0) + value_to_play
            self.values.setdefault(path, []).append(value_to_play)
            if path == ():
                return
            path = path[:-1]
            value_to_play = -value_to_play


def naive_puct(
    game: Any,
    num_simulations: int,
    evaluate: Callable[[Any], tuple[Priors, float]],
    root_priors: Priors | None = None,
    solve: bool = False,
    root_bonus: dict[int, float] | None = None,
    **form: float,
) -> dict[str, Any]:
    """Searches from `game`, which is left as it was.

    The score of an edge is `Q + c * P * sqrt(max(1, N)) / (1 + n)` with `N` the visits of all children of the
    node and `c = c_puct_init + c_puct_log * log((N + c_puct_base + 1) / c_puct_base)`.

    Args:
        game: A game that is not over (see `Game`).
        num_simulations: Simulations, at least 1. The first one only expands the root, so that the visits of
            its children sum to `num_simulations - 1`.
        evaluate: Gives a game's priors, a dictionary over its legal actions that sums to 1, and
            `value_to_play`. Never asked about a game that is over.
        root_priors: Priors of the root in place of the evaluated ones.
        solve: Whether finished games prove values: after a pass the answer that ends the game is looked at
            first, proven nodes are not searched any more and count as what they are worth, moves that can
            do no better than another one is proven to are passed over, and the search ends when the root is
            proven.
        root_bonus: Added to the values of visited moves of the root.
        **form: What to change in `PuctForm`.

    Returns:
        `visit_counts`: visits of every legal action of the root, 0 included; `values`: mean value to the root
        player of the visited ones; `root_value`: mean value of the root to the root player, its own
        evaluation included; `pruned_visits`: see `_Search.pruned_visits`; `bounds`: of the root's value.

    Raises:
        ValueError: The game is over, there is no simulation, or priors are not over the legal actions.

    Source: AlphaZero (Silver et al. 2018), supplementary pseudocode, for `c`; Wu 2019 for forced playouts.
    """
    if game.is_over:
        raise ValueError("expected a game that is not over")
    if num_simulations < 1:
        raise ValueError(f"expected num_simulations of at least 1, got {num_simulations}")
    search = _Search(PuctForm(**form), solve)
    search.root_bonus = root_bonus or {}

    for _ in range(num_simulations):
        if search.is_proven(()):
            break
        leaf = game.copy()
        path: Path = ()
        while path in search.priors and not search.is_proven(path):
            if solve and search.visit_count[path] == 1 and can_end_by_pass(leaf):
                action = leaf.pass_action
            else:
                action = search.best_action(path)
            leaf.play(action)
            path = (*path, action)

        if path in search.priors:
            value_to_play = search.bounds[path][0]
        elif leaf.is_over:
            value_to_play = terminal_value_to_play(leaf)
        else:
            priors, value_to_play = evaluate(leaf)
            if path == () and root_priors is not None:
                priors = root_priors
            if sorted(priors) != leaf.legal_actions():
                raise ValueError(f"expected priors over {leaf.legal_actions()}, got {sorted(priors)}")
            search.priors[path] = dict(priors)
        search.raw_value.setdefault(path, value_to_play)
        search.add_value(path, value_to_play)
        if solve:
            search.settle()

    actions = sorted(search.priors[()])
    visit_counts = {action: search.child_visit_count((), action) for action in actions}
    values = {action: search.action_value((), action) for action in actions if visit_counts[action] > 0}
    return {
        "visit_counts": visit_counts,
        "pruned_visits": search.pruned_visits(),
        "values": values,
        "root_value": search.mean_value(()),
        "bounds": search.bounds.get((), (-1.0, 1.0)),
    }
