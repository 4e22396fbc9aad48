"""Tree reuse: what lies below a move that was played becomes the whole tree, in the same memory.

Nodes stand in order of creation, and so do their edges; what is kept moves toward the front in that order.
Only the root's own edges are put back into the rising order in which those of every root stand, all in reach.
"""

import numpy as np
import numpy.typing as npt

from engine.jit import inline_kernel, kernel
from mcts.merge_kernels import remember_node
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
        _copy_node(tree, row, source, tree, kept_nodes)
        tree.first_edge[row, kept_nodes] = kept_edges
        for edge in range(first, first + count):
            child = int(tree.edge_child[row, edge])
            if child != NO_CHILD:
                places[child] = ROOT  # it is kept; its own turn comes later
            _copy_edge(tree, row, edge, tree, kept_edges)
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
def reroot_merged(tree: Tree, node: int, other: Tree, work: npt.NDArray[np.int32]) -> None:
    """Copy an evaluated node and all that can be reached from it into another tree, as its root.

    For merged transpositions, whose nodes may stand before their parents. Mutates: other, work.

    Args:
        tree: one tree, in row 0.
        node: its new root.
        other: another tree of the same size, reset, in row 0.
        work: `[2, >= N]` work space.
    """
    places, sources = work[0], work[1]
    places[: tree.num_nodes[0]] = NO_CHILD
    places[node], sources[0] = ROOT, node
    num_nodes, num_edges, place = 1, 0, 0
    while place < num_nodes:
        source = int(sources[place])
        _copy_node(tree, 0, source, other, place)
        other.first_edge[0, place] = num_edges
        if place != ROOT:
            remember_node(other, 0, place, tree.node_key[0, source])
        first = int(tree.first_edge[0, source])
        for edge in range(first, first + int(tree.edge_count[0, source])):
            _copy_edge(tree, 0, edge, other, num_edges)
            child = int(tree.edge_child[0, edge])
            if child != NO_CHILD:
                if places[child] == NO_CHILD:
                    places[child], sources[num_nodes] = num_nodes, child
                    num_nodes += 1
                other.edge_child[0, num_edges] = places[child]
            num_edges += 1
        place += 1
    other.num_nodes[0] = num_nodes
    other.num_edges[0] = num_edges
    other.reach[0, ROOT] = other.edge_count[0, ROOT]
    _sort_root_edges(other, 0)


@kernel
def _copy_node(tree: Tree, row: int, source: int, other: Tree, target: int) -> None:
    """Copy all of a node but where its edges begin. Mutates: other[row]."""
    other.node_kind[row, target] = tree.node_kind[row, source]
    other.edge_count[row, target] = tree.edge_count[row, source]
    other.reach[row, target] = tree.reach[row, source]
    other.visit_count[row, target] = tree.visit_count[row, source]
    other.value_sum[row, target] = tree.value_sum[row, source]
    other.value_square_sum[row, target] = tree.value_square_sum[row, source]
    other.raw_value[row, target] = tree.raw_value[row, source]
    other.lower_bound[row, target] = tree.lower_bound[row, source]
    other.upper_bound[row, target] = tree.upper_bound[row, source]
    other.taint[row, target] = tree.taint[row, source]


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
    _copy_edge(tree, row, other, tree, edge)
    tree.edge_action[row, other] = action
    tree.edge_prior[row, other] = prior
    tree.edge_visit_count[row, other] = count
    tree.edge_value_sum[row, other] = value_sum
    tree.edge_child[row, other] = child


@kernel
def _copy_edge(tree: Tree, row: int, source: int, other: Tree, target: int) -> None:
    """Copy an edge. Mutates: other[row]."""
    other.edge_action[row, target] = tree.edge_action[row, source]
    other.edge_prior[row, target] = tree.edge_prior[row, source]
    other.edge_visit_count[row, target] = tree.edge_visit_count[row, source]
    other.edge_value_sum[row, target] = tree.edge_value_sum[row, source]
    other.edge_child[row, target] = tree.edge_child[row, source]
