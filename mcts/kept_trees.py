"""Which trees of the move before still hold: those whose game went on by a move or two that they know."""

import numpy as np
import numpy.typing as npt

from engine.board import State, allocate_state, copy_row
from engine.rulesets import Rules
from mcts.continuation import moves_between
from mcts.evaluator import Rows
from mcts.reroot_kernels import child_of_root, reroot
from mcts.tree import NO_CHILD, ROOT, Tree


class KeptTrees:
    """Remembers the positions at the roots, and turns each tree to where its game has come since."""

    def __init__(self, tree: Tree, rules: Rules, num_nodes: int) -> None:
        """Reserve memory.

        Args:
            tree: the trees.
            rules: largest board the rows will hold.
            num_nodes: most nodes of a tree.
        """
        batch, history = len(tree.num_nodes), rules.resolved_move_limit + 2
        self._tree = tree
        self._positions = allocate_state(batch, rules.width, rules.height, history)
        self._work_row = allocate_state(1, rules.width, rules.height, history)
        self._places = np.empty(num_nodes, np.int32)

    def follow(self, roots: State, rows: Rows, most_visits: int) -> npt.NDArray[np.bool_]:
        """Turn trees to new positions, and remember these.

        Args:
            roots: the positions.
            rows: `[n]` which trees.
            most_visits: that a tree may bring along.

        Returns:
            `[n]` which trees hold their position now; the others hold nothing of use.
        """
        is_kept = np.array([self._follow(roots, int(row)) for row in rows], np.bool_)
        for row in rows:
            copy_row(roots, int(row), self._positions, int(row))
        has_few_visits = self._tree.visit_count[rows, ROOT] <= most_visits
        return np.asarray(is_kept & has_few_visits, np.bool_)

    def _follow(self, roots: State, row: int) -> bool:
        before = State._make(field[row : row + 1] for field in self._positions)
        actions = moves_between(before, roots, row, self._work_row)
        for action in actions or ():
            node = child_of_root(self._tree, row, action)
            if node == NO_CHILD:
                return False
            reroot(self._tree, row, node, self._places)
        return bool(actions)
