"""Which library runs a network that plays: torch, or OpenVINO where weights live long."""

from typing import Literal

from engine.rulesets import Rules
from selfplay.inference import NetworkEvaluator, prepare_for_inference
from selfplay.network import Network

Backend = Literal["torch", "openvino"]


def evaluators_of(
    network: Network,
    rules: Rules,
    batch: int,
    backend: Backend = "torch",
    *,
    count: int = 1,
    cores: int | None = None,
) -> list[NetworkEvaluator]:
    """Evaluators for as many threads, on one copy of the weights.

    Args:
        network: the weights.
        rules: the largest board.
        batch: most positions that one of them judges at a time.
        backend: who runs it.
        count: of threads.
        cores: that a forward pass may use; None leaves it to the backend.

    Raises:
        BackendError: the backend is not installed.
    """
    if backend == "openvino":
        from selfplay.openvino_inference import OpenVinoEvaluator, compiled_network

        compiled = compiled_network(network, rules, cores)
        return [OpenVinoEvaluator(network, compiled, rules, batch) for _ in range(count)]
    prepared = prepare_for_inference(network)
    return [NetworkEvaluator(prepared, rules, batch, cores) for _ in range(count)]
