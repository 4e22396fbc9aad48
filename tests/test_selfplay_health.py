"""Numbers of a round, by hand, and warnings exactly where they leave their range."""

import math

import numpy as np
import pytest

from engine.rulesets import Rules, go_rules, gomoku_rules
from selfplay.health import MONITORS, game_metrics, warnings
from selfplay.records import GameRecord


def record(
    rules: Rules, moves: list[int], black_value: float, visits: np.ndarray | None = None
) -> GameRecord:
    """A game of these moves; Black's first value target is given."""
    values = np.array(
        [black_value if ply % 2 == 0 else -black_value for ply in range(len(moves))], np.float32
    )
    if visits is None:
        visits = np.zeros((len(moves), rules.num_actions), np.uint16)
    return GameRecord(
        rules=rules,
        moves=np.array(moves, np.int16),
        visits=visits,
        root_values=values,
        value_targets=values,
        score_black=None,
        is_truncated=False,
    )


def test_numbers_of_games_are_those_counted_by_hand() -> None:
    rules = go_rules(3)
    visits = np.zeros((4, 10), np.uint16)
    visits[0, :4] = 5
    visits[1, 3] = 9
    games = [
        record(rules, [4, 9, 0, 9], 1.0, visits),
        record(rules, [4, 1, 0, 2], -1.0),
        record(rules, [4, 1, 0, 2], -1.0),
        record(rules, [9, 9], 0.0),
    ]
    metrics = game_metrics(games)
    assert metrics == {
        "mean_moves": 3.5,
        "moves_per_point": pytest.approx(3.5 / 9),
        "black_win_share": 0.375,
        "draw_share": 0.25,
        "distinct_game_share": 0.75,
        "truncated_share": 0.0,
        "early_pass_share": 0.5,
        "policy_entropy": pytest.approx(math.log(4) / 2),
    }


def test_games_without_policy_targets_have_no_entropy() -> None:
    assert game_metrics([record(go_rules(3), [0], 1.0)])["policy_entropy"] == 0.0


@pytest.mark.parametrize("monitor", MONITORS, ids=lambda monitor: f"{monitor.metric}-{monitor.game}")
def test_a_number_out_of_its_range_gives_one_line_with_advice(monitor: object) -> None:
    from selfplay.health import Monitor

    assert isinstance(monitor, Monitor)
    rules = gomoku_rules(9) if monitor.game == "gomoku" else go_rules(9)
    inside = (monitor.low + monitor.high) / 2
    assert warnings({monitor.metric: inside}, rules) == []
    (line,) = warnings({monitor.metric: monitor.high + 0.1}, rules)
    assert monitor.advice in line
    assert "expected at most" in line
    (line,) = warnings({monitor.metric: monitor.low - 0.1}, rules)
    assert "expected at least" in line


def test_what_is_for_one_game_is_not_said_of_the_other() -> None:
    metrics = {"early_pass_share": 1.0, "moves_per_point": 0.1}
    assert warnings(metrics, gomoku_rules(9)) == []
    assert len(warnings(metrics, go_rules(9))) == 2


def test_shares_are_told_in_percent() -> None:
    (line,) = warnings({"black_win_share": 0.9}, go_rules(9))
    assert line.startswith("Black wins 90 %, expected at most 65 %: ")
