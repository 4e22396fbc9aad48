"""Clocks: what each kind of time allows, and that no flag falls whatever happens on the board."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.rulesets import go_rules, gomoku_rules
from mcts.time_control import (
    Clock,
    TimeControl,
    absolute_time,
    byo_yomi,
    canadian,
    fischer,
    fixed_time,
    moves_to_come,
    new_clock,
)

# What a clock does


def after(clock: Clock, *moves_s: float) -> Clock:
    for spent_s in moves_s:
        clock = clock.after_move(spent_s)
    return clock


def test_absolute_time_runs_down_and_falls() -> None:
    clock = after(new_clock(absolute_time(60)), 20, 30)
    assert (clock.main_s, clock.has_fallen) == (10, False)
    assert not after(clock, 10).has_fallen
    assert after(clock, 10.5).has_fallen
    assert after(clock, 10.5, 0).has_fallen


def test_fischer_adds_its_increment_after_each_move_in_time() -> None:
    clock = after(new_clock(fischer(10, 5)), 4, 2)
    assert clock.main_s == 14
    assert after(clock, 14).main_s == 5
    assert after(clock, 14.5).has_fallen


def test_fixed_time_begins_anew_with_every_move() -> None:
    clock = after(new_clock(fixed_time(5)), 5, 4.9, 5)
    assert not clock.has_fallen
    assert clock.period_s == 5
    assert after(clock, 5.1).has_fallen


def test_byo_yomi_keeps_a_period_that_a_move_does_not_fill() -> None:
    clock = after(new_clock(byo_yomi(60, 10, 3)), 55)
    assert (clock.main_s, clock.periods) == (5, 3)
    clock = after(clock, 14)  # 5 s of main time and 9 s of the first period
    assert (clock.main_s, clock.period_s, clock.periods) == (0, 10, 3)
    assert after(clock, 9.9).periods == 3
    assert after(clock, 10.1).periods == 2
    assert after(clock, 25).periods == 1
    assert not after(clock, 30).has_fallen
    assert after(clock, 30.1).has_fallen
    assert after(clock, 25, 10.1).has_fallen


def test_canadian_overtime_counts_stones_and_begins_anew_when_they_are_played() -> None:
    clock = after(new_clock(canadian(10, 60, 3)), 12)
    assert (clock.main_s, clock.period_s, clock.stones) == (0, 58, 2)
    assert after(clock, 30).stones == 1
    clock = after(clock, 30, 28)
    assert (clock.period_s, clock.stones, clock.has_fallen) == (60, 3, False)
    assert after(clock, 20, 41).has_fallen


def test_clock_is_set_as_a_referee_sees_it() -> None:
    clock = new_clock(canadian(600, 60, 10))
    assert clock.corrected(400, 0).main_s == 400
    late = clock.corrected(31, 4)
    assert (late.main_s, late.period_s, late.stones) == (0, 31, 4)
    late = new_clock(byo_yomi(600, 30, 5)).corrected(29.5, 2)
    assert (late.main_s, late.period_s, late.periods) == (0, 29.5, 2)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"main_s": -1.0},
        {"main_s": math.nan},
        {"main_s": math.inf},
        {"period_s": 5.0, "stones": 0},
        {"period_s": 5.0, "periods": 0},
        {"period_s": 5.0, "periods": 2, "stones": 2},
        {"main_s": 5.0, "period_s": 5.0, "increment_s": 1.0},
    ],
)
def test_time_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        TimeControl(**options)


# How long to think


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        (fixed_time(5), 4.9),
        (absolute_time(300), 9.9),
        (fischer(300, 5), 14.9),
        (byo_yomi(300, 30, 3), 29.9),  # main time would last too long to be of use
        (byo_yomi(3000, 30, 3), 99.9),
        (canadian(0, 60, 10), 5.9),
        (canadian(300, 60, 10), 9.9),
    ],
    ids=str,
)
def test_thinking_takes_a_fair_share_of_what_is_left(control: TimeControl, expected: float) -> None:
    assert new_clock(control).seconds_to_think(30, lag_s=0.1) == pytest.approx(expected)


SECONDS = st.floats(0.0, 3600.0)
CONTROLS = st.one_of(
    st.builds(fixed_time, st.floats(0.01, 600)),
    st.builds(absolute_time, st.floats(0.1, 3600)),
    st.builds(fischer, SECONDS, st.floats(0.01, 60)),
    st.builds(byo_yomi, SECONDS, st.floats(0.01, 120), st.integers(1, 10)),
    st.builds(canadian, SECONDS, st.floats(0.1, 900), st.integers(1, 50)),
)


@given(CONTROLS, st.data())
def test_no_flag_falls_and_no_period_is_used_up_as_long_as_lag_fits_in(
    control: TimeControl, data: st.DataObject
) -> None:
    lag_s = data.draw(st.floats(0.0, 2.0))
    clock = new_clock(control)
    lags = data.draw(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=120))
    expected = data.draw(st.integers(1, 300))
    for number, share in enumerate(lags):
        thinking_s = clock.seconds_to_think(max(expected - number, 1), lag_s)
        assert thinking_s >= 0
        is_possible = lag_s <= clock.main_s + clock.period_s / clock.stones
        spent_s = thinking_s + share * lag_s
        if not is_possible:
            return
        clock = clock.after_move(spent_s * (1 - 1e-12))  # rounding is no thinking
        assert not clock.has_fallen
        assert clock.periods == control.periods


@given(CONTROLS, st.integers(1, 400))
def test_overtime_and_increments_last_for_ever(control: TimeControl, num_moves: int) -> None:
    per_move_s = control.increment_s or control.period_s / control.stones
    assume(per_move_s > 0)
    clock, lag_s = new_clock(control), per_move_s / 2
    if clock.main_s + clock.period_s < lag_s:
        return
    for number in range(num_moves):
        spent_s = clock.seconds_to_think(max(num_moves - number, 1), lag_s) + lag_s
        clock = clock.after_move(spent_s * (1 - 1e-12))
        assert not clock.has_fallen
        assert spent_s >= 0.5 * per_move_s


def test_time_is_spread_over_the_moves_to_come() -> None:
    rules = go_rules(9)
    clock, spent, num_moves = new_clock(absolute_time(60)), [], 0
    while num_moves < 80:
        spent.append(clock.seconds_to_think(moves_to_come(rules, num_moves), 0.0))
        clock = clock.after_move(spent[-1])
        num_moves += 2
    assert not clock.has_fallen
    assert max(spent) < 3 * min(spent[:25])
    assert clock.main_s < 10
    assert moves_to_come(gomoku_rules(15), 0) == pytest.approx(28.125)
    assert moves_to_come(gomoku_rules(15), 200) == 8
