"""The policy-value network: residual, free of batch statistics, and the same weights for every board size.

Blocks are pre-activation residual blocks whose last convolution starts at zero, so no normalization layer is
needed and a position gives the same output alone, in a batch, in training and in play. Every other block
hears the whole board through global pooling (Wu 2019, arXiv 1902.10565). The heads for policy and value are
always there; the auxiliary ones exist to teach the trunk, and play does without them.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.planes import NUM_PLANES, ON_BOARD
from engine.reading_planes import NUM_READING_PLANES

SCORE_SCALE = 20.0
"""Points per unit of the score outputs."""
MIN_SCORE_DEVIATION = 0.01
"""In units of the score outputs; keeps the likelihood of a score that is known for sure finite."""
WIN, DRAW, LOSS = range(3)  # of the side to move: entries of the value head
MASKED_OUT = -1e4
"""Added outside the board before a maximum; finite also in bfloat16."""


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of a network.

    Attributes:
        blocks: residual blocks, 1..40.
        channels: width of the trunk, a multiple of 8 from 8 to 512.
        head_channels: width of the heads.
        reading_planes: whether it sees the planes of `engine.reading_planes` too.
        reply: whether it has a head for the opponent's reply.
        soft: whether it has a head for a flattened policy.
        score: whether it has a head for the final score of Go.
        ownership: whether it has a head for who owns each point at the end of a game of Go.
    """

    blocks: int = 3
    channels: int = 32
    head_channels: int = 16
    reading_planes: bool = False
    reply: bool = False
    soft: bool = False
    score: bool = False
    ownership: bool = False

    def __post_init__(self) -> None:
        if not all(isinstance(value, int) for value in (self.blocks, self.channels, self.head_channels)):
            raise ValueError("network: expected whole numbers")
        switches = (self.reading_planes, self.reply, self.soft, self.score, self.ownership)
        if not all(isinstance(value, bool) for value in switches):
            raise ValueError("network: expected true or false")
        if not 1 <= self.blocks <= 40:
            raise ValueError(f"network.blocks {self.blocks}: expected 1..40")
        for name, value in (("channels", self.channels), ("head_channels", self.head_channels)):
            if value % 8 or not 8 <= value <= 512:
                raise ValueError(f"network.{name} {value}: expected a multiple of 8 from 8 to 512")

    @property
    def num_planes(self) -> int:
        """Planes that the network sees."""
        return NUM_PLANES + NUM_READING_PLANES * self.reading_planes

    def without_auxiliary_heads(self) -> "NetworkConfig":
        """The same shape with the heads for policy and value alone."""
        return replace(self, reply=False, soft=False, score=False, ownership=False)


class Output(NamedTuple):
    """What the network says of `n` positions on a canvas of H x W points; None from a head it lacks.

    Logits of a policy are `[n, H * W + 1]` over the canvas, pass last; points off the board are very low.
    """

    policy_logits: Tensor
    value_logits: Tensor
    """`[n, 3]` WIN, DRAW and LOSS of the side to move."""
    reply_logits: Tensor | None = None
    """The policy of the opponent in the position to come."""
    soft_logits: Tensor | None = None
    """The policy, flattened."""
    score_mean: Tensor | None = None
    """`[n]` expected points of the side to move in units of SCORE_SCALE."""
    score_deviation: Tensor | None = None
    """`[n]` how far the score is expected to lie from that, in the same unit."""
    ownership_logits: Tensor | None = None
    """`[n, H, W]` of the side to move owning each point at the end."""

    def values(self) -> Tensor:
        """`[n]` float32 in [-1, 1], chance to win minus chance to lose of the side to move."""
        chances = functional.softmax(self.value_logits.float(), dim=1)
        return chances[:, WIN] - chances[:, LOSS]


class BoardMask(NamedTuple):
    """Which points of the canvas are board."""

    mask: Tensor | None
    """`[n, 1, H, W]` ones on the board; None where every board fills the canvas, which saves the work."""
    area: Tensor
    """`[n, 1]` float32 points of each board: bfloat16 cannot tell 361 from 360."""

    def to(self, dtype: torch.dtype) -> "BoardMask":
        """For features of another type."""
        return BoardMask(None if self.mask is None else self.mask.to(dtype), self.area)

    def cut(self, x: Tensor) -> Tensor:
        """`x` with zeros off the board."""
        return x if self.mask is None else x * self.mask

    def sink(self, x: Tensor) -> Tensor:
        """`x` with very low numbers off the board."""
        return x if self.mask is None else x + (1 - self.mask) * MASKED_OUT


def board_mask(plane: Tensor) -> BoardMask:
    """The mask from the plane of points on the board, `[n, 1, H, W]`."""
    area = plane.sum(dim=(2, 3))
    fills_canvas = bool((area == plane.shape[2] * plane.shape[3]).all())
    return BoardMask(None if fills_canvas else plane, area)


class GlobalPool(nn.Module):
    """Mean, size-scaled mean and maximum over the board: `[n, c, H, W]` -> `[n, 3 c]`."""

    def forward(self, x: Tensor, board: BoardMask) -> Tensor:
        """Pool the points on the board."""
        mean = board.cut(x).sum(dim=(2, 3)) / board.area
        # Ten times faster than `amax` over two dimensions on a CPU, in bfloat16.
        highest = functional.adaptive_max_pool2d(board.sink(x), 1).flatten(1)
        return torch.cat([mean, mean * ((board.area.sqrt() - 14) / 10), highest], dim=1).to(x.dtype)


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


class PolicyHead(nn.Module):
    """Logits of a move, of the network's own or of another policy: `[n, width, H, W]` -> `[n, H * W + 1]`."""

    def __init__(self, width: int, head: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, head, 1)
        self.pool = GlobalPool()
        self.pool_bias = nn.Linear(3 * head, head)
        self.points_out = nn.Conv2d(head, 1, 1)
        self.pass_out = nn.Linear(3 * head, 1)

    def forward(self, x: Tensor, board: BoardMask) -> Tensor:
        hidden = self.conv(x)
        pooled = self.pool(hidden, board)
        hidden = functional.relu(hidden + self.pool_bias(pooled)[:, :, None, None])
        points = board.sink(self.points_out(hidden))
        return torch.cat([points.flatten(1), self.pass_out(pooled)], dim=1)


class ValueHead(nn.Module):
    """All that depends on how a game ends: win, draw or loss, and where wanted score and ownership."""

    def __init__(self, width: int, config: NetworkConfig) -> None:
        super().__init__()
        head = config.head_channels
        self.conv = nn.Conv2d(width, head, 1)
        self.pool = GlobalPool()
        self.hidden = nn.Linear(3 * head, 4 * head)
        self.result_out = nn.Linear(4 * head, 3)
        self.score_out = nn.Linear(4 * head, 2) if config.score else None
        self.ownership_out = nn.Conv2d(head, 1, 1) if config.ownership else None
        self.reset()

    def reset(self) -> None:
        """Fresh weights up to silent outputs."""
        for layer in (self.conv, self.hidden):
            layer.reset_parameters()
        for out in (self.result_out, self.score_out, self.ownership_out):
            if out is not None:
                for parameter in out.parameters():
                    nn.init.zeros_(parameter)

    def forward(self, x: Tensor, board: BoardMask) -> dict[str, Tensor]:
        points = functional.relu(self.conv(x))
        hidden = functional.relu(self.hidden(self.pool(points, board)))
        outputs = {"value_logits": self.result_out(hidden)}
        if self.score_out is not None:
            mean, spread = self.score_out(hidden).unbind(1)
            outputs["score_mean"] = mean
            outputs["score_deviation"] = functional.softplus(spread) + MIN_SCORE_DEVIATION
        if self.ownership_out is not None:
            outputs["ownership_logits"] = self.ownership_out(points).squeeze(1)
        return outputs


class Network(nn.Module):
    """Planes in, policy and value out, and what the auxiliary heads say.

    The trunk may be of another floating point type than the heads.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width, head = config.channels, config.head_channels
        self.stem = nn.Conv2d(config.num_planes, width, 3, padding=1)
        self.blocks = nn.ModuleList(Block(width, pooled=i % 2 == 1) for i in range(config.blocks))
        self.policy_head = PolicyHead(width, head)
        self.reply_head = PolicyHead(width, head) if config.reply else None
        self.soft_head = PolicyHead(width, head) if config.soft else None
        self.value_head = ValueHead(width, config)

    def reset_value_head(self) -> None:
        """Forget everything about how games end, as experiments on where values come from start."""
        self.value_head.reset()

    @property
    def knows_points(self) -> bool:
        """Whether the head for the score was ever taught; that of a network cloned from games is silent."""
        score_out = self.value_head.score_out
        return score_out is not None and any(bool(values.any()) for values in score_out.parameters())

    def forward(self, planes: Tensor) -> Output:
        """Judge positions. `planes` is `[n, config.num_planes, H, W]` as `selfplay.inputs` writes them."""
        return self.judge(planes, board_mask(planes[:, ON_BOARD : ON_BOARD + 1]))

    def judge(self, planes: Tensor, board: BoardMask) -> Output:
        """As `forward`, where the boards are known."""
        trunk_type, head_type = self.stem.weight.dtype, self.policy_head.conv.weight.dtype
        trunk_board = board.to(trunk_type)
        x = self.stem(planes.to(trunk_type, memory_format=torch.channels_last))
        for block in self.blocks:
            x = block(x, trunk_board)
        x = functional.relu(x).to(head_type)
        return Output(
            policy_logits=self.policy_head(x, board),
            reply_logits=None if self.reply_head is None else self.reply_head(x, board),
            soft_logits=None if self.soft_head is None else self.soft_head(x, board),
            **self.value_head(x, board),
        )

    def without_auxiliary_heads(self) -> "Network":
        """A copy that says nothing but policy and value, and the same of these."""
        bare = Network(self.config.without_auxiliary_heads())
        weights = self.state_dict()
        bare.load_state_dict({name: weights[name] for name in bare.state_dict()})
        return bare

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
