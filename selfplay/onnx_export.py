"""A network as an ONNX file, for other programs to run: planes in, policy and value out."""

import json
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.errors import YomiError
from engine.planes import ON_BOARD
from engine.rulesets import Rules
from selfplay.checkpoint import METADATA_KEY, describe, write_atomically
from selfplay.network import BoardMask, Network

EXAMPLE_SHAPE = (2, 5, 6)
"""Positions, rows and columns of the example that the exporter traces; all three may differ in use."""


class ExportError(YomiError):
    """A network that cannot be exported here."""


class MaskedNetwork(nn.Module):
    """A network as other programs see it; every board is masked, for a file has no branches."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        on_board = planes[:, ON_BOARD : ON_BOARD + 1]
        output = self.network.judge(planes, BoardMask(on_board, on_board.sum(dim=(2, 3))))
        return output.policy_logits, output.values()


def export_onnx(path: Path, network: Network, rules: Rules) -> None:
    """Write a network as ONNX.

    docs/export.md tells what goes in and out. Shape and rules are in the metadata, as in a checkpoint.

    Args:
        path: a file in a folder that exists.
        network: the weights.
        rules: the game they know.

    Raises:
        ExportError: the extra `onnx` is not installed.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401, the exporter's own need
    except ImportError as error:
        raise ExportError(f"export to ONNX: expected the extra, pip install 'yomi[onnx]' ({error})") from None
    count, height, width = EXAMPLE_SHAPE
    example = torch.zeros(count, network.config.num_planes, height, width)
    program = torch.onnx.export(
        MaskedNetwork(network.without_auxiliary_heads()).eval(),
        (example,),
        input_names=["planes"],
        output_names=["policy_logits", "values"],
        dynamic_shapes={"planes": {0: "n", 2: "height", 3: "width"}},
        dynamo=True,
        verbose=False,
    )
    assert program is not None  # None is what an export straight into a file returns
    model = program.model_proto
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(describe(network, rules), sort_keys=True)})
    write_atomically(path, model.SerializeToString())
