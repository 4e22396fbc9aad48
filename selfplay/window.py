"""Which stored games are learned from: the newest of all, and of them not those that are held out."""

import hashlib
from collections import deque
from collections.abc import Iterable, Sequence

from selfplay.learner import LearnerConfig
from selfplay.records import GameRecord
from selfplay.run_store import RunStore


class GameWindow:
    """The newest games of a run, as many as its settings ask for; it grows with the run."""

    def __init__(self, config: LearnerConfig, seed: int) -> None:
        """An empty window.

        Args:
            config: how large it is and how much is held out.
            seed: of which games are held out.
        """
        self._config, self._seed = config, seed
        self._games: deque[tuple[GameRecord, bool]] = deque()
        self._num_inside = 0
        self._num_before = 0

    def restore(self, store: RunStore, iteration: int) -> None:
        """Take in what the rounds of an earlier start have left.

        Args:
            store: the run.
            iteration: the last round that counts.
        """
        num_positions = store.num_positions("selfplay", iteration)
        games = store.newest_games("selfplay", iteration, self._size(num_positions))
        self._num_before = num_positions - sum(game.num_moves for game in games)
        self.add(games)

    def add(self, games: Iterable[GameRecord]) -> None:
        """Take in newer games and let go of the oldest.

        A game stays while those newer than it have fewer positions than the window shall have.
        """
        for game in games:
            self._games.append((game, is_held_out(game, self._config.held_out_share, self._seed)))
            self._num_inside += game.num_moves
        while self._games:
            oldest = self._games[0][0].num_moves
            if self._num_inside - oldest < self._size(self._num_before + self._num_inside):
                break
            self._games.popleft()
            self._num_inside -= oldest
            self._num_before += oldest

    def _size(self, num_positions: int) -> int:
        share = int(self._config.window_share * num_positions)
        return min(self._config.max_window, max(self._config.min_window, share))

    @property
    def taught(self) -> list[GameRecord]:
        """The games inside that are learned from, oldest first."""
        return [game for game, held_out in self._games if not held_out]

    @property
    def held_out(self) -> list[GameRecord]:
        """The games inside that are never learned from, oldest first."""
        return [game for game, held_out in self._games if held_out]


def is_held_out(game: GameRecord, share: float, seed: int) -> bool:
    """Whether a game belongs to the held-out share; its rules, its moves and the seed decide."""
    word = hashlib.sha256(f"{seed} {game.digest()}".encode()).digest()[:8]
    return int.from_bytes(word) < share * 2.0**64


def split_games(
    games: Sequence[GameRecord], held_out_share: float, seed: int
) -> tuple[list[GameRecord], list[GameRecord]]:
    """Split by whole games, so that no position of a held-out game is ever learned from.

    Equal games share a side, and adding games moves none.

    Args:
        games: any games.
        held_out_share: expected share of the second part.
        seed: another seed gives another split.

    Returns:
        Games to learn from and held-out games.
    """
    parts: tuple[list[GameRecord], list[GameRecord]] = ([], [])
    for game in games:
        parts[is_held_out(game, held_out_share, seed)].append(game)
    return parts
