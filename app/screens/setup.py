"""What is agreed before a game: the rules, the handicap, who plays what."""

from dataclasses import dataclass, replace

from app.options import AgentChoice, RulesChoice, without_move_limit
from engine.board import BLACK, WHITE
from engine.game import Game
from engine.rulesets import Rules
from selfplay.agents import AgentSpec

PEOPLE = {
    "black": frozenset({BLACK}),
    "white": frozenset({WHITE}),
    "both": frozenset({BLACK, WHITE}),
    "none": frozenset[int](),
}
"""The colors that people play, by the option `--color`."""


@dataclass(frozen=True)
class GameSetup:
    """One game, ready to begin.

    Attributes:
        rules: without a move limit of their own.
        spec: who plays the colors that people do not.
        people: colors that people play.
        handicap: stones that Black is given, 0 for none.
        seed: of the agent's randomness, or None.
    """

    rules: Rules
    spec: AgentSpec
    people: frozenset[int]
    handicap: int = 0
    seed: int | None = None

    def new_game(self) -> Game:
        """The game before its first move.

        Raises:
            IllegalMoveError: this board has no such handicap.
        """
        game = Game(self.rules)
        if self.handicap:
            game.place_fixed_handicap(self.handicap)
        return game

    def under(self, rules: Rules, people: frozenset[int]) -> "GameSetup":
        """The same opponent in another game.

        Args:
            rules: of that game.
            people: colors that people play there.
        """
        return replace(self, rules=without_move_limit(rules), people=people, handicap=0)

    def name(self, color: int) -> str:
        """Who plays a color."""
        return "you" if color in self.people else self.spec.label()


def agreed(choice: RulesChoice, agent: AgentChoice, color: str, handicap: int = 0) -> GameSetup:
    """A game as options describe it.

    Args:
        choice: of the rules.
        agent: of the opponent.
        color: a key of `PEOPLE`.
        handicap: stones, 0 for none.

    Raises:
        YomiError: an agent, strength, size, komi or rule that does not exist, or that do not go together.
    """
    rules, spec = agent.seat(choice)
    return GameSetup(without_move_limit(rules), spec, PEOPLE[color], handicap, agent.seed)
