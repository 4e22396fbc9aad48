"""The tree of an SGF file: nodes of raw properties, parsed and written by sgfmill within fixed limits.

Nothing is interpreted here, so a node is written again as it was read, whatever it says. In memory every
value is UTF-8: there a backslash or a bracket is never half of another letter, as it can be in Shift JIS.
"""

from codecs import lookup
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from sgfmill.sgf_grammar import (
    escape_text,
    make_coarse_game_tree,
    parse_sgf_collection,
    serialise_game_tree,
    text_value,
    tokenise,
)

from engine.errors import SgfError

MAX_BYTES = 10_000_000
MAX_NODES = 20_000
MAX_STRUCTURE = 500_000
"""Bytes outside the values in brackets, escapes and line ends: what time and memory of a parser depend on."""
MAX_HEAD = 100_000
"""Bytes in which a file must name its charset."""
MAX_REASON = 120
DEFAULT_CHARSET = "iso8859-1"
CHARSETS = frozenset(
    {"utf-8", "utf8", "iso-8859-1", "iso8859-1", "latin-1", "latin1", "ascii", "us-ascii"}
    | {"gb2312", "gbk", "gb18030", "big5", "shift-jis", "euc-kr"}
)
"""Python knows codecs that decompress or run escapes; only those that are alphabets may be named."""


@dataclass(eq=False)
class SgfNode:
    """One node and all that follows it.

    Attributes:
        properties: raw values by property, escapes included.
        children: the nodes that may follow, the main line first.
    """

    properties: dict[str, list[bytes]] = field(default_factory=dict)
    children: list["SgfNode"] = field(default_factory=list, repr=False)

    def value(self, name: str) -> str | None:
        """The one value of a property that takes one, without space around it; None without the property.

        Raises:
            SgfError: the property has several values.
        """
        values = self.properties.get(name)
        if values is None:
            return None
        if len(values) > 1:
            raise SgfError(f"{name[:10]}: expected one value, got {len(values)}")
        return values[0].decode().strip()

    def text(self, name: str) -> str | None:
        """The text of a property, several values on lines of their own; None without the property."""
        values = self.properties.get(name)
        return None if values is None else b"\n".join(map(text_value, values)).decode()

    def set_text(self, name: str, text: str) -> None:
        """Make a text the only value of a property; SGF knows no space but blanks and line ends.

        Raises:
            SgfError: the text has half a character.
        """
        try:
            self.properties[name] = [escape_text(text.encode())]
        except UnicodeEncodeError:
            raise SgfError(f"{name}: {ascii(text)[:MAX_REASON]} is no Unicode text") from None

    def main_line(self) -> Iterator["SgfNode"]:
        """This node, its first child, and so on to the end."""
        node = self
        yield node
        while node.children:
            node = node.children[0]
            yield node


def read_trees(path: Path) -> list[SgfNode]:
    """Read the roots of all games in a file.

    Args:
        path: the file.

    Raises:
        SgfError: it cannot be read, is malformed or too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SgfError(f"SGF {path}: {error.strerror or error}") from None
    return parse_trees(data, str(path))


def parse_trees(data: bytes, name: str) -> list[SgfNode]:
    """The roots of all games in a file's content; what stands before and between the games is skipped.

    Args:
        data: the content.
        name: of the file, for messages.

    Raises:
        SgfError: malformed or too large.
    """
    with errors_in(name):
        _check_limits(data)
        charset = _checked_charset(_first_charset(data))
        utf8 = data.decode(charset).encode()
        roots = [_unfold(tree) for tree in parse_sgf_collection(utf8)]
        for root in roots:
            if charset_of(root) != charset:
                raise SgfError(f"charset {charset_of(root)}: expected {charset}, as the file begins")
        return roots


def format_trees(roots: Sequence[SgfNode]) -> bytes:
    """The content of a file with these games, each in the charset that its root names.

    Args:
        roots: the games.

    Raises:
        SgfError: a charset that we do not write, or one that lacks a letter.
    """
    return b"".join(_format_tree(root) for root in roots)


def charset_of(root: SgfNode) -> str:
    """The codec of a game.

    Raises:
        SgfError: a charset that we do not read.
    """
    return _checked_charset(root.value("CA"))


@contextmanager
def errors_in(name: str) -> Iterator[None]:
    """Turn whatever is wrong with a file into one `SgfError` that names it."""
    try:
        yield
    except ValueError as error:
        raise SgfError(f"SGF {name}: {str(error)[:MAX_REASON]}") from None


def _check_limits(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise SgfError(f"larger than {MAX_BYTES:,} bytes")
    too_much = SgfError(f"more than {MAX_STRUCTURE:,} bytes of structure, escapes and line ends")
    unescaped = data.replace(b"\\\\", b"").replace(b"\\]", b"")
    num_marks = data.count(b"\\") + data.count(b"\n") + data.count(b"\r")
    if num_marks + unescaped.count(b"]") > MAX_STRUCTURE:
        raise too_much
    structure = _structure(unescaped)
    if num_marks + len(structure) > MAX_STRUCTURE:
        raise too_much
    if structure.count(b";") > MAX_NODES:
        raise SgfError(f"more than {MAX_NODES:,} nodes")


def _structure(unescaped: bytes) -> bytes:
    """The data with each `[value]` shortened to `[`, in linear time whatever the data is."""
    return b"[".join(part.partition(b"[")[0] for part in unescaped.split(b"]"))


def _first_charset(data: bytes) -> str | None:
    """What the first node names as its charset, looked up before anything can be decoded."""
    tokens, _ = tokenise(data[:MAX_HEAD])
    for (kind, token), (_, following) in pairwise(tokens[2:]):
        if kind == "D":
            break
        if token == b"CA" and kind == "I":
            return str(following, "ascii", "replace")
    return None


def _checked_charset(text: str | None) -> str:
    if text is None:
        return DEFAULT_CHARSET
    charset = text.strip().lower().replace("_", "-")
    if charset not in CHARSETS:
        raise SgfError(f"charset {text[:20]!r}: expected one of {', '.join(sorted(CHARSETS))}")
    return lookup(charset).name


def _unfold(tree: Any) -> SgfNode:
    """Nodes of sgfmill's parse tree, whose parts are runs of nodes up to the next choice."""
    root = SgfNode()
    to_fill = [(root, tree)]
    while to_fill:
        node, part = to_fill.pop()
        node.properties = part.sequence[0]
        for properties in part.sequence[1:]:
            node.children.append(SgfNode(properties))
            node = node.children[0]
        for variation in part.children:
            node.children.append(SgfNode())
            to_fill.append((node.children[-1], variation))
    return root


def _format_tree(root: SgfNode) -> bytes:
    charset = charset_of(root)
    tree = make_coarse_game_tree(root, lambda node: node.children, lambda node: node.properties)
    try:
        return str(serialise_game_tree(tree), "utf-8").encode(charset)
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise SgfError(f"{letter!a}: expected a letter that charset {charset} has") from None
