"""Games between `yomi gtp` and GNU Go: a referee speaks with both, knows the rules, and hears no `?`."""

from __future__ import annotations

import re
import sys
import time
from types import TracebackType

import pytest
from gnugo import PROGRAM, GnuGo

from engine.board import BLACK, WHITE
from engine.game import Game
from engine.handicap import fixed_handicap
from engine.notation import action_of_vertex, color_name
from engine.rulesets import Rules, go_rules
from selfplay.engine_process import EngineProcess

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="gnugo is neither in PATH nor in /usr/games")
ANSWER_S = 120.0
LONGEST_GAME = 120
ASKINGS = (
    "genmove",
    "lz-genmove_analyze",
    "kata-genmove_analyze",
    "cgos-genmove_analyze",
    "kgs-genmove_cleanup",
)
INFO = re.compile(r'info move .* pv .*|\{"winrate".*\}')


class Yomi:
    """`yomi gtp` as a process of its own."""

    def __init__(self) -> None:
        code = "from app.main import main; main()"
        self._process = EngineProcess(f"{sys.executable} -c '{code}' gtp --agent uct:40 --seed 1")

    def __enter__(self) -> Yomi:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.stop()

    def ask(self, command: str) -> list[str]:
        """The lines of an answer to a command that must succeed, without the sign."""
        deadline = time.monotonic() + ANSWER_S
        self._process.tell(f"7 {command}")
        lines = [self._process.hear(deadline)]
        while line := self._process.hear(deadline):
            lines.append(line)
        assert re.match(r"=7($| )", lines[0]), f"{command}: {lines[0]}"
        return [lines[0][3:], *lines[1:]]

    def move(self, command: str) -> str:
        """The move in the answer to a request of any kind for one."""
        first, *lines = self.ask(command)
        if not lines:
            return first
        assert first == ""
        assert all(INFO.fullmatch(line) for line in lines[:-1])
        assert lines[-1].startswith("play ")
        return lines[-1].removeprefix("play ")


def play_game(number: int, yomi: Yomi, gnugo: GnuGo, rules: Rules) -> int:
    """One game from the empty board or a handicap, in which all agree on every move; returns its length."""
    gnugo.new_game(rules.width, rules.komi)
    gnugo.ask("level 1")
    for command in (f"boardsize {rules.width}", "clear_board", f"komi {rules.komi:g}", "time_settings 0 0 0"):
        assert yomi.ask(command) == [""]
    game = Game(rules)
    if number % 4 == 3:
        assert set(yomi.ask("fixed_handicap 2")[0].split()) == gnugo.vertices("fixed_handicap 2")
        game.place_handicap(fixed_handicap(rules, 2))
    own = BLACK if number % 2 == 0 else WHITE
    while not game.is_over and len(game.moves) < LONGEST_GAME:
        color = color_name(game.to_play)
        if game.to_play == own:
            vertex = yomi.move(f"{ASKINGS[(number + len(game.moves)) % len(ASKINGS)]} {color}")
            gnugo.ask(f"play {color} {vertex}")
        else:
            vertex = gnugo.ask(f"genmove {color}")
            if vertex.lower() == "resign":
                break
            assert yomi.ask(f"play {color} {vertex}") == [""]
        game.play(action_of_vertex(vertex, rules))
        if len(game.moves) % 20 == 0:
            assert yomi.ask("undo") == [""]
            assert yomi.ask(f"play {color} {vertex}") == [""]
    assert yomi.ask("showboard")[1:] == game.draw().splitlines()
    assert yomi.ask("final_score") == [game.result()]
    stones = gnugo.vertices("list_stones black") | gnugo.vertices("list_stones white")
    assert len(stones) == int((game.stones() != 0).sum())
    listed = {status: yomi.ask(f"final_status_list {status}") for status in ("alive", "dead")}
    assert {vertex for lines in listed.values() for line in lines for vertex in line.split()} == stones
    return len(game.moves)


@pytest.mark.parametrize("num_games", [2, pytest.param(20, marks=pytest.mark.long)])
def test_whole_games_are_played_without_a_protocol_error(num_games: int) -> None:
    num_moves = 0
    with Yomi() as yomi:
        for number in range(num_games):
            rules = go_rules((9, 7, 13)[number % 3], komi=6.5)
            with GnuGo(rules) as gnugo:
                num_moves += play_game(number, yomi, gnugo, rules)
    assert num_moves >= 10 * num_games
