"""How tests set up a game of the engine from a diagram, play it by vertices and look at all of it."""

from __future__ import annotations

import os
from typing import Any

import numba
from naive_go import Board

from engine import board
from engine.board import BLACK, State
from engine.game import Game, stones_of
from engine.notation import Stones, action_of_vertex, format_diagram, parse_diagram
from engine.rulesets import Rules

IS_INTERPRETED = bool(numba.config.DISABLE_JIT)


def sample_size(compiled: int, interpreted: int) -> int:
    """How many random samples a test takes: fewer where Python runs the kernels, or as YOMI_GAMES says."""
    return int(os.environ.get("YOMI_GAMES", interpreted if IS_INTERPRETED else compiled))


def go(diagram: str, to_play: int = BLACK, **options: Any) -> Game:
    """A game of Go from a diagram; komi 0 unless given."""
    stones = parse_diagram(diagram)
    return Game(Rules("go", stones.shape[1], stones.shape[0], **options), stones, to_play)


def gomoku(diagram: str, to_play: int = BLACK, **options: Any) -> Game:
    """A game of Gomoku from a diagram."""
    stones = parse_diagram(diagram)
    return Game(Rules("gomoku", stones.shape[1], stones.shape[0], **options), stones, to_play)


def play(game: Game, vertices: str) -> Game:
    """Plays moves such as `"D4 pass C3"` in turn and returns the same game."""
    for vertex in vertices.split():
        game.play(action_of_vertex(vertex, game.rules))
    return game


def refusal(game: Game, vertex: str) -> str | None:
    """Why the side to move may not play there, None when it may."""
    return game.refusal(action_of_vertex(vertex, game.rules))


def assert_shows(game: Game, diagram: str) -> None:
    """Fails with both boards drawn unless the game shows this one."""
    shown, expected = format_diagram(game.stones()), format_diagram(parse_diagram(diagram))
    assert shown == expected, f"\n{shown}\nis not\n{expected}"


def board_tuple(stones: Stones) -> Board:
    """Stones as the naive references keep them."""
    return tuple(stones.ravel().tolist())


def visible(state: State, row: int) -> dict[str, Any]:
    """All that tells one game from another: no scratch space, no order of lists, no stale entries."""
    scalars = state.scalars[row]
    return {
        "rules": state.rules[row].tolist(),
        "komi": float(state.komi[row]),
        "scalars": scalars.tolist(),
        "hash": int(state.hash[row]),
        "stones": format_diagram(stones_of(state, row)),
        "empty": sorted(state.empty[row, : scalars[board.NUM_EMPTY]].tolist()),
        "history": state.history[row, : scalars[board.NUM_HISTORY]].tolist(),
        "filter": state.history_filter[row].tolist(),
    }


def padded_point(action: int, width: int) -> int:
    """Index of an action on the padded board."""
    return (action // width + 1) * (width + 1) + action % width + 1
