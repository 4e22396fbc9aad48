"""`yomi match --sgf`: each game of a match in a file of its own."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from app.main import main
from app.match_games import GameFiles
from engine.game import Game
from engine.rulesets import go_rules, gomoku_rules
from engine.sgf import read_sgf
from selfplay.arena import MatchResult


def match(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["match", *arguments], catch_exceptions=False)


@pytest.mark.parametrize("options", [["--size", "5"], ["--game", "gomoku", "--size", "6", "--threads", "2"]])
def test_files_hold_the_games_with_their_results_and_players(tmp_path: Path, options: list[str]) -> None:
    folder = tmp_path / "new" / "games"
    result = match("random", "one-ply", "--games", "8", "--sgf", str(folder), *options, "--json")
    assert result.exit_code == 0
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"{number:05}.sgf" for number in range(1, 9)]
    points = 0.0
    for number, file in enumerate(files):
        told = read_sgf(file)
        game = Game(told.rules)
        for move in told.moves:
            assert move.color == game.to_play
            game.play(move.action)
        assert game.is_over
        assert told.result == game.result()
        players = ("random", "one-ply")
        assert (told.black_name, told.white_name) == (players if number % 2 == 0 else players[::-1])
        assert told.result_black is not None
        points += (1 + (told.result_black if number % 2 == 0 else -told.result_black)) / 2
    assert f'"win_rate": {points / 8}' in result.stdout


def test_several_matches_share_the_numbers(tmp_path: Path) -> None:
    few = ["--size", "3", "--games", "2", "--komi", "0.5"]
    assert match("random", "one-ply", "uct:5", *few, "--sgf", str(tmp_path)).exit_code == 0
    names = [
        {read_sgf(file).black_name.split(":")[0], read_sgf(file).white_name.split(":")[0]}
        for file in sorted(tmp_path.iterdir())
    ]
    assert names == [{"random", "one-ply"}] * 2 + [{"random", "uct"}] * 2 + [{"one-ply", "uct"}] * 2


def test_a_game_that_somebody_gave_up_says_so(tmp_path: Path) -> None:
    moves = ((3, 4, 5), True, -np.inf), ((3, 4, 6), False, np.inf)
    GameFiles(tmp_path).write(go_rules(5), MatchResult("a", "b", 0, 0, 2, 2, 0, 3.0, moves))
    assert [read_sgf(file).result for file in sorted(tmp_path.iterdir())] == ["W+R", "B+R"]


def test_no_game_is_written_over_and_no_game_is_played_in_vain(tmp_path: Path) -> None:
    files = GameFiles(tmp_path / "full")
    game = ((0, 1), True, 1.0)
    files.write(gomoku_rules(5), MatchResult("a", "b", 1, 0, 0, 1, 1, 2.0, (game,)))
    (tmp_path / "file").write_text("")
    complaints = {
        "full": "a folder without .sgf files",
        "file": "this is a file",
        "file/below": "a folder that can be written",
    }
    for name, complaint in complaints.items():
        refused = match("random", "random", "--games", "2", "--sgf", str(tmp_path / name))
        assert refused.exit_code == 2
        assert complaint in refused.output
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["00001.sgf"]
