"""Which edge to follow by PUCT or UCT, and what root visits are worth in the end.

Sources: Silver et al. 2017 (arXiv 1712.01815, PUCT and its pseudocode's growing c), Kocsis & Szepesvári 2006
(UCT), Wu 2019 (arXiv 1902.10565, first-play urgency, forced playouts and their pruning), KataGo (c that
follows the deviation of values).
"""

import math

import numpy as np
import numpy.typing as npt

from engine.jit import inline_kernel, kernel
from mcts.config import Settings
from mcts.proof_kernels import best_standing, is_pointless, standing
from mcts.tree import ROOT, Tree, bring_into_reach

USUAL_DEVIATION = 0.4
"""Standard deviation of values at which the prior has its usual weight, and which a node begins with."""
USUAL_DEVIATION_VISITS = 2.0
"""How many visits that beginning counts for."""


@inline_kernel
def deviation_factor(tree: Tree, row: int, node: int, strength: float) -> float:
    """Weight of the prior by the standard deviation of the values below a node: 1 at the usual one."""
    visits = int(tree.visit_count[row, node])
    if visits < 2:
        return 1.0
    squared_mean = (tree.value_sum[row, node] / visits) ** 2
    usual = USUAL_DEVIATION_VISITS * (squared_mean + USUAL_DEVIATION**2)
    own = max(tree.value_square_sum[row, node], visits * squared_mean)
    variance = (usual + own) / (USUAL_DEVIATION_VISITS + visits - 1.0) - squared_mean
    return 1.0 + strength * (math.sqrt(max(variance, 0.0)) / USUAL_DEVIATION - 1.0)


@inline_kernel
def exploration(tree: Tree, row: int, node: int, settings: Settings) -> float:
    """c sqrt(N), the factor of P / (1 + n) in PUCT."""
    child_visits = int(tree.visit_count[row, node]) - 1
    base = settings.c_puct_base
    c_puct = settings.c_puct_init + settings.c_puct_log * math.log((child_visits + base + 1.0) / base)
    if settings.c_puct_deviation > 0.0:
        c_puct *= deviation_factor(tree, row, node, settings.c_puct_deviation)
    return c_puct * math.sqrt(max(child_visits, 1))


@inline_kernel
def _is_lower(tree: Tree, row: int, edge: int, other: int) -> bool:
    """Whether an edge has the lower action of two."""
    return bool(tree.edge_action[row, edge] < tree.edge_action[row, other])


@inline_kernel
def _is_likelier(tree: Tree, row: int, edge: int, other: int) -> bool:
    """Whether an edge has the higher prior of two; of equals the lower action."""
    prior, other_prior = tree.edge_prior[row, edge], tree.edge_prior[row, other]
    if prior != other_prior:
        return bool(prior > other_prior)
    return _is_lower(tree, row, edge, other)


@inline_kernel
def _likeliest_out_of_reach(tree: Tree, row: int, node: int) -> int:
    """Bring the likeliest edge that is out of reach into it and return its place. Mutates: tree[row]."""
    first = int(tree.first_edge[row, node])
    likeliest = first + int(tree.reach[row, node])
    for edge in range(likeliest + 1, first + int(tree.edge_count[row, node])):
        if _is_likelier(tree, row, edge, likeliest):
            likeliest = edge
    return bring_into_reach(tree, row, node, likeliest)


@kernel
def _lowest_edge(tree: Tree, row: int, node: int) -> int:
    """The edge with the lowest action; for nodes all of whose moves are pointless."""
    first = int(tree.first_edge[row, node])
    lowest = first
    for edge in range(first + 1, first + int(tree.edge_count[row, node])):
        if _is_lower(tree, row, edge, lowest):
            lowest = edge
    return lowest


@inline_kernel
def puct_edge(tree: Tree, row: int, node: int, settings: Settings) -> int:
    """Edge with the highest Q + c P sqrt(N) / (1 + n); the lowest action on a tie.

    At the root an edge that lacks forced playouts comes before all. Moves that are proven pointless are
    passed over. Of the unvisited edges only the likeliest can win, so below the root the likeliest comes into
    reach when no unvisited one is left there. Mutates: the order of the node's edges.
    """
    first = int(tree.first_edge[row, node])
    count_in_reach = int(tree.reach[row, node])
    visits = int(tree.visit_count[row, node])
    explore = exploration(tree, row, node, settings)
    fpu_reduction, forced = settings.fpu_reduction, 0.0
    if node == ROOT:
        fpu_reduction, forced = settings.root_fpu_reduction, settings.forced_playouts * (visits - 1)
    visited_prior = 0.0
    best, best_score = -1, -math.inf
    fresh = -1
    for edge in range(first, first + count_in_reach):
        count = int(tree.edge_visit_count[row, edge])
        prior = float(tree.edge_prior[row, edge])
        if count > 0:
            if settings.solve and is_pointless(tree, row, node, edge):
                continue
            if count * count < forced * prior:
                return edge
            visited_prior += prior
            score = tree.edge_value_sum[row, edge] / count + explore * prior / (1 + count)
            if node == ROOT:
                score += float(tree.root_bonus[row, edge - first])
            if score > best_score or (score == best_score and _is_lower(tree, row, edge, best)):
                best, best_score = edge, score
        elif fresh < 0 or _is_likelier(tree, row, edge, fresh):
            fresh = edge
    if fresh < 0 and count_in_reach < tree.edge_count[row, node]:
        fresh = _likeliest_out_of_reach(tree, row, node)
    if fresh >= 0:
        unvisited_value = tree.value_sum[row, node] / visits - fpu_reduction * math.sqrt(visited_prior)
        score = unvisited_value + explore * float(tree.edge_prior[row, fresh])
        if score > best_score or (score == best_score and _is_lower(tree, row, fresh, best)):
            best = fresh
    return best if best >= 0 else _lowest_edge(tree, row, node)


@inline_kernel
def uct_edge(tree: Tree, row: int, node: int, settings: Settings) -> int:
    """The first unvisited edge, else the one with the highest Q + c sqrt(ln N / n)."""
    first = int(tree.first_edge[row, node])
    log_visits = math.log(float(tree.visit_count[row, node]))
    best, best_score = first, -math.inf
    for edge in range(first, first + int(tree.edge_count[row, node])):
        count = int(tree.edge_visit_count[row, edge])
        if count == 0:
            return edge
        if settings.solve and is_pointless(tree, row, node, edge):
            continue
        score = tree.edge_value_sum[row, edge] / count + settings.c_uct * math.sqrt(log_visits / count)
        if score > best_score:
            best, best_score = edge, score
    return best


@inline_kernel
def best_edge(tree: Tree, row: int, node: int) -> int:
    """The most visited edge of a node among those of the best standing; of equals the best valued."""
    first = int(tree.first_edge[row, node])
    wanted = best_standing(tree, row, node)
    best, best_count, best_value = first, -1, 0.0
    for edge in range(first, first + int(tree.edge_count[row, node])):
        if standing(tree, row, node, edge) != wanted:
            continue
        count = int(tree.edge_visit_count[row, edge])
        value = tree.edge_value_sum[row, edge] / max(count, 1)
        if count > best_count or (count == best_count and value > best_value):
            best, best_count, best_value = edge, count, value
    return best


@kernel
def best_root_actions(tree: Tree, rows: npt.NDArray[np.int64], actions: npt.NDArray[np.int64]) -> None:
    """Write the action of the best edge of each root. Mutates: actions.

    Args:
        tree: the trees.
        rows: `[n]` which trees.
        actions: `[n]` receives them.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        actions[index] = tree.edge_action[row, best_edge(tree, row, ROOT)]


@kernel
def root_visits(tree: Tree, rows: npt.NDArray[np.int64], visits: npt.NDArray[np.int32]) -> None:
    """Write the visit counts of the root's actions. Mutates: visits.

    Args:
        tree: the trees.
        rows: `[n]` which trees.
        visits: `[n, A]` receives them, zero for illegal actions.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        visits[index, :] = 0
        first = int(tree.first_edge[row, ROOT])
        for edge in range(first, first + int(tree.edge_count[row, ROOT])):
            visits[index, tree.edge_action[row, edge]] = tree.edge_visit_count[row, edge]


@kernel
def prune_forced_visits(
    tree: Tree, rows: npt.NDArray[np.int64], settings: Settings, visits: npt.NDArray[np.int32]
) -> None:
    """Take forced playouts off the visits of all actions but the best, as far as PUCT would not mind.

    An action's visits fall by at most the number forced on it, and not so far that its PUCT score would reach
    that of the best action; who is left with one visit loses it too. Mutates: visits.

    Args:
        tree: the trees.
        rows: `[n]` which trees.
        settings: of the search.
        visits: `[n, A]` visits of the root's actions.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        first = int(tree.first_edge[row, ROOT])
        explore = exploration(tree, row, ROOT, settings)
        forced = settings.forced_playouts * (int(tree.visit_count[row, ROOT]) - 1)
        best = best_edge(tree, row, ROOT)
        best_score = _score(tree, row, best, explore, int(tree.edge_visit_count[row, best]))
        for edge in range(first, first + int(tree.edge_count[row, ROOT])):
            count = int(tree.edge_visit_count[row, edge])
            if edge == best or count == 0:
                continue
            fewest = count - int(math.sqrt(forced * float(tree.edge_prior[row, edge])))
            while count > max(fewest, 1) and _score(tree, row, edge, explore, count - 1) < best_score:
                count -= 1
            visits[index, tree.edge_action[row, edge]] = count if count > 1 else 0


@inline_kernel
def _score(tree: Tree, row: int, edge: int, explore: float, count: int) -> float:
    """PUCT score of a visited edge if it had another number of visits."""
    value = float(tree.edge_value_sum[row, edge]) / int(tree.edge_visit_count[row, edge])
    return value + explore * float(tree.edge_prior[row, edge]) / (1 + count)
