"""Agents as labelers: what one thinks of a board, and what becomes of the board if one plays on."""

from collections.abc import Callable

import numpy as np

from engine.board import IS_OVER, State, new_state
from engine.game import set_position
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.scoring import black_sign, scores_black
from mcts.config import SearchConfig
from mcts.evaluator import RolloutEvaluator
from mcts.search import Search
from rlhf_variant.boards import Boards
from rlhf_variant.irrationality import LabelerError
from rlhf_variant.vibes import Utilities
from selfplay.agents import AgentSpec, open_agent
from selfplay.generate import play_actions

SEED = 20_240_807
"""Continuations and searches are the same each time, so that a labeler repeats itself."""
CHUNK = 256


def state_of_boards(boards: Boards, rules: Rules) -> State:
    """Games that stand at the given boards, each with the board's own komi.

    Args:
        boards: N boards.
        rules: everything else.
    """
    state = new_state(rules, len(boards.komi))
    for row in range(len(boards.komi)):
        set_position(state, row, boards.stones[row], int(boards.to_play[row]))
        state.komi[row] = boards.komi[row]
    return state


def agent_utility(name: str) -> Callable[[Boards], Utilities]:
    """What an agent thinks of boards: its network's value, or a search's from random games.

    Args:
        name: of an agent with a network, or `uct:VISITS`.
    """
    spec = _playing(name)
    if not spec.searches:
        raise LabelerError(f"labeler agent:{name}: expected an agent that values boards")

    def values(boards: Boards) -> Utilities:
        rules = _rules(spec, boards)
        state, rows = state_of_boards(boards, rules), np.arange(len(boards.komi))
        found = np.empty(len(rows), np.float32)
        if spec.network is not None:
            from selfplay.inference import NetworkEvaluator, prepare_for_inference

            evaluator = NetworkEvaluator(prepare_for_inference(spec.network), rules, len(rows))
            evaluator.evaluate(state, rows, np.empty((len(rows), rules.num_actions), np.float32), found)
        else:
            seeds = np.random.SeedSequence(SEED).spawn(2)
            config = SearchConfig(num_simulations=spec.visits or 2, selection="uct", noise_weight=0.0)
            search = Search(config, RolloutEvaluator(rules, len(rows), seeds[0]), rules, len(rows), seeds[1])
            search.run(state, rows)
            found = search.root_values(rows)
        return np.asarray(found * black_sign(state, rows), np.float64)

    return _in_chunks(values)


def referee_utility(name: str, num_continuations: int) -> Callable[[Boards], Utilities]:
    """Expected results for Black of games that an agent plays on from boards, with both colors.

    Args:
        name: of the agent.
        num_continuations: m games from each board.
    """
    spec = _playing(name, temperature=1.0)

    def values(boards: Boards) -> Utilities:
        rules, count = _rules(spec, boards), len(boards.komi)
        starts = boards.select(np.repeat(np.arange(count), num_continuations))
        state = state_of_boards(starts, rules)
        agent = spec.make(rules, len(starts.komi), np.random.SeedSequence(SEED))
        while len(going := np.flatnonzero(state.scalars[:, IS_OVER] == 0)):
            play_actions(state, going, agent.choose(state, going))
        results = np.sign(scores_black(state, np.arange(len(starts.komi))))
        return np.asarray(results.reshape(count, num_continuations).mean(axis=1), np.float64)

    return _in_chunks(values, max(1, CHUNK // num_continuations))


def _playing(name: str, temperature: float = 0.0) -> AgentSpec:
    spec = open_agent(name, visits=1, temperature=temperature)
    if spec.is_program:
        raise LabelerError(f"labeler {name!r}: expected an agent of yomi; programs are gtp:COMMAND")
    return spec


def _rules(spec: AgentSpec, boards: Boards) -> Rules:
    _, height, width = boards.stones.shape
    known = spec.known_rules
    if known is not None and known.game == "gomoku":
        return gomoku_rules(width, height, line_length=known.line_length, line_rule=known.line_rule)
    return go_rules(width, height)


def _in_chunks(values: Callable[[Boards], Utilities], size: int = CHUNK) -> Callable[[Boards], Utilities]:
    def utility(boards: Boards) -> Utilities:
        count = len(boards.komi)
        parts = [
            values(boards.select(np.arange(start, min(start + size, count))))
            for start in range(0, count, size)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    return utility
