"""The reward model: a board in, the labeler's belief that Black is ahead out.

It is color-antisymmetric by construction: r(s) = (f(s) - f(twin of s)) / 2. Comparisons alone leave the
zero of a reward free; with antisymmetry r = 0 means `even`, and z = tanh(r / T) is a value in [-1, 1].
The naive model of LLM practice, r(s) = f(s), has no such zero: its mean over reference boards stands in.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn
from torch.nn import functional

from engine.board import BLACK, WHITE
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards
from selfplay.checkpoint import METADATA_KEY, CheckpointError, metadata_of, write_atomically
from selfplay.network import Block, BoardMask, GlobalPool

NUM_INPUTS = 5
KOMI_SCALE = 10.0
FORMAT = "yomi-reward-2"
CHUNK = 256
"""Boards judged at once: what they need stays in the caches of a core."""


@dataclass(frozen=True)
class RewardConfig:
    """Shape of a reward model.

    Attributes:
        blocks: residual blocks, 1..40.
        channels: width, a multiple of 8 from 8 to 512.
        antisymmetric: whether rewards turn round with the colors; the naive model's need not.
    """

    blocks: int = 2
    channels: int = 16
    antisymmetric: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.blocks <= 40:
            raise ValueError(f"reward.blocks {self.blocks}: expected 1..40")
        if self.channels % 8 or not 8 <= self.channels <= 512:
            raise ValueError(f"reward.channels {self.channels}: expected a multiple of 8 from 8 to 512")


def encode(boards: Boards) -> Tensor:
    """What the model sees; the only encoder, in training and in use.

    Args:
        boards: N boards.

    Returns:
        `[N, NUM_INPUTS, H, W]` float32: black stones, white stones, board, side to move (+1 Black, -1
        White), komi in favor of Black.
    """
    count, height, width = boards.stones.shape
    planes = np.empty((count, NUM_INPUTS, height, width), np.float32)
    planes[:, 0] = boards.stones == BLACK
    planes[:, 1] = boards.stones == WHITE
    planes[:, 2] = 1.0
    planes[:, 3] = np.where(boards.to_play == BLACK, 1.0, -1.0)[:, None, None]
    planes[:, 4] = (-boards.komi / KOMI_SCALE)[:, None, None]
    return torch.from_numpy(planes)


def twin_planes(planes: Tensor) -> Tensor:
    """`encode(swap_colors(boards))` from `encode(boards)`."""
    return torch.cat([planes[:, 1:2], planes[:, 0:1], planes[:, 2:3], -planes[:, 3:]], dim=1)


class RewardModel(nn.Module):
    """Rewards of boards, for Black.

    Attributes:
        config: the shape.
        temperature: T of z = tanh(r / T), fitted on held-out comparisons.
        mean: of the rewards of reference boards; a naive model's z is tanh((r - mean) / deviation).
        deviation: of the same rewards.
    """

    def __init__(self, config: RewardConfig) -> None:
        super().__init__()
        self.config = config
        self.temperature: Tensor
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("deviation", torch.ones(()))
        width = config.channels
        self.stem = nn.Conv2d(NUM_INPUTS, width, 3, padding=1)
        self.blocks = nn.ModuleList(Block(width, pooled=i % 2 == 1) for i in range(config.blocks))
        self.pool = GlobalPool()
        self.hidden = nn.Linear(3 * width, 2 * width)
        self.out = nn.Linear(2 * width, 1)

    def _one_sided(self, planes: Tensor) -> Tensor:
        board = BoardMask(None, planes.new_full((1, 1), planes.shape[2] * planes.shape[3]))
        x = self.stem(planes.contiguous(memory_format=torch.channels_last))
        for block in self.blocks:
            x = block(x, board)
        pooled = self.pool(functional.relu(x), board)
        score: Tensor = self.out(functional.relu(self.hidden(pooled)))[:, 0]
        return score

    def forward(self, planes: Tensor) -> Tensor:
        """Rewards `[N]` of encoded boards."""
        if not self.config.antisymmetric:
            return self._one_sided(planes)
        own, reversed_ = self._one_sided(torch.cat([planes, twin_planes(planes)])).chunk(2)
        return (own - reversed_) / 2

    def judge(self, planes: Tensor) -> Tensor:
        """As `forward`, without gradients and in chunks."""
        with torch.inference_mode():
            starts = range(0, max(len(planes), 1), CHUNK)
            return torch.cat([self(planes[start : start + CHUNK]) for start in starts])

    def rewards(self, boards: Boards) -> Floats:
        """Rewards `[N]` for Black."""
        return np.asarray(self.judge(encode(boards)).numpy(), np.float32)

    def values_black(self, boards: Boards) -> Floats:
        """z: `[N]` values of Black in [-1, 1]."""
        rewards = self.rewards(boards)
        if self.config.antisymmetric:
            return np.asarray(np.tanh(rewards / float(self.temperature)), np.float32)
        return np.asarray(np.tanh((rewards - float(self.mean)) / float(self.deviation)), np.float32)


def whiten(model: RewardModel, boards: Boards) -> None:
    """Let the mean reward of reference boards count as even and their deviation as one unit.

    Args:
        model: a naive one. Mutated.
        boards: of the reference policy.
    """
    rewards = model.rewards(boards)
    model.mean.fill_(float(rewards.mean()))
    model.deviation.fill_(float(rewards.std()))


def new_reward_model(config: RewardConfig, seed: int) -> RewardModel:
    """A model with fresh weights; it never starts from a network that saw outcomes.

    Args:
        config: the shape.
        seed: any integer; the global generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return RewardModel(config)


def save_reward_model(path: Path, model: RewardModel) -> str:
    """Write a model atomically; returns the SHA-256 of the file."""
    description = {"format": FORMAT, "config": asdict(model.config)}
    tensors = {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}
    data = save_tensors(tensors, metadata_of(description))
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def load_reward_model(path: Path, sha256: str) -> RewardModel:
    """Read a model that this run wrote.

    Raises:
        CheckpointError: missing, damaged, or not the recorded one.
    """
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise CheckpointError(f"reward model {path}: damaged, its SHA-256 is not the recorded one")
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
        model = RewardModel(RewardConfig(**json.loads(metadata[METADATA_KEY])["config"]))
        model.load_state_dict(load_tensors(data))
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"reward model {path}: {error}") from None
    return model.eval().requires_grad_(False)
