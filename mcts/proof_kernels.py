"""Proven values: bounds of what a node is worth under perfect play, exact where they meet.

A node's lower bound is the best that one of its moves is proven to give; its upper bound falls only when
every legal move, pass included, is expanded. A move that can do no better than what another one is proven to
give is not searched any more, and no simulation counts for less at a node than what is proven there. Source:
Winands, Björnsson & Saito, "Monte-Carlo tree search solver", 2008, in the form with bounds by Cazenave &
Saffidine, "Score bounded Monte-Carlo tree search", 2010.

In Go a proof may hold in this game alone: where superko forbade a move because of its history, or the move
limit ended it. Such a bound is marked, so that nobody uses it for the same board in another game. Where moves
are left out on purpose, the upper bound stays as it is.
"""

import numpy as np
import numpy.typing as npt

from engine.board import GAME, GO, HEIGHT, MOVE_COUNT, MOVE_LIMIT, PASS_COUNT, WIDTH, State
from engine.go_kernels import KO, SUPERKO_REPETITION, go_legality
from engine.jit import inline_kernel, kernel
from mcts.tree import NO_CHILD, ROOT, Tree

LOWER_TAINTED, UPPER_TAINTED, MOVES_LEFT_OUT = 1, 2, 4
"""Bits of `Tree.taint`."""
NO_EDGE = -1
LOST, HELD, OPEN, WON = range(4)
"""Standings of an edge, from the view of the side that plays it: proven to lose, or worse than a draw that is
at hand; that draw; a move of which more may come; proven to win."""


@inline_kernel
def is_proven(tree: Tree, row: int, node: int) -> bool:
    """Whether the exact value of a node is known."""
    return bool(tree.lower_bound[row, node] == tree.upper_bound[row, node])


@inline_kernel
def is_pointless(tree: Tree, row: int, node: int, edge: int) -> bool:
    """Whether a move can do no better than what is proven of its node already."""
    child = tree.edge_child[row, edge]
    return bool(child != NO_CHILD and -int(tree.lower_bound[row, child]) <= tree.lower_bound[row, node])


@inline_kernel
def standing(tree: Tree, row: int, node: int, edge: int) -> int:
    """LOST, HELD, OPEN or WON; for the choice of a move."""
    child, floor = tree.edge_child[row, edge], int(tree.lower_bound[row, node])
    if child == NO_CHILD:
        return OPEN if floor == -1 else LOST
    least = -int(tree.upper_bound[row, child])
    if least == 1:
        return WON
    if is_pointless(tree, row, node, edge):
        return HELD if floor == 0 and least == 0 else LOST
    if floor == -1 or least == floor:
        return OPEN
    return OPEN if tree.edge_value_sum[row, edge] >= 0.0 else LOST


@inline_kernel
def best_standing(tree: Tree, row: int, node: int) -> int:
    """The best standing of a node's edges; only edges that have it are worth playing."""
    first = int(tree.first_edge[row, node])
    best = LOST
    for edge in range(first, first + int(tree.edge_count[row, node])):
        best = max(best, standing(tree, row, node, edge))
    return best


@kernel
def ending_edge(tree: Tree, row: int, node: int, state: State, slot: int) -> int:
    """The untried pass that would end the game of Go in `state[slot]`; NO_EDGE where there is none."""
    if state.rules[slot, GAME] != GO or state.scalars[slot, PASS_COUNT] != 1:
        return NO_EDGE
    pass_action = int(state.rules[slot, WIDTH]) * int(state.rules[slot, HEIGHT])
    first = int(tree.first_edge[row, node])
    for edge in range(first, first + int(tree.edge_count[row, node])):
        if tree.edge_action[row, edge] == pass_action:
            return edge if tree.edge_visit_count[row, edge] == 0 else NO_EDGE
    return NO_EDGE


@kernel
def is_a_move_banned(state: State, row: int) -> bool:
    """Whether ko or superko forbids a move here. Precondition: Go."""
    width = int(state.rules[row, WIDTH])
    for y in range(int(state.rules[row, HEIGHT])):
        for x in range(width):
            code = go_legality(state, row, (y + 1) * (width + 1) + x + 1)
            if code in (KO, SUPERKO_REPETITION):
                return True
    return False


@kernel
def mark_open_leaf(tree: Tree, row: int, slot: int, node: int, leaves: State) -> None:
    """Taint the upper bound of a new node where a move is banned in `leaves[slot]`. Mutates: tree[row]."""
    if leaves.rules[slot, GAME] == GO and is_a_move_banned(leaves, slot):
        tree.taint[row, node] = int(tree.taint[row, node]) | UPPER_TAINTED


@inline_kernel
def mark_end(tree: Tree, row: int, slot: int, leaf: int, leaves: State) -> None:
    """Take the value of the finished game in `leaves[slot]`, -1, 0 or 1, for proven. Mutates: tree[row]."""
    outcome = int(tree.raw_value[row, leaf])
    tree.lower_bound[row, leaf] = outcome
    tree.upper_bound[row, leaf] = outcome
    is_cut = leaves.scalars[slot, MOVE_COUNT] >= leaves.rules[slot, MOVE_LIMIT]
    if leaves.rules[slot, GAME] == GO and is_cut and leaves.scalars[slot, PASS_COUNT] < 2:
        tree.taint[row, leaf] = LOWER_TAINTED | UPPER_TAINTED


@kernel
def conclude(tree: Tree, row: int, slot: int, leaf: int) -> None:
    """Draw the conclusions from a proven leaf up the path of the slot. Mutates: tree[row].

    Precondition: the leaf was backed up.
    """
    child, correction = leaf, 0.0
    for step in range(tree.path_length[slot] - 1, -1, -1):
        node = int(tree.path_node[slot, step])
        correction = -correction
        tree.value_sum[row, node] += correction
        tree.edge_value_sum[row, tree.path_edge[slot, step]] = -tree.value_sum[row, child]
        was_proven = is_proven(tree, row, node)
        has_changed = update_bounds(tree, row, node, child)
        if not has_changed and correction == 0.0:
            return
        if is_proven(tree, row, node) and not was_proven:
            # All visits below count as what they are now known to be worth.
            exact = float(int(tree.visit_count[row, node]) * int(tree.lower_bound[row, node]))
            correction += exact - tree.value_sum[row, node]
            tree.value_sum[row, node] = exact
        child = node


@inline_kernel
def update_bounds(tree: Tree, row: int, node: int, child: int) -> bool:
    """Tighten the bounds of a node after those of a child; returns whether they moved. Mutates: tree[row]."""
    has_changed = False
    gain = -int(tree.upper_bound[row, child])
    if gain > tree.lower_bound[row, node]:
        tree.lower_bound[row, node] = gain
        is_tainted = tree.taint[row, child] & UPPER_TAINTED != 0
        tree.taint[row, node] = int(tree.taint[row, node]) & ~LOWER_TAINTED | (
            LOWER_TAINTED if is_tainted else 0
        )
        has_changed = True
    if tree.taint[row, node] & MOVES_LEFT_OUT != 0:
        return has_changed
    highest, taint = -1, 0
    first = int(tree.first_edge[row, node])
    for edge in range(first, first + int(tree.edge_count[row, node])):
        other = int(tree.edge_child[row, edge])
        if other == NO_CHILD:
            return has_changed
        highest = max(highest, -int(tree.lower_bound[row, other]))
        if tree.taint[row, other] & LOWER_TAINTED != 0:
            taint = UPPER_TAINTED
    if highest < tree.upper_bound[row, node]:
        tree.upper_bound[row, node] = highest
        tree.taint[row, node] = int(tree.taint[row, node]) | taint
        has_changed = True
    return has_changed


@kernel
def is_proof_tainted(tree: Tree, row: int, node: int) -> bool:
    """Whether what is proven of a node rests on the history of this game; such proofs are never shared."""
    taint = int(tree.taint[row, node])
    has_lower = tree.lower_bound[row, node] > -1 and taint & LOWER_TAINTED != 0
    return has_lower or (tree.upper_bound[row, node] < 1 and taint & UPPER_TAINTED != 0)


@kernel
def keep_best_standing(tree: Tree, rows: npt.NDArray[np.int64], weights: npt.NDArray[np.int32]) -> None:
    """Leave only edges of the best standing with weight; at least one. Mutates: weights.

    Args:
        tree: the trees.
        rows: `[n]` which trees.
        weights: `[n, A]` weights of the root's actions.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        first = int(tree.first_edge[row, ROOT])
        best = best_standing(tree, row, ROOT)
        likeliest, total = -1, 0
        for edge in range(first, first + int(tree.edge_count[row, ROOT])):
            action = tree.edge_action[row, edge]
            if standing(tree, row, ROOT, edge) != best:
                weights[index, action] = 0
            elif likeliest < 0 or tree.edge_prior[row, edge] > tree.edge_prior[row, likeliest]:
                likeliest = edge
            total += weights[index, action]
        if total == 0:
            weights[index, tree.edge_action[row, likeliest]] = 1
