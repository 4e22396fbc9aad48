"""Gumbel search: sequential halving at the root, and below it visits in proportion to an improved policy.

An edge's improved probability is that of softmax(log prior + sigma(Q)), where an unvisited edge has the mixed
value of its node for a Q. Source: Danihelka, Guez, Schrittwieser & Silver, "Policy improvement by planning
with Gumbel", ICLR 2022, sections 3 to 5 and appendix D; sequential halving by Karnin, Koren & Somekh 2013.
"""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.jit import inline_kernel, kernel
from engine.random_state import RandomState, random_unit
from mcts.config import Settings
from mcts.proof_kernels import best_standing, is_pointless, standing
from mcts.tree import ROOT, Tree

TINY = 1.1754943508222875e-38
"""Smaller priors count as this one, so that every logit is finite."""
MANY = 1 << 30
"""More visits than any search makes."""
ANY = -1
"""In place of a standing: any but pointless moves."""
SMALLEST_RANGE = 1e-8
"""Values of children closer than this are not stretched any further."""


@lru_cache(maxsize=8)
def considered_visits(max_considered: int, num_simulations: int) -> npt.NDArray[np.int32]:
    """How many visits a root action must have to be chosen next: the course of sequential halving.

    Args:
        max_considered: most actions to begin with.
        num_simulations: simulations below the root.

    Returns:
        `[max_considered + 1, num_simulations]`: row m is the course that begins with m actions.
    """
    table = np.zeros((max_considered + 1, num_simulations), np.int32)
    for num_considered in range(2, max_considered + 1):
        table[num_considered] = _course(num_considered, num_simulations)
    table[:2] = np.arange(num_simulations)
    return table


def _course(num_considered: int, num_simulations: int) -> list[int]:
    phases = math.ceil(math.log2(num_considered))
    course: list[int] = []
    visits = 0
    while len(course) < num_simulations:
        rounds = max(1, num_simulations // (phases * num_considered))
        for _ in range(rounds):
            course += [visits] * num_considered
            visits += 1
        num_considered = max(2, num_considered // 2)
    return course[:num_simulations]


@inline_kernel
def log_prior(tree: Tree, row: int, edge: int) -> float:
    """The logit of an edge, up to a number that is the same for all edges of its node."""
    return math.log(max(float(tree.edge_prior[row, edge]), TINY))


@kernel
def set_root_logits(tree: Tree, rows: npt.NDArray[np.int64], scale: float, random: RandomState) -> None:
    """Write the root's logits with Gumbel noise of a scale, 0 for none. Mutates: tree[rows], random[rows]."""
    for index in range(rows.shape[0]):
        row = rows[index]
        first = int(tree.first_edge[row, ROOT])
        for place in range(int(tree.edge_count[row, ROOT])):
            logit = log_prior(tree, row, first + place)
            if scale > 0.0:
                uniform = max(random_unit(random, row), TINY)
                logit -= scale * math.log(-math.log(uniform))
            tree.root_logit[row, place] = logit


@inline_kernel
def sigma(tree: Tree, row: int, node: int, settings: Settings) -> tuple[float, float, float]:
    """How a node turns values into logits: sigma(Q) = slope * Q, up to a number that is the same for all.

    Returns:
        The mixed value of the node, the slope, and the highest Q of its edges.
    """
    first = int(tree.first_edge[row, node])
    last = first + int(tree.edge_count[row, node])
    visited_prior, weighted_value = 0.0, 0.0
    total, most = 0, 0
    lowest, highest = math.inf, -math.inf
    all_visited = True
    for edge in range(first, last):
        count = int(tree.edge_visit_count[row, edge])
        if count == 0:
            all_visited = False
            continue
        prior = max(float(tree.edge_prior[row, edge]), TINY)
        value = tree.edge_value_sum[row, edge] / count
        visited_prior += prior
        weighted_value += prior * value
        total += count
        most = max(most, count)
        lowest = min(lowest, value)
        highest = max(highest, value)
    mixed = float(tree.raw_value[row, node])
    if total > 0:
        mixed = (mixed + total * (weighted_value / visited_prior)) / (total + 1)
    if not all_visited:
        lowest = min(lowest, mixed)
        highest = max(highest, mixed)
    slope = (settings.c_visit + most) * settings.c_scale
    if settings.rescale_values:
        slope /= max(highest - lowest, SMALLEST_RANGE)
    return mixed, slope, highest


@inline_kernel
def completed_value(tree: Tree, row: int, edge: int, mixed: float) -> float:
    """Q of an edge, the mixed value of its node where it was never visited."""
    count = int(tree.edge_visit_count[row, edge])
    return mixed if count == 0 else tree.edge_value_sum[row, edge] / count


@inline_kernel
def improved_weight(tree: Tree, row: int, edge: int, mixed: float, slope: float, highest: float) -> float:
    """Probability of an edge in the improved policy, times a number that is the same for all."""
    value = completed_value(tree, row, edge, mixed)
    return max(float(tree.edge_prior[row, edge]), TINY) * math.exp(slope * (value - highest))


@inline_kernel
def gumbel_edge(tree: Tree, row: int, node: int, settings: Settings) -> int:
    """Edge with the highest improved probability less n / (1 + N): visits follow the improved policy.

    Moves that are proven pointless are passed over.
    """
    first = int(tree.first_edge[row, node])
    last = first + int(tree.edge_count[row, node])
    mixed, slope, highest = sigma(tree, row, node, settings)
    total = 0.0
    for edge in range(first, last):
        total += improved_weight(tree, row, edge, mixed, slope, highest)
    visits = int(tree.visit_count[row, node])
    best, best_score = first, -math.inf
    for edge in range(first, last):
        if settings.solve and is_pointless(tree, row, node, edge):
            continue
        weight = improved_weight(tree, row, edge, mixed, slope, highest)
        score = weight / total - int(tree.edge_visit_count[row, edge]) / visits
        if score > best_score:
            best, best_score = edge, score
    return best


@inline_kernel
def _takes_part(tree: Tree, row: int, edge: int, wanted: int) -> bool:
    """Whether a root edge is of a standing, or, for ANY, whether it is worth searching."""
    if wanted == ANY:
        return not is_pointless(tree, row, ROOT, edge)
    return standing(tree, row, ROOT, edge) == wanted


@inline_kernel
def _available_visits(tree: Tree, row: int, considered: int) -> int:
    """The number of visits nearest to the considered one that an edge worth searching has, from below.

    Pointless moves leave the halving, so that there may be no edge left with just that many.
    """
    first = int(tree.first_edge[row, ROOT])
    below, above = -1, MANY
    for edge in range(first, first + int(tree.edge_count[row, ROOT])):
        if _takes_part(tree, row, edge, ANY):
            count = int(tree.edge_visit_count[row, edge])
            if count <= considered:
                below = max(below, count)
            else:
                above = min(above, count)
    return below if below >= 0 else above


@inline_kernel
def gumbel_root_edge(tree: Tree, row: int, considered: int, settings: Settings) -> int:
    """The root's edge to search: of those with a number of visits, the highest noisy logit + sigma(Q)."""
    visits = _available_visits(tree, row, considered) if settings.solve else considered
    return _highest_root_edge(tree, row, visits, ANY, settings)


@inline_kernel
def _highest_root_edge(tree: Tree, row: int, visits: int, wanted: int, settings: Settings) -> int:
    """Of the root's edges that take part and have so many visits, the highest noisy logit + sigma(Q)."""
    first = int(tree.first_edge[row, ROOT])
    mixed, slope, _ = sigma(tree, row, ROOT, settings)
    best, best_score = first, -math.inf
    for place in range(int(tree.edge_count[row, ROOT])):
        edge = first + place
        if int(tree.edge_visit_count[row, edge]) != visits:
            continue
        if settings.solve and not _takes_part(tree, row, edge, wanted):
            continue
        score = tree.root_logit[row, place] + slope * completed_value(tree, row, edge, mixed)
        if score > best_score:
            best, best_score = edge, score
    return best


@kernel
def gumbel_root_actions(
    tree: Tree, rows: npt.NDArray[np.int64], settings: Settings, actions: npt.NDArray[np.int64]
) -> None:
    """Write the action that sequential halving ends with: the best of the most visited. Mutates: actions.

    Args:
        tree: the trees.
        rows: `[n]` which trees.
        settings: of the search.
        actions: `[n]` receives them.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        first = int(tree.first_edge[row, ROOT])
        wanted, most = best_standing(tree, row, ROOT), 0
        for edge in range(first, first + int(tree.edge_count[row, ROOT])):
            if standing(tree, row, ROOT, edge) == wanted:
                most = max(most, int(tree.edge_visit_count[row, edge]))
        actions[index] = tree.edge_action[row, _highest_root_edge(tree, row, most, wanted, settings)]


@kernel
def improved_policies(
    tree: Tree, rows: npt.NDArray[np.int64], settings: Settings, policies: npt.NDArray[np.float32]
) -> None:
    """Write the improved policy of each root, what a network should learn. Mutates: policies.

    Edges of the best standing alone get any: a proven win takes all, proven losses none.

    Args:
        tree: the trees.
        rows: `[n]` which trees.
        settings: of the search.
        policies: `[n, A]` receives probabilities, zero for illegal actions.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        policies[index, :] = 0.0
        first = int(tree.first_edge[row, ROOT])
        last = first + int(tree.edge_count[row, ROOT])
        mixed, slope, highest = sigma(tree, row, ROOT, settings)
        wanted = best_standing(tree, row, ROOT)
        total = 0.0
        for edge in range(first, last):
            if standing(tree, row, ROOT, edge) == wanted:
                total += improved_weight(tree, row, edge, mixed, slope, highest)
        for edge in range(first, last):
            if standing(tree, row, ROOT, edge) == wanted:
                weight = improved_weight(tree, row, edge, mixed, slope, highest)
                policies[index, tree.edge_action[row, edge]] = weight / total
