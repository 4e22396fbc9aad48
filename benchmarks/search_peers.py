"""Searches of other projects on the same positions' size, each None where it is not installed.

Each returns a function that searches once and gives the number of simulations it made. The bots of OpenSpiel
search one game at a time from the empty board, mctx a batch of games of Pgx.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Work = Callable[[], float]


def open_spiel_python(name: str, simulations: int) -> Work | None:
    """OpenSpiel's search in Python, with priors and values as uniform as ours."""
    try:
        import pyspiel
        from open_spiel.python.algorithms import mcts
    except ImportError:
        return None

    class Uniform(mcts.Evaluator):  # type: ignore[misc]
        def evaluate(self, state: Any) -> Any:
            return np.zeros(2)

        def prior(self, state: Any) -> list[tuple[int, float]]:
            actions = state.legal_actions()
            return [(action, 1 / len(actions)) for action in actions]

    game = pyspiel.load_game(name)
    bot = mcts.MCTSBot(game, 1.25, simulations, Uniform(), child_selection_fn=mcts.SearchNode.puct_value)

    def run() -> float:
        bot.mcts_search(game.new_initial_state())
        return simulations

    return run


def open_spiel_rollouts(name: str, simulations: int) -> Work | None:
    """OpenSpiel's UCT in C++, with one random game a simulation."""
    try:
        import pyspiel
    except ImportError:
        return None
    game = pyspiel.load_game(name)
    bot = pyspiel.MCTSBot(game, pyspiel.RandomRolloutEvaluator(1, 1), 1.0, simulations, 100, False, 1, False)

    def run() -> float:
        bot.mcts_search(game.new_initial_state())
        return simulations

    return run


def mctx_with_pgx(games: int, simulations: int) -> Work | None:
    """mctx's Gumbel search over Pgx's 9x9 Go."""
    try:
        import jax
        import jax.numpy as jnp
        import mctx
        import pgx
    except ImportError:
        return None
    game = pgx.make("go_9x9")

    def recurrent(params: None, key: Any, action: Any, state: Any) -> tuple[Any, Any]:
        state = jax.vmap(game.step)(state, action)
        reward = state.rewards[jnp.arange(games), 1 - state.current_player]
        done = state.terminated.astype(jnp.float32)
        logits = jnp.where(state.legal_action_mask, 0.0, -1e9)
        output = mctx.RecurrentFnOutput(
            reward=reward, discount=done - 1.0, prior_logits=logits, value=jnp.zeros(games)
        )
        return output, state

    @jax.jit
    def search(key: Any, state: Any) -> Any:
        logits = jnp.where(state.legal_action_mask, 0.0, -1e9)
        root = mctx.RootFnOutput(prior_logits=logits, value=jnp.zeros(games), embedding=state)
        result = mctx.gumbel_muzero_policy(
            None, key, root, recurrent, simulations, invalid_actions=~state.legal_action_mask
        )
        return result.action

    key = jax.random.PRNGKey(0)
    start = jax.vmap(game.init)(jax.random.split(key, games))

    def run() -> float:
        search(key, start).block_until_ready()
        return games * simulations

    return run
