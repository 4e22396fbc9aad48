"""The games of a run, one after the other: the newest that was not shown yet."""

from dataclasses import dataclass

from engine.board import BLACK
from engine.game import Game
from engine.notation import vertex_of_action
from selfplay.records import GameRecord
from selfplay.run_store import RunStore

PHASE = "selfplay"


@dataclass(frozen=True)
class WatchedGame:
    """A game to look at.

    Attributes:
        iteration: the round that it was played in.
        record: the game.
    """

    iteration: int
    record: GameRecord

    def title(self) -> str:
        """Round, length and end of the game."""
        return f"Round {self.iteration}, {self.record.num_moves} moves, {self._end()}"

    def moves_text(self) -> str:
        """All moves as vertices."""
        return " ".join(vertex_of_action(int(action), self.record.rules) for action in self.record.moves)

    def game_at(self, ply: int) -> Game:
        """The game after so many moves."""
        game = Game(self.record.rules)
        for action in self.record.moves[:ply]:
            game.play(int(action))
        return game

    def _end(self) -> str:
        game = self.game_at(self.record.num_moves)
        if not game.is_over:
            return "not played to its end"
        score = game.score_black()
        if score == 0:
            return "a draw"
        side = "Black" if score > 0 else "White"
        return f"{side} wins" + (f" by {abs(score):g}" if self.record.rules.game == "go" else "")

    def chance_black(self, ply: int) -> float | None:
        """What the search before a move thought of Black's chance; None after the last one."""
        if ply >= self.record.num_moves or not self.record.visits[ply].any():
            return None
        value = float(self.record.root_values[ply])
        is_black = self.game_at(ply).to_play == BLACK
        return (1 + (value if is_black else -value)) / 2


class GameFeed:
    """Deals out the games of a run."""

    def __init__(self, store: RunStore) -> None:
        """Nothing was shown yet.

        Args:
            store: of the run.
        """
        self._store = store
        self._shown: set[int] = set()

    def next(self) -> WatchedGame | None:
        """The newest game that was not shown yet; None where there is none now."""
        found = self._store.newest_game(PHASE, self._shown)
        if found is None:
            return None
        number, iteration, record = found
        self._shown.add(number)
        return WatchedGame(iteration, record)
