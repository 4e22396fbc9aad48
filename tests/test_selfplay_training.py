"""A run as a whole: killed anywhere it goes on to the same weights, and what it learns beats random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_records import TINY_RUN, random_network, tiny_run
from safetensors.numpy import load_file

from engine.game import Game
from engine.rulesets import go_rules, gomoku_rules
from mcts.config import SearchConfig
from selfplay import training_loop
from selfplay.agents import AgentSpec, network_agent
from selfplay.arena import play_match
from selfplay.checkpoint import CheckpointError, load_network
from selfplay.config import TrainConfig
from selfplay.generate import generate_games
from selfplay.learner import DivergedError, Learner, LearnerConfig
from selfplay.network import NetworkConfig
from selfplay.network_evaluators import NetworkEvaluators
from selfplay.replay import Batch
from selfplay.run_store import RunError, RunStore, latest_weights
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.training_loop import DIVERGED, Report, Watcher, train
from selfplay.value_source import OutcomeValueSource
from selfplay.window import is_held_out

METRICS = ("loss_policy", "loss_value", "mean_moves", "black_win_share", "distinct_game_share", "evaluations")


class Killed(BaseException):
    """Stands for whatever ends a process."""


def run(folder: Path, config: TrainConfig, watcher: Watcher | None = None, **options: Any) -> Path:
    with RunStore(folder) as store:
        return train(store, config, OutcomeValueSource(), watcher=watcher, **options)


def remains(folder: Path) -> dict[str, Any]:
    """All that a run leaves behind, but for the time of day."""
    with RunStore(folder, create=False) as store:
        saved = store.checkpoints()
        return {
            "steps": [(checkpoint.iteration, checkpoint.step) for checkpoint in saved],
            "evaluations": [checkpoint.evaluations for checkpoint in saved],
            "games": [game.digest() for game in store.games("selfplay")],
            "metrics": {name: store.metrics(name) for name in METRICS},
            "weights": [tensor_bytes(checkpoint.weights) for checkpoint in saved],
            "optimizer": tensor_bytes(saved[-1].optimizer),
        }


def tensor_bytes(path: Path) -> dict[str, bytes]:
    return {name: tensor.tobytes() for name, tensor in load_file(path).items()}


def on_call(number: int) -> Callable[..., None]:
    """A function that is killed in its n-th call."""
    calls = [0]

    def call(*_: object, **__: object) -> None:
        calls[0] += 1
        if calls[0] == number:
            raise Killed

    return call


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("undisturbed")
    run(folder, tiny_run())
    return remains(folder)


# The same run again.


def test_a_run_leaves_its_games_weights_and_metrics(undisturbed: dict[str, Any]) -> None:
    assert [iteration for iteration, _ in undisturbed["steps"]] == [0, 1, 2, 3, 4]
    assert len(undisturbed["games"]) == 4 * 6
    assert undisturbed["evaluations"][0] == 0
    assert np.diff(undisturbed["evaluations"]).min() > 0
    assert all(len(values) == 4 for values in undisturbed["metrics"].values())


@pytest.mark.parametrize(
    ("target", "name", "number"),
    [
        pytest.param(Watcher, "on_games", 2, id="while the first games are played"),
        pytest.param(Watcher, "on_games", 9, id="while later games are played"),
        pytest.param(RunStore, "add_games", 2, id="before the games are stored"),
        pytest.param(Watcher, "on_steps", 1, id="when the first games are stored"),
        pytest.param(Watcher, "on_steps", 13, id="in the middle of training"),
        pytest.param(RunStore, "add_metrics", 3, id="after training"),
        pytest.param(training_loop, "save_network", 1, id="before the first weights"),
        pytest.param(training_loop, "save_network", 3, id="before the weights are written"),
        pytest.param(training_loop, "save_learner", 3, id="between the weights and the optimizer"),
        pytest.param(RunStore, "add_checkpoint", 4, id="before the weights count"),
        pytest.param(Watcher, "on_report", 3, id="after a round"),
    ],
)
def test_a_run_killed_at_any_point_goes_on_to_the_same_result(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: dict[str, Any],
    target: Any,
    name: str,
    number: int,
) -> None:
    kill = on_call(number)
    with monkeypatch.context() as patch:
        if target is Watcher:
            watcher = Watcher(**{name: kill})
        else:
            watcher = Watcher()
            original = getattr(target, name)
            patch.setattr(target, name, lambda *args: (kill(), original(*args))[1])
        with pytest.raises(Killed):
            run(tmp_path, tiny_run(), watcher)
    run(tmp_path, tiny_run())
    assert remains(tmp_path) == undisturbed


def test_a_run_stopped_after_every_round_goes_on_to_the_same_result(
    tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    for _ in range(4):
        run(tmp_path, tiny_run(), Watcher(should_stop=lambda: True))
    assert remains(tmp_path) == undisturbed


def test_more_rounds_continue_a_finished_run(tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    run(tmp_path, tiny_run(iterations=2))
    run(tmp_path, tiny_run())
    assert remains(tmp_path) == undisturbed


def test_two_threads_repeat_themselves_too(tmp_path: Path) -> None:
    config = tiny_run(iterations=2, threads=2)
    run(tmp_path / "first", config)
    with pytest.raises(Killed):
        run(tmp_path / "second", config, Watcher(on_games=on_call(3)))
    run(tmp_path / "second", config)
    assert remains(tmp_path / "first") == remains(tmp_path / "second")


def test_another_seed_gives_another_run(tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    run(tmp_path, tiny_run(seed=2))
    other = remains(tmp_path)
    assert other["games"] != undisturbed["games"]
    assert other["weights"][0] != undisturbed["weights"][0]
    assert other["weights"][-1] != undisturbed["weights"][-1]


def test_a_run_goes_on_with_another_number_of_threads(tmp_path: Path) -> None:
    run(tmp_path, tiny_run(iterations=1))
    run(tmp_path, tiny_run(iterations=2, threads=2))
    with RunStore(tmp_path, create=False) as store:
        assert [checkpoint.iteration for checkpoint in store.checkpoints()] == [0, 1, 2]


def test_losses_that_decide_the_rate_are_those_of_all_rounds_also_after_a_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selfplay.learner.num_plateaus", lambda losses, patience: len(losses) * patience)
    settings = tiny_run(learner=replace(TINY_RUN.learner, plateau_rounds=1, rate_drop=0.01))
    run(tmp_path / "plain", tiny_run())
    run(tmp_path / "whole", settings)
    run(tmp_path / "parts", replace(settings, iterations=3))
    run(tmp_path / "parts", settings)
    plain, whole, parts = (remains(tmp_path / name)["weights"] for name in ("plain", "whole", "parts"))
    assert whole[-1] == parts[-1] != plain[-1]


# What a run refuses.


def test_a_folder_with_other_settings_is_refused_by_name(tmp_path: Path) -> None:
    run(tmp_path, tiny_run(iterations=1))
    other = tiny_run(learner=LearnerConfig(batch_size=32), seed=5)
    with pytest.raises(RunError, match=r"holds another configuration \(learner, seed differ\)"):
        run(tmp_path, other)


@pytest.mark.parametrize("pattern", ["weights-*1.safetensors", "optimizer-*1.safetensors"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, pattern: str) -> None:
    run(tmp_path, tiny_run(iterations=1))
    (path,) = tmp_path.glob(pattern)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(CheckpointError, match=path.name):
        run(tmp_path, tiny_run())


def test_divergence_keeps_the_last_weights_and_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, tiny_run(iterations=1))
    before = remains(tmp_path)["weights"]

    def diverge(learner: Learner, batch: Batch) -> None:
        raise DivergedError(f"training diverged at step {learner.step}: loss nan", batch)

    monkeypatch.setattr(Learner, "train_batch", diverge)
    with pytest.raises(DivergedError):
        run(tmp_path, tiny_run())
    assert remains(tmp_path)["weights"] == before
    with RunStore(tmp_path) as store:
        assert store.metrics("diverged") == [(2, 1.0)]
    culprit = load_file(tmp_path / DIVERGED)
    assert set(culprit) == set(Batch._fields)
    assert len(culprit["planes"]) == tiny_run().learner.batch_size


def test_games_held_out_judge_the_weights_and_their_gap_is_noted(tmp_path: Path) -> None:
    config = tiny_run(learner=replace(TINY_RUN.learner, held_out_share=0.3))
    run(tmp_path, config)
    with RunStore(tmp_path) as store:
        games = store.games("selfplay")
        held_out = [game for game in games if is_held_out(game, 0.3, config.seed)]
        assert 0 < len(held_out) < len(games)
        gaps, losses = store.metrics("value_gap"), store.metrics("held_out_value_loss")
    assert [iteration for iteration, _ in gaps][-1] == 4
    assert all(np.isfinite(value) for _, value in gaps + losses)


def test_a_run_without_weights_has_no_latest_ones(tmp_path: Path) -> None:
    RunStore(tmp_path).close()
    with pytest.raises(RunError, match="no weights yet"):
        latest_weights(tmp_path)


# What a run does.


def test_a_run_stops_when_its_budget_is_spent(tmp_path: Path) -> None:
    run(tmp_path / "one", tiny_run(), max_evaluations=1)
    with RunStore(tmp_path / "one") as store:
        spent = [checkpoint.evaluations for checkpoint in store.checkpoints()]
    assert len(spent) == 2
    budget = round(2.5 * spent[1])
    run(tmp_path / "more", tiny_run(), max_evaluations=budget)
    with RunStore(tmp_path / "more") as store:
        last = store.checkpoints()[-1]
    assert last.iteration == 3, "the third round is cut short"
    assert abs(last.evaluations - budget) < 0.3 * spent[1]


def test_budget_of_a_run_with_growing_searches_counts_what_the_next_round_costs(tmp_path: Path) -> None:
    growing = tiny_run(
        search=SearchConfig(num_simulations=32),
        selfplay=SelfPlayConfig(games_per_iteration=20, parallel_games=4, first_simulations=4),
        iterations=8,
    )
    run(tmp_path / "whole", growing)
    with RunStore(tmp_path / "whole") as store:
        spent = [checkpoint.evaluations for checkpoint in store.checkpoints()]
    last_round = spent[8] - spent[7]
    assert last_round > 3 * spent[1]
    run(tmp_path / "cut", growing, max_evaluations=round(spent[8] - 0.5 * last_round))
    with RunStore(tmp_path / "cut") as store:
        left = spent[8] - store.checkpoints()[-1].evaluations
    assert 0.3 * last_round < left < 0.7 * last_round


def test_a_run_starts_from_given_weights(tmp_path: Path) -> None:
    initial = random_network(3)
    run(tmp_path, tiny_run(iterations=1), initial=initial)
    first = load_network(tmp_path / "weights-00000.safetensors")[0].state_dict()
    assert all((first[name] == tensor).all() for name, tensor in random_network(3).state_dict().items())
    assert latest_weights(tmp_path).name == "weights-00001.safetensors"


def test_old_optimizer_states_are_removed_and_weights_kept(tmp_path: Path) -> None:
    run(tmp_path, tiny_run())
    assert len(list(tmp_path.glob("weights-*"))) == 5
    assert len(list(tmp_path.glob("optimizer-*"))) == 3


def test_watchers_are_told_of_every_game_step_and_round(tmp_path: Path) -> None:
    games: list[int] = []
    steps: list[int] = []
    reports: list[Report] = []
    run(tmp_path, tiny_run(), Watcher(games.append, steps.append, reports.append))
    assert sum(games) == 24
    assert sum(steps) == remains(tmp_path)["steps"][-1][1]
    assert [report.iteration for report in reports] == [1, 2, 3, 4]
    assert all(report.games == 6 and 5 <= report.mean_moves <= 9 for report in reports)


def test_self_played_games_are_legal_and_their_targets_those_of_the_winner() -> None:
    config = tiny_run(rules=go_rules(3, komi=0.0), selfplay=SelfPlayConfig(random_plies=2))
    made = generate_games(
        config.rules,
        config.search,
        config.selfplay,
        NetworkEvaluators(random_network(1), config.rules),
        OutcomeValueSource(),
        num_games=20,
        num_workers=2,
        seed=np.random.SeedSequence(1),
    )
    assert len(made.games) == 20
    num_random = [int(record.visits.any(axis=1).argmax()) for record in made.games]
    assert {*num_random} == {0, 1, 2}
    for record, first in zip(made.games, num_random, strict=True):
        game = Game(record.rules)
        for ply, action in enumerate(record.moves):
            legal = game.legal_actions()
            assert action in legal
            visited = np.flatnonzero(record.visits[ply])
            assert set(visited) <= set(legal)
            assert record.visits[ply].sum() == (0 if ply < first else config.search.num_simulations - 1)
            game.play(int(action))
        assert game.is_over
        assert record.score_black == game.score_black()
        assert record.is_truncated == (record.num_moves == game.rules.resolved_move_limit)
        sign = np.sign(game.score_black())
        expected = [sign if ply % 2 == 0 else -sign for ply in range(record.num_moves)]
        np.testing.assert_array_equal(record.value_targets, expected)


LEARNS_IN_SECONDS = TrainConfig(
    rules=gomoku_rules(5),
    network=NetworkConfig(blocks=2, channels=16),
    search=SearchConfig(num_simulations=16),
    selfplay=SelfPlayConfig(games_per_iteration=64, random_plies=1, temperature_plies=6),
    learner=LearnerConfig(batch_size=32, passes=3.0, learning_rate=4e-3, warmup_steps=20),
    iterations=6,
    threads=1,
)


def test_seconds_of_self_play_beat_random_by_policy_alone(tmp_path: Path) -> None:
    config = LEARNS_IN_SECONDS
    network, _ = load_network(run(tmp_path, config))
    learned = network_agent("learned", network, config.rules, visits=1)
    result = play_match(learned, AgentSpec("random"), config.rules, 200, seed=1)
    assert result.interval[0] > 0.75, result.to_dict()
    assert result.distinct_games > 150
