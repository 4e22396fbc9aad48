"""What merging transpositions brings: nodes of a tree whose position another node has, proofs, and matches.

The matches are between one agent with `merge_transpositions` and the same without, at equal simulations.
"""

import itertools

import click
import numpy as np
from measure import report

from engine.board import IS_OVER, KO_POINT, TO_PLAY, State, copy_row, new_state
from engine.rules_kernels import play
from engine.rulesets import Rules
from mcts.config import SearchConfig
from mcts.evaluator import UniformEvaluator
from mcts.search import Search
from mcts.tree import NO_CHILD, ROOT, Tree
from selfplay.agents import open_agent
from selfplay.arena import play_match
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


def nodes_to_prove(*, merges: bool) -> int:
    """Nodes in the tree that proves tic-tac-toe a draw."""
    rules = Rules("gomoku", 3, 3, line_length=3)
    config = SearchConfig(30_000, solve=True, merge_transpositions=merges)
    search = Search(config, UniformEvaluator(), rules, 1, np.random.SeedSequence(1))
    search.run(new_state(rules), np.arange(1))
    assert search.tree.lower_bound[0, ROOT] == search.tree.upper_bound[0, ROOT] == 0
    return int(search.tree.num_nodes[0])


def match_with_itself(name: str, visits: int, games: int) -> None:
    """Print what an agent with merging scores against itself without."""
    merging = open_agent(name, visits=visits, search_settings=("merge_transpositions=true",))
    plain = open_agent(name, visits=visits)
    assert plain.known_rules is not None
    result = play_match(merging, plain, plain.known_rules, games, seed=1)
    low, high = result.interval
    report(f"{name}_{visits}_visits_win_rate_of_merging", result.win_rate, "share of games")
    print(f"  {low:.3f} .. {high:.3f}, {result.num_games} games", flush=True)


@click.command()
@click.argument("agents", nargs=-1)
@click.option("--games", default=0, help="Of each match at 100 and at 400 visits; 0 for none.")
def main(agents: tuple[str, ...], games: int) -> None:
    """Search with each of AGENTS (go9 and gomoku6 by default) and count."""
    for merges in (False, True):
        report(f"tic_tac_toe_nodes{'_merged' if merges else ''}", nodes_to_prove(merges=merges), "nodes")
    for name, visits in itertools.product(agents or ("go9", "gomoku6"), (100, 400) if games else ()):
        match_with_itself(name, visits, games)
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
