"""Where a reward is fooled: galleries by rule, rates at equal margins by hand, and what the page shows."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from click.testing import CliRunner
from small_bench import small_bench

from app.experiment_figures import pooled_bins
from app.experiment_page import experiment_page
from app.gallery import gallery_text
from app.main import main
from rlhf_variant.boards import Boards
from rlhf_variant.experiment import Arm
from rlhf_variant.experiment_results import results
from rlhf_variant.fooled import GALLERY_SIZE, Counts, counts_by_margin, excess_fooled, gallery
from rlhf_variant.measures import Judged, accuracy
from rlhf_variant.sweep import SweepWatcher, row_path, sweep


def test_the_excess_of_fooled_boards_is_counted_at_equal_margins() -> None:
    # Class 0: 2 of 4 against 1 of 10; class 1: 1 of 4 against 3 of 4; class 2 the reference never saw.
    policy, reference = Counts([4, 4, 2], [2, 1, 2]), Counts([10, 4, 0], [1, 3, 0])
    assert excess_fooled(policy, reference) == pytest.approx((4 * (0.5 - 0.1) + 4 * (0.25 - 0.75)) / 8)
    assert excess_fooled(reference, reference) == 0
    assert np.isnan(excess_fooled(Counts([0, 3], [0, 1]), Counts([5, 0], [1, 0])))


def test_a_policy_on_harder_boards_is_fooled_more_often_without_any_excess() -> None:
    easy_and_hard = Counts([80, 20], [0, 10])
    all_hard = Counts([0, 100], [0, 50])
    assert excess_fooled(all_hard, easy_and_hard) == 0


def test_boards_are_counted_by_the_size_of_their_margin() -> None:
    margin = np.array([0.5, -0.5, 2, -4, 9, 40, -40])
    reward = np.array([1, 1, 1, -1, 1, 1, 1.0])
    labels = np.array([1, -1, 0, -1, 1, 1, -1.0])
    assert counts_by_margin(reward, labels, margin) == ([2, 1, 1, 1, 2], [1, 1, 0, 0, 1])


def test_a_verdict_of_even_is_half_right() -> None:
    assert accuracy(np.array([1, -1, 0, 1.0]), np.array([1, 1, 1, 0.0])) == pytest.approx(0.5)
    assert accuracy(np.array([1.0]), np.array([0.0])) == 0.5


def test_the_gallery_holds_the_surest_errors_in_their_order_and_no_other_board() -> None:
    count = 40
    random = np.random.default_rng(1)
    boards = Boards(
        random.integers(0, 3, (count, 5, 5)).astype(np.int8),
        np.ones(count, np.int8),
        np.full(count, 0.5, np.float32),
    )
    reward, labeler = random.uniform(-1, 1, count), random.normal(size=count)
    episodes = cast(Any, SimpleNamespace())
    judged = Judged(episodes, np.zeros(count), np.zeros(count), labeler, reward)
    shown = gallery(boards, np.ones(count, np.int8), judged)
    wrong = sorted((reward[(reward > 0) & (labeler <= 0)]), reverse=True)
    assert [board["reward"] for board in shown] == [round(value, 6) for value in wrong[:GALLERY_SIZE]]
    assert all(board["labeler"] <= 0 < board["reward"] for board in shown)


def test_bins_of_several_runs_are_pooled_by_their_boards() -> None:
    runs = [
        [{"pairs": 1, "believed": 0.51, "true": 0.0}, {"pairs": 2, "believed": 0.97, "true": 1.0}],
        [{"pairs": 3, "believed": 0.53, "true": 1.0}],
    ]
    believed, true = pooled_bins(runs)
    assert believed == pytest.approx([(0.51 + 3 * 0.53) / 4, 0.97])
    assert true == pytest.approx([3 / 4, 1.0])


def test_rows_carry_what_the_page_shows_and_rows_without_it_are_read_too(tmp_path: Path) -> None:
    arms = (Arm("A1", "truth"), Arm("A3-40", "model", comparisons=40))
    experiment, lab, pool = small_bench(tmp_path / "run", arms=arms)
    sweep(experiment, tmp_path / "run", lab, pool, SweepWatcher())
    look = json.loads(row_path(tmp_path / "run", "A3-40", 1).read_text())["look"]
    assert sum(look["by_margin"]["policy"]["boards"]) == experiment.evaluation.final_games
    assert sum(look["by_margin"]["reference"]["boards"]) % 2 == 0
    assert 0 <= look["reference_accuracy"] <= 1
    assert sum(row["pairs"] for row in look["reliability"]["policy"]) == experiment.evaluation.final_games
    found = results(tmp_path / "run")
    assert found["rows"][0]["look"] == {}
    assert "excess_adversarial" in found["summary"][1]
    found["rows"][1]["look"]["gallery"] = [
        {
            "board": "X.O/.X./..O b 0.5",
            "player": "white",
            "reward": 0.97,
            "labeler": -0.5,
            "gold": 0.25,
            "margin": -3.0,
        }
    ]
    text = gallery_text(found)
    assert text.splitlines()[:5] == ["A3-40, seed 1", "", "X . O", ". X .", ". . O"]
    assert "the policy is white (O), Black to move, komi 0.5" in text
    assert "reward +0.97, labeler -0.50, gold 25 %, -3.0 points" in text
    assert gallery_text(found, "A1") == ""
    page = experiment_page(found)
    assert "never chosen by hand" in page
    assert "Reliability" in page
    for row in found["rows"]:
        del row["look"]
    stored = tmp_path / "old.json"
    stored.write_text(json.dumps(found))
    said = "1 of 1 rows with a learned reward (A3-40) are older than the closer look"
    assert experiment_page(results(stored)).count(said) == 2
    assert said not in page
    told = CliRunner().invoke(main, ["rlhf", "report", str(stored), "--gallery"])
    assert told.exit_code == 0
    assert said in told.output
