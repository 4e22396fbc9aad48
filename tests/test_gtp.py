"""The Go Text Protocol: transcripts byte for byte, and input that no client should send."""

import re
import subprocess
import sys
import tomllib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.options import LONGEST_GAME, AgentChoice, RulesChoice
from app.protocols.gtp_engine import GtpEngine, serve
from app.protocols.gtp_text import MAX_LINE_BYTES, is_quit, is_stop, parse_line
from app.protocols.line_reader import LineReader
from engine.rulesets import Rules, go_rules, gomoku_rules

ROOT = Path(__file__).resolve().parent.parent
RANDOM = AgentChoice("random", seed=1)
COMMANDS = (
    b"protocol_version name version known_command list_commands quit boardsize rectangular_boardsize"
    b" clear_board komi get_komi kata-get-rules kata-set-rules kata-set-rule kgs-rules loadsgf play"
    b" genmove reg_genmove undo gg-undo showboard captures final_score stop clear_cache cputime"
    b" time_settings time_left kgs-time_settings kata-time_settings kata-list_time_settings lz-analyze"
    b" kata-analyze lz-genmove_analyze kata-genmove_analyze cgos-genmove_analyze kata-search"
    b" kata-search_cancellable kata-search_analyze kata-search_analyze_cancellable kata-get-param"
    b" kata-set-param kata-list-params kata-get-params kata-set-params gogui-analyze_commands gogui-interrupt"
    b" set_position gogui-setup gogui-setup_player gogui-play_sequence printsgf kgs-chat"
    b" kgs-game_over kata-raw-nn gomill-cpu_time gomill-explain_last_move gomill-describe_engine"
    b" cgos-opponent_name cgos-opponent_rating cgos-gameover fixed_handicap place_free_handicap"
    b" set_free_handicap final_status_list kgs-genmove_cleanup unconditional_status yomi-ownership"
).split()
"""For Go, in the order of the list."""


def new_engine(rules: Rules | None = None, agent: AgentChoice = RANDOM) -> GtpEngine:
    return GtpEngine(rules or go_rules(5, komi=6.5), agent)


def talk(requests: bytes, engine: GtpEngine | None = None) -> bytes:
    """What the engine answers to some lines."""
    answers = BytesIO()
    serve(engine or new_engine(), LineReader(BytesIO(requests), is_last=is_quit, is_stop=is_stop), answers)
    return answers.getvalue()


def replies(*lines: str, engine: GtpEngine | None = None) -> list[str]:
    """The answer to each line, without the empty line behind it."""
    return talk("".join(f"{line}\n" for line in lines).encode(), engine).decode().split("\n\n")[:-1]


def snapshot(engine: GtpEngine) -> tuple[object, ...]:
    """All that a client could notice of game and agent, and all that lies behind it."""
    session = engine.session
    game = session.game
    return (
        (session.opponent.spec, session.opponent.label),
        (session.is_capped, session.ponders, session.wide_root_noise),
        (session.opponent_name, session.opponent_rating, session._ending),
        session.rules,
        session.control,
        tuple(session.clocks.items()),
        tuple(game.moves),
        *(array.tobytes() for array in game.state),
    )


# Transcripts.


def test_the_core_commands_answer_byte_for_byte() -> None:
    requests = (
        b"1 protocol_version\nname\n2 known_command play\nknown_command x\nknown_command\n3 quit\nname\n"
    )
    assert talk(requests) == b"=1 2\n\n= yomi\n\n=2 true\n\n= false\n\n= false\n\n=3\n\n"


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert talk(b"version\n") == f"= {project['version']}\n\n".encode()


def test_commands_are_listed_one_a_line_without_spaces() -> None:
    assert talk(b"7 list_commands\n") == b"=7 " + b"\n".join(COMMANDS) + b"\n\n"


def test_a_game_is_played_and_shown() -> None:
    requests = b"boardsize 3\nclear_board\nkomi 0.5\nplay b b2\nplay WHITE A1\n9 showboard\nfinal_score\n"
    board = b"    A B C\n  3 . . . 3\n  2 . X . 2\n  1(O). . 1\n    A B C"
    assert talk(requests) == b"=\n\n" * 5 + b"=9 \n" + board + b"\n\n= W+0.5\n\n"


@pytest.mark.parametrize(
    ("moves", "komi", "score"),
    [("play b b2", "3.5", "B+5.5"), ("play w b2", "0.5", "W+9.5"), ("", "0", "0"), ("", "-2", "B+2")],
)
def test_the_score_counts_area_and_komi(moves: str, komi: str, score: str) -> None:
    transcript = talk(f"boardsize 3\n{moves}\nkomi {komi}\n1 final_score\n".encode())
    assert transcript.endswith(f"=1 {score}\n\n".encode())


def test_komi_may_change_in_the_middle_of_a_game_and_outlives_it() -> None:
    assert replies("play b c3", "komi 3", "final_score", "undo", "undo") == [
        "=",
        "=",
        "= B+22",
        "=",
        "? cannot undo",
    ]
    assert replies("komi 3", "clear_board", "boardsize 2", "final_score") == ["=", "=", "=", "= W+3"]


def test_either_color_may_move_at_any_time() -> None:
    answers = replies("play w a1", "play w b1", "1 genmove w", "2 genmove w", "3 genmove b", *["undo"] * 6)
    assert answers[:2] == ["=", "="]
    assert all(re.fullmatch(r"=\d ([A-E][1-5]|pass)", answer) for answer in answers[2:5])
    assert answers[5:] == ["=", "=", "=", "=", "=", "? cannot undo"]


def test_a_stone_may_be_played_and_generated_after_two_passes() -> None:
    passes = ["play b pass", "play w pass"]
    answers = replies("play b c3", *passes, "final_score", "genmove w", *passes, "play b a1", "play b b1")
    assert answers[3] == "= B+18.5"
    assert re.fullmatch(r"= ([A-E][1-5]|pass)", answers[4])
    assert answers[5:7] == ["=", "="]
    assert "=" in answers[7:]  # White can stand on one of the two points only


def test_two_passes_can_be_taken_back() -> None:
    assert replies("play b pass", "play w pass", "undo", "undo", "undo") == [*["="] * 4, "? cannot undo"]


def test_a_repetition_of_the_whole_board_is_illegal() -> None:
    stones = [f"play b {vertex}" for vertex in ("b3", "a2", "b1")]
    stones += [f"play w {vertex}" for vertex in ("c3", "d2", "c1", "b2")]
    answers = replies("boardsize 4", *stones, "play b c2", "play w b2", "play w d4", "play b a4", "play w b2")
    assert answers[-5:] == ["=", "? illegal move", "=", "=", "="]


def test_suicide_is_illegal() -> None:
    assert replies("play b a2", "play b b1", "play w a1", "play b a1") == ["=", "=", "? illegal move", "="]


def test_no_number_of_moves_ends_a_game() -> None:
    engine = new_engine(go_rules(2))
    assert engine.session.rules.resolved_move_limit == LONGEST_GAME
    assert replies(*["play b pass", "play w pass"] * 50, "play b a1", engine=engine) == ["="] * 101


def test_gomoku_is_played_to_its_end() -> None:
    engine = new_engine(gomoku_rules(3))
    assert replies("play b a1", "play b a2", "final_score", "play b pass", engine=engine) == [
        "=",
        "=",
        "? cannot score",
        "? illegal move",
    ]
    assert replies("play b a3", "final_score", "genmove w", "play w c1", engine=engine) == [
        "=",
        "= B+",
        "? the game is over",
        "? illegal move",
    ]
    undone, generated = replies("undo", "genmove w", engine=engine)
    assert undone == "="
    assert re.fullmatch(r"= [A-C][1-3]", generated)


@pytest.mark.parametrize(("rules", "low", "high"), [(go_rules(9), 2, 19), (gomoku_rules(9), 3, 20)])
def test_sizes_are_those_of_the_game(rules: Rules, low: int, high: int) -> None:
    sizes = [f"boardsize {side}" for side in (low - 1, low, high, high + 1)]
    wrong = "? unacceptable size"
    assert replies(*sizes, engine=new_engine(rules)) == [wrong, "=", "=", wrong]


def test_the_same_seed_gives_the_same_game() -> None:
    requests = b"clear_board\n" + b"genmove b\ngenmove w\n" * 5
    games = {talk(requests, new_engine(agent=AgentChoice("uct:8", seed=seed))) for seed in (1, 1, 2)}
    assert len(games) == 2


# Input that no client should send.


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"", b""),
        (b"   \t ", b""),
        (b"# a comment", b""),
        (b"\x00\x01\x7f", b""),
        (b"name # what are you?", b"= yomi\n\n"),
        (b"\tna\x07me\t\r", b"= yomi\n\n"),
        (b"12\tname", b"=12 yomi\n\n"),
        (b"007 name", b"=007 yomi\n\n"),
        (b"12name", b"? unknown command\n\n"),
        (b"-1 name", b"? unknown command\n\n"),
        (b"5", b"?5 unknown command\n\n"),
        (b"NAME", b"? unknown command\n\n"),
        (b"\xff\xfe", b"? unknown command\n\n"),
        ("3 名前".encode(), b"?3 unknown command\n\n"),
        (b"__init__", b"? unknown command\n\n"),
        (b"boardsize", b"? boardsize not an integer\n\n"),
        (b"boardsize nine", b"? boardsize not an integer\n\n"),
        (b"boardsize -9", b"? boardsize not an integer\n\n"),
        (b"boardsize 9.0", b"? boardsize not an integer\n\n"),
        ("boardsize ٩".encode(), b"? boardsize not an integer\n\n"),
        (b"boardsize 0", b"? unacceptable size\n\n"),
        (b"boardsize 99999999999999999999999999", b"? unacceptable size\n\n"),
        (b"komi", b"? komi not a float\n\n"),
        (b"komi much", b"? komi not a float\n\n"),
        (b"komi nan", b"? komi not a float\n\n"),
        (b"komi inf", b"? komi not a float\n\n"),
        (b"komi -1e999", b"? komi not a float\n\n"),
        (b"komi 1e9", b"? unacceptable komi\n\n"),
        (b"play", b"? invalid color or coordinate\n\n"),
        (b"play b", b"? invalid color or coordinate\n\n"),
        (b"play c3 b", b"? invalid color or coordinate\n\n"),
        (b"play red c3", b"? invalid color or coordinate\n\n"),
        (b"play b i3", b"? invalid color or coordinate\n\n"),
        (b"play b c0", b"? invalid color or coordinate\n\n"),
        (b"play b f1", b"? invalid color or coordinate\n\n"),
        (b"play b c\xc2\xb2", b"? invalid color or coordinate\n\n"),
        (b"play b resign", b"? invalid color or coordinate\n\n"),
        (b"play b a1", b"? illegal move\n\n"),
        (b"genmove", b"? invalid color or coordinate\n\n"),
        (b"genmove x", b"? invalid color or coordinate\n\n"),
    ],
)
def test_malformed_lines_get_a_fixed_answer_and_change_nothing(line: bytes, expected: bytes) -> None:
    engine = new_engine()
    talk(b"play b a1\nplay w pass\nplay b pass\n", engine)
    before = snapshot(engine)
    assert talk(line + b"\n", engine) == expected
    assert snapshot(engine) == before


def test_a_last_line_without_its_end_is_answered() -> None:
    assert talk(b"1 name\n2 name") == b"=1 yomi\n\n=2 yomi\n\n"


@pytest.mark.parametrize("filler", [b"x", b" ", b"9", b"\x00", b"#"])
def test_an_endless_line_is_refused_once(filler: bytes) -> None:
    requests = b"name " + filler * (3 * MAX_LINE_BYTES) + b"\n1 name\n"
    assert talk(requests) == b"? line too long\n\n=1 yomi\n\n"


def test_a_failure_of_ours_is_answered_and_the_game_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = new_engine()
    talk(b"clear_board\nplay b a1\n", engine)
    before = snapshot(engine)
    monkeypatch.setattr(engine.session.opponent, "choose", lambda *_, **__: 1 // 0)
    assert talk(b"4 genmove w\n5 name\n", engine) == b"?4 internal error\n\n=5 yomi\n\n"
    assert snapshot(engine) == before


def test_an_unknown_agent_is_named_when_it_is_needed() -> None:
    engine = new_engine(agent=AgentChoice("nobody"))
    answers = talk(b"name\nclear_board\nplay b a1\n1 genmove w\n", engine).split(b"\n\n")
    assert answers[0] == b"= yomi"
    assert answers[2] == b"="
    assert answers[1].startswith(b"? agent 'nobody': expected")
    assert answers[3].startswith(b"?1 agent 'nobody': expected")


def wants_answer(line: bytes) -> bool:
    """A second, plainer reading of which lines are blank or comments."""
    text = "".join(chr(byte) for byte in line if byte >= 32 and byte != 127).split("#")[0]
    return text.replace(" ", "").strip("\t") != ""


WORDS = st.one_of(
    st.sampled_from(
        [b"b", b"w", b"a1", b"c3", b"e5", b"pass", b"3", b"5", b"7.5", b"nan", b"#", b"\t", b"\xff", b"12"]
    ),
    st.binary(max_size=6).map(lambda word: word.replace(b"\n", b"")),
)
LINES = st.one_of(
    st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")),
    st.tuples(st.sampled_from([c for c in COMMANDS if c != b"quit"]), st.lists(WORDS, max_size=3)).map(
        lambda parts: b" ".join([parts[0], *parts[1]])
    ),
)


@given(st.lists(LINES, max_size=30))
def test_every_line_that_is_not_blank_gets_exactly_one_answer(lines: list[bytes]) -> None:
    lines = [line for line in lines if b"quit" not in bytes(b for b in line if b >= 32)]
    answers = talk(b"\n".join(lines) + b"\n")
    replies = answers.split(b"\n\n")[:-1]
    assert len(replies) == sum(map(wants_answer, lines))
    assert all(re.match(rb"[=?]\d*( |\n|$)", reply) for reply in replies)


@given(st.binary(max_size=60))
def test_parsing_never_fails(line: bytes) -> None:
    request = parse_line(line)
    assert (request is not None) == wants_answer(line.replace(b"\n", b" "))


# The process.


def run_gtp(requests: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    code = (
        "import sys\n"
        "from app.main import main\n"
        "try:\n"
        f"    main(['gtp', *{list(options)!r}])\n"
        "finally:\n"
        "    heavy = {'torch', 'numba', 'numpy', 'matplotlib'} & sys.modules.keys()\n"
        "    sys.stderr.write(repr(sorted(heavy)))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=requests, capture_output=True, check=False
    )


def test_a_client_learns_who_it_talks_to_before_anything_heavy_is_loaded() -> None:
    run = run_gtp(
        b"name\nversion\nprotocol_version\nlist_commands\nknown_command play\nboardsize 13\nkomi 6\n"
    )
    assert (run.stdout.count(b"\n\n"), run.stdout.count(b"?"), run.stderr, run.returncode) == (7, 0, b"[]", 0)


def test_only_the_protocol_is_written_to_stdout_and_the_end_of_input_ends_it() -> None:
    run = run_gtp(b"boardsize 5\r\nclear_board\r\n1 genmove b\r\n", "--agent", "uct:8", "--seed", "1")
    assert re.fullmatch(rb"=\n\n=\n\n=1 ([A-E][1-5]|pass)\n\n", run.stdout)
    assert run.returncode == 0


def test_defaults_are_nine_by_nine_and_seven_points_of_komi() -> None:
    rules = RulesChoice().resolve()
    assert (rules.game, rules.width, rules.height, rules.komi, rules.ko, rules.suicide) == (
        "go",
        9,
        9,
        7.0,
        "positional",
        False,
    )
