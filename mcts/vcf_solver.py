"""Victories by continuous fours inside a search of Gomoku: a leaf that has one is won, a root plays it.

A search counts visits and may look past a win that a solver finds at once, for its side or for the other.
Here leaves are asked before the network is, so a move that leaves the opponent a victory by continuous fours
(VCF) is seen to lose at its first visit, and a position with a VCF is searched along its first move alone.
"""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from engine.board import GAME, GO, TO_PLAY, State
from engine.jit import kernel
from engine.rulesets import Rules
from engine.threats import find_vcf
from engine.vcf_kernels import VcfSpace, new_vcf_space, search_vcf
from mcts.evaluator import Rows
from mcts.proof_kernels import MOVES_LEFT_OUT
from mcts.tree import ROOT, Tree

ROOT_FACTOR = 100
"""The search of a root may try so many times as many fours as that of a leaf."""


@kernel
def _mark_won(
    state: State, rows: Rows, node_limit: int, space: VcfSpace, is_won: npt.NDArray[np.bool_]
) -> None:
    """Tell in which rows the side to move has a VCF. Mutates: space, is_won; the rows come back."""
    for index in range(rows.shape[0]):
        row = rows[index]
        color = int(state.scalars[row, TO_PLAY])
        is_won[index] = state.rules[row, GAME] != GO and search_vcf(state, row, color, node_limit, space) > 0


class VcfSolver:
    """Finds victories by continuous fours for one thread of a search.

    Attributes:
        node_limit: fours tried at a leaf.
    """

    def __init__(self, rules: Rules, node_limit: int) -> None:
        """Reserve memory.

        Args:
            rules: of the largest board to come.
            node_limit: fours to try at a leaf.
        """
        self.node_limit = node_limit
        self._space = new_vcf_space(rules.area)

    def are_won(self, leaves: State, rows: Rows) -> npt.NDArray[np.bool_]:
        """`[n]` whether the side to move has a VCF in a position that is not over; never in Go.

        Args:
            leaves: the positions, used as working space; they come back as they were.
            rows: `[n]` which of them.
        """
        is_won: npt.NDArray[np.bool_] = np.zeros(len(rows), np.bool_)
        _mark_won(leaves, rows, self.node_limit, self._space, is_won)
        return is_won

    def root_action(self, position: State, row: int) -> int | None:
        """The first move of a VCF of the side to move, None where none is found.

        Args:
            position: not over.
            row: which row of it.
        """
        if position.rules[row, GAME] == GO:
            return None
        return find_vcf(position, row, ROOT_FACTOR * self.node_limit).action


def solver_of(rules: Rules, node_limit: int) -> VcfSolver | None:
    """The solver for a search of some game; None where it has no use for one.

    Args:
        rules: of the largest board to come.
        node_limit: fours to try at a leaf, 0 for none.
    """
    return VcfSolver(rules, node_limit) if node_limit > 0 and rules.game == "gomoku" else None


def keep_root_moves(tree: Tree, row: int, allowed: Collection[int]) -> bool:
    """Forget all other moves of a root that was evaluated and not searched yet, and what they prove.

    Args:
        tree: the trees. Mutates: tree[row].
        row: which tree.
        allowed: actions to keep.

    Returns:
        Whether one of them is legal; if not, the tree is left as it was.
    """
    count = int(tree.edge_count[row, ROOT])
    actions, priors = tree.edge_action[row, :count].copy(), tree.edge_prior[row, :count].copy()
    is_kept = np.isin(actions, list(allowed))
    num_kept = int(is_kept.sum())
    if num_kept == 0:
        return False
    total = float(priors[is_kept].sum())
    tree.edge_action[row, :num_kept] = actions[is_kept]
    tree.edge_prior[row, :num_kept] = priors[is_kept] / total if total > 0 else 1 / num_kept
    tree.edge_count[row, ROOT] = tree.reach[row, ROOT] = tree.num_edges[row] = num_kept
    tree.lower_bound[row, ROOT], tree.upper_bound[row, ROOT] = -1, 1
    tree.taint[row, ROOT] = MOVES_LEFT_OUT
    return True
