"""The search: many trees grown together, one simulation of every tree at a time.

The road of one simulation: `select_leaves` (kernel) -> evaluator or terminal values -> `add_open_leaves` or
`add_terminal_leaves` (kernels), which back the value up.
"""

import time

import numpy as np
import numpy.typing as npt

from engine.board import GAME, GO, IS_OVER, State, allocate_state
from engine.life_kernels import new_life_workspace
from engine.random_state import new_random_state
from engine.rulesets import Rules
from engine.scoring import require_outcomes, values_to_play
from engine.symmetry import NUM_SYMMETRIES
from mcts.config import SearchConfig
from mcts.ending_kernels import leave_out_pointless_moves
from mcts.evaluator import Evaluator, Floats, Rows, SymmetricEvaluator, TerminalValues, symmetric
from mcts.gumbel_kernels import (
    considered_visits,
    gumbel_root_actions,
    improved_policies,
    set_root_logits,
)
from mcts.kept_trees import KeptTrees
from mcts.lcb_kernels import lcb_root_actions
from mcts.merge_kernels import require_sound_proofs
from mcts.noise_kernels import add_root_noise
from mcts.policy_target import policy_targets
from mcts.proof_kernels import keep_best_standing
from mcts.puct_kernels import best_root_actions, prune_forced_visits, root_visits
from mcts.simulation_kernels import (
    add_open_leaves,
    add_terminal_leaves,
    select_leaves,
)
from mcts.tree import OPEN_LEAF, ROOT, TERMINAL_LEAF, allocate_tree, reset_trees
from mcts.vcf_solver import keep_root_moves, solver_of


class Search:
    """Grows one tree a row over the positions it is given.

    Attributes:
        config: the settings.
        tree: the trees of the latest `run`.
        num_evaluations: positions sent to the evaluator so far, the budget unit of the experiments.
    """

    def __init__(
        self,
        config: SearchConfig,
        evaluator: Evaluator,
        rules: Rules,
        batch: int,
        seed: np.random.SeedSequence,
        terminal_values: TerminalValues = values_to_play,
        max_nodes: int | None = None,
    ) -> None:
        """Reserve all memory the search will ever use.

        Args:
            config: the settings.
            evaluator: judge of open leaves.
            rules: largest board the rows will hold.
            batch: rows.
            seed: entropy of noise and ties; each row has a generator of its own.
            terminal_values: judge of finished games; the true result by default.
            max_nodes: nodes a tree; `num_simulations` by default.

        Raises:
            ValueError: `average_root` with an evaluator that knows no symmetries, or an `ending_bonus`.
        """
        if config.ending_bonus > 0:
            raise ValueError("ending_bonus: expected 0 in a search of many games")
        self.config = config
        self.num_evaluations = 0
        self._settings = config.settings()
        self._evaluator = evaluator
        self._root_evaluator: SymmetricEvaluator | None = None
        if config.average_root:
            self._root_evaluator = symmetric(evaluator)
        self._terminal_values = terminal_values
        self._max_nodes = max_nodes or config.num_simulations
        self._random = new_random_state(seed, batch)
        self._leaves = allocate_state(batch, rules.width, rules.height, rules.resolved_move_limit + 2)
        self._logits = np.empty((batch, rules.num_actions), np.float32)
        self._values = np.empty(batch, np.float32)
        num_points = self._leaves.stone.shape[1]
        self._owner, self._life = np.zeros(num_points, np.int8), new_life_workspace(num_points)
        merges = config.merge_transpositions
        self.tree = allocate_tree(batch, self._max_nodes, rules.num_actions, merges=merges)
        self._kept = KeptTrees(self.tree, rules, self._max_nodes)
        self._solver = solver_of(rules, config.vcf_nodes)

    def run(
        self,
        roots: State,
        rows: npt.NDArray[np.integer],
        *,
        noise: bool = False,
        num_simulations: int | None = None,
        deadline: float | None = None,
    ) -> None:
        """Search fresh trees, or with `reuse_tree` what still holds of those of the latest run.

        Args:
            roots: the positions, row for row; none of `rows` may be over.
            rows: `[n]` which rows.
            noise: whether to explore: by noise in the root priors, or in Gumbel search by that in the logits.
            num_simulations: instead of the configured number; visits that a tree brings along count.
            deadline: `time.monotonic()` after which to stop early, with at least two simulations done.

        Raises:
            ValueError: a game is over, there are fewer than two simulations, or `solve` meets terminal values
                that are no outcomes, or merged transpositions of Go.
            OutcomeForbiddenError: `solve`, `clean_up` or `vcf_nodes` behind the firewall.
        """
        if self.config.solve or self.config.clean_up or self._solver is not None:
            require_outcomes()
        active = np.asarray(rows, np.int64)
        require_sound_proofs(self.config, in_go=bool((roots.rules[active, GAME] == GO).any()))
        if (roots.scalars[active, IS_OVER] != 0).any():
            raise ValueError("search: expected games that are not over")
        limit = min(num_simulations or self.config.num_simulations, self._max_nodes)
        if limit < 2:
            raise ValueError(f"search: {limit} simulations, expected at least 2")
        fresh = active
        if self.config.reuse_tree:
            fresh = active[~self._kept.follow(roots, active, limit // 2 if noise else limit)]
        reset_trees(self.tree, fresh)
        is_gumbel = self.config.selection == "gumbel"
        considered = considered_visits(self.config.max_considered if is_gumbel else 1, limit - 1)
        self._simulate(roots, fresh, considered[:, 0], is_first=True)
        self._prepare_roots(roots, active, noise)
        keeps_step = not self.config.solve and not self.config.reuse_tree
        for simulation in range(limit - 1):
            if not keeps_step:
                active = active[self._is_open(active, limit)]
            if not len(active):
                return
            self._simulate(roots, active, considered[:, simulation])
            if deadline is not None and time.monotonic() >= deadline:
                return

    def _is_open(self, rows: Rows, limit: int) -> npt.NDArray[np.bool_]:
        """`[n]` whether a root has fewer visits than the limit and is not proven."""
        tree = self.tree
        is_proven = tree.lower_bound[rows, ROOT] == tree.upper_bound[rows, ROOT]
        return np.asarray((tree.visit_count[rows, ROOT] < limit) & ~is_proven)

    def _simulate(
        self, roots: State, rows: Rows, considered: npt.NDArray[np.int32], *, is_first: bool = False
    ) -> None:
        select_leaves(self.tree, roots, self._leaves, rows, self._settings, considered)
        kinds = self.tree.leaf_kind[rows]
        finished = rows[kinds == TERMINAL_LEAF]
        if len(finished):
            outcomes = self._terminal_values(self._leaves, finished)
            if self.config.solve and not np.isin(outcomes, (-1, 0, 1)).all():
                raise ValueError("solve: expected terminal values that are outcomes, -1, 0 or 1")
            add_terminal_leaves(self.tree, self._leaves, finished, finished, outcomes, self._settings)
        opened = rows[kinds == OPEN_LEAF]
        if self._solver is not None and not is_first:
            is_won = self._solver.are_won(self._leaves, opened)
            won, opened = opened[is_won], opened[~is_won]
            ones = np.ones(len(won), np.float32)
            add_terminal_leaves(self.tree, self._leaves, won, won, ones, self._settings)
        if len(opened):
            logits, values = self._logits[: len(opened)], self._values[: len(opened)]
            if is_first and self._root_evaluator is not None:
                self._root_evaluator.evaluate_mean(self._leaves, opened, logits, values)
                self.num_evaluations += NUM_SYMMETRIES * len(opened)
            else:
                self._evaluator.evaluate(self._leaves, opened, logits, values)
                self.num_evaluations += len(opened)
            add_open_leaves(
                self.tree, self._leaves, opened, opened, logits, values, self._settings, self._random
            )

    def _prepare_roots(self, roots: State, rows: Rows, noise: bool) -> None:
        config = self.config
        if self._solver is not None:
            for row in rows:
                if (action := self._solver.root_action(roots, int(row))) is not None:
                    keep_root_moves(self.tree, int(row), (action,))
        if config.clean_up:
            leave_out_pointless_moves(self.tree, roots, rows, self._owner, self._life)
        if config.selection == "gumbel":
            set_root_logits(self.tree, rows, config.gumbel_scale if noise else 0.0, self._random)
        elif noise:
            add_root_noise(
                self.tree, rows, config.noise_weight, config.noise_total, config.noise_shape, self._random
            )

    def visit_counts(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """`[n, A]` visits of the root's actions in the latest run."""
        active = np.asarray(rows, np.int64)
        visits = np.empty((len(active), self._logits.shape[1]), np.int32)
        root_visits(self.tree, active, visits)
        return visits

    def move_weights(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.int32] | Floats:
        """`[n, A]` what a move is drawn from: the improved policy of Gumbel search, else `counted_visits`.

        Gumbel search deals its visits out by rounds, so they say little of moves.
        """
        gumbel = self.config.selection == "gumbel"
        return self.policy_targets(rows) if gumbel else self.counted_visits(rows)

    def counted_visits(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """`[n, A]` root visits without forced ones, and none of moves proven worse."""
        active = np.asarray(rows, np.int64)
        weights = self.visit_counts(active)
        if self.config.forced_playouts > 0 and self.config.selection == "puct":
            prune_forced_visits(self.tree, active, self._settings, weights)
        if self.config.solve:
            keep_best_standing(self.tree, active, weights)
        return weights

    def best_actions(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """`[n]` most visited root actions of the latest run; of equals the best valued.

        Gumbel search takes the prior and its noise into account as well, and `choose_by_lcb` goes by lower
        confidence bounds. A proven win is always played, a proven loss only when there is nothing else.
        """
        active = np.asarray(rows, np.int64)
        actions = np.empty(len(active), np.int64)
        if self.config.selection == "gumbel":
            gumbel_root_actions(self.tree, active, self._settings, actions)
        elif self.config.choose_by_lcb:
            lcb_root_actions(self.tree, active, actions)
        else:
            best_root_actions(self.tree, active, actions)
        return actions

    def policy_targets(self, rows: npt.NDArray[np.integer]) -> Floats:
        """`[n, A]` what a network should learn of the latest run: the improved policy, or visits' shares."""
        if self.config.selection != "gumbel":
            return policy_targets(self.counted_visits(rows))
        active = np.asarray(rows, np.int64)
        policies = np.empty((len(active), self._logits.shape[1]), np.float32)
        improved_policies(self.tree, active, self._settings, policies)
        return policies

    def root_surprises(self, rows: npt.NDArray[np.integer]) -> Floats:
        """`[n]` nats by which `policy_targets` differ from the priors that the roots were searched with."""
        targets, priors = self.policy_targets(rows), np.ones((len(rows), self._logits.shape[1]))
        for index, row in enumerate(rows):
            first = int(self.tree.first_edge[row, ROOT])
            edges = slice(first, first + int(self.tree.edge_count[row, ROOT]))
            priors[index, self.tree.edge_action[row, edges]] = self.tree.edge_prior[row, edges]
        ratios = np.where(targets > 0, targets, 1) / np.where(targets > 0, np.maximum(priors, 1e-30), 1)
        return np.asarray((targets * np.log(ratios)).sum(axis=1), np.float32)

    def root_values(self, rows: npt.NDArray[np.integer]) -> Floats:
        """`[n]` mean values of the roots to the side to move."""
        active = np.asarray(rows, np.int64)
        sums = self.tree.value_sum[active, ROOT]
        return np.asarray(sums / self.tree.visit_count[active, ROOT], np.float32)

    def action_values(self, row: int) -> dict[int, float]:
        """Mean value to the side to move of each visited action of a root."""
        tree = self.tree
        first = int(tree.first_edge[row, ROOT])
        edges = range(first, first + int(tree.edge_count[row, ROOT]))
        return {
            int(tree.edge_action[row, edge]): float(
                tree.edge_value_sum[row, edge] / tree.edge_visit_count[row, edge]
            )
            for edge in edges
            if tree.edge_visit_count[row, edge] > 0
        }
