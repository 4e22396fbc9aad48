"""GTP commands that prepare a game: size, komi, rules, and games from files."""

import json
import math
from dataclasses import replace
from pathlib import Path

from app.console import announce_compilation
from app.options import GOMOKU_SETS, with_ruleset
from app.protocols.gtp_session import Arguments, Command, GtpSession, number_of, with_side
from app.protocols.gtp_text import Refusal
from app.protocols.katago_rules import rules_as_json, rules_from_json, rules_named
from engine.errors import IllegalMoveError, RulesError, YomiError

KGS_RULES = {"chinese": "chinese", "aga": "aga", "new_zealand": "new-zealand", "japanese": "japanese"}


def boardsize(session: GtpSession, words: Arguments) -> str:
    """Empty a square board, or a rectangle of a given width and height."""
    sides = [
        number_of(words, place, "boardsize not an integer") for place in range(max(1, min(len(words), 2)))
    ]
    session.start_over(with_side(session.rules, sides[0], sides[-1]))
    return ""


def rectangular_boardsize(session: GtpSession, words: Arguments) -> str:
    """Empty a board of a width and a height."""
    width, height = (number_of(words, place, "boardsize not an integer") for place in (0, 1))
    session.start_over(with_side(session.rules, width, height))
    return ""


def clear_board(session: GtpSession, _: Arguments) -> str:
    """Start a new game, with all that is slow behind us."""
    announce_compilation()
    session.opponent.warm_up(session.rules)
    session.start_over(session.rules)
    return ""


def komi(session: GtpSession, words: Arguments) -> str:
    """Set the points for White."""
    try:
        points = float(words[0])
        if not math.isfinite(points):
            raise ValueError
    except (IndexError, ValueError):
        raise Refusal("komi not a float") from None
    try:
        rules = replace(session.rules, komi=points)
    except RulesError:
        raise Refusal("unacceptable komi") from None
    session.change_rules(rules)
    return ""


def get_komi(session: GtpSession, _: Arguments) -> str:
    """Say the points for White."""
    return f"{session.rules.komi:g}"


def kata_get_rules(session: GtpSession, _: Arguments) -> str:
    """Say the rules in KataGo's words; for Gomoku the name of the set."""
    if session.rules.game == "gomoku":
        return session.rules.line_rule
    return json.dumps(rules_as_json(session.rules))


def kata_set_rules(session: GtpSession, words: Arguments) -> str:
    """Change the rules to a named set or to what a JSON object says."""
    text = " ".join(words)
    if session.rules.game == "gomoku":
        if text not in GOMOKU_SETS:
            raise Refusal(f"rules {text[:40]!r}: expected one of {', '.join(GOMOKU_SETS)}")
        session.change_rules(with_ruleset(session.rules, text))
    elif text.startswith("{"):
        session.change_rules(rules_from_json(session.rules, text))
    else:
        session.change_rules(rules_named(session.rules, text))
    return ""


def kata_set_rule(session: GtpSession, words: Arguments) -> str:
    """Change one rule."""
    if len(words) != 2:
        raise Refusal("expected the name of a rule and its value")
    name, value = words
    changed = json.dumps({name: value == "true" if value in ("true", "false") else value})
    session.change_rules(rules_from_json(session.rules, changed))
    return ""


def kgs_rules(session: GtpSession, words: Arguments) -> str:
    """Change the rules to a set as KGS names it."""
    if not words or words[0] not in KGS_RULES:
        raise Refusal(f"expected one of {', '.join(KGS_RULES)}")
    session.change_rules(rules_named(session.rules, KGS_RULES[words[0]]))
    return ""


def loadsgf(session: GtpSession, words: Arguments) -> str:
    """Take up the main line of a file, up to the move before a given number."""
    from engine.notation import color_name
    from engine.sgf import read_sgf
    from engine.sgf_replay import starting_game

    if not words:
        raise Refusal("missing filename")
    end = number_of(words, 1, "move number not an integer") - 1 if len(words) > 1 else None
    try:
        record = read_sgf(Path(words[0]))
        start = starting_game(record)
    except (OSError, YomiError, ValueError):  # a name with a NUL is a ValueError
        raise Refusal("cannot load file") from None
    if record.rules.game != session.rules.game:
        raise Refusal(f"cannot load file: expected {session.rules.game}")
    moves = list(record.moves[: None if end is None else max(end, 0)])
    rules = with_side(start.rules, record.rules.width, record.rules.height)
    rules = replace(rules, line_length=record.rules.line_length)
    try:
        session.start_from(rules, start.stones(), moves[0].color if moves else start.to_play, moves)
    except IllegalMoveError as error:
        raise Refusal(f"cannot load file: {error}") from None
    return color_name(session.game.to_play)


COMMANDS: dict[str, Command] = {
    "boardsize": boardsize,
    "rectangular_boardsize": rectangular_boardsize,
    "clear_board": clear_board,
    "komi": komi,
    "get_komi": get_komi,
    "kata-get-rules": kata_get_rules,
    "kata-set-rules": kata_set_rules,
    "kata-set-rule": kata_set_rule,
    "kgs-rules": kgs_rules,
    "loadsgf": loadsgf,
}
