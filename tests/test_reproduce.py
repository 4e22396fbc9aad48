"""`yomi reproduce`: every published figure and table, from stored rows alone."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.experiment_figures import FIGURES
from app.experiment_page import TITLES
from app.experiment_tables import TABLES, Table
from app.main import main
from app.reproduce import PUBLISHED


def yomi(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["reproduce", *arguments])


def test_published_figures_and_tables_are_listed() -> None:
    listed = yomi().stdout.split()
    assert [name for name in listed if name.startswith("go7_2x2/")] == [
        f"go7_2x2/{name}" for name in (*FIGURES, *TABLES)
    ]
    assert set(TITLES) == set(TABLES)
    assert not [name for name in listed if name.startswith("go7_strength")]


def test_a_figure_is_drawn_alike_each_time_and_the_command_behind_it_is_told(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.svg", "other.svg")]
    for path in paths:
        told = yomi("go7_2x2/cells", "--out", str(path))
        assert told.exit_code == 0, told.output
        assert "yomi rlhf sweep" in told.stdout
        assert "go7_2x2.toml --bench" in told.stdout
    assert paths[0].read_text().startswith("<svg")
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_command_names_the_bench_that_an_experiment_shares() -> None:
    told = yomi("go7_cures/summary").stdout.splitlines()[-1]
    assert f"go7_cures.toml --bench {PUBLISHED / 'go7_2x2-bench'}" in told


def test_a_table_holds_the_stored_figures() -> None:
    stored = json.loads((PUBLISHED / "go7_2x2.json").read_text())
    told = yomi("go7_2x2/summary").stdout.splitlines()
    assert [line.split()[0] for line in told[1:-1]] == [arm["arm"] for arm in stored["summary"]]
    assert str(stored["summary"][0]["gold"]) in told[1]
    assert Table(["a", "long"], [[1.5, ""], ["x", 2]]).text().splitlines() == ["a    long", "1.5", "x    2"]


@pytest.mark.parametrize("figure", ["cells", "go7_2x2/nothing", "nobody/cells"])
def test_a_figure_that_nobody_published_is_refused_with_the_names_that_are(figure: str) -> None:
    refused = yomi(figure)
    assert refused.exit_code == 2
    assert "go7_2x2/cells" in refused.output


def test_a_figure_without_data_is_no_empty_file(tmp_path: Path) -> None:
    stored = json.loads((PUBLISHED / "go7_2x2.json").read_text())
    (tmp_path / "bare.json").write_text(json.dumps({**stored, "best_of_games": {}}))
    refused = yomi("bare/best-of-games", "--results", str(tmp_path), "--out", str(tmp_path / "x.svg"))
    assert refused.exit_code != 0
    assert "do not carry" in refused.output
    assert not (tmp_path / "x.svg").exists()
