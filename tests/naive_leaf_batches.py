"""A slow PUCT search that gathers several leaves before it values any, steered apart by virtual losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from naive_puct import Path, Priors, PuctForm, _Search, terminal_value_to_play


class _Steered(_Search):
    """A search in which every descent under way counts as lost by those who move along it."""

    def __init__(self, form: PuctForm) -> None:
        super().__init__(form, solve=False)
        self.under_way: Counter[Path] = Counter()  # descents through the edge that ends in a node

    def child_visit_count(self, path: Path, action: int) -> int:
        return super().child_visit_count(path, action) + self.under_way[(*path, action)]

    def num_child_visits(self, path: Path) -> int:
        return self.visit_count[path] - 1

    def action_value(self, path: Path, action: int) -> float:
        child = (*path, action)
        if self.child_visit_count(path, action) == 0:
            return self.first_play_value(path)
        value_sum = -self.value_sum.get(child, 0.0) - self.under_way[child]
        return value_sum / self.child_visit_count(path, action)


def naive_leaf_batches(
    game: Any,
    num_simulations: int,
    evaluate: Callable[[Any], tuple[Priors, float]],
    batch: int,
    visits_per_leaf: int,
    descents_per_slot: int,
    **form: float,
) -> tuple[dict[int, int], float]:
    """Searches from `game`, which is left as it was.

    Args:
        game: A game that is not over.
        num_simulations: Simulations; the first one only expands the root.
        evaluate: As for `naive_puct`.
        batch: Most descents at a time.
        visits_per_leaf: Visits that the tree must have for each descent at a time beyond the first.
        descents_per_slot: Descents at most for each of `batch`; those that meet a finished game again count
            at once and leave their place to others.
        **form: What to change in `PuctForm`.

    Returns:
        The visits of every legal action of the root, and the mean value of the root.
    """
    search = _Steered(PuctForm(**form))
    while (done := search.visit_count.get((), 0)) < num_simulations:
        leaves: list[tuple[Path, Any]] = []
        room, descents = min(batch, num_simulations - done, 1 + done // visits_per_leaf), 0
        while room and descents < min(num_simulations - done, descents_per_slot * batch):
            descents += 1
            leaf, path = game.copy(), ()
            while path in search.priors:
                action = search.best_action(path)
                leaf.play(action)
                path = (*path, action)
            if path in search.visit_count:
                search.add_value(path, terminal_value_to_play(leaf))
                continue
            if search.under_way[path] == 0:
                leaves.append((path, leaf))
            for length in range(1, len(path) + 1):
                search.under_way[path[:length]] += 1
            room -= 1
        search.under_way.clear()
        for path, leaf in leaves:
            if leaf.is_over:
                search.add_value(path, terminal_value_to_play(leaf))
            else:
                priors, value_to_play = evaluate(leaf)
                search.priors[path] = dict(priors)
                search.add_value(path, value_to_play)
    visits = {action: search.child_visit_count((), action) for action in sorted(search.priors[()])}
    return visits, search.mean_value(())
