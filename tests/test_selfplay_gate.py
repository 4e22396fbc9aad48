"""The bucket of training steps, the gate before self-play, and which files of a run stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_records import random_network, tiny_run
from test_selfplay_training import Killed, on_call, remains, run

from engine.rulesets import gomoku_rules
from selfplay import training_loop
from selfplay.agents import open_agent
from selfplay.arena import MatchResult
from selfplay.gate import GAMES_BETWEEN_LOOKS, Verdict, challenge
from selfplay.learner import LearnerConfig
from selfplay.run_store import RunStore, latest_weights


def steps_and_positions(folder: Path, iterations: int) -> tuple[list[int], list[int]]:
    """Steps after each round, and the positions with a target that were new up to it."""
    with RunStore(folder, create=False) as store:
        steps = [checkpoint.step for checkpoint in store.checkpoints()][1:]
        games = [store.games("selfplay", iteration=number + 1) for number in range(iterations)]
    return steps, np.cumsum([sum(game.num_targets for game in some) for some in games]).tolist()


# The bucket


def test_steps_never_exceed_what_new_positions_allow_and_nothing_is_lost_by_rounding(tmp_path: Path) -> None:
    config = tiny_run()
    run(tmp_path, config)
    steps, positions = steps_and_positions(tmp_path, 4)
    learner = config.learner
    assert steps == [int(learner.passes * count / learner.batch_size) for count in positions]


def test_steps_kept_from_rounds_without_learning_are_made_up_for_under_a_cap(tmp_path: Path) -> None:
    learner = LearnerConfig(
        batch_size=16, passes=2.0, warmup_steps=3, held_out_share=0.0, min_positions=70, max_steps=5
    )
    config = tiny_run(learner=learner)
    run(tmp_path, config)
    steps, positions = steps_and_positions(tmp_path, 4)
    assert positions[0] < 70 < positions[-1]
    assert steps[0] == 0
    made = np.diff([0, *steps])
    assert made.max() == 5
    assert steps[-1] <= learner.passes * positions[-1] / learner.batch_size
    other = tmp_path / "stopped"
    for _ in range(4):
        run(other, config, training_loop.Watcher(should_stop=lambda: True))
    assert remains(other)["weights"] == remains(tmp_path)["weights"]


# The gate


def test_clearly_better_weights_pass_soon_and_equal_ones_do_not() -> None:
    strong = open_agent("gomoku6").network
    assert strong is not None
    rules = gomoku_rules(6, line_length=4)
    config = tiny_run(rules=rules, network=strong.config, gate_games=60, gate_visits=4, gate_elo=60.0)
    fresh = random_network(1, strong.config)
    passed = challenge(strong, fresh, config, seed=1)
    assert passed.passed
    assert passed.match.num_games == GAMES_BETWEEN_LOOKS
    assert not challenge(fresh, strong, config, seed=1).passed
    assert not challenge(strong, strong, config, seed=1).passed


def verdict(passed: bool) -> Verdict:
    return Verdict(passed, MatchResult("new", "best", 6, 0, 4, 10, 3, 9.0, ()))


def test_only_weights_that_passed_make_games_and_are_the_agent_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdicts = iter([False, True, False, False])
    played: list[Any] = []
    monkeypatch.setattr(training_loop, "challenge", lambda *args, **kw: verdict(next(verdicts)))
    original = training_loop.NetworkEvaluators

    def evaluators(network: Any, *rest: Any) -> Any:
        played.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
        return original(network, *rest)

    monkeypatch.setattr(training_loop, "NetworkEvaluators", evaluators)
    weights = run(tmp_path, tiny_run(gate_games=10, keep_weights=1))
    assert weights.name == "weights-00002.safetensors"
    assert latest_weights(tmp_path) == weights
    kept = sorted(path.name for path in tmp_path.glob("weights-*"))
    assert kept == ["weights-00002.safetensors", "weights-00004.safetensors"]
    names = list(played[0])
    assert all((played[0][name] == played[1][name]).all() for name in names)
    assert any((played[1][name] != played[2][name]).any() for name in names)
    assert all((played[2][name] == played[3][name]).all() for name in names)
    with RunStore(tmp_path, create=False) as store:
        assert store.metrics("gate_passed") == [(1, 0.0), (2, 1.0), (3, 0.0), (4, 0.0)]
        assert store.metrics("gate_games") == [(i, 10.0) for i in (1, 2, 3, 4)]


def test_a_run_with_a_gate_killed_at_it_goes_on_to_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_run(gate_games=4, gate_visits=2)
    run(tmp_path / "whole", config)
    for number, place in ((2, "challenge"), (3, "save_network")):
        folder = tmp_path / place
        kill, original = on_call(number), getattr(training_loop, place)
        with monkeypatch.context() as patch:
            patch.setattr(training_loop, place, lambda *a, k=kill, f=original, **kw: (k(), f(*a, **kw))[1])
            with pytest.raises(Killed):
                run(folder, config)
        run(folder, config)
        assert remains(folder) == remains(tmp_path / "whole")


# Which files stay


def test_the_newest_weights_stay_and_the_run_goes_on_with_another_number_of_them(tmp_path: Path) -> None:
    run(tmp_path, tiny_run(keep_weights=2, iterations=3))
    kept = sorted(path.name for path in tmp_path.glob("weights-*"))
    assert kept == ["weights-00002.safetensors", "weights-00003.safetensors"]
    run(tmp_path, tiny_run(keep_weights=0))
    run(tmp_path / "all", tiny_run())
    with RunStore(tmp_path, create=False) as here, RunStore(tmp_path / "all", create=False) as there:
        last, other = here.checkpoints()[-1], there.checkpoints()[-1]
    assert last.weights_sha256 == other.weights_sha256
