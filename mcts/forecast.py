"""How a game of Go may end: points and ownership, for people who watch a search."""

from typing import NamedTuple, Protocol

import numpy as np

from engine.board import BLACK, EMPTY, GAME, GO, HEIGHT, WHITE, WIDTH, State, allocate_state, copy_row
from engine.geometry import point_of
from engine.go_kernels import is_surrounded
from engine.jit import kernel
from engine.random_state import RandomState, new_random_state
from engine.rollout_kernels import play_out
from engine.rules_kernels import score_black
from engine.rulesets import Rules
from engine.scoring import require_outcomes
from mcts.evaluator import Floats, Rows


class Forecast(NamedTuple):
    """Of n positions on a board of `area` points."""

    scores_black: Floats
    """`[n]` points of Black minus points of White, komi counted."""
    ownership_black: Floats | None
    """`[n, area]` how likely a point ends as Black's, -1..1; None where the forecaster cannot tell."""


class Forecaster(Protocol):
    """Looks ahead to the end of games of Go."""

    def forecast(self, state: State, rows: Rows) -> Forecast:
        """What the given positions, all of one size, lead to; they may be over."""
        ...


@kernel
def _forecast(
    state: State,
    work: State,
    rows: Rows,
    random: RandomState,
    repeats: int,
    scores: Floats,
    ownership: Floats,
) -> None:
    """Mutates: work, random, scores, ownership; the latter two begin as zeros."""
    for index in range(rows.shape[0]):
        for _ in range(repeats):
            copy_row(state, rows[index], work, 0)
            play_out(work, 0, random, 0)
            scores[index] += score_black(work, 0) / repeats
            for action in range(ownership.shape[1]):
                ownership[index, action] += _owner(work, action) / repeats


@kernel
def _owner(state: State, action: int) -> float:
    """1 for Black, -1 for White, 0 for nobody, at the end of a random game in row 0."""
    point = point_of(action, int(state.rules[0, WIDTH]))
    content = int(state.stone[0, point])
    if content == EMPTY:  # an eye: random games leave nothing larger
        is_black, is_white = is_surrounded(state, 0, point, BLACK), is_surrounded(state, 0, point, WHITE)
        return float(int(is_black) - int(is_white))
    return 1.0 if content == BLACK else -1.0


class RolloutForecaster:
    """Forecasts by random games; it reads true results by its nature."""

    def __init__(self, rules: Rules, seed: np.random.SeedSequence, repeats: int = 64) -> None:
        """Prepare.

        Args:
            rules: of the largest board to come.
            seed: entropy.
            repeats: random games a position.
        """
        self._work = allocate_state(1, rules.width, rules.height, rules.resolved_move_limit + 2)
        self._random = new_random_state(seed, 1)
        self._repeats = repeats

    def forecast(self, state: State, rows: Rows) -> Forecast:
        """See `Forecaster.forecast`.

        Raises:
            OutcomeForbiddenError: behind the firewall.
            ValueError: the game is not Go.
        """
        require_outcomes()
        if (state.rules[rows, GAME] != GO).any():
            raise ValueError("forecast: expected Go")
        width, height = (int(side) for side in state.rules[rows[0], [WIDTH, HEIGHT]])
        scores = np.zeros(len(rows), np.float32)
        ownership = np.zeros((len(rows), width * height), np.float32)
        _forecast(state, self._work, rows, self._random, self._repeats, scores, ownership)
        return Forecast(scores, ownership)
