"""The exact value of tiny Go boards by full search over the kernels of the engine."""

from __future__ import annotations

import numpy as np

from engine import board
from engine.board import BLACK, State, copy_row, new_state
from engine.rules_kernels import legal_actions, play, score_black
from engine.rulesets import Rules

Key = tuple[int, int, int, frozenset[int]]


class ExactGo:
    """Answers whether Black reaches a score against any defense; remembers what it has found.

    The table is keyed by all boards of the game so far, so positional superko is kept exactly.
    """

    def __init__(self, rules: Rules, threshold: float) -> None:
        """Reserve one row for each ply.

        Args:
            rules: a tiny board under positional superko, with a move limit that is never reached.
            threshold: points after komi that Black wants at least.
        """
        self._threshold = threshold
        self._state = new_state(rules, batch=rules.resolved_move_limit + 1)
        self._num_actions = rules.num_actions
        self._known: dict[Key, bool] = {}

    def black_reaches_it(self, state: State, row: int) -> bool:
        """Whether Black, whoever is to play, ends with the wanted score or more."""
        copy_row(state, row, self._state, 0)
        return self._search(0)

    def _search(self, row: int) -> bool:
        state = self._state
        if state.scalars[row, board.IS_OVER]:
            return bool(score_black(state, row) >= self._threshold)
        key = self._key(row)
        if key not in self._known:
            hope = key[1] == BLACK
            self._known[key] = hope if self._can_be(hope, row) else not hope
        return self._known[key]

    def _can_be(self, hope: bool, row: int) -> bool:
        """Whether a move leads where the side to play hopes to be; the pass is tried first."""
        actions = np.empty(self._num_actions, np.int16)
        count = legal_actions(self._state, row, actions)
        for action in actions[:count][::-1]:
            copy_row(self._state, row, self._state, row + 1)
            play(self._state, row + 1, int(action))
            if self._search(row + 1) == hope:
                return True
        return False

    def _key(self, row: int) -> Key:
        scalars = self._state.scalars[row]
        boards = self._state.history[row, : scalars[board.NUM_HISTORY]]
        present = int(self._state.hash[row])
        return (
            present,
            int(scalars[board.TO_PLAY]),
            int(scalars[board.PASS_COUNT]),
            frozenset(boards.tolist()),
        )
