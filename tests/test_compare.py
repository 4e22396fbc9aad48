"""`yomi compare`: three judges of the same boards, counted by hand, and the command from names to figures."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from random_records import random_network

from app.main import main
from engine.rulesets import go_rules, gomoku_rules
from rlhf_variant.boards import Boards
from rlhf_variant.decomposition import (
    DecompositionError,
    boards_of_games,
    decompose,
    decomposed_match,
)
from rlhf_variant.labelers import labeler_of
from rlhf_variant.reward_model import RewardConfig, new_reward_model, save_reward_model
from rlhf_variant.variant_loop import REWARD_FILE
from selfplay.agents import open_agent
from selfplay.arena import combined, play_match
from selfplay.checkpoint import save_network
from selfplay.run_store import RunStore


def yomi(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


class CountsStones:
    """A reward that looks at the number of stones alone."""

    def values_black(self, boards: Boards) -> np.ndarray:
        black, white = ((boards.stones == color).sum(axis=(1, 2)) for color in (1, 2))
        return np.tanh((black - white).astype(np.float32))


# The decomposition.


def test_three_judges_of_ten_boards_are_counted_as_by_hand() -> None:
    truth = np.array([1, 1, 1, -1, -1, -1, -1, 0, 1, -1.0])
    labeler = np.array([2, 3, -1, 5, -2, -2, 0, 1, np.nan, np.nan])
    reward = np.array([0.5, -0.1, 0.2, 0.4, 0.9, -0.3, 0.7, 0.1, 0.9, 0.9])
    found = decompose(truth, labeler, reward)
    assert (found.boards, found.untold) == (8, 2)
    assert found.truth.share == 3.5 / 8
    assert found.labeler.share == 4.5 / 8
    assert found.reward is not None
    assert found.reward.share == 6 / 8
    assert found.adversarial is not None
    assert found.adversarial.share == 3 / 8  # boards 2, 4 and 6
    assert found.vibe.share == 2 / 8  # boards 3 and 7
    stored = found.to_dict()
    assert stored["proxy_minus_gold"] == pytest.approx(
        stored["reward_minus_labeler"] + stored["labeler_minus_truth"], abs=1e-3
    )


def test_without_a_labeler_the_truth_labels_and_vibes_do_not_exist() -> None:
    found = decompose(np.array([1, -1.0]), None, np.array([1, 1.0]))
    assert found.adversarial is not None
    assert (found.adversarial.share, found.vibe.share) == (0.5, 0)
    assert decompose(np.array([1, -1.0]), None, None).adversarial is None


def test_each_agent_sees_the_same_boards_from_its_own_side() -> None:
    rules = go_rules(4, komi=0.5)
    result = play_match(open_agent("random"), open_agent("uct:4"), rules, 20, seed=1)
    views = [
        decomposed_match(rules, one, labeler_of("area"), CountsStones(), (4, 8), np.random.default_rng(1))
        for one in (result, result.reversed())
    ]
    assert views[0].truth.share == pytest.approx(result.win_rate)
    assert views[0].truth.share + views[1].truth.share == pytest.approx(1)
    assert views[0].labeler.share + views[1].labeler.share == pytest.approx(1)


def test_the_board_of_a_cut_game_is_the_one_after_so_many_moves() -> None:
    games = (((0, 1, 5, 9), True, 1.0), ((0, 1), False, -1.0))
    random = np.random.default_rng(1)
    final = boards_of_games(go_rules(4), games, None, random)
    cut = boards_of_games(go_rules(4), games, (3, 3), random)
    assert [(board != 0).sum() for board in final.stones] == [4, 2]
    assert [(board != 0).sum() for board in cut.stones] == [3, 2]
    assert cut.to_play.tolist() == [2, 1]


def test_a_board_of_gomoku_is_judged_before_the_move_that_ends_the_game() -> None:
    rules = gomoku_rules(4, line_length=3)
    games = (((0, 4, 1, 5, 2), True, 1.0),)
    board = boards_of_games(rules, games, None, np.random.default_rng(1))
    assert (board.stones == 1).sum() == 2
    assert board.to_play.tolist() == [1]


def test_a_labeler_that_asks_for_prisoners_is_refused() -> None:
    result = play_match(open_agent("random"), open_agent("uct:4"), go_rules(4), 2, seed=1)
    with pytest.raises(DecompositionError, match="by its looks"):
        decomposed_match(go_rules(4), result, labeler_of("prisoners"), None, None, np.random.default_rng(1))


def test_what_each_agent_had_judged_is_counted_and_adds_up() -> None:
    rules = go_rules(4)
    one, other = (
        play_match(open_agent("random"), open_agent("uct:4"), rules, 4, seed=seed) for seed in (1, 2)
    )
    assert one.num_evaluations[0] == 0
    moves = sum(len(game[0]) for game in one.games)
    assert 0 < one.num_evaluations[1] <= 4 * moves
    assert one.reversed().num_evaluations == one.num_evaluations[::-1]
    assert combined([one, other]).num_evaluations[1] == one.num_evaluations[1] + other.num_evaluations[1]


# The command.


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("networks")
    paths = folder / "rl.safetensors", folder / "rlhf.safetensors"
    for seed, path in enumerate(paths):
        save_network(path, random_network(seed), go_rules(5, komi=0.5))
    return paths


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a reward model."""
    folder = tmp_path_factory.mktemp("judged")
    with RunStore(folder) as store:
        digest = save_reward_model(folder / REWARD_FILE, new_reward_model(RewardConfig(1, 8), 1))
        store.set_fact("reward", {"sha256": digest})
    return folder


def test_two_policies_are_compared_with_all_judges_and_an_anchor(
    networks: tuple[Path, Path], judged: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "found.json"
    arguments = [
        "compare",
        *(f"policy:{path}" for path in networks),
        *("--games", "6", "--labeler", "area", "--reward-model", str(judged), "--cut", "4,8"),
        *("--anchor", "uct:4", "--save-json", str(saved)),
    ]
    told = yomi(*arguments)
    assert told.exit_code == 0, told.output
    found = json.loads(saved.read_text())
    assert found["games"] == found["distinct_games"] == 6
    assert found["evaluations"][0] > 0
    assert [row["player"] for row in found["judged"]][:2] == [f"policy:{path}" for path in networks]
    assert [row["against"] for row in found["judged"]][2:] == ["uct:4", "uct:4"]
    assert found["ratings"]["uct:4"][0] == 0
    for row in found["judged"]:
        gaps = row["reward_minus_labeler"] + row["labeler_minus_truth"]
        assert row["proxy_minus_gold"] == pytest.approx(gaps, abs=1e-3)
    for words in ("SPRT 0,35: open", "Elo difference", "adversarial", "Positions judged", "uct:4"):
        assert words in told.stdout
    again = yomi(*arguments, "--json")
    assert json.loads(again.stdout) == found


def test_a_policy_draws_its_moves_and_repeats_them_by_seed(networks: tuple[Path, Path]) -> None:
    drawn, best = open_agent(f"policy:{networks[0]}"), open_agent(str(networks[0]), visits=1)
    rules = go_rules(5, komi=0.5)
    openings: list[list[int]] = [[]]
    games = [
        play_match(spec, open_agent("random"), rules, 12, seed=1, openings=openings) for spec in (drawn, best)
    ]
    firsts = [{moves[0] for moves, is_black, _ in result.games if is_black} for result in games]
    assert len(firsts[0]) > 1
    assert len(firsts[1]) == 1
    again = play_match(drawn, open_agent("random"), rules, 12, seed=1, openings=openings)
    assert again.games == games[0].games


def test_a_network_is_not_compared_with_its_copy(networks: tuple[Path, Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(networks[0].read_bytes())
    refused = yomi("compare", str(networks[0]), str(copy), "--games", "2")
    assert refused.exit_code == 2
    assert "have the same weights" in refused.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["random", "random"], "expected different agents"),
        (["random", "uct:4", "--cut", "9,3"], "expected fewest and most plies"),
        (["random", "uct:4", "--labeler", "agent:uct:8", "--anchor", "uct:8"], "one role for each"),
        (["random", "uct:4", "--labeler", "nobody"], "labeler 'nobody'"),
    ],
)
def test_a_comparison_that_means_nothing_is_refused_in_one_line(options: list[str], told: str) -> None:
    refused = yomi("compare", *options, "--size", "5", "--games", "2")
    assert refused.exit_code != 0
    assert told in f"{refused.output} {refused.exception}"
