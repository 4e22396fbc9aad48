"""Slow, literal search for a victory by continuous fours in a naive game of Gomoku.

Every legal attacking move is tried and every legal answer; a move counts when it wins at once or leaves the
attacker with a completed line at hand whatever it passes, and the defender with none that it wins by.
"""

from __future__ import annotations

from naive_go import EMPTY
from naive_gomoku import NaiveGomoku


def wins_at_once(game: NaiveGomoku, color: int) -> bool:
    """Whether a color, if it were to move, could complete a line."""
    for action in range(game.width * game.height):
        trial = game.copy()
        trial.to_play = color
        if trial.legality(action) == "legal":
            trial.play(action)
            if trial.winner() == color:
                return True
    return False


def has_vcf(game: NaiveGomoku) -> bool:
    """Whether the side to move wins by moves that each threaten to complete a line."""
    attacker = game.to_play
    if wins_at_once(game, attacker):
        return True
    for action in game.legal_actions():
        trial = game.copy()
        trial.play(action)
        if not trial.is_over and wins_at_once(trial, attacker) and loses_to_fours(trial, attacker):
            return True
    return False


def loses_to_fours(game: NaiveGomoku, attacker: int) -> bool:
    """Whether every answer of the side to move, which is not the attacker, leaves the attacker a VCF."""
    for action in game.legal_actions():
        trial = game.copy()
        trial.play(action)
        if trial.winner() != EMPTY or trial.is_over or not has_vcf(trial):
            return False
    return True
