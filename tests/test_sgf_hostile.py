"""SGF from strangers: whatever the bytes, a game or one short error, within limits of memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.board import BLACK
from engine.errors import SgfError
from engine.game import Move
from engine.rulesets import MAX_MOVE_LIMIT
from engine.sgf import SgfGame, parse_sgf, read_sgf
from engine.sgf_tree import MAX_BYTES, MAX_NODES, format_trees, parse_trees

GOOD = (
    b"(;FF[4]CA[UTF-8]GM[1]SZ[9:7]KM[6.5]RU[Chinese]HA[2]AB[bb:bc]AW[ee]PL[W]PB[A\\]\\\\]RE[W+3.5]TM[300]"
    b"C[\xe9\x9b\xaa: one\\\ntwo];W[cc]BL[2.5]XY[?](;B[];W[dd]C[main])(;B[ff]N[other]))"
)

WRONG = {
    "nothing": b"",
    "no SGF": b"hello, world",
    "binary": bytes(range(256)) * 40,
    "cut short": b"(;SZ[9];B[aa];W[b",
    "a lone parenthesis": b"(",
    "no root": b"()",
    "an empty node list": b"(;(;)())",
    "a tree without a node": b"(B[aa])",
    "a property without a value": b"(;SZ)",
    "a value outside a node": b"([aa])",
    "a second game that is broken": b"(;SZ[9];B[aa])(;SZ[9]",
    "a zero byte between properties": b"(;SZ[9]\x00;B[aa])",
    "size 0": b"(;SZ[0])",
    "size -3": b"(;SZ[-3])",
    "size 21": b"(;SZ[21])",
    "size 1000": b"(;SZ[1000])",
    "size 1e11 as digits": b"(;SZ[100000000000])",
    "size 1e11": b"(;SZ[1e11])",
    "size of 10,000 digits": b"(;SZ[" + b"9" * 10_000 + b"])",
    "size in words": b"(;SZ[nine])",
    "size 9:0": b"(;SZ[9:0])",
    "size 9:9:9": b"(;SZ[9:9:9])",
    "size of two kinds": b"(;SZ[9]SZ[19])",
    "size of other digits": "(;CA[UTF-8]SZ[９])".encode(),  # noqa: RUF001
    "komi nan": b"(;KM[nan])",
    "komi inf": b"(;KM[inf])",
    "komi -inf": b"(;KM[-inf])",
    "komi 1e300": b"(;KM[1e300])",
    "komi 1e400": b"(;KM[1e400])",
    "komi in words": b"(;KM[seven])",
    "komi of a sign": b"(;KM[-])",
    "komi of two points": b"(;KM[6.5.5])",
    "komi given twice": b"(;KM[6.5][7.5])",
    "chess": b"(;GM[3])",
    "game nan": b"(;GM[nan])",
    "handicap in words": b"(;HA[two])",
    "handicap -2": b"(;HA[-2])",
    "green to play": b"(;PL[green])",
    "a line of 99": b"(;GM[4]RU[freestyle 99])",
    "renju with six": b"(;GM[4]RU[renju 6])",
    "charset zlib": b"(;CA[zlib]PB[x])",
    "charset rot13": b"(;CA[rot13]PB[x])",
    "charset punycode": b"(;CA[punycode]PB[\xff])",
    "charset utf-7": b"(;CA[utf-7]PB[+AHg-])",
    "charset utf-16": b"(;CA[utf-16]PB[ab])",
    "charset unicode_escape": b"(;CA[unicode_escape]PB[x])",
    "charset of control characters": b"(;CA[\x1b[2J]PB[x])",
    "charset of no letters": b"(;CA[]PB[x])",
    "two charsets": b"(;CA[utf-8][latin-1]PB[x])",
    "a charset that changes": b"(;CA[utf-8]PB[x])(;CA[gbk]PB[x])",
    "invalid UTF-8": b"(;CA[UTF-8]PB[\xff\xfe])",
    "half a character of GBK": b"(;CA[gbk]PB[\x81])",
    "more than ASCII": b"(;CA[ascii]PB[\xe9])",
    "a move off the board": b"(;SZ[9];B[jj])",
    "a move off a rectangle": b"(;SZ[9:7];B[ah])",
    "an old pass on 20x20 that is off 20x9": b"(;SZ[20:9];B[tt])",
    "a move of one letter": b"(;SZ[9];B[a])",
    "a move of three letters": b"(;SZ[9];B[aaa])",
    "a move of digits": b"(;GM[4]SZ[15];B[8,8])",
    "a move in capitals": b"(;SZ[19];B[AA])",
    "two moves in one node": b"(;SZ[9];B[aa]W[bb])",
    "a move given twice": b"(;SZ[9];B[aa]B[bb])",
    "a setup point off the board": b"(;SZ[9]AB[zz])",
    "a setup point that is a pass": b"(;SZ[9]AB[tt])",
    "a setup rectangle turned around": b"(;SZ[9]AB[cc:aa])",
    "half a setup rectangle": b"(;SZ[9]AB[cc:])",
    "stones set up between moves": b"(;SZ[9];B[aa];AW[bb];B[cc])",
    "a turn that changes between moves": b"(;SZ[9];B[aa];PL[B];B[cc])",
}

# Too large to be written out: what comes before, what is repeated how often, what comes behind.
LARGE = {
    "too many nodes": (b"(", b";B[aa]", MAX_NODES + 1, b")"),
    "200,000 moves": (b"(;SZ[19]", b";B[aa];W[bb]", 100_000, b")"),
    "more moves than a game has": (b"(;SZ[19]", b";B[]", MAX_MOVE_LIMIT + 1, b")"),
    "100,000 parentheses": (b"", b"(", 100_000, b""),
    "100,000 variations that nest": (b"", b"(;", 100_000, b")" * 100_000),
    "10,000,000 parentheses": (b"", b"(", MAX_BYTES, b""),
    "10,000,000 parentheses that close": (b"(;", b")", MAX_BYTES - 2, b""),
    "a million values": (b"(;AB", b"[aa]", 1_000_000, b")"),
    "a million names": (b"(;", b"A ", 1_000_000, b")"),
    "a comment of 100 MB": (b"(;C[", b"x", 100_000_000, b"])"),
    "a comment without end": (b"(;C[", b"x", MAX_BYTES - 10, b""),
    "brackets only": (b"", b"[", MAX_BYTES, b""),
    "closing brackets only": (b"", b"]", MAX_BYTES, b""),
    "escapes without end": (b"(;C[", b"\\]", MAX_BYTES // 2 - 10, b""),
    "line ends without end": (b"(;C[", b"\r\n", MAX_BYTES // 2 - 10, b"])"),
    "escapes and line ends": (b"(;C[", b"\\\n", 250_001, b"])"),
    "empty values": (b"(;C", b"[]", MAX_BYTES // 2 - 10, b")"),
    "starts without end": (b"", b"(;C[", MAX_BYTES // 4, b""),
    "spaces behind a parenthesis": (b"(", b" ", MAX_BYTES - 1, b""),
    "compressed points in 500,000 rectangles off the board": (b"(;SZ[9]AB", b"[aa:tt]", 400_000, b")"),
}

# As large as a file may be and well-formed.
LARGEST = {
    "a long comment": (b"(;SZ[9]C[", b"x(;[ ", MAX_BYTES // 5 - 10, b"];B[aa])"),
    "a long comment in Latin-1": (b"(;SZ[9]C[", b"\xe9" * 90 + b"\\]\\\\", MAX_BYTES // 94 - 10, b"];B[aa])"),
    "many escapes and line ends": (b"(;SZ[9]C[", b"\\a\n", 240_000, b"];B[aa])"),
    "400,000 rectangles of stones": (b"(;SZ[19]AB", b"[aa:ss]", 400_000, b";B[aa])"),
    "nested variations": (b"", b"(;B[aa]", MAX_MOVE_LIMIT, b")" * MAX_MOVE_LIMIT),
    "20,000 games": (b"", b"(;SZ[9];B[aa])", MAX_NODES // 2, b""),
}


def built(parts: tuple[bytes, bytes, int, bytes]) -> bytes:
    head, repeated, times, tail = parts
    return head + repeated * times + tail


def is_game(data: bytes) -> bool:
    """Whether the bytes are a game; anything but that or one short line of an `SgfError` fails."""
    try:
        game = parse_sgf(data, "bad.sgf")
    except SgfError as error:
        message = str(error)
        assert message.startswith("SGF bad.sgf: ")
        assert len(message) < 400
        assert message.isprintable()
        return False
    assert isinstance(game, SgfGame)
    return True


def peak_memory(work: Callable[[], object]) -> int:
    """Bytes that Python takes on top while some work is done."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", WRONG)
def test_a_hostile_file_gives_one_short_line(name: str) -> None:
    assert not is_game(WRONG[name])


@pytest.mark.parametrize("name", LARGE)
def test_a_file_that_is_too_large_gives_one_short_line(name: str) -> None:
    assert not is_game(built(LARGE[name]))


@pytest.mark.parametrize(
    "name",
    [
        "200,000 moves",
        "escapes without end",
        "line ends without end",
        "empty values",
        "closing brackets only",
    ],
)
def test_a_file_that_is_too_large_takes_little_memory(name: str) -> None:
    data = built(LARGE[name])
    assert peak_memory(lambda: is_game(data)) < 5 * MAX_BYTES


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_files_are_read(name: str) -> None:
    assert is_game(built(LARGEST[name]))


def test_a_file_larger_than_the_limit_is_not_even_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "large.sgf"
    with path.open("wb") as file:
        file.write(b"(;SZ[9];B[aa])")
        file.truncate(100 * MAX_BYTES)

    def read() -> None:
        with pytest.raises(SgfError, match="larger than"):
            read_sgf(path)

    assert peak_memory(read) < 3 * MAX_BYTES


def test_a_good_file_cut_anywhere_is_no_game() -> None:
    assert is_game(GOOD)
    assert [end for end in range(len(GOOD)) if is_game(GOOD[:end])] == []


def test_zero_bytes_in_a_text_are_letters_like_others() -> None:
    assert parse_sgf(b"(;SZ[9]C[a\x00b])", "test.sgf").comments == {0: "a\x00b"}
    assert parse_sgf(b"(;SZ[9]PB[a\x00b])", "test.sgf").black_name == "ab"


def test_names_cannot_command_a_terminal() -> None:
    game = parse_sgf(b"(;PB[a\x1b2J\\]b\nc]PW[" + b"x" * 1000 + b"])", "test.sgf")
    assert (game.black_name, game.white_name) == ("a2J]b c", "x" * 100)


def test_of_several_games_the_first_is_read() -> None:
    data = b"From: a friend\n(;SZ[5];B[aa]) and (;SZ[7];B[bb]) bye"
    assert parse_sgf(data, "test.sgf").moves == (Move(BLACK, 0),)
    assert [root.value("SZ") for root in parse_trees(data, "test.sgf")] == ["5", "7"]


@pytest.mark.parametrize("name", ["missing.sgf", "."])
def test_a_path_that_is_no_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SgfError, match=r"SGF .*(No such file|Is a directory)"):
        read_sgf(tmp_path / name)


@given(st.text(alphabet="(); []BWAKMSZCE:\\\n159abt", max_size=60))
@example("(;B[])")
@example("(;SZ[9]KM[7];B[aa]W[bb])")
def test_whatever_the_text_it_is_a_game_or_an_sgf_error(text: str) -> None:
    for attempt in (text, f"(;{text})"):
        is_game(attempt.encode())


@given(st.binary(max_size=80))
def test_whatever_the_bytes_they_are_a_game_or_an_sgf_error(data: bytes) -> None:
    for attempt in (data, b"(;SZ[9]" + data + b")", b"(;CA[Shift_JIS]C[" + data + b"])"):
        is_game(attempt)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good file with pieces taken out, put in, doubled and moved."""
    data = bytearray(GOOD)
    pieces = st.one_of(
        st.binary(max_size=4), st.sampled_from([b"(", b")", b";", b"[", b"]", b"\\", b"B[aa]"])
    )
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 12)))
        piece = draw(pieces) if draw(st.booleans()) else bytes(data[start:end]) * 2
        data[start:end] = piece
    return bytes(data)


@given(mutated())
def test_a_mutated_file_is_a_game_or_an_sgf_error_and_what_is_read_can_be_written(data: bytes) -> None:
    is_game(data)
    try:
        roots = parse_trees(data, "test.sgf")
    except SgfError:
        return
    written = format_trees(roots)
    assert format_trees(parse_trees(written, "test.sgf")) == written
