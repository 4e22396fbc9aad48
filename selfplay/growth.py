"""A larger network that computes what a smaller one does, so that learning goes on with more room."""

from dataclasses import fields

import torch
from torch import Tensor

from selfplay.network import Network, NetworkConfig, new_network

POOLED_INPUTS = ("pool_bias", "pass_out", "hidden")
"""Layers whose inputs are the three lots of `GlobalPool`."""


def grown(small: Network, config: NetworkConfig, seed: int) -> Network:
    """Add blocks, channels, planes and heads to a network without changing what it says.

    New channels hear what is there and say nothing to old ones, new blocks add nothing: their outgoing
    weights are zero and the rest is fresh, so learning can use them at once (Chen et al. 2016, "Net2Net",
    arXiv 1511.05641; zero weights instead of copied channels, as residual networks allow).

    Args:
        small: left as it is.
        config: shape of the result, nowhere smaller.
        seed: of the fresh weights.

    Returns:
        A network whose outputs differ by rounding alone; heads that `small` lacks are fresh.

    Raises:
        ValueError: the shape lacks something that `small` has; the message says what.
    """
    for field in fields(NetworkConfig):
        old, new = getattr(small.config, field.name), getattr(config, field.name)
        if new < old:
            raise ValueError(f"network.{field.name} {new}: expected {old} as the weights have, or more")
    large = new_network(config, seed)
    known = small.state_dict()
    with torch.no_grad():
        for name, parameter in large.state_dict().items():
            if name not in known and name.endswith("second.bias"):
                parameter.zero_()
            elif name in known:
                _embed(known[name], parameter, 3 if name.split(".")[-2] in POOLED_INPUTS else 1)
    return large


def _embed(old: Tensor, new: Tensor, num_lots: int) -> None:
    """Put weights where the first of each lot of inputs and the first outputs are. Mutates: new.

    Args:
        old: `[o, lots * i, ...]`, or `[o]` of a bias.
        new: `[O, lots * I, ...]` or `[O]`; its first o outputs hear nothing but the old inputs.
        num_lots: equal parts of the inputs.
    """
    outputs = old.shape[0]
    if old.dim() == 1:
        new[:outputs] = old
        return
    new[:outputs] = 0
    for old_lot, new_lot in zip(old.chunk(num_lots, 1), new.chunk(num_lots, 1), strict=True):
        new_lot[:outputs, : old_lot.shape[1]] = old_lot
