"""Points and ownership in Go as a network with such heads sees them; see `mcts.forecast`."""

import copy

import numpy as np
import torch

from engine.board import GAME, GO, HEIGHT, WIDTH, State
from engine.rulesets import Rules
from engine.scoring import black_sign
from mcts.evaluator import Rows
from mcts.forecast import Forecast
from selfplay.inference import compute_device
from selfplay.inputs import InputWriter
from selfplay.network import SCORE_SCALE, Network


class NetworkForecaster:
    """Forecasts by one forward pass in single precision; games that are over are judged like others."""

    def __init__(self, network: Network, rules: Rules) -> None:
        """Prepare.

        Args:
            network: with a head for the score; without one for ownership it tells of no owners.
            rules: of the largest board to come.

        Raises:
            ValueError: it has no head for the score.
        """
        if not network.config.score:
            raise ValueError("forecast: expected a network with a head for the score")
        self._device = compute_device()
        self._network = copy.deepcopy(network).to(self._device).eval().requires_grad_(False)
        self._inputs = InputWriter(network.config, rules)
        self._canvas = (rules.height, rules.width)

    def forecast(self, state: State, rows: Rows) -> Forecast:
        """See `mcts.forecast.Forecaster.forecast`.

        Raises:
            ValueError: the game is not Go.
        """
        if (state.rules[rows, GAME] != GO).any():
            raise ValueError("forecast: expected Go")
        width, height = (int(side) for side in state.rules[rows[0], [WIDTH, HEIGHT]])
        planes = np.zeros((len(rows), self._network.config.num_planes, *self._canvas), np.float32)
        self._inputs.write(state, rows, planes)
        with torch.inference_mode():
            output = self._network(torch.from_numpy(planes).to(self._device))
        sign = black_sign(state, rows)
        assert output.score_mean is not None
        scores = sign * SCORE_SCALE * output.score_mean.cpu().numpy()
        if output.ownership_logits is None:
            return Forecast(scores, None)
        chances = torch.sigmoid(output.ownership_logits).cpu().numpy()[:, :height, :width]
        owned = sign[:, None] * (2 * chances.reshape(len(rows), -1) - 1)
        return Forecast(scores, owned)
