"""One simulation in kernels: walk down by the rule of selection, add the leaf, back its value up."""

import math

import numpy as np
import numpy.typing as npt

from engine.board import GAME, GO, IS_OVER, MOVE_COUNT, State, copy_row
from engine.jit import inline_kernel, kernel
from engine.random_state import RandomState, random_below
from engine.rules_kernels import legal_actions, play
from mcts.config import PUCT, UCT, Settings
from mcts.gumbel_kernels import gumbel_edge, gumbel_root_edge
from mcts.merge_kernels import back_up_merged, child_by_position, remember_node
from mcts.proof_kernels import (
    MOVES_LEFT_OUT,
    NO_EDGE,
    conclude,
    ending_edge,
    is_proven,
    mark_end,
    mark_open_leaf,
)
from mcts.puct_kernels import puct_edge, uct_edge
from mcts.tree import (
    INNER,
    KNOWN_LEAF,
    NO_CHILD,
    OPEN_LEAF,
    ROOT,
    TERMINAL,
    TERMINAL_LEAF,
    UNEVALUATED,
    Tree,
    add_node,
    back_up,
    bring_into_reach,
)


@inline_kernel
def _edge_by_rule(
    tree: Tree, row: int, node: int, settings: Settings, considered: npt.NDArray[np.int32]
) -> int:
    """Edge to follow from a node by the rule of selection; see `select_leaves`."""
    if settings.rule == UCT:
        return uct_edge(tree, row, node, settings)
    if settings.rule == PUCT:
        return puct_edge(tree, row, node, settings)
    if node == ROOT:
        num_candidates = min(int(tree.edge_count[row, ROOT]), considered.shape[0] - 1)
        return gumbel_root_edge(tree, row, considered[num_candidates], settings)
    return gumbel_edge(tree, row, node, settings)


@inline_kernel
def descend(
    tree: Tree,
    row: int,
    slot: int,
    roots: State,
    leaves: State,
    settings: Settings,
    considered: npt.NDArray[np.int32],
) -> int:
    """Walk a tree from its root to a leaf and leave the position in `leaves[slot]`.

    Mutates: the path, the leaf kind and, with merging, the leaf key of the slot, leaves[slot].

    Returns:
        The node of the leaf, or NO_CHILD where it has yet to be added.
    """
    copy_row(roots, row, leaves, slot)
    node = ROOT
    length = 0
    tree.leaf_kind[slot] = OPEN_LEAF
    while tree.node_kind[row, node] == INNER and not (settings.solve and is_proven(tree, row, node)):
        edge = NO_EDGE
        if settings.solve and tree.visit_count[row, node] == 1:
            edge = ending_edge(tree, row, node, leaves, slot)
            if edge != NO_EDGE and settings.rule == PUCT:
                edge = bring_into_reach(tree, row, node, edge)
        if edge == NO_EDGE:
            edge = _edge_by_rule(tree, row, node, settings, considered)
        tree.path_node[slot, length] = node
        tree.path_edge[slot, length] = edge
        length += 1
        play(leaves, slot, int(tree.edge_action[row, edge]))
        node = int(tree.edge_child[row, edge])
        if settings.merge_transpositions:
            node = child_by_position(tree, row, node, leaves, slot)
        if node == NO_CHILD:
            break
    tree.path_length[slot] = length
    if node != NO_CHILD and tree.node_kind[row, node] != UNEVALUATED:
        tree.leaf_kind[slot] = KNOWN_LEAF
    elif leaves.scalars[slot, IS_OVER] != 0:
        tree.leaf_kind[slot] = TERMINAL_LEAF
    return node


@inline_kernel
def back_up_known_leaf(tree: Tree, row: int, slot: int, node: int, settings: Settings) -> None:
    """Back up the value of a terminal or proven node that was met again. Mutates: tree[row]."""
    if settings.merge_transpositions:
        back_up_merged(tree, row, slot, node, settings.solve)
    elif tree.node_kind[row, node] == TERMINAL:
        back_up(tree, row, slot, node, tree.raw_value[row, node])
    else:
        back_up(tree, row, slot, node, float(tree.lower_bound[row, node]))


@kernel
def select_leaves(
    tree: Tree,
    roots: State,
    leaves: State,
    rows: npt.NDArray[np.int64],
    settings: Settings,
    considered: npt.NDArray[np.int32],
) -> None:
    """Walk each row's tree from its root to a leaf and leave the position in `leaves`.

    A terminal or proven node met again is backed up at once. Mutates: tree[rows], leaves[rows].

    Args:
        tree: the trees; the slot of each is its row.
        roots: the positions at their roots.
        leaves: receives the positions of the leaves.
        rows: `[n]` which trees.
        settings: of the search.
        considered: `[m]` visits that a root action needs in this simulation of a Gumbel search, by the number
            of legal actions, of which the last entry stands for any more.
    """
    for index in range(rows.shape[0]):
        row = rows[index]
        node = descend(tree, row, row, roots, leaves, settings, considered)
        if tree.leaf_kind[row] == KNOWN_LEAF:
            back_up_known_leaf(tree, row, row, node, settings)


@inline_kernel
def _leaf_node(tree: Tree, row: int, slot: int, settings: Settings) -> int:
    """The node of a descent's leaf: the root itself, or a new child of the last edge."""
    length = int(tree.path_length[slot])
    if length == 0:
        return ROOT
    node = add_node(tree, row)
    tree.edge_child[row, tree.path_edge[slot, length - 1]] = node
    if settings.merge_transpositions:
        remember_node(tree, row, node, tree.leaf_key[slot])
    return node


@inline_kernel
def _ends_at_a_proof(tree: Tree, row: int, slot: int, settings: Settings) -> bool:
    """Cut a path at its first node that was proven since the descent, if any, and back that up.

    Mutates: tree[row], the path of the slot.
    """
    for step in range(tree.path_length[slot]):
        node = int(tree.path_node[slot, step])
        if is_proven(tree, row, node):
            tree.path_length[slot] = step
            back_up_known_leaf(tree, row, slot, node, settings)
            return True
    return False


@kernel
def add_terminal_leaves(
    tree: Tree,
    leaves: State,
    rows: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int64],
    values: npt.NDArray[np.float32],
    settings: Settings,
) -> None:
    """Add finished positions with their values to the side to move, and back them up. Mutates: tree[rows].

    Args:
        tree: the trees.
        leaves: the positions.
        rows: `[n]` which trees.
        slots: `[n]` where their leaves and paths are.
        values: `[n]`.
        settings: of the search.
    """
    for index in range(rows.shape[0]):
        row, slot = rows[index], slots[index]
        if settings.solve and _ends_at_a_proof(tree, row, slot, settings):
            continue
        node = _leaf_node(tree, row, slot, settings)
        tree.node_kind[row, node] = TERMINAL
        tree.raw_value[row, node] = values[index]
        if settings.merge_transpositions:
            if settings.solve:
                mark_end(tree, row, slot, node, leaves)
            back_up_merged(tree, row, slot, node, settings.solve)
            continue
        back_up(tree, row, slot, node, values[index])
        if settings.solve:
            mark_end(tree, row, slot, node, leaves)
            conclude(tree, row, slot, node)


@inline_kernel
def _is_too_early_to_pass(state: State, slot: int, settings: Settings) -> bool:
    is_early = state.scalars[slot, MOVE_COUNT] < settings.min_pass_ply
    return bool(is_early and state.rules[slot, GAME] == GO)


@inline_kernel
def _write_priors(
    actions: npt.NDArray[np.int16], logits: npt.NDArray[np.float32], priors: npt.NDArray[np.float32]
) -> None:
    """Softmax of the logits of some actions. Mutates: priors.

    Args:
        actions: `[n]` the legal ones.
        logits: `[A]`.
        priors: `[n]` receives the probabilities.
    """
    highest = -math.inf
    for place in range(actions.shape[0]):
        highest = max(highest, float(logits[actions[place]]))
    total = 0.0
    for place in range(actions.shape[0]):
        weight = math.exp(float(logits[actions[place]]) - highest)
        priors[place] = weight
        total += weight
    for place in range(actions.shape[0]):
        priors[place] = float(priors[place]) / total


@kernel
def add_open_leaves(
    tree: Tree,
    leaves: State,
    rows: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int64],
    logits: npt.NDArray[np.float32],
    values: npt.NDArray[np.float32],
    settings: Settings,
    random: RandomState,
) -> None:
    """Add evaluated positions with an edge for each legal action, and back their values up.

    Args:
        tree: the trees. Mutates: tree[rows].
        leaves: the positions.
        rows: `[n]` which trees.
        slots: `[n]` where their leaves and paths are.
        logits: `[n, A]` policy logits; masked to the legal actions here.
        values: `[n]` values to the side to move.
        settings: of the search; for UCT the edges are put in random order, by which it breaks ties.
        random: `[B]` generators of the rows.
    """
    for index in range(rows.shape[0]):
        row, slot = rows[index], slots[index]
        if settings.solve and _ends_at_a_proof(tree, row, slot, settings):
            continue
        node = _leaf_node(tree, row, slot, settings)
        first = int(tree.num_edges[row])
        count = legal_actions(leaves, slot, tree.edge_action[row, first:])
        if count > 1 and _is_too_early_to_pass(leaves, slot, settings):
            count -= 1  # the pass stands last
            tree.taint[row, node] = MOVES_LEFT_OUT
        last = first + count
        tree.node_kind[row, node] = INNER
        tree.first_edge[row, node] = first
        tree.edge_count[row, node] = count
        tree.reach[row, node] = count if node == ROOT or settings.rule != PUCT else 0
        tree.num_edges[row] = last
        if settings.rule == UCT:
            for edge in range(last - 1, first, -1):
                other = first + random_below(random, row, edge - first + 1)
                action = tree.edge_action[row, edge]
                tree.edge_action[row, edge] = tree.edge_action[row, other]
                tree.edge_action[row, other] = action
        _write_priors(tree.edge_action[row, first:last], logits[index], tree.edge_prior[row, first:last])
        tree.raw_value[row, node] = values[index]
        if settings.merge_transpositions:
            back_up_merged(tree, row, slot, node, settings.solve)
        else:
            back_up(tree, row, slot, node, values[index])
        if settings.solve:
            mark_open_leaf(tree, row, slot, node, leaves)
