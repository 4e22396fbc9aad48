"""Labelers one by one: what they see, what they say twice, what they cannot judge, and who may be one."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_preference_regressions_data import filled, given
from test_rlhf_boards import one_board, random_games

from engine.board import WHITE
from engine.rulesets import go_rules
from rlhf_variant.agent_labelers import referee_utility
from rlhf_variant.answering import answer_queue, facts_of, side_utilities
from rlhf_variant.board_text import board_texts, boards_of_texts
from rlhf_variant.boards import Boards, swap_colors
from rlhf_variant.exchange import export_lines, import_file
from rlhf_variant.gtp_labeler import GtpLabeler
from rlhf_variant.labelers import LabelerError, labeler_of, require_disjoint
from rlhf_variant.pairs import PairConfig, SourceGame, boards_along, draw_queries
from rlhf_variant.query import QueryError
from rlhf_variant.query_queue import QueryQueue
from selfplay.run_store import RunStore

GNUGO = shutil.which("gnugo") or shutil.which("gnugo", path="/usr/games")
NOTHING = np.zeros(1)
WALL = ". X . O . / . X . O . / . X . O . / . X . O . / X X . O ."

GTP_PROGRAM = """
import sys
for line in sys.stdin:
    words = line.split()
    if words[0] == "clear_board": stones = 0
    if words[0] == "play": stones += 1
    if words[0] == "estimate_score" and stones == 3: sys.exit(1)
    answer = f"B+{stones}.5 (upper bound: 9.0, lower: 1.0)" if words[0] == "estimate_score" else ""
    print(f"= {answer}\\n", flush=True)
"""


def judged(name: str, board: Boards) -> float:
    return float(labeler_of(name).utility(board, NOTHING)[0])


@pytest.mark.interpreted
@pytest.mark.parametrize(
    ("name", "diagram", "expected"),
    [
        ("stones", WALL, 6 - 5),
        ("liberties", WALL, 9 - 10),
        ("area", WALL, 10 - 10),
        ("area", "X . O / . . . / . . .", 0),
        ("area", ". . . / . X . / . . .", 9),
        ("open-threes", ". X X X . / . . . . . / O O O . . / . . . . . / . . . . .", 1),
        ("open-threes", ". X . . . / . . X . . / . . . X . / . . . . . / . . . . O", 0),
        ("open-threes", ". . . . . / . X . . O / . . X O . / . . O X . / . . . . .", 1),
    ],
)
def test_vibes_count_what_they_say(name: str, diagram: str, expected: float) -> None:
    assert judged(name, one_board(diagram)) == expected


@pytest.mark.interpreted
@pytest.mark.parametrize("name", ["stones", "liberties", "area", "influence", "lines", "open-threes"])
def test_vibes_change_their_sign_with_the_colors(name: str) -> None:
    for game in random_games(go_rules(4), 5, 10):
        boards = boards_along(game)
        utility = labeler_of(name).utility
        assert (utility(boards, NOTHING) == -utility(swap_colors(boards), NOTHING)).all()


def test_boards_come_back_from_their_text() -> None:
    boards = boards_along(random_games(go_rules(5, 4), 1, 12)[0])
    for part, again in zip(boards, boards_of_texts(board_texts(boards)), strict=True):
        assert (part == again).all()


def test_prisoners_are_those_taken_before_the_board() -> None:
    game = next(g for g in random_games(go_rules(4), 50, 14) if facts_of(g).prisoners.any())
    boards, facts = boards_along(game), facts_of(game)
    colors = [(boards.stones == color).sum(axis=(1, 2)) for color in (1, 2)]
    played = np.arange(game.num_moves + 1)
    taken_from_white = played // 2 - colors[1]
    taken_from_black = (played + 1) // 2 - colors[0]
    assert (facts.prisoners == taken_from_white - taken_from_black).all()


@pytest.mark.parametrize("name", ["playouts:8", "referee:random:4", "agent:uct:8", "agent:go7"])
def test_a_labeler_repeats_itself(name: str) -> None:
    boards = boards_along(random_games(go_rules(5), 1, 12)[0])
    once, again = (labeler_of(name).utility(boards, NOTHING) for _ in range(2))
    assert (once == again).all()
    assert len(np.unique(once)) > 2


def test_a_referee_finds_a_won_board_won_for_either_color() -> None:
    won = one_board("X X X X X / X . X . X / X X X X X / X . X X X / . X X . X", WHITE, 6.5)
    for board, expected in ((won, 1.0), (swap_colors(won), -1.0)):
        assert referee_utility("random", 4)(board)[0] == expected


def test_a_program_that_fails_is_started_again_and_the_board_is_left_unjudged() -> None:
    labeler = GtpLabeler(shlex.join([sys.executable, "-c", GTP_PROGRAM]))
    boards = boards_along(random_games(go_rules(5), 1, 5)[0])
    judged = labeler(boards)
    assert np.isnan(judged).tolist() == [False, False, False, True, False, False]
    assert judged[[0, 1, 2, 4, 5]].tolist() == [0.5, 1.5, 2.5, 4.5, 5.5]
    assert len(labeler.failures) == 1
    labeler(boards)
    assert len(labeler.failures) == 1, "what it said of a board is remembered"


def test_what_a_program_cannot_judge_is_answered_cant_tell(tmp_path: Path) -> None:
    program = shlex.join([sys.executable, "-c", "import sys; sys.stdin.readline()"])
    with filled(tmp_path, 5, 1) as store:
        answers = given(store, answer_queue(store, f"gtp:{program}"))
        assert list(answers.values()) == ["cant_tell"] * 5
        assert QueryQueue(store).num_asked() == 5


@pytest.mark.skipif(GNUGO is None, reason="GNU Go is not installed")
def test_gnu_go_counts_komi_for_white_and_twins_the_other_way() -> None:
    labeler = GtpLabeler(f"{GNUGO} --mode gtp --level 1")
    board = one_board(WALL, komi=6.5)
    utility = labeler(board)[0]
    assert labeler(swap_colors(board))[0] == -utility
    assert labeler(board._replace(komi=np.array([0.5], np.float32)))[0] == utility + 6


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("beauty", "expected one of truth"),
        ("playouts:0", "expected a number of games"),
        ("playouts:many", "expected a number of games"),
        ("referee:random:x", "expected a number of games"),
        ("agent:random", "expected an agent that values boards"),
        ("agent:nobody", "expected random"),
    ],
)
def test_what_is_no_labeler_is_named(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        labeler_of(name)


def test_nobody_judges_what_it_taught() -> None:
    require_disjoint(["stones", "agent:go7"], ["uct:100"], ["referee:uct:200:16"])
    with pytest.raises(LabelerError, match="'go7': is labeler and anchor"):
        require_disjoint(["agent:go7"], ["go7"], [])
    with pytest.raises(LabelerError, match="'uct:100': is anchor and referee"):
        require_disjoint([], ["uct:100"], ["referee:uct:100:8"])


def test_the_truth_cannot_judge_siblings_but_a_referee_can(tmp_path: Path) -> None:
    with filled(tmp_path, 1, 1) as store:
        sources = [SourceGame(game, "random", 1) for game in store.games("reference")]
        config = PairConfig("siblings", held_out_share=0.0)
        QueryQueue(store).ask(draw_queries(sources[:5], 4, config, np.random.default_rng(1)))
        with pytest.raises(LabelerError, match="siblings are no part of"):
            answer_queue(store, "truth")
        assert len(given(store, answer_queue(store, "referee:random:2"))) == 5


def test_a_short_sighted_labeler_weighs_the_last_board_of_a_clip_most(tmp_path: Path) -> None:
    with filled(tmp_path, 1, 1) as store:
        sources = [SourceGame(game, "random", 1) for game in store.games("reference")]
        config = PairConfig("segments", min_ply=4, clip_length=3)
        query = draw_queries(sources, 1, config, np.random.default_rng(1))[0]
        labeler = labeler_of("stones")
        each = labeler.utility(boards_of_texts(list(query.a.boards)), NOTHING)
        for myopia, expected in ((1.0, each.mean()), (0.5, each @ [1, 2, 4] / 7)):
            found = side_utilities(labeler, [query.a], None, myopia)  # type: ignore[arg-type]
            assert abs(found[0] - expected) < 1e-12


def test_comparisons_travel_as_json_lines_to_the_same_data_set(tmp_path: Path) -> None:
    with filled(tmp_path / "one", 30, 1) as store, RunStore(tmp_path / "other") as other:
        answer_queue(store, "stones")
        answer_queue(store, "area")
        path = tmp_path / "comparisons.jsonl"
        path.write_text("\n".join(export_lines(store)))
        assert import_file(other, path) == 30
        assert import_file(other, path) == 0
        assert QueryQueue(other).version() == QueryQueue(store).version()
        assert "utility" not in path.read_text()
        assert "margin" not in path.read_text()


def test_a_changed_board_or_a_foreign_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "comparisons.jsonl"
    with filled(tmp_path / "one", 1, 1) as store:
        query = QueryQueue(store).queries()[0][1]
        line = next(line for line in export_lines(store) if '"query"' in line)
        for text, message in (
            (line.replace(query.key, "0" * 32), "not those of the key"),
            (line.replace('"pair_type": "boards"', '"pair_type": "dreams"'), "pair_type 'dreams'"),
            ("[1]", "line 1"),
            ("hello", "line 1"),
        ):
            path.write_text(text)
            with pytest.raises(QueryError, match=message):
                import_file(store, path)
        answer_queue(store, "stones")
        with pytest.raises(QueryError, match="answer 'maybe'"):
            replace(QueryQueue(store).answers()[0], answer="maybe")
