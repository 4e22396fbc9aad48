"""The reward model, its loss and its learner, and the firewall between preferences and outcomes."""

import contextvars
import math
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from test_rlhf_boards import random_games

from app.main import main
from engine.board import BLACK, new_state
from engine.errors import OutcomeForbiddenError
from engine.game import Game
from engine.rules_kernels import play
from engine.rulesets import go_rules
from engine.scoring import outcomes_forbidden, scores_black, values_to_play
from mcts.config import SearchConfig
from rlhf_variant.boards import Boards, draw_boards, swap_colors
from rlhf_variant.comparisons import Labeled
from rlhf_variant.preference_loss import preference_loss, preference_probability
from rlhf_variant.reward_learner import (
    STEPS_BEFORE_STOPPING,
    RewardLearnerConfig,
    fit,
    fit_reward_model,
    fitted_temperature,
    pair_accuracy,
    pair_examples,
    pair_loss,
    turned,
)
from rlhf_variant.reward_model import (
    RewardConfig,
    encode,
    load_reward_model,
    new_reward_model,
    save_reward_model,
    twin_planes,
)
from rlhf_variant.reward_value_source import RewardValueSource
from rlhf_variant.variant_loop import (
    REWARD_FILE,
    PreferenceConfig,
    blinded,
    final_margins,
    preference_report,
    require_blind,
    train_on_preferences,
)
from selfplay.agents import network_agent
from selfplay.checkpoint import CheckpointError
from selfplay.config import TrainConfig
from selfplay.learner import LearnerConfig
from selfplay.network import NetworkConfig, new_network
from selfplay.presets import PRESETS, preset
from selfplay.run_store import RunError, RunStore
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import OutcomeValueSource


def some_boards(count: int = 40, size: int = 5) -> Boards:
    games = random_games(go_rules(size), count // 4, 14)
    return draw_boards(games, 2, 4, np.random.default_rng(1))[0]


def stone_pairs(count: int, size: int = 5, seed: int = 1) -> Labeled:
    """Pairs whose answer is: more black than white stones, komi counted."""
    random = np.random.default_rng(seed)

    def side() -> Boards:
        stones = random.choice([0, 1, 2], size=(count, size, size)).astype(np.int8)
        komi = random.choice([-2.5, 2.5], size=count).astype(np.float32)
        return Boards(stones, random.choice([1, 2], size=count).astype(np.int8), komi)

    def utility(boards: Boards) -> np.ndarray:
        return (boards.stones == 1).sum((1, 2)) - (boards.stones == 2).sum((1, 2)) - boards.komi

    a, b = side(), side()
    difference = utility(a) - utility(b)
    return Labeled(a, b, ((np.sign(difference) + 1) / 2).astype(np.float32))


def test_the_loss_equals_its_formula_with_ties_and_errors() -> None:
    r_a, r_b, target = [0.3, -1.0, 2.0], [0.1, 0.5, -1.0], [1.0, 0.0, 0.5]
    expected = 0.0
    for a, b, t in zip(r_a, r_b, target, strict=True):
        p = 0.05 + 0.9 / (1 + math.exp(-(a - b)))
        expected -= t * math.log(p) + (1 - t) * math.log(1 - p)
    loss = preference_loss(torch.tensor(r_a), torch.tensor(r_b), torch.tensor(target), 0.1)
    assert float(loss) == pytest.approx(expected / 3, rel=1e-6)


@pytest.mark.parametrize("error_rate", [0.0, 0.1])
def test_the_gradient_of_the_loss_equals_finite_differences(error_rate: float) -> None:
    rewards = torch.tensor([0.4, -0.2, 1.3], dtype=torch.float64, requires_grad=True)
    others = torch.tensor([0.1, 0.6, -0.8], dtype=torch.float64)
    target = torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda r: preference_loss(r, others, target, error_rate), (rewards,))


def test_probabilities_stay_inside_the_error_band() -> None:
    far = torch.tensor([60.0, -60.0])
    probability = preference_probability(far, torch.zeros(2), 0.1)
    assert probability.tolist() == pytest.approx([0.95, 0.05])


def test_rewards_turn_round_with_the_colors() -> None:
    model, boards = new_reward_model(RewardConfig(), 3), some_boards()
    assert np.allclose(model.rewards(boards), -model.rewards(swap_colors(boards)), atol=1e-6)
    assert np.allclose(model.values_black(boards), -model.values_black(swap_colors(boards)), atol=1e-6)


def test_the_inputs_of_a_twin_are_found_without_its_board() -> None:
    boards = some_boards()
    assert (twin_planes(encode(boards)) == encode(swap_colors(boards))).all()


def test_turning_boards_keeps_their_stones() -> None:
    planes = encode(some_boards())
    changed = turned(planes, np.random.default_rng(1))
    assert (changed.flatten(2).sort().values == planes.flatten(2).sort().values).all()
    assert (changed != planes).any()


def test_a_simple_preference_is_learned_and_its_zero_is_found() -> None:
    model = new_reward_model(RewardConfig(), 1)
    held_out = stone_pairs(300, seed=2)
    config = RewardLearnerConfig(epochs=8)
    report = fit_reward_model(model, stone_pairs(1000), held_out, config, np.random.SeedSequence(1))
    assert report.accuracy > 0.9
    assert report.accuracy == pair_accuracy(model, held_out)
    assert report.temperature == pytest.approx(fitted_temperature(model, held_out, 0.1))
    boards = stone_pairs(400, seed=3).a
    ahead = (boards.stones == 1).sum((1, 2)) - (boards.stones == 2).sum((1, 2)) - boards.komi
    clear = np.abs(ahead) > 2
    agreement = np.mean((model.values_black(boards) > 0)[clear] == (ahead > 0)[clear])
    assert agreement > 0.9, "the sign of the reward must mean who is ahead"


def test_shuffled_answers_teach_nothing() -> None:
    pairs = stone_pairs(600)
    shuffled = pairs._replace(preference_a=np.random.default_rng(1).permutation(pairs.preference_a))
    model = new_reward_model(RewardConfig(), 1)
    held_out = stone_pairs(400, seed=2)
    fit_reward_model(model, shuffled, held_out, RewardLearnerConfig(epochs=6), np.random.SeedSequence(1))
    assert pair_accuracy(model, held_out) < 0.65


def test_a_saved_reward_model_gives_the_same_rewards_and_a_damaged_one_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    model, boards, path = new_reward_model(RewardConfig(), 7), some_boards(), tmp_path / "reward.safetensors"
    model.temperature.fill_(0.7)
    digest = save_reward_model(path, model)
    assert (load_reward_model(path, digest).values_black(boards) == model.values_black(boards)).all()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged"):
        load_reward_model(path, digest)


def test_behind_the_firewall_every_reading_of_an_outcome_raises() -> None:
    game = Game(go_rules(5))
    state = new_state(go_rules(5))
    games = random_games(go_rules(5), 2, 6)
    source = OutcomeValueSource()
    to_play = np.array([BLACK], np.int8)
    readings = [
        game.score_black,
        game.winner,
        game.result,
        lambda: scores_black(state, [0]),
        lambda: values_to_play(state, [0]),
        lambda: source.terminal_values(state, np.array([0])),
        lambda: source.value_targets(state, 0, to_play, np.array([12], np.int16)),
        lambda: source.score_target_black(state, 0),
        lambda: final_margins(games),
    ]
    with outcomes_forbidden():
        for reading in readings:
            with pytest.raises(OutcomeForbiddenError):
                reading()
    for reading in readings:
        reading()


def test_the_firewall_follows_its_context_into_threads_and_spares_others() -> None:
    state, seen = new_state(go_rules(3)), []

    def read(name: str) -> None:
        try:
            scores_black(state, [0])
            seen.append((name, "read"))
        except OutcomeForbiddenError:
            seen.append((name, "refused"))

    with outcomes_forbidden():
        context = contextvars.copy_context()
        inside = threading.Thread(target=context.run, args=(read, "inside"))
        outside = threading.Thread(target=contextvars.Context().run, args=(read, "outside"))
        for thread in (inside, outside):
            thread.start()
            thread.join()
    assert sorted(seen) == [("inside", "refused"), ("outside", "read")]


def test_reward_targets_alternate_and_ignore_who_won() -> None:
    model = new_reward_model(RewardConfig(), 2)
    source = RewardValueSource(model)
    state = new_state(go_rules(5))
    for action in (12, 6, 25, 25):
        play(state, 0, action)
    with outcomes_forbidden():
        value = float(source.terminal_values(state, np.array([0]))[0])
        moves = np.array([12, 6, 25, 25], np.int16)
        targets = source.value_targets(state, 0, np.array([1, 2, 1, 2], np.int8), moves)
        assert source.score_target_black(state, 0) is None
    assert targets.tolist() == pytest.approx([value, -value, value, -value])


def tiny_run(seed: int = 1) -> tuple[TrainConfig, PreferenceConfig]:
    config = TrainConfig(
        rules=go_rules(5),
        network=NetworkConfig(blocks=1, channels=8),
        search=SearchConfig(num_simulations=4),
        selfplay=SelfPlayConfig(games_per_iteration=8, parallel_games=8),
        learner=LearnerConfig(batch_size=32, passes=1),
        iterations=2,
        seed=seed,
    )
    preferences = PreferenceConfig(
        num_comparisons=60,
        reference_games=20,
        min_ply=4,
        learner=RewardLearnerConfig(epochs=2),
        seed=seed,
    )
    return config, preferences


def test_a_whole_preference_run_sees_no_outcome_and_resumes_to_the_same_weights(tmp_path) -> None:  # type: ignore[no-untyped-def]
    config, preferences = tiny_run()
    initial = new_network(config.network, 1)
    reference = network_agent("reference", initial, config.rules, visits=1, temperature=1.0)

    def run(folder: str, iterations: int) -> bytes:
        with RunStore(tmp_path / folder) as store:
            weights = train_on_preferences(
                store,
                replace(config, iterations=iterations),
                preferences,
                reference,
                new_network(config.network, 1),
            )
            games = store.games("selfplay") + store.games("reference")
            assert all(game.score_black is None for game in games)
            assert preference_report(store)["num_train"] == 48
            return weights.read_bytes()

    whole = run("whole", 2)
    run("parts", 1)
    assert run("parts", 2) == whole
    assert (tmp_path / "parts" / REWARD_FILE).read_bytes() == (tmp_path / "whole" / REWARD_FILE).read_bytes()


def test_a_preference_run_refuses_score_targets_proofs_and_other_preferences(tmp_path) -> None:  # type: ignore[no-untyped-def]
    config, preferences = tiny_run()
    initial = new_network(config.network, 1)
    reference = network_agent("reference", initial, config.rules, visits=1, temperature=1.0)
    leaking = replace(config, network=replace(config.network, ownership=True))
    with RunStore(tmp_path / "run") as store:
        with pytest.raises(ValueError, match="policy and value alone"):
            train_on_preferences(store, leaking, preferences, reference, initial)
        proving = replace(config, search=replace(config.search, solve=True))
        with pytest.raises(ValueError, match=r"search\.solve"):
            train_on_preferences(store, proving, preferences, reference, initial)
        solving = replace(config, search=replace(config.search, vcf_nodes=10))
        with pytest.raises(ValueError, match=r"search\.vcf_nodes"):
            train_on_preferences(store, solving, preferences, reference, initial)
        cleaning = replace(config, search=replace(config.search, clean_up=True))
        with pytest.raises(ValueError, match=r"search\.clean_up"):
            train_on_preferences(store, cleaning, preferences, reference, initial)
        store.set_fact("preferences", {"labeler": "someone else"})
        with pytest.raises(RunError, match="other preferences"):
            train_on_preferences(store, config, preferences, reference, initial)


def test_a_hundred_pairs_are_not_left_after_the_first_passes() -> None:
    train, held_out = stone_pairs(80), stone_pairs(20, seed=2)
    epochs: list[int] = []
    config = RewardLearnerConfig(batch_size=32, epochs=40, patience=1)
    loss_of, examples = pair_loss(0.1), (pair_examples(train), pair_examples(held_out))
    model = new_reward_model(RewardConfig(1, 8), 1)
    fitted = fit(model, *examples, loss_of, config, np.random.SeedSequence(1), epochs.append)
    assert 8 * len(epochs) >= STEPS_BEFORE_STOPPING
    assert fitted.epochs > 10


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_can_be_learned_from_preferences(name: str) -> None:
    config = preset(name)
    require_blind(blinded(config))
    assert replace(blinded(config), search=config.search) == config


@pytest.mark.parametrize("setting", ["search.solve=true", "search.vcf_nodes=9", "gate_games=4"])
def test_a_setting_that_sees_outcomes_is_refused_and_nothing_is_written(tmp_path: Path, setting: str) -> None:
    run = tmp_path / "run"
    arguments = ["rlhf", "train", "--preset", "gomoku6", "--set", setting, "--run", str(run)]
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 2
    assert setting.partition("=")[0] in refused.stderr
    assert "expected" in refused.stderr
    assert not run.exists()
