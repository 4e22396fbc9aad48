"""`yomi analyze`: the mistakes of a game are found, told and written into its file."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.game_review import MoveReview, annotate, review
from app.main import main
from engine.board import BLACK, WHITE
from engine.game import Game
from engine.notation import action_of_vertex
from engine.rulesets import go_rules
from engine.sgf import game_of_tree, parse_sgf, read_sgf
from engine.sgf_tree import read_trees
from mcts.analysis import Analysis, MoveAnalysis

# Black could win at E1 with the ninth move and plays elsewhere; White wins at E4.
BLUNDERS = (
    b"(;GM[4]SZ[7]FF[4]CA[UTF-8]PB[Ann]PW[Bob]RU[freestyle]C[A game.]"
    b";B[ag];W[ad];B[bg];W[bd];B[cg];W[cd];B[dg];W[dd];B[ga];W[ed])"
)


@pytest.fixture(autouse=True)
def _warm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jit.is_cache_warm", lambda: True)
    monkeypatch.setattr("app.progress.FIRST_LINE_AFTER_S", 600.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "game.sgf"
    path.write_bytes(BLUNDERS)
    return path


def analyze(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["analyze", *map(str, arguments), "--agent", "uct:600", "--seed", "1"])


def test_a_missed_win_is_called_a_blunder_and_the_win_is_named(path: Path) -> None:
    run = analyze(path)
    assert run.exit_code == 0, run.output
    assert "Ann (Black) against Bob (White), seen by uct:600" in run.stdout
    assert "Move 9, black: G7 leaves 0%, E1 100%: a blunder." in run.stdout
    assert "Ann: 5 moves; blunders " in run.stdout
    assert len([line for line in run.stdout.splitlines() if " |" in line]) == 8


def test_the_annotated_file_holds_the_same_game_with_the_better_move(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "annotated.sgf"
    assert analyze(path, "--sgf", target).exit_code == 0
    before, after = read_sgf(path), read_sgf(target)
    assert (after.moves, after.rules, after.black_name) == (before.moves, before.rules, "Ann")
    assert after.comments[0] == "A game."
    assert "a blunder" in after.comments[9]
    nodes = list(read_trees(target)[0].main_line())
    assert nodes[9].properties["BM"] == [b"2"]
    main, better = nodes[8].children
    assert main is nodes[9]
    assert better.properties == {"B": [b"eg"]}


def test_json_has_one_object_a_move_and_the_curve(path: Path) -> None:
    *moves, course = map(json.loads, analyze(path, "--json").stdout.splitlines())
    assert [move["move"] for move in moves] == list(range(1, 11))
    assert (moves[8]["vertex"], moves[8]["best"], moves[8]["verdict"]) == ("G7", "E1", "blunder")
    assert len(course["win_rates_black"]) == 11
    assert course["win_rates_black"][10] == 0.0


def test_an_illegal_game_gives_one_line(tmp_path: Path) -> None:
    path = tmp_path / "illegal.sgf"
    path.write_bytes(b"(;GM[1]SZ[5];B[aa];W[aa])")
    run = analyze(path)
    assert run.exit_code == 2
    assert "white A5 (occupied)" in run.stderr


def test_an_agent_that_does_not_search_is_refused(path: Path) -> None:
    run = CliRunner().invoke(main, ["analyze", str(path), "--agent", "random"])
    assert "expected one that searches" in run.stderr


def judged(action: str, best: str, win_rate: float, best_win_rate: float) -> MoveReview:
    rules = go_rules(5)
    actions = action_of_vertex(action, rules), action_of_vertex(best, rules)
    return MoveReview(1, BLACK, actions[0], win_rate, actions[1], best_win_rate, (actions[1],))


def test_only_what_was_lost_against_another_move_counts() -> None:
    assert judged("C3", "C3", 0.1, 0.9).loss == 0.0
    assert judged("C3", "D3", 0.9, 0.5).verdict == ""
    assert judged("C3", "D3", 0.45, 0.6).verdict == "mistake"
    assert judged("C3", "D3", 0.3, 0.6).verdict == "blunder"


def test_handicap_and_moves_out_of_turn_are_passed_over() -> None:
    """A search that always prefers the first legal move and is always sure of the side to move."""

    def first_legal(game: Game) -> Analysis:
        action = game.legal_actions()[0]
        move = MoveAnalysis(action, 0, 10, 0.5, 0.8, 0.7, None, (action,))
        return Analysis(game.to_play, 10, 0.8, None, None, (move,))

    data = b"(;GM[1]SZ[5]HA[2]AB[aa][ee]PL[W];W[cc];W[bb];B[cb];W[];B[])"
    found = review(parse_sgf(data, "test"), first_legal, lambda: None)
    assert [(move.number, move.color) for move in found.moves] == [
        (1, WHITE),
        (3, BLACK),
        (4, WHITE),
        (5, BLACK),
    ]
    assert found.win_rates_black[1] == pytest.approx(0.8)
    assert found.win_rates_black[2] == pytest.approx(0.8)
    assert found.win_rates_black[5] in (0.0, 1.0)


def test_a_review_of_no_moves_is_a_point(tmp_path: Path) -> None:
    path = tmp_path / "empty.sgf"
    path.write_bytes(b"(;GM[1]SZ[5])")
    run = analyze(path)
    assert run.exit_code == 0
    assert "moves 0 to 0" in run.stdout


def test_annotating_twice_keeps_what_was_there(path: Path) -> None:
    (root,) = read_trees(path)

    def sure(game: Game) -> Analysis:
        action = game.legal_actions()[-1]
        move = MoveAnalysis(action, 0, 10, 0.5, 0.9, 0.7, None, (action,))
        return Analysis(game.to_play, 10, 0.9, None, None, (move,))

    found = review(game_of_tree(root), sure, lambda: None)
    annotate(root, found)
    annotate(root, found)
    assert len(game_of_tree(root).moves) == 10
    assert (game_of_tree(root).comments[1]).count("Black's chance") == 2
