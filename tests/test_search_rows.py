"""Rows of a batch know nothing of each other, and their memory does not grow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from judged_positions import HashedEvaluator, new_search, random_position

from engine.board import IS_OVER, copy_row, new_state, reset
from engine.rulesets import Rules, go_rules, gomoku_rules
from mcts.evaluator import UniformEvaluator
from selfplay.generate import play_actions

KINDS: dict[str, dict[str, Any]] = {
    "puct": {"forced_playouts": 2.0, "noise_shape": 0.5},
    "puct proven": {"solve": True, "reuse_tree": True},
    "uct": {"selection": "uct", "reuse_tree": True},
    "gumbel": {"selection": "gumbel", "solve": True},
    "cleaning up": {"clean_up": True, "min_pass_ply": 8},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rules", [go_rules(3), gomoku_rules(4)], ids=Rules.describe)
def test_row_has_the_same_visits_alone_and_among_511_others_in_any_order(rules: Rules, kind: str) -> None:
    batch = 512
    start = new_state(rules, batch)
    for row in range(batch):
        copy_row(random_position(rules, row % 60)[0].state, 0, start, row)

    def visits(rows: list[int]) -> dict[int, list[npt.NDArray[np.int32]]]:
        """Visits of two moves in a row, by rows."""
        state, order = new_state(rules, batch), np.array(rows)
        for row in rows:
            copy_row(start, row, state, row)
        search = new_search(rules, HashedEvaluator(), batch=batch, num_simulations=8, **KINDS[kind])
        found: dict[int, list[npt.NDArray[np.int32]]] = {row: [] for row in rows}
        for _ in range(2):
            search.run(state, order, noise=True)
            for row, counts in zip(order, search.visit_counts(order), strict=True):
                found[row].append(counts)
            play_actions(state, order, search.best_actions(order))
            order = order[state.scalars[order, IS_OVER] == 0]
        return found

    together = visits(np.random.default_rng(1).permutation(batch).tolist())
    for rows in ([0], [511], [300, 17], [17, 300]):
        for row, counts in visits(rows).items():
            assert np.array_equal(counts, together[row])


def resident_kilobytes() -> int:
    """Memory of this process that is in use."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's account of memory")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "num_moves", [6_000, pytest.param(1_000_000, marks=pytest.mark.long)], ids=lambda n: f"{n} moves"
)
def test_memory_stays_flat_however_many_moves_are_searched(num_moves: int, kind: str) -> None:
    rules, batch = go_rules(7), 100
    rows = np.arange(batch)
    state = new_state(rules, batch)
    search = new_search(rules, UniformEvaluator(), batch=batch, num_simulations=6, **KINDS[kind])

    def play_moves(number: int) -> None:
        for _ in range(number // batch):
            search.run(state, rows, noise=True)
            play_actions(state, rows, search.best_actions(rows))
            for row in rows[state.scalars[rows, IS_OVER] != 0]:
                reset(state, row)

    play_moves(num_moves // 2)
    before = resident_kilobytes()
    play_moves(num_moves // 2)
    assert resident_kilobytes() - before < 2_000
