"""A factory of evaluators that share one prepared copy of a network, in this process or in another one."""

from dataclasses import asdict
from typing import Any

import numpy as np
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from engine.rulesets import Rules
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import Network, NetworkConfig


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
        tensors = {
            name: value.detach().cpu().contiguous() for name, value in self._network.state_dict().items()
        }
        return _received, (asdict(self._network.config), save_tensors(tensors), self._rules)


def _received(config: dict[str, Any], tensors: bytes, rules: Rules) -> NetworkEvaluators:
    network = Network(NetworkConfig(**config))
    network.load_state_dict(load_tensors(tensors))
    return NetworkEvaluators(network, rules)
