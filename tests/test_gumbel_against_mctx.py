"""Gumbel search against mctx, by the authors of the paper: the same visits, move and improved policy.

Both search one made-up game: what a position is worth and which moves look good there follow from a number
that the moves before it give, and every move is possible once. Needs the extra `peers`, because jax is large.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from engine.board import State, new_state
from engine.rulesets import Rules
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows
from mcts.search import Search
from mcts.tree import ROOT

jax = pytest.importorskip("jax", reason="mctx and jax are not installed: pip install 'yomi[peers]'")
mctx = pytest.importorskip("mctx", reason="mctx is not installed: pip install 'yomi[peers]'")
jnp = jax.numpy

RULES = Rules("gomoku", 5, 4, line_length=20)
NUM_ACTIONS = RULES.num_actions
BATCH, KEYS = 16, 4099
ILLEGAL = -1e9
random = np.random.default_rng(5)
LOGITS = random.normal(0.0, 1.5, (KEYS, NUM_ACTIONS)).astype(np.float32)
VALUES = random.uniform(-1.0, 1.0, KEYS).astype(np.float32)


def next_key(key: Any, action: Any) -> Any:
    """The number of the position after a move."""
    return (key * 31 + action + 7) % KEYS


class Keyed:
    """Judges a leaf by its number; row r of the batch begins at number r."""

    def __init__(self) -> None:
        self.search: Search | None = None

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        assert self.search is not None
        tree = self.search.tree
        for index, row in enumerate(rows):
            key = int(row)
            for step in range(tree.path_length[row]):
                key = next_key(key, int(tree.edge_action[row, tree.path_edge[row, step]]))
            logits[index], values[index] = LOGITS[key], VALUES[key]


class GivenNoise(Search):
    """Takes the noisy logits of its roots from outside."""

    def __init__(self, config: SearchConfig, evaluator: Keyed, noise: npt.NDArray[np.floating]) -> None:
        super().__init__(config, evaluator, RULES, BATCH, np.random.SeedSequence(1))
        self.noise = noise

    def _prepare_roots(self, roots: State, rows: Rows, noise: bool) -> None:
        super()._prepare_roots(roots, rows, noise=False)
        for row in rows:
            first, count = int(self.tree.first_edge[row, ROOT]), int(self.tree.edge_count[row, ROOT])
            actions = self.tree.edge_action[row, first : first + count]
            self.tree.root_logit[row, :count] += self.noise[row, actions]


def search_of_mctx(num_simulations: int, max_considered: int, **transform: Any) -> Any:
    """What mctx makes of the same game; a position is its number and the set of moves played, as bits."""
    logits, values = jnp.asarray(LOGITS), jnp.asarray(VALUES)
    bits = jnp.left_shift(1, jnp.arange(NUM_ACTIONS))
    nowhere = 1 << RULES.pass_action

    def step(params: Any, rng_key: Any, action: Any, embedding: Any) -> Any:
        key, played = embedding
        key, played = next_key(key, action), played | jnp.left_shift(1, action)
        masked = jnp.where(played[:, None] & bits, ILLEGAL, logits[key])
        nothing = jnp.zeros_like(values[key])
        output = mctx.RecurrentFnOutput(
            reward=nothing, discount=nothing - 1.0, prior_logits=masked, value=values[key]
        )
        return output, (key, played)

    start = jnp.arange(BATCH)
    root = mctx.RootFnOutput(
        prior_logits=logits[start],
        value=values[start],
        embedding=(start, jnp.full(BATCH, nowhere)),
    )
    return mctx.gumbel_muzero_policy(
        params=(),
        rng_key=jax.random.PRNGKey(num_simulations),
        root=root,
        recurrent_fn=step,
        num_simulations=num_simulations,
        invalid_actions=jnp.broadcast_to((bits & nowhere) != 0, (BATCH, NUM_ACTIONS)),
        max_num_considered_actions=max_considered,
        qtransform=partial(mctx.qtransform_completed_by_mix_value, **transform),
    )


@pytest.mark.parametrize(("c_scale", "rescale_values"), [(1.0, False), (0.1, True)])
@pytest.mark.parametrize("max_considered", [16, 5])
@pytest.mark.parametrize("num_simulations", [2, 16, 50])
def test_visits_move_and_policy_are_those_of_mctx(
    num_simulations: int, max_considered: int, c_scale: float, rescale_values: bool
) -> None:
    theirs = search_of_mctx(
        num_simulations, max_considered, value_scale=c_scale, rescale_values=rescale_values
    )
    config = SearchConfig(
        num_simulations=num_simulations + 1,
        selection="gumbel",
        max_considered=max_considered,
        c_scale=c_scale,
        rescale_values=rescale_values,
    )
    evaluator = Keyed()
    search = GivenNoise(config, evaluator, np.asarray(theirs.search_tree.extra_data.root_gumbel))
    evaluator.search = search
    rows = np.arange(BATCH)
    search.run(new_state(RULES, BATCH), rows)
    visits = np.asarray(theirs.search_tree.summary().visit_counts)
    assert np.array_equal(search.visit_counts(rows), visits)
    assert np.array_equal(search.best_actions(rows), np.asarray(theirs.action))
    assert search.policy_targets(rows) == pytest.approx(np.asarray(theirs.action_weights), abs=2e-5)
