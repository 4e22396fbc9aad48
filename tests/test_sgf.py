"""SGF: games come back as they were written, and no file does harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.board import BLACK, WHITE
from engine.errors import SgfError
from engine.game import Move
from engine.notation import action_of_vertex
from engine.rulesets import MAX_SIDE, Rules, go_rules, gomoku_rules
from engine.sgf import MAX_BYTES, MAX_NODES, SgfGame, parse_sgf, read_sgf, write_sgf

TIME_LIMIT_S = 10.0


def parse(text: str) -> SgfGame:
    return parse_sgf(text.encode(), "test.sgf")


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
        result_black=-1,
        score_black=-3.5,
        black_name="Ada",
        white_name="Bob",
    )


def test_a_gomoku_game_is_told_by_its_type() -> None:
    game = parse("(;GM[4]SZ[15];B[hh];W[hg])")
    assert game.rules == gomoku_rules(15)
    assert game.moves[0].action == action_of_vertex("H8", game.rules)


def test_what_a_file_leaves_out_has_the_defaults_of_the_format() -> None:
    game = parse("(;B[aa])")
    assert (game.rules, game.result_black, game.black_name) == (go_rules(19, komi=0.0), None, "")


def test_the_first_row_of_a_file_is_the_top_of_the_board() -> None:
    (move,) = parse("(;SZ[5];B[ba])").moves
    assert move.action == action_of_vertex("B5", go_rules(5))


def test_tt_is_a_pass_up_to_19_and_a_point_on_20() -> None:
    assert parse("(;SZ[19];B[tt])").moves[0].action == 361
    assert parse("(;SZ[20];B[tt])").moves[0].action == 399


def test_setup_stones_are_kept_apart_from_moves() -> None:
    game = parse("(;SZ[5]AB[aa:ba][cc]AW[ee];AE[ba];W[dd])")
    assert [(stone.color, stone.action) for stone in game.setup] == [(BLACK, 0), (BLACK, 12), (WHITE, 24)]
    assert game.moves == (Move(WHITE, 18),)


def test_only_the_main_line_is_read() -> None:
    game = parse("(;SZ[5];B[aa](;W[bb];B[cc])(;W[dd];B[ee];W[ab]))")
    assert [move.action for move in game.moves] == [0, 6, 12]


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
    assert (game.result_black, game.score_black) == (result, score)


def test_names_are_read_in_the_charset_of_the_file() -> None:
    for charset in ("UTF-8", "GB18030", "gbk", "Shift_JIS", "EUC-KR"):
        name = "한국" if charset == "EUC-KR" else "日本"
        data = b"(;SZ[9]CA[" + charset.encode() + b"]PB[" + name.encode(charset) + b"])"
        assert parse_sgf(data, "test.sgf").black_name == name


def test_names_cannot_command_a_terminal() -> None:
    assert parse(f"(;PB[a\x1b[2J\\]b]PW[{'x' * 1000}])".replace("[2J", "2J")).black_name == "a2J]b"
    assert len(parse(f"(;PW[{'x' * 1000}])").white_name) == 100


# There and back.


@st.composite
def sgf_games(draw: st.DrawFn) -> SgfGame:
    size = draw(st.integers(1, MAX_SIDE))
    if draw(st.booleans()):
        rules = go_rules(size, komi=draw(st.integers(-20, 20)) / 2)
    else:
        rules = gomoku_rules(
            size,
            line_length=draw(st.integers(3, 6)),
            line_rule=draw(st.sampled_from(["freestyle", "standard"])),
        )
    colors = st.sampled_from([BLACK, WHITE])
    moves = draw(st.lists(st.builds(Move, colors, st.integers(0, rules.area))))
    setup = draw(st.dictionaries(st.integers(0, rules.area - 1), colors))
    result = draw(st.sampled_from([None, -1, 0, 1]))
    score = 0.0 if result == 0 else None
    if result and rules.game == "go" and draw(st.booleans()):
        score = result * draw(st.integers(1, 361)) / 2
    names = st.text(max_size=20).filter(str.isprintable).filter(lambda name: name == name.strip())
    return SgfGame(
        rules,
        tuple(moves),
        tuple(Move(setup[action], action) for action in sorted(setup)),
        result,
        score,
        draw(names),
        draw(names),
    )


@given(sgf_games())
def test_a_written_game_is_read_back_as_it_was(game: SgfGame) -> None:
    assert parse_sgf(write_sgf(game), "test.sgf") == game


def test_a_long_game_is_written_and_read_quickly() -> None:
    moves = tuple(Move(BLACK + ply % 2, ply % 362) for ply in range(MAX_NODES - 1))
    started = time.monotonic()
    assert parse_sgf(write_sgf(SgfGame(go_rules(19), moves)), "test.sgf").moves == moves
    assert time.monotonic() - started < TIME_LIMIT_S


def test_a_rectangular_board_is_refused_in_both_directions() -> None:
    with pytest.raises(SgfError, match="square board"):
        write_sgf(SgfGame(Rules("go", 9, 13), ()))
    with pytest.raises(SgfError, match="SZ"):
        parse("(;SZ[9:13];B[aa])")


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "game.sgf"
    path.write_bytes(b"(;SZ[5]RE[B+R];B[aa])")
    assert read_sgf(path).moves == (Move(BLACK, 0),)


# What comes from strangers.

HOSTILE = {
    "nothing": b"",
    "no SGF": b"hello, world",
    "binary": bytes(range(256)) * 40,
    "cut short": b"(;SZ[9];B[aa];W[b",
    "a lone parenthesis": b"(",
    "an empty node list": b"(;(;)())",
    "a property without a value": b"(;SZ)",
    "a value outside a node": b"([aa])",
    "size 0": b"(;SZ[0])",
    "size -3": b"(;SZ[-3])",
    "size 21": b"(;SZ[21])",
    "size 27": b"(;SZ[27])",
    "size 1e11": b"(;SZ[100000000000])",
    "size of 10,000 digits": b"(;SZ[" + b"9" * 10_000 + b"])",
    "size in words": b"(;SZ[nine])",
    "komi nan": b"(;KM[nan])",
    "komi inf": b"(;KM[inf])",
    "komi 1e300": b"(;KM[1e300])",
    "komi in words": b"(;KM[seven])",
    "chess": b"(;GM[3])",
    "game nan": b"(;GM[nan])",
    "charset zlib": b"(;CA[zlib]PB[x])",
    "charset rot13": b"(;CA[rot13]PB[x])",
    "charset punycode": b"(;CA[punycode]PB[\xff])",
    "charset utf-7": b"(;CA[utf-7]PB[+AHg-])",
    "charset utf-16": b"(;CA[utf-16]PB[ab])",
    "charset unicode_escape": b"(;CA[unicode_escape]PB[x])",
    "charset of control characters": b"(;CA[\x1b[2J]PB[x])",
    "a name that is not in its charset": b"(;CA[UTF-8]PB[\xff\xfe])",
    "a move off the board": b"(;SZ[9];B[jj])",
    "a move of one letter": b"(;SZ[9];B[a])",
    "a move of digits": b"(;GM[4]SZ[15];B[8,8])",
    "a setup point off the board": b"(;SZ[9]AB[zz])",
    "a setup rectangle turned around": b"(;SZ[9]AB[cc:aa])",
    "stones set up between moves": b"(;SZ[9];B[aa];AW[bb];B[cc])",
    "too many nodes": b"(" + b";B[aa]" * (MAX_NODES + 1) + b")",
    "deep nesting": b"(;" * 1_000_000 + b")" * 1_000_000,
    "a million values": b"(;AB" + b"[aa]" * 1_000_000 + b")",
    "a million names": b"(;" + b"A " * 1_000_000 + b")",
    "too large": b"(;C[" + b"x" * MAX_BYTES + b"])",
    "parentheses only": b"(" * MAX_BYTES,
    "brackets only": b"[" * MAX_BYTES,
    "a comment without end": b"(;C[" + b"x" * (MAX_BYTES - 10),
    "escapes without end": b"(;C[" + b"\\]" * (MAX_BYTES // 2 - 10),
    "empty values": b"(;C" + b"[]" * (MAX_BYTES // 2 - 10) + b")",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gives_one_short_line_at_once(name: str) -> None:
    started = time.monotonic()
    with pytest.raises(SgfError) as caught:
        parse_sgf(HOSTILE[name], "bad.sgf")
    assert time.monotonic() - started < TIME_LIMIT_S
    message = str(caught.value)
    assert message.startswith("SGF bad.sgf: ")
    assert len(message) < 400
    assert message.isprintable()


@given(st.text(alphabet="(); []BWAKMSZCE:\\\n159abt", max_size=60))
@example("(;B[])")
@example("(;SZ[9]KM[7];B[aa]W[bb])")
def test_whatever_the_text_it_is_a_game_or_an_sgf_error(text: str) -> None:
    for attempt in (text, f"(;{text})"):
        try:
            parse(attempt)
        except SgfError:
            continue


@given(st.binary(max_size=80))
def test_whatever_the_bytes_they_are_a_game_or_an_sgf_error(data: bytes) -> None:
    for attempt in (data, b"(;SZ[9]" + data + b")"):
        try:
            parse_sgf(attempt, "test.sgf")
        except SgfError:
            continue


@pytest.mark.parametrize("name", ["missing.sgf", "."])
def test_a_path_that_is_no_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SgfError, match=r"SGF .*(No such file|Is a directory)"):
        read_sgf(tmp_path / name)


def test_a_large_comment_is_no_obstacle() -> None:
    text = "; (a comment \\] with brackets) " * 100_000
    assert parse(f"(;SZ[9]C[{text}];B[aa])").moves == (Move(BLACK, 0),)
