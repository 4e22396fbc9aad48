"""Board programs that talk with the engine: each exchange of `gtp_transcripts`, while the engine thinks."""

from __future__ import annotations

import os
import re
import threading
from types import TracebackType

import pytest
from gtp_transcripts import EXCHANGES

from app.options import AgentChoice
from app.protocols.gtp_engine import GtpEngine, serve
from app.protocols.gtp_text import is_quit, is_stop
from app.protocols.line_reader import LineReader
from engine.rulesets import Rules, go_rules, gomoku_rules

VERTEX = r"([A-HJ-T][1-9][0-9]?|pass)"
REAL = r"-?[0-9]+\.[0-9]+"
POINTS = rf"( scoreMean {REAL} scoreLead {REAL})?"
VARIATION = rf" pv( {VERTEX})+( (?=i|o)|$)"
PATTERNS = {
    "gap": " ",
    "move": VERTEX,
    "number": r"[0-9.]+",
    "score": r"([BW]\+[0-9.]+|0)",
    "command": r"[a-z_\-]+",
    "lz": rf"(info move {VERTEX} visits \d+ winrate \d+ prior \d+ lcb \d+ order \d+{VARIATION})+",
    "only": r"info move E5 visits \d+ winrate \d+ prior 10000 lcb \d+ order 0 pv E5( .*)?",
    "kata": rf"(info move {VERTEX} visits \d+ utility {REAL} winrate {REAL}{POINTS} prior {REAL} lcb {REAL}"
    rf" order \d+{VARIATION})+",
    "seen": rf"[0-9]+ visits, [0-9.]+%:( {VERTEX})+",
    "params": r"maxVisits, maxTime(, \w+)+",
    "owned": rf"ownership( {REAL}){{81}}",
    "cgos": r'\{"winrate": .*"visits": [0-9]+.*"moves": \[\{"move": .*\}',
}
"""The words in angle brackets as regular expressions."""


class Talk:
    """An engine in a thread, at the other end of two pipes."""

    def __init__(self, rules: Rules, agent: AgentChoice, version: str | None = None) -> None:
        (requests, to_engine), (from_engine, answers) = os.pipe(), os.pipe()
        self._to_engine = os.fdopen(to_engine, "wb", buffering=0)
        self._from_engine = os.fdopen(from_engine, "rb")
        engine = GtpEngine(rules, agent, version)

        def run() -> None:
            with os.fdopen(requests, "rb") as lines, os.fdopen(answers, "wb") as replies:
                serve(engine, LineReader(lines, is_last=is_quit, is_stop=is_stop), replies)

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def __enter__(self) -> Talk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._to_engine.close()
        self._from_engine.read()
        self._from_engine.close()
        self._thread.join()

    def send(self, line: str) -> None:
        """Say a line to the engine."""
        self._to_engine.write(f"{line}\n".encode())

    def hear(self) -> str:
        """The next line of the engine."""
        line = self._from_engine.readline().decode()
        assert line.endswith("\n"), f"the engine ended behind {line!r}"
        return line[:-1]

    def expect(self, pattern: str, repeated: str = "") -> None:
        """Hear a line of a pattern, perhaps behind others of another one."""
        while not re.fullmatch(pattern, heard := self.hear()):
            assert repeated, f"{heard!r}: expected {pattern!r}"
            assert re.fullmatch(repeated, heard), f"{heard!r}: expected {pattern!r} or {repeated!r}"


def pattern_of(line: str) -> str:
    """The regular expression of a line of a transcript."""
    parts = re.split(r"<(\w+)>", line)
    return "".join(PATTERNS[part] if place % 2 else re.escape(part) for place, part in enumerate(parts))


@pytest.mark.parametrize("client", EXCHANGES)
def test_a_client_reads_what_it_expects(client: str) -> None:
    transcript, rules, version = EXCHANGES[client]
    streaming = ""  # what comes until something is sent
    with Talk(rules, AgentChoice("uct:30", seed=1), version or "0.1") as talk:
        for exchange in transcript.removeprefix("> ").split("\n> "):
            request, *lines = exchange.strip("\n").split("\n")
            talk.send(request.replace("<nothing>", ""))
            if streaming:
                talk.expect("", streaming)
            more = ""
            for line in lines:
                pattern = pattern_of(line.removesuffix("..."))
                talk.expect(pattern, more)
                more = pattern if line.endswith("...") else ""
            streaming = more if "-analyze" in request else ""
            if lines and not streaming:
                talk.expect("", more)


def test_nobody_is_offered_a_plain_analyze() -> None:
    """Sabaki would prefer it, and read its chances as whole numbers."""
    with Talk(go_rules(9), AgentChoice("random")) as talk:
        for name in ("analyze", "genmove_analyze"):
            talk.send(f"known_command {name}")
            talk.expect("= false")
            talk.expect("")


def test_analysis_goes_on_until_the_client_says_anything() -> None:
    with Talk(go_rules(9), AgentChoice("uct:30", seed=1)) as talk:
        for line in ("", "# a comment", "\xff", "1 name"):
            talk.send("7 kata-analyze b interval 1 maxmoves 2")
            talk.expect("=7")
            for _ in range(3):
                talk.expect(PATTERNS["kata"])
            talk.send(line)
            talk.expect("", PATTERNS["kata"])
            if line == "1 name":
                talk.expect("=1 yomi")
                talk.expect("")
            elif line == "\xff":
                talk.expect(r"\? unknown command")
                talk.expect("")


def test_analysis_sees_more_and_more_and_both_forms_agree() -> None:
    with Talk(go_rules(9), AgentChoice("uct:30", seed=1)) as talk:
        talk.send("lz-analyze 1")
        talk.expect("=")
        looks = [talk.hear() for _ in range(5)]
        talk.send("stop")
        talk.expect("", PATTERNS["lz"])
        talk.expect("=")
    visits = [sum(map(int, re.findall(r" visits (\d+)", look))) for look in looks]
    assert visits == sorted(visits)
    assert visits[0] < visits[-1]
    for look in looks:
        assert [int(order) for order in re.findall(r" order (\d+)", look)] == list(range(look.count("info")))


@pytest.mark.parametrize("form", ["lz", "kata"])
def test_only_moves_that_the_client_allows_are_shown_and_played(form: str) -> None:
    with Talk(go_rules(9), AgentChoice("uct:30", seed=1)) as talk:
        talk.send(f"{form}-analyze b 1 allow b D4,E5,pass 1 avoid b pass 1 avoid w E5 3")
        talk.expect("=")
        for _ in range(3):
            assert set(re.findall(r"move (\S+)", talk.hear())) <= {"D4", "E5"}
        talk.send("")
        talk.expect("", PATTERNS[form])
        talk.send(f"{form}-genmove_analyze b allow b C3 1")
        talk.expect("=")
        talk.expect("play C3", r"info move C3 .*")
        talk.expect("")


def test_a_game_that_is_solved_is_shown_until_the_client_speaks() -> None:
    with Talk(gomoku_rules(3), AgentChoice("uct:30", seed=1)) as talk:
        for vertex in ("a1", "a2"):
            talk.send(f"play b {vertex}")
            talk.expect("=")
            talk.expect("")
        talk.send("lz-analyze b 1")
        talk.expect("=")
        look, last = talk.hear(), ""
        while look != last:
            look, last = talk.hear(), look
        talk.send("")
        talk.expect("", PATTERNS["lz"])


@pytest.mark.parametrize("word", ["stop", "# interrupt"])
def test_thinking_about_a_move_is_cut_short_by(word: str) -> None:
    with Talk(go_rules(9), AgentChoice("uct:1000000", seed=1)) as talk:
        talk.send("kata-genmove_analyze b 1")
        talk.expect("=")
        talk.expect(PATTERNS["kata"])
        talk.send(word)
        talk.expect(f"play {VERTEX}", PATTERNS["kata"])
        talk.expect("")


def test_other_lines_wait_until_a_move_is_thought_out() -> None:
    """A file of commands is no reason to think less."""
    with Talk(go_rules(9), AgentChoice("uct:200", seed=1)) as talk:
        for line in ("lz-genmove_analyze b 1", "name", "undo"):
            talk.send(line)
        talk.expect("=")
        last = talk.hear()
        while not (line := talk.hear()).startswith("play"):
            last = line
        assert sum(map(int, re.findall(r" visits (\d+)", last))) == 199


def test_an_agent_that_does_not_search_has_nothing_to_show() -> None:
    with Talk(go_rules(9), AgentChoice("random", seed=1)) as talk:
        talk.send("1 kata-analyze b 10")
        talk.expect(r"\?1 agent random: expected one that searches")
        talk.expect("")
        talk.send("2 lz-genmove_analyze b 10")
        talk.expect("=2")
        talk.expect(f"play {VERTEX}")
        talk.expect("")


def test_a_finished_game_is_not_analyzed() -> None:
    with Talk(gomoku_rules(3), AgentChoice("uct:30", seed=1)) as talk:
        for vertex in ("a1", "a2", "a3"):
            talk.send(f"play b {vertex}")
            talk.expect("=")
            talk.expect("")
        for command in ("lz-analyze", "kata-genmove_analyze b", "cgos-genmove_analyze b", "genmove w"):
            talk.send(command)
            talk.expect(r"\? the game is over")
            talk.expect("")


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("b 10 ownership", "'ownership': expected a value behind it"),
        ("b interval x", "interval 'x': expected a whole number"),
        ("10 minvisits 5", "'minvisits': expected interval, maxmoves, ownership, avoid or allow"),
        ("avoid b", "avoid: expected a color, vertices with commas between them, a depth"),
        ("avoid b D4 x", "avoid 'x': expected a whole number"),
        ("allow g D4 1", "invalid color or coordinate"),
        ("allow b D4,,E5 1", "vertex '': expected A1..J9 or pass"),
        ("b allow b D4 1 avoid b D4 1", "avoid and allow: expected a legal move to be left"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused(words: str, refusal: str) -> None:
    with Talk(go_rules(9), AgentChoice("uct:30", seed=1)) as talk:
        talk.send(f"kata-analyze {words}")
        talk.expect(re.escape(f"? {refusal}"))
        talk.expect("")
