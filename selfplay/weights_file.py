"""Files of weights without torch: is one ours, which rules does it know; the network once it is needed."""

import json
import struct
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import YomiError
from engine.rulesets import Rules, rules_from_dict

if TYPE_CHECKING:
    from selfplay.network import Network

FORMAT = "yomi-2"
METADATA_KEY = "yomi"
MAX_FILE_BYTES = 256 << 20
MAX_HEADER_BYTES = 1 << 20


class CheckpointError(YomiError):
    """A file that is no checkpoint of ours, or a damaged one."""


class Weights:
    """A network that is loaded when it is first asked for, once for all who share this.

    Attributes:
        rules: what it was trained for.
    """

    def __init__(self, rules: Rules, load: "Callable[[], Network]") -> None:
        """Remember how to load.

        Args:
            rules: what the network was trained for.
            load: gives the network.
        """
        self.rules = rules
        self._load = load

    @cached_property
    def network(self) -> "Network":
        """The network.

        Raises:
            CheckpointError: its tensors are damaged.
        """
        return self._load()


def weights_of_file(path: Path) -> Weights:
    """What a file holds, of which only the header is looked into now.

    Args:
        path: a `.safetensors` file that may come from a stranger.

    Raises:
        CheckpointError: no such file, or not ours.
    """

    def load() -> "Network":
        from selfplay.checkpoint import load_network

        return load_network(path)[0]

    data = read_file(path)
    try:
        description = json.loads(header_of(path, data)[METADATA_KEY])
        if description["format"] != FORMAT:
            raise CheckpointError(f"checkpoint {path}: of another version of yomi")
        return Weights(rules_from_dict(description["rules"]), load)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"checkpoint {path}: expected weights saved by yomi ({error})") from None


def read_file(path: Path) -> bytes:
    """The bytes of a file of weights.

    Raises:
        CheckpointError: unreadable or too large.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise CheckpointError(f"checkpoint {path}: larger than {MAX_FILE_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"checkpoint {path}: {error.strerror or error}") from None


def header_of(path: Path, data: bytes) -> dict[str, Any]:
    """The metadata of a safetensors file, with its table of tensors under `tensors`.

    Args:
        path: for the message.
        data: the file.

    Raises:
        CheckpointError: no safetensors file with metadata.
    """
    try:
        (length,) = struct.unpack("<Q", data[:8])
        if length > MAX_HEADER_BYTES or 8 + length > len(data):
            raise ValueError("header length")
        header = json.loads(data[8 : 8 + length])
        metadata = dict(header.pop("__metadata__"))
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CheckpointError(f"checkpoint {path}: expected a safetensors file saved by yomi") from None
    return {**metadata, "tensors": header}
