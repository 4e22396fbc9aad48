"""The anchor `one-ply`: it takes what can be had at once, and passes when there is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from diagrams import go, gomoku

from engine.board import BLACK, WHITE
from engine.game import Game
from engine.notation import vertex_of_action
from engine.rulesets import Rules, go_rules, gomoku_rules
from selfplay.agents import open_agent
from selfplay.arena import play_match


def answers(game: Game) -> set[str]:
    """Where it may move, over some seeds."""
    agents = (open_agent("one-ply").make(game.rules, 1, np.random.SeedSequence(seed)) for seed in range(12))
    return {
        vertex_of_action(int(agent.choose(game.state, np.zeros(1, np.int64))[0]), game.rules)
        for agent in agents
    }


def test_it_captures_what_counts_most() -> None:
    game = go(
        """
        . X . . .
        X O X X .
        X O O X .
        . X . X .
        . . . . .
        """,
        BLACK,
    )
    assert answers(game) == {"C2"}


def test_it_passes_when_no_move_gains_anything() -> None:
    diagram = """
        . X O .
        X X O O
        . X O .
        X X O O
        """
    assert answers(go(diagram, BLACK)) == answers(go(diagram, WHITE)) == {"pass"}


def test_it_completes_a_line_and_looks_no_further() -> None:
    board = """
        . . . . . .
        . X X X X .
        . . O O O .
        . . O . . .
        . . . . . .
        . . . . . .
        """
    assert answers(gomoku(board, BLACK, line_length=5)) == {"A5", "F5"}
    assert len(answers(gomoku(board, WHITE, line_length=5))) > 2


KINDS = {
    "go": go_rules(5),
    "territory": go_rules(5, ruleset="japanese"),
    "gomoku": gomoku_rules(5, line_length=3),
}


@pytest.mark.parametrize("rules", KINDS.values(), ids=KINDS)
def test_it_beats_random(rules: Rules) -> None:
    result = play_match(open_agent("one-ply"), open_agent("random"), rules, 40, seed=1)
    assert result.interval[0] > 0.5
    assert not result.failures
