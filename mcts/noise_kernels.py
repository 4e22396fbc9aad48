"""Exploration noise on the priors of the root, drawn before its first child is visited.

Source: Silver et al. 2017 (arXiv 1712.01815); noise that follows the priors is KataGo's; gamma deviates by
Marsaglia & Tsang, ACM TOMS 26 (2000).
"""

import math

import numpy as np
import numpy.typing as npt

from engine.jit import allocating_kernel, inline_kernel, kernel
from engine.random_state import RandomState, random_unit
from mcts.tree import ROOT, Tree


@kernel
def random_normal(random: RandomState, row: int) -> float:
    """Standard normal deviate by Box and Muller. Mutates: random[row]."""
    radius = math.sqrt(-2.0 * math.log(1.0 - random_unit(random, row)))
    return radius * math.cos(2.0 * math.pi * random_unit(random, row))


@kernel
def random_gamma(random: RandomState, row: int, shape: float) -> float:
    """Gamma deviate of scale 1 for any shape > 0. Mutates: random[row]."""
    boost = 1.0
    if shape < 1.0:
        boost = (1.0 - random_unit(random, row)) ** (1.0 / shape)
        shape = shape + 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        normal = random_normal(random, row)
        v = (1.0 + c * normal) ** 3
        if v <= 0.0:
            continue
        uniform = 1.0 - random_unit(random, row)
        if math.log(uniform) < 0.5 * normal * normal + d - d * v + d * math.log(v):
            return d * v * boost


SHAPED_PRIOR = 0.01
"""Higher priors count as this one where noise follows their logarithm."""


@inline_kernel
def _log_capped(tree: Tree, row: int, edge: int) -> float:
    return math.log(min(float(tree.edge_prior[row, edge]), SHAPED_PRIOR) + 1e-20)


@inline_kernel
def _shape_parameters(tree: Tree, row: int, shape: float, parameters: npt.NDArray[np.float64]) -> None:
    """Move a share of even Dirichlet parameters to the likelier actions of the root. Mutates: parameters."""
    first = int(tree.first_edge[row, ROOT])
    count = parameters.shape[0]
    mean = 0.0
    for place in range(count):
        mean += _log_capped(tree, row, first + place) / count
    above = 0.0
    for place in range(count):
        above += max(_log_capped(tree, row, first + place) - mean, 0.0)
    if above <= 0.0:
        return
    for place in range(count):
        share = max(_log_capped(tree, row, first + place) - mean, 0.0) / above
        parameters[place] = shape * share + (1.0 - shape) / count


@allocating_kernel
def add_root_noise(
    tree: Tree, rows: npt.NDArray[np.int64], weight: float, total: float, shape: float, random: RandomState
) -> None:
    """Mix Dirichlet noise into the root priors. Mutates: tree[rows], random[rows].

    Args:
        tree: the trees, roots evaluated.
        rows: `[n]` which trees.
        weight: share of noise.
        total: sum of the Dirichlet parameters over the legal actions.
        shape: share of it that goes to the actions whose log prior is above the mean, in proportion to how
            far; the rest is split evenly.
        random: `[B]` generators of the rows.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        first = int(tree.first_edge[row, ROOT])
        count = int(tree.edge_count[row, ROOT])
        if count < 2:
            continue
        noise = np.full(count, 1.0 / count)
        if shape > 0.0:
            _shape_parameters(tree, row, shape, noise)
        for place in range(count):
            noise[place] = random_gamma(random, row, total * noise[place])
        noise_sum = noise.sum()
        if noise_sum <= 0.0:
            continue
        for place in range(count):
            prior = float(tree.edge_prior[row, first + place])
            tree.edge_prior[row, first + place] = (1.0 - weight) * prior + weight * noise[place] / noise_sum
