"""Self-play that begins from positions of given games: what is taken from files, what games make of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from judged_positions import HashedEvaluator
from random_records import random_record
from tiny_training import remove_files, train, whole_and_halved

from engine.board import BLACK, WHITE
from engine.game import Game, Move
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.sgf import SgfGame, write_sgf
from mcts.config import SearchConfig
from selfplay.beginnings import Beginnings
from selfplay.generate import generate_games
from selfplay.positions import PHASE, Line, as_records, lines_from_sgf
from selfplay.records import GameRecord
from selfplay.run_store import RunStore
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import OutcomeValueSource
from selfplay.worker_processes import WorkerProcesses

GO = go_rules(5, komi=6.5)


def sgf(rules: Rules, moves: list[int], setup: tuple[Move, ...] = ()) -> bytes:
    colored = tuple(Move(BLACK if ply % 2 == 0 else WHITE, action) for ply, action in enumerate(moves))
    return write_sgf(SgfGame(rules, colored, setup=setup))


def random_lines(rules: Rules, count: int) -> list[Line]:
    """Moves of random games but for the last one, which may end the game."""
    return [random_record(rules, seed).moves[:-1] for seed in range(count)]


def games(lines: list[Line], **options: float) -> list[GameRecord]:
    return generate_games(
        GO,
        SearchConfig(num_simulations=2),
        SelfPlayConfig(parallel_games=8, **options),  # type: ignore[arg-type]
        lambda batch, seed: HashedEvaluator(),
        OutcomeValueSource(),
        60,
        1,
        np.random.SeedSequence(3),
        lines=lines,
    ).games


def num_given(game: GameRecord, lines: list[Line]) -> int | None:
    """The moves of a game that nobody searched, if they begin one of the lines."""
    searched = game.visits.any(axis=1)
    given = int(searched.argmax()) if searched.any() else game.num_moves
    begun = any(len(line) >= given and np.array_equal(line[:given], game.moves[:given]) for line in lines)
    return given if begun else None


# From files


def test_moves_are_taken_up_to_where_the_rules_end_the_game_or_forbid_them(tmp_path: Path) -> None:
    ended = [*range(6), GO.pass_action, GO.pass_action]
    (tmp_path / "a.sgf").write_bytes(sgf(GO, ended))
    (tmp_path / "b.sgf").write_bytes(sgf(GO, [3, 4, 3, 5]))
    (tmp_path / "c.sgf").write_bytes(sgf(GO, [7, 8, 9]))
    lines, skipped = lines_from_sgf(sorted(tmp_path.glob("*.sgf")), GO)
    assert [line.tolist() for line in lines] == [ended[:-1], [3, 4], [7, 8, 9]]
    assert all(line.dtype == np.int16 for line in lines)
    assert not skipped


def test_files_without_a_usable_game_are_counted_by_reason(tmp_path: Path) -> None:
    (tmp_path / "a.sgf").write_bytes(b"(;GM[1]SZ[")
    (tmp_path / "b.sgf").write_bytes(sgf(go_rules(7), [1, 2]))
    (tmp_path / "c.sgf").write_bytes(sgf(gomoku_rules(9), [1, 2]))
    (tmp_path / "d.sgf").write_bytes(sgf(GO, [1, 2], setup=(Move(BLACK, 3),)))
    (tmp_path / "e.sgf").write_bytes(sgf(GO, []))
    told: list[int] = []
    lines, skipped = lines_from_sgf(sorted(tmp_path.glob("*.sgf")), GO, told.append)
    assert not lines
    assert skipped == {
        "unreadable": 1,
        "another game or size": 2,
        "stones set up before the first move": 1,
        "no moves": 1,
    }
    assert sum(told) == 5


def test_the_rules_of_the_run_decide_what_is_a_position(tmp_path: Path) -> None:
    exact = gomoku_rules(9, line_rule="standard")
    six = [0, 40, 1, 41, 2, 42, 4, 60, 5, 61, 3, 70]  # Black makes six in a row with its sixth stone
    (tmp_path / "a.sgf").write_bytes(sgf(gomoku_rules(9), six))
    (freestyle,), _ = lines_from_sgf([tmp_path / "a.sgf"], gomoku_rules(9))
    (standard,), _ = lines_from_sgf([tmp_path / "a.sgf"], exact)
    assert freestyle.tolist() == six[:10]
    assert standard.tolist() == six


# In games


def test_so_many_games_begin_as_given_ones_do_and_learn_nothing_from_that_part() -> None:
    lines = random_lines(GO, 20)
    made = games(lines, position_share=0.5)
    lengths = [num_given(game, lines) for game in made]
    assert None not in lengths
    from_positions = np.mean([bool(length) for length in lengths])
    assert 0.25 < from_positions < 0.7
    assert len({*lengths}) > 5


def test_all_positions_of_a_game_are_drawn_its_first_and_its_last_too() -> None:
    (line,) = random_lines(GO, 1)
    beginnings, random = Beginnings(GO, "", position_share=1.0, lines=[line]), np.random.default_rng(1)
    drawn = [beginnings.draw([], random) for _ in range(400)]
    assert {rules for rules, _ in drawn} == {GO}
    assert {len(actions) for _, actions in drawn} == set(range(len(line) + 1))
    for _, actions in drawn:
        game = Game(GO)
        for action in actions:
            game.play(action)
        assert not game.is_over


def test_without_positions_games_are_those_that_they_were() -> None:
    def plain(made: list[GameRecord]) -> list[list[int]]:
        return [game.moves.tolist() for game in made]

    assert plain(games([], position_share=0.5)) == plain(games(random_lines(GO, 3))) == plain(games([]))


def test_processes_begin_their_games_as_threads_do() -> None:
    lines = random_lines(GO, 5)

    def made(**where: object) -> list[list[int]]:
        generated = generate_games(
            GO,
            SearchConfig(num_simulations=2),
            SelfPlayConfig(parallel_games=4, position_share=0.6),
            evaluator,
            OutcomeValueSource(),
            12,
            2,
            np.random.SeedSequence(3),
            lines=lines,
            **where,  # type: ignore[arg-type]
        )
        return [game.moves.tolist() for game in generated.games]

    with WorkerProcesses(2) as processes:
        assert made(play_jobs=processes.play) == made()


def evaluator(_: int, __: np.random.SeedSequence) -> HashedEvaluator:
    return HashedEvaluator()


# In a run


def test_a_run_keeps_the_positions_and_goes_on_without_their_files(tmp_path: Path) -> None:
    lines, files = random_lines(GO, 8), tmp_path / "files" / "deeper"
    files.mkdir(parents=True)
    for number, line in enumerate(lines):
        (files / f"{number}.sgf").write_bytes(sgf(GO, line.tolist()))
    digests = []
    given = ("--positions", str(files.parent))
    for folder in whole_and_halved(tmp_path, given, 2, lambda: remove_files(files)):
        with RunStore(folder, create=False) as store:
            assert [line.tolist() for line in store.lines(PHASE)] == [line.tolist() for line in lines]
            made = store.games("selfplay")
            config = store.fact("config")
        assert all(num_given(game, lines) is not None for game in made)
        assert any(num_given(game, lines) for game in made)
        assert config["selfplay"]["position_share"] == 0.5
        digests.append([game.digest() for game in made])
    assert digests[0] == digests[1]


def test_runs_that_learn_from_preferences_begin_their_games_in_the_same_way(tmp_path: Path) -> None:
    lines, files, folder = random_lines(GO, 8), tmp_path / "files", tmp_path / "run"
    files.mkdir()
    for number, line in enumerate(lines):
        (files / f"{number}.sgf").write_bytes(sgf(GO, line.tolist()))
    few = ["--reference", "random", "--reference-games", "12", "--comparisons", "20", "--iterations", "1"]
    blind = ("rlhf", "train")
    assert train(folder, "--positions", str(files), *few, command=blind).exit_code == 0
    with RunStore(folder, create=False) as store:
        made = store.games("selfplay")
    assert all(num_given(game, lines) is not None for game in made)
    assert any(num_given(game, lines) for game in made)
    refused = train(tmp_path / "other", "--set", "selfplay.position_share=1", *few, command=blind)
    assert refused.exit_code == 2
    assert "expected --positions DIR beside it" in refused.output
    assert not (tmp_path / "other").exists()


def test_what_is_kept_of_a_given_game_teaches_nothing() -> None:
    (record,) = as_records(random_lines(GO, 1), GO)
    assert record.num_targets == 0
    assert record.score_black is None
    assert not record.value_targets.any()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--set", "selfplay.position_share=0.5"], "expected --positions DIR beside it"),
        (["--positions", "nowhere"], "--positions nowhere: no game of Go 5x5 (no .sgf file)"),
        (["--positions", "others"], "no game of Go 5x5 (1 another game or size)"),
    ],
)
def test_a_run_without_positions_to_begin_from_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "a.sgf").write_bytes(sgf(go_rules(9), [1, 2]))
    result = train(tmp_path / "run", *arguments)
    assert result.exit_code == 2
    assert complaint in result.output
    assert not (tmp_path / "run").exists()
