"""Games to and from SGF files: what the main line of a tree tells of one game of ours.

Variations and whatever else a file holds stay in the tree of `engine.sgf_tree`: to change a file and
lose nothing, change its tree.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.board import BLACK, EMPTY, WHITE
from engine.errors import SgfError
from engine.game import Move
from engine.notation import Stones
from engine.rulesets import MAX_MOVE_LIMIT, Rules
from engine.sgf_rules import rules_of_root, set_rules
from engine.sgf_times import TimeLeft, set_time_of_node, time_of_node
from engine.sgf_tree import SgfNode, errors_in, format_trees, parse_trees, read_trees

MAX_NAME = 100
INFO = (
    *("TM", "OT", "DT", "EV", "RO", "PC", "GN", "GC", "ON"),
    *("BR", "WR", "BT", "WT", "AN", "SO", "US", "CP", "RU"),
)
"""Properties of a root that are kept as text."""
_COLORS = {"B": BLACK, "W": WHITE}
_SETUP = {"AB": BLACK, "AW": WHITE, "AE": EMPTY}
_LETTERS = b"abcdefghijklmnopqrst"
_HANDICAP = re.compile(r"[0-9]{1,3}", re.ASCII)
_WIN = re.compile(r"(b|w|black|white)\+(.*)", re.IGNORECASE | re.DOTALL)
_POINTS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?", re.ASCII)


@dataclass(frozen=True)
class SgfGame:
    """What a file tells of one game; the moves need not be legal.

    Attributes:
        rules: the game, its board, its komi (0 where the file names none) and its set of rules.
        moves: the main line.
        setup: stones on the board before the first move, by rising action.
        to_play: BLACK or WHITE where the file says who is to move first.
        handicap: stones that Black was given, set up or played; 0 in an even game.
        result: as the file states it, such as `B+3.5`, `W+R`, `0`, `Void`; empty when unknown.
        black_name: empty when unknown.
        white_name: empty when unknown.
        comments: texts by the number of moves before them.
        times: what the side that moved had left on its clock, by the number of moves, its own included.
        info: other texts about the game by property, see `INFO`: time limits, date, event, and `RU` where it
            names no rules of ours.
    """

    rules: Rules
    moves: tuple[Move, ...]
    setup: tuple[Move, ...] = ()
    to_play: int | None = None
    handicap: int = 0
    result: str = ""
    black_name: str = ""
    white_name: str = ""
    comments: Mapping[int, str] = field(default_factory=dict)
    times: Mapping[int, TimeLeft] = field(default_factory=dict)
    info: Mapping[str, str] = field(default_factory=dict)

    @property
    def result_black(self) -> int | None:
        """+1, 0 or -1 for Black; None where it is unknown or void."""
        if self.result.lower() in ("0", "draw", "jigo"):
            return 0
        match = _WIN.fullmatch(self.result)
        return None if match is None else 1 if match[1].lower().startswith("b") else -1

    @property
    def score_black(self) -> float | None:
        """Points by which Black won, negative if White did, 0 in a draw; None without a count."""
        if not self.result_black:
            return None if self.result_black is None else 0.0
        points = self.result.partition("+")[2]
        return self.result_black * float(points) if _POINTS.fullmatch(points) else None


def read_sgf(path: Path) -> SgfGame:
    """Read the first game of a file.

    Args:
        path: the file.

    Raises:
        SgfError: it cannot be read, is malformed or too large, or holds no game of ours.
    """
    root = read_trees(path)[0]
    with errors_in(str(path)):
        return game_of_tree(root)


def parse_sgf(data: bytes, name: str) -> SgfGame:
    """Read the first game of a file's content.

    Args:
        data: the content.
        name: of the file, for messages.

    Raises:
        SgfError: malformed, too large, or no game of ours.
    """
    root = parse_trees(data, name)[0]
    with errors_in(name):
        return game_of_tree(root)


def write_sgf(game: SgfGame) -> bytes:
    """The content of a file; `parse_sgf` reads the same game from it.

    Args:
        game: any.

    Raises:
        SgfError: a text that is none, or a comment, time or info without a place in the file.
    """
    return format_trees([tree_of_game(game)])


def game_of_tree(root: SgfNode) -> SgfGame:
    """The main line of a tree as a game.

    Args:
        root: the first node.

    Raises:
        SgfError: no game of ours; the message is the reason alone.
        RulesError: no size, komi or line length of ours.
    """
    rules, unknown_rules = rules_of_root(root)
    stones = np.zeros((rules.height, rules.width), np.int8)
    to_play = None
    moves: list[Move] = []
    comments: dict[int, str] = {}
    times: dict[int, TimeLeft] = {}
    for node in root.main_line():
        if not node.properties.keys().isdisjoint((*_SETUP, "PL")):
            if moves:
                raise SgfError(f"position set up after move {len(moves)}: expected it before the first")
            _set_up(stones, node, rules)
            to_play = _to_play(node) or to_play
        for move in _moves_of(node, rules, len(moves) + 1):
            moves.append(move)
            if (time := time_of_node(node, move.color)) is not None:
                times[len(moves)] = time
        text = node.text("C")
        if text is not None:
            earlier = comments.get(len(moves))
            comments[len(moves)] = text if earlier is None else f"{earlier}\n{text}"
    if len(moves) > MAX_MOVE_LIMIT:
        raise SgfError(f"{len(moves):,} moves: expected at most {MAX_MOVE_LIMIT:,}")
    info = {name: text for name in INFO if (text := root.text(name)) is not None and name != "RU"}
    if unknown_rules:
        info["RU"] = unknown_rules
    return SgfGame(
        rules=rules,
        moves=tuple(moves),
        setup=tuple(Move(int(stones.flat[action]), int(action)) for action in np.flatnonzero(stones)),
        to_play=to_play,
        handicap=_handicap(root.value("HA") or "0"),
        result=(root.text("RE") or "").strip(),
        black_name=_printable(root.text("PB")),
        white_name=_printable(root.text("PW")),
        comments=comments,
        times=times,
        info=info,
    )


def tree_of_game(game: SgfGame) -> SgfNode:
    """A tree without variations that holds a game.

    Args:
        game: any.

    Raises:
        SgfError: a text that is none, or a comment, time or info without a place in the file.
    """
    root = SgfNode()
    for name, text in (("FF", "4"), ("CA", "UTF-8"), ("AP", "yomi:")):
        root.set_text(name, text)
    set_rules(root, game.rules)
    for name, text in (("PB", game.black_name), ("PW", game.white_name), ("RE", game.result)):
        if text:
            root.set_text(name, text)
    if game.handicap:
        root.set_text("HA", str(game.handicap))
    if game.to_play is not None:
        root.set_text("PL", "B" if game.to_play == BLACK else "W")
    for name, text in game.info.items():
        if name not in INFO:
            raise SgfError(f"info {name[:20]!r}: expected one of {', '.join(INFO)}")
        root.set_text(name, text)
    for name, color in (("AB", BLACK), ("AW", WHITE)):
        points = [value_of_action(stone.action, game.rules) for stone in game.setup if stone.color == color]
        if points:
            root.properties[name] = points
    nodes = [root]
    for move in game.moves:
        name = "B" if move.color == BLACK else "W"
        nodes.append(SgfNode({name: [value_of_action(move.action, game.rules)]}))
        nodes[-2].children.append(nodes[-1])
    for number, text in game.comments.items():
        if not 0 <= number <= len(game.moves):
            raise SgfError(f"comment after move {number}: expected 0..{len(game.moves)}")
        nodes[number].set_text("C", text)
    for number, time in game.times.items():
        if not 1 <= number <= len(game.moves):
            raise SgfError(f"time after move {number}: expected 1..{len(game.moves)}")
        set_time_of_node(nodes[number], game.moves[number - 1].color, time)
    return root


def _set_up(stones: Stones, node: SgfNode, rules: Rules) -> None:
    for name, color in _SETUP.items():
        for value in dict.fromkeys(filter(None, node.properties.get(name, []))):
            first, colon, last = value.partition(b":")
            left, top = _point_of(first, rules, name)
            right, bottom = _point_of(last, rules, name) if colon else (left, top)
            if left > right or top > bottom:
                raise SgfError(f"{name}: {_shown(value)} is no rectangle from top left to bottom right")
            stones[top : bottom + 1, left : right + 1] = color


def _to_play(node: SgfNode) -> int | None:
    text = node.value("PL")
    if text is None:
        return None
    if text[:1].upper() not in _COLORS:
        raise SgfError(f"PL: {text[:10]!r}: expected B or W")
    return _COLORS[text[0].upper()]


def _moves_of(node: SgfNode, rules: Rules, number: int) -> list[Move]:
    """The one move of a node, if it has one."""
    values = [(color, value) for name, color in _COLORS.items() for value in node.properties.get(name, [])]
    if len(values) > 1:
        raise SgfError(f"move {number}: {len(values)} moves in one node")
    return [Move(color, _action_of(value, rules, f"move {number}")) for color, value in values]


def _action_of(value: bytes, rules: Rules, where: str) -> int:
    has_old_pass = rules.width <= 19 and rules.height <= 19
    if value == b"" or (value == b"tt" and has_old_pass):
        return rules.pass_action
    column, row = _point_of(value, rules, where)
    return row * rules.width + column


def _point_of(value: bytes, rules: Rules, where: str) -> tuple[int, int]:
    """Column and row of two letters, counted from the top left."""
    if len(value) == 2:
        column, row = _LETTERS.find(value[:1]), _LETTERS.find(value[1:])
        if 0 <= column < rules.width and 0 <= row < rules.height:
            return column, row
    raise SgfError(f"{where}: {_shown(value)} is no point of the board")


def value_of_action(action: int, rules: Rules) -> bytes:
    """How a file writes an action."""
    if action == rules.pass_action:
        return b""
    row, column = divmod(action, rules.width)
    return _LETTERS[column : column + 1] + _LETTERS[row : row + 1]


def _handicap(text: str) -> int:
    if not _HANDICAP.fullmatch(text):
        raise SgfError(f"handicap {text[:20]!r}: expected a number of stones")
    return int(text)


def _shown(value: bytes) -> str:
    return repr(value[:10].decode(errors="replace"))


def _printable(name: str | None) -> str:
    """A name in one line that no terminal takes for commands."""
    line = (name or "").replace("\n", " ")
    return "".join(letter for letter in line if letter.isprintable())[:MAX_NAME]
