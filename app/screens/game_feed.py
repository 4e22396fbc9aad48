"""The games of a run, one after the other: the newest that was not shown yet."""

from collections import Counter
from dataclasses import dataclass

from engine.board import BLACK
from engine.game import Game
from engine.notation import vertex_of_action
from selfplay.live_games import read_live_games
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
    """Deals out the games of a run, those of the round that is being played first."""

    def __init__(self, store: RunStore) -> None:
        """Nothing was shown yet.

        Args:
            store: of the run.
        """
        self._store = store
        self._shown: set[int] = set()
        self._round = 0
        self._live: list[GameRecord] = []
        self._num_live = 0
        self._shown_live: Counter[tuple[int, str]] = Counter()

    def next(self) -> WatchedGame | None:
        """The newest game that was not shown yet; None where there is none now."""
        self._hear_of_live_games()
        if self._live:
            record = self._live.pop()
            self._shown_live[self._round, record.digest()] += 1
            return WatchedGame(self._round, record)
        while (found := self._store.newest_game(PHASE, self._shown)) is not None:
            number, iteration, record = found
            self._shown.add(number)
            name = iteration, record.digest()
            if not self._shown_live[name]:
                return WatchedGame(iteration, record)
            self._shown_live[name] -= 1  # seen while its round was being played
        return None

    def _hear_of_live_games(self) -> None:
        iteration, games = read_live_games(self._store.folder, self._num_live)
        if iteration != self._round:  # what was not shown of the round before is stored by now
            self._round, self._live, self._num_live = iteration, [], 0
            iteration, games = read_live_games(self._store.folder, 0)
        if iteration == self._round:
            self._live += games
            self._num_live += len(games)
