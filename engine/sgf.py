"""Games to and from SGF files, read by sgfmill within fixed limits.

Of a tree of variations only the main line counts. SGF states game, size and komi; ko and suicide are the
defaults of `engine.rulesets`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sgfmill.sgf import Sgf_game
from sgfmill.sgf_grammar import parse_sgf_game

from engine.board import BLACK, WHITE
from engine.errors import SgfError
from engine.game import Move
from engine.rulesets import LineRule, Rules, go_rules, gomoku_rules

MAX_BYTES = 10_000_000
MAX_NODES = 20_000
MAX_STRUCTURE = 500_000
"""Bytes outside the values in brackets, on which the time of a parser depends."""
MAX_NAME = 100
MAX_REASON = 120
CHARSETS = frozenset(
    {"utf-8", "utf8", "iso-8859-1", "iso8859-1", "latin-1", "latin1", "ascii", "us-ascii"}
    | {"gb2312", "gbk", "gb18030", "shift-jis", "euc-kr"}
)
GAME_TYPES = {1: "go", 4: "gomoku"}
_COLORS = {"b": BLACK, "w": WHITE}
_LINE_RULE = re.compile(r"(freestyle|standard|renju|caro) ([0-9]{1,2})", re.ASCII)
_WIN = re.compile(r"(b|w|black|white)\+(.*)", re.IGNORECASE | re.DOTALL)
_POINTS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?", re.ASCII)


@dataclass(frozen=True)
class SgfGame:
    """What a file tells of one game; the moves need not be legal.

    Attributes:
        rules: the game, its square board and komi (0 where the file names none).
        moves: the main line.
        setup: stones on the board before the first move, by rising action.
        result_black: +1, 0 or -1 for Black; None where it is unknown or void.
        score_black: points by which Black won, negative if White did, 0 in a draw; None without a count.
        black_name: empty when unknown.
        white_name: empty when unknown.
    """

    rules: Rules
    moves: tuple[Move, ...]
    setup: tuple[Move, ...] = ()
    result_black: int | None = None
    score_black: float | None = None
    black_name: str = ""
    white_name: str = ""


def read_sgf(path: Path) -> SgfGame:
    """Read the first game of a file.

    Args:
        path: the file.

    Raises:
        SgfError: it cannot be read, is malformed or too large, or holds no game of ours.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SgfError(f"SGF {path}: {error.strerror or error}") from None
    return parse_sgf(data, str(path))


def parse_sgf(data: bytes, name: str) -> SgfGame:
    """Read the first game of a file's content.

    Args:
        data: the content.
        name: of the file, for messages.

    Raises:
        SgfError: malformed, too large, or no game of ours.
    """
    try:
        _check_limits(data)
        tree = parse_sgf_game(data)
        _check_charset(tree.sequence[0])
        return _game_of(Sgf_game.from_coarse_game_tree(tree))
    except (ValueError, LookupError, UnicodeError) as error:
        reason = str(error)[:MAX_REASON] or "a value that cannot be read"
        raise SgfError(f"SGF {name}: {reason}") from None


def write_sgf(game: SgfGame) -> bytes:
    """The content of a file; `parse_sgf` reads the same game from it.

    Args:
        game: on a square board.

    Raises:
        SgfError: the board is no square, which sgfmill cannot write.
    """
    rules = game.rules
    if rules.width != rules.height:
        raise SgfError(f"SGF: expected a square board, got {rules.width}x{rules.height}")
    tree = Sgf_game(rules.width)
    root = tree.get_root()
    root.set("AP", ("yomi", ""))
    if rules.game == "go":
        root.set("KM", rules.komi)
        root.set("RU", "Chinese")
    else:
        root.set("GM", 4)
        root.set("RU", f"{rules.line_rule} {rules.line_length}")
    for key, name in (("PB", game.black_name), ("PW", game.white_name)):
        if name:
            root.set(key, name)
    if game.result_black is not None:
        root.set("RE", _result_text(game.result_black, game.score_black))
    if game.setup:
        stones: dict[int, list[Any]] = {BLACK: [], WHITE: []}
        for stone in game.setup:
            stones[stone.color].append(_point_of(stone.action, rules))
        root.set_setup_stones(stones[BLACK], stones[WHITE])
    node = root
    for move in game.moves:
        node = node.new_child()
        node.set_move("b" if move.color == BLACK else "w", _point_of(move.action, rules))
    return bytes(tree.serialise())


def _check_limits(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise SgfError(f"larger than {MAX_BYTES:,} bytes")
    structure = _structure(data)
    if structure.count(b";") > MAX_NODES:
        raise SgfError(f"more than {MAX_NODES:,} nodes")
    if len(structure) > MAX_STRUCTURE:
        raise SgfError(f"more than {MAX_STRUCTURE:,} bytes of structure")


def _structure(data: bytes) -> bytes:
    """The data with each `[value]` shortened to `[`, in linear time whatever the data is."""
    unescaped = data.replace(b"\\\\", b"").replace(b"\\]", b"")
    return b"[".join(part.partition(b"[")[0] for part in unescaped.split(b"]"))


def _check_charset(root: dict[str, list[bytes]]) -> None:
    """Python knows codecs that decompress or run escapes; only those that are alphabets may be named."""
    text = root.get("CA", [b"latin-1"])[0].decode("ascii", "replace")
    if text.strip().lower().replace("_", "-") not in CHARSETS:
        raise SgfError(f"charset {text[:20]!r}: expected one of {', '.join(sorted(CHARSETS))}")


def _game_of(tree: Any) -> SgfGame:
    root = tree.get_root()
    rules = _rules_of(root, tree.get_size(), tree.get_komi())
    setup: dict[int, int] = {}
    moves: list[Move] = []
    for node in tree.main_sequence_iter():
        if node.has_setup_stones():
            if moves:
                raise SgfError(f"stones set up after move {len(moves)}")
            black, white, empty = node.get_setup_stones()
            setup |= {_action_of(point, rules): BLACK for point in black}
            setup |= {_action_of(point, rules): WHITE for point in white}
            for point in empty:
                setup.pop(_action_of(point, rules), None)
        color, text = node.get_raw_move()
        if color is not None:
            try:
                moves.append(Move(_COLORS[color], _action_of(node.get_move()[1], rules)))
            except ValueError:
                raise SgfError(f"move {len(moves) + 1}: {text[:10]!r} is no point of the board") from None
    result, score = _parse_result(root.get("RE") if root.has_property("RE") else "")
    return SgfGame(
        rules=rules,
        moves=tuple(moves),
        setup=tuple(Move(setup[action], action) for action in sorted(setup)),
        result_black=result,
        score_black=score,
        black_name=_printable(tree.get_player_name("b")),
        white_name=_printable(tree.get_player_name("w")),
    )


def _rules_of(root: Any, size: int, komi: float) -> Rules:
    number = root.get("GM") if root.has_property("GM") else 1
    if number not in GAME_TYPES:
        raise SgfError(f"game type {str(number)[:20]}: expected 1 (Go) or 4 (Gomoku)")
    if GAME_TYPES[number] == "go":
        return go_rules(size, komi=komi)
    stated = _LINE_RULE.fullmatch(root.get("RU")) if root.has_property("RU") else None
    if stated is None:
        return gomoku_rules(size)
    return gomoku_rules(size, line_length=int(stated[2]), line_rule=cast(LineRule, stated[1]))


def _parse_result(text: str) -> tuple[int | None, float | None]:
    text = text.strip()
    if text.lower() in ("0", "draw", "jigo"):
        return 0, 0.0
    match = _WIN.fullmatch(text)
    if match is None:
        return None, None
    sign = 1 if match[1].lower().startswith("b") else -1
    return sign, sign * float(match[2]) if _POINTS.fullmatch(match[2]) else None


def _result_text(result: int, score: float | None) -> str:
    if result == 0:
        return "0"
    return ("B+" if result > 0 else "W+") + ("" if score is None else f"{abs(score):g}")


def _printable(name: str | None) -> str:
    """A name that no terminal takes for commands."""
    return "".join(letter for letter in name or "" if letter.isprintable())[:MAX_NAME]


def _action_of(point: tuple[int, int] | None, rules: Rules) -> int:
    """Action of sgfmill's `(row, column)` with row 0 at the bottom; None is pass."""
    if point is None:
        return rules.pass_action
    row, column = point
    return (rules.height - 1 - row) * rules.width + column


def _point_of(action: int, rules: Rules) -> tuple[int, int] | None:
    """Inverse of `_action_of`."""
    if action == rules.pass_action:
        return None
    return rules.height - 1 - action // rules.width, action % rules.width
