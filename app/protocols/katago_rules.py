"""The rules of Go in the words of KataGo: named sets, and JSON objects with a value for each rule.

Source: David Wu, KataGo's GTP extensions (docs/GTP_Extensions.md) and rules (lightvector.github.io/KataGo).
"""

import json
from dataclasses import replace
from typing import Any

from app.options import with_ruleset
from engine.errors import RulesError
from engine.rulesets import Rules

SET_NAMES = {
    "tromp-taylor": "tromp-taylor",
    "chinese": "chinese",
    "chinese-ogs": "chinese",
    "chinese-kgs": "chinese",
    "japanese": "japanese",
    "korean": "japanese",
    "aga": "aga",
    "bga": "aga",
    "french": "aga",
    "new-zealand": "new-zealand",
}
"""KataGo's sets of rules by name, as sets of ours."""
VALUES: dict[str, tuple[str, dict[Any, Any]]] = {
    "ko": ("ko", {"SIMPLE": "simple", "POSITIONAL": "positional", "SITUATIONAL": "situational"}),
    "scoring": ("scoring", {"AREA": "area", "TERRITORY": "territory"}),
    "scoringRule": ("scoring", {"AREA": "area", "TERRITORY": "territory"}),
    "koRule": ("ko", {"SIMPLE": "simple", "POSITIONAL": "positional", "SITUATIONAL": "situational"}),
    "suicide": ("suicide", {False: False, True: True}),
    "multiStoneSuicideLegal": ("suicide", {False: False, True: True}),
    "whiteHandicapBonus": ("handicap_bonus", {"0": "none", "N": "each", "N-1": "all but one"}),
}
"""For each key of an object our field, and its value for each of theirs."""
FIXED = {"tax": "NONE", "taxRule": "NONE", "hasButton": False}
"""What we do not offer a choice of; territory in seki counts, so there is no `SEKI`."""
IGNORED = ("friendlyPassOk",)


def rules_as_json(rules: Rules) -> dict[str, Any]:
    """What `kata-get-rules` says of rules of Go."""
    told: dict[str, Any] = {"friendlyPassOk": False, "hasButton": FIXED["hasButton"]}
    for key in ("ko", "scoring", "suicide", "whiteHandicapBonus"):
        field, values = VALUES[key]
        told[key] = next(theirs for theirs, ours in values.items() if ours == getattr(rules, field))
    return dict(sorted((told | {"tax": FIXED["tax"]}).items()))


def rules_named(rules: Rules, name: str) -> Rules:
    """The rules under a set that KataGo names; size, komi and limits stay.

    Raises:
        RulesError: no set of ours.
    """
    key = name.strip().lower().replace("_", "-").replace(" ", "-")
    if key not in SET_NAMES:
        raise RulesError(f"rules {name[:40]!r}: expected one of {', '.join(SET_NAMES)} or a JSON object")
    named = with_ruleset(rules, SET_NAMES[key])
    return replace(named, komi=rules.komi, move_limit=rules.move_limit)


def rules_from_json(rules: Rules, text: str) -> Rules:
    """The rules with the changes that a JSON object names.

    Args:
        rules: of Go.
        text: the object.

    Raises:
        RulesError: it is none, or names something that we do not have.
    """
    try:
        changes = json.loads(text)
    except (ValueError, RecursionError):
        changes = None
    if not isinstance(changes, dict):
        raise RulesError(f"rules {text[:40]!r}: expected a JSON object")
    return rules_from_object(rules, changes)


def rules_from_object(rules: Rules, changes: dict[str, Any]) -> Rules:
    """See `rules_from_json`."""
    if rules.game != "go":
        raise RulesError("rules: expected a game of Go")
    fields: dict[str, Any] = {}
    for key, value in changes.items():
        if key in VALUES:
            field, values = VALUES[key]
            if not isinstance(value, str | bool) or value not in values:
                raise RulesError(f"{key} {str(value)[:20]!r}: expected one of {', '.join(map(str, values))}")
            fields[field] = values[value]
        elif key in FIXED:
            if value != FIXED[key]:
                raise RulesError(f"{key} {str(value)[:20]!r}: expected {FIXED[key]}")
        elif key not in IGNORED:
            raise RulesError(f"rule {key[:20]!r}: expected one of {', '.join((*VALUES, *FIXED))}")
    return replace(rules, **fields)
