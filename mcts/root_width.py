"""A root that is searched more widely than for play, so that an analysis tells of more moves.

Priors are flattened, and values disturbed while leaves are gathered, as by KataGo's `wideRootNoise`, of which
0.04 is a little and 1 reaches nearly every move. Afterwards the tree tells of values what was found, and
`plain_priors` those of the evaluator.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from mcts.tree import ROOT, Tree

MOST_NOISE = 5.0
SHARE_DISTURBED = 0.5
"""How likely a move looks better than it is."""


def width_of(noise: float) -> float:
    """The power by which priors are flattened: 1 leaves them alone.

    Args:
        noise: 0 for none, up to `MOST_NOISE`.

    Raises:
        ValueError: another number.
    """
    if not 0.0 <= noise <= MOST_NOISE:
        raise ValueError(f"wide_root_noise {noise}: expected 0..{MOST_NOISE:g}")
    return 4.0 * noise + 1.0


def flatten_priors(tree: Tree, row: int, width: float) -> None:
    """Raise the priors of an evaluated root to the power of one through a width. Mutates: tree[row].

    Their sum grows with that, so that the search follows priors more and values less.

    Args:
        tree: the trees.
        row: which one.
        width: from `width_of`.
    """
    priors = _root_priors(tree, row)
    priors[:] = priors ** (1.0 / width)


def plain_priors(tree: Tree, row: int, width: float) -> npt.NDArray[np.float64]:
    """`[n]` priors of the root's edges as they were before `flatten_priors`.

    Args:
        tree: the trees.
        row: which one.
        width: by which they were flattened; 1 for not at all.
    """
    return _root_priors(tree, row).astype(np.float64) ** width


@contextmanager
def disturbed(tree: Tree, row: int, noise: float, random: np.random.Generator) -> Iterator[None]:
    """Let each move of the root look better by chance, inside a `with` block alone.

    Args:
        tree: the trees. Mutates: tree[row].
        row: which one.
        noise: deviation of what half of the values gain, for values in [-1, 1]; 0 for none.
        random: draws it.
    """
    if noise == 0.0:
        yield
        return
    bonus = tree.root_bonus[row]
    kept = bonus.copy()
    is_better = random.random(bonus.shape) < SHARE_DISTURBED
    bonus += is_better * noise * np.abs(random.standard_normal(bonus.shape))
    try:
        yield
    finally:
        bonus[:] = kept


def _root_priors(tree: Tree, row: int) -> npt.NDArray[np.float32]:
    first, count = int(tree.first_edge[row, ROOT]), int(tree.edge_count[row, ROOT])
    priors: npt.NDArray[np.float32] = tree.edge_prior[row, first : first + count]
    return priors
