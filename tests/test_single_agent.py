"""The learner without search: its moves, its episodes, its referee and its steps."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small_bench import small_bench

from engine.board import BLACK, IS_OVER, MOVE_COUNT, WHITE, new_state
from engine.errors import OutcomeForbiddenError
from engine.game import Game
from engine.rules_kernels import mask_legal_actions, play
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.scoring import outcomes_forbidden, scores_black
from rlhf_variant.cut_rewards import BoardReward, ExactUtility, TruthReward, board_shares
from rlhf_variant.episodes import Episodes, play_episodes
from rlhf_variant.lab import Lab
from rlhf_variant.playouts import playouts_utility
from rlhf_variant.ppo import PolicyOptimizer, PpoConfig
from rlhf_variant.sampling_policy import ILLEGAL, SamplingPolicy
from rlhf_variant.vibes import stones_utility
from selfplay.divergence import entropy, exact_divergence, log_policy
from selfplay.network import Network, NetworkConfig, new_network

SHAPE = NetworkConfig(blocks=1, channels=8, head_channels=8)
RULES = go_rules(5, komi=0.5)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return small_bench(tmp_path_factory.mktemp("bench"))[1]


def policy(seed: int, batch: int = 32, temperature: float = 1.0) -> SamplingPolicy:
    return SamplingPolicy(new_network(SHAPE, seed), RULES, batch, temperature=temperature)


def some_episodes(learner: SamplingPolicy, seed: int = 1, count: int = 16) -> Episodes:
    return play_episodes(learner, policy(2), SHAPE, RULES, (4, 8), count, np.random.default_rng(seed))


@pytest.mark.interpreted
@pytest.mark.parametrize("rules", [go_rules(4), gomoku_rules(5, 4)])
def test_the_mask_marks_the_legal_actions_of_each_game(rules: Rules) -> None:
    random = np.random.default_rng(3)
    state, games = new_state(rules, 6), [Game(rules) for _ in range(6)]
    for row, game in enumerate(games):
        for _ in range(2 * row):
            if not game.is_over:
                action = int(random.choice(game.legal_actions()))
                game.play(action)
                play(state, row, action)
    mask = np.empty((6, rules.num_actions), np.bool_)
    mask_legal_actions(state, np.arange(6), True, mask)
    for row, game in enumerate(games):
        assert np.flatnonzero(mask[row]).tolist() == game.legal_actions()


@pytest.mark.interpreted
def test_a_pass_is_left_out_only_where_other_moves_are_legal() -> None:
    state = new_state(go_rules(1), 1)
    mask = np.empty((1, 2), np.bool_)
    mask_legal_actions(state, np.array([0]), False, mask)
    assert mask.tolist() == [[False, True]]
    mask = np.empty((1, 26), np.bool_)
    mask_legal_actions(new_state(RULES, 1), np.array([0]), False, mask)
    assert mask.tolist() == [[True] * 25 + [False]]


def test_moves_are_drawn_as_often_as_the_policy_says() -> None:
    drawer, rows = policy(1, batch=4000), np.arange(4000)
    state = new_state(RULES, 4000)
    chances = np.exp(drawer.log_probabilities(state, rows[:1])[0])
    drawn = np.bincount(drawer.choose(state, rows, np.random.default_rng(1)), minlength=26) / 4000
    assert chances.sum() == pytest.approx(1, abs=1e-5)
    assert np.abs(drawn - chances).max() < 0.03
    greedy = policy(1, temperature=0.0).choose(state, rows[:3], np.random.default_rng(1))
    assert greedy.tolist() == [int(chances.argmax())] * 3


def test_episodes_end_at_their_cut_and_hold_every_decision_of_the_learner() -> None:
    episodes = some_episodes(policy(1))
    plies = episodes.state.scalars[:, MOVE_COUNT]
    assert set(plies.tolist()) <= set(range(4, 9))
    assert len(set(plies.tolist())) > 1
    assert [len(moves) for moves in episodes.moves] == plies.tolist()
    assert episodes.color.tolist() == [BLACK, WHITE] * 8
    for row, moves in enumerate(episodes.moves):
        own = moves[0::2] if episodes.color[row] == BLACK else moves[1::2]
        assert episodes.actions[episodes.episode == row].tolist() == own
    assert episodes.masks[np.arange(len(episodes.actions)), episodes.actions].all()
    assert episodes.num_evaluations == plies.sum()
    assert not episodes.state.scalars[:, IS_OVER].any()


def test_a_referee_plays_to_the_end_and_leaves_the_boards_alone(lab: Lab) -> None:
    episodes = some_episodes(policy(1))
    before = episodes.state.stone.copy()
    margins = lab.referee.margins(episodes.state, np.arange(16), 40, np.random.default_rng(1))
    assert margins.shape == (16, 40)
    assert (episodes.state.stone == before).all()
    points = margins + RULES.komi
    assert (np.abs(points) <= 25).all()
    assert (points == np.round(points)).all()
    again = lab.referee.margins(episodes.state, np.arange(16), 40, np.random.default_rng(1))
    assert (again == margins).all()


def test_a_finished_board_is_worth_its_score_in_every_continuation(lab: Lab) -> None:
    state = new_state(lab.rules, 2)
    play(state, 0, 12)
    for row in (0, 1):
        for _ in range(2):
            play(state, row, 25)
    margins = lab.referee.margins(state, np.array([0, 1]), 3, np.random.default_rng(1))
    assert margins.tolist() == [[float(score)] * 3 for score in scores_black(state, [0, 1])]


def test_no_referee_speaks_behind_the_firewall(lab: Lab) -> None:
    with outcomes_forbidden(), pytest.raises(OutcomeForbiddenError):
        lab.referee.margins(new_state(lab.rules, 1), np.array([0]), 1, np.random.default_rng(1))


def test_flipped_results_are_turned_round_as_often_as_asked_and_always_for_the_same_boards(lab: Lab) -> None:
    episodes = some_episodes(policy(1, 256), count=256)
    plain = TruthReward(lab.referee).values(episodes, np.random.default_rng(5))
    noisy = TruthReward(lab.referee, lambda margins: np.full(len(margins), 0.3))
    flipped = noisy.values(episodes, np.random.default_rng(5)) != plain
    assert set(np.unique(plain)) <= {-1.0, 0.0, 1.0}
    assert flipped.tolist() == ((board_shares(episodes.state) < 0.3) & (plain != 0)).tolist()
    assert 0.2 < flipped.mean() < 0.4


def test_a_utility_is_a_reward_by_its_sign_and_turns_round_with_the_colors() -> None:
    episodes = some_episodes(policy(1))
    boards = episodes.boards()
    judge = ExactUtility(stones_utility, 3.0)
    reward = BoardReward(judge).values(episodes, np.random.default_rng(1))
    assert np.allclose(reward, episodes.sign * np.tanh(stones_utility(boards) / 3))


def test_random_games_judge_a_board_alike_every_time_and_know_a_won_board() -> None:
    boards = some_episodes(policy(1)).boards()
    once = playouts_utility(boards, 8)
    assert (once == playouts_utility(boards, 8)).all()
    full = boards.stones.copy()
    full[:], full[:, 0, 0], full[:, 4, 4] = BLACK, 0, 0
    assert (playouts_utility(boards._replace(stones=full), 8) == 25 - boards.komi).all()


def test_divergence_is_exact_and_zero_from_oneself() -> None:
    one, other = torch.randn(5, 7, generator=torch.Generator().manual_seed(1)).chunk(1)[0], torch.zeros(5, 7)
    mask = torch.ones(5, 7, dtype=torch.bool)
    mask[:, 3] = False
    p, q = log_policy(one, mask), log_policy(other, mask)
    assert exact_divergence(p, p).abs().max() == 0
    by_hand = [sum(float(p[i, a].exp() * (p[i, a] - q[i, a])) for a in range(7) if a != 3) for i in range(5)]
    assert exact_divergence(p, q).tolist() == pytest.approx(by_hand, abs=1e-5)
    assert entropy(q).tolist() == pytest.approx([np.log(6)] * 5, abs=1e-5)
    assert ILLEGAL < -1e8


def learned(network: Network, config: PpoConfig, rounds: int) -> tuple[list[float], float]:
    """Shares of the first corner among all moves, round by round, where that corner is the reward."""
    optimizer = PolicyOptimizer(network, config, seed=1)
    random, shares = np.random.default_rng(1), []
    divergence = 0.0
    for _ in range(rounds):
        learner = SamplingPolicy(optimizer.network, RULES, 64)
        played = play_episodes(learner, policy(2, 64), SHAPE, RULES, (4, 4), 64, random)
        corner = played.state.stone[:, 7] == played.color
        told = optimizer.step(played, np.where(corner, 1, -1).astype(np.float32))
        shares.append(float(corner.mean()))
        divergence = told["divergence"]
    return shares, divergence


def test_a_policy_learns_what_is_rewarded_and_a_penalty_keeps_it_near_the_reference() -> None:
    network = new_network(SHAPE, 1)
    free, far = learned(network, PpoConfig(learning_rate=5e-3), 25)
    held, near = learned(network, PpoConfig(learning_rate=5e-3, divergence_weight=3.0), 25)
    assert np.mean(free[:3]) < 0.3
    assert np.mean(free[-3:]) > 0.7
    assert np.mean(held[-3:]) < 0.4
    assert near < far / 4


def test_the_reference_stays_as_it_was(tmp_path: Path) -> None:
    network = new_network(SHAPE, 1)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    learned(network, PpoConfig(), 2)
    assert all((network.state_dict()[name] == tensor).all() for name, tensor in before.items())
