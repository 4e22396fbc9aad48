"""Temperatures and growing budgets: small functions with exact answers."""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
import pytest

from mcts.schedules import falling_temperatures, halving_temperatures, progressive_simulations


def test_temperature_falls_linearly_and_then_stays() -> None:
    plies = np.array([0, 5, 10, 20, 300])
    assert falling_temperatures(plies, 1.0, 0.2, 10) == pytest.approx([1.0, 0.6, 0.2, 0.2, 0.2])
    assert falling_temperatures(plies, 1.0, 0.2, 0) == pytest.approx([1.0, 0.2, 0.2, 0.2, 0.2])


def test_temperature_halves_its_distance_each_half_life() -> None:
    temperatures = halving_temperatures(np.array([0, 19, 38, 100_000]), 0.75, 0.15, 19.0)
    assert temperatures == pytest.approx([0.75, 0.45, 0.3, 0.15])


@pytest.mark.parametrize(("first", "last"), [(2, 32), (4, 50), (16, 16), (3, 200)])
def test_simulations_double_and_each_stage_costs_as_much(first: int, last: int) -> None:
    rounds = 20_000
    budgets = [progressive_simulations(done / rounds, first, last) for done in range(rounds)]
    stages = [(simulations, len(list(group))) for simulations, group in groupby(budgets)]
    assert stages[0][0] == first
    assert stages[-1][0] == last == progressive_simulations(1.0, first, last)
    for (before, _), (after, _) in pairwise(stages):
        assert after == min(2 * before, last)
    costs = [simulations * length for simulations, length in stages]
    assert costs == pytest.approx([costs[0]] * len(costs), rel=0.02)
