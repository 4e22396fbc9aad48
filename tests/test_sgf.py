"""SGF: what a file means, that games and trees come back as they were written, what the rules forbid."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sgfmill.sgf import Sgf_game
from sgfmill.sgf_grammar import escape_text

from engine.board import BLACK, WHITE
from engine.errors import SgfError
from engine.game import Game, Move
from engine.notation import action_of_vertex
from engine.rulesets import GO_RULESETS, KO_RULES, LINE_RULES, MAX_SIDE, Rules, go_rules, gomoku_rules
from engine.sgf import SgfGame, parse_sgf, read_sgf, write_sgf
from engine.sgf_replay import Fault, first_fault
from engine.sgf_tree import SgfNode, format_trees, parse_trees

COLORS = st.sampled_from([BLACK, WHITE])


def parse(text: str) -> SgfGame:
    return parse_sgf(text.encode(), "test.sgf")


def root_of(data: bytes) -> SgfNode:
    (root,) = parse_trees(data, "test.sgf")
    return root


def nested(node: SgfNode) -> Any:
    """All of a small tree, for comparison."""
    return node.properties, [nested(child) for child in node.children]


# What a file means.


def test_a_go_game_is_read_with_its_size_komi_players_and_result() -> None:
    game = parse("(;GM[1]SZ[9]KM[7.0]PB[Ada]PW[Bob]RE[W+3.5];B[ee];W[dc];B[])")
    assert game == SgfGame(
        rules=go_rules(9, komi=7.0),
        moves=(
            Move(BLACK, action_of_vertex("E5", go_rules(9))),
            Move(WHITE, action_of_vertex("D7", go_rules(9))),
            Move(BLACK, go_rules(9).pass_action),
        ),
        result="W+3.5",
        black_name="Ada",
        white_name="Bob",
    )
    assert (game.result_black, game.score_black) == (-1, -3.5)


def test_a_gomoku_game_is_told_by_its_type() -> None:
    game = parse("(;GM[4]SZ[15];B[hh];W[hg])")
    assert game.rules == gomoku_rules(15)
    assert game.moves[0].action == action_of_vertex("H8", game.rules)


def test_what_a_file_leaves_out_has_the_defaults_of_the_format() -> None:
    game = parse("(;B[aa])")
    assert (game.rules, game.result_black, game.black_name) == (go_rules(19, komi=0.0), None, "")
    assert parse("(;SZ[]KM[]HA[]GM[]RU[];B[aa])") == game


def test_the_first_row_of_a_file_is_the_top_of_the_board() -> None:
    (move,) = parse("(;SZ[5];B[ba])").moves
    assert move.action == action_of_vertex("B5", go_rules(5))


def test_a_rectangle_is_columns_by_rows() -> None:
    game = parse("(;SZ[9:5];B[ie])")
    assert (game.rules.width, game.rules.height) == (9, 5)
    assert game.moves == (Move(BLACK, action_of_vertex("J1", game.rules)),)
    assert parse("(;SZ[9:9])").rules == parse("(;SZ[9])").rules


def test_tt_is_a_pass_up_to_19_and_a_point_on_20() -> None:
    assert parse("(;SZ[19];B[tt])").moves[0].action == 361
    assert parse("(;SZ[5:19];B[tt])").moves[0].action == 95
    assert parse("(;SZ[20];B[tt])").moves[0].action == 399


def test_setup_stones_are_kept_apart_from_moves() -> None:
    game = parse("(;SZ[5]AB[aa:ba][cc]AW[ee];AE[ba]PL[W];W[dd])")
    assert [(stone.color, stone.action) for stone in game.setup] == [(BLACK, 0), (BLACK, 12), (WHITE, 24)]
    assert game.moves == (Move(WHITE, 18),)
    assert game.to_play == WHITE


def test_a_handicap_is_a_number_and_its_stones_are_setup_or_moves() -> None:
    game = parse("(;SZ[9]HA[2]AB[cc][gg];W[ee])")
    assert (game.handicap, len(game.setup), game.moves[0].color) == (2, 2, WHITE)
    game = parse("(;SZ[9]HA[2];B[cc];B[gg];W[ee])")
    assert (game.handicap, game.setup, len(game.moves)) == (2, (), 3)


def test_only_the_main_line_is_a_game() -> None:
    game = parse("(;SZ[5];B[aa](;W[bb];B[cc])(;W[dd];B[ee];W[ab]))")
    assert [move.action for move in game.moves] == [0, 6, 12]


def test_comments_are_found_by_the_number_of_moves_before_them() -> None:
    game = parse("(;SZ[5]C[start];B[aa]C[one];N[no move]C[still one];W[bb];B[cc]C[a\\]\\\\])")
    assert game.comments == {0: "start", 1: "one\nstill one", 3: "a]\\"}


def test_time_and_other_texts_are_kept_as_the_file_writes_them() -> None:
    game = parse("(;TM[20m + 30s/move]OT[5x30 byo-yomi]DT[2026-01-02]XX[private])")
    assert game.info == {"TM": "20m + 30s/move", "OT": "5x30 byo-yomi", "DT": "2026-01-02"}


@pytest.mark.parametrize(
    ("text", "result", "score"),
    [
        ("B+3.5", 1, 3.5),
        ("W+2", -1, -2.0),
        ("b+12.25", 1, 12.25),
        ("White+0.5", -1, -0.5),
        ("B+R", 1, None),
        ("W+Resign", -1, None),
        ("W+T", -1, None),
        ("B+", 1, None),
        ("B+1e9", 1, None),
        ("B+nan", 1, None),
        ("B+99999999", 1, None),
        ("0", 0, 0.0),
        ("Draw", 0, 0.0),
        (" jigo ", 0, 0.0),
        ("Void", None, None),
        ("?", None, None),
        ("Black won", None, None),
        ("", None, None),
    ],
)
def test_results_are_read_as_the_format_writes_them(
    text: str, result: int | None, score: float | None
) -> None:
    game = parse(f"(;SZ[9]RE[{text}])")
    assert (game.result, game.result_black, game.score_black) == (text.strip(), result, score)


# Rules.


@pytest.mark.parametrize(
    ("text", "ruleset"),
    [
        *((name, name) for name in GO_RULESETS),
        ("Chinese", "chinese"),
        ("CHINESE rules", "chinese"),
        ("Japanese Rule", "japanese"),
        ("AGA", "aga"),
        ("NZ", "new-zealand"),
        ("New Zealand", "new-zealand"),
        ("Tromp-Taylor", "tromp-taylor"),
        ("Tromp/Taylor", "tromp-taylor"),
    ],
)
def test_a_set_of_rules_is_read_by_its_name(text: str, ruleset: str) -> None:
    game = parse(f"(;SZ[9]KM[5.5]RU[{text}])")
    assert game.rules == go_rules(9, komi=5.5, ruleset=ruleset)
    assert game.info == {}


@pytest.mark.parametrize("text", ["GOE", "Ing", "Korean", "Chinese, with a twist", "rules", ", suicide"])
def test_rules_that_are_none_of_ours_are_kept_as_text_beside_the_default(text: str) -> None:
    game = parse(f"(;SZ[9]KM[7]RU[{text}])")
    assert (game.rules, game.info) == (go_rules(9, komi=7.0), {"RU": text})
    assert parse_sgf(write_sgf(game), "test.sgf") == game


def test_all_rules_of_go_come_back() -> None:
    choices = product(KO_RULES, (False, True), ("area", "territory"), ("none", "each", "all but one"))
    for ko, suicide, scoring, bonus in choices:
        rules = Rules("go", 9, 9, 6.5, ko, suicide, scoring, bonus)  # type: ignore[arg-type]
        assert parse_sgf(write_sgf(SgfGame(rules, ())), "test.sgf").rules == rules


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (go_rules(9, ruleset="chinese"), "Chinese"),
        (go_rules(9, ruleset="new-zealand"), "NZ"),
        (go_rules(9), "Chinese, no handicap bonus"),
        (replace(go_rules(9, ruleset="japanese"), suicide=True), "Japanese, suicide"),
        (gomoku_rules(15, line_rule="renju"), "renju 5"),
    ],
)
def test_rules_are_written_as_the_nearest_set_and_what_differs(rules: Rules, text: str) -> None:
    assert root_of(write_sgf(SgfGame(rules, ()))).text("RU") == text


def test_the_line_rule_of_gomoku_may_stand_alone() -> None:
    assert parse("(;GM[4]SZ[15]RU[Renju])").rules == gomoku_rules(15, line_rule="renju")
    assert parse("(;GM[4]SZ[6]RU[standard])").rules == gomoku_rules(6, line_length=5, line_rule="standard")
    assert parse("(;GM[4]SZ[15]RU[swap2])").info == {"RU": "swap2"}


# Charsets.


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("UTF-8", "日本 ø"),
        ("ISO-8859-1", "Ærø"),
        ("GB2312", "日本"),
        ("GB18030", "日本 \\] ["),
        ("gbk", "金昞俊 朴埈奭"),
        ("Shift_JIS", "表示ソ"),
        ("Big5", "本因坊"),
        ("EUC-KR", "한국"),
    ],
)
def test_text_is_read_and_written_in_the_charset_of_the_file(charset: str, name: str) -> None:
    raw = escape_text(name.encode()).decode().encode(charset)
    root = root_of(b"(;CA[" + charset.encode() + b"]SZ[9]PB[" + raw + b"])")
    assert root.text("PB") == name
    assert b"PB[" + raw + b"]" in format_trees([root])


def test_without_a_charset_text_is_latin_1() -> None:
    root = root_of(b"(;SZ[9]PB[J\xf8rgen])")
    assert root.text("PB") == "Jørgen"
    assert b"PB[J\xf8rgen]" in format_trees([root])
    root.set_text("PW", "日本")
    with pytest.raises(SgfError, match=r"'\\u65e5': expected a letter that charset iso8859-1 has"):
        format_trees([root])
    root.set_text("CA", "UTF-8")
    assert nested(root_of(format_trees([root]))) == nested(root)


# There and back.


@st.composite
def rules_of_any_kind(draw: st.DrawFn) -> Rules:
    width, height = draw(st.integers(1, MAX_SIDE)), draw(st.integers(1, MAX_SIDE))
    if draw(st.booleans()):
        ruleset = draw(st.sampled_from([None, *GO_RULESETS]))
        komi = draw(st.one_of(st.integers(-20, 20).map(lambda n: n / 2), st.floats(-1000, 1000)))
        return go_rules(width, height, komi=komi, ruleset=ruleset)
    line_rule = draw(st.sampled_from(LINE_RULES))
    line_length = 5 if line_rule == "renju" else draw(st.integers(2, MAX_SIDE))
    return gomoku_rules(width, height, line_length=line_length, line_rule=line_rule)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\t\v\f"), max_size=30)
LINES = TEXTS.map(lambda text: "".join(filter(str.isprintable, text)))


@st.composite
def sgf_games(draw: st.DrawFn) -> SgfGame:
    rules = draw(rules_of_any_kind())
    moves = draw(st.lists(st.builds(Move, COLORS, st.integers(0, rules.area))))
    setup = draw(st.dictionaries(st.integers(0, rules.area - 1), COLORS))
    return SgfGame(
        rules,
        tuple(moves),
        tuple(Move(setup[action], action) for action in sorted(setup)),
        to_play=draw(st.none() | COLORS),
        handicap=draw(st.integers(0, 9)),
        result=draw(LINES).strip(),
        black_name=draw(LINES),
        white_name=draw(LINES),
        comments=draw(st.dictionaries(st.integers(0, len(moves)), TEXTS, max_size=4)),
        info=draw(st.dictionaries(st.sampled_from(["TM", "OT", "DT", "EV", "GC"]), TEXTS, max_size=3)),
    )


@given(sgf_games())
def test_a_written_game_is_read_back_as_it_was(game: SgfGame) -> None:
    assert parse_sgf(write_sgf(game), "test.sgf") == game


@given(sgf_games())
def test_sgfmill_reads_the_same_from_what_we_write(game: SgfGame) -> None:
    rules = replace(game.rules, height=game.rules.width)
    on_square = [move for move in game.moves if move.action <= rules.area]
    setup = [stone for stone in game.setup if stone.action < rules.area]
    game = replace(game, rules=rules, moves=tuple(on_square), setup=tuple(setup), comments={})
    theirs = Sgf_game.from_bytes(write_sgf(game))

    def place(action: int) -> tuple[int, int] | None:
        row, column = divmod(action, rules.width)
        return None if action == rules.pass_action else (rules.width - 1 - row, column)

    moves = [node.get_move() for node in theirs.get_main_sequence() if node.get_move()[0]]
    assert moves == [("b" if move.color == BLACK else "w", place(move.action)) for move in game.moves]
    black, white, _ = theirs.get_root().get_setup_stones()
    assert black == {place(stone.action) for stone in setup if stone.color == BLACK}
    assert white == {place(stone.action) for stone in setup if stone.color == WHITE}
    assert theirs.get_size() == rules.width
    assert theirs.get_komi() == (rules.komi if rules.game == "go" else 0.0)
    assert theirs.get_root().get("GM") == (1 if rules.game == "go" else 4)
    assert (theirs.get_player_name("b") or "") == game.black_name


@given(TEXTS)
def test_any_text_comes_back(text: str) -> None:
    root = SgfNode()
    root.set_text("CA", "UTF-8")
    root.set_text("C", text)
    assert root_of(format_trees([root])).text("C") == text


@given(st.text(alphabet="a\\]\r\n\t\v\f:", max_size=12))
def test_all_space_becomes_blanks_and_line_ends(text: str) -> None:
    root = SgfNode()
    root.set_text("C", text)
    expected = re.sub("[\t\v\f]", " ", re.sub("\r\n|\n\r|\r", "\n", text))
    # A backslash that is text is written as two, so none stands alone before a line end.
    assert root_of(format_trees([root])).text("C") == expected


RAW_VALUES = TEXTS.map(lambda text: escape_text(text.encode()))
NAMES = st.from_regex(r"[A-Z]{1,4}", fullmatch=True).filter(lambda name: name not in ("CA", "FF"))
PROPERTIES = st.dictionaries(NAMES, st.lists(RAW_VALUES, min_size=1, max_size=3), max_size=3)
TREES = st.recursive(
    st.builds(SgfNode, PROPERTIES),
    lambda nodes: st.builds(SgfNode, PROPERTIES, st.lists(nodes, max_size=3)),
    max_leaves=12,
)


@given(st.lists(TREES, min_size=1, max_size=3))
def test_any_trees_come_back_with_all_that_they_hold(roots: list[SgfNode]) -> None:
    for root in roots:
        root.set_text("CA", "UTF-8")
    again = parse_trees(format_trees(roots), "test.sgf")
    assert [nested(root) for root in again] == [nested(root) for root in roots]


def test_a_file_that_is_changed_in_one_place_keeps_everything_else() -> None:
    data = b"""(;FF[4]CA[UTF-8]GM[1]SZ[9:13]KM[6.5]TM[300]OT[5x30]XY[1][2]C[old]
        ;B[cc]BL[299.5]OB[3](;W[dd]WL[280]LB[dd:a][ee:b](;B[ee])(;B[ff]N[better]))(;W[gg];AE[cc]AB[aa:bb]))"""
    root = root_of(data)
    before = nested(root)
    root.set_text("C", "new [text]")
    next(node for node in root.main_line() if "W" in node.properties).children[1].set_text("C", "why")
    after = nested(root_of(format_trees([root])))
    before[0]["C"] = [b"new [text\\]"]
    before[1][0][1][0][1][1][0]["C"] = [b"why"]
    assert after == before


def test_a_main_line_as_long_as_a_file_may_be_comes_back() -> None:
    moves = tuple(Move(BLACK + ply % 2, ply % 362) for ply in range(10_000))
    assert parse_sgf(write_sgf(SgfGame(go_rules(19), moves)), "test.sgf").moves == moves


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "game.sgf"
    path.write_bytes(b"(;SZ[5]RE[B+R];B[aa])")
    assert read_sgf(path).moves == (Move(BLACK, 0),)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"black_name": "\udcff"}, r"PB: '\\udcff' is no Unicode text"),
        ({"comments": {1: "behind the end"}}, r"comment after move 1: expected 0..0"),
        ({"info": {"B": "aa"}}, r"info 'B': expected one of TM, OT,"),
    ],
)
def test_what_no_file_can_hold_is_not_written(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SgfError, match=message):
        write_sgf(SgfGame(go_rules(9), (), **fields))


# What the rules forbid.


@pytest.mark.interpreted
@given(rules_of_any_kind(), st.randoms(use_true_random=False))
def test_a_game_of_legal_moves_has_no_fault_until_a_stone_is_played_twice(rules: Rules, random: Any) -> None:
    game = Game(rules)
    while not game.is_over and len(game.moves) < 12:
        game.play(random.choice(game.legal_actions()))
    record = SgfGame(rules, tuple(game.moves))
    again = parse_sgf(write_sgf(record), "test.sgf")
    assert again == record
    assert first_fault(again) is None
    stones = game.stones().ravel().nonzero()[0]
    if not game.is_over and len(stones):
        twice = (*game.moves, Move(game.to_play, int(stones[0])))
        fault = first_fault(replace(record, moves=twice))
        assert fault is not None
        assert (fault.number, fault.reason) == (len(twice), "occupied")


def fault_of(text: str) -> tuple[int, str, str, str] | None:
    fault = first_fault(parse(text))
    return None if fault is None else (fault.number, fault.color, fault.vertex, fault.reason)


SUPERKO = "superko: an earlier position would come back"
CYCLE = "SZ[3:1]AW[aa];B[ca];W[ba];B[ca];W[ba];B[];W[aa]"
"""On a board of three points: `O . .`, `O . X`, `O O .`, `. . X`, `. O .`, a pass, and `O O .` once more."""


@pytest.mark.interpreted
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("(;SZ[5];B[aa];W[bb];B[aa])", (3, "black", "A5", "occupied")),
        ("(;SZ[5];B[aa];B[bb])", (2, "black", "B4", "out of turn")),
        ("(;SZ[5];B[aa];W[];W[bb])", (3, "white", "B4", "out of turn")),
        ("(;SZ[5];W[aa];B[bb])", None),
        ("(;SZ[5]PL[B];W[aa];B[bb])", (1, "white", "A5", "out of turn")),
        ("(;SZ[5]AB[cc]HA[1];W[aa];B[bb])", None),
        ("(;SZ[5]HA[3];B[aa];B[bb];B[cc];W[dd])", None),
        ("(;SZ[5]HA[2];B[aa];B[bb];B[cc];W[dd])", (3, "black", "C3", "out of turn")),
        ("(;SZ[5];B[aa];W[];B[];W[bb];B[];W[];B[cc])", None),
        ("(;SZ[5]AB[ab][ba];W[aa])", (1, "white", "A5", "suicide")),
        ("(;SZ[5]AB[ab][ba]AW[aa])", (0, "", "", "stones: expected a liberty for every chain")),
        ("(;SZ[3:1]RU[Chinese]AW[aa]AB[ca];W[ba])", None),
        (f"(;RU[Chinese]{CYCLE})", (6, "white", "A1", SUPERKO)),
        (f"(;RU[Japanese]{CYCLE})", None),
        ("(;SZ[2:1]RU[Japanese];B[aa];W[ba];B[aa])", (3, "black", "A1", "ko")),
        ("(;SZ[3]RU[Chinese]AW[ca][cb][bb][ab][cc]AB[aa];B[ba])", (1, "black", "B3", "suicide")),
        ("(;SZ[3]RU[NZ]AW[ca][cb][bb][ab][cc]AB[aa];B[ba])", None),
        ("(;GM[4]SZ[5];B[aa];W[])", (2, "white", "pass", "no passing in Gomoku")),
        ("(;GM[4]SZ[3];B[aa];W[ab];B[ba];W[bb];B[ca];W[cb])", (6, "white", "C2", "the game is over")),
    ],
)
def test_the_first_illegal_move_is_named_with_its_reason(
    text: str, fault: tuple[int, str, str, str] | None
) -> None:
    assert fault_of(text) == fault


def test_a_game_may_be_longer_than_the_usual_move_limit() -> None:
    fillers = ";B[aa];W[bb];B[cc];W[cb];B[];W[]" + ";B[];W[]" * 20
    assert first_fault(parse(f"(;SZ[3]{fillers})")) is None


def test_a_fault_is_data() -> None:
    assert first_fault(parse("(;SZ[5];B[aa];W[aa])")) == Fault(2, "white", "A5", "occupied")
