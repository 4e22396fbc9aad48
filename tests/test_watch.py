"""`yomi watch`: the games of a run, on the screen and in lines."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from random_records import tiny_run
from screen_pilot import drive, screen_text, until
from test_selfplay_training import run
from textual.pilot import Pilot

from app.main import main
from app.screens.game_feed import GameFeed
from app.screens.watch_app import WatchApp
from selfplay.live_games import FILE, LiveGames, read_live_games
from selfplay.records import GameRecord
from selfplay.run_store import RunStore


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four rounds with six games each."""
    place = tmp_path_factory.mktemp("run")
    run(place, tiny_run())
    return place


def test_each_game_is_shown_once_the_newest_first_and_new_ones_before_old_ones(folder: Path) -> None:
    with RunStore(folder, create=False) as store:
        feed = GameFeed(store)
        shown = [feed.next() for _ in range(25)]
        digests = [watched.record.digest() for watched in shown if watched is not None]
        assert digests == [game.digest() for game in reversed(store.games("selfplay"))]
        assert shown[24] is None
        store.add_games("selfplay", 9, store.games("selfplay", iteration=1)[:1])
        newest = feed.next()
        assert newest is not None
        assert newest.iteration == 9
        store.add_games("selfplay", 9, [])


def test_a_game_is_told_as_it_went(folder: Path) -> None:
    with RunStore(folder, create=False) as store:
        watched = GameFeed(store).next()
    assert watched is not None
    game = watched.game_at(watched.record.num_moves)
    assert [move.action for move in game.moves] == watched.record.moves.tolist()
    assert watched.game_at(2).stones().any()
    searched = np.flatnonzero(watched.record.visits.any(axis=1))
    chance = watched.chance_black(int(searched[0]))
    assert chance is not None
    assert 0 <= chance <= 1
    assert watched.chance_black(watched.record.num_moves) is None
    assert watched.title().startswith("Round 4, ")


def test_the_screen_steps_by_itself_holds_and_goes_back(folder: Path) -> None:
    with RunStore(folder, create=False) as store:
        app = WatchApp(GameFeed(store), seconds=0.02, games=None)

        async def scenario(pilot: Pilot[Any]) -> None:
            await until(pilot, lambda: app.ply >= 2)
            await pilot.press("space")
            held = app.ply
            await pilot.pause(0.1)
            assert app.ply == held
            await pilot.press("left")
            assert app.ply == held - 1
            assert f"Move {held - 1}" in screen_text(app)
            first = app.watched
            await pilot.press("n")
            assert app.watched is not first
            await pilot.press("q")

        drive(app, scenario)


def test_lines_tell_a_game_each_and_a_wrong_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["watch", str(folder), "--plain", "--games", "2"])
    assert told.exit_code == 0, told.output
    lines = [line for line in told.stdout.splitlines() if line.startswith("Round 4, ")]
    assert len(lines) == 2
    with RunStore(folder, create=False) as store:
        newest = store.games("selfplay")[-1]
    assert len(lines[0].partition(": ")[2].split()) == newest.num_moves
    refused = CliRunner().invoke(main, ["watch", str(tmp_path / "nothing"), "--plain"])
    assert "expected a run folder" in refused.output


def test_games_of_the_round_at_hand_are_shown_as_they_end_and_not_again_once_stored(folder: Path) -> None:
    with RunStore(folder, create=False) as store:
        feed = GameFeed(store)
        while feed.next() is not None:
            pass
        games = store.games("selfplay", iteration=2)
        with LiveGames(folder, 5) as live:
            assert feed.next() is None
            for game in games[:2]:
                live.add(game)
            with (folder / FILE).open("ab") as file:
                file.write(b'["half a line')
            shown = [feed.next() for _ in range(3)]
        assert [None if one is None else one.record.digest() for one in shown] == [
            games[1].digest(),
            games[0].digest(),
            None,
        ]
        assert shown[0] is not None
        assert shown[0].title().startswith("Round 5, ")
        np.testing.assert_array_equal(shown[0].record.visits, games[1].visits)
        store.add_games("selfplay", 5, games[:3])
        stored = [feed.next(), feed.next()]
        assert stored[0] is not None
        assert stored[0].record.digest() == games[2].digest()
        assert stored[1] is None
        store.add_games("selfplay", 5, [])


def test_a_run_tells_of_each_game_and_leaves_no_file_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    add = LiveGames.add

    def hear(live: LiveGames, game: GameRecord) -> None:
        add(live, game)
        told.append(game.digest())
        assert (tmp_path / FILE).exists()

    monkeypatch.setattr(LiveGames, "add", hear)
    run(tmp_path, tiny_run())
    with RunStore(tmp_path, create=False) as store:
        assert sorted(told) == sorted(game.digest() for game in store.games("selfplay"))
    assert not (tmp_path / FILE).exists()


def test_a_file_of_live_games_that_cannot_be_written_stops_no_round(folder: Path, tmp_path: Path) -> None:
    with RunStore(folder, create=False) as store:
        (game, *_) = store.games("selfplay", iteration=1)
    (tmp_path / FILE).mkdir()
    with LiveGames(tmp_path, 1) as live:
        live.add(game)
        assert read_live_games(tmp_path, 0) == (0, [])
    assert (tmp_path / FILE).is_dir()
