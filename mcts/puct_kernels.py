"""Which edge to follow by PUCT or UCT.

Sources: Silver et al. 2017 (arXiv 1712.01815, PUCT and its pseudocode's growing c), Kocsis & Szepesvári 2006
(UCT), Wu 2019 (arXiv 1902.10565, first-play urgency).
"""

import math

from engine.jit import inline_kernel
from mcts.config import Settings
from mcts.tree import ROOT, Tree


@inline_kernel
def puct_edge(tree: Tree, row: int, node: int, settings: Settings) -> int:
    """Edge with the highest Q + c P sqrt(N) / (1 + n); the first one on a tie."""
    first = int(tree.first_edge[row, node])
    last = first + int(tree.edge_count[row, node])
    visits = int(tree.visit_count[row, node])
    child_visits = visits - 1
    base = settings.c_puct_base
    c_puct = math.log((child_visits + base + 1.0) / base) + settings.c_puct_init
    explore = c_puct * math.sqrt(max(child_visits, 1))
    fpu_reduction = settings.root_fpu_reduction if node == ROOT else settings.fpu_reduction
    # Of the unvisited edges only the one with the highest prior can win; so one pass suffices.
    visited_prior = 0.0
    best, best_score = first, -math.inf
    fresh, fresh_prior = -1, -1.0
    for edge in range(first, last):
        count = int(tree.edge_visit_count[row, edge])
        prior = float(tree.edge_prior[row, edge])
        if count > 0:
            visited_prior += prior
            score = tree.edge_value_sum[row, edge] / count + explore * prior / (1 + count)
            if score > best_score:
                best, best_score = edge, score
        elif prior > fresh_prior:
            fresh, fresh_prior = edge, prior
    if fresh >= 0:
        unvisited_value = tree.value_sum[row, node] / visits - fpu_reduction * math.sqrt(visited_prior)
        score = unvisited_value + explore * fresh_prior
        if score > best_score or (score == best_score and fresh < best):
            best = fresh
    return best


@inline_kernel
def uct_edge(tree: Tree, row: int, node: int, c_uct: float) -> int:
    """The first unvisited edge, else the one with the highest Q + c sqrt(ln N / n)."""
    first = int(tree.first_edge[row, node])
    log_visits = math.log(float(tree.visit_count[row, node]))
    best, best_score = first, -math.inf
    for edge in range(first, first + int(tree.edge_count[row, node])):
        count = int(tree.edge_visit_count[row, edge])
        if count == 0:
            return edge
        score = tree.edge_value_sum[row, edge] / count + c_uct * math.sqrt(log_visits / count)
        if score > best_score:
            best, best_score = edge, score
    return best
