"""Policies taught by comparisons directly: the losses against their formulas, and what teaching changes."""

import numpy as np
import pytest
import torch

from engine.board import new_state
from engine.rules_kernels import play
from engine.rulesets import go_rules
from rlhf_variant.direct_preference import (
    DirectConfig,
    Siblings,
    direct_loss,
    policy_on,
    siblings_of,
    teach_directly,
)
from selfplay.network import Network, NetworkConfig, new_network

RULES = go_rules(5)
CONFIG = NetworkConfig(1, 8)


def center_pairs(count: int = 40):  # type: ignore[no-untyped-def]
    """Positions after two random moves, in which the center or the corner beside it is preferred."""
    state, random = new_state(RULES, count), np.random.default_rng(1)
    for row in range(count):
        for action in random.choice([1, 3, 9, 15, 21, 23], 2, replace=False):
            play(state, row, int(action))
    center_first = random.random(count) < 0.5
    preference = center_first.astype(np.float32)
    preference[0] = 0.5
    a, b = np.where(center_first, 12, 0), np.where(center_first, 0, 12)
    return siblings_of(CONFIG, RULES, state, a, b, preference)


def chosen_log_prob(network: Network, pairs: Siblings) -> float:
    with torch.no_grad():
        return float(policy_on(network, pairs).gather(1, pairs.chosen[:, None]).mean())


def test_ties_are_left_out_and_the_preferred_move_is_the_chosen_one() -> None:
    pairs = center_pairs()
    assert len(pairs.chosen) == 39
    assert set(pairs.chosen.tolist()) == {12}
    assert set(pairs.rejected.tolist()) == {0}
    assert (pairs.legal.sum(dim=1) == 24).all()


def test_the_losses_equal_their_formulas() -> None:
    chosen, rejected = torch.tensor([0.2, -1.0]), torch.tensor([-0.3, 0.5])
    margins = np.array([0.5, -1.5])
    dpo = np.log1p(np.exp(-0.4 * margins)).mean()
    ipo = ((margins - 1.25) ** 2).mean()
    assert float(direct_loss(chosen, rejected, "dpo", 0.4)) == pytest.approx(dpo, rel=1e-6)
    assert float(direct_loss(chosen, rejected, "ipo", 0.4)) == pytest.approx(ipo, rel=1e-6)


@pytest.mark.parametrize("objective", ["dpo", "ipo"])
def test_teaching_raises_the_preferred_move_over_the_other_and_logs_its_probability(objective) -> None:  # type: ignore[no-untyped-def]
    network, pairs = new_network(CONFIG, 1), center_pairs()
    value_weights = [parameter.clone() for parameter in network.value_head.parameters()]
    before = chosen_log_prob(network, pairs)
    config = DirectConfig(objective, learning_rate=3e-3, batch_size=8, epochs=6, records_per_epoch=2)
    records = teach_directly(network, pairs, config, np.random.SeedSequence(1))
    assert records[-1]["accuracy"] > 0.9
    assert records[-1]["loss"] < records[0]["loss"]
    assert records[-1]["epoch"] == 6
    after = chosen_log_prob(network, pairs)
    assert records[-1]["chosen_log_prob"] == pytest.approx(after, abs=1e-5)
    assert after != before
    assert records[-1]["divergence"] > 0
    assert all(torch.equal(a, b) for a, b in zip(value_weights, network.value_head.parameters(), strict=True))


def test_a_larger_beta_stays_closer_to_the_reference() -> None:
    def divergence(beta: float) -> float:
        network = new_network(CONFIG, 1)
        config = DirectConfig("ipo", beta, learning_rate=3e-3, batch_size=8, epochs=8)
        return teach_directly(network, center_pairs(), config, np.random.SeedSequence(1))[-1]["divergence"]

    assert divergence(1.0) < divergence(0.1)


def test_impossible_settings_are_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="expected dpo or ipo"):
        DirectConfig("ppo")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected more than 0"):
        DirectConfig(beta=0)
    nothing = center_pairs().select(np.array([], np.int64))
    with pytest.raises(ValueError, match="decided pairs"):
        teach_directly(new_network(CONFIG, 1), nothing, DirectConfig(), np.random.SeedSequence(1))
