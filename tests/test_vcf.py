"""Victory by continuous fours: puzzles as diagrams, and small boards against a literal search."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from diagrams import gomoku, sample_size, visible
from naive_go import BLACK, EMPTY, WHITE, opponent_of
from naive_gomoku import NaiveGomoku
from naive_vcf import has_vcf

from engine.errors import RulesError
from engine.game import Game
from engine.notation import vertex_of_action
from engine.rulesets import LINE_RULES, Rules, go_rules
from engine.symmetry import NUM_SYMMETRIES, transform_action
from engine.threats import VcfResult, find_vcf

pytestmark = pytest.mark.interpreted


def solve(game: Game, **options: Any) -> VcfResult:
    """A search that must leave the game as it was and whose win, if any, must stand up to all answers."""
    before = visible(game.state, 0)
    result = find_vcf(game.state, 0, **options)
    assert visible(game.state, 0) == before
    assert (result.verdict == "win") == (result.action is not None)
    if result.line:
        assert_wins(game, result.line)
    return result


def assert_wins(game: Game, line: tuple[int, ...]) -> None:
    """The line can be played; at its end the game is won, or will be one move later whatever is answered."""
    attacker = game.to_play
    after = Game(game.rules, game.stones(), attacker)
    for action in line:
        after.play(action)
    if after.is_over:
        assert after.winner() == attacker
        return
    for answer in after.legal_actions():
        after.play(answer)
        assert not after.is_over
        assert any(wins_with(after, action) for action in after.legal_actions())
        after.undo()


def wins_with(game: Game, action: int) -> bool:
    color = game.to_play
    game.play(action)
    won = game.is_over and game.winner() == color
    game.undo()
    return won


def shown(game: Game, result: VcfResult) -> str:
    return " ".join(vertex_of_action(action, game.rules) for action in result.line)


CROSS = """
    . . . . . . . .
    . . . . . . . .
    O X X X . . . .
    . . . . X . . .
    . . . . X . . .
    . . . . . . . .
    . . . . . . . .
    """

WHITE_FOUR = """
    . . . . X X X . X X .
    . . . . . . . O . . .
    . . . . . . . O . . .
    . . . . . . . O . . .
    . . . . . . . . . . .
    . . . . . . . X . . .
    """
LONG = {
    ("freestyle", BLACK): """
        . . . . . . . . . . .
        . . X . . . . . . . .
        . O . . X . . . . . .
        . . . O O . . . X . .
        . . X . X X O . X . .
        . . X X X O X O . X .
        . . . O X . X O . . .
        . . O O . O . O X . .
        . . . . O O . . . . .
        . . . . . . . . O . .
        . . . . . . . . . . .
        """,
    ("renju", BLACK): """
        . . . . . . . . . . .
        . . . O . . . . . . .
        . . . O . . O . X . .
        . . . . X . X . . . .
        . X O O . X O . . . .
        . . . . . . . O O . .
        . X . . X O . X . . .
        . . . . X . . . . . .
        . . . . . X X O . O .
        . . . . . . . . . . .
        . . . . . . . . . . .
        """,
    ("renju", WHITE): """
        . . . . . . . . . . .
        . . . . . O . . . . .
        . . . . . . . . . . .
        . . . . O X X X . . .
        . . . . X O X O . . .
        . . . X X O X X X . .
        . . . . X . O O . . .
        . . . . . O O . . O .
        . . X . O X . . . . .
        . . . . . . . O . . .
        . . . . . . . . . . .
        """,
}

PUZZLES = [
    (". X X X X . .", BLACK, {}, "A1", 1),
    ("O X X X X . .", BLACK, {}, "F1", 1),
    (". . X X X . .", BLACK, {}, "B1", 1),
    (CROSS, BLACK, {}, "E5", 3),
    (CROSS, BLACK, {"line_rule": "standard"}, "E5", 3),
    (CROSS, BLACK, {"line_rule": "renju"}, "E5", 3),
    (CROSS, BLACK, {"line_rule": "caro"}, "E5", 3),
    # Black may parry on H6 neither in renju, where it makes an overline, nor anywhere else.
    (WHITE_FOUR, WHITE, {"line_rule": "renju"}, "H2", 1),
]
WITHOUT_VCF = [
    ("Black's fours are parried", "O X X X . . .", BLACK, {}),
    (
        "the first parry makes two threats",
        """
        . . . . . . . .
        . . . . . . . .
        O X X X . . . .
        . . . . X O . .
        . . . . X O . .
        . . . . . O . .
        . . . . . . . .
        """,
        BLACK,
        {},
    ),
    ("White threatens to complete a line", "O O O O . . . / . . . . . . . / . . X X X . .", BLACK, {}),
    ("only a six would come of it", "X . X X X X . X / . . . . . . . .", BLACK, {"line_rule": "standard"}),
    ("the double four is forbidden", "X . X . X . X / . . . . . . .", BLACK, {"line_rule": "renju"}),
    ("the line will be blocked at both ends", "O X X X . . O", BLACK, {"line_rule": "caro"}),
    ("Black parries", WHITE_FOUR, WHITE, {"line_rule": "standard"}),
]


@pytest.mark.parametrize(("diagram", "to_play", "options", "vertex", "length"), PUZZLES)
def test_vcf_is_found(diagram: str, to_play: int, options: dict[str, Any], vertex: str, length: int) -> None:
    game = gomoku(diagram, to_play, **options)
    result = solve(game)
    assert (result.verdict, shown(game, result)[: len(vertex)], len(result.line)) == ("win", vertex, length)


@pytest.mark.parametrize(
    ("diagram", "to_play", "options"),
    [case[1:] for case in WITHOUT_VCF],
    ids=[case[0] for case in WITHOUT_VCF],
)
def test_vcf_is_not_claimed(diagram: str, to_play: int, options: dict[str, Any]) -> None:
    assert solve(gomoku(diagram, to_play, **options)).verdict == "none"


def test_line_in_two_ways_in_freestyle_is_forbidden_to_black_in_renju_but_not_to_white() -> None:
    diagram = "X . X . X . X / . . . . . . ."
    assert solve(gomoku(diagram)).verdict == "win"
    white = diagram.replace("X", "O")
    assert solve(gomoku(white, WHITE, line_rule="renju")).verdict == "win"


@pytest.mark.parametrize(("line_rule", "to_play"), LONG)
def test_long_vcf_is_found_and_wins_whatever_is_answered(line_rule: str, to_play: int) -> None:
    game = gomoku(LONG[line_rule, to_play], to_play, line_rule=line_rule)
    assert len(solve(game).line) >= 13


def test_limit_is_told_from_a_search_that_found_nothing() -> None:
    game = gomoku(LONG["freestyle", BLACK])
    needed = solve(game).nodes
    assert solve(game, node_limit=needed - 1).verdict == "limit"
    assert solve(game, node_limit=needed).verdict == "win"
    assert solve(game, node_limit=0).verdict == "limit"
    assert solve(gomoku(". . . . . . ."), node_limit=0).verdict == "none"
    assert solve(gomoku("X X X X . . ."), node_limit=0).verdict == "win"


def test_attacker_may_be_the_side_that_is_not_to_move() -> None:
    game = gomoku(". . O O O . .", BLACK)
    assert find_vcf(game.state, 0).verdict == "none"
    assert find_vcf(game.state, 0, attacker=WHITE).action == 1


def test_four_that_leaves_black_without_any_move_draws_and_is_no_win() -> None:
    diagram = "X X X . X X / X O X O O X / O X O O X O / X O X O O X / O X O . X O"
    game = gomoku(diagram, WHITE, line_rule="renju")
    assert solve(game).verdict == "none"
    game.play(4 * 6 + 3)
    assert (game.is_over, game.result()) == (True, "0")
    with_a_move = diagram.replace("/ O X O . X O", "/ O X O . X .")
    assert solve(gomoku(with_a_move, WHITE, line_rule="renju")).verdict == "win"


def test_finished_game_has_no_vcf_and_go_is_refused() -> None:
    game = gomoku("X X X X . . .")
    game.play(4)
    assert find_vcf(game.state, 0).verdict == "none"
    with pytest.raises(RulesError, match="expected a game of Gomoku"):
        find_vcf(Game(go_rules(5)).state, 0)


# Random boards


def random_position(rng: random.Random) -> tuple[Rules, NaiveGomoku] | None:
    """A small, nearly full board without completed lines, and its reference; None where there is a line."""
    line_rule = rng.choice(LINE_RULES)
    line_length = 5 if line_rule == "renju" else rng.choice([3, 4, 5])
    smallest = 5 if line_length == 5 else 3
    width, height = rng.randint(smallest, 6), rng.randint(smallest, 6)
    area = width * height
    num_empty = rng.randint(3, 7)
    colors = [EMPTY] * num_empty + [rng.choice([BLACK, WHITE]) for _ in range(area - num_empty)]
    rng.shuffle(colors)
    naive = NaiveGomoku(width, height, line_length, line_rule)
    naive.board, naive.to_play = tuple(colors), rng.choice([BLACK, WHITE])
    stones = [action for action in range(area) if colors[action] != EMPTY]
    if any(naive.completes_line(action) for action in stones) or naive.is_over:
        return None
    return Rules("gomoku", width, height, line_length=line_length, line_rule=line_rule), naive


def test_search_agrees_with_a_literal_search_on_small_boards() -> None:
    rng = random.Random(41)
    verdicts = []
    while len(verdicts) < sample_size(compiled=150, interpreted=15):
        position = random_position(rng)
        if position is None:
            continue
        rules, naive = position
        stones = np.array(naive.board, np.int8).reshape(rules.height, rules.width)
        result = solve(Game(rules, stones, naive.to_play))
        assert result.verdict == ("win" if has_vcf(naive) else "none"), f"{rules}\n{naive.diagram()}"
        verdicts.append(len(result.line))
    assert {0, 1} <= set(verdicts)


def test_verdict_commutes_with_the_eight_symmetries_and_in_three_rules_with_the_colors() -> None:
    rng = random.Random(42)
    for _ in range(sample_size(compiled=20, interpreted=2)):
        side, line_rule = rng.randint(7, 10), rng.choice(LINE_RULES)
        colors = rng.choices([BLACK, WHITE, EMPTY], [0.22, 0.2, 0.58], k=side * side)
        to_play = rng.choice([BLACK, WHITE])
        rules = Rules("gomoku", side, side, line_rule=line_rule)
        verdicts = set()
        for symmetry in range(NUM_SYMMETRIES):
            turned = np.empty(side * side, np.int8)
            for action, color in enumerate(colors):
                turned[transform_action(symmetry, action, side, side)] = color
            stones = turned.reshape(side, side)
            verdicts.add(find_vcf(Game(rules, stones, to_play).state, 0).verdict)
            if line_rule != "renju":
                swapped = np.where(stones == EMPTY, EMPTY, BLACK + WHITE - stones).astype(np.int8)
                verdicts.add(find_vcf(Game(rules, swapped, opponent_of(to_play)).state, 0).verdict)
        assert len(verdicts) == 1
