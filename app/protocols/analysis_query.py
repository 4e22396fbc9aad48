"""Queries of KataGo's JSON analysis protocol: which positions to look at, how long, and what to tell.

Source: David Wu, KataGo's docs/Analysis_Engine.md, and what KaTrain sends.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.options import GOMOKU_SETS, with_ruleset, without_move_limit
from app.protocols.katago_rules import rules_from_object, rules_named
from app.protocols.restrictions import Restriction
from engine.errors import IllegalMoveError, NotationError, YomiError
from engine.rulesets import Rules

if TYPE_CHECKING:
    from engine.board import State
    from engine.game import Game

MOST_VISITS = 1_000_000_000
SIDES = ("BLACK", "WHITE", "SIDETOMOVE")
WITHOUT_EFFECT = ("includeMovesOwnership", "includeOwnershipStdev", "includePVVisits", "includeNoResultValue")
"""What KataGo would add to its answers and we do not."""
SETTINGS = ("reportAnalysisWinratesAs", "maxTime")


class QueryError(YomiError):
    """A query that cannot be answered.

    Attributes:
        field: which part of it is wrong.
    """

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class Query:
    """Positions of one game, and what is wanted of them.

    Attributes:
        id: chosen by the client.
        rules: of the game.
        positions: by turn, the number of moves before it.
        priorities: by turn; higher ones go first.
        max_visits: simulations of a position, None for the agent's own number.
        max_time_s: seconds for a position, or None.
        report_s: seconds between reports while the search runs, or None.
        has_ownership: whether to tell who owns each point.
        has_policy: whether to tell the evaluator's probabilities.
        restrictions: of the moves to look at.
        wide_root_noise: how much wider than for play to search, 0 for not at all; networks alone can.
        side: of `SIDES`, from whose view chances and points are told.
        unused: fields that are not understood.
    """

    id: str
    rules: Rules
    positions: "dict[int, State]"
    priorities: dict[int, int]
    max_visits: int | None = None
    max_time_s: float | None = None
    report_s: float | None = None
    has_ownership: bool = False
    has_policy: bool = False
    restrictions: tuple[Restriction, ...] = ()
    wide_root_noise: float = 0.0
    side: str = "BLACK"
    unused: tuple[str, ...] = ()


class Fields:
    """The fields of a JSON object, each taken out once with a check of its kind."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.left = dict(values)

    def number(self, name: str, low: float, high: float, default: Any = None) -> Any:
        """A number in a range, or the default.

        Raises:
            QueryError: something else.
        """
        value = self.left.pop(name, None)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise QueryError(name, f"{name} {_shown(value)}: expected a number {low:g}..{high:g}")
        return value

    def whole(self, name: str, low: int, high: int, default: Any = None) -> Any:
        """A whole number in a range, or the default.

        Raises:
            QueryError: something else.
        """
        value = self.number(name, low, high, default)
        if value is not None and value != default and value != int(value):
            raise QueryError(name, f"{name} {_shown(value)}: expected a whole number")
        return value if value is None else int(value)

    def truth(self, name: str) -> bool:
        """True or false, false where it is left out.

        Raises:
            QueryError: something else.
        """
        value = self.left.pop(name, False)
        if not isinstance(value, bool):
            raise QueryError(name, f"{name} {_shown(value)}: expected true or false")
        return value

    def items(self, name: str) -> list[Any]:
        """A list, empty where it is left out.

        Raises:
            QueryError: something else.
        """
        value = self.left.pop(name, [])
        if not isinstance(value, list):
            raise QueryError(name, f"{name} {_shown(value)}: expected a list")
        return value


def query_of(values: dict[str, Any], query_id: str, usual: Rules) -> Query:
    """Read a query.

    Args:
        values: the JSON object.
        query_id: its `id`.
        usual: rules for what it leaves open.

    Raises:
        QueryError: it cannot be answered.
    """
    from mcts.root_width import MOST_NOISE

    fields = Fields(values)
    del fields.left["id"]
    rules = without_move_limit(_rules(fields, usual))
    game, moves = _start(fields, rules), fields.items("moves")
    turns = _turns(fields, len(moves))
    priority = fields.whole("priority", -MOST_VISITS, MOST_VISITS, 0)
    settings = _settings(fields)
    query = Query(
        id=query_id,
        rules=game.rules,
        positions=_positions(game, moves, turns),
        priorities=_priorities(fields, turns, priority),
        max_visits=fields.whole("maxVisits", 1, MOST_VISITS),
        max_time_s=settings.number("maxTime", 0.0, 1e300),
        report_s=fields.number("reportDuringSearchEvery", 0.001, 1e6),
        has_ownership=fields.truth("includeOwnership"),
        has_policy=fields.truth("includePolicy"),
        restrictions=(
            *_restrictions(fields, "avoidMoves", game.rules),
            *_restrictions(fields, "allowMoves", game.rules),
        ),
        wide_root_noise=float(settings.number("wideRootNoise", 0.0, MOST_NOISE, 0.0)),
        side=_side(settings),
    )
    for name in WITHOUT_EFFECT:
        fields.truth(name)
    return replace(query, unused=(*fields.left, *(f"overrideSettings.{name}" for name in settings.left)))


def _rules(fields: Fields, usual: Rules) -> Rules:
    from app.options import usual_rules

    width = fields.whole("boardXSize", 1, 100, usual.width)
    height = fields.whole("boardYSize", 1, 100, usual.height)
    named, bonus = fields.left.pop("rules", None), fields.left.pop("whiteHandicapBonus", None)
    points = fields.number("komi", -1000, 1000)
    try:
        sized = usual_rules(usual.game, width, height)
        rules = replace(usual, width=width, height=height, line_length=sized.line_length)
    except YomiError as error:
        raise QueryError("boardXSize", str(error)) from None
    try:
        if usual.game == "gomoku":
            if named is not None and named not in GOMOKU_SETS:
                raise QueryError("rules", f"rules {_shown(named)}: expected one of {', '.join(GOMOKU_SETS)}")
            return rules if named is None else with_ruleset(rules, named)
        if isinstance(named, dict):
            rules = rules_from_object(rules, named)
        elif named is not None:
            rules = rules_named(rules, named if isinstance(named, str) else _shown(named))
        if bonus is not None:
            rules = rules_from_object(rules, {"whiteHandicapBonus": bonus})
    except QueryError:
        raise
    except YomiError as error:
        raise QueryError("rules", str(error)) from None
    return rules if points is None else replace(rules, komi=float(points))


def _start(fields: Fields, rules: Rules) -> "Game":
    """The game before its first move."""
    import numpy as np

    from engine.board import BLACK, WHITE
    from engine.game import Game

    player = fields.left.pop("initialPlayer", None)
    to_play = BLACK if player is None else _color(player, "initialPlayer")
    stones = np.zeros((rules.height, rules.width), np.int8)
    for item in fields.items("initialStones"):
        color, action = _placed(item, rules, "initialStones")
        if action == rules.pass_action:
            raise QueryError("initialStones", "initialStones: expected points of the board")
        stones.flat[action] = color
    num_black = int((stones == BLACK).sum())
    if num_black >= 2 and not (stones == WHITE).any():
        rules = replace(rules, komi=rules.komi_for_handicap(num_black))
    try:
        return Game(rules, stones, to_play)
    except YomiError as error:
        raise QueryError("initialStones", str(error)) from None


def _turns(fields: Fields, num_moves: int) -> list[int]:
    turns = fields.items("analyzeTurns") or [num_moves]
    for turn in turns:
        if isinstance(turn, bool) or not isinstance(turn, int) or not 0 <= turn <= num_moves:
            raise QueryError("analyzeTurns", f"turn {_shown(turn)}: expected 0..{num_moves}")
    return turns


def _priorities(fields: Fields, turns: list[int], usual: int) -> dict[int, int]:
    given = fields.items("priorities") or [usual] * len(turns)
    is_whole = all(isinstance(priority, int) and abs(priority) <= MOST_VISITS for priority in given)
    if len(given) != len(turns) or not is_whole:
        raise QueryError("priorities", "priorities: expected a whole number for each of analyzeTurns")
    return dict(zip(turns, given, strict=True))


def _positions(game: "Game", moves: list[Any], turns: list[int]) -> "dict[int, State]":
    """Play a game and keep the positions of some turns; a game goes on behind two passes."""
    from app.opponent import position_to_move

    wanted, positions = set(turns), {}
    for turn in range(len(moves) + 1):
        if turn in wanted:
            if game.is_over:
                raise QueryError("analyzeTurns", f"turn {turn}: the game is over")
            positions[turn] = position_to_move(game, game.to_play)
        if turn < len(moves):
            color, action = _placed(moves[turn], game.rules, "moves")
            try:
                game.play(action, color)
            except IllegalMoveError as error:
                reason = f"{error.color} {error.vertex} ({error.reason})"
                raise QueryError("moves", f"Illegal move {turn}: {reason}") from None
            game.resume()
    return positions


def _restrictions(fields: Fields, name: str, rules: Rules) -> list[Restriction]:
    """Read a list of `{"player": "B", "moves": ["D4"], "untilDepth": 1}`."""
    restrictions = []
    for item in fields.items(name):
        inner = Fields(item) if isinstance(item, dict) else Fields({})
        player, moves = inner.left.pop("player", None), inner.items("moves")
        inner.whole("untilDepth", 1, MOST_VISITS, 1)
        if inner.left or not moves:
            raise QueryError(name, f"{name} {_shown(item)}: expected player, moves and untilDepth")
        actions = frozenset(_placed([player, move], rules, name)[1] for move in moves)
        restrictions.append(Restriction(_color(player, name), actions, name == "allowMoves"))
    return restrictions


def _placed(item: Any, rules: Rules, name: str) -> tuple[int, int]:
    """Color and action of `["B", "D4"]`."""
    from engine.notation import action_of_vertex

    if not (isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item)):
        raise QueryError(name, f'{name} {_shown(item)}: expected pairs such as ["B", "D4"]')
    try:
        return _color(item[0], name), action_of_vertex(item[1], rules)
    except NotationError as error:
        raise QueryError(name, f"{name}: {error}") from None


def _color(value: Any, name: str) -> int:
    from engine.board import BLACK, WHITE

    colors = {"b": BLACK, "black": BLACK, "w": WHITE, "white": WHITE}
    color = colors.get(value.lower()) if isinstance(value, str) else None
    if color is None:
        raise QueryError(name, f"{name}: {_shown(value)}: expected B or W")
    return color


def _settings(fields: Fields) -> Fields:
    value = fields.left.pop("overrideSettings", {})
    if not isinstance(value, dict):
        raise QueryError("overrideSettings", f"overrideSettings {_shown(value)}: expected an object")
    return Fields(value)


def _side(settings: Fields) -> str:
    value = settings.left.pop("reportAnalysisWinratesAs", SIDES[0])
    if value not in SIDES:
        raise QueryError("overrideSettings", f"{_shown(value)}: expected one of {', '.join(SIDES)}")
    return str(value)


def _shown(value: Any) -> str:
    return repr(value)[:40]
