"""A network gives the same judgments whoever runs it, and a backend that is missing is named."""

import sys
from typing import get_args

import numpy as np
import pytest

from engine.board import new_state
from engine.rules_kernels import mask_legal_actions
from engine.rulesets import go_rules
from selfplay.agents import open_agent
from selfplay.backends import Backend, evaluators_of
from selfplay.generate import play_actions
from selfplay.openvino_inference import BackendError

NUM_POSITIONS = 64


def test_openvino_gives_torchs_judgments_in_any_batch() -> None:
    pytest.importorskip("openvino")
    network, rules = open_agent("go7").network, go_rules(7)
    assert network is not None
    state, rows = new_state(rules, NUM_POSITIONS), np.arange(NUM_POSITIONS)
    random = np.random.default_rng(1)
    for ply in range(24):
        going = rows[rows % 24 >= ply]
        legal = np.zeros((len(going), 50), np.bool_)
        mask_legal_actions(state, going, False, legal)
        play_actions(state, going, np.array([random.choice(np.flatnonzero(row)) for row in legal]))
    judged = []
    for backend in get_args(Backend):
        (evaluator,) = evaluators_of(network, rules, NUM_POSITIONS, backend, cores=1)
        logits, values = np.zeros((NUM_POSITIONS, 50), np.float32), np.zeros(NUM_POSITIONS, np.float32)
        evaluator.evaluate(state, rows, logits, values)
        alone, value = np.zeros((1, 50), np.float32), np.zeros(1, np.float32)
        evaluator.evaluate(state, rows[5:6], alone, value)
        assert alone[0] == pytest.approx(logits[5], abs=0.1)
        assert value[0] == pytest.approx(values[5], abs=0.02)
        judged.append((logits, values))
    (logits, values), (other_logits, other_values) = judged
    assert np.abs(values - other_values).mean() < 0.02
    assert (logits.argmax(axis=1) == other_logits.argmax(axis=1)).mean() > 0.95


def test_a_backend_that_is_not_installed_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    network = open_agent("go7").network
    assert network is not None
    with pytest.raises(BackendError, match=r"backend openvino: expected pip install 'yomi\[openvino\]'"):
        evaluators_of(network, go_rules(7), 1, "openvino")
