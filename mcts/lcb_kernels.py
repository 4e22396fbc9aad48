"""The move to play by lower confidence bounds: values that are high for sure, not by luck of few visits.

Source: leela-zero #2282; the form with standard errors and its constants are KataGo's.
"""

import math

import numpy as np
import numpy.typing as npt

from engine.jit import inline_kernel, kernel
from mcts.proof_kernels import best_standing, standing
from mcts.puct_kernels import USUAL_DEVIATION, USUAL_DEVIATION_VISITS, best_edge
from mcts.tree import ROOT, Tree

DEVIATIONS = 5.0
"""Standard errors of the mean by which a bound lies below it."""
SMALLEST_SHARE = 0.15
"""Of the visits of the most visited move, what another one must have to be played instead."""
FEWEST_VISITS = 100
"""Below so many visits of the root the most visited move is played: deviations are not known yet."""


@inline_kernel
def lower_confidence_bound(tree: Tree, row: int, edge: int) -> float:
    """What the value of a visited edge is at least, by all likelihood; -1 for an unvisited one."""
    visits = int(tree.edge_visit_count[row, edge])
    if visits == 0:
        return -1.0
    mean = float(tree.edge_value_sum[row, edge]) / visits
    child = int(tree.edge_child[row, edge])
    share = visits / int(tree.visit_count[row, child])  # less than all where transpositions are merged
    squares = float(tree.value_square_sum[row, child]) * share
    usual = USUAL_DEVIATION_VISITS * (mean * mean + USUAL_DEVIATION**2)
    weight = USUAL_DEVIATION_VISITS + visits
    variance = max((usual + squares) / weight - mean * mean, 0.0)
    return max(mean - DEVIATIONS * math.sqrt(variance / visits), -1.0)


@inline_kernel
def lcb_edge(tree: Tree, row: int) -> int:
    """The root's edge of the highest bound among those with enough visits; proofs come first."""
    best = best_edge(tree, row, ROOT)
    if tree.visit_count[row, ROOT] < FEWEST_VISITS:
        return best
    wanted = best_standing(tree, row, ROOT)
    fewest = SMALLEST_SHARE * int(tree.edge_visit_count[row, best])
    first = int(tree.first_edge[row, ROOT])
    best_bound = lower_confidence_bound(tree, row, best) + float(tree.root_bonus[row, best - first])
    for edge in range(first, first + int(tree.edge_count[row, ROOT])):
        if standing(tree, row, ROOT, edge) == wanted and int(tree.edge_visit_count[row, edge]) >= fewest:
            bound = lower_confidence_bound(tree, row, edge) + float(tree.root_bonus[row, edge - first])
            if bound > best_bound:
                best, best_bound = edge, bound
    return best


@kernel
def lcb_root_actions(tree: Tree, rows: npt.NDArray[np.int64], actions: npt.NDArray[np.int64]) -> None:
    """Write the action of `lcb_edge` of each root. Mutates: actions.

    Args:
        tree: the trees.
        rows: `[n]` which trees.
        actions: `[n]` receives them.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        actions[index] = tree.edge_action[row, lcb_edge(tree, row)]


@kernel
def root_bounds(tree: Tree, row: int, bounds: npt.NDArray[np.float64]) -> None:
    """Write the bound of each edge of a root, in their order. Mutates: bounds."""
    first = int(tree.first_edge[row, ROOT])
    for place in range(int(tree.edge_count[row, ROOT])):
        bounds[place] = lower_confidence_bound(tree, row, first + place)


@kernel
def write_variation(tree: Tree, row: int, node: int, actions: npt.NDArray[np.int64]) -> int:
    """Write the best moves of both sides from a node on; returns how many. Mutates: actions."""
    length = 0
    while length < actions.shape[0] and tree.edge_count[row, node] > 0:
        edge = best_edge(tree, row, node)
        if tree.edge_visit_count[row, edge] == 0:
            break
        actions[length] = tree.edge_action[row, edge]
        node = int(tree.edge_child[row, edge])
        length += 1
    return length
