"""Weights on disk: safetensors only, written atomically, checked before a byte of them is trusted."""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.numpy import save as save_arrays
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from engine.rulesets import Rules, rules_from_dict
from selfplay.learner import Learner
from selfplay.network import Network, NetworkConfig
from selfplay.replay import Batch
from selfplay.weights_file import FORMAT, METADATA_KEY, CheckpointError, header_of, read_file

__all__ = [
    "METADATA_KEY",
    "CheckpointError",
    "describe",
    "load_learner",
    "load_network",
    "metadata_of",
    "network_bytes",
    "network_of_bytes",
    "save_batch",
    "save_learner",
    "save_network",
    "write_atomically",
]

LATEST = "latest"


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one step that survives a kill, a power cut or a full disk.

    Args:
        path: where to write; its folder must exist.
        data: the whole content.

    Raises:
        OSError: nothing was changed.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def save_network(path: Path, network: Network, rules: Rules) -> str:
    """Write weights with their shape and the rules they were trained for.

    Args:
        path: a `.safetensors` file.
        network: the weights.
        rules: the game they know.

    Returns:
        SHA-256 of the file.
    """
    data = network_bytes(network, rules)
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def network_bytes(network: Network, rules: Rules) -> bytes:
    """What `save_network` writes."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    return save_tensors(tensors, metadata_of(describe(network, rules)))


def weights_digest(network: Network) -> str:
    """SHA-256 of all weights, whatever else a file of them says."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def describe(network: Network, rules: Rules) -> dict[str, Any]:
    """What a file of weights says of them.

    Args:
        network: the weights.
        rules: the game they know.
    """
    return {
        "format": FORMAT,
        "network": asdict(network.config),
        "rules": rules.to_dict(),
        "planes": network.config.num_planes,
    }


def metadata_of(description: dict[str, Any]) -> dict[str, str]:
    """Safetensors metadata under one key: the library writes several in random order, so that equal weights
    would not give equal files."""
    return {METADATA_KEY: json.dumps(description, sort_keys=True)}


def load_network(path: Path, sha256: str | None = None) -> tuple[Network, Rules]:
    """Read weights from a file that may come from a stranger.

    Args:
        path: a `.safetensors` file.
        sha256: refuse the file unless it has this digest; None accepts any.

    Returns:
        The network in float32 and the rules it was trained for.

    Raises:
        CheckpointError: no such file, not ours, damaged, or not the expected one.
    """
    data = read_file(path)
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise CheckpointError(f"checkpoint {path}: damaged, its SHA-256 is not the recorded one")
    return network_of_bytes(data, path)


def network_of_bytes(data: bytes, path: Path) -> tuple[Network, Rules]:
    """What `load_network` finds in a file.

    Args:
        data: the file.
        path: for messages.

    Raises:
        CheckpointError: as there.
    """
    header = header_of(path, data)
    try:
        description = json.loads(header[METADATA_KEY])
        config = NetworkConfig(**description["network"])
        rules = rules_from_dict(description["rules"])
        if (description["format"], description["planes"]) != (FORMAT, config.num_planes):
            raise CheckpointError(f"checkpoint {path}: of another version of yomi")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"checkpoint {path}: expected weights saved by yomi ({error})") from None
    with torch.device("meta"):
        network = Network(config)
    expected = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
    declared = {name: value.get("shape") for name, value in _tensors(header).items()}
    if expected != declared:
        raise CheckpointError(f"checkpoint {path}: its tensors do not fit its stated shape")
    try:
        tensors = load_tensors(data)
    except SafetensorError as error:
        raise CheckpointError(f"checkpoint {path}: {error}") from None
    if not all(t.dtype == torch.float32 and bool(torch.isfinite(t).all()) for t in tensors.values()):
        raise CheckpointError(f"checkpoint {path}: weights that are not finite float32 numbers")
    network.load_state_dict(tensors, assign=True)
    return network.requires_grad_(True), rules


def save_learner(path: Path, learner: Learner) -> str:
    """Write what an exact resume needs beside the averaged weights: the latest weights and the optimiser.

    Args:
        path: a `.safetensors` file.
        learner: what to save; its average is saved by `save_network`.

    Returns:
        SHA-256 of the file.
    """
    tensors: dict[str, torch.Tensor] = {"step": torch.tensor([learner.step])}
    for name, weight in learner.network.state_dict().items():
        tensors[f"{LATEST}.{name}"] = weight.cpu().contiguous()
    for index, values in learner.optimizer.state_dict()["state"].items():
        for name, value in values.items():
            tensors[f"{index}.{name}"] = value.cpu().contiguous()
    data = save_tensors(tensors, metadata_of({"format": FORMAT}))
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def load_learner(path: Path, learner: Learner, sha256: str) -> None:
    """Give a fresh learner the state that `save_learner` wrote.

    Args:
        path: the file.
        learner: built with the saved average and the same settings. Mutated.
        sha256: recorded digest of the file.

    Raises:
        CheckpointError: no such file, or a damaged one.
    """
    data = read_file(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CheckpointError(f"optimiser state {path}: damaged, its SHA-256 is not the recorded one")
    tensors = load_tensors(data)
    learner.step = int(tensors.pop("step"))
    state: dict[int, dict[str, torch.Tensor]] = {}
    latest: dict[str, torch.Tensor] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".", 1)
        if index == LATEST:
            latest[name] = tensor
            continue
        # Laid out like the weights, or the fused step would pair the wrong elements.
        layout = torch.channels_last if tensor.dim() == 4 else torch.contiguous_format
        state.setdefault(int(index), {})[name] = tensor.contiguous(memory_format=layout)
    learner.network.load_state_dict(latest)
    groups = learner.optimizer.state_dict()["param_groups"]
    learner.optimizer.load_state_dict({"state": state, "param_groups": groups})


def save_batch(path: Path, batch: Batch) -> None:
    """Write positions and targets, for somebody to look into what they did.

    Args:
        path: a `.safetensors` file.
        batch: the positions.
    """
    write_atomically(path, save_arrays(batch._asdict()))


def _tensors(header: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: value for name, value in header["tensors"].items() if isinstance(value, dict)}
