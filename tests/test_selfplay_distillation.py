"""Distillation: targets are the teacher's, the student comes to agree, the command writes an agent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from random_records import SMALL, random_network, random_record, tiny_run
from test_selfplay_training import run

from app.main import main
from engine.rulesets import go_rules, gomoku_rules
from selfplay.checkpoint import load_network
from selfplay.distillation import Lesson, agreement, distill
from selfplay.imitation import CLONING
from selfplay.network import NetworkConfig, new_network

GAMES = [random_record(go_rules(5), seed) for seed in range(12)]
TEACHERS = [SMALL, replace(SMALL, reading_planes=True)]


@pytest.mark.parametrize("shape", TEACHERS, ids=["plain", "reading"])
@pytest.mark.parametrize("student", TEACHERS, ids=["plain student", "reading student"])
def test_targets_are_what_the_teacher_says_of_the_positions_shown(
    shape: NetworkConfig, student: NetworkConfig
) -> None:
    teacher = random_network(4, shape)
    batch = Lesson(teacher, student, GAMES).sample(40, np.random.default_rng(1))
    assert batch.planes.shape[1] == student.num_planes
    if student.num_planes < shape.num_planes:
        return  # the student is not shown all that the teacher saw
    with torch.inference_mode():
        said = teacher.eval()(torch.from_numpy(batch.planes[:, : shape.num_planes].copy()))
    np.testing.assert_allclose(batch.policy_target, said.policy_logits.softmax(1).numpy(), atol=1e-5)
    np.testing.assert_allclose(batch.value_target, said.value_logits.softmax(1).numpy(), atol=1e-5)


def test_a_student_of_another_shape_comes_to_agree_with_its_teacher() -> None:
    teacher = random_network(4, replace(SMALL, blocks=3))
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    fresh = new_network(SMALL, 1)
    stranger = agreement(teacher, fresh, GAMES, seed=2)
    config = replace(CLONING, batch_size=64, warmup_steps=5)
    taught = distill(teacher, new_network(SMALL, 1), GAMES[:10], 250, 1, config)
    found = agreement(teacher, taught, GAMES, seed=2)
    assert found["same_move"] > stranger["same_move"] + 0.2
    assert found["value_difference"] < stranger["value_difference"] / 2
    assert all((before[name] == tensor).all() for name, tensor in teacher.state_dict().items())


def test_the_command_writes_a_smaller_agent_from_the_games_of_a_run(tmp_path: Path) -> None:
    folder, out = tmp_path / "run", tmp_path / "small.safetensors"
    run(folder, tiny_run(network=replace(SMALL, channels=16), iterations=8))
    command = ["distill", str(folder), "--games", str(folder), "--blocks", "1", "--channels", "8"]
    result = CliRunner().invoke(main, [*command, "--steps", "20", "--out", str(out), "--json"])
    found = json.loads(result.stdout)
    network, rules = load_network(out)
    assert rules == gomoku_rules(3)
    assert (network.config.blocks, network.config.channels) == (1, 8)
    assert found["parameters"]["student"] == network.num_parameters() < found["parameters"]["teacher"]
    assert 0 <= found["same_move"] <= 1
    assert (
        "held-out positions" in CliRunner().invoke(main, [*command, "--steps", "2", "--out", str(out)]).stdout
    )


def test_the_command_says_in_one_line_what_is_missing(tmp_path: Path) -> None:
    shape = ["--blocks", "1", "--channels", "8"]
    for arguments, message in (
        (["go7", *shape], "--games and --sgf: expected one of them"),
        (["uct:9", "--sgf", str(tmp_path), *shape], "expected one with a network"),
        (["go7", "--sgf", str(tmp_path), "--blocks", "1", "--channels", "9"], "expected a multiple of 8"),
        (["go7", "--sgf", str(tmp_path), *shape], "no .sgf file"),
    ):
        refused = CliRunner().invoke(main, ["distill", *arguments])
        assert refused.exit_code == 2
        assert message in refused.stderr
