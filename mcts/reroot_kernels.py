"""Tree reuse: what lies below a move that was played becomes the whole tree, in the same memory.

Nodes stand in order of creation, and so do their edges; what is kept moves toward the front in that order.
Only the root's own edges are put back into the rising order in which those of every root stand, all in reach.
"""

import numpy as np
import numpy.typing as npt

from engine.jit import inline_kernel, kernel
from mcts.tree import INNER, NO_CHILD, ROOT, Tree, forget_edges


@kernel
def child_of_root(tree: Tree, row: int, action: int) -> int:
    """The evaluated node that an action leads to from the root, or NO_CHILD where there is none."""
    first = int(tree.first_edge[row, ROOT])
    for edge in range(first, first + int(tree.edge_count[row, ROOT])):
        if tree.edge_action[row, edge] == action:
            child = int(tree.edge_child[row, edge])
            if child != NO_CHILD and tree.node_kind[row, child] == INNER:
                return child
    return NO_CHILD


@kernel
def reroot(tree: Tree, row: int, node: int, places: npt.NDArray[np.int32]) -> None:
    """Make an evaluated node the root and forget all that is not below it. Mutates: tree[row], places.

    Args:
        tree: the trees.
        row: which one.
        node: the new root.
        places: `[>= N]` work space.
    """
    num_nodes = int(tree.num_nodes[row])
    places[node:num_nodes] = NO_CHILD
    places[node] = ROOT
    kept_nodes, kept_edges = 0, 0
    for source in range(node, num_nodes):
        if places[source] == NO_CHILD:
            continue
        first, count = int(tree.first_edge[row, source]), int(tree.edge_count[row, source])
        _move_node(tree, row, source, kept_nodes)
        tree.first_edge[row, kept_nodes] = kept_edges
        for edge in range(first, first + count):
            child = int(tree.edge_child[row, edge])
            if child != NO_CHILD:
                places[child] = ROOT  # it is kept; its own turn comes later
            _move_edge(tree, row, edge, kept_edges)
            kept_edges += 1
        places[source] = kept_nodes
        kept_nodes += 1
    tree.num_nodes[row] = kept_nodes
    forget_edges(tree, row, kept_edges, int(tree.num_edges[row]))
    tree.num_edges[row] = kept_edges
    tree.reach[row, ROOT] = tree.edge_count[row, ROOT]
    _sort_root_edges(tree, row)
    for edge in range(kept_edges):
        child = int(tree.edge_child[row, edge])
        if child != NO_CHILD:
            tree.edge_child[row, edge] = places[child]


@kernel
def _move_node(tree: Tree, row: int, source: int, target: int) -> None:
    """Copy all of a node but where its edges begin. Mutates: tree[row]."""
    tree.node_kind[row, target] = tree.node_kind[row, source]
    tree.edge_count[row, target] = tree.edge_count[row, source]
    tree.reach[row, target] = tree.reach[row, source]
    tree.visit_count[row, target] = tree.visit_count[row, source]
    tree.value_sum[row, target] = tree.value_sum[row, source]
    tree.value_square_sum[row, target] = tree.value_square_sum[row, source]
    tree.raw_value[row, target] = tree.raw_value[row, source]
    tree.lower_bound[row, target] = tree.lower_bound[row, source]
    tree.upper_bound[row, target] = tree.upper_bound[row, source]
    tree.taint[row, target] = tree.taint[row, source]


@kernel
def _sort_root_edges(tree: Tree, row: int) -> None:
    """Bring the edges of the root, which begin at 0, into rising order of actions. Mutates: tree[row]."""
    for end in range(1, tree.edge_count[row, ROOT]):
        edge = end
        while edge > 0 and tree.edge_action[row, edge] < tree.edge_action[row, edge - 1]:
            _swap_edges(tree, row, edge, edge - 1)
            edge -= 1


@inline_kernel
def _swap_edges(tree: Tree, row: int, edge: int, other: int) -> None:
    """Let two edges change places. Mutates: tree[row]."""
    action, prior = tree.edge_action[row, edge], tree.edge_prior[row, edge]
    count, value_sum = tree.edge_visit_count[row, edge], tree.edge_value_sum[row, edge]
    child = tree.edge_child[row, edge]
    _move_edge(tree, row, other, edge)
    tree.edge_action[row, other] = action
    tree.edge_prior[row, other] = prior
    tree.edge_visit_count[row, other] = count
    tree.edge_value_sum[row, other] = value_sum
    tree.edge_child[row, other] = child


@kernel
def _move_edge(tree: Tree, row: int, source: int, target: int) -> None:
    """Copy an edge. Mutates: tree[row]."""
    tree.edge_action[row, target] = tree.edge_action[row, source]
    tree.edge_prior[row, target] = tree.edge_prior[row, source]
    tree.edge_visit_count[row, target] = tree.edge_visit_count[row, source]
    tree.edge_value_sum[row, target] = tree.edge_value_sum[row, source]
    tree.edge_child[row, target] = tree.edge_child[row, source]
