"""GTP commands about whole positions: set up, played as a sequence, printed, judged by the network alone."""

import numpy as np
import pytest
from test_gtp import new_engine, replies, snapshot, talk

from app.options import AgentChoice
from engine.board import BLACK, WHITE
from engine.rulesets import go_rules, gomoku_rules
from engine.sgf import parse_sgf


def test_a_position_is_set_up_and_black_is_to_move() -> None:
    engine = new_engine()
    assert replies("play b a1", "set_position b c3 W d4", engine=engine) == ["=", "="]
    game = engine.session.game
    assert (game.stones()[2, 2], game.stones()[1, 3], game.to_play) == (BLACK, WHITE, BLACK)
    assert np.count_nonzero(game.stones()) == 2
    assert replies("undo", engine=engine)[0].startswith("?")


def test_gogui_sets_a_position_up_bit_by_bit() -> None:
    engine = new_engine()
    said = replies(
        "clear_board", "gogui-setup b a1 b b1", "gogui-setup w c3", "gogui-setup_player w", engine=engine
    )
    assert said == ["="] * 4
    assert engine.session.game.to_play == WHITE
    assert np.count_nonzero(engine.session.game.stones()) == 3
    assert replies("genmove w", "gogui-setup b e5", engine=engine)[1].startswith("? expected a board without")


@pytest.mark.parametrize(
    "line",
    [
        "set_position b",
        "set_position b c3 w c3",
        "set_position b pass",
        "set_position x c3",
        "set_position b z9",
        "gogui-setup b a1",
        "gogui-setup_player green",
        "gogui-play_sequence b c3 w c3",
        "printsgf game.sgf",
    ],
)
def test_what_cannot_be_set_up_changes_nothing(line: str) -> None:
    engine = new_engine()
    replies("play b a1", engine=engine)
    before = snapshot(engine)
    assert replies(line, engine=engine)[0].startswith("?")
    assert snapshot(engine) == before


def test_a_sequence_is_played() -> None:
    engine = new_engine()
    assert replies("gogui-play_sequence b c3 w d3 b pass", engine=engine) == ["="]
    assert [move.color for move in engine.session.game.moves] == [BLACK, WHITE, BLACK]


@pytest.mark.parametrize("rules", [go_rules(5, komi=6.5), gomoku_rules(7)])
def test_the_printed_game_reads_as_the_game(rules: object) -> None:
    engine = new_engine(rules)  # type: ignore[arg-type]
    replies("set_position b c3 w d4", "play w a1", "play b b2", engine=engine)
    (printed,) = replies("printsgf", engine=engine)
    record = parse_sgf(printed.removeprefix("= ").encode(), "printed")
    assert [(move.color, move.action) for move in record.moves] == [
        (move.color, move.action) for move in engine.session.game.moves
    ]
    assert len(record.setup) == 2


def test_the_network_alone_is_told_row_by_row() -> None:
    engine = new_engine(go_rules(7, komi=6.5), AgentChoice("go7", seed=1))
    (said, mean) = replies("play b d4", "kata-raw-nn 0", "kata-raw-nn all", engine=engine)[1:]
    lines = said.removeprefix("= ").splitlines()
    assert lines[0] == "symmetry 0"
    numbers = {line.split()[0]: line.split()[1] for line in lines if len(line.split()) == 2}
    assert float(numbers["whiteWin"]) + float(numbers["whiteLoss"]) == pytest.approx(1, abs=1e-5)
    start = lines.index("policy") + 1
    policy = [float(number) for line in lines[start : start + 7] for number in line.split()]
    assert np.isnan(policy[24])  # D4 is taken
    assert np.nansum(policy) + float(numbers["policyPass"]) == pytest.approx(1, abs=1e-4)
    owners = lines[lines.index("whiteOwnership") + 1 :]
    assert [len(line.split()) for line in owners] == [7] * 7
    assert mean.removeprefix("= ").startswith("symmetry all\n")


def test_agents_without_a_network_and_other_symmetries_are_refused() -> None:
    assert replies("kata-raw-nn 0") == ["? expected an agent with a network"]
    assert replies("kata-raw-nn 9") == ["? expected the symmetry 0, or all"]


TRANSCRIPT = b"""\
1 set_position B C3 W D4
2 showboard
3 gogui-setup b A1
4 gogui-setup_player w
5 play w A5
6 gogui-setup b B1
7 printsgf
8 set_position
9 printsgf
10 kgs-chat game someone hello there
11 kata-raw-nn 0
"""
ANSWERS = b"""\
=1

=2 \n\
    A B C D E
  5 . . . . . 5
  4 . . . O . 4
  3 . . X . . 3
  2 . . . . . 2
  1 . . . . . 1
    A B C D E

=3

=4

=5

?6 expected a board without moves

=7 (;FF[4]AB[cc][ae]AP[yomi:]AW[db]CA[UTF-8]GM[1]KM[6.5]PL[W]
RU[Chinese, no handicap bonus]SZ[5];W[aa])

=8

=9 (;FF[4]AP[yomi:]CA[UTF-8]GM[1]KM[6.5]RU[Chinese, no handicap bonus]SZ[5])

=10 I am yomi, a program. I only play.

?11 expected an agent with a network

"""


def test_positions_and_games_are_told_byte_for_byte() -> None:
    assert talk(TRANSCRIPT) == ANSWERS


def test_a_program_answers_chat_politely() -> None:
    assert replies("kgs-chat game someone hello", "kgs-game_over") == [
        "= I am yomi, a program. I only play.",
        "=",
    ]
