"""Many descents of one tree before any of them is valued, each steered away from the others.

A descent counts as a lost simulation on every edge of its path while others look for theirs; no longer, so
that between two calls the tree holds nothing but finished simulations. Source: Chaslot, Winands & van den
Herik, "Parallel Monte-Carlo tree search", 2008.
"""

import numpy as np
import numpy.typing as npt

from engine.board import State
from engine.jit import inline_kernel, kernel
from mcts.config import Settings
from mcts.merge_kernels import forget_virtual_loss, is_leaf_taken
from mcts.simulation_kernels import back_up_known_leaf, descend
from mcts.tree import KNOWN_LEAF, NO_CHILD, TAKEN_LEAF, Tree

Slots = npt.NDArray[np.int64]


@inline_kernel
def _lose_virtually(tree: Tree, row: int, slot: int) -> None:
    """Count a path as lost by whoever plays each of its edges. Mutates: tree[row]."""
    for step in range(tree.path_length[slot]):
        edge = tree.path_edge[slot, step]
        tree.edge_visit_count[row, edge] += 1
        tree.edge_value_sum[row, edge] -= 1.0


@inline_kernel
def _forget_virtual_losses(tree: Tree, row: int, slot: int, settings: Settings) -> None:
    """Make the edges of a path tell again what their nodes do, to the last bit. Mutates: tree[row]."""
    for step in range(tree.path_length[slot]):
        edge = tree.path_edge[slot, step]
        if settings.merge_transpositions:
            forget_virtual_loss(tree, row, edge)
            continue
        child = tree.edge_child[row, edge]
        if child == NO_CHILD:
            tree.edge_visit_count[row, edge] = 0
            tree.edge_value_sum[row, edge] = 0.0
        else:
            tree.edge_visit_count[row, edge] = tree.visit_count[row, child]
            tree.edge_value_sum[row, edge] = -tree.value_sum[row, child]


@kernel
def _lose_all(tree: Tree, row: int, in_flight: Slots, found: Slots) -> None:
    """Count the paths of all slots as lost. Mutates: tree[row]."""
    for slots in (in_flight, found):
        for index in range(slots.shape[0]):
            _lose_virtually(tree, row, slots[index])


@kernel
def _forget_all(tree: Tree, row: int, in_flight: Slots, found: Slots, settings: Settings) -> None:
    """Undo `_lose_all`. Mutates: tree[row]."""
    for slots in (in_flight, found):
        for index in range(slots.shape[0]):
            _forget_virtual_losses(tree, row, slots[index], settings)


@inline_kernel
def _is_taken(tree: Tree, row: int, slot: int, in_flight: Slots, found: Slots, settings: Settings) -> bool:
    """Whether an earlier descent has found the leaf of a slot, which is no node yet."""
    if settings.merge_transpositions:
        return is_leaf_taken(tree, slot, in_flight) or is_leaf_taken(tree, slot, found)
    edge = tree.path_edge[slot, int(tree.path_length[slot]) - 1]
    return bool(tree.edge_visit_count[row, edge] > 0)


@kernel
def gather_leaves(
    tree: Tree,
    row: int,
    roots: State,
    leaves: State,
    in_flight: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int64],
    max_descents: int,
    settings: Settings,
    considered: npt.NDArray[np.int32],
) -> int:
    """Descend one tree until every slot has a leaf; known leaves are backed up at once and leave theirs free.

    Mutates: tree[row], paths and leaf kinds of the slots, leaves[slots].

    Args:
        tree: the trees.
        row: which one.
        roots: the positions at their roots.
        leaves: receives the positions of the leaves.
        in_flight: `[m]` slots of earlier descents that are not valued yet.
        slots: `[n]` free slots for the new ones.
        max_descents: after so many the rest of the slots stays free.
        settings: of the search; not of a Gumbel search.
        considered: of `descend`, not read here.

    Returns:
        How many slots have a leaf; one of kind TAKEN_LEAF is to be forgotten.
    """
    filled = 0
    _lose_all(tree, row, in_flight, slots[:filled])
    for _ in range(max_descents):
        if filled == slots.shape[0]:
            break
        slot = slots[filled]
        node = descend(tree, row, slot, roots, leaves, settings, considered)
        if tree.leaf_kind[slot] == KNOWN_LEAF and not settings.merge_transpositions:
            back_up_known_leaf(tree, row, slot, node, settings)
            continue
        if tree.leaf_kind[slot] == KNOWN_LEAF:
            # Merged nodes are worked out from their edges, which must not be lost virtually meanwhile.
            _forget_all(tree, row, in_flight, slots[:filled], settings)
            back_up_known_leaf(tree, row, slot, node, settings)
            _lose_all(tree, row, in_flight, slots[:filled])
            continue
        if node == NO_CHILD and _is_taken(tree, row, slot, in_flight, slots[:filled], settings):
            tree.leaf_kind[slot] = TAKEN_LEAF
        _lose_virtually(tree, row, slot)
        filled += 1
    _forget_all(tree, row, in_flight, slots[:filled], settings)
    return filled
