"""The run folder: what is stored comes back, at once or not at all, and one trainer holds it."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from random_records import random_record

from engine.rulesets import Rules, go_rules, gomoku_rules
from selfplay.records import GameRecord
from selfplay.run_store import DATABASE, Checkpoint, RunError, RunStore

ARRAYS = ("moves", "visits", "root_values", "value_targets")

KILLED_IN_A_TRANSACTION = """
import os, sys
from pathlib import Path
import numpy as np
from engine.rulesets import gomoku_rules
from selfplay.records import GameRecord
from selfplay.run_store import RunStore

def games(count):
    rules, floats = gomoku_rules(3), np.ones(5, np.float32)
    return [
        GameRecord(rules, np.full(5, i, np.int16), np.ones((5, 10), np.uint16), floats, floats, None)
        for i in range(count)
    ]

store = RunStore(Path(sys.argv[1]))
store.add_games("selfplay", 1, games(3))
store.connection.set_progress_handler(lambda: os.kill(os.getpid(), 9), 1500)
store.add_games("selfplay", 1, games(1000))
"""

HOLD_THE_LOCK = """
import sys, time
from pathlib import Path
from selfplay.run_store import RunStore

with RunStore(Path(sys.argv[1])).trainer_lock():
    print("held", flush=True)
    time.sleep(60)
"""


def python(code: str, folder: Path) -> subprocess.Popen[str]:
    """A process of its own that runs some code on a run folder."""
    root = Path(__file__).parent.parent
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def are_equal(one: GameRecord, other: GameRecord) -> bool:
    return (one.rules, one.score_black, one.is_truncated) == (
        other.rules,
        other.score_black,
        other.is_truncated,
    ) and all(
        getattr(one, name).dtype == getattr(other, name).dtype
        and getattr(one, name).shape == getattr(other, name).shape
        and getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in ARRAYS
    )


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "run")


# What is stored.


def test_games_come_back_bit_for_bit_in_their_order(store: RunStore) -> None:
    kinds = [go_rules(5), gomoku_rules(4), Rules("go", 3, 6, komi=-2.25, ko="simple", suicide=True)]
    games = [random_record(rules, seed) for seed, rules in enumerate(kinds)]
    games[1].root_values[:2] = np.nan, -0.0
    store.add_games("selfplay", 1, games)
    store.close()
    with RunStore(store.folder, create=False) as reopened:
        found = reopened.games("selfplay")
    assert len(found) == 3
    assert all(are_equal(game, other) for game, other in zip(games, found, strict=True))


def test_games_are_found_by_phase_round_and_age(store: RunStore) -> None:
    games = [random_record(gomoku_rules(3), seed) for seed in range(6)]
    store.add_games("selfplay", 1, games[:2])
    store.add_games("selfplay", 2, games[2:5])
    store.add_games("reference", 1, games[5:])

    def names(found: list[GameRecord]) -> list[int]:
        digests = [game.digest() for game in games]
        return [digests.index(game.digest()) for game in found]

    assert names(store.games("selfplay")) == [0, 1, 2, 3, 4]
    lengths = [game.num_moves for game in games]
    assert store.num_positions("selfplay", 2) == sum(lengths[:5])
    assert store.num_positions("selfplay", 1) == sum(lengths[:2])
    assert store.num_positions("match", 2) == 0
    assert names(store.newest_games("selfplay", 2, sum(lengths[3:5]) + 1)) == [2, 3, 4]
    assert names(store.newest_games("selfplay", 2, sum(lengths[3:5]))) == [3, 4]
    assert names(store.newest_games("selfplay", 1, 1)) == [1]
    assert names(store.newest_games("selfplay", 2, 10**6)) == [0, 1, 2, 3, 4]
    assert names(store.games("selfplay", iteration=1)) == [0, 1]
    assert names(store.games("reference")) == [5]
    assert store.games("match") == []


def test_storing_a_round_again_replaces_it(store: RunStore) -> None:
    games = [random_record(gomoku_rules(3), seed) for seed in range(3)]
    store.add_games("selfplay", 1, games)
    store.add_games("selfplay", 1, games[:1])
    assert len(store.games("selfplay")) == 1


def test_facts_metrics_matches_and_checkpoints_come_back(store: RunStore) -> None:
    store.set_fact("config", {"seed": 7, "rules": {"komi": 6.5}})
    store.set_fact("config", {"seed": 8})
    store.add_metrics(1, 10, {"loss": 0.5, "games": 3})
    store.add_metrics(2, 20, {"loss": 0.25})
    store.add_match("a", "b", {"wins": 3})
    folder = store.folder
    saved = [Checkpoint(i, 10 * i, folder / f"w{i}", "aa", folder / f"o{i}", "bb", 100 * i) for i in (2, 1)]
    for checkpoint in saved:
        store.add_checkpoint(checkpoint)
    store.close()
    with RunStore(folder) as reopened:
        assert reopened.fact("config") == {"seed": 8}
        assert reopened.fact("nothing") is None
        assert reopened.metrics("loss") == [(1, 0.5), (2, 0.25)]
        assert reopened.matches() == [{"first": "a", "second": "b", "wins": 3}]
        assert reopened.checkpoints() == saved[::-1]


def test_a_run_may_be_moved(store: RunStore, tmp_path: Path) -> None:
    store.add_checkpoint(Checkpoint(1, 1, store.folder / "w", "aa", store.folder / "o", "bb", 1))
    store.close()
    moved = store.folder.rename(tmp_path / "elsewhere")
    with RunStore(moved) as reopened:
        assert reopened.checkpoints()[0].weights == moved / "w"


# What can go wrong.


def test_a_kill_in_a_transaction_leaves_the_games_of_before(tmp_path: Path) -> None:
    process = python(KILLED_IN_A_TRANSACTION, tmp_path)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (-signal.SIGKILL, "")
    with RunStore(tmp_path, create=False) as store:
        games = store.games("selfplay")
        assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [game.moves.tolist() for game in games] == [[i] * 5 for i in range(3)]


def test_a_second_trainer_is_refused_by_the_name_of_the_first_until_that_dies(tmp_path: Path) -> None:
    process = python(HOLD_THE_LOCK, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with RunStore(tmp_path) as store:
        message = rf"already being trained by process {process.pid} on \S+$"
        with pytest.raises(RunError, match=message), store.trainer_lock():
            pytest.fail("two trainers hold the run")
        process.kill()
        process.communicate()
        with store.trainer_lock():
            pass
    assert not (tmp_path / "trainer.txt").exists()


def test_the_lock_is_free_after_an_error(store: RunStore) -> None:
    with pytest.raises(KeyboardInterrupt), store.trainer_lock():
        raise KeyboardInterrupt
    with store.trainer_lock():
        pass


def test_a_run_of_another_schema_is_refused(store: RunStore) -> None:
    store.set_fact("schema", 99)
    store.close()
    with pytest.raises(RunError, match=r"another version of yomi \(schema 99\)"):
        RunStore(store.folder)


def test_a_folder_without_a_run_is_refused_unless_one_may_be_made(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="expected a run folder"):
        RunStore(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_a_database_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a database, but quite long" * 100)
    with pytest.raises(RunError, match="not a database"):
        RunStore(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be written \((Not a directory|File exists)\)"):
        RunStore(tmp_path / "file")


@pytest.mark.parametrize("column", ["moves", "visits", "value_targets"])
def test_a_damaged_game_is_refused(store: RunStore, column: str) -> None:
    store.add_games("selfplay", 1, [random_record(gomoku_rules(3), seed=1)])
    with store.connection as database:
        database.execute(f"UPDATE games SET {column} = substr({column}, 1, 12)")
    with pytest.raises(ValueError, match="stored array"):
        store.games("selfplay")


def test_two_readers_and_a_writer_share_a_run(store: RunStore) -> None:
    with RunStore(store.folder, create=False) as reader, RunStore(store.folder, create=False) as other:
        store.add_games("selfplay", 1, [random_record(gomoku_rules(3), seed=1)])
        assert len(reader.games("selfplay")) == len(other.games("selfplay")) == 1


def test_a_run_on_a_full_disk_keeps_what_it_had(store: RunStore) -> None:
    games = [random_record(go_rules(5), seed) for seed in range(50)]
    store.add_games("selfplay", 1, games[:2])
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.add_games("selfplay", 2, games)
    assert len(store.games("selfplay")) == 2
