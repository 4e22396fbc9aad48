"""Games of a teacher against itself: what is a target and what is not, boards, repetition, the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from test_selfplay_imitation import SMALL_RUN, pretrain

from app.main import main
from engine.board import BLACK, WHITE
from engine.game import Game
from engine.rulesets import Rules, gomoku_rules
from selfplay.agents import AgentError, open_agent
from selfplay.checkpoint import load_network
from selfplay.records import GameRecord
from selfplay.teacher_games import FULL_ENOUGH, Lesson, teacher_games

THREATS = open_agent("threats")


def replayed(record: GameRecord) -> Game:
    game = Game(record.rules)
    for action in record.moves:
        assert not game.is_over
        game.play(int(action))
    assert game.is_over
    return game


def test_games_end_and_tell_who_won() -> None:
    games = teacher_games(THREATS, gomoku_rules(9), Lesson(), 12, seed=1)
    assert len(games) == 12
    for record in games:
        winner = replayed(record).winner()
        black = {BLACK: 1.0, WHITE: -1.0}.get(winner, 0.0)
        signs = np.where(np.arange(record.num_moves) % 2 == 0, 1, -1)
        assert record.value_targets.tolist() == (black * signs).tolist()


def test_only_moves_of_the_teacher_are_targets() -> None:
    (record,) = teacher_games(THREATS, gomoku_rules(15), Lesson(most_random_plies=0, noise=0.0), 1, seed=2)
    assert record.visits.argmax(1).tolist() == record.moves.tolist()
    assert record.visits.sum(1).tolist() == [1] * record.num_moves
    noisy = teacher_games(THREATS, gomoku_rules(15), Lesson(noise=0.5), 20, seed=2)
    won = [game for game in noisy if game.value_targets.any()]
    share = sum(game.num_targets for game in won) / sum(game.num_moves for game in won)
    assert 0.3 < share < 0.6
    assert all(game.visits.sum(1).max() <= 1 for game in noisy)
    assert {int(game.visits.any(1).argmax()) for game in noisy} > {0, 1}


def test_a_drawn_game_teaches_no_moves_on_a_full_board() -> None:
    rules = Rules("gomoku", 4, 4, line_length=4)
    drawn = [
        game for game in teacher_games(THREATS, rules, Lesson(), 30, seed=3) if not game.value_targets.any()
    ]
    assert drawn
    assert all(not game.visits[round(FULL_ENOUGH * 16) :].any() for game in drawn)


def test_boards_come_in_the_sizes_asked_for() -> None:
    games = teacher_games(THREATS, gomoku_rules(9), Lesson("7:1,9:2"), 24, seed=4)
    sides = [game.rules.width for game in games]
    assert set(sides) == {7, 9}
    assert all(game.visits.shape == (game.num_moves, game.rules.num_actions) for game in games)
    for game in games:
        replayed(game)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_seed_and_threads_give_the_same_games(threads: int) -> None:
    runs = [teacher_games(THREATS, gomoku_rules(9), Lesson(), 9, seed=5, threads=threads) for _ in range(2)]
    assert [game.digest() for game in runs[0]] == [game.digest() for game in runs[1]]
    assert len({game.digest() for game in runs[0]}) == 9


def test_a_search_may_teach_as_well() -> None:
    told: list[int] = []
    games = teacher_games(
        open_agent("uct:10"), gomoku_rules(6, line_length=4), Lesson(), 3, seed=6, progress=told.append
    )
    assert sum(told) == len(games) == 3


@pytest.mark.parametrize("options", [{"most_random_plies": -1}, {"noise": 1.0}])
def test_lessons_that_make_no_sense_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Lesson(**options)  # type: ignore[arg-type]


def test_a_teacher_of_another_game_is_refused() -> None:
    with pytest.raises(AgentError, match="plays gomoku"):
        teacher_games(THREATS, Game(Rules("go", 5, 5)).rules, Lesson(), 1, seed=1)


# The command.


def test_pretrain_learns_from_a_teacher(tmp_path: Path) -> None:
    out = tmp_path / "cloned.safetensors"
    arguments = ["--teacher", "threats", "--games", 40, "--preset", "gomoku6", *SMALL_RUN[2:], "--steps", 5]
    result = pretrain(*arguments, "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["games"], report["skipped"], report["steps"]) == (40, {}, 5)
    assert load_network(out)[1] == gomoku_rules(6, line_length=4)


def test_pretrain_lets_a_teacher_play_on_the_board_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "cloned.safetensors"
    arguments = ["--teacher", "uct", "--visits", 4, "--games", 10, "--preset", "gomoku6", *SMALL_RUN]
    result = pretrain(*arguments, "--steps", 2, "--out", out)
    assert result.exit_code == 2
    assert "agent 'uct': expected uct:VISITS" in result.stderr
    arguments[1] = "uct:4"
    result = pretrain(*arguments, "--steps", 2, "--out", out)
    assert result.exit_code == 0, result.stderr
    assert load_network(out)[1] == gomoku_rules(5, line_length=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--teacher", "threats", "--preset", "go7"], "agent threats: plays gomoku, not go"),
        (["--teacher", "nobody"], "agent 'nobody': expected"),
        (["--teacher", "threats", "--sgf", "."], "--sgf and --teacher: expected one of them"),
        (["--teacher", "threats", "--preset", "gomoku6", "--size", "3"], "--size 3: expected"),
    ],
)
def test_pretrain_says_in_one_line_what_is_wrong_with_a_teacher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["pretrain", *arguments], catch_exceptions=False)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
