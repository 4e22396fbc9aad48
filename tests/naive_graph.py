"""A slow PUCT search in which a position reached in several ways is one node, named by what the rules see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from naive_puct import Path, Priors, PuctForm, _Search, terminal_value_to_play

ROOT: Path = ()


def position_of(game: Any) -> Path:
    """All of a position that later moves and values can tell apart now: its name in the graph."""
    passes, pass_action = 0, getattr(game, "pass_action", None)
    while passes < len(game.moves) and game.moves[-1 - passes] == pass_action:
        passes += 1
    legal = () if game.is_over else tuple(game.legal_actions())
    return (*game.board, -1, game.to_play, len(game.moves), passes, -1, *legal)


class _Graph(_Search):
    """Nodes by position; counts belong to edges, and a value is worked out from the edges below it."""

    def __init__(self, form: PuctForm) -> None:
        super().__init__(form, solve=False)
        self.edge_visits: Counter[tuple[Path, int]] = Counter()
        self.edge_value: dict[tuple[Path, int], float] = {}
        self.child: dict[tuple[Path, int], Path] = {}

    def child_visit_count(self, path: Path, action: int) -> int:
        return self.edge_visits[path, action]

    def action_value(self, path: Path, action: int) -> float:
        if self.edge_visits[path, action] == 0:
            return self.first_play_value(path)
        return self.edge_value[path, action]

    def work_out(self, node: Path) -> None:
        """Visits and value sum of an inner node: its own judgment once, each child as often as its edge."""
        self.visit_count[node], self.value_sum[node] = 1, self.raw_value[node]
        for action in self.priors[node]:
            visits = self.edge_visits[node, action]
            if visits:
                self.edge_value[node, action] = -self.mean_value(self.child[node, action])
                self.visit_count[node] += visits
                self.value_sum[node] += visits * self.edge_value[node, action]


def naive_graph(
    game: Any, num_simulations: int, evaluate: Callable[[Any], tuple[Priors, float]], **form: float
) -> tuple[dict[int, int], float, int]:
    """Searches from `game`, which is left as it was.

    Args:
        game: A game that is not over.
        num_simulations: Simulations; the first one only expands the root.
        evaluate: As for `naive_puct`.
        **form: What to change in `PuctForm`.

    Returns:
        The visits of every legal action of the root, the mean value of the root, and the number of nodes.
    """
    search = _Graph(PuctForm(**form))
    for _ in range(num_simulations):
        leaf, node = game.copy(), ROOT
        edges: list[tuple[Path, int]] = []
        while node in search.priors:
            action = search.best_action(node)
            leaf.play(action)
            edges.append((node, action))
            node = position_of(leaf)
        if leaf.is_over:
            search.raw_value[node] = terminal_value_to_play(leaf)
            search.visit_count[node] = search.visit_count.get(node, 0) + 1
            search.value_sum[node] = search.visit_count[node] * search.raw_value[node]
        else:
            search.priors[node], search.raw_value[node] = evaluate(leaf)
            search.work_out(node)
        for parent, action in reversed(edges):
            search.child[parent, action] = node
            search.edge_visits[parent, action] += 1
            search.work_out(parent)
            node = parent
    visits = {action: search.edge_visits[ROOT, action] for action in sorted(search.priors[ROOT])}
    return visits, search.mean_value(ROOT), len(search.visit_count)
