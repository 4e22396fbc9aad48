"""`one-ply`: an anchor that looks one move ahead and counts the board as it stands, the same for ever."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from engine.board import GAME, GO, HEIGHT, WIDTH, State, allocate_state, copy_row
from engine.rules_kernels import legal_actions, play
from engine.rulesets import Rules
from engine.scoring import black_sign, owners_black, scores_black


class OnePlyAgent:
    """Plays what counts most at once: area in Go, a completed line in Gomoku; draws among equals.

    In Go it captures and surrounds greedily, and passes once no move gains anything, however a game counts.
    """

    def __init__(self, rules: Rules, seed: np.random.SeedSequence) -> None:
        """Prepare for games under some rules.

        Args:
            rules: largest board it will see.
            seed: entropy.
        """
        self._random = np.random.default_rng(seed)
        self._actions = np.empty(rules.num_actions, np.int16)
        self._next = allocate_state(
            rules.num_actions, rules.width, rules.height, rules.resolved_move_limit + 2
        )

    def choose(
        self, state: State, rows: npt.NDArray[np.int64], moves: Sequence[Sequence[int]] | None = None
    ) -> npt.NDArray[np.int64]:
        """See `selfplay.agents.Agent.choose`."""
        return np.array([self._choose_one(state, int(row)) for row in rows], np.int64)

    def _choose_one(self, state: State, row: int) -> int:
        legal = self._actions[: legal_actions(state, row, self._actions)]
        for index, action in enumerate(legal):
            copy_row(state, row, self._next, index)
            play(self._next, index, int(action))
        rows = np.arange(len(legal))
        is_go = state.rules[row, GAME] == GO
        counts = owners_black(self._next, rows).sum(axis=(1, 2)) if is_go else scores_black(self._next, rows)
        gains = counts * black_sign(state, [row])[0]
        is_best = gains == gains.max()
        is_pass = legal == state.rules[row, WIDTH] * state.rules[row, HEIGHT]
        if is_best[is_pass].any():
            return int(legal[is_pass][0])
        return int(self._random.choice(legal[is_best]))
