"""Rules to and from the root of an SGF file: which game, size, komi and set of rules."""

import re
from typing import Any, cast

from engine.errors import SgfError
from engine.rulesets import GO_RULESETS, LineRule, Rules, gomoku_rules
from engine.sgf_tree import SgfNode

GAME_TYPES = {"1": "go", "4": "gomoku"}
DEFAULT_SIZE = "19"
SET_NAMES = {
    "chinese": "Chinese",
    "japanese": "Japanese",
    "aga": "AGA",
    "new-zealand": "NZ",
    "tromp-taylor": "Tromp-Taylor",
}
"""How files name the sets of `GO_RULESETS`."""
DEVIATIONS: dict[str, tuple[str, Any]] = {
    "simple ko": ("ko", "simple"),
    "positional superko": ("ko", "positional"),
    "situational superko": ("ko", "situational"),
    "suicide": ("suicide", True),
    "no suicide": ("suicide", False),
    "area": ("scoring", "area"),
    "territory": ("scoring", "territory"),
    "no handicap bonus": ("handicap_bonus", "none"),
    "handicap bonus each": ("handicap_bonus", "each"),
    "handicap bonus all but one": ("handicap_bonus", "all but one"),
}
"""Words of ours behind the name of a set, for rules that differ from it: `Chinese, suicide`."""
_SETS = {name.replace("-", ""): name for name in SET_NAMES} | {"nz": "new-zealand"}
_NOT_IN_NAME = re.compile(r"rules?$|[^a-z]")
_SIZE = re.compile(r"([0-9]{1,4})(?::([0-9]{1,4}))?", re.ASCII)
_REAL = re.compile(r"[+-]?[0-9]{0,20}\.?[0-9]{0,20}(e[+-]?[0-9]{1,3})?", re.ASCII)
_LINE = re.compile(r"(freestyle|standard|renju|caro)(?: ([0-9]{1,2}))?", re.ASCII | re.IGNORECASE)


def rules_of_root(root: SgfNode) -> tuple[Rules, str]:
    """The rules that a root names, and its `RU` where that is none of ours: then Go has the default rules.

    Raises:
        SgfError: no game of ours.
        RulesError: no size, komi or line length of ours.
    """
    width, height = _size(root.value("SZ") or DEFAULT_SIZE)
    text = (root.text("RU") or "").strip()
    if _game_type(root.value("GM") or "1") == "gomoku":
        line = _LINE.fullmatch(text)
        if line is None:
            return gomoku_rules(width, height), text
        line_rule = cast(LineRule, line[1].lower())
        return gomoku_rules(width, height, line_length=int(line[2] or 5), line_rule=line_rule), ""
    options = _go_options(text)
    rules = Rules("go", width, height, **(options or {}) | {"komi": _komi(root.value("KM") or "0")})
    return rules, "" if options else text


def set_rules(root: SgfNode, rules: Rules) -> None:
    """Write rules into a root; a move limit has no place there.

    Args:
        root: receives `GM`, `SZ`, `RU` and, in Go, `KM`.
        rules: any.
    """
    is_square = rules.width == rules.height
    root.set_text("SZ", str(rules.width) if is_square else f"{rules.width}:{rules.height}")
    if rules.game == "gomoku":
        root.set_text("GM", "4")
        root.set_text("RU", f"{rules.line_rule} {rules.line_length}")
        return
    root.set_text("GM", "1")
    root.set_text("KM", repr(rules.komi).removesuffix(".0"))
    root.set_text("RU", go_rules_text(rules))


def go_rules_text(rules: Rules) -> str:
    """The set that these rules are nearest to, and how they differ from it."""
    texts: list[list[str]] = []
    for name, set_name in SET_NAMES.items():
        base = Rules("go", rules.width, rules.height, **GO_RULESETS[name])
        words = [
            word
            for word, (field, value) in DEVIATIONS.items()
            if getattr(rules, field) == value != getattr(base, field)
        ]
        texts.append([set_name, *words])
    shortest = min(texts, key=len)
    return ", ".join(shortest)


def _go_options(text: str) -> dict[str, Any] | None:
    name, *words = [part.strip() for part in text.lower().split(",")]
    ruleset = _SETS.get(_NOT_IN_NAME.sub("", name))
    if ruleset is None or any(word not in DEVIATIONS for word in words):
        return None
    return GO_RULESETS[ruleset] | dict(DEVIATIONS[word] for word in words)


def _game_type(text: str) -> str:
    if text not in GAME_TYPES:
        raise SgfError(f"game type {text[:20]!r}: expected 1 (Go) or 4 (Gomoku)")
    return GAME_TYPES[text]


def _size(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise SgfError(f"size {text[:20]!r}: expected a number such as 9, or columns:rows such as 9:13")
    return int(match[1]), int(match[2] or match[1])


def _komi(text: str) -> float:
    if not _REAL.fullmatch(text) or not any(letter.isdigit() for letter in text.partition("e")[0]):
        raise SgfError(f"komi {text[:20]!r}: expected a number")
    return float(text)
