"""The commands of the Gomocup protocol on one game of Gomoku, and the loop that answers a manager.

Coordinates count from the upper left corner, from zero. For the source see `gomocup_text`.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from app.options import AgentChoice, usual_rules
from app.protocols.gomocup_opening import Swap2Opening, is_even
from app.protocols.gomocup_text import CONTINUOUS, LINE_RULES, Complaint, TimeLimits, numbers
from app.protocols.line_reader import LineReader
from app.version import package_version
from engine.errors import YomiError
from engine.rulesets import LineRule, Rules

if TYPE_CHECKING:
    from app.opponent import Opponent
    from engine.game import Game


class GomocupEngine:
    """A game and an agent behind the commands. A command that fails changes nothing.

    Attributes:
        is_done: whether the manager has said `END`.
    """

    def __init__(self, agent: AgentChoice, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Wait for a manager to say `START`.

        Args:
            agent: who thinks.
            is_stopped: asked while it thinks; true ends that at once.
        """
        self.is_done = False
        self._agent = agent
        self._is_stopped = is_stopped
        self._rules: Rules | None = None
        self._line_rule: LineRule = "freestyle"
        self._limits = TimeLimits()
        self._started_game: Game | None = None
        self._seated: Opponent | None = None
        self._listed: list[tuple[int, int, int]] | None = None
        self._list_command = ""
        self._commands: dict[str, Callable[[str], str]] = {
            "START": self._start,
            "RECTSTART": self._start_rectangle,
            "RESTART": self._restart,
            "BEGIN": self._begin,
            "TURN": self._turn,
            "BOARD": self._list_board,
            "SWAP2BOARD": self._list_board,
            "TAKEBACK": self._take_back,
            "PLAY": self._play,
            "INFO": self._info,
            "ABOUT": self._about,
            "END": self._end,
        }

    def answer(self, line: str) -> str:
        """What to say to a line; nothing where the protocol wants silence."""
        try:
            if self._listed is not None:
                return self._read_list(line)
            word, _, rest = line.strip().partition(" ")
            if word.upper() not in self._commands:
                return f"UNKNOWN {line[:80].strip()}" if word else ""
            if word.upper() in ("BOARD", "SWAP2BOARD"):
                self._list_command = word.upper()
            return self._commands[word.upper()](rest.strip())
        except (Complaint, YomiError) as error:
            return f"ERROR {error}"
        except Exception:
            logging.getLogger(__name__).exception("in answer to %s", line[:200])
            return "ERROR internal error"

    # The game.

    def _start(self, text: str) -> str:
        (side,) = numbers(text, 1, "START size")
        return self._set_up(side, side)

    def _start_rectangle(self, text: str) -> str:
        width, height = numbers(text, 2, "RECTSTART width,height")
        return self._set_up(width, height)

    def _set_up(self, width: int, height: int) -> str:
        usual = usual_rules("gomoku", width, height)
        if max(width, height) < 5:
            raise Complaint(f"size {width}x{height}: expected room for five in a row")
        self._rules = replace(usual, line_length=5, line_rule=self._line_rule)
        self._started_game = None
        self._opponent.warm_up(self._rules)
        self._opponent.sit_down(self._rules)
        return "OK"

    def _restart(self, _: str) -> str:
        self._required_rules()
        self._started_game = None
        return "OK"

    def _required_rules(self) -> Rules:
        if self._rules is None:
            raise Complaint("no game: expected START first")
        return self._rules

    @property
    def _game(self) -> "Game":
        from engine.game import Game

        rules = self._required_rules()
        if self._started_game is None:
            self._started_game = Game(rules)
        return self._started_game

    @property
    def _opponent(self) -> "Opponent":
        if self._seated is None:
            from app.opponent import Opponent

            self._seated = Opponent(self._agent.open(self._required_rules()), self._agent.seed)
        return self._seated

    def _begin(self, _: str) -> str:
        if self._game.moves:
            raise Complaint("BEGIN: expected an empty board")
        return self._move()

    def _turn(self, text: str) -> str:
        self._game.play(self._action(text, "TURN x,y"))
        return self._move()

    def _play(self, text: str) -> str:
        action = self._action(text, "PLAY x,y")
        self._game.play(action)
        return self._point(action)

    def _take_back(self, text: str) -> str:
        action = self._action(text, "TAKEBACK x,y")
        game = self._game
        actions = [move.action for move in game.moves]
        if action not in actions:
            raise Complaint(f"TAKEBACK {text}: expected a stone of the game")
        if actions[-1] != action:
            raise Complaint(f"TAKEBACK {text}: expected the last stone, {self._point(actions[-1])}")
        game.undo()
        return "OK"

    def _move(self) -> str:
        """Think, play and say the move."""
        action = self._think()
        self._game.play(action)
        return self._point(action)

    def _think(self) -> int:
        from mcts.time_control import moves_to_come

        if self._game.is_over:
            raise Complaint("the game is over")
        expected = moves_to_come(self._game.rules, len(self._game.moves))
        began = time.monotonic()
        action = self._opponent.choose(
            self._game,
            self._game.to_play,
            seconds=self._limits.seconds(expected),
            is_cap=self._agent.has_strength,
            stop=self._is_stopped,
        )
        if self._limits.left_ms:
            spent = round(1000 * (time.monotonic() - began))
            self._limits = replace(self._limits, left_ms=max(self._limits.left_ms - spent, 1))
        return action

    # Boards.

    def _list_board(self, _: str) -> str:
        self._required_rules()
        self._listed = []
        return ""

    def _read_list(self, line: str) -> str:
        """A line of a board: a stone, or the end of it."""
        assert self._listed is not None
        if line.strip().upper() != "DONE":
            try:
                x, y, owner = numbers(line, 3, "x,y,owner")
            except Complaint:
                self._listed = None
                raise
            self._listed.append((x, y, owner))
            if len(self._listed) > self._required_rules().area:
                self._listed = None
                raise Complaint(f"{self._list_command}: expected no more stones than points")
            return ""
        listed, self._listed = self._listed, None
        game = self._game_of(listed)
        if self._list_command == "SWAP2BOARD":
            return self._swap2(game)
        self._started_game = game
        return self._move()

    def _game_of(self, listed: list[tuple[int, int, int]]) -> "Game":
        """The game behind a list of stones; in turn if they are listed so, else as a position."""
        import numpy as np

        from engine.board import BLACK, WHITE
        from engine.game import Game

        rules = self._required_rules()
        if self._list_command == "SWAP2BOARD":
            game = Game(rules)
            for x, y, _ in listed:
                game.play(self._action(f"{x},{y}", "x,y"))
            return game
        owners = [owner for _, _, owner in listed]
        if not set(owners) <= {1, 2}:
            raise Complaint("BOARD: expected 1 for own stones and 2 for the opponent's")
        num_own, num_other = owners.count(1), owners.count(2)
        if num_other - num_own not in (0, 1):
            raise Complaint(f"BOARD: {num_own} own stones and {num_other}: expected our turn")
        own = BLACK if num_own == num_other else WHITE
        first = 1 if own == BLACK else 2
        if owners == [first if ply % 2 == 0 else 3 - first for ply in range(len(owners))]:
            game = Game(rules)
            for x, y, _ in listed:
                game.play(self._action(f"{x},{y}", "x,y,owner"))
            return game
        stones = np.zeros((rules.height, rules.width), np.int8)
        for x, y, owner in listed:
            self._action(f"{x},{y}", "x,y,owner")
            if stones[y, x]:
                raise Complaint(f"BOARD: {x},{y} twice: expected each point once")
            stones[y, x] = own if owner == 1 else BLACK + WHITE - own
        return Game(rules, stones, own)

    def _swap2(self, game: "Game") -> str:
        """Answer an opening: with stones, with a move as White, or by taking Black."""
        num_stones = len(game.moves)
        if num_stones not in (0, 3, 5):
            raise Complaint(f"SWAP2BOARD: {num_stones} stones: expected 0, 3 or 5")
        opening = Swap2Opening(self._opponent, self._agent.seed, self._is_stopped)
        if num_stones == 0:
            placed = opening.stones(game, 3)
        else:
            self._started_game = game
            action = self._think()
            white = self._opponent.win_estimate()  # White is to move
            if num_stones == 3 and is_even(white):
                placed = opening.stones(game, 2)
            elif white is not None and white < 0.5:
                return "SWAP"
            else:
                placed = [action]
        self._started_game = game
        for action in placed:
            game.play(action)
        return " ".join(self._point(action) for action in placed)

    # Information.

    def _info(self, text: str) -> str:
        """Settings, of which none is answered; those that we have no use for are passed over."""
        key, _, value = text.partition(" ")
        number = re.fullmatch(r"-?[0-9]{1,12}", value.strip())
        fields = {"timeout_turn": "turn_ms", "timeout_match": "match_ms", "time_left": "left_ms"}
        if key.lower() in fields and number:
            self._limits = replace(self._limits, **{fields[key.lower()]: max(int(number[0]), 0)})
        if key.lower() == "rule" and number:
            self._set_rule(int(number[0]) & ~CONTINUOUS)
        return ""

    def _set_rule(self, bits: int) -> None:
        if bits not in LINE_RULES:
            raise Complaint(f"INFO rule {bits}: expected 0, 1, 4 or 8")
        self._line_rule = LINE_RULES[bits]
        if self._rules is not None and self._rules.line_rule != self._line_rule:
            if self._game.moves:
                raise Complaint("INFO rule: expected before the first move")
            self._rules = replace(self._rules, line_rule=self._line_rule)
            self._started_game = None

    def _about(self, _: str) -> str:
        return f'name="yomi", version="{package_version()}", author="yomi contributors", country="-"'

    def _end(self, _: str) -> str:
        self.is_done = True
        return ""

    # Points.

    def _action(self, text: str, form: str) -> int:
        x, y = numbers(text, 2, form)
        rules = self._required_rules()
        if x >= rules.width or y >= rules.height:
            raise Complaint(f"{text}: expected a point of a board of {rules.width}x{rules.height}")
        return y * rules.width + x

    def _point(self, action: int) -> str:
        width = self._required_rules().width
        return f"{action % width},{action // width}"


def serve(engine: GomocupEngine, requests: LineReader, answers: BinaryIO) -> None:
    """Answer a manager until it says `END` or goes away.

    Args:
        engine: who answers.
        requests: lines from the manager.
        answers: receives what is to be said, a line each with CR and LF.
    """
    for line in _texts(requests):
        if said := engine.answer(line):
            answers.write(said.encode() + b"\r\n")
            answers.flush()
        if engine.is_done:
            return


def _texts(requests: LineReader) -> Iterator[str]:
    for line in requests:
        yield "" if line is None else line.decode("utf-8", "replace").rstrip("\r\n")
