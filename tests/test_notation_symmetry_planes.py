"""Names of places, turns of the board and feature planes: three ways to say the same thing agree."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from diagrams import go, gomoku, play
from hypothesis import example, given
from hypothesis import strategies as st
from naive_go import BLACK, EMPTY, WHITE, NaiveGo
from naive_gomoku import NaiveGomoku

from engine import planes
from engine.board import copy_row, new_state
from engine.errors import NotationError
from engine.game import Game
from engine.geometry import action_of, point_of
from engine.notation import (
    action_of_vertex,
    draw_board,
    format_diagram,
    parse_diagram,
    star_points,
    vertex_of_action,
)
from engine.planes import KOMI_SCALE, NUM_PLANES, canvas_indices, write_batch_planes, write_planes
from engine.rulesets import Rules
from engine.symmetry import (
    TRANSPOSES,
    action_sources,
    inverse_symmetry,
    symmetries_of,
    transform_action,
)

pytestmark = pytest.mark.interpreted

SHAPES = [(side, side) for side in range(1, 21)] + [(side, 21 - side) for side in range(1, 21)]


# Vertices


def test_every_action_of_every_size_comes_back_from_its_vertex() -> None:
    for width, height in SHAPES:
        rules = Rules("go", width, height)
        vertices = [vertex_of_action(action, rules) for action in range(rules.num_actions)]
        assert len(set(vertices)) == rules.num_actions
        assert [action_of_vertex(vertex, rules) for vertex in vertices] == list(range(rules.num_actions))
        assert action_of_vertex(vertices[0].lower(), rules) == 0


@pytest.mark.parametrize(
    ("vertex", "action"),
    [("A19", 0), ("T19", 18), ("H19", 7), ("J19", 8), ("A1", 342), ("t1", 360), ("K10", 180), ("PASS", 361)],
)
def test_vertices_count_rows_from_the_bottom_and_leave_out_the_letter_i(vertex: str, action: int) -> None:
    rules = Rules("go", 19, 19)
    assert action_of_vertex(vertex, rules) == action
    assert vertex_of_action(action, rules) == (vertex.lower() if vertex == "PASS" else vertex.upper())


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "A", "5", "5A", "AA1", "A0", "A01", "A-1", "A+1", "A1.0", "resign", "passs", "pass "),
        *("I5", "i5", "V1", "U1", "T20", "A21", "A100", "A1 ", " A1", "A1\n", "A1\0", "A1 B2"),
        *("A\u0661", "A\u00b2", "\u04101", "\uff21\uff11"),  # digits and letters of other scripts
        pytest.param("A" * 10_000, id="many letters"),
        pytest.param("A" + "1" * 10_000, id="many digits"),
    ],
)
def test_text_that_is_no_vertex_of_the_board_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(NotationError, match=r"^vertex .*: expected A1\.\.T19 or pass$") as caught:
        action_of_vertex(text, Rules("go", 19, 19))
    assert len(str(caught.value)) < 100
    assert "\n" not in str(caught.value)


@given(st.text(max_size=5), st.integers(1, 20), st.integers(1, 20))
@example("i1", 20, 20)
@example("u20", 20, 20)
def test_text_is_either_a_vertex_written_as_yomi_writes_it_or_refused(
    text: str, width: int, height: int
) -> None:
    rules = Rules("go", width, height)
    try:
        action = action_of_vertex(text, rules)
    except NotationError:
        return
    assert vertex_of_action(action, rules).lower() == text.lower()


@pytest.mark.parametrize("action", [-1, 26, 10**9])
def test_number_that_is_no_action_has_no_vertex(action: int) -> None:
    with pytest.raises(NotationError, match=rf"^action {action}: expected 0\.\.25$"):
        vertex_of_action(action, Rules("go", 5, 5))


def test_points_of_the_padded_board_and_actions_name_the_same_places() -> None:
    for width, height in [(1, 1), (5, 5), (3, 7), (20, 20)]:
        points = [int(point_of(action, width)) for action in range(width * height)]
        assert [action_of(point, width) for point in points] == list(range(width * height))
        assert points == [(y + 1) * (width + 1) + x + 1 for y in range(height) for x in range(width)]


# Diagrams


def test_diagram_comes_back_from_its_stones() -> None:
    rng = np.random.default_rng(3)
    for width, height in [(1, 1), (4, 2), (20, 20)]:
        stones = rng.integers(0, 3, (height, width)).astype(np.int8)
        assert np.array_equal(parse_diagram(format_diagram(stones)), stones)


def test_diagram_may_be_written_with_slashes_or_lines_and_with_or_without_spaces() -> None:
    expected = [[EMPTY, BLACK, WHITE], [WHITE, EMPTY, EMPTY]]
    for text in (". X O / O . .", ".XO/O..", ". X O\nO . .", "\n  .XO\n  O. .\n", " . X O /\n O . . / "):
        assert parse_diagram(text).tolist() == expected
    assert parse_diagram(".").dtype == np.int8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "rows of one length"),
        (" / ", "rows of one length"),
        (". X / .", "rows of one length"),
        (". x / . .", "symbol 'x'"),
        (". 0", "symbol '0'"),
        (".\t.", r"symbol '\\t'"),
    ],
)
def test_text_that_is_no_diagram_is_refused(text: str, message: str) -> None:
    with pytest.raises(NotationError, match=message):
        parse_diagram(text)


@pytest.mark.parametrize(
    ("last", "middle"),
    [
        (None, "  2 . X . 2"),
        (9, "  2 . X . 2"),
        (3, "  2(.)X . 2"),
        (4, "  2 .(X). 2"),
        (5, "  2 . X(.)2"),
        (6, "  2 . X . 2"),
        (2, "  2 . X . 2"),
    ],
)
def test_drawn_board_marks_the_last_move(last: int | None, middle: str) -> None:
    lines = draw_board(parse_diagram("O . . / . X . / . . O"), last).splitlines()
    assert lines[2] == middle
    if last in (None, 9, 4):
        assert [*lines[:2], *lines[3:]] == ["    A B C", "  3 O . . 3", "  1 . . O 1", "    A B C"]


def test_drawn_board_shows_star_points_and_aligned_numbers() -> None:
    drawn = draw_board(play(Game(Rules("go", 13, 13)), "D10").stones())
    assert drawn.splitlines()[4] == " 10 . . . X . . + . . + . . . 10"
    assert len({len(line.rstrip("0123456789")) for line in drawn.splitlines()[1:-1]}) == 1


@pytest.mark.parametrize(
    ("side", "vertices"),
    [
        (5, ""),
        (7, "C5 E5 C3 E3"),
        (9, "C7 G7 E5 C3 G3"),
        (13, "D10 G10 K10 D7 G7 K7 D4 G4 K4"),
        (19, "D16 K16 Q16 D10 K10 Q10 D4 K4 Q4"),
    ],
)
def test_star_points_are_where_boards_have_them(side: int, vertices: str) -> None:
    rules = Rules("go", side, side)
    assert [vertex_of_action(action, rules) for action in star_points(side, side)] == vertices.split()


# Symmetries

Plane = npt.NDArray[Any]


def turn(plane: Plane, symmetry: int) -> Plane:
    """The last two axes of an array, turned with NumPy's own tools."""
    if symmetry & 1:
        plane = np.flip(plane, -1)
    if symmetry & 2:
        plane = np.flip(plane, -2)
    return np.swapaxes(plane, -1, -2) if symmetry & TRANSPOSES else plane


def turned_sides(width: int, height: int, symmetry: int) -> tuple[int, int]:
    return (height, width) if symmetry & TRANSPOSES else (width, height)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 2), (5, 5), (3, 4), (1, 6)])
def test_symmetry_moves_actions_as_it_turns_the_board(width: int, height: int) -> None:
    numbered = np.arange(width * height).reshape(height, width)
    for symmetry in range(8):
        turned = turn(numbered, symmetry).ravel()
        for action in range(width * height):
            assert turned[transform_action(symmetry, action, width, height)] == action
        assert transform_action(symmetry, width * height, width, height) == width * height


@pytest.mark.parametrize(("width", "height"), [(5, 5), (3, 4)])
def test_inverse_undoes_a_symmetry(width: int, height: int) -> None:
    for symmetry in range(8):
        sides = turned_sides(width, height, symmetry)
        for action in range(width * height + 1):
            there = transform_action(symmetry, action, width, height)
            assert transform_action(inverse_symmetry(symmetry), there, *sides) == action


def test_two_symmetries_after_each_other_are_one_of_the_eight() -> None:
    tables = [[transform_action(symmetry, action, 5, 5) for action in range(26)] for symmetry in range(8)]
    assert len({tuple(table) for table in tables}) == 8
    for first in tables:
        assert sorted(first) == list(range(26))
        assert sorted([second[action] for action in first] for second in tables) == sorted(tables)


@pytest.mark.parametrize(("width", "height", "number"), [(4, 4, 8), (4, 3, 4), (1, 1, 8)])
def test_action_sources_turn_a_policy_and_its_inverse_turns_it_back(
    width: int, height: int, number: int
) -> None:
    sources = action_sources(width, height)
    assert (sources.shape, len(symmetries_of(width, height))) == ((number, width * height + 1), number)
    policy = np.random.default_rng(1).random(width * height + 1)
    for symmetry in symmetries_of(width, height):
        turned = policy[..., sources[symmetry]]
        assert np.array_equal(turned[:-1], turn(policy[:-1].reshape(height, width), symmetry).ravel())
        assert turned[-1] == policy[-1]
        assert np.array_equal(turned[sources[inverse_symmetry(symmetry)]], policy)
    with pytest.raises(ValueError, match="read-only"):
        sources[0, 0] = 1


# Games seen from another side

RULES = [
    Rules("go", 5, 5, komi=6.5, suicide=True, move_limit=60),
    Rules("go", 4, 3, komi=-2.0, ko="simple", move_limit=60),
    Rules("go", 2, 2, komi=1.0, move_limit=30),
    Rules("gomoku", 5, 5, line_length=3),
    Rules("gomoku", 6, 4, line_length=3, line_rule="standard"),
]
FURTHER_LINE_RULES = [
    Rules("gomoku", 7, 6, line_rule="renju"),
    Rules("gomoku", 5, 4, line_length=3, line_rule="caro"),
]


def planes_of(game: Game, canvas_width: int = 0, canvas_height: int = 0) -> npt.NDArray[np.float32]:
    """Planes on a canvas as large as the board or larger, written over garbage."""
    width, height = max(canvas_width, game.rules.width), max(canvas_height, game.rules.height)
    values = np.full((2, NUM_PLANES, height, width), np.nan, np.float32)
    write_planes(game.state, 0, values, 1)
    assert np.isnan(values[0]).all()
    return values[1]


def change(rules: Rules, **values: Any) -> Rules:
    return Rules(**{**rules.to_dict(), **values})


def random_action(rng: random.Random, game: Game) -> int:
    """A legal action; in Go a pass is rare, so that games are long."""
    actions = game.legal_actions()
    points = [action for action in actions if action != game.rules.pass_action]
    return rng.choice(points) if points and rng.random() < 0.96 else rng.choice(actions)


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_turned_games_have_turned_moves_planes_and_the_same_score(rules: Rules) -> None:
    rng = random.Random(8)
    for symmetry in range(8):
        width, height = turned_sides(rules.width, rules.height, symmetry)
        first, second = Game(rules), Game(change(rules, width=width, height=height))
        while not first.is_over:
            legal = [
                transform_action(symmetry, action, rules.width, rules.height)
                for action in first.legal_actions()
            ]
            assert sorted(legal) == second.legal_actions()
            assert np.array_equal(turn(first.stones(), symmetry), second.stones())
            assert np.array_equal(turn(planes_of(first), symmetry), planes_of(second))
            assert first.score_black() == second.score_black()
            action = random_action(rng, first)
            first.play(action)
            second.play(transform_action(symmetry, action, rules.width, rules.height))
        assert second.is_over
        assert first.score_black() == second.score_black()


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_swapped_colors_give_the_negated_score_and_the_same_planes_but_for_the_color(rules: Rules) -> None:
    rng = random.Random(9)
    others = [plane for plane in range(NUM_PLANES) if plane != planes.BLACK_TO_PLAY]
    for _ in range(3):
        first = Game(rules)
        second = Game(change(rules, komi=-rules.komi), to_play=WHITE)
        while True:
            assert first.legal_actions() == second.legal_actions()
            assert first.score_black() == -second.score_black()
            mine, theirs = planes_of(first), planes_of(second)
            assert np.array_equal(mine[others], theirs[others])
            assert np.array_equal(mine[planes.BLACK_TO_PLAY], 1 - theirs[planes.BLACK_TO_PLAY])
            if first.is_over:
                break
            action = random_action(rng, first)
            first.play(action)
            second.play(action)


# Planes


def reference_of(rules: Rules) -> Any:
    """The naive game of the same rules."""
    if rules.game == "go":
        return NaiveGo(
            rules.width, rules.height, rules.komi, rules.ko, rules.suicide, rules.resolved_move_limit
        )
    return NaiveGomoku(rules.width, rules.height, rules.line_length, rules.line_rule)


def wins_at_once(naive: NaiveGomoku, action: int, color: int) -> bool:
    trial = naive.copy()
    trial.to_play = color
    if trial.legality(action) == "legal":
        trial.play(action)
    return trial.winner() == color


def naive_planes(rules: Rules, naive: Any) -> npt.NDArray[np.float32]:
    """The table of planes, read from the naive game."""
    values = np.zeros((NUM_PLANES, rules.height, rules.width), np.float32)
    own, opponent = naive.to_play, BLACK + WHITE - naive.to_play
    last, previous = (*reversed(naive.moves), None, None)[:2]
    is_go = rules.game == "go"
    values[planes.ON_BOARD] = 1
    values[planes.BLACK_TO_PLAY] = own == BLACK
    values[planes.IS_GOMOKU] = not is_go
    values[planes.EXACT_LINE] = rules.line_rule in ("standard", "renju")
    values[planes.LAST_WAS_PASS] = is_go and last == naive.pass_action
    if is_go:
        values[planes.KOMI] = (rules.komi if own == WHITE else -rules.komi) / KOMI_SCALE
    for action, color in enumerate(naive.board):
        place = values[:, action // rules.width, action % rules.width]
        place[planes.OWN_STONES] = color == own
        place[planes.OPPONENT_STONES] = color == opponent
        place[planes.LAST_MOVE] = action == last
        place[planes.PREVIOUS_MOVE] = action == previous
        if color == EMPTY:
            place[planes.BANNED] = naive.legality(action) != "legal"
        if is_go and color != EMPTY:
            liberties = len(naive.liberties(action % rules.width, action // rules.width))
            place[planes.ONE_LIBERTY] = liberties == 1
            place[planes.TWO_LIBERTIES] = liberties == 2
            place[planes.THREE_LIBERTIES] = liberties == 3
        elif not is_go and color == EMPTY:
            place[planes.OWN_WINNING_POINTS] = wins_at_once(naive, action, own)
            place[planes.OPPONENT_WINNING_POINTS] = wins_at_once(naive, action, opponent)
    return values


@pytest.mark.parametrize("rules", [*RULES, *FURTHER_LINE_RULES], ids=Rules.describe)
def test_planes_are_those_of_the_table(rules: Rules) -> None:
    rng = random.Random(10)
    for _ in range(2):
        game, naive = Game(rules), reference_of(rules)
        while not game.is_over:
            np.testing.assert_allclose(planes_of(game), naive_planes(rules, naive), rtol=1e-6)
            action = random_action(rng, game)
            game.play(action)
            naive.play(action)


def test_every_plane_is_used_and_only_by_the_game_it_belongs_to() -> None:
    rng = random.Random(13)
    seen = np.zeros((len(RULES), NUM_PLANES), bool)
    for index, rules in enumerate(RULES):
        game = Game(rules)
        while not game.is_over:
            seen[index] |= planes_of(game).any(axis=(1, 2))
            game.play(random_action(rng, game))
    assert seen.any(axis=0).all()
    gomoku_only = [
        planes.IS_GOMOKU,
        planes.EXACT_LINE,
        planes.OWN_WINNING_POINTS,
        planes.OPPONENT_WINNING_POINTS,
    ]
    assert not seen[:3, gomoku_only].any()
    assert not seen[3:, planes.ONE_LIBERTY : planes.BANNED + 1].any()
    assert not seen[3:, [planes.LAST_WAS_PASS, planes.KOMI]].any()


@pytest.mark.parametrize("rules", RULES, ids=Rules.describe)
def test_planes_on_a_larger_canvas_are_the_same_planes_with_zeros_around(rules: Rules) -> None:
    rng = random.Random(14)
    game = Game(rules)
    while not game.is_over:
        small, large = planes_of(game), planes_of(game, 9, 7)
        assert large.shape == (NUM_PLANES, 7, 9)
        assert np.array_equal(large[:, : rules.height, : rules.width], small)
        assert np.count_nonzero(large) == np.count_nonzero(small)
        game.play(random_action(rng, game))


def test_canvas_indices_name_the_actions_of_a_board_on_its_canvas() -> None:
    stones = np.arange(3 * 2)
    canvas = np.full((5, 4), -1)
    canvas[:2, :3] = stones.reshape(2, 3)
    flat = np.append(canvas.ravel(), 99)
    assert flat[canvas_indices(3, 2, 4, 5)].tolist() == [*stones.tolist(), 99]


def test_batch_of_planes_keeps_the_order_of_its_rows() -> None:
    games = [play(Game(Rules("go", 3, 3)), moves) for moves in ("A1", "B2 pass", "C3 C2 C1")]
    state = new_state(games[0].rules, batch=3)
    for row, game in enumerate(games):
        copy_row(game.state, 0, state, row)
    values = np.zeros((2, NUM_PLANES, 3, 3), np.float32)
    write_batch_planes(state, np.array([2, 0]), values)
    assert np.array_equal(values, [planes_of(games[2]), planes_of(games[0])])


def shown_vertices(game: Game, plane: int) -> str:
    marked = np.flatnonzero(planes_of(game)[plane])
    return " ".join(vertex_of_action(int(action), game.rules) for action in marked)


@pytest.mark.parametrize(
    ("diagram", "options", "own", "opponent"),
    [
        (". X X . O / . . . . O / . . . . .", {"line_length": 3}, "A3 D3", "E1"),
        (". X X . X . / . O . O . . / . . . . . .", {"line_length": 4}, "D3", ""),
        ("X X X . X X . / . . . . . . . / O . O O . . .", {"line_length": 5}, "D3", ""),
        ("X X X . X X . / . . . . . . . / O O O O . . .", {"line_rule": "standard"}, "", "E1"),
        ("X . X . X / . . . . . / . . . . .", {"line_length": 3}, "B3 D3", ""),
    ],
)
def test_winning_point_planes_mark_what_completes_a_line(
    diagram: str, options: dict[str, Any], own: str, opponent: str
) -> None:
    game = gomoku(diagram, **options)
    assert shown_vertices(game, planes.OWN_WINNING_POINTS) == own
    assert shown_vertices(game, planes.OPPONENT_WINNING_POINTS) == opponent
    swapped = gomoku(diagram, to_play=WHITE, **options)
    assert shown_vertices(swapped, planes.OWN_WINNING_POINTS) == opponent


def test_banned_plane_marks_ko_and_suicide_and_the_pass_plane_follows_a_pass() -> None:
    game = play(go(". X O . / X O . O / . X O . / . . . ."), "C3")
    assert shown_vertices(game, planes.BANNED) == "A4 B3"
    assert shown_vertices(game, planes.LAST_MOVE) == "C3"
    assert shown_vertices(game, planes.LAST_WAS_PASS) == ""
    play(game, "pass")
    assert shown_vertices(game, planes.BANNED) == ""
    assert planes_of(game)[planes.LAST_WAS_PASS].all()
    assert shown_vertices(game, planes.PREVIOUS_MOVE) == "C3"
