"""The network compiled by OpenVINO: slow to load, then up to three times as fast on Intel's CPUs.

It pays where weights live long, in play and in matches. It is an extra: pip install 'yomi[openvino]'.
"""

from typing import Any

import torch

from engine.errors import YomiError
from engine.planes import ON_BOARD
from engine.rulesets import Rules
from mcts.evaluator import Floats
from selfplay.inference import NetworkEvaluator, has_fast_bfloat16
from selfplay.network import Network
from selfplay.onnx_export import MaskedNetwork


class BackendError(YomiError):
    """A way to run networks that is not installed."""


class OpenVinoEvaluator(NetworkEvaluator):
    """Judges positions by a compiled network; see `mcts.evaluator.Evaluator`."""

    def __init__(self, network: Network, compiled: Any, rules: Rules, batch: int) -> None:
        """Reserve buffers.

        Args:
            network: what was compiled.
            compiled: what `compiled_network` returned; evaluators may share it.
            rules: the largest board.
            batch: most positions at a time.
        """
        super().__init__(network, rules, batch)
        self._request = compiled.create_infer_request()

    def _judge(self, planes: Floats) -> tuple[Floats, Floats]:
        results = self._request.infer([planes])
        return results[0], results[1]


def compiled_network(network: Network, rules: Rules, cores: int | None) -> Any:
    """Compile a network for one size of canvas and any batch; takes seconds.

    Args:
        network: the weights.
        rules: the largest board.
        cores: that a forward pass may use; None leaves it to OpenVINO.

    Raises:
        BackendError: the extra is not installed.
    """
    try:
        import openvino
    except ImportError as error:
        raise BackendError(f"backend openvino: expected pip install 'yomi[openvino]' ({error})") from None
    example = torch.zeros(2, network.config.num_planes, rules.height, rules.width)
    example[:, ON_BOARD] = 1
    masked = MaskedNetwork(network.without_auxiliary_heads().eval())
    model = openvino.convert_model(masked, example_input=(example,))
    model.reshape([-1, *example.shape[1:]])
    fast = has_fast_bfloat16(torch.device("cpu"))
    settings: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if fast else "f32",
    }
    if cores is not None:
        settings["INFERENCE_NUM_THREADS"] = cores
    return openvino.Core().compile_model(model, "CPU", settings)
