"""Planes that take reading, for networks that want to be told: pass-alive areas, ladders, fours."""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, EMPTY, GAME, GO, HEIGHT, NUM_EMPTY, TO_PLAY, WHITE, WIDTH, State
from engine.jit import kernel
from engine.ladder_kernels import LadderWorkspace, mark_ladders, new_ladder_workspace
from engine.life_kernels import LifeWorkspace, mark_pass_alive, new_life_workspace
from engine.rulesets import Rules
from engine.vcf_kernels import winning_points_through

OWN_AREA = 0  # pass-alive stones and territory of the side to move (Go)
OPPONENT_AREA = 1
CAUGHT_STONES = 2  # stones that a ladder catches
OWN_LADDER_MOVES = 3  # empty points where the side to move catches two-liberty chains in a ladder
OPPONENT_LADDER_MOVES = 4
OWN_FOURS = 5  # empty points where a stone of the side to move could next complete a line (Gomoku)
OPPONENT_FOURS = 6
OWN_DOUBLE_FOURS = 7  # where it could do so in two ways: beside an open three, say
OPPONENT_DOUBLE_FOURS = 8
NUM_READING_PLANES = 9


class ReadingPlanes:
    """Writes the planes of many positions in memory that is made once; one object for each thread."""

    def __init__(self, rules: Rules) -> None:
        """Reserve the memory.

        Args:
            rules: of the largest games to come.
        """
        history = rules.resolved_move_limit + 2
        self._ladders = new_ladder_workspace(rules.width, rules.height, history)
        num_points = self._ladders.board.stone.shape[1]
        self._life = new_life_workspace(num_points)
        self._marks = np.zeros(num_points, np.int8)

    def write(self, state: State, rows: npt.NDArray[np.int64], planes: npt.NDArray[Any]) -> None:
        """Write the planes of several positions; those of the other game are zero.

        Args:
            state: the batch.
            rows: `[n]` which games, in the order of the planes.
            planes: `[>= n, NUM_READING_PLANES, canvas_height, canvas_width]` of any type; gets 0 and 1.
        """
        planes[: len(rows)] = 0
        _write_batch(state, rows, planes, self._marks, self._life, self._ladders)


@kernel
def _write_batch(
    state: State,
    rows: npt.NDArray[np.int64],
    planes: npt.NDArray[Any],
    marks: npt.NDArray[np.int8],
    life: LifeWorkspace,
    ladders: LadderWorkspace,
) -> None:
    for index in range(rows.shape[0]):
        row = rows[index]
        if state.rules[row, GAME] != GO:
            _write_fours(state, row, planes, index)
            continue
        mark_pass_alive(state, row, marks, life)
        _write_areas(state, row, planes, index, marks)
        mark_ladders(state, row, marks, ladders)
        _write_ladders(state, row, planes, index, marks)


@kernel
def _write_areas(
    state: State, row: int, planes: npt.NDArray[Any], index: int, marks: npt.NDArray[np.int8]
) -> None:
    color = state.scalars[row, TO_PLAY]
    for y in range(state.rules[row, HEIGHT]):
        point = (y + 1) * (int(state.rules[row, WIDTH]) + 1) + 1
        for x in range(state.rules[row, WIDTH]):
            if marks[point] != EMPTY:
                planes[index, OWN_AREA if marks[point] == color else OPPONENT_AREA, y, x] = 1
            point += 1


@kernel
def _write_ladders(
    state: State, row: int, planes: npt.NDArray[Any], index: int, marks: npt.NDArray[np.int8]
) -> None:
    color = int(state.scalars[row, TO_PLAY])
    for y in range(state.rules[row, HEIGHT]):
        point = (y + 1) * (int(state.rules[row, WIDTH]) + 1) + 1
        for x in range(state.rules[row, WIDTH]):
            mark = int(marks[point])
            if state.stone[row, point] != EMPTY:
                planes[index, CAUGHT_STONES, y, x] = mark
            else:
                # BLACK and WHITE are the two bits of the mark.
                planes[index, OWN_LADDER_MOVES, y, x] = int(mark & color != 0)
                planes[index, OPPONENT_LADDER_MOVES, y, x] = int(mark & (BLACK + WHITE - color) != 0)
            point += 1


@kernel
def _write_fours(state: State, row: int, planes: npt.NDArray[Any], index: int) -> None:
    color = 0 + state.scalars[row, TO_PLAY]
    stride = int(state.rules[row, WIDTH]) + 1
    for place in range(state.scalars[row, NUM_EMPTY]):
        point = 0 + state.empty[row, place]
        y, x = point // stride - 1, point % stride - 1
        for side in range(2):
            ways = winning_points_through(state, row, point, color if side == 0 else BLACK + WHITE - color)[0]
            planes[index, OWN_FOURS + side, y, x] = int(ways > 0)
            planes[index, OWN_DOUBLE_FOURS + side, y, x] = int(ways > 1)
