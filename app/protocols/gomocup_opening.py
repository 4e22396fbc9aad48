"""Swap2 as the Gomocup protocol has it: which stones to place when an opening is to be even."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.protocols.gomocup_text import QUICKEST_S

if TYPE_CHECKING:
    from app.opponent import Opponent
    from engine.game import Game

EVEN_ENOUGH = 0.1
NUM_TRIES = 8
LONGEST_DRAW = 9


def is_even(chance: float | None) -> bool:
    """Whether an opening with this chance of winning gives nobody a reason to take a side."""
    return chance is not None and abs(chance - 0.5) < EVEN_ENOUGH


class Swap2Opening:
    """Draws stones near the center and keeps those that an agent finds most even."""

    def __init__(self, opponent: "Opponent", seed: int | None, stop: Callable[[], bool]) -> None:
        """Prepare.

        Args:
            opponent: who judges.
            seed: of the draws; None takes a new one.
            stop: asked while it judges; true ends that at once.
        """
        self._opponent, self._seed, self._stop = opponent, seed, stop

    def stones(self, game: "Game", num_stones: int) -> list[int]:
        """The next stones of an opening, black and white in turn.

        Args:
            game: the stones so far; it stays as it is.
            num_stones: how many to place.
        """
        import numpy as np

        from engine.game import Game
        from selfplay.openings import random_opening

        begun = [move.action for move in game.moves]
        random = np.random.default_rng(self._seed)
        tried: list[tuple[float, list[int]]] = []
        while len(tried) < NUM_TRIES:
            drawn = random_opening(game.rules, min(LONGEST_DRAW, game.rules.area - 1), random)
            stones = [action for action in drawn if action not in begun][:num_stones]
            opening = Game(game.rules)
            for action in [*begun, *stones]:
                opening.play(action)
            if len(stones) == num_stones and not opening.is_over:
                tried.append((self._unevenness(opening), stones))
        return min(tried)[1]

    def _unevenness(self, opening: "Game") -> float:
        self._opponent.choose(opening, opening.to_play, seconds=QUICKEST_S, stop=self._stop)
        chance = self._opponent.win_estimate()
        return abs((0.5 if chance is None else chance) - 0.5)
