"""Exported networks: another runtime says the same of boards of every size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from random_records import random_network

from app.main import main
from engine.rulesets import go_rules
from selfplay.checkpoint import describe, save_network


def export(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["export", *map(str, arguments)])
    return result.exit_code, result.output


def test_an_exported_network_says_the_same_in_another_runtime(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    network, rules = random_network(1), go_rules(5)
    save_network(tmp_path / "weights", network, rules)
    path = tmp_path / "network.onnx"
    assert export(tmp_path / "weights", "--out", path) == (0, f"Network: {path}\n")
    session = runtime.InferenceSession(path)
    known = json.loads(session.get_modelmeta().custom_metadata_map["yomi"])
    assert known == describe(network, rules)
    for count, height, width in ((1, 9, 9), (3, 7, 8)):
        planes = np.random.default_rng(count).random((count, known["planes"], height, width), np.float32)
        planes[:, 0] = 0
        planes[:, 0, :5, :6] = 1
        policy_logits, values = session.run(None, {"planes": planes})
        with torch.inference_mode():
            expected = network(torch.from_numpy(planes))
        np.testing.assert_allclose(policy_logits, expected.policy_logits, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(values, expected.values(), rtol=1e-4, atol=1e-4)


def test_an_agent_without_a_network_cannot_be_exported() -> None:
    exit_code, output = export("random")
    assert (exit_code, output.count("\n")) == (2, 1)
    assert "agent random: has no network to export" in output
