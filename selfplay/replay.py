"""Training batches from stored games: positions are replayed by the engine when they are drawn."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.board import HEIGHT, NUM_RULES, WIDTH, State, allocate_state, reset, set_rules
from engine.jit import kernel
from engine.planes import canvas_indices
from engine.rules_kernels import mask_legal_actions, play
from engine.rulesets import Rules
from engine.scoring import black_sign, owners_black, scores_black
from engine.symmetry import action_sources
from selfplay.inputs import InputWriter
from selfplay.network import DRAW, LOSS, WIN, NetworkConfig
from selfplay.records import GameRecord

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
CHUNK = 256
"""Positions replayed side by side."""


class Batch(NamedTuple):
    """Positions to learn from, on a canvas of H x W points, with targets from the side to move.

    A row of zeros in a target of probabilities, and NaN in another one, means that there is none.
    """

    planes: Floats
    """`[n, num_planes, H, W]`."""
    policy_target: Floats
    """`[n, H * W + 1]` probabilities."""
    reply_target: Floats
    """`[n, H * W + 1]` the same of the next position: what the opponent will think."""
    value_target: Floats
    """`[n, 3]` probabilities of WIN, DRAW and LOSS."""
    score_target: Floats
    """`[n]` final points."""
    ownership_target: Floats
    """`[n, H, W]` 1 at the end for own points, -1 for the opponent's, 0 for nobody's."""
    legal: npt.NDArray[np.bool_]
    """`[n, H * W + 1]` what could be played; `[n, 0]` where the buffer was not asked for it."""


@kernel
def _set_up(
    state: State, rules: npt.NDArray[np.int32], komi: npt.NDArray[np.float32], games: Indices
) -> None:
    for row in range(games.shape[0]):
        for column in range(rules.shape[1]):
            state.rules[row, column] = rules[games[row], column]
        state.komi[row] = komi[games[row]]
        reset(state, row)


@kernel
def _play_on(
    state: State, moves: npt.NDArray[np.int16], games: Indices, first: Indices, ends: Indices
) -> None:
    """Play the moves `first` to `ends` of a game in each row. Mutates: state."""
    for row in range(games.shape[0]):
        for ply in range(first[row], ends[row]):
            play(state, row, moves[games[row], ply])


@cache
def canvas_sources(width: int, height: int, canvas_width: int, canvas_height: int) -> Indices:
    """`engine.symmetry.action_sources` of a board for the entries of a canvas that it lies on.

    Args:
        width: columns of the board.
        height: rows of the board.
        canvas_width: columns of the canvas.
        canvas_height: rows of the canvas.

    Returns:
        `[S, canvas_height * canvas_width + 1]` where each entry of the turned canvas came from.
    """
    places = canvas_indices(width, height, canvas_width, canvas_height)
    turned = action_sources(width, height)
    sources = np.tile(np.arange(canvas_width * canvas_height + 1), (len(turned), 1))
    sources[:, places] = places[turned]
    return sources


def value_targets(values: Floats) -> Floats:
    """Probabilities of winning, drawing and losing for values of finished games.

    Args:
        values: `[n]` in [-1, 1]: 0 is a draw, others are chances to win minus chances to lose.

    Returns:
        `[n, 3]`.
    """
    targets = chances(values)
    targets[values == 0] = np.eye(3, dtype=np.float32)[DRAW]
    return targets


def chances(values: Floats) -> Floats:
    """`[n, 3]` probabilities with these `[n]` values that leave no room for a draw."""
    targets = np.zeros((len(values), 3), np.float32)
    targets[:, WIN], targets[:, LOSS] = (1 + values) / 2, (1 - values) / 2
    return targets


class ReplayBuffer:
    """The games that positions are drawn from: those with a policy target, all alike or by their weights."""

    def __init__(
        self,
        games: Sequence[GameRecord],
        network: NetworkConfig,
        q_share: float = 0.0,
        min_pass_ply: int | None = None,
    ) -> None:
        """Index the positions of some games.

        Args:
            games: at least one game with at least one policy target.
            network: what the positions will be shown to; decides planes and targets.
            q_share: weight of the search's value in the value target, the rest is the result's.
            min_pass_ply: moves before which a pass was no legal action where there was another one, as in
                `SearchConfig`; None where legal actions are not asked for.

        Raises:
            ValueError: there is no position to draw.
        """
        plies = [np.flatnonzero(game.visits.any(axis=1)) for game in games]
        if not sum(map(len, plies)):
            raise ValueError("replay: expected at least one position with a policy target")
        self._games = list(games)
        self._network = network
        self._min_pass_ply = min_pass_ply
        self.width = max(game.rules.width for game in games)
        self.height = max(game.rules.height for game in games)
        longest = max(game.num_moves for game in games)
        largest = Rules("go", self.width, self.height, move_limit=longest)
        self._inputs = InputWriter(network, largest)
        self._state = allocate_state(CHUNK, self.width, self.height, longest + 2)
        self._moves = np.zeros((len(games), longest), np.int16)
        self._rules = np.zeros((len(games), NUM_RULES), np.int32)
        self._komi = np.zeros(len(games), np.float32)
        for index, game in enumerate(games):
            self._moves[index, : game.num_moves] = game.moves
            set_rules(self._state, 0, game.rules)
            self._rules[index] = self._state.rules[0]
            self._komi[index] = self._state.komi[0]
        self._lengths = np.array([game.num_moves for game in games])
        self._has_result = np.array([not game.is_truncated for game in games])
        self._board_counts = np.array([game.score_black is not None for game in games]) & self._has_result
        self._position_game = np.repeat(np.arange(len(games)), [len(some) for some in plies])
        self._position_ply = np.concatenate(plies)
        pairs = list(zip(games, plies, strict=True))
        results = np.concatenate([game.value_targets[some] for game, some in pairs])
        searched = np.concatenate([game.root_values[some] for game, some in pairs])
        share = np.where(np.isnan(searched), 0, q_share).astype(np.float32)[:, None]
        mixed = (1 - share) * value_targets(results) + share * chances(np.nan_to_num(searched))
        self._cumulative: npt.NDArray[np.float64] | None = None
        if any(game.weights is not None for game in games):
            weights = [np.ones(len(some)) if g.weights is None else g.weights[some] for g, some in pairs]
            self._cumulative = np.cumsum(np.concatenate(weights), dtype=np.float64)
        self._value_target = mixed * self._has_result[self._position_game, None]

    @property
    def num_positions(self) -> int:
        """Positions to draw from."""
        return len(self._position_game)

    def sample(self, batch_size: int, random: np.random.Generator) -> Batch:
        """Draw positions with replacement, each under a random symmetry of its board.

        Args:
            batch_size: n.
            random: source of randomness.
        """
        if self._cumulative is None:
            return self.read(random.integers(self.num_positions, size=batch_size), random)
        places = random.random(batch_size) * self._cumulative[-1]
        return self.read(np.searchsorted(self._cumulative, places, side="right"), random)

    def read(self, positions: Indices, augment: np.random.Generator | None = None) -> Batch:
        """The positions with given indices.

        Args:
            positions: `[n]` indices below `num_positions`.
            augment: source of random symmetries, None for none.
        """
        count, height, width = len(positions), self.height, self.width
        batch = Batch(
            planes=np.empty((count, self._network.num_planes, height, width), np.float32),
            policy_target=np.zeros((count, height * width + 1), np.float32),
            reply_target=np.zeros((count, height * width + 1), np.float32),
            value_target=self._value_target[positions],
            score_target=np.full(count, np.nan, np.float32),
            ownership_target=np.full((count, height, width), np.nan, np.float32),
            legal=np.zeros((count, 0 if self._min_pass_ply is None else height * width + 1), np.bool_),
        )
        for start in range(0, count, CHUNK):
            part = slice(start, start + CHUNK)
            self._fill(Batch._make(array[part] for array in batch), positions[part])
        if augment is not None:
            self._turn(batch, positions, augment)
        return batch

    def _fill(self, batch: Batch, positions: Indices) -> None:
        """Write all but the values of at most CHUNK positions. Mutates: batch."""
        games, plies = self._position_game[positions], self._position_ply[positions]
        rows, state = np.arange(len(positions)), self._state
        _set_up(state, self._rules, self._komi, games)
        _play_on(state, self._moves, games, np.zeros_like(plies), plies)
        self._inputs.write(state, rows, batch.planes)
        self._write_policies(batch.policy_target, games, plies)
        if self._min_pass_ply is not None:
            self._write_legal(batch.legal, plies < self._min_pass_ply)
        has_reply = np.flatnonzero(plies + 1 < self._lengths[games])
        replies = np.zeros((len(has_reply), batch.reply_target.shape[1]), np.float32)
        self._write_policies(replies, games[has_reply], plies[has_reply] + 1)
        batch.reply_target[has_reply] = replies
        counted = rows[self._board_counts[games]]
        if len(counted) and (self._network.score or self._network.ownership):
            sign = black_sign(state, counted)
            _play_on(state, self._moves, games, plies, self._lengths[games])
            batch.score_target[counted] = sign * scores_black(state, counted)
            self._write_ownership(batch.ownership_target, counted, sign)

    def _write_policies(self, targets: Floats, games: Indices, plies: Indices) -> None:
        """The policy targets at some plies, where a search left none the move played. Mutates: targets."""
        for index, (game, ply) in enumerate(zip(games, plies, strict=True)):
            record = self._games[game]
            places = canvas_indices(record.rules.width, record.rules.height, self.width, self.height)
            visits = record.visits[ply]
            total = int(visits.sum(dtype=np.int64))
            if total:
                targets[index, places] = visits / np.float32(total)
            else:
                targets[index, places[record.moves[ply]]] = 1

    def _write_legal(self, legal: npt.NDArray[np.bool_], is_early: npt.NDArray[np.bool_]) -> None:
        """What can be played on the boards as they stand, passes left out early on. Mutates: legal."""
        rows = np.arange(len(legal))
        for (width, height), members in self._by_size(self._state.rules[rows]):
            places = canvas_indices(width, height, self.width, self.height)
            for may_pass in (False, True):
                own = members[is_early[members] != may_pass]
                mask = np.empty((len(own), len(places)), np.bool_)
                mask_legal_actions(self._state, own, may_pass, mask)
                legal[own[:, None], places] = mask

    def _write_ownership(self, targets: Floats, rows: Indices, sign: Floats) -> None:
        """Who owns the boards of finished games, times a sign. Mutates: targets[rows]."""
        for (width, height), members in self._by_size(self._state.rules[rows]):
            owners = owners_black(self._state, rows[members])
            targets[rows[members], :height, :width] = sign[members, None, None] * owners

    def _by_size(self, rules: npt.NDArray[np.int32]) -> list[tuple[tuple[int, int], Indices]]:
        """The sizes `(width, height)` among rows of rules, and which rows have each."""
        sizes = rules[:, [WIDTH, HEIGHT]]
        return [
            ((int(width), int(height)), np.flatnonzero((sizes == (width, height)).all(axis=1)))
            for width, height in np.unique(sizes, axis=0)
        ]

    def _turn(self, batch: Batch, positions: Indices, random: np.random.Generator) -> None:
        """Put each position under a random symmetry of its board. Mutates: batch."""
        canvas = self.height * self.width
        planes = batch.planes.reshape(len(positions), -1, canvas)
        ownership = batch.ownership_target.reshape(len(positions), canvas)
        for (width, height), members in self._by_size(self._rules[self._position_game[positions]]):
            sources = canvas_sources(width, height, self.width, self.height)
            source = sources[random.integers(len(sources), size=len(members))]
            points = source[:, :-1]
            planes[members] = np.take_along_axis(planes[members], points[:, None], axis=2)
            ownership[members] = np.take_along_axis(ownership[members], points, axis=1)
            actions = (batch.policy_target, batch.reply_target, batch.legal)
            for values in actions if self._min_pass_ply is not None else actions[:2]:
                values[members] = np.take_along_axis(values[members], source, axis=1)
