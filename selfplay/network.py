"""The policy-value network: residual, free of batch statistics, and the same weights for every board size.

Blocks are pre-activation residual blocks whose last convolution starts at zero, so no normalisation layer is
needed and a position gives the same output alone, in a batch, in training and in play. Every other block
hears the whole board through global pooling (Wu 2019, arXiv 1902.10565).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.planes import NUM_PLANES, ON_BOARD

SCORE_SCALE = 20.0
"""Points per unit of the score output."""
MASKED_OUT = -1e4
"""Added outside the board before a maximum; finite also in bfloat16."""


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of a network.

    Attributes:
        blocks: residual blocks, 1..40.
        channels: width of the trunk, a multiple of 8 from 8 to 512.
        head_channels: width of the heads.
    """

    blocks: int = 3
    channels: int = 32
    head_channels: int = 16

    def __post_init__(self) -> None:
        if not all(isinstance(value, int) for value in (self.blocks, self.channels, self.head_channels)):
            raise ValueError("network: expected whole numbers")
        if not 1 <= self.blocks <= 40:
            raise ValueError(f"network.blocks {self.blocks}: expected 1..40")
        for name, value in (("channels", self.channels), ("head_channels", self.head_channels)):
            if value % 8 or not 8 <= value <= 512:
                raise ValueError(f"network.{name} {value}: expected a multiple of 8 from 8 to 512")


class Output(NamedTuple):
    """What the network says of `n` positions on a canvas of H x W points."""

    policy_logits: Tensor
    """`[n, H * W + 1]` over the canvas, pass last; points off the board are very low."""
    value_logit: Tensor
    """`[n]` v with value_to_play = tanh(v)."""
    score: Tensor
    """`[n]` expected score of the side to move in units of SCORE_SCALE points (Go)."""


class BoardMask(NamedTuple):
    """Which points of the canvas are board."""

    mask: Tensor | None
    """`[n, 1, H, W]` ones on the board; None where every board fills the canvas, which saves the work."""
    area: Tensor
    """`[n, 1]` points of each board."""

    def cut(self, x: Tensor) -> Tensor:
        """`x` with zeros off the board."""
        return x if self.mask is None else x * self.mask


def board_mask(plane: Tensor) -> BoardMask:
    """The mask from the plane of points on the board, `[n, 1, H, W]`."""
    area = plane.sum(dim=(2, 3))
    fills_canvas = bool((area == plane.shape[2] * plane.shape[3]).all())
    return BoardMask(None if fills_canvas else plane, area)


class GlobalPool(nn.Module):
    """Mean, size-scaled mean and maximum over the board: `[n, c, H, W]` -> `[n, 3 c]`."""

    def forward(self, x: Tensor, board: "BoardMask") -> Tensor:
        """Pool the points on the board."""
        area = board.area
        mean = board.cut(x).sum(dim=(2, 3)) / area
        on_board = x if board.mask is None else x + (1 - board.mask) * MASKED_OUT
        # Ten times faster than `amax` over two dimensions on a CPU, in bfloat16.
        highest = functional.adaptive_max_pool2d(on_board, 1).flatten(1)
        return torch.cat([mean, mean * ((area.sqrt() - 14) / 10), highest], dim=1)


class Block(nn.Module):
    """x + conv(relu(conv(relu(x)))), with a bias from the pooled board in every other block."""

    def __init__(self, channels: int, *, pooled: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        self.pool = GlobalPool() if pooled else None
        self.pool_bias = nn.Linear(3 * channels, channels) if pooled else None
        if self.pool_bias is not None:
            nn.init.zeros_(self.pool_bias.weight)
            nn.init.zeros_(self.pool_bias.bias)

    def forward(self, x: Tensor, board: BoardMask) -> Tensor:
        hidden = self.first(board.cut(functional.relu(x)))
        if self.pool is not None and self.pool_bias is not None:
            hidden = hidden + self.pool_bias(self.pool(hidden, board))[:, :, None, None]
        out: Tensor = x + self.second(board.cut(functional.relu(hidden)))
        return out


class Network(nn.Module):
    """Planes in, policy, value and score out."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width, head = config.channels, config.head_channels
        self.stem = nn.Conv2d(NUM_PLANES, width, 3, padding=1)
        self.blocks = nn.ModuleList(Block(width, pooled=i % 2 == 1) for i in range(config.blocks))
        self.pool = GlobalPool()
        self.policy_conv = nn.Conv2d(width, head, 1)
        self.policy_pool_bias = nn.Linear(3 * head, head)
        self.policy_out = nn.Conv2d(head, 1, 1)
        self.pass_out = nn.Linear(3 * head, 1)
        self.value_conv = nn.Conv2d(width, head, 1)
        self.value_hidden = nn.Linear(3 * head, 4 * head)
        self.value_out = nn.Linear(4 * head, 2)
        self.reset_value_head()

    def reset_value_head(self) -> None:
        """Forget everything about values: fresh weights up to a silent output, as experiments start from."""
        for layer in (self.value_conv, self.value_hidden):
            layer.reset_parameters()
        nn.init.zeros_(self.value_out.weight)
        nn.init.zeros_(self.value_out.bias)

    def forward(self, planes: Tensor) -> Output:
        """Judge positions. `planes` is `[n, NUM_PLANES, H, W]` as `engine.planes` writes them."""
        board = board_mask(planes[:, ON_BOARD : ON_BOARD + 1])
        x = self.stem(planes)
        for block in self.blocks:
            x = block(x, board)
        x = functional.relu(x)

        policy = self.policy_conv(x)
        pooled = self.pool(policy, board)
        policy = policy + self.policy_pool_bias(pooled)[:, :, None, None]
        points = self.policy_out(functional.relu(policy))
        if board.mask is not None:
            points = points + (1 - board.mask) * MASKED_OUT
        logits = torch.cat([points.flatten(1), self.pass_out(pooled)], dim=1)

        value = functional.relu(self.value_conv(x))
        hidden = functional.relu(self.value_hidden(self.pool(value, board)))
        value_logit, score = self.value_out(hidden).unbind(1)
        return Output(logits, value_logit, score)

    def num_parameters(self) -> int:
        """Weights in total."""
        return sum(parameter.numel() for parameter in self.parameters())


def new_network(config: NetworkConfig, seed: int) -> Network:
    """A network with fresh weights that depend on the seed alone.

    Args:
        config: the shape.
        seed: any integer; the global generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(config)
