"""The network as an evaluator of search leaves: planes, one forward pass, logits by action."""

import time
from pathlib import Path

import numpy as np
import torch

from engine.board import HEIGHT, WIDTH, State
from engine.planes import canvas_indices
from engine.rulesets import Rules
from engine.symmetry import NUM_SYMMETRIES, action_sources, inverse_symmetry, symmetries_of
from mcts.evaluator import Floats, Rows
from selfplay.inputs import InputWriter
from selfplay.network import Network


def compute_device() -> torch.device:
    """Where networks run: a GPU that CUDA knows, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 natively; elsewhere it would be slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def prepare_for_inference(network: Network) -> Network:
    """A frozen copy of a network, without auxiliary heads, where and in the form in which it runs fastest.

    Where bfloat16 is fast, the trunk has it and the heads do not: they cost little, and values keep a hundred
    times more of their precision (docs/experiments.md).
    """
    device = compute_device()
    frozen = network.without_auxiliary_heads().eval().requires_grad_(False)
    frozen.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if has_fast_bfloat16(device):
        for part in (frozen.stem, frozen.blocks):
            part.to(torch.bfloat16)
    return frozen


class NetworkEvaluator:
    """Judges positions by a network; see `mcts.evaluator.Evaluator`.

    Each thread needs an evaluator of its own; they may share one prepared network.

    Attributes:
        seconds: spent in forward passes so far.
    """

    def __init__(self, prepared: Network, rules: Rules, batch: int, cores: int | None = None) -> None:
        """Reserve buffers.

        Args:
            prepared: what `prepare_for_inference` returned.
            rules: the largest board; it is the canvas.
            batch: most positions at a time.
            cores: that a forward pass may use; None leaves it to torch.
        """
        self.seconds = 0.0
        self._cores = cores
        self._network = prepared
        self._device = next(prepared.parameters()).device
        self._canvas = (rules.height, rules.width)
        self._inputs = InputWriter(prepared.config, rules)
        self._planes = np.zeros((batch, prepared.config.num_planes, rules.height, rules.width), np.float32)

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """See `mcts.evaluator.Evaluator.evaluate`."""
        count = len(rows)
        planes = self._planes[:count]
        self._inputs.write(state, rows, planes)
        started = time.perf_counter()
        policy, values[:count] = self._judge(planes)
        self.seconds += time.perf_counter() - started
        height, width = self._canvas
        sizes = state.rules[rows][:, [WIDTH, HEIGHT]]
        if (sizes == (width, height)).all():
            logits[:count] = policy
            return
        for index, (board_width, board_height) in enumerate(sizes):
            sources = canvas_indices(int(board_width), int(board_height), width, height)
            logits[index, : len(sources)] = policy[index, sources]

    def evaluate_mean(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        """See `mcts.evaluator.SymmetricEvaluator.evaluate_mean`."""
        planes = self._planes[: len(rows)]
        self._inputs.write(state, rows, planes)
        turned = np.zeros_like(planes)
        logits[: len(rows)], values[: len(rows)] = 0.0, 0.0
        sizes = state.rules[rows][:, [WIDTH, HEIGHT]].tolist()
        for symmetry in range(NUM_SYMMETRIES):
            for index, (width, height) in enumerate(sizes):
                points = action_sources(width, height)[_kept_shape(symmetry, width, height), :-1]
                box = planes[index, :, :height, :width].reshape(-1, width * height)
                turned[index, :, :height, :width] = box[:, points].reshape(-1, height, width)
            policy, judged = self._judge(turned)
            values[: len(rows)] += judged / NUM_SYMMETRIES
            for index, (width, height) in enumerate(sizes):
                back = inverse_symmetry(_kept_shape(symmetry, width, height))
                places = canvas_indices(width, height, self._canvas[1], self._canvas[0])
                places = places[action_sources(width, height)[back]]
                logits[index, : len(places)] += policy[index, places] / NUM_SYMMETRIES

    def _judge(self, planes: Floats) -> tuple[Floats, Floats]:
        """Policy logits on the canvas, and values, of some planes."""
        if self._cores is not None:
            torch.set_num_threads(self._cores)  # here, because OpenMP keeps a number for each thread
        with torch.inference_mode():
            output = self._network(torch.from_numpy(planes).to(self._device))
            return output.policy_logits.cpu().numpy(), output.values().cpu().numpy()


def _kept_shape(symmetry: int, width: int, height: int) -> int:
    """The symmetry itself on squares; rectangles are not turned on their side."""
    return symmetry % len(symmetries_of(width, height))
