"""Online questions: an annealed schedule, batch after batch, about the policy as it is; and whole games."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from app.main import main
from rlhf_variant.online_queries import OnlinePlan, batches_asked, note_of_batch
from rlhf_variant.query_queue import QueryQueue
from rlhf_variant.source_games import first_games, num_openings_for
from selfplay.run_store import RunStore

ONLINE = ("--size", "5", "--games", "24", "--pairs", "60", "--online", "3", "--min-ply", "5", "--json")


def yomi(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["rlhf", *arguments])


def asked(run: Path, policy: str, *more: str) -> Result:
    return yomi("collect", "--run", str(run), "--policy", policy, *ONLINE, *more)


def test_a_plan_is_asked_batch_by_batch_half_of_it_about_the_present_policy(tmp_path: Path) -> None:
    run = tmp_path / "run"
    sizes = OnlinePlan(60, 3).sizes()
    assert sum(sizes) == 60
    assert sizes[0] == 15
    first = asked(run, "random")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["asked"] == sizes[0]
    refused = asked(run, "uct:2")
    assert refused.exit_code == 2
    assert "15 questions are not answered yet" in refused.output
    assert yomi("simulate", "--run", str(run), "--labeler", "stones").exit_code == 0
    taught = yomi("fit", str(run), "--members", "2", "--blocks", "1", "--channels", "8", "--epochs", "2")
    assert taught.exit_code == 0, taught.output
    second = asked(run, "uct:2", "--strategy", "variance")
    assert second.exit_code == 0, second.output
    assert json.loads(second.stdout)["asked"] == sizes[1]
    with RunStore(run, create=False) as store:
        reference = {game.record.digest() for game in first_games(store)}
        batch = [q for _, q in QueryQueue(store).queries() if q.note == note_of_batch(2)]
        own = [{q.a.source.game_hash, q.b.source.game_hash}.isdisjoint(reference) for q in batch]
        assert sum(own) == round(sizes[1] / 2)
        assert all(len({q.a.source.policy_hash, q.b.source.policy_hash}) == 1 for q in batch)
        assert batches_asked(store) == 2
    assert yomi("simulate", "--run", str(run), "--labeler", "stones").exit_code == 0
    other = yomi("collect", "--run", str(run), *ONLINE[:-3], "--online", "4", "--min-ply", "5")
    assert other.exit_code == 2
    assert "another plan, 60 questions in 3 batches" in other.output
    assert json.loads(asked(run, "uct:3").stdout)["asked"] == sizes[2]
    assert yomi("simulate", "--run", str(run), "--labeler", "stones").exit_code == 0
    done = asked(run, "uct:3")
    assert done.exit_code == 2
    assert "all 3 batches are asked" in done.output


def test_a_batch_that_was_killed_while_it_was_asked_is_asked_again_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keys(run: Path) -> list[str]:
        with RunStore(run, create=False) as store:
            return [query.key for _, query in QueryQueue(store).queries()]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert asked(whole, "random").exit_code == 0
    with monkeypatch.context() as patched:
        patched.setattr(QueryQueue, "ask", lambda self, queries: 1 / 0)
        assert asked(killed, "random").exit_code != 0
    assert keys(killed) == []
    assert asked(killed, "random").exit_code == 0
    assert keys(killed) == keys(whole)


def test_whole_games_begin_from_so_few_openings_that_there_are_held_out_pairs(tmp_path: Path) -> None:
    assert num_openings_for(1000, 0.2, 200) == 2
    assert num_openings_for(1, 0.2, 200) == 100
    run = tmp_path / "run"
    options = ("--size", "5", "--policy", "random", "--games", "60", "--pairs", "80", "--type", "games")
    told = yomi("collect", "--run", str(run), *options, "--json")
    assert told.exit_code == 0, told.output
    with RunStore(run, create=False) as store:
        queries = [query for _, query in QueryQueue(store).queries()]
    assert len(queries) == 80
    assert sum(query.split == "held_out" for query in queries) == 16
    assert all(query.a.boards[:3] != () for query in queries)
    assert np.mean([query.a.is_reversed or query.b.is_reversed for query in queries]) > 0.3
