"""Self-play as the second optimiser of an experiment: cut games, value sources of arms, rows, resumption."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from small_bench import SMALL, small_bench

from engine.board import BLACK, WHITE, State
from engine.errors import OutcomeForbiddenError
from engine.scoring import outcomes_forbidden, require_outcomes
from mcts.evaluator import Rows
from rlhf_variant.arms import prepare, value_source
from rlhf_variant.classroom import Classroom
from rlhf_variant.episodes import play_episodes
from rlhf_variant.experiment import Arm
from rlhf_variant.measures import MARGIN_EDGES
from rlhf_variant.ppo import PolicyOptimizer, PpoConfig
from rlhf_variant.referee import Referee
from rlhf_variant.sampling_policy import SamplingPolicy
from rlhf_variant.selfplay_optimizer import (
    RUNS,
    RefereeValueSource,
    SelfPlayOptimizerConfig,
    train_by_selfplay,
)
from rlhf_variant.sweep import SweepWatcher, row_path, sweep
from selfplay.checkpoint import load_network
from selfplay.run_store import RunStore
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import ValueSource

BUDGET = SelfPlayOptimizerConfig(iterations=2, games=8, simulations=4, batch_size=16)
NO_MOVES = np.zeros(0, np.int16)
"""For value sources that look at the board alone."""
ARMS = (
    Arm("A0", "none"),
    Arm("A1", "truth"),
    Arm("A1g", "margin"),
    Arm("A2n-stones", "truth", labeler="stones", flips="labeler"),
    Arm("A2-stones", "utility", labeler="stones"),
    Arm("A3-60", "model", comparisons=60),
    Arm("A6-60", "model", comparisons=60, model_kind="pessimistic"),
    Arm("A7-60", "model", comparisons=60, divergence_weight=0.3),
    Arm("A13-60", "model", labeler="stones", comparisons=60, model_kind="segments", clip=3),
    Arm("A15-60", "model", comparisons=60, truth_share=0.5),
)


def test_arms_follow_their_rewards_by_self_play_and_have_the_rows_of_the_other_optimiser(
    tmp_path: Path,
) -> None:
    experiment, lab, pool = small_bench(tmp_path, arms=ARMS, optimizer="selfplay", selfplay=BUDGET)
    told: list[int] = []
    sweep(experiment, tmp_path, lab, pool, SweepWatcher(on_step=told.append))
    rows = {arm.name: json.loads(row_path(tmp_path, arm.name, 1).read_bytes()) for arm in ARMS}
    assert sum(told) == 2 * (len(ARMS) - 1)
    assert len({row["policy_sha256"] for row in rows.values()}) == len(ARMS)
    for name, row in rows.items():
        assert row["optimizer"] == "selfplay"
        assert len(row["curve"]) == (0 if name == "A0" else 2)
        assert 0 <= row["final"]["gold"] <= 1
    spent = [row["evaluations"] for name, row in rows.items() if name != "A0"]
    assert min(spent) > 0
    assert max(spent) / min(spent) < 1.3
    with RunStore(tmp_path / RUNS / "A3-60-1", create=False) as store:
        games = store.games("selfplay")
    assert len(games) == 16
    first, last = SMALL.lab.cuts
    assert all(first <= game.num_moves <= last for game in games)
    assert len({game.num_moves for game in games}) > 1
    no_pass = SMALL.lab.rules.num_actions - 1
    assert not any((game.moves == no_pass).any() for game in games)
    assert all(0 < abs(game.value_targets[0]) < 1 for game in games), "values are beliefs, not results"


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path, weight: float) -> None:
    _, lab, _ = small_bench(tmp_path)
    for name, budgets in (("at-once", (BUDGET,)), ("killed", (replace(BUDGET, iterations=1), BUDGET))):
        for budget in budgets:
            source = RefereeValueSource(lab.referee, 1)
            folder = tmp_path / name
            saved = train_by_selfplay(
                lab, budget, source, 1, folder, sees_outcomes=True, divergence_weight=weight
            )
        assert len(saved) == 3
    whole, resumed = (tmp_path / name / "weights-00002.safetensors" for name in ("at-once", "killed"))
    assert whole.read_bytes() == resumed.read_bytes()


def test_a_policy_that_is_anchored_firmly_stays_the_reference(tmp_path: Path) -> None:
    _, lab, _ = small_bench(tmp_path)
    eager, gone = replace(BUDGET, learning_rate=1e-2, passes=20), {}
    for weight in (0.0, 1e4):
        folder = tmp_path / str(weight)
        source = RefereeValueSource(lab.referee, 1)
        saved = train_by_selfplay(lab, eager, source, 1, folder, sees_outcomes=True, divergence_weight=weight)
        optimizer = PolicyOptimizer(lab.reference, PpoConfig(), 1)
        optimizer.network, _ = load_network(saved[-1].weights)
        policy, random = SamplingPolicy(lab.reference, lab.rules, 64), np.random.default_rng(1)
        shape, cuts = lab.reference.config, lab.config.cuts
        played = play_episodes(policy, policy, shape, lab.rules, cuts, 64, random)
        gone[weight], _ = optimizer.divergence(played)
        with RunStore(folder) as store:
            told = dict(store.metrics("loss_divergence"))
        assert set(told) == ({1, 2} if weight else set())
    assert gone[1e4] < 0.02 * gone[0.0]
    assert gone[0.0] > 1e-3


def test_the_truth_of_a_cut_board_is_a_result_that_repeats_and_alternates(tmp_path: Path) -> None:
    _, lab, _ = small_bench(tmp_path)
    policy = SamplingPolicy(lab.reference, lab.rules, 8)
    random = np.random.default_rng(1)
    played = play_episodes(policy, policy, lab.reference.config, lab.rules, (6, 6), 8, random)
    source = RefereeValueSource(lab.referee, 1)
    to_play = np.array([BLACK, WHITE, BLACK], np.int8)
    values = np.array([source.value_targets(played.state, row, to_play, NO_MOVES) for row in range(8)])
    assert (np.abs(values) == 1).all()
    assert (values[:, 0] == -values[:, 1]).all()
    again = np.array([source.value_targets(played.state, row, to_play, NO_MOVES) for row in range(8)])
    assert (values == again).all()
    squashed = RefereeValueSource(lab.referee, 1, scale=5.0)
    points = np.array([squashed.value_targets(played.state, row, to_play, NO_MOVES) for row in range(8)])
    assert (np.sign(points) == values).all()
    assert (np.abs(points) < 1).all()


class Dice(Referee):
    """A referee whose points depend on chance alone, so that thousands of boards take no time."""

    def __init__(self) -> None:
        pass

    def margins(
        self, state: State, rows: Rows, num_continuations: int, random: np.random.Generator
    ) -> npt.NDArray[np.float32]:
        require_outcomes()
        return np.asarray(random.integers(-20, 20, (len(rows), num_continuations)) + 0.5, np.float32)


def test_results_are_turned_round_as_often_as_asked_for_and_always_on_the_same_boards(tmp_path: Path) -> None:
    experiment, lab, pool = small_bench(tmp_path)
    arm = Arm("A2n", "truth", labeler="stones", flips="labeler")
    classroom = Classroom(experiment, replace(lab, referee=Dice()), pool, 1)
    prepared = prepare(classroom, arm, tmp_path)
    policy, random = SamplingPolicy(lab.reference, lab.rules, 3000), np.random.default_rng(1)
    played = play_episodes(policy, policy, lab.reference.config, lab.rules, (8, 8), 3000, random)
    to_play = np.array([BLACK], np.int8)

    def values(source: ValueSource, rows: range = range(3000)) -> npt.NDArray[np.float32]:
        return np.array([source.value_targets(played.state, row, to_play, NO_MOVES)[0] for row in rows])

    turned, honest = values(value_source(classroom, arm, prepared)), values(RefereeValueSource(Dice(), 1))
    points = np.arctanh(values(RefereeValueSource(Dice(), 1, scale=40.0)).astype(np.float64)) * 40
    assert (np.sign(points) == honest).all()
    classes = np.searchsorted(MARGIN_EDGES, np.abs(points).round(1))
    assert len(prepared.flip_rates) == len(MARGIN_EDGES) + 1
    for index, rate in enumerate(prepared.flip_rates):
        members = classes == index
        share = float((turned != honest)[members].mean())
        assert share == pytest.approx(rate, abs=4 * (0.25 / members.sum()) ** 0.5)
    assert len(set(prepared.flip_rates)) > 1
    backwards = values(value_source(classroom, arm, prepared), range(2999, -1, -1))
    assert (backwards == turned[::-1]).all(), "chance depends on the board and not on the order"
    with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
        value_source(classroom, arm, prepared).value_targets(played.state, 0, to_play, NO_MOVES)


def test_what_self_play_cannot_follow_is_refused(tmp_path: Path) -> None:
    unfair = (Arm("A6", "model", comparisons=60, model_kind="lowest"),)
    with pytest.raises(ValueError, match="arm A6: in self-play expected an ensemble fair to both"):
        replace(SMALL, optimizer="selfplay", arms=unfair)
    online = (Arm("A5", "model", comparisons=60, model_kind="online"),)
    with pytest.raises(ValueError, match="arm A5: online in self-play: expected at least 2 iterations"):
        replace(SMALL, optimizer="selfplay", arms=online, selfplay=replace(BUDGET, iterations=1))
    with pytest.raises(ValueError, match="optimizer 'sgd'"):
        replace(SMALL, optimizer="sgd")
    with pytest.raises(ValueError, match="first_cut and last_cut"):
        SelfPlayConfig(first_cut=9, last_cut=4)
