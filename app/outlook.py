"""Points and ownership in games of Go, for programs that show them beside what a search has found."""

import numpy as np

from engine.board import State, allocate_state
from engine.rulesets import Rules
from mcts.analysis import MOST_FORECASTS, Analysis, with_forecast
from mcts.forecast import Forecaster, RolloutForecaster
from selfplay.agents import AgentSpec

POINTS_TO_PLAY = 6_000
"""Points of the board times random games of a look: a client that stops us waits for them."""


class Outlook:
    """Looks at positions of one game, by the network of an agent or by random games; not at Gomoku."""

    def __init__(
        self, rules: Rules, spec: AgentSpec, seed: int | None, points_to_play: int = POINTS_TO_PLAY
    ) -> None:
        """Prepare.

        Args:
            rules: of the positions.
            spec: the agent; random games take the place of a network that knows no points.
            seed: of the random games; None takes a new one.
            points_to_play: how much random games of a look may cost; four times as much halves their error.
        """
        self._is_go = rules.game == "go"
        num_games = max(1, points_to_play // rules.area)
        self._forecaster: Forecaster = spec.forecaster(rules) or RolloutForecaster(
            rules, np.random.SeedSequence(seed), num_games
        )
        history = rules.resolved_move_limit + 2
        self._ahead = allocate_state(1 + MOST_FORECASTS, rules.width, rules.height, history)

    def of(self, analysis: Analysis, position: State) -> Analysis:
        """An analysis with points and ownership, unless it tells of points already.

        Args:
            analysis: of the position.
            position: in row 0.
        """
        if not self._is_go or analysis.score_lead_to_play is not None:
            return analysis
        return with_forecast(analysis, position, self._ahead, self._forecaster)
