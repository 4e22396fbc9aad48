"""`yomi rlhf fit`, `eval` and `probe` over a run folder, and what they say when something is missing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from test_rlhf_boards import random_games

from app.main import main
from engine.rulesets import go_rules
from rlhf_variant.answering import answer_queue
from rlhf_variant.pairs import PairConfig, SourceGame, draw_queries
from rlhf_variant.query_queue import QueryQueue
from rlhf_variant.reward_store import FACT, answered, dataset_digest
from selfplay.run_store import RunStore

SMALL = ("--members", "2", "--blocks", "1", "--channels", "8")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with games of 7x7 and answers by the count of stones."""
    folder = tmp_path_factory.mktemp("answered") / "run"
    games = random_games(go_rules(7), 30, 20)
    sources = [SourceGame(game, "random", 1) for game in games]
    config = PairConfig(min_ply=6, held_out_share=0.25)
    with RunStore(folder) as store:
        store.add_games("reference", 0, games)
        QueryQueue(store).ask(draw_queries(sources, 120, config, np.random.default_rng(1)))
        answer_queue(store, "stones")
    return folder


def yomi(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["rlhf", *arguments])


def test_models_are_taught_judged_and_probed(run: Path) -> None:
    taught = yomi("fit", str(run), *SMALL, "--epochs", "2", "--json")
    assert taught.exit_code == 0, taught.output
    result = json.loads(taught.stdout)
    assert len(result["members"]) == 2
    assert result["held_out"]["pairs"] == 30
    assert set(result["held_out"]["phases"]) == {"opening", "middle", "end"}
    assert 0 < result["held_out"]["hard"]["pairs"] < 30
    with RunStore(run, create=False) as store:
        noted = store.fact(FACT)
        assert noted["comparisons"] == dataset_digest(answered(store)[0])
    judged = yomi("eval", str(run), "--json")
    assert json.loads(judged.stdout) == result["held_out"]
    assert "Held-out answers:" in yomi("eval", str(run)).stdout
    probed = json.loads(yomi("probe", str(run), "--climbs", "1", "--steps", "5", "--json").stdout)
    assert len(probed["probes"]) == 7
    assert probed["climbs"][0]["value_end"] >= probed["climbs"][0]["value_start"]
    assert "of 7 probes right" in yomi("probe", str(run), "--climbs", "1", "--steps", "5").stdout


def test_the_same_seed_teaches_the_same_models(run: Path) -> None:
    def digests() -> list[str]:
        assert yomi("fit", str(run), *SMALL, "--epochs", "1").exit_code == 0
        with RunStore(run, create=False) as store:
            return [member["sha256"] for member in store.fact(FACT)["members"]]

    first = digests()
    assert first[0] != first[1]
    assert digests() == first


def test_what_is_missing_is_named(run: Path, tmp_path: Path) -> None:
    with RunStore(tmp_path / "empty"):
        pass
    for command, expected in (
        ("fit", "answered comparisons"),
        ("eval", "reward model"),
        ("probe", "reward model"),
    ):
        failed = yomi(command, str(tmp_path / "empty"))
        assert failed.exit_code != 0
        assert expected in failed.output
    failed = yomi("fit", str(run), "--channels", "7")
    assert "multiple of 8" in failed.output


def test_one_labeler_is_to_be_named_where_several_have_answered(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    assert yomi("simulate", "--run", str(tmp_path / "run"), "--labeler", "area").exit_code == 0
    failed = yomi("fit", str(tmp_path / "run"), *SMALL, "--epochs", "1")
    assert "area, stones: expected the name of one labeler" in failed.output
    taught = yomi("fit", str(tmp_path / "run"), *SMALL, "--epochs", "1", "--labeler", "area")
    assert taught.exit_code == 0, taught.output


def test_questions_are_chosen_by_what_the_reward_models_disagree_about(tmp_path: Path) -> None:
    collect = ("collect", "--run", str(tmp_path), "--size", "4", "--policy", "random", "--games", "60")
    assert yomi(*collect, "--min-ply", "4", "--pairs", "60").exit_code == 0
    assert yomi("simulate", "--run", str(tmp_path), "--labeler", "stones").exit_code == 0
    assert yomi("fit", str(tmp_path), *SMALL, "--epochs", "1").exit_code == 0
    more = yomi(*collect, "--min-ply", "4", "--pairs", "20", "--strategy", "variance", "--json")
    assert more.exit_code == 0, more.output
    assert json.loads(more.stdout)["queue"] == 80
