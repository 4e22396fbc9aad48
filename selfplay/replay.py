"""Training batches from stored games: positions are replayed by the engine when they are drawn."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.board import HEIGHT, NUM_RULES, WIDTH, State, allocate_state, reset, set_rules
from engine.jit import kernel
from engine.planes import NUM_PLANES, canvas_indices, write_planes
from engine.rules_kernels import play
from engine.symmetry import action_sources
from selfplay.records import GameRecord


class Batch(NamedTuple):
    """Positions to learn from, on a canvas of H x W points."""

    planes: npt.NDArray[np.float32]
    """`[n, NUM_PLANES, H, W]`."""
    policy_target: npt.NDArray[np.float32]
    """`[n, H * W + 1]` probabilities; all zero where there is no policy target."""
    value_target: npt.NDArray[np.float32]
    """`[n]` in [-1, 1] to the side to move."""
    score_target: npt.NDArray[np.float32]
    """`[n]` final points to the side to move; NaN where there is no score target."""


@kernel
def _replay_positions(
    state: State,
    rules: npt.NDArray[np.int32],
    komi: npt.NDArray[np.float32],
    moves: npt.NDArray[np.int16],
    games: npt.NDArray[np.int64],
    plies: npt.NDArray[np.int64],
    planes: npt.NDArray[np.float32],
) -> None:
    for index in range(games.shape[0]):
        game = games[index]
        for column in range(rules.shape[1]):
            state.rules[0, column] = rules[game, column]
        state.komi[0] = komi[game]
        reset(state, 0)
        for ply in range(plies[index]):
            play(state, 0, moves[game, ply])
        write_planes(state, 0, planes, index)


class ReplayBuffer:
    """The window of games that positions are drawn from, uniformly."""

    def __init__(self, games: Sequence[GameRecord]) -> None:
        """Index the positions of some games.

        Args:
            games: at least one game with at least one move.

        Raises:
            ValueError: there is no position to draw.
        """
        if not any(game.num_moves for game in games):
            raise ValueError("replay: expected at least one position")
        self._games = list(games)
        self.width = max(game.rules.width for game in games)
        self.height = max(game.rules.height for game in games)
        longest = max(game.num_moves for game in games)
        self._state = allocate_state(1, self.width, self.height, longest + 2)
        self._moves = np.zeros((len(games), longest), np.int16)
        self._rules = np.zeros((len(games), NUM_RULES), np.int32)
        self._komi = np.zeros(len(games), np.float32)
        for index, game in enumerate(games):
            self._moves[index, : game.num_moves] = game.moves
            set_rules(self._state, 0, game.rules)
            self._rules[index] = self._state.rules[0]
            self._komi[index] = self._state.komi[0]
        lengths = [game.num_moves for game in games]
        self._position_game = np.repeat(np.arange(len(games)), lengths)
        self._position_ply = np.concatenate([np.arange(length) for length in lengths])
        self._value_target = np.concatenate([game.value_targets for game in games])
        scores = [np.nan if game.score_black is None else game.score_black for game in games]
        self._score_target = np.repeat(np.array(scores, np.float32), lengths)
        self._score_target[self._position_ply % 2 == 1] *= -1

    @property
    def num_positions(self) -> int:
        """Positions in the window."""
        return len(self._position_game)

    def sample(self, batch_size: int, random: np.random.Generator, *, augment: bool = True) -> Batch:
        """Draw positions with replacement, each under a random symmetry of its board.

        Args:
            batch_size: n.
            random: source of randomness.
            augment: whether to apply symmetries (canvas-filling boards only).
        """
        return self.read(random.integers(self.num_positions, size=batch_size), random if augment else None)

    def read(self, positions: npt.NDArray[np.int64], augment: np.random.Generator | None = None) -> Batch:
        """The positions with given indices.

        Args:
            positions: `[n]` indices below `num_positions`.
            augment: source of random symmetries, None for none.
        """
        games, plies = self._position_game[positions], self._position_ply[positions]
        count, canvas = len(positions), self.width * self.height
        planes = np.empty((count, NUM_PLANES, self.height, self.width), np.float32)
        _replay_positions(self._state, self._rules, self._komi, self._moves, games, plies, planes)
        policy = np.zeros((count, canvas + 1), np.float32)
        sizes = self._rules[games][:, [WIDTH, HEIGHT]]
        for width, height in np.unique(sizes, axis=0):
            members = np.flatnonzero((sizes == (width, height)).all(axis=1))
            visits = np.stack([self._games[games[i]].visits[plies[i]] for i in members]).astype(np.float32)
            visits /= np.maximum(visits.sum(axis=1, keepdims=True), 1.0)
            targets = canvas_indices(int(width), int(height), self.width, self.height)
            policy[members[:, None], targets[None, :]] = visits
            if augment is not None and (width, height) == (self.width, self.height):
                _turn(planes, policy, members, self.width, self.height, augment)
        return Batch(planes, policy, self._value_target[positions], self._score_target[positions])


def _turn(
    planes: npt.NDArray[np.float32],
    policy: npt.NDArray[np.float32],
    members: npt.NDArray[np.int64],
    width: int,
    height: int,
    random: np.random.Generator,
) -> None:
    """Put each of some canvas-filling positions under a random symmetry. Mutates: planes, policy."""
    sources = action_sources(width, height)
    source = sources[random.integers(len(sources), size=len(members))]
    flat = planes[members].reshape(len(members), NUM_PLANES, width * height)
    turned = np.take_along_axis(flat, source[:, None, :-1], axis=2)
    planes[members] = turned.reshape(len(members), NUM_PLANES, height, width)
    policy[members] = np.take_along_axis(policy[members], source, axis=1)
