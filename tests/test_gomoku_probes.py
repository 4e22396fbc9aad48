"""Probes of Gomoku: each is won by force, on every size of board and under every line rule."""

import numpy as np
import pytest

from engine.board import BLACK, IS_OVER, WHITE, copy_row, new_state
from engine.game import set_position
from engine.notation import parse_diagram
from engine.rules_kernels import legal_actions, play
from engine.rulesets import LINE_RULES, Rules, gomoku_rules
from engine.scoring import scores_black
from engine.threats import find_vcf
from rlhf_variant.gomoku_probes import gomoku_probes
from rlhf_variant.probe_boards import Probe, probe_report
from rlhf_variant.probes import probes_for
from rlhf_variant.reward_model import RewardConfig, new_reward_model


def wins_by_force(rules: Rules, probe: Probe) -> bool:
    """Whether the owner has continuous fours: now, or after each answer of the other side."""
    stones = parse_diagram(probe.diagram)
    state = new_state(rules)
    set_position(state, 0, stones, probe.to_play)
    if probe.to_play == probe.owner:
        return find_vcf(state, 0).verdict == "win"
    actions = np.empty(rules.num_actions, np.int16)
    after = new_state(rules)
    for action in actions[: legal_actions(state, 0, actions)]:
        copy_row(state, 0, after, 0)
        play(after, 0, int(action))
        if after.scalars[0, IS_OVER] or find_vcf(after, 0).verdict != "win":
            return False
    return True


@pytest.mark.parametrize("line_rule", LINE_RULES)
@pytest.mark.parametrize("size", [9, 15])
def test_the_owner_of_each_probe_wins_by_force(line_rule, size: int) -> None:  # type: ignore[no-untyped-def]
    rules = gomoku_rules(size, line_rule=line_rule)
    probes = gomoku_probes(rules)
    assert len(probes) == (8 if line_rule == "renju" else 7)
    for probe in probes:
        stones = parse_diagram(probe.diagram)
        assert stones.shape == (size, size)
        assert (stones == BLACK).sum() - (stones == WHITE).sum() == (probe.to_play == WHITE)
        assert wins_by_force(rules, probe), (probe.topic, line_rule)


def test_the_owner_of_each_probe_of_fours_wins_by_force() -> None:
    for size in (6, 8):
        rules = gomoku_rules(size, line_length=4)
        assert len(probes_for(rules)) == 5
        assert all(wins_by_force(rules, probe) for probe in probes_for(rules))
    assert probes_for(gomoku_rules(3)) == []


def test_a_point_that_is_forbidden_for_black_is_open_under_other_rules() -> None:
    probe = gomoku_probes(gomoku_rules(9, line_rule="renju"))[-1]
    free = new_state(gomoku_rules(9))
    set_position(free, 0, parse_diagram(probe.diagram), BLACK)
    play(free, 0, 5 * 9 + 4)
    assert scores_black(free, [0])[0] > 0


def test_a_twin_counts_where_the_rules_know_no_color() -> None:
    rules = gomoku_rules(9, line_rule="renju")
    probes = gomoku_probes(rules)
    rows = probe_report(new_reward_model(RewardConfig(1, 8), 1), probes, 0.0)
    for probe, row in zip(probes, rows, strict=True):
        value, twin = row["value_owner"], row["value_owner_twin"]
        assert row["right"] == (value > 0 and (twin > 0 or not probe.has_twin))
