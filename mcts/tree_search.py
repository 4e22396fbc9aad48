"""The search of one position for play: many leaves of one tree at a time, in one or more threads.

Each thread gathers leaves, judges them and adds them to the tree; only judging runs beside the others. Tree
and kernels are those of `mcts.search`. Gumbel search stays there: its root deals out simulations one by one.
"""

import contextvars
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Condition

import numpy as np
import numpy.typing as npt

from engine.board import GAME, GO, IS_OVER, State, allocate_state, copy_row
from engine.errors import YomiError
from engine.life_kernels import new_life_workspace
from engine.random_state import new_random_state
from engine.rulesets import Rules
from engine.scoring import require_outcomes, values_to_play
from mcts.analysis import Analysis, analyze_root, root_priors
from mcts.config import SearchConfig
from mcts.continuation import moves_between
from mcts.ending_kernels import leave_out_pointless_moves, write_ending_bonuses
from mcts.evaluator import Evaluator, Rows, SymmetricEvaluator, symmetric
from mcts.forecast import Forecaster
from mcts.lcb_kernels import lcb_root_actions
from mcts.merge_kernels import require_sound_proofs
from mcts.proof_kernels import keep_best_standing
from mcts.puct_kernels import prune_forced_visits, root_visits
from mcts.reroot_kernels import child_of_root, reroot, reroot_merged
from mcts.root_width import disturbed, flatten_priors, width_of
from mcts.simulation_kernels import add_open_leaves, add_terminal_leaves
from mcts.tree import (
    NO_CHILD,
    OPEN_LEAF,
    ROOT,
    TAKEN_LEAF,
    TERMINAL,
    TERMINAL_LEAF,
    allocate_tree,
    reset_trees,
)
from mcts.vcf_solver import keep_root_moves, solver_of
from mcts.virtual_loss_kernels import gather_leaves

ROW = np.zeros(1, np.int64)
"""The one row of the tree and of the root."""
BATCH = 16
"""Leaves a thread gathers at a time."""
VISITS_PER_LEAF = 8
"""Visits that a tree must have for each leaf gathered beyond the first: a small tree has no room for many."""
DESCENTS_PER_SLOT = 4
"""Descents for each leaf to be gathered, before what there is goes to be judged: some meet known ends."""
NO_COURSE = np.zeros(1, np.int32)
"""What `gather_leaves` takes for the course of a Gumbel search."""


def never() -> bool:
    """The `stop` of a search that nobody stops."""
    return False


@dataclass(frozen=True)
class Limits:
    """When a search of one position ends: at the first of these, yet not before two simulations.

    Attributes:
        visits: of the root, those of a tree that is used again included; None for what the memory holds.
        deadline: by `time.monotonic()`, or None.
        stop: asked before each batch, from any of the threads, such as `threading.Event().is_set`.
    """

    visits: int | None = None
    deadline: float | None = None
    stop: Callable[[], bool] = never


class TreeSearch:
    """Grows one tree over one position, and keeps what still holds when the game has gone on.

    The same seed and evaluator give the same tree as long as there is one thread and no clock. Between two
    calls, and whenever a progress function runs, the tree holds finished simulations alone.

    Attributes:
        config: the settings.
        tree: the tree, in row 0.
        root: the position at its root, in row 0.
    """

    def __init__(
        self,
        config: SearchConfig,
        evaluators: Sequence[Evaluator],
        rules: Rules,
        seed: np.random.SeedSequence,
        *,
        batch: int = BATCH,
        max_nodes: int | None = None,
        forecaster: Forecaster | None = None,
    ) -> None:
        """Reserve all memory the search will ever use.

        Args:
            config: the settings; without noise, `puct` or `uct`.
            evaluators: judges of open leaves, one for each thread; an evaluator that keeps nothing between
                rows may stand there more than once. They see rows below `batch` times their number.
            rules: of the largest board to come.
            seed: entropy of ties.
            batch: most leaves that a thread gathers at a time.
            max_nodes: of the tree; `config.num_simulations` by default.
            forecaster: of ownership, for an `ending_bonus`.

        Raises:
            ValueError: a Gumbel search, `average_root` with an evaluator that knows no symmetries, an
                `ending_bonus` without a forecaster, or `solve` with merged transpositions of Go.
        """
        require_sound_proofs(config, in_go=rules.game == "go")
        if config.selection == "gumbel":
            raise ValueError("selection gumbel: expected puct or uct, one tree has no sequential halving")
        if config.ending_bonus > 0 and forecaster is None:
            raise ValueError("ending_bonus: expected a network that knows ownership")
        self._forecaster = forecaster
        self._root_evaluator: SymmetricEvaluator | None = None
        if config.average_root:
            self._root_evaluator = symmetric(evaluators[0])
        num_slots = len(evaluators) * batch
        history = rules.resolved_move_limit + 2
        self.config = config
        self._max_nodes = max_nodes or config.num_simulations
        merges = config.merge_transpositions
        size = (1, self._max_nodes, rules.num_actions, num_slots)
        self.tree = allocate_tree(*size, merges=merges)
        self._next_tree = allocate_tree(*size, merges=True) if merges else self.tree
        self._settings = config.settings()
        self._evaluators = evaluators
        self._random = new_random_state(seed, 1)
        self.root = allocate_state(1, rules.width, rules.height, history)
        self._work_row = allocate_state(1, rules.width, rules.height, history)
        self._leaves = allocate_state(num_slots, rules.width, rules.height, history)
        self._slots = np.arange(num_slots).reshape(len(evaluators), batch)
        self._logits = np.empty((*self._slots.shape, rules.num_actions), np.float32)
        self._values = np.empty(self._slots.shape, np.float32)
        self._places = np.empty((2, self._max_nodes), np.int32)
        num_points = self.root.stone.shape[1]
        self._owner, self._life = np.zeros(num_points, np.int8), new_life_workspace(num_points)
        self._is_in_flight = np.zeros(num_slots, np.bool_)
        self._changed = Condition()
        self._is_ending = False
        self._allowed: Collection[int] | None = None
        self._noise, self._width = 0.0, 1.0
        self._noise_random = np.random.default_rng(seed)
        self._solvers = [solver_of(rules, config.vcf_nodes) for _ in evaluators]
        reset_trees(self.tree, ROW)

    # The root.

    def set_root(
        self,
        position: State,
        row: int = 0,
        allowed: Collection[int] | None = None,
        *,
        wide_root_noise: float = 0.0,
    ) -> None:
        """Turn to a position, with what is known of it if it is at most two moves ahead in the same game.

        With `clean_up` nothing is known of a new position: its pointless moves would have visits. Nor is
        anything known where only some moves are allowed, or were. A victory by continuous fours that
        `vcf_nodes` find is the only move allowed.

        Args:
            position: not over.
            row: which row of it.
            allowed: the only moves to search here, later moves being free; None for all.
            wide_root_noise: how much wider than for play to search here, see `mcts.root_width`; 0 for play.
                A position that was searched with another noise is searched anew.

        Raises:
            ValueError: the game is over, or noise with `uct`, which has no priors.
            OutcomeForbiddenError: `vcf_nodes` behind the firewall.
        """
        if position.scalars[row, IS_OVER] != 0:
            raise ValueError("search: expected a game that is not over")
        width = width_of(wide_root_noise)
        if wide_root_noise > 0 and self.config.selection != "puct":
            raise ValueError("wide_root_noise: expected 0 unless the selection is puct")
        allowed = self._narrowed(position, row, allowed)
        is_free = self._allowed is None and allowed is None
        if not (is_free and self._follow(position, row) and self._width in (1.0, width)):
            reset_trees(self.tree, ROW)
            self._width = 1.0
        self._noise = wide_root_noise
        copy_row(position, row, self.root, 0)
        self._allowed = allowed

    def _narrowed(self, position: State, row: int, allowed: Collection[int] | None) -> Collection[int] | None:
        """The moves to search, where one of them wins that one alone."""
        if self._solvers[0] is None:
            return allowed
        require_outcomes()
        action = self._solvers[0].root_action(position, row)
        return allowed if action is None or (allowed is not None and action not in allowed) else (action,)

    def _follow(self, position: State, row: int) -> bool:
        """Go down the tree to a position; False where the tree knows no way."""
        actions = moves_between(self.root, position, row, self._work_row)
        if actions and self.config.clean_up:
            return False
        for action in actions or ():
            node = child_of_root(self.tree, 0, action)
            if node == NO_CHILD:
                return False
            self._go_down(node)
            self._width = 1.0
        # A leaf that counted as won by fours has no moves to go on with.
        return actions is not None and self.tree.node_kind[0, ROOT] != TERMINAL

    def _go_down(self, node: int) -> None:
        """Make an evaluated node the root."""
        if self.config.merge_transpositions:
            reset_trees(self._next_tree, ROW)
            reroot_merged(self.tree, node, self._next_tree, self._places)
            self.tree, self._next_tree = self._next_tree, self.tree
        else:
            reroot(self.tree, 0, node, self._places[0])

    # The search.

    def run(self, limits: Limits, progress: Callable[[], None] | None = None) -> None:
        """Search the root until a limit is reached, or all is proven or the memory is full.

        Args:
            limits: when to end.
            progress: called between batches in the calling thread, which gathers no leaves meanwhile.

        Raises:
            ValueError: fewer than two visits.
            YomiError: no move that is allowed is legal.
            OutcomeForbiddenError: `solve`, `clean_up` or an `ending_bonus` behind the firewall.
        """
        if limits.visits is not None and limits.visits < 2:
            raise ValueError(f"search: {limits.visits} visits, expected at least 2")
        if self.config.solve or self.config.clean_up or self.config.ending_bonus > 0:
            require_outcomes()
        self._is_in_flight[:] = False
        self._is_ending = False
        if self.num_visits == 0:
            self._step(0, limits)
            if self._allowed is not None:
                if not keep_root_moves(self.tree, 0, self._allowed):
                    raise YomiError("allowed moves: expected a legal one among them")
            elif self.config.clean_up:
                leave_out_pointless_moves(self.tree, self.root, ROW, self._owner, self._life)
        if self._noise > 0 and self._width == 1.0:
            self._width = width_of(self._noise)
            flatten_priors(self.tree, 0, self._width)
        if self.config.ending_bonus > 0 and self.root.rules[0, GAME] == GO:
            self._write_ending_bonuses()
        if len(self._evaluators) == 1:
            self._work(0, limits, progress)
            return
        with ThreadPoolExecutor(len(self._evaluators) - 1, thread_name_prefix="search") as pool:
            try:
                others = [
                    pool.submit(contextvars.copy_context().run, self._work, worker, limits, None)
                    for worker in range(1, len(self._evaluators))
                ]
                self._work(0, limits, progress)
                for other in others:
                    other.result()
            finally:
                self._end()

    def _write_ending_bonuses(self) -> None:
        assert self._forecaster is not None
        ownership = self._forecaster.forecast(self.root, ROW).ownership_black
        if ownership is None:
            raise ValueError("ending_bonus: expected a network that knows ownership")
        write_ending_bonuses(self.tree, 0, self.root, ownership[0], self.config.ending_bonus)

    def _work(self, worker: int, limits: Limits, progress: Callable[[], None] | None) -> None:
        """What each thread does: steps to the end of the search. All threads end when one fails."""
        try:
            while self._step(worker, limits):
                if progress is not None:
                    progress()
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()

    def _step(self, worker: int, limits: Limits) -> bool:
        """Gather leaves, judge them, add them; returns whether the search goes on."""
        with self._changed:
            if self._is_done(limits):
                return False
            pending = self._gather(self._slots[worker], limits)
        if len(pending):
            self._judge(worker, pending)
        return True

    def _is_done(self, limits: Limits) -> bool:
        is_proven = self.tree.lower_bound[0, ROOT] == self.tree.upper_bound[0, ROOT]
        if self._is_ending or is_proven or self._most_descents(limits) <= 0:
            return True
        is_late = limits.deadline is not None and time.monotonic() >= limits.deadline
        return self.num_visits >= 2 and (is_late or limits.stop())

    def _most_descents(self, limits: Limits) -> int:
        """Simulations that may still begin, by the limits and by the memory."""
        visits, nodes = self.num_visits, int(self.tree.num_nodes[0])
        allowed = self._max_nodes - nodes if limits.visits is None else limits.visits - visits
        return min(allowed, self._max_nodes - nodes) - int(self._is_in_flight.sum())

    def _gather(self, slots: Rows, limits: Limits) -> Rows:
        """Descend; returns the slots whose leaves must be judged, of which there may be none."""
        most = min(self._most_descents(limits), DESCENTS_PER_SLOT * len(slots))
        free = slots[: min(most, 1 + self.num_visits // VISITS_PER_LEAF)]
        tree, in_flight = self.tree, np.flatnonzero(self._is_in_flight)
        with disturbed(tree, 0, self._noise, self._noise_random):
            filled = gather_leaves(
                tree, 0, self.root, self._leaves, in_flight, free, most, self._settings, NO_COURSE
            )
        found = free[:filled]
        pending: Rows = found[tree.leaf_kind[found] != TAKEN_LEAF]
        if filled and not len(pending):
            self._changed.wait()  # every way leads to leaves that other threads are judging
        self._is_in_flight[pending] = True
        return pending

    def _judge(self, worker: int, pending: Rows) -> None:
        """Value leaves, without the lock, and add them to the tree."""
        kinds = self.tree.leaf_kind[pending]
        finished, opened = pending[kinds == TERMINAL_LEAF], pending[kinds == OPEN_LEAF]
        outcomes = values_to_play(self._leaves, finished)
        solver = self._solvers[worker]
        if solver is not None and self.num_visits > 0:
            is_won = solver.are_won(self._leaves, opened)
            finished = np.concatenate([finished, opened[is_won]])
            outcomes = np.concatenate([outcomes, np.ones(int(is_won.sum()), np.float32)])
            opened = opened[~is_won]
        logits, values = self._logits[worker, : len(opened)], self._values[worker, : len(opened)]
        if len(opened):
            if self._root_evaluator is not None and self.num_visits == 0:
                self._root_evaluator.evaluate_mean(self._leaves, opened, logits, values)
            else:
                self._evaluators[worker].evaluate(self._leaves, opened, logits, values)
        with self._changed:
            tree, leaves, settings = self.tree, self._leaves, self._settings
            rows = np.zeros_like(finished)
            add_terminal_leaves(tree, leaves, rows, finished, outcomes, settings)
            rows = np.zeros_like(opened)
            add_open_leaves(tree, leaves, rows, opened, logits, values, settings, self._random)
            self._is_in_flight[pending] = False
            self._changed.notify_all()

    # What was found.

    @property
    def num_visits(self) -> int:
        """Simulations in the tree."""
        return int(self.tree.visit_count[0, ROOT])

    def move_weights(self) -> npt.NDArray[np.int32]:
        """`[A]` visits that count for the choice of a move; see `Search.move_weights`."""
        weights: npt.NDArray[np.int32] = np.empty((1, self._logits.shape[-1]), np.int32)
        root_visits(self.tree, ROW, weights)
        if self.config.forced_playouts > 0 and self.config.selection == "puct":
            prune_forced_visits(self.tree, ROW, self._settings, weights)
        if self.config.solve:
            keep_best_standing(self.tree, ROW, weights)
        return weights.ravel()

    def best_action(self) -> int:
        """The move to play: see `mcts.lcb_kernels`. A proven win comes first, a proven loss last."""
        actions = np.empty(1, np.int64)
        with self._changed:
            lcb_root_actions(self.tree, ROW, actions)
        return int(actions[0])

    def analysis(self) -> Analysis:
        """What the tree says now; also from another thread while the search runs."""
        with self._changed:
            return analyze_root(self.tree, self.root, self.best_action(), self._width)

    def root_priors(self) -> list[float]:
        """`[A]` probabilities by the evaluator, -1 for what is illegal; not while others search."""
        return root_priors(self.tree, self._logits.shape[-1], self._width)
