"""What a search has found, as people and programs want to see it: a picture that does not change any more."""

from dataclasses import dataclass, replace

import numpy as np

from engine.board import BLACK, TO_PLAY, State, copy_row
from engine.rules_kernels import play
from mcts.forecast import Forecaster
from mcts.lcb_kernels import root_bounds, write_variation
from mcts.root_width import plain_priors
from mcts.tree import ROOT, Tree

LONGEST_VARIATION = 30
MOST_FORECASTS = 10
"""Moves that get a forecast of their own, the best ones."""


@dataclass(frozen=True)
class MoveAnalysis:
    """One move of the root.

    Attributes:
        action: policy index.
        order: 0 for the move to play, then by visits.
        visits: simulations through it.
        prior: probability by the evaluator.
        win_rate_to_play: chance of winning, 0..1, for the side to move at the root.
        lcb_to_play: what that chance is at least by all likelihood.
        score_lead_to_play: points, or None where nobody forecasts them.
        variation: best moves of both sides, this one first.
    """

    action: int
    order: int
    visits: int
    prior: float
    win_rate_to_play: float
    lcb_to_play: float
    score_lead_to_play: float | None
    variation: tuple[int, ...]


@dataclass(frozen=True)
class Analysis:
    """A position and its visited moves.

    Attributes:
        to_play: BLACK or WHITE.
        visits: simulations in the tree.
        win_rate_to_play: chance of winning, 0..1.
        score_lead_to_play: points, or None where nobody forecasts them.
        ownership_black: `area` numbers -1..1, how likely a point ends as Black's; None where nobody tells.
        moves: visited moves, the one to play first.
    """

    to_play: int
    visits: int
    win_rate_to_play: float
    score_lead_to_play: float | None
    ownership_black: tuple[float, ...] | None
    moves: tuple[MoveAnalysis, ...]


def win_rate(value: float) -> float:
    """A value in [-1, 1] as a chance of winning, a draw counting half."""
    return (value + 1.0) / 2.0


def analyze_root(tree: Tree, position: State, best_action: int, width: float = 1.0) -> Analysis:
    """What the tree in row 0 says of its root, without a forecast.

    Args:
        tree: the tree, of which nobody else may change anything meanwhile.
        position: the root, in row 0.
        best_action: the move to play.
        width: by which the priors of the root were flattened, see `mcts.root_width`.
    """
    visits = int(tree.visit_count[0, ROOT])
    first, count = int(tree.first_edge[0, ROOT]), int(tree.edge_count[0, ROOT])
    edges = np.arange(first, first + count)
    bounds = np.empty(count)
    root_bounds(tree, 0, bounds)
    is_visited = tree.edge_visit_count[0, edges] > 0
    edges, bounds = edges[is_visited], bounds[is_visited]
    priors = plain_priors(tree, 0, width)[is_visited]
    counts = tree.edge_visit_count[0, edges]
    values = tree.edge_value_sum[0, edges] / counts
    is_best = tree.edge_action[0, edges] == best_action
    ranking = np.lexsort((-priors, -values, -counts, ~is_best))
    moves = tuple(
        MoveAnalysis(
            action=int(tree.edge_action[0, edges[place]]),
            order=order,
            visits=int(counts[place]),
            prior=float(priors[place]),
            win_rate_to_play=win_rate(float(values[place])),
            lcb_to_play=win_rate(float(bounds[place])),
            score_lead_to_play=None,
            variation=_variation(tree, int(edges[place])),
        )
        for order, place in enumerate(ranking)
    )
    mean = float(tree.value_sum[0, ROOT]) / max(visits, 1)
    return Analysis(int(position.scalars[0, TO_PLAY]), visits, win_rate(mean), None, None, moves)


def root_priors(tree: Tree, num_actions: int, width: float = 1.0) -> list[float]:
    """`[A]` probabilities by the evaluator, -1 for what is illegal.

    Args:
        tree: the tree, of which nobody else may change anything meanwhile.
        num_actions: A.
        width: by which they were flattened, see `mcts.root_width`.
    """
    priors = np.full(num_actions, -1.0)
    first, count = int(tree.first_edge[0, ROOT]), int(tree.edge_count[0, ROOT])
    priors[tree.edge_action[0, first : first + count]] = plain_priors(tree, 0, width)
    return priors.tolist()


def _variation(tree: Tree, edge: int) -> tuple[int, ...]:
    actions = np.empty(LONGEST_VARIATION - 1, np.int64)
    length = write_variation(tree, 0, int(tree.edge_child[0, edge]), actions)
    return int(tree.edge_action[0, edge]), *(int(action) for action in actions[:length])


def with_forecast(analysis: Analysis, position: State, ahead: State, forecaster: Forecaster) -> Analysis:
    """An analysis of a position of Go with the ownership, and the score leads of the root and its best moves.

    Args:
        analysis: of the position.
        position: in row 0.
        ahead: at least 1 + `MOST_FORECASTS` rows to play in. Mutates: ahead.
        forecaster: looks at the position and at those behind its best moves.
    """
    best = analysis.moves[:MOST_FORECASTS]
    copy_row(position, 0, ahead, 0)
    for row, move in enumerate(best, 1):
        copy_row(position, 0, ahead, row)
        play(ahead, row, move.action)
    forecast = forecaster.forecast(ahead, np.arange(1 + len(best)))
    sign = 1.0 if analysis.to_play == BLACK else -1.0
    leads = [sign * float(score) for score in forecast.scores_black]
    told = tuple(replace(move, score_lead_to_play=lead) for move, lead in zip(best, leads[1:], strict=True))
    ownership = forecast.ownership_black
    return replace(
        analysis,
        score_lead_to_play=leads[0],
        ownership_black=None if ownership is None else tuple(ownership[0].tolist()),
        moves=told + analysis.moves[MOST_FORECASTS:],
    )
