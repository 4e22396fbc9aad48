"""GTP commands that show what a search sees while it runs, as Leela Zero, KataGo and CGOS have them.

A plain `analyze` is not among them: Sabaki would prefer it and then take chances for whole numbers. Sources:
the README of Leela Zero; docs/GTP_Extensions.md of KataGo; "GTP tournament game expansion" of CGOS.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.protocols.gtp_session import Arguments, Command, GtpSession, color_of
from app.protocols.gtp_text import Refusal
from app.protocols.restrictions import Restriction, allowed_moves

if TYPE_CHECKING:
    from engine.rulesets import Rules
    from mcts.analysis import Analysis, MoveAnalysis

USUAL_INTERVAL_S = 0.5
SHORTEST_INTERVAL_S = 0.01
MORE_OF_KATAGO = ("rootInfo", "pvVisits", "movesOwnership", "ownershipStdev", "minmoves")
"""What KataGo would add to its lines and we do not."""


@dataclass(frozen=True)
class Wish:
    """What a client wants to be shown.

    Attributes:
        color: to move.
        interval_s: seconds between two looks.
        has_ownership: whether to tell who owns each point.
        most_moves: to be named.
        restrictions: of the moves to look at.
    """

    color: int
    interval_s: float
    has_ownership: bool
    most_moves: int
    restrictions: tuple[Restriction, ...]


Line = Callable[["Analysis", "Rules", Wish], str]


def lz_line(analysis: "Analysis", rules: "Rules", wish: Wish) -> str:
    """What Leela Zero would say of a position: chances in steps of 1/10,000."""
    return " ".join(
        f"info move {_vertex(move, rules)} visits {move.visits} winrate {_steps(move.win_rate_to_play)}"
        f" prior {_steps(move.prior)} lcb {_steps(move.lcb_to_play)} order {move.order}"
        f" pv {_variation(move, rules)}"
        for move in analysis.moves[: wish.most_moves]
    )


def kata_line(analysis: "Analysis", rules: "Rules", wish: Wish) -> str:
    """What KataGo would say of it; points where they are known, the side to move first in all numbers."""
    parts = []
    for move in analysis.moves[: wish.most_moves]:
        lead = move.score_lead_to_play
        points = "" if lead is None else f" scoreMean {lead:.3f} scoreLead {lead:.3f}"
        parts.append(
            f"info move {_vertex(move, rules)} visits {move.visits}"
            f" utility {2 * move.win_rate_to_play - 1:.6f} winrate {move.win_rate_to_play:.6f}{points}"
            f" prior {move.prior:.6f} lcb {move.lcb_to_play:.6f} order {move.order}"
            f" pv {_variation(move, rules)}"
        )
    if wish.has_ownership and analysis.ownership_black is not None:
        parts.append("ownership " + " ".join(f"{share:.3f}" for share in ownership_to_play(analysis)))
    return " ".join(parts)


def cgos_line(analysis: "Analysis", rules: "Rules") -> str:
    """What CGOS shows beside a move, one JSON object."""

    def numbers(item: "Analysis | MoveAnalysis") -> dict[str, Any]:
        told = {"winrate": round(item.win_rate_to_play, 4), "visits": item.visits}
        if item.score_lead_to_play is not None:
            told["score"] = round(item.score_lead_to_play, 2)
        return told

    moves = [
        {"move": _vertex(move, rules), "prior": round(move.prior, 4), "pv": _variation(move, rules)}
        | numbers(move)
        for move in analysis.moves
    ]
    return json.dumps(numbers(analysis) | {"moves": moves})


def ownership_to_play(analysis: "Analysis") -> list[float]:
    """How likely each point ends with the side to move, -1..1; empty where nobody tells."""
    from engine.board import BLACK

    sign = 1.0 if analysis.to_play == BLACK else -1.0
    return [sign * share for share in analysis.ownership_black or ()]


def lz_analyze(session: GtpSession, words: Arguments) -> str:
    """Show moves until the client says anything."""
    return _analyze(session, words, lz_line, has_points=False)


def kata_analyze(session: GtpSession, words: Arguments) -> str:
    """The same with points and ownership."""
    return _analyze(session, words, kata_line, has_points=True)


def lz_genmove_analyze(session: GtpSession, words: Arguments) -> str:
    """Choose a move and play it, and show what is thought."""
    return _play_line(session, *choose_and_show(session, words, lz_line, has_points=False))


def kata_genmove_analyze(session: GtpSession, words: Arguments) -> str:
    """The same with points and ownership."""
    return _play_line(session, *choose_and_show(session, words, kata_line, has_points=True))


def cgos_genmove_analyze(session: GtpSession, words: Arguments) -> str:
    """Choose a move and play it; say before what is thought of it."""
    from app.opponent import position_to_move
    from app.outlook import Outlook

    color = color_of(words)
    action = session.choose(color)
    analysis = session.latest
    if analysis is not None:
        outlook = Outlook(session.rules, session.opponent.spec, session.agent.seed)
        seen = outlook.of(analysis, position_to_move(session.game, color))
        session.reply.say(cgos_line(seen, session.rules))
    return _play_line(session, action, color)


def _analyze(session: GtpSession, words: Arguments, line: Line, *, has_points: bool) -> str:
    from app.opponent import position_to_move
    from app.outlook import Outlook
    from mcts.tree_search import Limits

    wish = _wish(words, session)
    session.require_unfinished()
    player = session.opponent.player(session.rules)
    outlook = Outlook(session.rules, session.opponent.spec, session.agent.seed) if has_points else None
    position = position_to_move(session.game, wish.color)
    allowed = allowed_moves(position, session.rules, wish.restrictions)

    def show(analysis: "Analysis") -> None:
        seen = outlook.of(analysis, position) if outlook else analysis
        session.reply.say(line(seen, session.rules, wish))

    session.reply.open()
    limits = Limits(stop=lambda: session.requests.wait(0))
    found = player.think(
        position,
        limits,
        allowed=allowed,
        report=show,
        interval_s=wish.interval_s,
        wide_root_noise=session.wide_root_noise,
    )
    while not session.requests.wait(wish.interval_s):  # nothing is left to search, but the client still looks
        show(found)
    return ""


def choose_and_show(
    session: GtpSession,
    words: Arguments,
    line: Line,
    *,
    has_points: bool,
    stop: Callable[[], bool] | None = None,
) -> tuple[int, int]:
    """Choose a move and show meanwhile, and once more at the end, what is thought.

    Args:
        session: the game, which stays as it is.
        words: a color, and what the client wants to be shown.
        line: what to say of an analysis.
        has_points: whether it is to tell points and ownership.
        stop: of `GtpSession.choose`.

    Returns:
        The action, or RESIGNS, and the color.

    Raises:
        Refusal: words that make no sense, or the game is over.
        AgentError: the agent cannot play.
    """
    from app.opponent import position_to_move
    from app.outlook import Outlook

    color_of(words)
    wish = _wish(words, session)
    session.require_unfinished()
    outlook = Outlook(session.rules, session.opponent.spec, session.agent.seed) if has_points else None
    position = position_to_move(session.game, wish.color)

    def show(analysis: "Analysis") -> None:
        seen = outlook.of(analysis, position) if outlook else analysis
        session.reply.say(line(seen, session.rules, wish))

    allowed = allowed_moves(position, session.rules, wish.restrictions)
    action = session.choose(wish.color, stop=stop, allowed=allowed, report=show, interval_s=wish.interval_s)
    if session.latest is not None:
        show(session.latest)
    return action, wish.color


def _play_line(session: GtpSession, action: int, color: int) -> str:
    """The last line of an answer that has lines: `play` and the move."""
    session.reply.open()
    return f"play {session.move(action, color)}"


def _wish(words: Arguments, session: GtpSession) -> Wish:
    """Read `[COLOR] [CENTISECONDS] [KEY VALUE | avoid COLOR VERTICES DEPTH | allow ...]...`."""
    rest = list(words)
    color, interval_s, has_ownership, most_moves = session.game.to_play, USUAL_INTERVAL_S, False, 1000
    restrictions = []
    if rest and rest[0].lower() in ("b", "black", "w", "white"):
        color = color_of((rest.pop(0),))
    if rest and rest[0].isascii() and rest[0].isdigit():
        rest.insert(0, "interval")
    while rest:
        key = rest.pop(0)
        if key in ("avoid", "allow"):
            restrictions.append(_restriction(key, rest[:3], session))
            del rest[:3]
        elif not rest:
            raise Refusal(f"{key[:20]!r}: expected a value behind it")
        elif key == "interval":
            interval_s = max(_whole(key, rest.pop(0)) / 100, SHORTEST_INTERVAL_S)
        elif key == "maxmoves":
            most_moves = max(_whole(key, rest.pop(0)), 1)
        elif key == "ownership":
            has_ownership = rest.pop(0) == "true"
        elif key in MORE_OF_KATAGO:
            rest.pop(0)
        else:
            raise Refusal(f"{key[:20]!r}: expected interval, maxmoves, ownership, avoid or allow")
    return Wish(color, interval_s, has_ownership, most_moves, tuple(restrictions))


def _restriction(key: str, words: list[str], session: GtpSession) -> Restriction:
    """Read `COLOR VERTEX,VERTEX... DEPTH` behind `avoid` or `allow`."""
    from engine.notation import action_of_vertex

    if len(words) < 3:
        raise Refusal(f"{key}: expected a color, vertices with commas between them, a depth")
    _whole(key, words[2])
    actions = frozenset(action_of_vertex(vertex, session.rules) for vertex in words[1].split(","))
    return Restriction(color_of((words[0],)), actions, key == "allow")


def _whole(key: str, word: str) -> int:
    if not (word.isascii() and word.isdigit()):
        raise Refusal(f"{key} {word[:20]!r}: expected a whole number")
    return int(word[:9])


def _vertex(move: "MoveAnalysis", rules: "Rules") -> str:
    from engine.notation import vertex_of_action

    return vertex_of_action(move.action, rules)


def _variation(move: "MoveAnalysis", rules: "Rules") -> str:
    from engine.notation import vertex_of_action

    return " ".join(vertex_of_action(action, rules) for action in move.variation)


def _steps(chance: float) -> int:
    return round(10_000 * min(max(chance, 0.0), 1.0))


COMMANDS: dict[str, Command] = {
    "lz-analyze": lz_analyze,
    "kata-analyze": kata_analyze,
    "lz-genmove_analyze": lz_genmove_analyze,
    "kata-genmove_analyze": kata_genmove_analyze,
    "cgos-genmove_analyze": cgos_genmove_analyze,
}
