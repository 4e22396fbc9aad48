"""Self-play on a model that is asked for on the way: stored targets follow it, kills change nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_bench import small_bench

from engine.game import Game
from engine.scoring import are_outcomes_forbidden
from rlhf_variant.boards import boards_of_state
from rlhf_variant.classroom import Classroom
from rlhf_variant.experiment import Arm
from rlhf_variant.online_model import OnlineModel
from rlhf_variant.reward_model import RewardConfig, new_reward_model
from rlhf_variant.reward_value_source import RewardValueSource
from rlhf_variant.rewards import Reward
from rlhf_variant.selfplay_optimizer import PHASE, RUNS, SelfPlayOptimizerConfig, train_by_selfplay
from rlhf_variant.sweep import SweepWatcher, row_path, sweep
from selfplay.learner import Learner
from selfplay.records import GameRecord
from selfplay.revaluation import judge_again, state_after
from selfplay.run_store import Checkpoint, RunStore

BUDGET = SelfPlayOptimizerConfig(iterations=3, games=24, simulations=4, batch_size=16)
ARM = Arm("A5", "model", comparisons=160, model_kind="online")


class KilledError(Exception):
    pass


def ignore(_: int) -> None:
    pass


def new_start(
    bench: Path, run: Path, progress: Callable[[int], None] = ignore
) -> tuple[OnlineModel, list[Checkpoint]]:
    """What a process does that begins the run or goes on with it."""
    experiment, lab, pool = small_bench(bench, optimizer="selfplay", selfplay=BUDGET, arms=(ARM,))
    online = OnlineModel(Classroom(experiment, lab, pool, 1), ARM)
    saved = train_by_selfplay(
        lab,
        BUDGET,
        RewardValueSource(online),
        1,
        run,
        sees_outcomes=False,
        revisions=online,
        progress=progress,
    )
    return online, saved


def from_scratch(reward: Reward, record: GameRecord) -> np.ndarray:
    """Targets of a game, by playing it with the plain interface of the engine."""
    game = Game(record.rules)
    for action in record.moves:
        game.play(int(action))
    value = reward.values_black(boards_of_state(game.state, np.array([0])))[0]
    return np.where(np.arange(record.num_moves) % 2 == 0, value, -value)


def stored_games(run: Path) -> list[GameRecord]:
    with RunStore(run) as store:
        return store.games(PHASE)


def test_games_judged_again_have_the_targets_of_the_new_model_and_are_otherwise_as_they_were(
    tmp_path: Path,
) -> None:
    _, lab, _ = small_bench(tmp_path)
    old, new = (new_reward_model(RewardConfig(1, 8), seed).eval() for seed in (1, 2))
    budget = replace(BUDGET, iterations=1)
    train_by_selfplay(lab, budget, RewardValueSource(old), 1, tmp_path / "run", sees_outcomes=False)
    before = stored_games(tmp_path / "run")
    for game in before:
        np.testing.assert_array_equal(game.value_targets, from_scratch(old, game))
    for _ in range(2):
        with RunStore(tmp_path / "run") as store:
            judge_again(store, PHASE, RewardValueSource(new))
        after = stored_games(tmp_path / "run")
        for one, other in zip(before, after, strict=True):
            np.testing.assert_array_equal(other.value_targets, from_scratch(new, one))
            assert not np.array_equal(one.value_targets, other.value_targets)
            same = replace(other, value_targets=one.value_targets)
            for column, stored in zip(one.to_columns(), same.to_columns(), strict=True):
                assert column == stored
    boards = boards_of_state(state_after(before), np.arange(len(before)))
    for row, game in enumerate(before):
        played = Game(game.rules)
        for action in game.moves:
            played.play(int(action))
        expected = boards_of_state(played.state, np.array([0]))
        np.testing.assert_array_equal(boards.stones[row], expected.stones[0])
        assert boards.to_play[row] == expected.to_play[0]


def test_a_run_that_asks_on_the_way_goes_on_after_kills_to_the_same_weights_and_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, saved = new_start(tmp_path, tmp_path / "whole")
    assert len(saved) == 4
    assert whole.stops == [1, 2]
    assert sum(whole.taught.report["batches"]) == ARM.comparisons
    games = stored_games(tmp_path / "whole")
    assert len(games) == 72
    for game in games:
        np.testing.assert_array_equal(game.value_targets, from_scratch(whole, game))
    experiment, lab, pool = small_bench(tmp_path, optimizer="selfplay", selfplay=BUDGET, arms=(ARM,))
    at_first = OnlineModel(Classroom(experiment, lab, pool, 1), ARM)
    assert not np.array_equal(games[0].value_targets, from_scratch(at_first, games[0]))

    train_steps = Learner.train_steps

    def die_in_the_second_round(learner: Learner, *arguments: object, **named: object) -> object:
        if learner.step:
            raise KilledError
        return train_steps(learner, *arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Learner, "train_steps", die_in_the_second_round)
        with pytest.raises(KilledError):
            new_start(tmp_path, tmp_path / "killed")
    assert len(stored_games(tmp_path / "killed")) == 48, "the second round has its games and no steps"

    def die_after_a_round(count: int) -> None:
        with RunStore(tmp_path / "killed") as store:
            if len(store.checkpoints()) == 3:
                raise KilledError

    with pytest.raises(KilledError):
        new_start(tmp_path, tmp_path / "killed", die_after_a_round)
    resumed, _ = new_start(tmp_path, tmp_path / "killed")
    assert resumed.taught.report == whole.taught.report
    for number in range(4):
        name = f"weights-{number:05d}.safetensors"
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes()
    for one, other in zip(games, stored_games(tmp_path / "killed"), strict=True):
        assert one.to_columns() == other.to_columns()


def test_a_sweep_has_a_row_for_it_with_the_model_as_it_is_at_the_end(tmp_path: Path) -> None:
    experiment, lab, pool = small_bench(tmp_path, optimizer="selfplay", selfplay=BUDGET, arms=(ARM,))
    sweep(experiment, tmp_path, lab, pool, SweepWatcher())
    row = json.loads(row_path(tmp_path, ARM.name, 1).read_bytes())
    assert sum(row["reward_model"]["batches"]) == ARM.comparisons
    assert len(row["curve"]) == len(row["log"]) == 3
    with RunStore(tmp_path / RUNS / f"{ARM.name}-1") as store:
        assert len(store.checkpoints()) == 4


def test_a_learner_stays_behind_the_firewall_while_its_model_asks_who_knows_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    was_behind: dict[str, set[bool]] = {"judging": set(), "learning": set(), "asking": set()}
    judge, learn, ask = RewardValueSource.value_targets, Learner.train_batch, OnlineModel.revise

    def noting(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def noted(*arguments: object) -> object:
            was_behind[name].add(are_outcomes_forbidden())
            return function(*arguments)

        return noted

    monkeypatch.setattr(RewardValueSource, "value_targets", noting("judging", judge))
    monkeypatch.setattr(Learner, "train_batch", noting("learning", learn))
    monkeypatch.setattr(OnlineModel, "revise", noting("asking", ask))
    new_start(tmp_path, tmp_path / "run")
    assert was_behind == {"judging": {True}, "learning": {True}, "asking": {False}}
