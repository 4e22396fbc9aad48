"""Boards as a labeler sees them: stones, side to move, komi; and the color-reversed twin of each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.board import (
    BLACK,
    EMPTY,
    GAME,
    GOMOKU,
    HEIGHT,
    LAST_POINT,
    TO_PLAY,
    WHITE,
    WIDTH,
    State,
    copy_row,
    new_state,
)
from engine.game import set_position
from engine.rules_kernels import play
from engine.rulesets import Rules
from mcts.evaluator import Rows
from selfplay.records import GameRecord


class Boards(NamedTuple):
    """A set of N boards of one size. No move number, no last move, no result."""

    stones: npt.NDArray[np.int8]
    """`[N, H, W]` EMPTY, BLACK or WHITE."""
    to_play: npt.NDArray[np.int8]
    """`[N]` BLACK or WHITE."""
    komi: npt.NDArray[np.float32]
    """`[N]` points for White; negative on color-reversed twins."""

    def select(self, index: npt.NDArray[np.integer]) -> "Boards":
        """The boards of the given places, in that order."""
        return Boards(self.stones[index], self.to_play[index], self.komi[index])


class Origins(NamedTuple):
    """Where each of N boards comes from."""

    game: npt.NDArray[np.int64]
    """`[N]` index of the game."""
    ply: npt.NDArray[np.int64]
    """`[N]` moves played before the board."""


def swap_colors(boards: Boards) -> Boards:
    """The color-reversed twins: stones, side to move and the sign of komi exchanged."""
    swapped = np.where(boards.stones == EMPTY, EMPTY, BLACK + WHITE - boards.stones)
    return Boards(
        swapped.astype(np.int8),
        (BLACK + WHITE - boards.to_play).astype(np.int8),
        -boards.komi,
    )


def with_twins(boards: Boards, is_reversed: npt.NDArray[np.bool_]) -> Boards:
    """The boards, the marked ones replaced by their color-reversed twins."""
    twins = swap_colors(boards)
    return Boards(
        np.where(is_reversed[:, None, None], twins.stones, boards.stones),
        np.where(is_reversed, twins.to_play, boards.to_play),
        np.where(is_reversed, twins.komi, boards.komi),
    )


def state_of_boards(boards: Boards, rules: Rules) -> State:
    """Positions to play on from, one a row; what was before them, and so ko, is not known.

    Args:
        boards: N boards.
        rules: of the game; komi is that of each board.
    """
    state = new_state(rules, len(boards.komi))
    for row in range(len(boards.komi)):
        set_position(state, row, boards.stones[row], int(boards.to_play[row]))
    state.komi[:] = boards.komi
    return state


def joined(parts: Sequence[Boards]) -> Boards:
    """Several sets of boards of one size as one."""
    return Boards(
        np.concatenate([part.stones for part in parts]),
        np.concatenate([part.to_play for part in parts]),
        np.concatenate([part.komi for part in parts]),
    )


def boards_of_state(state: State, rows: Rows) -> Boards:
    """The boards that a reward is read from.

    In Gomoku that is the board before the last move: a completed line would betray the result.

    Args:
        state: the batch; all rows of one size.
        rows: `[n]` which games.
    """
    boards, last = present_boards(state, rows), state.scalars[rows, LAST_POINT]
    if state.rules[rows[0], GAME] != GOMOKU:
        return boards
    has_last = np.flatnonzero(last > 0)
    stride = int(state.rules[rows[0], WIDTH]) + 1
    boards.stones[has_last, last[has_last] // stride - 1, last[has_last] % stride - 1] = EMPTY
    boards.to_play[has_last] = BLACK + WHITE - boards.to_play[has_last]
    return boards


def present_boards(state: State, rows: Rows) -> Boards:
    """The boards as they stand.

    Args:
        state: the batch; all rows of one size.
        rows: `[n]` which games.
    """
    width, height = int(state.rules[rows[0], WIDTH]), int(state.rules[rows[0], HEIGHT])
    padded = state.stone[rows, : (width + 1) * (height + 2)].reshape(len(rows), height + 2, width + 1)
    to_play = state.scalars[rows, TO_PLAY].astype(np.int8)
    return Boards(padded[:, 1:-1, 1:].copy(), to_play, state.komi[rows].copy())


def draw_boards(
    games: Sequence[GameRecord], min_ply: int, per_game: int, random: np.random.Generator
) -> tuple[Boards, Origins]:
    """Boards from inside games, never finished ones.

    Args:
        games: games of one set of rules.
        min_ply: fewest moves before a board.
        per_game: most boards of one game, at different plies.
        random: source of randomness.

    Returns:
        The boards and where they come from.

    Raises:
        ValueError: no game is long enough.
    """
    chosen = []
    for index, game in enumerate(games):
        plies = np.arange(min_ply, game.num_moves)
        if len(plies):
            picked = random.choice(plies, size=min(per_game, len(plies)), replace=False)
            chosen += [(index, int(ply)) for ply in sorted(picked)]
    if not chosen:
        raise ValueError(f"boards: expected games of more than {min_ply} moves")
    rules = games[0].rules
    state = new_state(rules, len(chosen))
    work = new_state(rules)
    position = (-1, 0)
    for row, (index, ply) in enumerate(chosen):
        if position[0] != index:
            work = new_state(rules)
            position = (index, 0)
        for move in games[index].moves[position[1] : ply]:
            play(work, 0, int(move))
        position = (index, ply)
        copy_row(work, 0, state, row)
    boards = present_boards(state, np.arange(len(chosen)))
    origin = np.array(chosen, np.int64).reshape(-1, 2)
    return boards, Origins(origin[:, 0], origin[:, 1])
