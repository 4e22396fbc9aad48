"""Merged transpositions: one node for a position, however its moves were ordered, if rules see no difference.

Two paths share a node where stones, side to move, move number, passes, prisoners that score and the moves
that ko and superko ban are all the same. At each step of a descent the position itself names its node, so
that behind a capture two histories part as soon as their bans do. An edge leads to the node of the latest
path through it.

A node with several parents has more visits than any of its edges, so counts and values are not added up along
a path: an edge counts its own simulations and has the mean value of its child, and a node is worth its own
judgment and its edges, weighted by these counts. Source: D. Wu, "Monte-Carlo graph search from first
principles", KataGo's documentation, 2023; graphs in UCT: Childs, Brodeur & Kocsis 2008, Saffidine, Cazenave &
Méhat 2012.
"""

import numpy as np
import numpy.typing as npt

from engine.board import (
    BLACK,
    GAME,
    GO,
    HAS_CAPTURE,
    IS_OVER,
    MOVE_COUNT,
    NUM_EMPTY,
    PASS_COUNT,
    PRISONERS_OF_BLACK,
    PRISONERS_OF_WHITE,
    SCORING,
    SUICIDE,
    TERRITORY,
    TO_PLAY,
    State,
)
from engine.go_kernels import KO, SUPERKO_REPETITION, go_legality
from engine.jit import inline_kernel, kernel
from engine.zobrist import ZOBRIST
from mcts.config import SearchConfig
from mcts.proof_kernels import is_proven, update_bounds
from mcts.tree import INNER, NO_CHILD, Tree

NUMBER_SHIFT = np.uint64(16)
"""Bits for each small number of a position in the word that is mixed with the hash of its stones."""
HALF, LOW_HALF = np.uint64(32), np.uint64((1 << 32) - 1)
FIRST_FACTOR, SECOND_FACTOR = np.uint64(0x9E3779B1), np.uint64(0x85EBCA77)  # odd, with bits all over


@inline_kernel
def _mixed(word: np.uint64) -> np.uint64:
    """A word whose bits hang on many of another's, by two products of halves, which cannot overflow."""
    low, high = word & LOW_HALF, word >> HALF
    return (low * FIRST_FACTOR) ^ _turned(high * SECOND_FACTOR + low)


@inline_kernel
def _turned(word: np.uint64) -> np.uint64:
    """A word with its halves exchanged."""
    return (word << HALF) | (word >> HALF)


def require_sound_proofs(config: SearchConfig, *, in_go: bool) -> None:
    """Refuse proofs over merged positions of Go: one may rest on bans that another path does not know.

    Raises:
        ValueError: `solve` with `merge_transpositions` in a game of Go.
    """
    if config.merge_transpositions and config.solve and in_go:
        raise ValueError("merge_transpositions: expected solve to be false in a game of Go")


@inline_kernel
def position_key(state: State, row: int) -> np.uint64:
    """What names a position: 64 bits, so that two of a million agree in one tree of 10^7."""
    scalars = state.scalars[row]
    numbers = np.uint64(scalars[MOVE_COUNT])
    numbers = (numbers << np.uint64(2)) | np.uint64(scalars[TO_PLAY])
    numbers = (numbers << np.uint64(2)) | np.uint64(min(scalars[PASS_COUNT], 3))
    if state.rules[row, SCORING] == TERRITORY:
        numbers = (numbers << NUMBER_SHIFT) | np.uint64(scalars[PRISONERS_OF_BLACK])
        numbers = (numbers << NUMBER_SHIFT) | np.uint64(scalars[PRISONERS_OF_WHITE])
    key: np.uint64 = state.hash[row] ^ _mixed(_mixed(_mixed(numbers)))
    may_ban = scalars[HAS_CAPTURE] != 0 or state.rules[row, SUICIDE] != 0  # suicide may be the first removal
    if state.rules[row, GAME] == GO and may_ban and scalars[IS_OVER] == 0:
        for index in range(scalars[NUM_EMPTY]):
            point = int(state.empty[row, index])
            if go_legality(state, row, point) in (KO, SUPERKO_REPETITION):
                key ^= _turned(ZOBRIST[BLACK, point])
    return key


@inline_kernel
def find_node(tree: Tree, row: int, key: np.uint64) -> int:
    """The node of a position, or NO_CHILD."""
    last = tree.node_table.shape[1] - 1
    place = np.int64(key & np.uint64(last))
    while True:
        node = int(tree.node_table[row, place])
        if node == NO_CHILD or tree.node_key[row, node] == key:
            return node
        place = (place + 1) & last


@inline_kernel
def remember_node(tree: Tree, row: int, node: int, key: np.uint64) -> None:
    """Enter a node into the table. Mutates: tree[row]. Precondition: no node has its key."""
    last = tree.node_table.shape[1] - 1
    place = np.int64(key & np.uint64(last))
    while tree.node_table[row, place] != NO_CHILD:
        place = (place + 1) & last
    tree.node_table[row, place] = node
    tree.node_key[row, node] = key


@kernel
def child_by_position(tree: Tree, row: int, child: int, leaves: State, slot: int) -> int:
    """The node of the position in `leaves[slot]`, whose key becomes the slot's. Mutates: leaf_key.

    Args:
        tree: the trees.
        row: which tree.
        child: where the edge has led so far, or NO_CHILD.
        leaves: the positions.
        slot: which of them.

    Returns:
        The node, or NO_CHILD where the position is new.
    """
    key = position_key(leaves, slot)
    tree.leaf_key[slot] = key
    if child != NO_CHILD and tree.node_key[row, child] == key:
        return child
    return find_node(tree, row, key)


@inline_kernel
def _set_edge_value(tree: Tree, row: int, edge: int) -> None:
    """Give an edge the mean value of its child, for each of its own visits. Mutates: tree[row]."""
    child, count = int(tree.edge_child[row, edge]), int(tree.edge_visit_count[row, edge])
    mean = 0.0
    if count > 0:
        mean = float(tree.value_sum[row, child]) / int(tree.visit_count[row, child])
    tree.edge_value_sum[row, edge] = -mean * count


@kernel
def _sum_up(tree: Tree, row: int, node: int) -> None:
    """Work out visits and value of an inner node from its judgment and its edges. Mutates: tree[row]."""
    raw_value = float(tree.raw_value[row, node])
    visits, value_sum, square_sum = 1, raw_value, raw_value * raw_value
    first = int(tree.first_edge[row, node])
    for edge in range(first, first + int(tree.reach[row, node])):
        count = int(tree.edge_visit_count[row, edge])
        if count == 0:
            continue
        _set_edge_value(tree, row, edge)
        child = int(tree.edge_child[row, edge])
        visits += count
        value_sum += tree.edge_value_sum[row, edge]
        square_sum += tree.value_square_sum[row, child] * (count / int(tree.visit_count[row, child]))
    lowest, highest = float(tree.lower_bound[row, node]), float(tree.upper_bound[row, node])
    tree.visit_count[row, node] = visits
    tree.value_sum[row, node] = min(max(value_sum / visits, lowest), highest) * visits
    tree.value_square_sum[row, node] = square_sum


@kernel
def back_up_merged(tree: Tree, row: int, slot: int, leaf: int, solve: bool) -> None:
    """Count a simulation on each edge of a path, and work out every node on it anew. Mutates: tree[row].

    Precondition: `raw_value` of the leaf is written, and what is proven of it.

    Args:
        tree: the trees.
        row: which tree.
        slot: where the path is.
        leaf: the node that was reached: a new one, a finished game or one that is proven.
        solve: whether bounds follow those of children.
    """
    raw_value = float(tree.raw_value[row, leaf])
    if tree.node_kind[row, leaf] != INNER:
        tree.visit_count[row, leaf] += 1
        tree.value_sum[row, leaf] += raw_value
        tree.value_square_sum[row, leaf] += raw_value * raw_value
    elif not (solve and is_proven(tree, row, leaf)):
        _sum_up(tree, row, leaf)
    child = leaf
    for step in range(tree.path_length[slot] - 1, -1, -1):
        node, edge = int(tree.path_node[slot, step]), int(tree.path_edge[slot, step])
        tree.edge_child[row, edge] = child
        tree.edge_visit_count[row, edge] += 1
        if solve:
            update_bounds(tree, row, node, child)
        _sum_up(tree, row, node)
        child = node


@inline_kernel
def forget_virtual_loss(tree: Tree, row: int, edge: int) -> None:
    """Take one lost descent off an edge that is not finished. Mutates: tree[row]."""
    tree.edge_visit_count[row, edge] -= 1
    _set_edge_value(tree, row, edge)


@inline_kernel
def is_leaf_taken(tree: Tree, slot: int, others: npt.NDArray[np.int64]) -> bool:
    """Whether one of some other slots holds the same leaf."""
    for index in range(others.shape[0]):  # noqa: SIM110 - kernels know no `any`
        if tree.leaf_key[others[index]] == tree.leaf_key[slot]:
            return True
    return False
