"""Holds the slow references to exact numbers known from elsewhere and to positions worked out by hand."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from naive_go import BLACK, EMPTY, WHITE, Board, NaiveGo, is_legal_position, parse_diagram, place_stone
from naive_gomoku import NaiveGomoku
from naive_puct import naive_puct

# Go: positions and moves


def legal_positions(width: int, height: int) -> list[Board]:
    """All boards on which every chain has a liberty, by trying every board."""
    boards = itertools.product((EMPTY, BLACK, WHITE), repeat=width * height)
    return [board for board in boards if is_legal_position(board, width, height)]


def count_move_graph_edges(width: int, height: int) -> tuple[int, int]:
    """Moves of both colors from all legal positions: without suicide, and suicides of two or more stones."""
    ordinary_count, suicide_count = 0, 0
    for board in legal_positions(width, height):
        for color, point in itertools.product((BLACK, WHITE), range(width * height)):
            if board[point] == EMPTY:
                placement = place_stone(board, width, height, point, color)
                assert is_legal_position(placement.board, width, height)
                ordinary_count += len(placement.suicided) == 0
                suicide_count += len(placement.suicided) >= 2
    return ordinary_count, suicide_count


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1, 1, 1),
        (2, 1, 5),
        (1, 2, 5),
        (1, 3, 15),
        (2, 2, 57),
        (2, 3, 489),
        (3, 2, 489),
        (2, 4, 4125),
        (3, 3, 12675),
        (2, 5, 35117),
        pytest.param(3, 4, 321689, marks=pytest.mark.long),
    ],
)
def test_number_of_legal_positions_is_the_published_one(width: int, height: int, expected: int) -> None:
    assert len(legal_positions(width, height)) == expected


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1, 2, (8, 4)),
        (1, 3, (36, 6)),
        (2, 2, (184, 8)),
        (2, 3, (2220, 92)),
        (2, 4, (24456, 1152)),
        (3, 3, (83502, 2698)),
        pytest.param(2, 5, (258268, 11340), marks=pytest.mark.long),
    ],
)
def test_number_of_moves_from_all_legal_positions_is_exact(
    width: int, height: int, expected: tuple[int, int]
) -> None:
    assert count_move_graph_edges(width, height) == expected


def perft(game: NaiveGo, depth: int) -> list[int]:
    """Number of move sequences of 1 .. `depth` moves; finished games are not extended."""
    counts = Counter[int]()

    def walk(node: NaiveGo, ply: int) -> None:
        for action in node.legal_actions():
            counts[ply] += 1
            if ply < depth:
                child = node.copy()
                child.play(action)
                walk(child, ply + 1)

    walk(game, 1)
    return [counts[ply] for ply in range(1, depth + 1)]


@pytest.mark.parametrize(
    ("width", "height", "suicide", "expected"),
    [
        (2, 2, False, [5, 21, 68, 156, 316, 604, 1088, 2184, 4184, 8024]),
        (2, 2, True, [5, 21, 68, 156, 316, 604, 1088, 2184, 4184, 8024]),
        (2, 3, False, [7, 43, 222, 934, 3242, 8666]),
        (2, 3, True, [7, 43, 222, 942, 3378, 9834]),
        (3, 3, False, [10, 91, 738, 5281]),
        (3, 3, True, [10, 91, 738, 5281]),
        (4, 4, False, [17, 273, 4112]),
        (5, 5, False, [26, 651]),
        pytest.param(4, 4, False, [17, 273, 4112, 57984], marks=pytest.mark.long),
        pytest.param(2, 3, False, [7, 43, 222, 934, 3242, 8666, 20760, 45332], marks=pytest.mark.long),
        pytest.param(2, 3, True, [7, 43, 222, 942, 3378, 9834, 26504, 64116], marks=pytest.mark.long),
        pytest.param(3, 3, False, [10, 91, 738, 5281, 33384, 179712], marks=pytest.mark.long),
        pytest.param(3, 3, True, [10, 91, 738, 5281, 33384, 180768], marks=pytest.mark.long),
    ],
)
def test_number_of_move_sequences_under_positional_superko_is_exact(
    width: int, height: int, suicide: bool, expected: list[int]
) -> None:
    assert perft(NaiveGo(width, height, ko="positional", suicide=suicide), len(expected)) == expected


def count_games(game: NaiveGo) -> int:
    """Number of ways to play on until the game is over."""
    if game.is_over:
        return 1
    num_games = 0
    for action in game.legal_actions():
        child = game.copy()
        child.play(action)
        num_games += count_games(child)
    return num_games


@pytest.mark.parametrize("suicide", [False, True])
@pytest.mark.parametrize(("length", "expected"), [(1, 1), (2, 9), (3, 907)])
def test_number_of_whole_games_on_a_line_is_the_published_one(
    length: int, expected: int, suicide: bool
) -> None:
    assert count_games(NaiveGo(length, 1, suicide=suicide)) == expected
    assert count_games(NaiveGo(1, length, suicide=suicide)) == expected


def black_can_score(game: NaiveGo, threshold: int) -> bool:
    """Whether Black, against any defense, ends at least `threshold` points ahead (komi 0).

    The table is keyed by the whole history of boards, so the superko rule is kept exactly.
    """
    known: dict[tuple[Any, ...], bool] = {}

    def search(node: NaiveGo) -> bool:
        if node.is_over:
            return node.area_score() >= threshold
        after_pass = node.moves[-1:] == (node.pass_action,)
        key = (node.board, node.to_play, after_pass, node.earlier_boards)
        if key not in known:
            wanted = node.to_play == BLACK  # the answer that the side to play hopes for
            answers = (search(child) for child in children_pass_first(node))
            known[key] = wanted if any(answer == wanted for answer in answers) else not wanted
        return known[key]

    return search(game)


def children_pass_first(game: NaiveGo) -> Iterator[NaiveGo]:
    """The games one move on, the pass first: on tiny boards it settles most positions at once."""
    for action in reversed(game.legal_actions()):
        child = game.copy()
        child.play(action)
        yield child


@pytest.mark.parametrize(
    ("width", "height", "suicide", "expected"),
    [
        (1, 1, False, 0),
        (1, 1, True, 0),
        (2, 1, False, 0),
        (2, 1, True, 0),
        (1, 3, False, 3),
        (1, 3, True, 3),
        (4, 1, False, 4),
        (4, 1, True, 4),
        (1, 5, False, 0),  # with suicide it takes minutes
        (2, 2, False, 1),
        (2, 2, True, 1),
    ],
)
def test_value_of_a_tiny_board_is_the_published_one(
    width: int, height: int, suicide: bool, expected: int
) -> None:
    assert black_can_score(NaiveGo(width, height, suicide=suicide), expected)
    assert not black_can_score(NaiveGo(width, height, suicide=suicide), expected + 1)


# Go: rules by diagram


def at(game: NaiveGo | NaiveGomoku, x: int, y: int) -> int:
    """The action of column `x`, row `y` from the top."""
    return y * game.width + x


def test_capture_takes_off_every_chain_without_liberties_and_counts_prisoners() -> None:
    game = NaiveGo.from_diagram("O . O X / X X X .")
    game.play(at(game, 1, 0))
    assert game.board == parse_diagram(". X . X / X X X .")[0]
    assert game.prisoners == {BLACK: 2, WHITE: 0}


def test_recapture_is_illegal_until_another_move_is_played() -> None:
    game = NaiveGo.from_diagram(". X O . / X O . O / . X O . / . . . .", ko="simple")
    game.play(at(game, 2, 1))
    assert game.legality(at(game, 1, 1)) == "ko"
    game.play(game.pass_action)
    game.play(game.pass_action - 1)
    assert game.legality(at(game, 1, 1)) == "legal"
    game.play(at(game, 1, 1))
    assert game.legality(at(game, 2, 1)) == "ko"


def test_recapture_counts_as_superko_under_positional_superko() -> None:
    game = NaiveGo.from_diagram(". X O . / X O . O / . X O . / . . . .", ko="positional")
    game.play(at(game, 2, 1))
    assert game.legality(at(game, 1, 1)) == "superko"


@pytest.mark.parametrize("ko", ["simple", "positional"])
def test_taking_back_is_legal_when_a_chain_comes_off(ko: str) -> None:
    game = NaiveGo.from_diagram("O . O / X X O / O O .", ko=ko)
    game.play(at(game, 1, 0))
    assert game.prisoners[BLACK] == 1
    game.play(at(game, 0, 0))
    assert game.board == parse_diagram("O . O / . . O / O O .")[0]
    assert game.prisoners[WHITE] == 3


def test_capture_by_a_stone_with_two_liberties_starts_no_ko() -> None:
    game = NaiveGo.from_diagram("O . . / X O . / . . .", ko="simple")
    game.play(at(game, 1, 0))
    assert game.prisoners[BLACK] == 1
    assert game.legality(at(game, 0, 0)) == "suicide"


def test_single_stone_suicide_is_never_legal() -> None:
    for suicide in (False, True):
        game = NaiveGo.from_diagram(". O . / O . . / . . .", suicide=suicide)
        assert game.legality(at(game, 0, 0)) == "suicide"


def test_suicide_of_a_chain_is_legal_only_when_the_rules_allow_it() -> None:
    diagram = "X . O / O O . / . . ."
    assert NaiveGo.from_diagram(diagram, suicide=False).legality(1) == "suicide"
    game = NaiveGo.from_diagram(diagram, suicide=True)
    game.play(1)
    assert game.board == parse_diagram(". . O / O O . / . . .")[0]
    assert game.prisoners == {BLACK: 0, WHITE: 2}


def test_suicide_that_brings_back_an_earlier_board_is_superko() -> None:
    game = NaiveGo.from_diagram(". . O / O O . / . . .", suicide=True)
    game.play(0)
    game.play(game.pass_action)
    assert game.legality(1) == "superko"


@pytest.mark.parametrize(("ko", "expected"), [("simple", "legal"), ("positional", "superko")])
def test_sending_two_returning_one_may_not_bring_back_the_starting_board(ko: str, expected: str) -> None:
    game = NaiveGo.from_diagram("O O . O / X X O . / . . . .", ko=ko)
    game.play(at(game, 2, 0))
    assert game.board == parse_diagram(". . X O / X X O . / . . . .")[0]
    assert [game.legality(at(game, x, 0)) for x in (0, 1)] == ["legal", "legal"]
    game.play(at(game, 1, 0))
    assert game.board == parse_diagram(". O . O / X X O . / . . . .")[0]
    game.play(game.pass_action)
    assert game.legality(at(game, 0, 0)) == expected


def test_passing_is_legal_although_it_repeats_the_board() -> None:
    game = NaiveGo(3, 3)
    game.play(game.pass_action)
    assert game.legality(game.pass_action) == "legal"


def test_two_passes_or_the_move_limit_end_the_game() -> None:
    game = NaiveGo(2, 2)
    game.play(game.pass_action)
    assert not game.is_over
    game.play(game.pass_action)
    assert game.is_over
    assert game.legality(99) == "game over"
    assert game.legal_actions() == []

    limited = NaiveGo(2, 2, move_limit=2)
    limited.play(0)
    limited.play(limited.pass_action)
    assert limited.is_over


def test_area_counts_empty_regions_that_touch_one_color_only() -> None:
    game = NaiveGo.from_diagram(". X . O . / X X . O . / . X X O .")
    assert game.area_score() == (5 + 2) - (3 + 3)
    assert NaiveGo(3, 3).area_score() == 0
    assert NaiveGo.from_diagram(". . / . X").area_score() == 4


def test_winner_is_the_color_ahead_after_komi() -> None:
    diagram = ". . / . X"
    assert NaiveGo.from_diagram(diagram, komi=3.5).winner() == BLACK
    assert NaiveGo.from_diagram(diagram, komi=4.0).winner() == EMPTY
    assert NaiveGo.from_diagram(diagram, komi=7.0).winner() == WHITE


def test_liberties_are_those_of_the_whole_chain() -> None:
    game = NaiveGo.from_diagram("X X . / . O . / . . .")
    assert game.liberties(0, 0) == {(0, 1), (2, 0)}
    assert game.liberties(1, 1) == {(0, 1), (2, 1), (1, 2)}
    with pytest.raises(ValueError, match="expected a stone"):
        game.liberties(2, 2)


@pytest.mark.parametrize("ko", ["simple", "positional"])
@pytest.mark.parametrize("suicide", [False, True])
def test_random_games_keep_stones_and_prisoners_in_balance(ko: str, suicide: bool) -> None:
    rng = random.Random(20)
    for _ in range(5):
        game = NaiveGo(4, 3, ko=ko, suicide=suicide, move_limit=40)
        stone_moves = {BLACK: 0, WHITE: 0}
        while not game.is_over:
            before = game.copy()
            action = rng.choice(game.legal_actions())
            stone_moves[game.to_play] += action != game.pass_action
            game.play(action)
            assert is_legal_position(game.board, 4, 3)
            assert len(before.moves) + 1 == len(game.moves)
            assert game.board.count(BLACK) == stone_moves[BLACK] - game.prisoners[WHITE]
            assert game.board.count(WHITE) == stone_moves[WHITE] - game.prisoners[BLACK]


# Gomoku


def reachable_by_ply(game: NaiveGomoku) -> list[dict[Board, tuple[NaiveGomoku, int]]]:
    """Per ply, every reachable board with one game that leads to it and the number of move sequences that do.

    Whether a reachable board is over does not depend on how it came about, so boards may be merged.
    """
    layers = [{game.board: (game, 1)}]
    while layers[-1]:
        following: dict[Board, tuple[NaiveGomoku, int]] = {}
        for node, num_sequences in layers[-1].values():
            for action in node.legal_actions():
                child = node.copy()
                child.play(action)
                first_game, so_far = following.get(child.board, (child, 0))
                following[child.board] = (first_game, so_far + num_sequences)
        layers.append(following)
    return layers[:-1]


def test_tic_tac_toe_has_the_known_positions_and_games() -> None:
    layers = reachable_by_ply(NaiveGomoku(3, 3, line_length=3))
    nodes = [node for layer in layers for node in layer.values()]
    sequences = [sum(num for _, num in layer.values()) for layer in layers]
    games = Counter[int]()
    for node, num_sequences in nodes:
        games[node.winner()] += num_sequences * node.is_over

    assert len(nodes) == 5478
    assert sum(node.is_over for node, _ in nodes) == 958
    assert sequences == [1, 9, 72, 504, 3024, 15120, 54720, 148176, 200448, 127872]
    assert games == {BLACK: 131184, WHITE: 77904, EMPTY: 46080}


@pytest.mark.long
def test_three_by_four_three_in_line_has_the_known_positions_and_games() -> None:
    layers = reachable_by_ply(NaiveGomoku(4, 3, line_length=3))
    nodes = [node for layer in layers for node in layer.values()]
    sequences = [sum(num for _, num in layer.values()) for layer in layers[1:]]

    assert len(nodes) == 111973
    assert sum(num_sequences for node, num_sequences in nodes if node.is_over) == 151188768
    assert sequences[:6] == [12, 132, 1320, 11880, 95040, 622944]
    assert sequences[6:] == [3499200, 14031360, 44872704, 81527040, 96825600, 35424000]


def minimax_value_to_play(game: NaiveGomoku, known: dict[Board, int]) -> int:
    """+1, 0 or -1 for the side to play."""
    if game.is_over:
        return 0 if game.winner() == EMPTY else -1  # only the side that has just moved can have won
    if game.board not in known:
        values = []
        for action in game.legal_actions():
            child = game.copy()
            child.play(action)
            values.append(-minimax_value_to_play(child, known))
        known[game.board] = max(values)
    return known[game.board]


def test_tic_tac_toe_is_a_draw() -> None:
    known: dict[Board, int] = {}
    assert minimax_value_to_play(NaiveGomoku(3, 3, line_length=3), known) == 0
    assert len(known) == 5478 - 958


@pytest.mark.parametrize(
    ("diagram", "x", "y"),
    [
        ("X X X . X / . . . . . / . . . . . / . . . . . / . . . . .", 3, 0),
        ("X . . . . / X . . . . / . . . . . / X . . . . / X . . . .", 0, 2),
        (". . . . . / . X . . . / . . X . . / . . . X . / . . . . X", 0, 0),
        (". . . . X / . . . X . / . . . . . / . X . . . / X . . . .", 2, 2),
    ],
)
@pytest.mark.parametrize("exact", [False, True])
def test_five_in_line_wins_in_every_direction(diagram: str, x: int, y: int, exact: bool) -> None:
    game = NaiveGomoku.from_diagram(diagram, line_rule="standard" if exact else "freestyle")
    game.play(at(game, x, y))
    assert game.is_over
    assert game.winner() == BLACK
    assert game.legality(at(game, 4, 4)) == "game over"


def test_six_in_line_wins_only_in_freestyle() -> None:
    diagram = "X X X . X X / . . . . . ."
    freestyle = NaiveGomoku.from_diagram(diagram)
    freestyle.play(3)
    assert freestyle.winner() == BLACK
    exact = NaiveGomoku.from_diagram(diagram, line_rule="standard")
    exact.play(3)
    assert exact.winner() == EMPTY
    assert not exact.is_over


def test_exact_line_wins_although_the_same_stone_makes_a_longer_line() -> None:
    diagram = "X X X . X X / . . . X . . / . . . X . . / . . . X . . / . . . X . ."
    game = NaiveGomoku.from_diagram(diagram, line_rule="standard")
    game.play(3)
    assert game.winner() == BLACK


def test_line_does_not_run_around_the_edge_of_the_board() -> None:
    game = NaiveGomoku.from_diagram(". . . . X X / X X . . . .")
    game.play(at(game, 2, 1))
    assert game.winner() == EMPTY


def test_full_board_without_a_line_is_a_draw() -> None:
    game = NaiveGomoku.from_diagram("X O X / X O O / O X .", line_length=3)
    game.play(8)
    assert game.is_over
    assert game.winner() == EMPTY


def test_gomoku_legality_names_the_reason() -> None:
    game = NaiveGomoku(3, 3)
    game.play(4)
    assert [game.legality(action) for action in (-1, 0, 4, 9, 10)] == [
        "off board",
        "legal",
        "occupied",
        "pass",
        "off board",
    ]
    with pytest.raises(ValueError, match="occupied"):
        game.play(4)


def test_go_legality_names_the_reason() -> None:
    game = NaiveGo(3, 3)
    game.play(4)
    assert [game.legality(action) for action in (-1, 0, 4, 9, 10)] == [
        "off board",
        "legal",
        "occupied",
        "legal",
        "off board",
    ]
    with pytest.raises(ValueError, match="occupied"):
        game.play(4)


# PUCT


def uniform(game: Any) -> tuple[dict[int, float], float]:
    """Equal priors and a value of 0."""
    actions = game.legal_actions()
    return dict.fromkeys(actions, 1.0 / len(actions)), 0.0


def test_first_simulation_only_expands_the_root() -> None:
    result = naive_puct(NaiveGomoku(3, 3, 3), 1, uniform)
    unvisited = dict.fromkeys(range(9), 0)
    assert result == {
        "visit_counts": unvisited,
        "pruned_visits": unvisited,
        "values": {},
        "root_value": 0.0,
        "bounds": (-1.0, 1.0),
    }


def test_child_visits_sum_to_one_less_than_the_simulations() -> None:
    game = NaiveGo(2, 2)
    for num_simulations in (1, 2, 3, 50):
        result = naive_puct(game, num_simulations, uniform)
        assert sum(result["visit_counts"].values()) == num_simulations - 1
    assert game.moves == ()


def test_equal_scores_go_to_the_smallest_action() -> None:
    result = naive_puct(NaiveGomoku(3, 3, 3), 4, uniform)
    assert [action for action, visits in result["visit_counts"].items() if visits] == [0, 1, 2]


def test_root_value_is_the_mean_of_its_own_evaluation_and_its_visits() -> None:
    def evaluate(game: Any) -> tuple[dict[int, float], float]:
        return uniform(game)[0], random.Random(str(game.moves)).uniform(-1.0, 1.0)

    game = NaiveGomoku(3, 3, 3)
    result = naive_puct(game, 80, evaluate)
    own_value = evaluate(game)[1]
    from_children = sum(result["visit_counts"][action] * value for action, value in result["values"].items())
    assert result["root_value"] == pytest.approx((own_value + from_children) / 80)


def three_moves_left() -> NaiveGomoku:
    """Black to play with three empty points and no line to be made: each action is a plain edge."""
    return NaiveGomoku.from_diagram("X O X / X O O / . . .", line_length=9)


def test_choices_follow_the_formula_worked_out_by_hand() -> None:
    # Root: value 0.4, priors 0.5, 0.3, 0.2 of actions 6, 7, 8; the child after 6 is worth 0.9 to its player.
    def evaluate(game: Any) -> tuple[dict[int, float], float]:
        if len(game.moves) == 0:
            return {6: 0.5, 7: 0.3, 8: 0.2}, 0.4
        return uniform(game)[0], {(6,): 0.9, (7,): -0.1}.get(game.moves, 0.0)

    # Second simulation: all are unvisited with Q = 0.4, so 6 by its prior. Third: the root mean is
    # (0.4 - 0.9) / 2 = -0.25; with c = 1.25 (huge base) 6: -0.9 + 1.25 * 0.5 / 2; 7: -0.25 + 1.25 * 0.3; 7.
    second = naive_puct(three_moves_left(), 2, evaluate, c_puct_base=1e12)
    assert second["visit_counts"] == {6: 1, 7: 0, 8: 0}
    assert second["values"] == {6: -0.9}
    assert second["root_value"] == pytest.approx(-0.25)
    third = naive_puct(three_moves_left(), 3, evaluate, c_puct_base=1e12)
    assert third["visit_counts"] == {6: 1, 7: 1, 8: 0}
    assert third["root_value"] == pytest.approx((0.4 - 0.9 + 0.1) / 3)
    # Fourth: the root mean is (0.4 - 0.9 + 0.1) / 3 = -0.1333; 7: 0.1 + 1.25 * 0.3 * sqrt(2) / 2 = 0.365;
    # 8: -0.1333 + 1.25 * 0.2 * sqrt(2) = 0.220; 6 is far behind; so 7 again.
    fourth = naive_puct(three_moves_left(), 4, evaluate, c_puct_base=1e12)
    assert fourth["visit_counts"] == {6: 1, 7: 2, 8: 0}


def test_first_play_reduction_at_the_root_moves_a_choice() -> None:
    # All values 0. After one visit of action 6 (prior 0.5) an unvisited child has Q = -reduction * sqrt(0.5).
    # Scores: 6: 1.25 * 0.5 / 2 = 0.3125; 7: 1.25 * 0.3 - reduction * 0.7071 = 0.375 - 0.7071 * reduction.
    def evaluate(game: Any) -> tuple[dict[int, float], float]:
        return ({6: 0.5, 7: 0.3, 8: 0.2} if not game.moves else uniform(game)[0]), 0.0

    threshold = (0.375 - 0.3125) / math.sqrt(0.5)
    for root_fpu_reduction, expected in (
        (0.0, {6: 1, 7: 1, 8: 0}),
        (threshold - 0.01, {6: 1, 7: 1, 8: 0}),
        (threshold + 0.01, {6: 2, 7: 0, 8: 0}),
    ):
        result = naive_puct(three_moves_left(), 3, evaluate, root_fpu_reduction=root_fpu_reduction)
        assert result["visit_counts"] == expected


def test_first_play_reduction_below_the_root_does_not_use_that_of_the_root() -> None:
    # Only action 6 has a prior at the root. At the node after it, all values 0, 7 (prior 0.6) visited once:
    # 7: 1.25 * 0.6 / 2 = 0.375; 8: 1.25 * 0.4 - reduction * sqrt(0.6) = 0.5 - 0.7746 * reduction.
    def evaluate(game: Any) -> tuple[dict[int, float], float]:
        asked.append(game.moves)
        return ({7: 0.6, 8: 0.4} if game.moves == (6,) else uniform(game)[0]), 0.0

    threshold = (0.5 - 0.375) / math.sqrt(0.6)
    for fpu_reduction, expected in (
        (threshold - 0.01, [(), (6,), (6, 7), (6, 8)]),
        (threshold + 0.01, [(), (6,), (6, 7)]),  # the fourth simulation goes through (6, 7) to the full board
    ):
        asked: list[tuple[int, ...]] = []
        naive_puct(
            three_moves_left(),
            4,
            evaluate,
            c_puct_base=1e12,
            fpu_reduction=fpu_reduction,
            root_fpu_reduction=0.0,
            root_priors={6: 1.0, 7: 0.0, 8: 0.0},
        )
        assert asked == expected


def test_exploration_constant_counts_the_visits_of_the_children() -> None:
    # After one visit of action 6, worth q: c = log((1 + 1 + 1) / 1) = 1.0986, root mean q / 2.
    # 6: q + c * 0.5 / 2; 7: q / 2 + c * 0.3; so 6 is chosen where q > 0.1 * c = 0.10986.
    for q, expected in ((0.11, {6: 2, 7: 0, 8: 0}), (0.1095, {6: 1, 7: 1, 8: 0})):

        def evaluate(game: Any, value_after_6: float = -q) -> tuple[dict[int, float], float]:
            if not game.moves:
                return {6: 0.5, 7: 0.3, 8: 0.2}, 0.0
            return uniform(game)[0], value_after_6 if game.moves == (6,) else 0.0

        result = naive_puct(three_moves_left(), 3, evaluate, c_puct_init=0.0, c_puct_base=1.0)
        assert result["visit_counts"] == expected


def test_root_priors_replace_the_evaluated_ones() -> None:
    root_priors = {action: 1.0 if action == 5 else 0.0 for action in range(9)}
    result = naive_puct(NaiveGomoku(3, 3, 3), 2, uniform, root_priors=root_priors)
    assert result["visit_counts"][5] == 1


def test_priors_that_miss_a_legal_action_are_refused() -> None:
    with pytest.raises(ValueError, match="expected priors"):
        naive_puct(NaiveGomoku(3, 3, 3), 1, uniform, root_priors={0: 1.0})


def test_search_of_a_finished_game_is_refused() -> None:
    game = NaiveGo(1, 1)
    game.play(1)
    game.play(1)
    with pytest.raises(ValueError, match="not over"):
        naive_puct(game, 1, uniform)


def test_search_finds_the_win_and_the_block() -> None:
    win = NaiveGomoku.from_diagram("X X . / O O . / . . .", line_length=3)
    result = naive_puct(win, 100, uniform)
    assert max(result["visit_counts"], key=result["visit_counts"].get) == 2
    assert result["values"][2] == 1.0
    block = NaiveGomoku.from_diagram("X X . / O . . / . . .", to_play=WHITE, line_length=3)
    result = naive_puct(block, 200, uniform)
    assert max(result["visit_counts"], key=result["visit_counts"].get) == 2


def test_value_of_a_pass_that_loses_is_seen_from_the_root_player() -> None:
    game = NaiveGo(1, 1, komi=0.5)
    result = naive_puct(game, 4, uniform)  # Black can only pass, then White passes and wins by komi
    assert result["visit_counts"] == {1: 3}
    assert result["values"][1] == pytest.approx((0 - 1 - 1) / 3)
    assert result["root_value"] == pytest.approx((0 + 0 - 1 - 1) / 4)
