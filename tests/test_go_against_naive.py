"""Random games of Go, garbage moves among them: after every move the engine and the naive reference agree.

YOMI_GAMES sets the number of games: `YOMI_GAMES=100000 pytest -n 2 tests/test_go_against_naive.py`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
import pytest
from diagrams import board_tuple, padded_point, sample_size
from naive_go import BLACK, EMPTY, WHITE, Board, NaiveGo

from engine import board, planes
from engine.area_kernels import count_liberties
from engine.board import State, new_state
from engine.consistency import check_consistency
from engine.game import stones_of
from engine.go_kernels import (
    GAME_OVER,
    KO,
    LEGAL,
    OCCUPIED,
    OFF_BOARD,
    SUICIDE_MOVE,
    SUPERKO_REPETITION,
)
from engine.planes import NUM_PLANES, write_planes
from engine.rules_kernels import legal_actions, legality, play, score_black
from engine.rulesets import Rules

pytestmark = pytest.mark.interpreted

CODE_OF_REASON = {
    "legal": LEGAL,
    "off board": OFF_BOARD,
    "occupied": OCCUPIED,
    "ko": KO,
    "superko": SUPERKO_REPETITION,
    "suicide": SUICIDE_MOVE,
    "game over": GAME_OVER,
}
NUM_SERIES = 8
SHAPES = [(width, height) for width in range(1, 7) for height in range(1, 7)]
LARGE_SHAPES = [(9, 9), (9, 7), (3, 13)]


@dataclass
class Pair:
    """One game played twice: by the engine in row 0, by the reference."""

    rules: Rules
    state: State = field(init=False)
    naive: NaiveGo = field(init=False)
    hash_of_board: dict[Board, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rules = self.rules
        self.state = new_state(rules)
        self.naive = NaiveGo(
            rules.width, rules.height, rules.komi, rules.ko, rules.suicide, rules.resolved_move_limit
        )

    def play(self, action: int) -> None:
        play(self.state, 0, action)
        self.naive.play(action)

    def legal_actions(self) -> list[int]:
        actions = np.empty(self.rules.num_actions, np.int16)
        return actions[: legal_actions(self.state, 0, actions)].tolist()

    def assert_agree(self) -> None:
        """Compares all that can be seen of the present position."""
        state, naive, scalars = self.state, self.naive, self.state.scalars[0]
        check_consistency(state, 0)
        assert board_tuple(stones_of(state, 0)) == naive.board
        assert bool(scalars[board.IS_OVER]) == naive.is_over
        assert scalars[board.TO_PLAY] == naive.to_play
        assert scalars[board.MOVE_COUNT] == len(naive.moves)
        assert scalars[board.PRISONERS_OF_BLACK] == naive.prisoners[BLACK]
        assert scalars[board.PRISONERS_OF_WHITE] == naive.prisoners[WHITE]
        assert score_black(state, 0) == naive.area_score() - self.rules.komi
        assert self.hash_of_board.setdefault(naive.board, int(state.hash[0])) == state.hash[0]
        assert self.legal_actions() == naive.legal_actions()

    def assert_refuses_alike(self, action: int) -> None:
        """Compares the reasons; a ko may be called superko, because taking it back is both."""
        code, reason = legality(self.state, 0, action), self.naive.legality(action)
        assert code == CODE_OF_REASON[reason] or (code == KO and reason == "superko")

    def assert_liberties_agree(self) -> None:
        """Compares the liberties that planes show and that the kernel counts with those of each chain."""
        state, naive = self.state, self.naive
        values = np.ones((1, NUM_PLANES, naive.height, naive.width), np.float32)
        write_planes(state, 0, values, 0)
        counts = np.ones(state.stone.shape[1], np.int16)
        count_liberties(state, 0, counts)
        for action, color in enumerate(naive.board):
            x, y = action % naive.width, action // naive.width
            shown = values[0, planes.ONE_LIBERTY : planes.THREE_LIBERTIES + 1, y, x].tolist()
            if color == EMPTY:
                assert shown == [0.0, 0.0, 0.0]
                continue
            liberties = len(naive.liberties(x, y))
            assert shown == [float(liberties == number) for number in (1, 2, 3)]
            assert counts[state.chain_head[0, padded_point(action, naive.width)]] == liberties


def random_rules(rng: random.Random, width: int, height: int) -> Rules:
    return Rules(
        "go",
        width,
        height,
        komi=rng.choice([0.0, 0.5, 7.0, -2.5]),
        ko=rng.choice(["simple", "positional"]),
        suicide=rng.random() < 0.5,
        move_limit=rng.choice([0, 0, 0, 7, 4 * width * height]),
    )


def play_both(rng: random.Random, rules: Rules) -> None:
    """One random game; now and then it asks for garbage, and passes are rare enough for long fights."""
    pair = Pair(rules)
    pair.assert_agree()
    while not pair.naive.is_over:
        for garbage in (
            -1,
            rules.area,
            rules.area + 1,
            rng.randrange(-(2**40), 2**40),
            rng.randrange(rules.area),
        ):
            pair.assert_refuses_alike(garbage)
        actions = pair.legal_actions()
        points = actions[:-1]
        pair.play(rng.choice(points) if points and rng.random() < 0.97 else rules.pass_action)
        pair.assert_agree()
        if rng.random() < 0.25:
            pair.assert_liberties_agree()
    pair.assert_refuses_alike(0)
    pair.assert_refuses_alike(-1)


@pytest.mark.parametrize("series", range(NUM_SERIES))
def test_engine_agrees_with_the_reference_on_random_games(series: int) -> None:
    rng = random.Random(series)
    for game in range(series, sample_size(compiled=240, interpreted=32), NUM_SERIES):
        width, height = SHAPES[game * 7 % len(SHAPES)]
        play_both(rng, random_rules(rng, width, height))


@pytest.mark.parametrize("series", range(NUM_SERIES))
def test_engine_agrees_with_the_reference_on_larger_boards(series: int) -> None:
    rng = random.Random(100 + series)
    for game in range(series, max(1, sample_size(compiled=100, interpreted=0) // 25), NUM_SERIES):
        width, height = LARGE_SHAPES[game % len(LARGE_SHAPES)]
        play_both(rng, random_rules(rng, width, height))


def test_equal_boards_have_equal_hashes_whatever_the_order_of_the_moves() -> None:
    rules = Rules("go", 4, 4)
    rng = random.Random(5)
    hashes = set()
    for _ in range(6):
        actions = rng.sample([0, 2, 5, 7, 8, 10, 13, 15], 8)
        first, second = Pair(rules), Pair(rules)
        order = [*zip(sorted(actions[:4]), sorted(actions[4:]), strict=True)]
        for pair, moves in ((first, order), (second, order[::-1])):
            for black, white in moves:
                pair.play(black)
                pair.play(white)
        assert first.naive.board == second.naive.board
        assert first.state.hash[0] == second.state.hash[0]
        hashes.add((first.naive.board, int(first.state.hash[0])))
    assert len(hashes) == len({value for _, value in hashes})
