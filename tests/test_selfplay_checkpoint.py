"""Weights on disk: they come back exactly, and damaged, foreign or hostile files are refused in one line."""

from __future__ import annotations

import json
import os
import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from random_records import ALL_HEADS, SMALL, random_network, random_record
from safetensors.torch import save as save_tensors

from engine.rulesets import Rules, go_rules, gomoku_rules
from selfplay.checkpoint import (
    METADATA_KEY,
    CheckpointError,
    load_learner,
    load_network,
    save_learner,
    save_network,
    write_atomically,
)
from selfplay.learner import Learner, LearnerConfig
from selfplay.network import Network
from selfplay.replay import ReplayBuffer

RULES = Rules("go", 5, 4, komi=-0.5, ko="simple", suicide=True, move_limit=30)


def split(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header of a safetensors file and the bytes behind it."""
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header: dict[str, Any], tensors: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def with_description(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """A file that says something else about itself: a changed description, or text instead of it."""

    def changed(data: bytes) -> bytes:
        header, tensors = split(data)
        description = json.loads(header["__metadata__"][METADATA_KEY])
        answer = change(description)
        text = answer if isinstance(answer, str) else json.dumps(description)
        header["__metadata__"][METADATA_KEY] = text
        return joined(header, tensors)

    return changed


def with_shape(data: bytes, name: str, shape: list[int]) -> bytes:
    header, tensors = split(data)
    header[name]["shape"] = shape
    return joined(header, tensors)


def with_network(**changes: object) -> Callable[[bytes], bytes]:
    return with_description(lambda description: description["network"].update(changes))


def with_rules(**changes: object) -> Callable[[bytes], bytes]:
    return with_description(lambda description: description["rules"].update(changes))


def with_weights(value: float, dtype: torch.dtype = torch.float32) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        tensors = {name: tensor.to(dtype) for name, tensor in random_network(1).state_dict().items()}
        tensors["stem.bias"][3] = value
        return save_tensors(tensors, split(data)[0]["__metadata__"])

    return change


def are_equal(one: Network, other: Network) -> bool:
    weights, others = one.state_dict(), other.state_dict()
    return list(weights) == list(others) and all(torch.equal(weights[k], others[k]) for k in weights)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "weights.safetensors"
    save_network(path, random_network(1), RULES)
    return path


# There and back.


def test_weights_shape_and_rules_come_back_as_they_were(saved: Path) -> None:
    network, rules = load_network(saved)
    assert rules == RULES
    assert network.config == SMALL
    assert are_equal(network, random_network(1))
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_equal_weights_give_equal_files_whatever_their_layout(tmp_path: Path) -> None:
    trained = Learner(random_network(1), LearnerConfig()).network
    assert trained.stem.weight.is_contiguous(memory_format=torch.channels_last)
    first, second = tmp_path / "first", tmp_path / "second"
    assert save_network(first, trained, RULES) == save_network(second, random_network(1), RULES)
    assert first.read_bytes() == second.read_bytes()
    assert are_equal(load_network(first)[0], random_network(1))


def test_a_learner_goes_on_exactly_where_it_was_saved(tmp_path: Path) -> None:
    config = LearnerConfig(batch_size=8)
    buffer = ReplayBuffer([random_record(gomoku_rules(4), seed) for seed in range(4)], ALL_HEADS)
    learner = Learner(random_network(1, ALL_HEADS), config)
    learner.train_steps(buffer, 3, np.random.default_rng(1))
    weights = save_network(tmp_path / "weights", learner.average, RULES)
    state = save_learner(tmp_path / "state", learner)
    resumed = Learner(load_network(tmp_path / "weights", weights)[0], config)
    load_learner(tmp_path / "state", resumed, state)
    assert resumed.step == 3
    for each in (learner, resumed):
        each.train_steps(buffer, 3, np.random.default_rng(2))
    assert are_equal(learner.network, resumed.network)
    assert are_equal(learner.average, resumed.average)
    assert not are_equal(learner.average, learner.network)


# Damage.


def test_a_file_cut_short_anywhere_is_refused(saved: Path) -> None:
    data = saved.read_bytes()
    for length in [0, 1, 7, 8, 9, 100, len(data) // 2, len(data) - 1]:
        saved.write_bytes(data[:length])
        with pytest.raises(CheckpointError, match=r"weights\.safetensors"):
            load_network(saved)


def test_a_flipped_bit_is_noticed_by_the_recorded_digest(saved: Path) -> None:
    digest = save_network(saved, random_network(1), RULES)
    data = saved.read_bytes()
    for position in np.linspace(0, len(data) - 1, 40).astype(int):
        damaged = bytearray(data)
        damaged[position] ^= 1 << (position % 8)
        saved.write_bytes(damaged)
        with pytest.raises(CheckpointError, match="SHA-256"):
            load_network(saved, digest)
    saved.write_bytes(data)
    assert are_equal(load_network(saved, digest)[0], random_network(1))


def test_a_flipped_bit_without_a_digest_is_weights_or_a_refusal(saved: Path) -> None:
    data = saved.read_bytes()
    (header_length,) = struct.unpack("<Q", data[:8])
    random = np.random.default_rng(1)
    for position in random.integers(header_length + 200, size=400):
        damaged = bytearray(data)
        damaged[position] ^= 1 << random.integers(8)
        saved.write_bytes(damaged)
        try:
            network, _ = load_network(saved)
        except CheckpointError:
            continue
        assert network.config == SMALL


@pytest.mark.parametrize("part", ["weights", "state"])
def test_a_damaged_resume_is_refused(tmp_path: Path, part: str) -> None:
    learner = Learner(random_network(1), LearnerConfig())
    digest = save_network(tmp_path / "weights", learner.network, RULES)
    digest = save_learner(tmp_path / "state", learner) if part == "state" else digest
    path = tmp_path / part
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(CheckpointError, match="SHA-256"):
        load_network(path, digest) if part == "weights" else load_learner(path, learner, digest)


# Strangers.


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: save_tensors({"x": torch.zeros(3)}), id="foreign safetensors"),
        pytest.param(lambda data: save_tensors({"x": torch.zeros(3)}, {"a": "b"}), id="foreign metadata"),
        pytest.param(with_description(lambda d: d.update(format="yomi-0")), id="another version"),
        pytest.param(with_description(lambda d: d.update(planes=17)), id="other planes"),
        pytest.param(with_description(lambda d: d.pop("network")), id="no shape"),
        pytest.param(with_description(lambda d: d.update(network=[1, 2])), id="a list for a shape"),
        pytest.param(with_description(lambda d: d.update(rules=None)), id="no rules"),
        pytest.param(with_description(lambda d: "{"), id="no JSON"),
        pytest.param(with_description(lambda d: "[1]"), id="a list for a description"),
        pytest.param(with_description(lambda d: "[" * 10**5), id="a deep description"),
        pytest.param(with_network(channels=16), id="another width"),
        pytest.param(with_network(blocks=1), id="fewer blocks"),
        pytest.param(with_network(blocks=10**9), id="a billion blocks"),
        pytest.param(with_network(blocks=2.5), id="two and a half blocks"),
        pytest.param(with_network(channels=8.0), id="a width with a point"),
        pytest.param(with_network(blocks="2"), id="blocks as text"),
        pytest.param(with_network(head_channels=None), id="no heads"),
        pytest.param(with_network(layers=3), id="an unknown setting"),
        pytest.param(with_network(score=True), id="a head without weights"),
        pytest.param(with_network(reading_planes=3), id="three times as many planes"),
        pytest.param(with_rules(width=0), id="a board without columns"),
        pytest.param(with_rules(width=5.5), id="half a column"),
        pytest.param(with_rules(width="5"), id="a width as text"),
        pytest.param(with_rules(game="chess"), id="chess"),
        pytest.param(with_rules(komi=1e999), id="infinite komi"),
        pytest.param(with_rules(ko=["simple"]), id="a list for the ko rule"),
        pytest.param(with_rules(handicap=3), id="an unknown rule"),
        pytest.param(lambda data: with_shape(data, "stem.bias", [4, 2]), id="a tensor of another shape"),
        pytest.param(lambda data: with_shape(data, "stem.bias", [10**12]), id="a tensor of terabytes"),
        pytest.param(lambda data: with_shape(data, "stem.bias", [-8]), id="a negative shape"),
        pytest.param(lambda data: joined(split(data)[0], split(data)[1][:-4]), id="too few bytes"),
        pytest.param(lambda data: joined(split(data)[0], split(data)[1] + b"more"), id="too many bytes"),
        pytest.param(with_weights(float("nan")), id="a weight that is no number"),
        pytest.param(with_weights(float("inf")), id="an infinite weight"),
        pytest.param(with_weights(0.0, torch.float64), id="weights of another type"),
        pytest.param(lambda data: struct.pack("<Q", 1 << 62) + data[8:], id="a header of exabytes"),
        pytest.param(lambda data: struct.pack("<Q", len(data)) + data[8:], id="a header beyond the file"),
        pytest.param(lambda data: struct.pack("<Q", 2) + b"[]", id="a header that is a list"),
        pytest.param(lambda data: struct.pack("<Q", 10**5) + b"[" * 10**5, id="a deep header"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_in_one_line(
    saved: Path, change: Callable[[bytes], bytes]
) -> None:
    saved.write_bytes(change(saved.read_bytes()))
    with pytest.raises(CheckpointError, match=r"weights\.safetensors") as caught:
        load_network(saved)
    assert "\n" not in str(caught.value)


def test_a_pickle_is_refused_and_never_run(saved: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
            return os.mkdir, (str(tmp_path / "it ran"),)

    torch.save({"stem.weight": Bomb()}, saved)
    with pytest.raises(CheckpointError, match="expected a safetensors file"):
        load_network(saved)
    assert not (tmp_path / "it ran").exists()


def test_a_huge_file_is_refused_unread(saved: Path) -> None:
    os.truncate(saved, 300 << 20)  # sparse
    with pytest.raises(CheckpointError, match="larger than 256 MiB"):
        load_network(saved)


@pytest.mark.parametrize("name", ["missing.safetensors", "."])
def test_a_path_that_is_no_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match=r"checkpoint .*(No such file|Is a directory)"):
        load_network(tmp_path / name)


# A disk that fails.


@pytest.mark.parametrize("call", ["replace", "fsync", "chmod"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    saved: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = saved.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        save_network(saved, random_network(2), go_rules(9))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(saved: Path) -> None:
    before = saved.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            save_network(saved, random_network(2), go_rules(9))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_write_replaces_the_whole_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"a long first content")
    descriptor = os.open(path, os.O_RDONLY)  # a reader that came before
    write_atomically(path, b"short")
    assert path.read_bytes() == b"short"
    assert os.read(descriptor, 100) == b"a long first content"
    os.close(descriptor)
    assert path.stat().st_mode & 0o777 == 0o644
