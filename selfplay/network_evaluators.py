"""A factory of evaluators that share one prepared copy of a network, in this process or in another one."""

from pathlib import Path
from typing import Any

import numpy as np

from engine.rulesets import Rules
from selfplay.checkpoint import network_bytes, network_of_bytes
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import Network


class NetworkEvaluators:
    """Makes evaluators; see `selfplay.generate.EvaluatorFactory`.

    To another process it goes as the bytes of the network, which is prepared anew there.
    """

    def __init__(self, network: Network, rules: Rules) -> None:
        """Remember; the network is prepared for the first evaluator.

        Args:
            network: the weights.
            rules: the largest board.
        """
        self._network, self._rules = network, rules
        self._prepared: Network | None = None

    def __call__(self, batch: int, _: np.random.SeedSequence) -> NetworkEvaluator:
        """An evaluator of at most `batch` positions at a time."""
        if self._prepared is None:
            self._prepared = prepare_for_inference(self._network)
        return NetworkEvaluator(self._prepared, self._rules, batch)

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (network_bytes(self._network, self._rules),)


def _received(data: bytes) -> NetworkEvaluators:
    return NetworkEvaluators(*network_of_bytes(data, Path("from another process")))
