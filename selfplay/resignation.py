"""When to give up a game, and whether giving up was right: some games are played on to find out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, MOVE_COUNT, TO_PLAY, WHITE, State
from mcts.evaluator import Rows

LOOK_BACK = 3
"""Own moves in a row before which the chance must be too low: one bad evaluation ends no game."""
NEVER = -1


@dataclass(frozen=True)
class ResignRule:
    """Gives up where the chance of winning has been low for LOOK_BACK own moves.

    Attributes:
        below: chance of winning, 0..1, a draw counting half.
        played_on_share: of the games, 0..1, in which nothing is given up, to see what would have come of it.
    """

    below: float
    played_on_share: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.below < 0.5:
            raise ValueError(f"resign {self.below:g}: expected a chance above 0, below 0.5")
        if not 0 <= self.played_on_share <= 1:
            raise ValueError(f"share of games played on {self.played_on_share:g}: expected 0..1")


class Resigner:
    """Applies the rule to the games of a batch; a row whose moves are fewer than before holds a new game.

    Attributes:
        resigned_at: `[B, 2]` moves played when Black and White would have given up a game that was played on,
            NEVER if they would not.
    """

    def __init__(self, rule: ResignRule, batch: int, seed: np.random.SeedSequence) -> None:
        """No games yet.

        Args:
            rule: when to give up.
            batch: rows of the states it will see.
            seed: of which games are played on.
        """
        self.resigned_at = np.full((batch, 2), NEVER, np.int64)
        self._rule = rule
        self._random = np.random.default_rng(seed)
        self._num_moves = np.full(batch, np.iinfo(np.int64).max)
        self._streak = np.zeros((batch, 2), np.int64)
        self._is_played_on = np.zeros(batch, np.bool_)

    def gives_up(self, state: State, rows: Rows, win_rates: npt.NDArray[np.floating]) -> list[bool]:
        """Whether the side to move gives up.

        Args:
            state: the batch.
            rows: `[n]` which games.
            win_rates: `[n]` its chance of winning, by the search.
        """
        return [
            self._gives_up(state, int(row), float(rate)) for row, rate in zip(rows, win_rates, strict=True)
        ]

    def _gives_up(self, state: State, row: int, win_rate: float) -> bool:
        num_moves = int(state.scalars[row, MOVE_COUNT])
        if num_moves < self._num_moves[row]:
            self.resigned_at[row], self._streak[row] = NEVER, 0
            self._is_played_on[row] = self._random.random() < self._rule.played_on_share
        self._num_moves[row] = num_moves
        side = 0 if state.scalars[row, TO_PLAY] == BLACK else 1
        self._streak[row, side] = self._streak[row, side] + 1 if win_rate < self._rule.below else 0
        if self._streak[row, side] < LOOK_BACK:
            return False
        if not self._is_played_on[row]:
            return True
        if self.resigned_at[row, side] == NEVER:
            self.resigned_at[row, side] = num_moves
        return False

    def verdicts(self, scores_black: npt.NDArray[np.floating]) -> list[bool]:
        """Of the games played on in which somebody would have given up: whether that was false.

        Args:
            scores_black: `[B]` how the games ended; only a loss makes it right.
        """
        signs = {BLACK: 1, WHITE: -1}
        return [
            bool(signs[color] * scores_black[row] >= 0)
            for row in range(len(scores_black))
            for side, color in enumerate((BLACK, WHITE))
            if self.resigned_at[row, side] != NEVER
        ]
