"""Swap2, the opening of Gomoku tournaments: who places which stones and who chooses which color.

The first player places three stones, black, white, black. The second takes Black, or takes White, or places a
white and a black stone more and lets the first choose. The player of White then moves. Stones may be placed
wherever the rules allow a move.
"""

from enum import Enum

from engine.errors import OpeningError
from engine.game import Game
from engine.rulesets import Rules

FIRST, SECOND = 1, 2
"""The players, by who begins the opening."""


class Stage(Enum):
    """What the player to act has to do."""

    PLACE_THREE = "place three stones"
    CHOOSE_OR_PLACE = "take black, take white or place two stones"
    CHOOSE = "take black or take white"
    DONE = "play"


class Swap2:
    """One opening, from the empty board to the game that follows.

    Attributes:
        stage: what comes next.
        black_player: FIRST or SECOND once the colors are chosen, else None.
    """

    def __init__(self, rules: Rules) -> None:
        """Start an opening.

        Args:
            rules: of Gomoku, on a board of at least five points.

        Raises:
            OpeningError: a game of Go, or a board without room.
        """
        if rules.game != "gomoku" or rules.area < 5:
            raise OpeningError(f"swap2 on {rules.describe()}: expected Gomoku on five points or more")
        self._game = Game(rules)
        self.stage = Stage.PLACE_THREE
        self.black_player: int | None = None

    @property
    def actions(self) -> list[int]:
        """The stones so far, in the order in which they were placed."""
        return [move.action for move in self._game.moves]

    @property
    def player_to_act(self) -> int:
        """FIRST or SECOND; once the colors are chosen, the player of White, who is to move."""
        if self.black_player is not None:
            return FIRST + SECOND - self.black_player
        return SECOND if self.stage is Stage.CHOOSE_OR_PLACE else FIRST

    def place(self, actions: list[int]) -> None:
        """Place the stones that the stage asks for; colors alternate, black first.

        Raises:
            OpeningError: another number of stones, no stones are due, or they end the game.
            IllegalMoveError: a stone that the rules forbid; none of them is placed.
        """
        due = {Stage.PLACE_THREE: 3, Stage.CHOOSE_OR_PLACE: 2}.get(self.stage, 0)
        if len(actions) != due or due == 0:
            raise OpeningError(f"swap2: {len(actions)} stones: expected to {self.stage.value}")
        placed = Game(self._game.rules)
        for action in [*self.actions, *actions]:
            placed.play(action)
        if placed.is_over:
            raise OpeningError("swap2: stones that end the game: expected an opening")
        self._game = placed
        self.stage = Stage.CHOOSE_OR_PLACE if due == 3 else Stage.CHOOSE

    def take_black(self) -> None:
        """The player to act plays Black; the other one moves.

        Raises:
            OpeningError: no color is to be chosen.
        """
        self._take(self.player_to_act)

    def take_white(self) -> None:
        """The player to act plays White and moves.

        Raises:
            OpeningError: no color is to be chosen.
        """
        self._take(FIRST + SECOND - self.player_to_act)

    def _take(self, black_player: int) -> None:
        if self.stage not in (Stage.CHOOSE_OR_PLACE, Stage.CHOOSE):
            raise OpeningError(f"swap2: a color: expected to {self.stage.value}")
        self.black_player = black_player
        self.stage = Stage.DONE

    def game(self) -> Game:
        """The game that begins behind the opening, White to move.

        Raises:
            OpeningError: the colors are not chosen yet.
        """
        if self.stage is not Stage.DONE:
            raise OpeningError(f"swap2: a game: expected to {self.stage.value}")
        return self._game
