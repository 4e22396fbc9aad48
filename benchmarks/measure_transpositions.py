"""How much a search would save by merging transpositions: nodes of a tree whose position another node has."""

import itertools

import click
import numpy as np
from measure import report

from engine.board import IS_OVER, KO_POINT, TO_PLAY, State, copy_row, new_state
from engine.rules_kernels import play
from mcts.config import SearchConfig
from mcts.search import Search
from mcts.tree import NO_CHILD, ROOT, Tree
from selfplay.agents import open_agent
from selfplay.backends import evaluators_of
from selfplay.openings import random_opening

GAMES = 16
PLIES = 6
MOST_LEVELS = 200
Key = tuple[int, int, int]


def keys_below(tree: Tree, row: int, node: int, work: State, level: int) -> list[Key]:
    """Stones, side to move and ko of a node, whose position is `work[level]`, and of all below it."""
    here = work.scalars[level]
    if here[IS_OVER]:
        return []
    keys = [(int(work.hash[level]), int(here[TO_PLAY]), int(here[KO_POINT]))]
    first = int(tree.first_edge[row, node])
    for edge in range(first, first + int(tree.edge_count[row, node])):
        child = int(tree.edge_child[row, edge])
        if child != NO_CHILD:
            copy_row(work, level, work, level + 1)
            play(work, level + 1, int(tree.edge_action[row, edge]))
            keys += keys_below(tree, row, child, work, level + 1)
    return keys


@click.command()
@click.argument("agents", nargs=-1)
def main(agents: tuple[str, ...]) -> None:
    """Search with each of AGENTS (go9 and gomoku6 by default) and count."""
    for name, simulations in itertools.product(agents or ("go9", "gomoku6"), (400, 1600)):
        spec = open_agent(name)
        assert spec.network is not None
        assert spec.known_rules is not None
        rules = spec.known_rules
        (evaluator,) = evaluators_of(spec.network, rules, GAMES)
        state, random = new_state(rules, GAMES), np.random.default_rng(1)
        for row in range(GAMES):
            for action in random_opening(rules, PLIES, random):
                play(state, row, action)
        config = SearchConfig(num_simulations=simulations)
        search = Search(config, evaluator, rules, GAMES, np.random.SeedSequence(1))
        search.run(state, np.arange(GAMES))
        work, shares = new_state(rules, MOST_LEVELS), []
        for row in range(GAMES):
            copy_row(state, row, work, 0)
            keys = keys_below(search.tree, row, ROOT, work, 0)
            shares.append(1 - len(set(keys)) / len(keys))
        report(f"{name}_{simulations}_repeated_nodes", float(np.mean(shares)), "share of nodes")


if __name__ == "__main__":
    main()
