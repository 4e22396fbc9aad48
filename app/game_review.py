"""A whole game under review: the chances of every position, the moves that lost most, notes for its file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.screens.course import course_of_record
from engine.board import BLACK, WHITE
from engine.game import Game
from engine.notation import color_name, vertex_of_action
from engine.rulesets import Rules
from engine.sgf import SgfGame, value_of_action
from engine.sgf_tree import SgfNode
from mcts.analysis import Analysis

BAD, VERY_BAD = 0.1, 0.2
"""Chances of winning that a move loses: from the first on it is a mistake, from the second on a blunder."""


@dataclass(frozen=True)
class MoveReview:
    """One move of a game and what could have been played instead.

    Attributes:
        number: from 1.
        color: BLACK or WHITE.
        action: what was played.
        win_rate: chance of its side behind it.
        best: what the search would have played.
        best_win_rate: chance of its side before it.
        variation: how the game could have gone on, `best` first.
    """

    number: int
    color: int
    action: int
    win_rate: float
    best: int
    best_win_rate: float
    variation: tuple[int, ...]

    @property
    def loss(self) -> float:
        """Chance that the move lost; at least 0, and 0 for the move that the search would have played."""
        return 0.0 if self.action == self.best else max(self.best_win_rate - self.win_rate, 0.0)

    @property
    def verdict(self) -> str:
        """`blunder`, `mistake` or nothing."""
        return "blunder" if self.loss >= VERY_BAD else "mistake" if self.loss >= BAD else ""

    def to_dict(self, rules: Rules) -> dict[str, Any]:
        """Plain values with vertices for actions."""
        return {
            "move": self.number,
            "color": color_name(self.color),
            "vertex": vertex_of_action(self.action, rules),
            "win_rate": round(self.win_rate, 4),
            "best": vertex_of_action(self.best, rules),
            "best_win_rate": round(self.best_win_rate, 4),
            "loss": round(self.loss, 4),
            "verdict": self.verdict,
            "variation": [vertex_of_action(action, rules) for action in self.variation],
        }


@dataclass(frozen=True)
class GameReview:
    """All that was found out about one game.

    Attributes:
        rules: of the game.
        win_rates_black: chance of Black by the number of moves before it.
        moves: the reviewed moves; one out of turn is not judged.
    """

    rules: Rules
    win_rates_black: dict[int, float]
    moves: tuple[MoveReview, ...]

    def faults(self) -> list[MoveReview]:
        """The mistakes and blunders, in the order of the game."""
        return [move for move in self.moves if move.verdict]


def review(record: SgfGame, analyze: Callable[[Game], Analysis], advance: Callable[[], None]) -> GameReview:
    """Look at every position of a game.

    Args:
        record: the game.
        analyze: looks at one position that is not over.
        advance: called after each position.

    Raises:
        SgfError: the rules forbid a move of it.
    """
    course = course_of_record(record)
    course.go_to(0)
    rates: dict[int, float] = {}
    moves: list[MoveReview] = []
    before = None
    while True:
        if course.game.is_over and not course.future:
            rates[course.ply] = _final_rate_black(course.game)
        else:
            course.game.resume()
            after = analyze(course.game)
            rate = after.moves[0].win_rate_to_play
            rates[course.ply] = rate if after.to_play == BLACK else 1 - rate
        advance()
        if before is not None:
            judged = _judged(before, course.game, rates[course.ply])
            moves += [judged] if judged is not None else []
        if not course.future:
            return GameReview(record.rules, rates, tuple(moves))
        before = after
        course.go_to(course.ply + 1)


def _final_rate_black(game: Game) -> float:
    winner = game.winner(game.proven_dead())
    return 1.0 if winner == BLACK else 0.0 if winner == WHITE else 0.5


def _judged(before: Analysis, game: Game, rate_black: float) -> MoveReview | None:
    """The last move of a game in the light of the position before it; None if it was out of turn."""
    move, best = game.moves[-1], before.moves[0]
    if move.color != before.to_play:
        return None
    rate = rate_black if move.color == BLACK else 1 - rate_black
    return MoveReview(
        len(game.moves), move.color, move.action, rate, best.action, best.win_rate_to_play, best.variation
    )


def annotate(root: SgfNode, found: GameReview) -> None:
    """Write a review into the tree of its game: chances, marks of bad moves, better variations.

    Args:
        root: the tree that the game was read from. Mutates: its main line.
        found: the review.
    """
    judged = {move.number: move for move in found.moves}
    number, parent = 0, root
    for node in list(root.main_line()):
        if not node.properties.keys().isdisjoint(("B", "W")):
            number += 1
            move = judged.get(number)
            _add_comment(node, f"Black's chance: {found.win_rates_black[number]:.0%}")
            if move is not None and move.verdict:
                node.properties["BM"] = [b"2" if move.verdict == "blunder" else b"1"]
                _add_comment(node, fault_text(move, found.rules))
                parent.children.append(_variation(move, found.rules))
        parent = node


def fault_text(move: MoveReview, rules: Rules) -> str:
    """A bad move in one sentence."""
    played, best = (vertex_of_action(action, rules) for action in (move.action, move.best))
    return f"{played} leaves {move.win_rate:.0%}, {best} {move.best_win_rate:.0%}: a {move.verdict}."


def _add_comment(node: SgfNode, text: str) -> None:
    before = node.text("C")
    node.set_text("C", text if not before else f"{before}\n{text}")


def _variation(move: MoveReview, rules: Rules) -> SgfNode:
    first = node = SgfNode()
    color = move.color
    for place, action in enumerate(move.variation):
        if place:
            node.children.append(SgfNode())
            node = node.children[0]
        node.properties["B" if color == BLACK else "W"] = [value_of_action(action, rules)]
        color = BLACK + WHITE - color
    return first
