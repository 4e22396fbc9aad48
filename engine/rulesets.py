"""The rules of a game as data: which game and size, which ko, count, komi and line; and the named sets."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from engine.errors import RulesError

MAX_SIDE = 20
MAX_MOVE_LIMIT = 10_000
GameName = Literal["go", "gomoku"]
KoRule = Literal["simple", "positional", "situational"]
Scoring = Literal["area", "territory"]
HandicapBonus = Literal["none", "each", "all but one"]
LineRule = Literal["freestyle", "standard", "renju", "caro"]
KO_RULES: tuple[KoRule, ...] = get_args(KoRule)
LINE_RULES: tuple[LineRule, ...] = get_args(LineRule)
_CHOICES: dict[str, tuple[str, ...]] = {
    "ko": KO_RULES,
    "scoring": get_args(Scoring),
    "handicap_bonus": get_args(HandicapBonus),
    "line_rule": LINE_RULES,
}

GO_RULESETS: dict[str, dict[str, Any]] = {
    "tromp-taylor": {"komi": 7.5, "suicide": True},
    "chinese": {"komi": 7.5, "handicap_bonus": "each"},
    "japanese": {"komi": 6.5, "ko": "simple", "scoring": "territory"},
    "aga": {"komi": 7.5, "ko": "situational", "handicap_bonus": "all but one"},
    "new-zealand": {"komi": 7.0, "ko": "situational", "suicide": True},
}
"""What each named set of rules changes in `Rules`; docs/rules.md says what of it is not covered."""


@dataclass(frozen=True)
class Rules:
    """One game at one size.

    Attributes:
        game: `go` or `gomoku` (any k in a row).
        width: columns, 1..20.
        height: rows, 1..20.
        komi: points White is given, Go only.
        ko: `simple`, `positional` superko (no earlier board of the game may come back) or `situational`
            superko (no earlier board with the same side to move), Go only.
        suicide: whether a play may remove its own chain of two or more stones, Go only.
        scoring: `area`, or `territory` (empty points and prisoners), Go only.
        handicap_bonus: points White is given for the handicap stones of Black: `none`, one for `each` stone,
            or for `all but one`, Go only.
        line_length: stones in a row that win, Gomoku only.
        line_rule: which lines win, Gomoku only: `freestyle` (that many or more), `standard` (exactly that
            many), `renju` (Black exactly five and no forbidden move, White five or more), `caro` (exactly
            that many do not if the opponent blocks both ends).
        move_limit: moves after which a game of Go ends and is scored; 0 chooses 3 x area.
    """

    game: GameName
    width: int
    height: int
    komi: float = 0.0
    ko: KoRule = "positional"
    suicide: bool = False
    scoring: Scoring = "area"
    handicap_bonus: HandicapBonus = "none"
    line_length: int = 5
    line_rule: LineRule = "freestyle"
    move_limit: int = 0

    def __post_init__(self) -> None:
        if self.game not in ("go", "gomoku"):
            raise RulesError(f"game {self.game!r}: expected go or gomoku")
        for name in ("width", "height", "line_length", "move_limit"):
            if not isinstance(getattr(self, name), int):
                raise RulesError(f"{name} {getattr(self, name)!r}: expected a whole number")
        for name, side in (("width", self.width), ("height", self.height)):
            if not 1 <= side <= MAX_SIDE:
                raise RulesError(f"{name} {side}: expected 1..{MAX_SIDE}")
        if not math.isfinite(self.komi) or abs(self.komi) > 1000:
            raise RulesError(f"komi {self.komi}: expected a number between -1000 and 1000")
        for name, kinds in _CHOICES.items():
            if getattr(self, name) not in kinds:
                raise RulesError(f"{name} {getattr(self, name)!r}: expected one of {', '.join(kinds)}")
        if self.line_rule == "renju" and self.game == "gomoku" and self.line_length != 5:
            raise RulesError(f"line length {self.line_length}: expected 5 in renju")
        if not 2 <= self.line_length <= MAX_SIDE:
            raise RulesError(f"line length {self.line_length}: expected 2..{MAX_SIDE}")
        if not 0 <= self.move_limit <= MAX_MOVE_LIMIT:
            raise RulesError(f"move limit {self.move_limit}: expected 0..{MAX_MOVE_LIMIT}")

    @property
    def area(self) -> int:
        """Points of the board."""
        return self.width * self.height

    @property
    def num_actions(self) -> int:
        """Length of a policy: every point, row by row from the top, then pass."""
        return self.area + 1

    @property
    def pass_action(self) -> int:
        """Index of pass; in Gomoku it exists and is never legal."""
        return self.area

    @property
    def resolved_move_limit(self) -> int:
        """Moves after which the game ends whatever happens."""
        if self.game == "gomoku":
            return self.area
        return self.move_limit or max(3 * self.area, 12)

    def komi_for_handicap(self, num_stones: int) -> float:
        """Komi of a game with handicap stones, what White is given for them included."""
        bonus = {"none": 0, "each": num_stones, "all but one": num_stones - 1}
        return self.komi + bonus[self.handicap_bonus]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as stored with runs and games."""
        return asdict(self)

    def describe(self) -> str:
        """One line for a person, such as `Go 9x9, komi 7.0, positional superko, no suicide`."""
        size = f"{self.width}x{self.height}"
        if self.game == "gomoku":
            return f"Gomoku {size}, {self.line_length} in a row, {self.line_rule}"
        ko = "simple ko" if self.ko == "simple" else f"{self.ko} superko"
        suicide = "suicide allowed" if self.suicide else "no suicide"
        count = ", territory" if self.scoring == "territory" else ""
        return f"Go {size}, komi {self.komi:g}, {ko}, {suicide}{count}"


def rules_from_dict(values: dict[str, Any]) -> Rules:
    """Rules from stored values; unknown keys are errors.

    Raises:
        RulesError: a key is unknown or a value out of range.
    """
    try:
        rules = Rules(**values)
        for name, default in asdict(Rules("go", 1, 1)).items():
            kinds = (int, float) if isinstance(default, float) else type(default)
            if not isinstance(getattr(rules, name), kinds):
                raise TypeError(f"{name} has the wrong type")
        return rules
    except TypeError as error:
        raise RulesError(f"rules {values!r}: {error}") from None


def go_rules(
    width: int, height: int | None = None, *, komi: float | None = None, ruleset: str | None = None
) -> Rules:
    """Go under one of the named sets of rules; left out, area score, positional superko, no suicide.

    Args:
        width: columns.
        height: rows; square when left out.
        komi: points for White; left out, what the set names, else 7 on 9x9 and larger boards, 6.5 on
            smaller ones.
        ruleset: a key of `GO_RULESETS`.

    Raises:
        RulesError: no such set or size.
    """
    if ruleset is not None and ruleset not in GO_RULESETS:
        raise RulesError(f"rules {ruleset!r}: expected one of {', '.join(GO_RULESETS)}")
    options = dict(GO_RULESETS[ruleset]) if ruleset else {"komi": 7.0 if width >= 9 else 6.5}
    if komi is not None:
        options["komi"] = komi
    return Rules("go", width, width if height is None else height, **options)


def gomoku_rules(
    width: int,
    height: int | None = None,
    *,
    line_length: int | None = None,
    line_rule: LineRule = "freestyle",
) -> Rules:
    """Gomoku: five in a row, or shorter lines on teaching boards.

    Args:
        width: columns.
        height: rows; square when left out.
        line_length: stones that win; left out, 5, or 4 on 6x6 and smaller, 3 on 3x3.
        line_rule: `freestyle`, `standard`, `renju` or `caro`.

    Raises:
        RulesError: no such rule or size.
    """
    height = width if height is None else height
    if line_length is None:
        smallest = min(width, height)
        line_length = 5 if smallest >= 7 else 4 if smallest >= 4 else 3
    return Rules("gomoku", width, height, line_length=line_length, line_rule=line_rule)
