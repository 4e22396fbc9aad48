"""The search trees: one record of arrays, a tree a row, nodes and edges in order of creation.

Memory is fixed at allocation. A descent writes its path into a slot: that of its row where each tree has one
descent at a time, any other where one tree has many. Values at a node are from the view of the side to move
there, values on an edge from the view of the side that plays it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.jit import inline_kernel, kernel

ROOT = 0
NO_CHILD = -1
UNEVALUATED, INNER, TERMINAL = 0, 1, 2
"""Kinds of node."""
OPEN_LEAF, TERMINAL_LEAF, KNOWN_LEAF, TAKEN_LEAF = range(4)
"""What a descent found: a position to evaluate, a finished game to value, a node whose value is known, or a
leaf that another descent of the same tree has found before it."""


class Tree(NamedTuple):
    """Trees of a batch: B rows, N nodes, E edges, depth up to N, S slots of descents."""

    num_nodes: npt.NDArray[np.int32]
    """`[B]` nodes in use."""
    num_edges: npt.NDArray[np.int32]
    """`[B]` edges in use."""
    node_kind: npt.NDArray[np.int8]
    """`[B, N]` UNEVALUATED, INNER or TERMINAL."""
    first_edge: npt.NDArray[np.int32]
    """`[B, N]` where a node's edges begin."""
    edge_count: npt.NDArray[np.int32]
    """`[B, N]` how many it has: its legal actions."""
    reach: npt.NDArray[np.int32]
    """`[B, N]` how many of them may have visits. PUCT looks at no others; those behind are no likelier."""
    visit_count: npt.NDArray[np.int32]
    """`[B, N]` simulations through the node, its own evaluation included."""
    value_sum: npt.NDArray[np.float64]
    """`[B, N]` sum of their values to the side to move at the node."""
    value_square_sum: npt.NDArray[np.float64]
    """`[B, N]` sum of the squares of those values."""
    raw_value: npt.NDArray[np.float32]
    """`[B, N]` what the evaluator, or the end of the game, said of the node itself, to the side to move."""
    lower_bound: npt.NDArray[np.int8]
    """`[B, N]` least that the side to move at the node gets under perfect play, -1, 0 or 1 (`solve`)."""
    upper_bound: npt.NDArray[np.int8]
    """`[B, N]` most that it gets; the node is proven where both are equal."""
    taint: npt.NDArray[np.int8]
    """`[B, N]` bits: which of these bounds rests on a superko ban or the move limit."""
    edge_action: npt.NDArray[np.int16]
    """`[B, E]` action of an edge; the edges of a node begin in rising order, under UCT in random order."""
    edge_prior: npt.NDArray[np.float32]
    """`[B, E]` prior probability; sums to 1 over a node's edges."""
    edge_visit_count: npt.NDArray[np.int32]
    """`[B, E]` simulations through the edge."""
    edge_value_sum: npt.NDArray[np.float64]
    """`[B, E]` sum of their values to the side that plays the edge."""
    edge_child: npt.NDArray[np.int32]
    """`[B, E]` node it leads to, or NO_CHILD."""
    root_logit: npt.NDArray[np.float64]
    """`[B, A]` log prior plus Gumbel noise of the root's edges, in their order (Gumbel)."""
    root_bonus: npt.NDArray[np.float32]
    """`[B, A]` added to the values of the root's visited edges, in their order (`ending_bonus`)."""
    path_node: npt.NDArray[np.int32]
    """`[S, N]` nodes of the latest descent."""
    path_edge: npt.NDArray[np.int32]
    """`[S, N]` edges of the latest descent."""
    path_length: npt.NDArray[np.int32]
    """`[S]` edges in the latest descent."""
    leaf_kind: npt.NDArray[np.int8]
    """`[S]` OPEN_LEAF, TERMINAL_LEAF, KNOWN_LEAF or TAKEN_LEAF."""
    leaf_key: npt.NDArray[np.uint64]
    """`[S]` the position that the latest descent has come to, where transpositions are merged."""
    node_key: npt.NDArray[np.uint64]
    """`[B, N]` the position of a node other than the root; N is 0 where transpositions stay apart."""
    node_table: npt.NDArray[np.int32]
    """`[B, T]` hash table of nodes by their keys, T a power of two above N; NO_CHILD at free places."""


def allocate_tree(
    batch: int, num_nodes: int, num_actions: int, num_slots: int | None = None, *, merges: bool = False
) -> Tree:
    """Memory for trees; pages are touched only when used.

    Args:
        batch: trees.
        num_nodes: most nodes of each.
        num_actions: most edges of a node.
        num_slots: descents at a time; one for each tree by default.
        merges: whether nodes are found by their positions (`mcts.merge_kernels`).
    """
    nodes, edges = (batch, num_nodes), (batch, num_nodes * num_actions)
    num_slots = batch if num_slots is None else num_slots
    num_places = 1 << (2 * num_nodes).bit_length() if merges else 0
    return Tree(
        num_nodes=np.zeros(batch, np.int32),
        num_edges=np.zeros(batch, np.int32),
        node_kind=np.empty(nodes, np.int8),
        first_edge=np.empty(nodes, np.int32),
        edge_count=np.empty(nodes, np.int32),
        reach=np.empty(nodes, np.int32),
        visit_count=np.empty(nodes, np.int32),
        value_sum=np.empty(nodes, np.float64),
        value_square_sum=np.empty(nodes, np.float64),
        raw_value=np.empty(nodes, np.float32),
        lower_bound=np.empty(nodes, np.int8),
        upper_bound=np.empty(nodes, np.int8),
        taint=np.empty(nodes, np.int8),
        edge_action=np.empty(edges, np.int16),
        edge_prior=np.empty(edges, np.float32),
        edge_visit_count=np.zeros(edges, np.int32),
        edge_value_sum=np.zeros(edges, np.float64),
        edge_child=np.full(edges, NO_CHILD, np.int32),
        root_logit=np.empty((batch, num_actions), np.float64),
        root_bonus=np.zeros((batch, num_actions), np.float32),
        path_node=np.empty((num_slots, num_nodes), np.int32),
        path_edge=np.empty((num_slots, num_nodes), np.int32),
        path_length=np.zeros(num_slots, np.int32),
        leaf_kind=np.zeros(num_slots, np.int8),
        leaf_key=np.zeros(num_slots, np.uint64),
        node_key=np.zeros((batch, num_nodes if merges else 0), np.uint64),
        node_table=np.full((batch, num_places), NO_CHILD, np.int32),
    )


@inline_kernel
def add_node(tree: Tree, row: int) -> int:
    """Append an unevaluated node and return its index. Mutates: tree[row]. Precondition: room for it."""
    node = int(tree.num_nodes[row])
    tree.num_nodes[row] = node + 1
    tree.node_kind[row, node] = UNEVALUATED
    tree.first_edge[row, node] = 0
    tree.edge_count[row, node] = 0
    tree.reach[row, node] = 0
    tree.visit_count[row, node] = 0
    tree.value_sum[row, node] = 0.0
    tree.value_square_sum[row, node] = 0.0
    tree.lower_bound[row, node] = -1
    tree.upper_bound[row, node] = 1
    tree.taint[row, node] = 0
    return node


@inline_kernel
def bring_into_reach(tree: Tree, row: int, node: int, edge: int) -> int:
    """Let PUCT look at one edge more, which changes places with the first one out of reach.

    No path may hold an edge out of reach, so nobody follows the one that gives way. Mutates: tree[row].

    Args:
        tree: the trees.
        row: which tree.
        node: where the edge begins.
        edge: any; one in reach stays where it is.

    Returns:
        Where it stands now.
    """
    place = int(tree.first_edge[row, node]) + int(tree.reach[row, node])
    if edge < place:
        return edge
    tree.reach[row, node] += 1
    action, prior = tree.edge_action[row, place], tree.edge_prior[row, place]
    tree.edge_action[row, place] = tree.edge_action[row, edge]
    tree.edge_prior[row, place] = tree.edge_prior[row, edge]
    tree.edge_action[row, edge] = action
    tree.edge_prior[row, edge] = prior
    return place


@inline_kernel
def forget_edges(tree: Tree, row: int, first: int, last: int) -> None:
    """Take visits and children from some edges: a new node begins with edges that have none.

    Mutates: tree[row].
    """
    tree.edge_visit_count[row, first:last] = 0
    tree.edge_value_sum[row, first:last] = 0.0
    tree.edge_child[row, first:last] = NO_CHILD


@kernel
def reset_trees(tree: Tree, rows: npt.NDArray[np.int64]) -> None:
    """Leave nothing but an unevaluated root in each row. Mutates: tree[rows]."""
    for index in range(rows.shape[0]):
        row = rows[index]
        for node in range(tree.num_nodes[row]):
            first = int(tree.first_edge[row, node])
            forget_edges(tree, row, first, first + int(tree.reach[row, node]))
        tree.num_nodes[row] = 0
        tree.num_edges[row] = 0
        tree.node_table[row, :] = NO_CHILD
        add_node(tree, row)


@inline_kernel
def back_up(tree: Tree, row: int, slot: int, leaf: int, value_to_play: float) -> None:
    """Add a value to the leaf and to the whole path above it, within what is proven. Mutates: tree[row].

    Args:
        tree: the trees.
        row: which tree.
        slot: where the path is.
        leaf: the node that was reached.
        value_to_play: its value to the side to move there.
    """
    tree.visit_count[row, leaf] += 1
    tree.value_sum[row, leaf] += value_to_play
    tree.value_square_sum[row, leaf] += value_to_play * value_to_play
    value = value_to_play
    for step in range(tree.path_length[slot] - 1, -1, -1):
        value = -value
        edge = tree.path_edge[slot, step]
        node = tree.path_node[slot, step]
        tree.edge_visit_count[row, edge] += 1
        tree.edge_value_sum[row, edge] += value
        value = min(max(value, float(tree.lower_bound[row, node])), float(tree.upper_bound[row, node]))
        tree.visit_count[row, node] += 1
        tree.value_sum[row, node] += value
        tree.value_square_sum[row, node] += value * value
