"""The rules of a game as data: which game, which size, which ko, komi and line length."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from engine.errors import RulesError

MAX_SIDE = 20
GameName = Literal["go", "gomoku"]
KoRule = Literal["simple", "positional"]


@dataclass(frozen=True)
class Rules:
    """One game at one size.

    Attributes:
        game: `go` or `gomoku` (any k in a row).
        width: columns, 1..20.
        height: rows, 1..20.
        komi: points White is given, Go only.
        ko: `simple`, or `positional` superko (no earlier board of the game may come back), Go only.
        suicide: whether a play may remove its own chain of two or more stones, Go only.
        line_length: stones in a row that win, Gomoku only.
        exact: whether a longer line does not win (standard Gomoku), Gomoku only.
        move_limit: moves after which a game of Go ends and is scored; 0 chooses 3 x area.
    """

    game: GameName
    width: int
    height: int
    komi: float = 0.0
    ko: KoRule = "positional"
    suicide: bool = False
    line_length: int = 5
    exact: bool = False
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
        if self.ko not in ("simple", "positional"):
            raise RulesError(f"ko rule {self.ko!r}: expected simple or positional")
        if not 2 <= self.line_length <= MAX_SIDE:
            raise RulesError(f"line length {self.line_length}: expected 2..{MAX_SIDE}")
        if not 0 <= self.move_limit <= 10_000:
            raise RulesError(f"move limit {self.move_limit}: expected 0..10000")

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

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as stored with runs and games."""
        return asdict(self)

    def describe(self) -> str:
        """One line for a person, such as `Go 9x9, komi 7.0, positional superko, no suicide`."""
        size = f"{self.width}x{self.height}"
        if self.game == "gomoku":
            kind = "exactly" if self.exact else "at least"
            return f"Gomoku {size}, {kind} {self.line_length} in a row"
        ko = "positional superko" if self.ko == "positional" else "simple ko"
        suicide = "suicide allowed" if self.suicide else "no suicide"
        return f"Go {size}, komi {self.komi:g}, {ko}, {suicide}"


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


def go_rules(width: int, height: int | None = None, *, komi: float | None = None) -> Rules:
    """Go as yomi plays it by default: area score, positional superko, no suicide.

    Args:
        width: columns.
        height: rows; square when left out.
        komi: points for White; left out, 7 on 9x9 and larger boards, 6.5 on smaller ones.
    """
    if komi is None:
        komi = 7.0 if width >= 9 else 6.5
    return Rules("go", width, width if height is None else height, komi=komi)


def gomoku_rules(
    width: int, height: int | None = None, *, line_length: int | None = None, exact: bool = False
) -> Rules:
    """Gomoku: five in a row, or shorter lines on teaching boards.

    Args:
        width: columns.
        height: rows; square when left out.
        line_length: stones that win; left out, 5, or 4 on 6x6 and smaller, 3 on 3x3.
        exact: standard Gomoku, where six or more in a row do not win.
    """
    height = width if height is None else height
    if line_length is None:
        smallest = min(width, height)
        line_length = 5 if smallest >= 7 else 4 if smallest >= 4 else 3
    return Rules("gomoku", width, height, line_length=line_length, exact=exact)
