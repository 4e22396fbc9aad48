"""Experiments: files that are read or refused, rows that are made once, gates, contrasts and the page."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats
from small_bench import SMALL, small_bench

from app.main import main
from rlhf_variant.arms import prepare
from rlhf_variant.best_of_n import divergence_bound
from rlhf_variant.classroom import Classroom, sign_accuracy
from rlhf_variant.contrasts import holm, overoptimization, paired_contrast
from rlhf_variant.direct_preference import DirectConfig
from rlhf_variant.experiment import Arm, ExperimentError, read_experiment
from rlhf_variant.experiment_results import contrasts_of, refuse_equal_policies, results
from rlhf_variant.gate import read_gate
from rlhf_variant.kept_models import ROW_FACT, model_path
from rlhf_variant.measures import MARGIN_EDGES, error_rates_by_margin
from rlhf_variant.reward_store import answered, open_ensemble
from rlhf_variant.sweep import SweepWatcher, missing_rows, row_path, sweep
from selfplay.run_store import RunStore

ARMS = (
    Arm("A0", "none"),
    Arm("A1", "truth"),
    Arm("A1g", "margin"),
    Arm("A3-40", "model", comparisons=40),
    Arm("A11n-40", "truth", comparisons=40, flips="model"),
    Arm("A2n-stones", "truth", labeler="stones", flips="labeler"),
    Arm("A2-stones", "utility", labeler="stones"),
    Arm("A3n-40", "model", comparisons=40, model_kind="naive"),
    Arm("A5-160", "model", comparisons=160, model_kind="online"),
    Arm("A6-40-mean", "model", comparisons=40, model_kind="mean"),
    Arm("A8-16-liberties", "utility", labeler="liberties", best_of=16),
    Arm("A8-4-40", "model", comparisons=40, best_of=4),
    Arm("A10-40-dpo", "dpo", labeler="stones", comparisons=40),
    Arm("A10-40-ipo", "ipo", comparisons=40),
    Arm("A12-40", "model", labeler="stones", comparisons=40, model_kind="scalars"),
    Arm("A13-60", "model", comparisons=60, model_kind="segments", clip=3),
    Arm("A14", "value-network", value_of="A1"),
    Arm("A15-40", "model", comparisons=40, truth_share=0.3),
)
SMALLEST = """
name = "smallest"
seeds = [1, 2]
[lab]
size = 5
komi = 0.5
cuts = [4, 8]
demonstrator_visits = 2
demonstrator_games = 10
epochs = 0.5
reference = { blocks = 1, channels = 8, head_channels = 8 }
referee = { blocks = 1, channels = 8, head_channels = 8 }
[pool]
boards = 256
continuations = 2
test_comparisons = 40
[ppo]
iterations = 1
episodes = 8
[evaluation]
every = 1
games = 4
continuations = 1
final_games = 4
final_continuations = 1
held_out_opponent = "random"
held_out_games = 2
[[arms]]
name = "A1"
reward = "truth"
[[arms]]
name = "A2-stones"
reward = "utility"
labeler = "stones"
"""


def test_all_kinds_of_arms_make_a_row_each_and_a_second_sweep_makes_nothing(tmp_path: Path) -> None:
    experiment, lab, pool = small_bench(
        tmp_path, arms=ARMS, ppo=replace(SMALL.ppo, episodes=64), direct=DirectConfig(learning_rate=0.01)
    )
    sweep(experiment, tmp_path, lab, pool, SweepWatcher())
    assert missing_rows(experiment, tmp_path) == []
    started: list[str] = []
    before = {arm.name: row_path(tmp_path, arm.name, 1).read_bytes() for arm in ARMS}
    sweep(experiment, tmp_path, lab, pool, SweepWatcher(lambda name, seed: started.append(name)))
    assert started == []
    assert before == {arm.name: row_path(tmp_path, arm.name, 1).read_bytes() for arm in ARMS}
    rows = {name: json.loads(row) for name, row in before.items()}
    assert rows["A0"]["curve"] == []
    assert rows["A0"]["final"]["divergence"] == 0
    assert len(rows["A1"]["curve"]) == 2
    assert rows["A3-40"]["reward_model"]["num_train"] == 32
    assert len(rows["A11n-40"]["reward_model"]["flip_rates"]) == 5
    assert sum(rows["A5-160"]["reward_model"]["batches"]) == 160
    assert rows["A5-160"]["reward_model"]["num_train"] == 128
    for name in ("A10-40-dpo", "A10-40-ipo"):
        assert rows[name]["final"]["divergence"] > 0
        assert rows[name]["evaluations"] == 0
    for name, n in (("A8-16-liberties", 16), ("A8-4-40", 4)):
        assert rows[name]["curve"] == []
        assert rows[name]["evaluations"] == 0
        assert (
            0 < rows[name]["final"]["divergence"] < divergence_bound(n) * 4
        )  # moves of a side in eight plies
        assert rows[name]["policy_sha256"] == rows["A0"]["policy_sha256"]
    assert rows["A8-4-40"]["look"]["by_margin"]["edges"] == MARGIN_EDGES.tolist()
    weights = {row["policy_sha256"] for row in rows.values()}
    assert len(weights) == len(ARMS) - 2
    refuse_equal_policies(list(rows.values()))
    told = {(pair["first"], pair["second"]) for pair in contrasts_of(list(rows.values()))}
    assert {("A3n-40", "A3-40"), ("A6-40-mean", "A3-40"), ("A15-40", "A3-40"), ("A14", "A1")} <= told


def test_the_reward_model_of_a_row_is_kept_as_a_run_that_every_command_reads(tmp_path: Path) -> None:
    arms = (
        Arm("A3-60", "model", comparisons=60),
        Arm("A5-160", "model", comparisons=160, model_kind="online"),
        Arm("A6-60-lowest", "model", comparisons=60, model_kind="lowest"),
        Arm("A11-random", "random-model"),
        Arm("A13-60", "model", labeler="stones", comparisons=60, model_kind="segments", clip=3),
    )
    experiment, lab, pool = small_bench(tmp_path, arms=arms, ppo=replace(SMALL.ppo, episodes=64))
    sweep(experiment, tmp_path, lab, pool, SweepWatcher())
    boards = pool.boards.select(np.arange(20))
    for arm in arms:
        with RunStore(model_path(tmp_path, arm.name, 1), create=False) as store:
            kept = open_ensemble(store)
            assert store.fact(ROW_FACT)["model_kind"] == arm.model_kind
            if arm.comparisons:
                report = json.loads(row_path(tmp_path, arm.name, 1).read_bytes())["reward_model"]
                train, held_out = answered(store)
                assert 0.9 * report["num_train"] <= len(train.preference_a) <= report["num_train"]
                assert 0 < len(held_out.preference_a) <= report["num_held_out"]
        if arm.model_kind in ("single", "lowest"):
            room = Classroom(experiment, lab, pool, seed=1)
            judge = prepare(room, arm, tmp_path).judges.reward
            assert judge is not None
            assert (kept.values_black(boards) == judge.values_black(boards)).all()
    kept_folder = str(model_path(tmp_path, "A5-160", 1))
    judged = CliRunner().invoke(main, ["rlhf", "eval", kept_folder, "--json"])
    assert judged.exit_code == 0, judged.output
    assert set(json.loads(judged.stdout)) >= {"accuracy", "phases", "hard"}
    probed = CliRunner().invoke(
        main, ["rlhf", "probe", kept_folder, "--climbs", "1", "--steps", "2", "--json"]
    )
    assert probed.exit_code == 0, probed.output
    assert "Reliability on held-out pairs" in _page_of(kept_folder)
    assert "Reliability on held-out pairs" in _page_of(str(model_path(tmp_path, "A13-60", 1)))
    assert "taught nothing" in _page_of(str(model_path(tmp_path, "A11-random", 1)))
    played = ["compare", "random", f"policy:{tmp_path}/policies/A3-60-1.safetensors", "--games", "2"]
    compared = CliRunner().invoke(main, [*played, "--size", "5", "--reward-model", kept_folder, "--json"])
    assert compared.exit_code == 0, compared.output
    assert "adversarial" in json.loads(compared.stdout)["judged"][0]


def _page_of(run: str) -> str:
    told = CliRunner().invoke(main, ["rlhf", "report", run])
    assert told.exit_code == 0, told.output
    return (Path(run) / "rewards.html").read_text()


def test_a_row_that_was_killed_is_made_again_to_the_same_figures(tmp_path: Path) -> None:
    experiment, lab, pool = small_bench(tmp_path)
    sweep(experiment, tmp_path, lab, pool, SweepWatcher())
    path = row_path(tmp_path, experiment.arms[0].name, 1)
    row = json.loads(path.read_bytes())
    path.unlink()
    sweep(experiment, tmp_path, lab, pool, SweepWatcher())
    again = json.loads(path.read_bytes())
    assert {**again, "cpu_s": 0} == {**row, "cpu_s": 0}


def test_comparisons_never_show_a_board_of_the_test(tmp_path: Path) -> None:
    experiment, lab, pool = small_bench(tmp_path)
    room = Classroom(experiment, lab, pool, seed=1)
    shown = {board.tobytes() for board in room.taught.boards.stones}
    assert shown.isdisjoint(board.tobytes() for board in room.test.boards.stones)
    assert len(shown) == len(room.taught.plies)


def test_the_balanced_share_of_a_pool_are_its_closest_boards(tmp_path: Path) -> None:
    _, _, pool = small_bench(tmp_path)
    near = pool.balanced(0.25)
    distance = np.abs(near.margins.mean(axis=1))
    assert len(distance) == 64
    assert distance.max() <= np.sort(np.abs(pool.margins.mean(axis=1)))[63]


def test_the_gate_asks_four_questions(tmp_path: Path) -> None:
    experiment, lab, pool = small_bench(tmp_path)
    read = read_gate(Classroom(experiment, lab, pool, seed=1), "truth", (20, 60)).to_dict()
    assert set(read["passes"]) == {"repeatable", "in_band", "still_rising", "no_single_feature"}
    assert set(read["accuracies"]) == {"20", "60"}
    assert read["passes"]["still_rising"] == (read["accuracies"]["60"] > read["accuracies"]["20"])


def test_rates_of_wrong_verdicts_are_counted_by_how_clear_a_board_is() -> None:
    verdicts = np.array([1, -1, 1, 1, 0, 1], np.float32)
    truth = np.array([1.0, 1.0, -1.0, 1.0, 1.0, 0.0])
    margins = np.array([0.5, 0.5, -5.0, 5.0, 9.0, 0.0], np.float32)
    rates = error_rates_by_margin(verdicts, truth, margins, np.array([1.0, 6.0, 20.0], np.float32))
    assert rates.tolist() == [0.5, 0.5, 0.5, 0.5]
    rates = error_rates_by_margin(np.abs(verdicts), truth, margins, np.array([1.0, 6.0], np.float32))
    assert rates.tolist() == [0.0, 0.5, 0.5]
    assert sign_accuracy(verdicts, truth) == pytest.approx(2 / 5)


def test_a_paired_contrast_is_the_t_test_of_scipy() -> None:
    first, second = {1: 0.7, 2: 0.8, 3: 0.75, 9: 0.1}, {1: 0.6, 2: 0.75, 3: 0.5}
    found = paired_contrast("a", "b", {"a": first, "b": second})
    peer = stats.ttest_rel([0.7, 0.8, 0.75], [0.6, 0.75, 0.5])
    interval = peer.confidence_interval()
    assert found.seeds == 3
    assert found.p_value == pytest.approx(peer.pvalue)
    assert found.interval == pytest.approx((interval.low, interval.high))


def test_holm_multiplies_by_how_many_are_left_and_never_falls() -> None:
    assert holm([0.01, 0.04, 0.03, 0.9]) == pytest.approx([0.04, 0.09, 0.09, 0.9])
    assert holm([]) == []


def test_the_peak_is_chosen_on_other_seeds_than_it_is_read_on() -> None:
    rising_and_falling = np.array([[0.6, 0.8, 0.7]] * 4)
    assert overoptimization(rising_and_falling, 0.5) == pytest.approx(
        {"peak": 0.8, "final": 0.7, "index": 1 / 3}
    )
    noise = np.array([[0.5, 0.9, 0.5], [0.9, 0.5, 0.5]] * 4)
    assert overoptimization(noise, 0.5)["peak"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('reward = "gold"', "arm A1: reward 'gold': expected one of none, truth"),
        ('reward = "model"\ncomparisons = 9\nclip = 3', "arm A1: expected a clip of 2 or more for segments"),
        ('reward = "model"', "arm A1: expected comparisons where a model is taught"),
        ('reward = "truth"\nbest_of = 4', "arm A1: best_of 4: expected 2 or more, a reward of single boards"),
        ('colour = "red"', "arms.colour: expected one of name, reward"),
    ],
)
def test_an_arm_that_means_nothing_is_refused_in_one_line(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "bad.toml"
    text = f'seeds = [1]\n[[arms]]\nname = "A1"\n{line}\n'
    path.write_text(text if line.startswith("reward") else text + 'reward = "truth"\n')
    with pytest.raises(ExperimentError, match=told):
        read_experiment(path)
    result = CliRunner().invoke(main, ["rlhf", "sweep", str(path), "--folder", str(tmp_path / "runs")])
    assert result.exit_code != 0
    assert not (tmp_path / "runs").exists()


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\xff\xfe not toml [")
    with pytest.raises(ExperimentError, match=r"bad\.toml"):
        read_experiment(path)


def test_sweep_and_report_run_from_a_file_to_a_page(tmp_path: Path) -> None:
    path, folder, page = tmp_path / "small.toml", tmp_path / "run", tmp_path / "page.html"
    path.write_text(SMALLEST)
    swept = CliRunner().invoke(main, ["rlhf", "sweep", str(path), "--folder", str(folder), "--json"])
    assert swept.exit_code == 0, swept.output
    chosen = CliRunner().invoke(
        main,
        ["rlhf", "bon", str(path), "--folder", str(folder), "--games", "2", "--continuations", "1", "--json"],
    )
    assert chosen.exit_code == 0, chosen.output
    curves = json.loads(chosen.stdout)
    assert set(curves) == {"n", "divergence_bound", "gold", "A2-stones"}
    assert curves["gold"]["gold"] == sorted(curves["gold"]["gold"])
    assert curves["gold"]["gold"][0] == pytest.approx(curves["A2-stones"]["gold"][0], abs=1e-3)
    stored = tmp_path / "found.json"
    told = CliRunner().invoke(
        main, ["rlhf", "report", str(folder), "--out", str(page), "--save-json", str(stored)]
    )
    assert told.exit_code == 0, told.output
    found = json.loads(stored.read_text())
    assert [arm["arm"] for arm in found["summary"]] == ["A1", "A2-stones"]
    assert found["summary"][0]["seeds"] == [1, 2]
    assert "A2-stones - A1" in page.read_text()
    again = tmp_path / "again.html"
    told = CliRunner().invoke(main, ["rlhf", "report", str(stored), "--out", str(again)])
    assert told.exit_code == 0, told.output
    assert again.read_text() == page.read_text()
    assert results(stored) == found


def test_a_sweep_goes_on_from_published_rows_and_shipped_networks(tmp_path: Path) -> None:
    path, first, second = tmp_path / "small.toml", tmp_path / "first", tmp_path / "second"
    path.write_text(SMALLEST)
    command = ["rlhf", "sweep", str(path), "--json", "--folder"]
    assert CliRunner().invoke(main, [*command, str(first)]).exit_code == 0
    known = tmp_path / "known.json"
    published = results(first)
    published["rows"] = [row for row in published["rows"] if row["seed"] == 1]
    known.write_text(json.dumps(published))
    options = ["--known", str(known), "--bench", str(first / "lab")]
    went_on = CliRunner().invoke(main, [*command, str(second), *options])
    assert went_on.exit_code == 0, went_on.output
    assert {**results(second), "rows": 0} == {**results(first), "rows": 0}
    for one, other in zip(results(first)["rows"], results(second)["rows"], strict=True):
        assert {**one, "cpu_s": 0} == {**other, "cpu_s": 0}


def test_an_agent_with_two_roles_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.toml"
    path.write_text('seeds = [1]\n[[arms]]\nname = "A2"\nreward = "utility"\nlabeler = "agent:uct:100"\n')
    with pytest.raises(ExperimentError, match="expected one role for each"):
        read_experiment(path)
