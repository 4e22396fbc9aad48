"""Giving up: after three low values of one's own, never in games played on, and counted when it was false."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from diagrams import go

from app.main import main
from engine.board import BLACK, MOVE_COUNT, TO_PLAY, WHITE, new_state
from engine.rulesets import go_rules
from selfplay.agents import open_agent
from selfplay.arena import combined, play_match
from selfplay.external_agent import RESIGNS
from selfplay.resignation import Resigner, ResignRule

SEED = np.random.SeedSequence(1)
ONE_ROW = np.array([0])


def told(resigner: Resigner, chances: list[float], *, first_ply: int = 0) -> list[bool]:
    """What is said in a game whose two sides see these chances in turn."""
    state = new_state(go_rules(5))
    answers = []
    for ply, chance in enumerate(chances, first_ply):
        state.scalars[0, MOVE_COUNT] = ply
        state.scalars[0, TO_PLAY] = (BLACK, WHITE)[ply % 2]
        answers += resigner.gives_up(state, ONE_ROW, np.array([chance]))
    return answers


def test_a_side_gives_up_at_its_third_low_chance_in_a_row() -> None:
    resigner = Resigner(ResignRule(0.1), 1, SEED)
    chances = [0.05, 0.9, 0.05, 0.9, 0.2, 0.9, 0.09, 0.9, 0.01, 0.9, 0.05]
    assert told(resigner, chances) == [False] * 10 + [True]


def test_low_chances_of_both_sides_and_of_other_games_are_not_added_up() -> None:
    resigner = Resigner(ResignRule(0.1), 1, SEED)
    assert not any(told(resigner, [0.05] * 4))
    assert not any(told(resigner, [0.05] * 4)), "a new game"
    assert told(resigner, [0.05], first_ply=4) == [True]


def test_games_that_are_played_on_tell_whether_giving_up_was_false() -> None:
    resigner = Resigner(ResignRule(0.1, played_on_share=1.0), 1, SEED)
    assert not any(told(resigner, [0.05, 0.9] * 4))
    assert resigner.resigned_at.tolist() == [[4, -1]]
    assert resigner.verdicts(np.array([-3.0])) == [False]
    assert resigner.verdicts(np.array([0.0])) == [True]
    assert resigner.verdicts(np.array([3.0])) == [True]


def test_about_the_given_share_of_games_is_played_on() -> None:
    resigner = Resigner(ResignRule(0.1, played_on_share=0.3), 1, SEED)
    given_up = [any(told(resigner, [0.05, 0.9] * 3)) for _ in range(400)]
    assert 0.64 < np.mean(given_up) < 0.76


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0, -0.1])
def test_chances_that_make_no_sense_are_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="expected a chance"):
        ResignRule(chance)


@pytest.mark.parametrize("batch", [1, 2])
def test_agent_gives_up_a_lost_game_alone_and_beside_others(batch: int) -> None:
    lost = go("O O O O O / O . O . O / O O O O O / O . O O O / O O O . .", komi=0.5)
    rule = ResignRule(0.05)
    agent = replace(open_agent("uct:60"), resigns=rule).make(lost.rules, batch, SEED)
    state = new_state(lost.rules, batch)
    for field, own in zip(state, lost.state, strict=True):
        field[0] = own[0]
    answers = []
    for ply in range(3):
        state.scalars[0, MOVE_COUNT] = 2 * ply
        answers.append(int(agent.choose(state, ONE_ROW)[0]))
    assert RESIGNS not in answers[:2]
    assert answers[2] == RESIGNS


def test_match_counts_false_resignations_of_games_played_on() -> None:
    rules = go_rules(5)
    rule = ResignRule(0.45, played_on_share=1.0)
    first, second = (replace(open_agent(f"uct:{n}"), resigns=rule) for n in (30, 8))
    result = play_match(first, second, rules, 12, seed=1)
    assert all(np.isfinite(score) for _, _, score in result.games), "nobody gave up"
    assert 0 < result.num_false_resignations < result.num_played_on
    twice = combined([result, result])
    assert (twice.num_played_on, twice.num_false_resignations) == (
        2 * result.num_played_on,
        2 * result.num_false_resignations,
    )
    given_up = play_match(*(replace(a, resigns=ResignRule(0.45)) for a in (first, second)), rules, 12, seed=1)
    assert any(np.isinf(score) for _, _, score in given_up.games)
    assert given_up.mean_moves < result.mean_moves


def test_match_command_gives_up_counts_and_changes_the_search() -> None:
    command = ["match", "uct:20", "uct:6", "--size", "4", "--games", "8", "--resign", "0.45", "--json"]
    played_on = CliRunner().invoke(main, [*command, "--play-on", "1", "--search", "c_uct=0.5"])
    found = json.loads(played_on.stdout)
    assert found["played_on"] > 0
    assert played_on.stderr.startswith(
        f"False resignations: {found['false_resignations']} of {found['played_on']} played on"
    )
    given_up = json.loads(CliRunner().invoke(main, [*command, "--play-on", "0"]).stdout)
    assert given_up["played_on"] == 0
    assert given_up["mean_moves"] < found["mean_moves"]
