"""What is agreed before a game: the rules, the handicap, who plays what."""

from dataclasses import dataclass, replace

from app.clock_text import control_of_sgf, read_clock
from app.options import AgentChoice, RulesChoice, without_move_limit
from engine.board import BLACK, WHITE
from engine.game import Game
from engine.rulesets import Rules
from engine.sgf import SgfGame
from mcts.time_control import TimeControl
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
        control: the time of each side, None without clocks.
        ponders: whether the agent thinks in the time of people.
    """

    rules: Rules
    spec: AgentSpec
    people: frozenset[int]
    handicap: int = 0
    seed: int | None = None
    control: TimeControl | None = None
    ponders: bool = False

    def new_game(self) -> Game:
        """The game before its first move.

        Raises:
            IllegalMoveError: this board has no such handicap.
        """
        game = Game(self.rules)
        if self.handicap:
            game.place_fixed_handicap(self.handicap)
        return game

    def continuing(self, record: SgfGame) -> "GameSetup":
        """The same opponent in a game from a file; people have the colors of `you` there, or those of before.

        With such colors the clocks of the file go on as well, unless there are others.

        Args:
            record: the file.
        """
        names = {BLACK: record.black_name, WHITE: record.white_name}
        own = frozenset(color for color, name in names.items() if name == "you")
        control = self.control or (control_of_sgf(record.info) if own else None)
        rules = without_move_limit(record.rules)
        return replace(self, rules=rules, people=own or self.people, handicap=0, control=control)

    def name(self, color: int) -> str:
        """Who plays a color."""
        return "you" if color in self.people else self.spec.label()


def agreed(
    choice: RulesChoice,
    agent: AgentChoice,
    color: str,
    handicap: int = 0,
    *,
    clock: str | None = None,
    ponders: bool = False,
) -> GameSetup:
    """A game as options describe it.

    Args:
        choice: of the rules.
        agent: of the opponent.
        color: a key of `PEOPLE`.
        handicap: stones, 0 for none.
        clock: the time of each side as `--clock` has it, or None.
        ponders: whether the agent thinks in the time of people.

    Raises:
        YomiError: a clock, agent, strength, size, komi or rule that does not exist, or that clash.
    """
    rules, spec = agent.seat(choice)
    control = None if clock is None else read_clock(clock)
    return GameSetup(without_move_limit(rules), spec, PEOPLE[color], handicap, agent.seed, control, ponders)
