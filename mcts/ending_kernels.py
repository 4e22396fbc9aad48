"""What is still worth playing when a game of Go ends: dead stones come off, pointless moves are left out.

Pass-alive analysis tells which points are settled. A stone in the opponent's territory cannot live there, and
one in the player's own is needed only to take dead stones; neither threatens anything, not even in a ko.
Source: KataGo has such rules at its root by the opinion of its network; here they rest on proof, and where
there is none, on that opinion as a small bonus.
"""

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, EMPTY, GAME, GO, HEIGHT, TO_PLAY, WHITE, WIDTH, State
from engine.geometry import num_points, point_of
from engine.jit import inline_kernel, kernel
from engine.life_kernels import LifeWorkspace, Marks, mark_pass_alive
from mcts.proof_kernels import MOVES_LEFT_OUT
from mcts.tree import ROOT, Tree

SETTLED = 0.95
"""Ownership from which on a point begins to count as settled; at 1 it fully is."""
PASS_SHARE = 2.0 / 3.0
"""Of the bonus, what a pass costs: less than a pointless move, more than one that may still matter."""


@kernel
def leave_out_pointless_moves(
    tree: Tree, roots: State, rows: npt.NDArray[np.int64], owner: Marks, work: LifeWorkspace
) -> None:
    """Take pointless moves off roots of Go that were evaluated and not searched yet.

    The pass goes too where there are dead stones to take; if nothing else is left, it stays.

    Args:
        tree: the trees. Mutates: tree[rows].
        roots: the positions at their roots.
        rows: `[n]` which trees.
        owner: `[>= P]` work space. Mutates: owner.
        work: mutates: work.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        if roots.rules[row, GAME] == GO:
            mark_pass_alive(roots, row, owner, work)
            _keep_useful_edges(tree, row, roots, owner)


@kernel
def _keep_useful_edges(tree: Tree, row: int, roots: State, owner: Marks) -> None:
    """Move the useful edges of a root to the front and forget the others. Mutates: tree[row]."""
    count = int(tree.edge_count[row, ROOT])
    num_useful = 0
    for edge in range(count):
        num_useful += int(_is_useful(roots, row, int(tree.edge_action[row, edge]), owner))
    can_pass = num_useful == 0 or not _are_stones_to_take(roots, row, owner)
    kept, total = 0, 0.0
    for edge in range(count):
        action, prior = int(tree.edge_action[row, edge]), tree.edge_prior[row, edge]
        is_kept = can_pass if _is_pass(roots, row, action) else _is_useful(roots, row, action, owner)
        if is_kept:
            tree.edge_action[row, kept] = action
            tree.edge_prior[row, kept] = prior
            kept += 1
            total += float(prior)
    if kept == 0 or kept == count:
        return
    if total > 0.0:
        for edge in range(kept):
            tree.edge_prior[row, edge] = float(tree.edge_prior[row, edge]) / total
    tree.edge_count[row, ROOT] = kept
    tree.reach[row, ROOT] = kept
    tree.num_edges[row] = kept
    tree.taint[row, ROOT] = int(tree.taint[row, ROOT]) | MOVES_LEFT_OUT


@inline_kernel
def _is_pass(state: State, row: int, action: int) -> bool:
    return bool(action == state.rules[row, WIDTH] * state.rules[row, HEIGHT])


@kernel
def _is_useful(state: State, row: int, action: int, owner: Marks) -> bool:
    """Whether a move on the board may change what is not settled, or take dead stones; no pass does."""
    if _is_pass(state, row, action):
        return False
    color = int(state.scalars[row, TO_PLAY])
    point = point_of(action, int(state.rules[row, WIDTH]))
    if owner[point] != color:
        return bool(owner[point] == EMPTY)
    return _touches_opponent(state, row, action)


@kernel
def _touches_opponent(state: State, row: int, action: int) -> bool:
    """Whether a stone of the opponent of the side to move stands beside a point."""
    color = int(state.scalars[row, TO_PLAY])
    point = point_of(action, int(state.rules[row, WIDTH]))
    stride = int(state.rules[row, WIDTH]) + 1
    opponent = BLACK + WHITE - color
    for neighbor in (point - stride, point - 1, point + 1, point + stride):
        if state.stone[row, neighbor] == opponent:
            return True
    return False


@kernel
def _are_stones_to_take(state: State, row: int, owner: Marks) -> bool:
    """Whether stones of the opponent stand in territory of the side to move."""
    color = int(state.scalars[row, TO_PLAY])
    for point in range(num_points(int(state.rules[row, WIDTH]), int(state.rules[row, HEIGHT]))):
        if owner[point] == color and state.stone[row, point] == BLACK + WHITE - color:
            return True
    return False


@kernel
def write_ending_bonuses(
    tree: Tree, row: int, roots: State, ownership_black: npt.NDArray[np.float32], bonus: float
) -> None:
    """Write what each move of a root of Go costs by the opinion who owns its point. Mutates: tree[row].

    Args:
        tree: the trees, whose root was evaluated.
        row: which tree.
        roots: the positions at their roots.
        ownership_black: `[area]` from -1 to 1.
        bonus: what a pointless move costs.
    """
    first = int(tree.first_edge[row, ROOT])
    color = int(roots.scalars[row, TO_PLAY])
    for place in range(int(tree.edge_count[row, ROOT])):
        action = int(tree.edge_action[row, first + place])
        cost = PASS_SHARE
        if not _is_pass(roots, row, action):
            owned = float(ownership_black[action])
            cost = max(abs(owned) - SETTLED, 0.0) / (1.0 - SETTLED)
            is_own = (owned > 0.0) == (color == BLACK)
            if is_own and _touches_opponent(roots, row, action):
                cost = 0.0
        tree.root_bonus[row, place] = -bonus * cost
