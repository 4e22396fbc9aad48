"""One game played by the engine and by the naive reference at once, and seen from another side."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from diagrams import board_tuple, visible
from naive_go import BLACK, EMPTY, WHITE, Board, NaiveGo
from naive_gomoku import NaiveGomoku

from engine import board, planes
from engine.consistency import check_consistency
from engine.game import REASONS, Game
from engine.go_kernels import (
    GAME_OVER,
    KO,
    OCCUPIED,
    OFF_BOARD,
    PASS_NOT_ALLOWED,
    SUICIDE_MOVE,
    SUPERKO_REPETITION,
)
from engine.planes import NUM_PLANES, write_planes
from engine.renju_kernels import FORBIDDEN_DOUBLE_FOUR, FORBIDDEN_DOUBLE_THREE, FORBIDDEN_OVERLINE
from engine.rulesets import Rules
from engine.symmetry import TRANSPOSES, transform_action
from engine.zobrist import ZOBRIST

REASON_OF_NAIVE = {
    "legal": None,
    "off board": REASONS[OFF_BOARD],
    "occupied": REASONS[OCCUPIED],
    "ko": REASONS[KO],
    "superko": REASONS[SUPERKO_REPETITION],
    "suicide": REASONS[SUICIDE_MOVE],
    "pass": REASONS[PASS_NOT_ALLOWED],
    "game over": REASONS[GAME_OVER],
    "overline": REASONS[FORBIDDEN_OVERLINE],
    "double four": REASONS[FORBIDDEN_DOUBLE_FOUR],
    "double three": REASONS[FORBIDDEN_DOUBLE_THREE],
}
COLOR_PLANES = (planes.BLACK_TO_PLAY,)
"""Planes that change when the colors are swapped."""


def naive_twin(rules: Rules) -> Any:
    """The naive game of the same rules."""
    if rules.game == "go":
        return NaiveGo(
            rules.width, rules.height, rules.komi, rules.ko, rules.suicide, rules.resolved_move_limit
        )
    return NaiveGomoku(rules.width, rules.height, rules.line_length, rules.line_rule)


def planes_of(game: Game) -> npt.NDArray[np.float32]:
    """`[NUM_PLANES, height, width]` planes of a game."""
    values = np.empty((1, NUM_PLANES, game.rules.height, game.rules.width), np.float32)
    write_planes(game.state, 0, values, 0)
    return values[0]


def turn(values: npt.NDArray[Any], symmetry: int) -> npt.NDArray[Any]:
    """A board or planes, `[..., height, width]`, after a symmetry."""
    if symmetry & 1:
        values = values[..., :, ::-1]
    if symmetry & 2:
        values = values[..., ::-1, :]
    return values.swapaxes(-1, -2) if symmetry & TRANSPOSES else values


@dataclass
class View:
    """The same game on a turned board, or with the colors swapped."""

    rules: Rules
    symmetry: int
    is_swapped: bool
    game: Game = field(init=False)

    def __post_init__(self) -> None:
        width, height = self.rules.width, self.rules.height
        if self.symmetry & TRANSPOSES:
            width, height = height, width
        komi = -self.rules.komi if self.is_swapped else self.rules.komi
        rules = replace(self.rules, width=width, height=height, komi=komi)
        self.game = Game(rules, to_play=WHITE if self.is_swapped else BLACK)

    def turned(self, action: int) -> int:
        return transform_action(self.symmetry, action, self.rules.width, self.rules.height)

    def assert_shows(self, original: Game) -> None:
        """Compares stones, legal moves, score and planes with those of the original game."""
        stones = original.stones()
        if self.is_swapped:
            stones = np.array([EMPTY, WHITE, BLACK], np.int8)[stones]
        assert np.array_equal(self.game.stones(), turn(stones, self.symmetry))
        assert self.game.legal_actions() == sorted(map(self.turned, original.legal_actions()))
        sign = -1 if self.is_swapped else 1
        assert self.game.score_black() == sign * original.score_black()
        expected = turn(planes_of(original), self.symmetry).copy()
        if self.is_swapped:
            expected[list(COLOR_PLANES)] = 1 - expected[list(COLOR_PLANES)]
        assert np.array_equal(planes_of(self.game), expected)


class DoubleGame:
    """A game of the engine, its naive twin, and one view from another side."""

    def __init__(self, rules: Rules, view: View | None = None) -> None:
        """Start both.

        Args:
            rules: any rules that the reference knows.
            view: the same rules seen from another side, or None.
        """
        self.game = Game(rules)
        self.naive = naive_twin(rules)
        self._view = view
        self._hash_of_board: dict[Board, int] = {}

    def play(self, action: int) -> None:
        """Plays a legal action in all of them."""
        self.game.play(action)
        self.naive.play(action)
        if self._view is not None:
            self._view.game.play(self._view.turned(action))

    def assert_same_board(self) -> None:
        """Compares what every move changes: stones, turn, end and hash."""
        game, naive, state = self.game, self.naive, self.game.state
        stones = board_tuple(game.stones())
        assert stones == naive.board
        assert game.is_over == naive.is_over
        assert game.to_play == naive.to_play
        assert state.scalars[0, board.MOVE_COUNT] == len(naive.moves)
        points = state.stone[0].astype(np.int64)
        keys = ZOBRIST[points, np.arange(len(points))]
        assert state.hash[0] == np.bitwise_xor.reduce(keys)
        assert self._hash_of_board.setdefault(naive.board, int(state.hash[0])) == state.hash[0]
        if game.rules.game == "go":
            assert state.scalars[0, board.PRISONERS_OF_BLACK] == naive.prisoners[BLACK]
            assert state.scalars[0, board.PRISONERS_OF_WHITE] == naive.prisoners[WHITE]

    def assert_all_agrees(self) -> None:
        """Compares all that can be seen, every legal move and the score among it."""
        game, naive = self.game, self.naive
        check_consistency(game.state, 0)
        assert game.legal_actions() == naive.legal_actions()
        if game.rules.game == "go":
            assert game.score_black() == naive.area_score() - game.rules.komi
            self._assert_liberty_planes()
        else:
            assert game.winner() == naive.winner()
        if self._view is not None:
            self._view.assert_shows(game)

    def _assert_liberty_planes(self) -> None:
        shown = planes_of(self.game)[planes.ONE_LIBERTY : planes.THREE_LIBERTIES + 1]
        expected = np.zeros_like(shown)
        for action, color in enumerate(self.naive.board):
            if color != EMPTY:
                x, y = action % self.naive.width, action // self.naive.width
                expected[:, y, x] = len(self.naive.liberties(x, y)) == np.arange(1, 4)
        assert np.array_equal(shown, expected)

    def assert_refuses_alike(self, action: int) -> None:
        """Compares the reasons; a ko may be called superko, because taking it back is both."""
        reason, naive_reason = self.game.refusal(action), self.naive.legality(action)
        if reason != REASONS[KO] or naive_reason != "superko":
            assert reason == REASON_OF_NAIVE[naive_reason]

    def assert_undo_returns(self, ply: int, num_moves: int) -> None:
        """Plays the moves again, some of them too many, takes those back and compares with ply `ply`."""
        actions = [move.action for move in self.game.moves]
        direct, undone = Game(self.game.rules), Game(self.game.rules)
        for action in actions[:ply]:
            direct.play(action)
        for action in actions[: ply + num_moves]:
            undone.play(action)
        for _ in undone.moves[ply:]:
            undone.undo()
        assert visible(undone.state, 0) == visible(direct.state, 0)
        assert undone.moves == direct.moves


def play_random_game(rng: random.Random, double: DoubleGame, share_of_full_checks: float) -> None:
    """A whole game, with garbage asked for at every move and rare passes, so that fights are long."""
    rules = double.game.rules
    double.assert_all_agrees()
    while not double.naive.is_over:
        for garbage in (-1, rules.area + 1, rng.randrange(-(2**40), 2**40), rng.randrange(rules.area + 1)):
            double.assert_refuses_alike(garbage)
        double.play(random_action(rng, double.game))
        double.assert_same_board()
        if rng.random() < share_of_full_checks:
            double.assert_all_agrees()
    double.assert_all_agrees()
    for action in (0, -1, rules.pass_action):
        double.assert_refuses_alike(action)
    ply = rng.randrange(len(double.game.moves))
    double.assert_undo_returns(ply, num_moves=rng.randint(1, 3))


def random_action(rng: random.Random, game: Game) -> int:
    """A legal action; in Go a pass is rare."""
    actions = game.legal_actions()
    points = [action for action in actions if action != game.rules.pass_action]
    return rng.choice(points) if points and rng.random() < 0.97 else actions[-1]
