"""Answers of KataGo's JSON analysis protocol: what a search has found, as one JSON object."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.rulesets import Rules
    from mcts.analysis import Analysis, MoveAnalysis

NOBODYS = 0.001
"""In place of an ownership of 0, for which KaTrain 1.20.0 cannot draw a stone."""


class View:
    """Chances and points of one position from the view of one side."""

    def __init__(self, analysis: "Analysis", rules: "Rules", side: str) -> None:
        """Take up an analysis.

        Args:
            analysis: of the position.
            rules: of the game.
            side: `BLACK`, `WHITE` or `SIDETOMOVE`.
        """
        from engine.board import BLACK

        self._analysis, self._rules = analysis, rules
        is_black_to_play = analysis.to_play == BLACK
        self._player = "B" if is_black_to_play else "W"
        self._is_turned = side != "SIDETOMOVE" and is_black_to_play != (side == "BLACK")
        self._is_of_white = self._is_turned == is_black_to_play

    def answer(self, *, has_ownership: bool) -> dict[str, Any]:
        """Root and moves; in Go only moves whose points are known.

        Args:
            has_ownership: whether to tell who owns each point.
        """
        analysis = self._analysis
        root = {"currentPlayer": self._player, "visits": analysis.visits}
        root |= self._numbers(analysis.win_rate_to_play, analysis.score_lead_to_play)
        told: dict[str, Any] = {
            "moveInfos": [
                self._move(move)
                for move in analysis.moves
                if analysis.score_lead_to_play is None or move.score_lead_to_play is not None
            ],
            "rootInfo": root,
        }
        if has_ownership and analysis.ownership_black is not None:
            sign = -1.0 if self._is_of_white else 1.0
            told["ownership"] = [
                round(sign * share, 3) or sign * NOBODYS for share in analysis.ownership_black
            ]
        return told

    def _move(self, move: "MoveAnalysis") -> dict[str, Any]:
        from engine.notation import vertex_of_action

        told = {
            "move": vertex_of_action(move.action, self._rules),
            "order": move.order,
            "visits": move.visits,
            "prior": round(move.prior, 6),
            "lcb": self._chance(move.lcb_to_play),
            "pv": [vertex_of_action(action, self._rules) for action in move.variation],
        }
        return told | self._numbers(move.win_rate_to_play, move.score_lead_to_play)

    def _numbers(self, win_rate_to_play: float, lead_to_play: float | None) -> dict[str, float]:
        chance = self._chance(win_rate_to_play)
        told = {"winrate": chance, "utility": round(2 * chance - 1, 6)}
        if lead_to_play is not None:
            lead = round(-lead_to_play if self._is_turned else lead_to_play, 3)
            told |= dict.fromkeys(("scoreLead", "scoreMean", "scoreSelfplay"), lead)
        return told

    def _chance(self, to_play: float) -> float:
        return round(1.0 - to_play if self._is_turned else to_play, 6)
