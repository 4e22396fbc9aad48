"""Stored games judged again: the targets that a value source would give them now."""

from collections.abc import Sequence

import numpy as np

from engine.board import BLACK, WHITE, State, new_state
from engine.rules_kernels import play
from mcts.evaluator import Floats
from selfplay.records import GameRecord
from selfplay.run_store import RunStore
from selfplay.value_source import ValueSource


def state_after(games: Sequence[GameRecord]) -> State:
    """Games of the same rules as they stood at their end, one a row."""
    state = new_state(games[0].rules, len(games))
    for row, game in enumerate(games):
        for action in game.moves:
            play(state, row, int(action))
    return state


def targets_now(source: ValueSource, game: GameRecord) -> Floats:
    """`[T]` targets of a stored game, as if it ended now; see `ValueSource.value_targets`."""
    to_play = np.where(np.arange(game.num_moves) % 2 == 0, BLACK, WHITE).astype(np.int8)
    return source.value_targets(state_after([game]), 0, to_play, game.moves)


def judge_again(store: RunStore, phase: str, source: ValueSource) -> None:
    """Give all stored games the targets of a value source that has changed, or none of them.

    Each game is judged by itself, as at its end, so that doing this twice changes nothing.

    Args:
        store: the run; nobody trains it meanwhile.
        phase: of the games, such as `selfplay`.
        source: as it judges now.
    """
    store.replace_targets(phase, lambda game: targets_now(source, game))
