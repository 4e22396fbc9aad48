"""Slow, dictionary-based PUCT search over any game object, the reference for the compiled search.

A node is named by the tuple of actions that leads to it from the root, so a position reached in two ways is
two nodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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


class _Search:
    """The tree and its statistics; `value_sum` is from the perspective of the side to play at that node."""

    def __init__(
        self,
        c_puct_init: float,
        c_puct_base: float,
        fpu_reduction: float,
        root_fpu_reduction: float,
    ) -> None:
        self.c_puct_init = c_puct_init
        self.c_puct_base = c_puct_base
        self.fpu_reduction = fpu_reduction
        self.root_fpu_reduction = root_fpu_reduction
        self.priors: dict[Path, Priors] = {}  # of expanded nodes only: terminal ones never enter
        self.visit_count: dict[Path, int] = {}  # of visited nodes only
        self.value_sum: dict[Path, float] = {}

    def mean_value(self, path: Path) -> float:
        """Mean value of a visited node to the side to play there."""
        return self.value_sum[path] / self.visit_count[path]

    def child_visit_count(self, path: Path, action: int) -> int:
        """Visits of a child, 0 where it has none."""
        return self.visit_count.get((*path, action), 0)

    def first_play_value(self, path: Path) -> float:
        """The Q of an unvisited child: the mean of this node, reduced by how much prior has been visited."""
        reduction = self.root_fpu_reduction if path == () else self.fpu_reduction
        priors = self.priors[path]
        visited_prior = sum(priors[a] for a in sorted(priors) if self.child_visit_count(path, a) > 0)
        return self.mean_value(path) - reduction * math.sqrt(visited_prior)

    def action_value(self, path: Path, action: int) -> float:
        """Q of an edge, to the side to play at `path`."""
        if self.child_visit_count(path, action) == 0:
            return self.first_play_value(path)
        value_to_opponent = self.mean_value((*path, action))
        return -value_to_opponent

    def score(self, path: Path, action: int) -> float:
        """Q plus the exploration term of an edge."""
        num_visits = sum(self.child_visit_count(path, a) for a in self.priors[path])
        c_puct = math.log((num_visits + self.c_puct_base + 1.0) / self.c_puct_base) + self.c_puct_init
        prior = self.priors[path][action]
        child_visit_count = self.child_visit_count(path, action)
        exploration = c_puct * prior * math.sqrt(max(1, num_visits)) / (1 + child_visit_count)
        return self.action_value(path, action) + exploration

    def best_action(self, path: Path) -> int:
        """The action of the highest score, the smallest action among equals."""
        return min(self.priors[path], key=lambda action: (-self.score(path, action), action))

    def add_value(self, path: Path, value_to_play: float) -> None:
        """Counts one visit of the leaf `path` and of each of its ancestors."""
        while True:
            self.visit_count[path] = self.visit_count.get(path, 0) + 1
            self.value_sum[path] = self.value_sum.get(path, 0.0) + value_to_play
            if path == ():
                return
            path = path[:-1]
            value_to_play = -value_to_play


def naive_puct(
    game: Any,
    num_simulations: int,
    evaluate: Callable[[Any], tuple[Priors, float]],
    c_puct_init: float = 1.25,
    c_puct_base: float = 19652.0,
    fpu_reduction: float = 0.2,
    root_fpu_reduction: float = 0.0,
    root_priors: Priors | None = None,
) -> dict[str, Any]:
    """Searches from `game`, which is left as it was.

    The score of an edge is `Q + c * P * sqrt(max(1, N)) / (1 + n)` with `N` the visits of all children of the
    node and `c = log((N + c_puct_base + 1) / c_puct_base) + c_puct_init`.

    Args:
        game: A game that is not over (see `Game`).
        num_simulations: Simulations, at least 1. The first one only expands the root, so that the visits of
            its children sum to `num_simulations - 1`.
        evaluate: Gives a game's priors, a dictionary over its legal actions that sums to 1, and
            `value_to_play`. Never asked about a game that is over.
        c_puct_init: Exploration constant.
        c_puct_base: Number of visits at which `c` begins to grow.
        fpu_reduction: Taken off the value of an unvisited child, times the root of the visited prior.
        root_fpu_reduction: The same, at the root.
        root_priors: Priors of the root in place of the evaluated ones.

    Returns:
        `visit_counts`: visits of every legal action of the root, 0 included; `values`: mean value to the root
        player of the visited ones; `root_value`: mean value of the root to the root player, its own
        evaluation included.

    Raises:
        ValueError: The game is over, there is no simulation, or priors are not over the legal actions.

    Source: AlphaZero (Silver et al. 2018), supplementary pseudocode, for `c`.
    """
    if game.is_over:
        raise ValueError("expected a game that is not over")
    if num_simulations < 1:
        raise ValueError(f"expected num_simulations of at least 1, got {num_simulations}")
    search = _Search(c_puct_init, c_puct_base, fpu_reduction, root_fpu_reduction)

    for _ in range(num_simulations):
        leaf = game.copy()
        path: Path = ()
        while path in search.priors:
            action = search.best_action(path)
            leaf.play(action)
            path = (*path, action)

        if leaf.is_over:
            value_to_play = terminal_value_to_play(leaf)
        else:
            priors, value_to_play = evaluate(leaf)
            if path == () and root_priors is not None:
                priors = root_priors
            if sorted(priors) != leaf.legal_actions():
                raise ValueError(f"expected priors over {leaf.legal_actions()}, got {sorted(priors)}")
            search.priors[path] = dict(priors)
        search.add_value(path, value_to_play)

    actions = sorted(search.priors[()])
    visit_counts = {action: search.child_visit_count((), action) for action in actions}
    values = {action: search.action_value((), action) for action in actions if visit_counts[action] > 0}
    return {"visit_counts": visit_counts, "values": values, "root_value": search.mean_value(())}
