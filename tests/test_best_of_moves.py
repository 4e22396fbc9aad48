"""Best of n moves in every position: whose moves they are, how far from the reference, the command."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from small_bench import small_bench
from test_experiment import SMALLEST

from app.main import main
from engine.board import BLACK, WHITE, new_state
from engine.game import Game
from engine.rulesets import go_rules
from rlhf_variant.best_of_moves import BestOfMoves, best_of_moves
from rlhf_variant.best_of_n import best_of_n_policy, divergence_bound
from rlhf_variant.boards import Boards, present_boards
from rlhf_variant.cut_rewards import ExactUtility
from rlhf_variant.rewards import values_of
from rlhf_variant.sampling_policy import ILLEGAL, SamplingPolicy
from rlhf_variant.vibes import liberties_utility
from selfplay.network import NetworkConfig, new_network

RULES = go_rules(5, komi=0.5)
LIBERTIES = ExactUtility(liberties_utility, 5.0)
ONE_ROW = np.array([0])


@pytest.fixture
def reference() -> SamplingPolicy:
    return SamplingPolicy(new_network(NetworkConfig(blocks=1, channels=8, head_channels=8), 1), RULES, 64)


def legal_and_rewards(
    reference: SamplingPolicy, opened: list[int]
) -> tuple[Game, np.ndarray, np.ndarray, np.ndarray]:
    """A game, its legal moves, the policy over them and the rewards after each, move by move."""
    game = Game(RULES)
    for action in opened:
        game.play(action)
    log_policy = reference.log_probabilities(game.state, ONE_ROW)[0]
    actions = np.flatnonzero(log_policy > ILLEGAL / 2)
    color = np.array([BLACK if len(opened) % 2 == 0 else WHITE], np.int8)
    rewards = []
    for action in actions:
        after = Game(RULES)
        for move in [*opened, int(action)]:
            after.play(move)
        rewards.append(values_of(LIBERTIES, present_boards(after.state, ONE_ROW), color)[0])
    return game, actions, np.exp(log_policy[actions].astype(float)), np.array(rewards)


@pytest.mark.parametrize("opened", [[12], [12, 6], [0, 1, 6, 5, 10]])
def test_rewards_are_those_of_the_boards_that_moves_lead_to_seen_by_the_mover(
    reference: SamplingPolicy, opened: list[int]
) -> None:
    game, actions, _, rewards = legal_and_rewards(reference, opened)
    best = BestOfMoves(reference, LIBERTIES, RULES, 4)
    found = best.rewards_after(game.state, np.zeros(len(actions), np.int64), actions)
    assert found == pytest.approx(rewards, abs=1e-6)


def test_moves_are_drawn_from_the_exact_policy_and_its_distance_is_summed(reference: SamplingPolicy) -> None:
    game, actions, policy, rewards = legal_and_rewards(reference, [12, 6])
    best = BestOfMoves(reference, LIBERTIES, RULES, 3)
    random = np.random.default_rng(1)
    count = 1500
    drawn = np.array([best.choose(game.state, ONE_ROW, random)[0] for _ in range(count)])
    exact = best_of_n_policy(policy / policy.sum(), rewards, 3)
    shares = np.array([(drawn == action).mean() for action in actions])
    assert np.abs(shares - exact.policy).max() < 0.05
    assert best.divergence == pytest.approx(count * exact.divergence, rel=1e-4)
    assert 0 < exact.divergence <= divergence_bound(3)


def test_of_one_draw_the_reference_is_left_and_of_many_the_largest_reward(reference: SamplingPolicy) -> None:
    game, actions, _, rewards = legal_and_rewards(reference, [12, 6])
    alone = BestOfMoves(reference, LIBERTIES, RULES, 1)
    alone.choose(game.state, ONE_ROW, np.random.default_rng(1))
    assert alone.divergence == pytest.approx(0, abs=1e-12)
    many = BestOfMoves(reference, LIBERTIES, RULES, 1_000_000)
    chosen = many.choose(game.state, ONE_ROW, np.random.default_rng(1))[0]
    assert chosen in actions[rewards == rewards.max()]


def test_a_reward_that_asks_who_won_is_stopped(reference: SamplingPolicy) -> None:
    from engine.errors import OutcomeForbiddenError
    from engine.scoring import scores_black

    class Asks:
        def values_black(self, boards: Boards) -> np.ndarray:
            return scores_black(new_state(RULES), ONE_ROW)

    with pytest.raises(OutcomeForbiddenError):
        BestOfMoves(reference, Asks(), RULES, 2).choose(Game(RULES).state, ONE_ROW, np.random.default_rng(1))


def test_more_draws_go_farther_from_the_reference_and_raise_the_reward(tmp_path: Path) -> None:
    _, lab, _ = small_bench(tmp_path)
    curves = best_of_moves(lab, {"liberties": LIBERTIES}, [1, 16], 48, 1, np.random.default_rng(1))
    curve = curves["liberties"]
    assert curve["divergence"][0] == 0 < curve["divergence"][1]
    assert curve["proxy"][0] < curve["proxy"][1]


def test_the_command_writes_curves_that_the_page_draws(tmp_path: Path) -> None:
    path, folder = tmp_path / "small.toml", tmp_path / "run"
    path.write_text(SMALLEST.replace("seeds = [1, 2]", "seeds = [1]"))
    options = [str(path), "--folder", str(folder)]
    asked = [*options, "--per", "move", "--games", "4", "--most", "2", "--continuations", "1"]
    told = CliRunner().invoke(main, ["rlhf", "bon", *asked])
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("gold of the best of n moves")
    curves = json.loads((folder / "best-of-moves.json").read_text())
    assert set(curves) == {"n", "divergence_bound", "A2-stones"}
    assert curves["n"] == [1, 2]
    refused = CliRunner().invoke(main, ["rlhf", "bon", *options, "--arm", "nobody"])
    assert refused.exit_code == 2
    assert CliRunner().invoke(main, ["rlhf", "sweep", *options]).exit_code == 0
    page = tmp_path / "page.html"
    assert CliRunner().invoke(main, ["rlhf", "report", str(folder), "--out", str(page)]).exit_code == 0
    assert "Best of n moves" in page.read_text()
