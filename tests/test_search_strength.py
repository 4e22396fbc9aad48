"""What the search must find: wins and threats at hand, perfect tic-tac-toe, the exact results of 2x2 Go."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import pytest
from diagrams import go, gomoku, play
from exact_go import ExactGo

from engine import board
from engine.board import BLACK, EMPTY, WHITE, new_state
from engine.game import Game, set_position
from engine.notation import vertex_of_action
from engine.rules_kernels import legality
from engine.rules_kernels import play as play_kernel
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.scoring import scores_black
from engine.symmetry import action_sources
from mcts.config import SearchConfig
from mcts.evaluator import Evaluator, RolloutEvaluator, UniformEvaluator
from mcts.search import Search

SEED = np.random.SeedSequence(30)
ONE_ROW = np.array([0])


def best_action(game: Game, evaluator: Evaluator, **options: int | str) -> int:
    """The most visited action."""
    search = Search(SearchConfig(**options), evaluator, game.rules, 1, SEED)
    search.run(game.state, ONE_ROW)
    return int(search.visit_counts(ONE_ROW)[0].argmax())


def best_vertex(game: Game, num_simulations: int) -> str:
    return vertex_of_action(
        best_action(game, UniformEvaluator(), num_simulations=num_simulations), game.rules
    )


# Wins and threats at hand


@pytest.mark.parametrize(
    ("diagram", "line_length", "vertex"),
    [
        ("X X . / O O . / . . .", 3, "C3"),
        ("X . . . . / . X . . . / O O . O . / . . . X . / . . . . .", 4, "C3"),
        ("O . . . X / O . . X . / O . X . . / . . . . . / X . . . .", 5, "B2"),
        (". O . . . . / . X . . . . / . X O O O . / . X . . . . / . X O . . . / . . . . . .", 5, "B1"),
    ],
)
def test_win_in_one_move_is_found(diagram: str, line_length: int, vertex: str) -> None:
    assert best_vertex(gomoku(diagram, line_length=line_length), 1000) == vertex


@pytest.mark.parametrize(
    ("diagram", "line_length", "vertex"),
    [
        ("O O . / X . . / . X .", 3, "C3"),
        ("O O O . . / X X . . . / X . . . . / . . . . . / . . . . .", 4, "D5"),
        ("O . . . / O . . . / . . . . / . . X .", 3, "A2"),
        ("O . X / X . . / . . O", 3, "B2"),
    ],
)
def test_loss_in_one_move_is_avoided(diagram: str, line_length: int, vertex: str) -> None:
    assert best_vertex(gomoku(diagram, line_length=line_length), 3000) == vertex


def test_pass_that_wins_at_once_is_found_and_one_that_loses_at_once_is_avoided() -> None:
    ahead = play(go(". X . / X X X / . X .", to_play=WHITE, komi=0.5), "pass")
    assert best_vertex(ahead, 200) == "pass"
    behind = play(go(". . . / . . . / . . .", to_play=WHITE, komi=0.5), "pass")
    assert best_vertex(behind, 200) != "pass"


def minimax_score_black(game: Game) -> float:
    """Score under perfect play of both to the end; only for games that end in a move or two."""
    if game.is_over:
        return game.score_black()
    scores = [score_after(game, action) for action in game.legal_actions()]
    return max(scores) if game.to_play == BLACK else min(scores)


def score_after(game: Game, action: int) -> float:
    """`minimax_score_black` after a move; the game comes back unchanged."""
    game.play(action)
    score = minimax_score_black(game)
    game.undo()
    return score


def last_moves(seed: int, num_moves: int) -> tuple[Game, set[int]] | None:
    """A position near the move limit and the actions that win it for Black, if some do and some do not."""
    rng = random.Random(seed)
    start = Game(Rules("go", 4, 3))
    for _ in range(2 * rng.randrange(5, 12)):
        start.play(rng.choice(start.legal_actions()))
        if start.is_over:
            return None
    end = Game(Rules("go", 4, 3, move_limit=num_moves), start.stones())
    scores = {action: score_after(end, action) for action in end.legal_actions()}
    best = max(scores.values())
    if min(scores.values()) == best:
        return None
    game = Game(Rules("go", 4, 3, komi=best - 0.5, move_limit=num_moves), start.stones())
    return game, {action for action, score in scores.items() if score == best}


@pytest.mark.parametrize(("num_moves", "num_simulations"), [(1, 40), (2, 1000)])
def test_last_moves_of_a_game_of_go_win_wherever_they_can(num_moves: int, num_simulations: int) -> None:
    positions = [last_moves(seed, num_moves) for seed in range(60)]
    problems = [position for position in positions if position is not None]
    assert len(problems) > 20
    for game, winning in problems:
        assert best_action(game, UniformEvaluator(), num_simulations=num_simulations) in winning


# Tic-tac-toe

Cells = tuple[int, ...]
LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def color_to_play(cells: Cells) -> int:
    return BLACK if cells.count(BLACK) == cells.count(WHITE) else WHITE


def has_line(cells: Cells) -> bool:
    return any(cells[a] != EMPTY and cells[a] == cells[b] == cells[c] for a, b, c in LINES)


def after(cells: Cells, action: int) -> Cells:
    return (*cells[:action], color_to_play(cells), *cells[action + 1 :])


def moves_in(cells: Cells) -> list[int]:
    return [] if has_line(cells) else [action for action in range(9) if cells[action] == EMPTY]


@cache
def value_to_play(cells: Cells) -> int:
    """+1, 0 or -1 under perfect play."""
    if has_line(cells):
        return -1
    return max((-value_to_play(after(cells, action)) for action in moves_in(cells)), default=0)


def reachable(start: Cells) -> set[Cells]:
    """All positions that can come from one, itself included."""
    found, frontier = {start}, [start]
    while frontier:
        cells = frontier.pop()
        following = {after(cells, action) for action in moves_in(cells)} - found
        found |= following
        frontier += following
    return found


def up_to_symmetry(positions: list[Cells]) -> list[Cells]:
    sources = action_sources(3, 3)[:, :9]
    return sorted({min(tuple(np.array(cells)[source].tolist()) for source in sources) for cells in positions})


OPEN_POSITIONS = sorted(cells for cells in reachable((EMPTY,) * 9) if moves_in(cells))


def chosen_moves(positions: list[Cells], num_simulations: int) -> list[int]:
    """The most visited move of each position, all searched side by side."""
    rules = gomoku_rules(3)
    state = new_state(rules, batch=len(positions))
    for row, cells in enumerate(positions):
        set_position(state, row, np.array(cells, np.int8).reshape(3, 3), color_to_play(cells))
    rows = np.arange(len(positions))
    search = Search(SearchConfig(num_simulations), UniformEvaluator(), rules, len(positions), SEED)
    search.run(state, rows)
    return search.visit_counts(rows).argmax(axis=1).tolist()


@pytest.mark.parametrize(
    "positions",
    [
        pytest.param(up_to_symmetry(OPEN_POSITIONS), id="up to symmetry"),
        pytest.param(OPEN_POSITIONS, id="all", marks=pytest.mark.long),
    ],
)
def test_search_plays_every_position_of_tic_tac_toe_perfectly(positions: list[Cells]) -> None:
    assert len(positions) in (627, 5478 - 958)
    moves = chosen_moves(positions, 1600)
    values = [-value_to_play(after(cells, move)) for cells, move in zip(positions, moves, strict=True)]
    assert values == [value_to_play(cells) for cells in positions]


@pytest.mark.parametrize(("selection", "use_rollouts"), [("puct", False), ("puct", True), ("uct", True)])
def test_tic_tac_toe_of_the_search_against_itself_is_a_draw(selection: str, use_rollouts: bool) -> None:
    rules = gomoku_rules(3)
    evaluator = RolloutEvaluator(rules, 1, SEED) if use_rollouts else UniformEvaluator()
    game = Game(rules)
    while not game.is_over:
        game.play(best_action(game, evaluator, num_simulations=1500, selection=selection))
    assert game.winner() == EMPTY


# Go on 2x2


@pytest.mark.parametrize(
    ("komi", "color", "threshold", "is_reached"),
    [
        pytest.param(0.5, BLACK, 0.5, True, id="Black wins with komi 0.5"),
        pytest.param(1.0, BLACK, 0.0, True, id="Black does not lose with komi 1"),
        pytest.param(1.0, WHITE, 1.0, False, id="White does not lose with komi 1"),
        pytest.param(1.5, WHITE, 0.0, False, id="White wins with komi 1.5"),
    ],
)
def test_search_never_gives_away_the_result_of_2x2(
    komi: float, color: int, threshold: float, is_reached: bool
) -> None:
    rules = Rules("go", 2, 2, komi=komi, move_limit=150)
    solver = ExactGo(rules, threshold)
    for seed in range(5):
        rng, game = random.Random(seed), Game(rules)
        while not game.is_over:
            if game.to_play == color:
                game.play(best_action(game, UniformEvaluator(), num_simulations=300))
                assert solver.black_reaches_it(game.state, 0) == is_reached
            else:
                game.play(rng.choice(game.legal_actions()))


@pytest.mark.parametrize(("komi", "winner"), [(0.5, BLACK), (1.0, EMPTY), (1.5, WHITE)])
def test_2x2_of_the_search_against_itself_has_the_exact_result(komi: float, winner: int) -> None:
    game = Game(Rules("go", 2, 2, komi=komi, move_limit=150))
    while not game.is_over:
        game.play(best_action(game, UniformEvaluator(), num_simulations=300))
    assert game.winner() == winner


# Against random moves


def test_uct_with_rollouts_beats_random_moves_on_5x5() -> None:
    rules = go_rules(5, komi=0.5)
    num_games = 8
    state = new_state(rules, batch=num_games)
    evaluator = RolloutEvaluator(rules, num_games, SEED)
    config = SearchConfig(num_simulations=100, selection="uct")
    search = Search(config, evaluator, rules, num_games, SEED)
    rng = random.Random(1)
    color_of_search = np.array([BLACK, WHITE] * (num_games // 2))
    while not state.scalars[:, board.IS_OVER].all():
        is_open = state.scalars[:, board.IS_OVER] == 0
        to_search = np.flatnonzero(is_open & (state.scalars[:, board.TO_PLAY] == color_of_search))
        at_random = np.flatnonzero(is_open & (state.scalars[:, board.TO_PLAY] != color_of_search))
        if len(to_search):
            search.run(state, to_search)
            for row, visits in zip(to_search, search.visit_counts(to_search), strict=True):
                play_kernel(state, row, int(visits.argmax()))
        for row in at_random:
            points = [action for action in range(rules.area) if legality(state, row, action) == 0]
            play_kernel(state, row, rng.choice(points) if points else rules.pass_action)
    scores = scores_black(state, np.arange(num_games)) * np.where(color_of_search == BLACK, 1, -1)
    assert (scores > 0).sum() >= num_games - 1
