"""Which pairs to ask about: arrays in, places of the chosen pairs out.

Rewards of an ensemble are `[M, N]`: M members, N candidate pairs, a member's reward of the first board minus
that of the second.
"""

import numpy as np
import numpy.typing as npt

from rlhf_variant.query import QueryError

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
FIRST_SHARE = 0.25
STRATEGIES = ("uniform", "variance", "entropy", "k-center", "stratified")


def uniform(num_candidates: int, num_wanted: int, random: np.random.Generator) -> Places:
    """Any pairs, all alike."""
    _require(num_candidates, num_wanted)
    return np.asarray(random.permutation(num_candidates)[:num_wanted], np.int64)


def by_variance(gaps: Floats, num_wanted: int, random: np.random.Generator) -> Places:
    """The pairs about whose answer the members disagree most: variance of their probabilities.

    Args:
        gaps: `[M, N]` differences of rewards.
        num_wanted: how many.
        random: decides between equals.
    """
    return _largest(belief(gaps).var(axis=0), num_wanted, random)


def by_entropy(gaps: Floats, num_wanted: int, random: np.random.Generator) -> Places:
    """The pairs about which the ensemble as a whole is least sure: entropy of the mean probability.

    Args:
        gaps: `[M, N]` differences of rewards.
        num_wanted: how many.
        random: decides between equals.
    """
    mean = np.clip(belief(gaps).mean(axis=0), 1e-12, 1 - 1e-12)
    return _largest(-mean * np.log(mean) - (1 - mean) * np.log(1 - mean), num_wanted, random)


def by_k_center(features: Floats, num_wanted: int, random: np.random.Generator) -> Places:
    """Pairs that cover the candidates: each is the farthest from those chosen before it.

    The greedy method of T. Gonzalez, "Clustering to minimize the maximum intercluster distance" (1985); the
    largest distance left is at most twice the least possible.

    Args:
        features: `[N, F]` what pairs are alike in.
        num_wanted: how many.
        random: chooses the first.
    """
    _require(len(features), num_wanted)
    if not num_wanted:
        return np.zeros(0, np.int64)
    chosen = [int(random.integers(len(features)))]
    distance = np.full(len(features), np.inf)
    while len(chosen) < num_wanted:
        distance = np.minimum(distance, ((features - features[chosen[-1]]) ** 2).sum(axis=1))
        distance[chosen] = -1
        chosen.append(int(distance.argmax()))
    return np.array(chosen, np.int64)


def stratified(strata: npt.NDArray[np.integer], num_wanted: int, random: np.random.Generator) -> Places:
    """As many pairs of each stratum, such as a bucket of plies, as the others and its size allow.

    Args:
        strata: `[N]` the stratum of each pair.
        num_wanted: how many.
        random: chooses within a stratum.
    """
    _require(len(strata), num_wanted)
    order = random.permutation(len(strata))
    # A pair's turn: how many of its stratum come before it. Turns are served round after round.
    turn = np.empty(len(strata), np.int64)
    for stratum in np.unique(strata):
        members = order[strata[order] == stratum]
        turn[members] = np.arange(len(members))
    return np.asarray(order[np.argsort(turn[order], kind="stable")][:num_wanted], np.int64)


def belief(gaps: Floats) -> Floats:
    """`[M, N]` probability of each member that the first board is preferred."""
    return np.asarray(1 / (1 + np.exp(-np.clip(gaps, -500, 500))), np.float64)


def annealed_batches(num_queries: int, num_batches: int, half_life: float) -> npt.NDArray[np.int64]:
    """How many queries to ask in each batch: a quarter at once, the rest at a rate T0 / (T + T0).

    As Christiano et al. (2017, arXiv 1706.03741, appendix A) anneal the rate of labels.

    Args:
        num_queries: N, of all batches together.
        num_batches: how many, the first included.
        half_life: T0, the batches after which the rate has halved.

    Returns:
        `[num_batches]` that add up to N.
    """
    if num_queries < 0 or num_batches < 1 or half_life <= 0:
        raise QueryError("batches: expected some queries, at least one batch and a half-life above 0")
    if num_batches == 1:
        return np.array([num_queries], np.int64)
    first = round(FIRST_SHARE * num_queries)
    rates = half_life / (np.arange(num_batches - 1) + half_life)
    reached = np.round(np.cumsum(rates) / rates.sum() * (num_queries - first)).astype(np.int64)
    return np.concatenate([[first], np.diff(reached, prepend=0)])


def choose(
    strategy: str,
    num_wanted: int,
    random: np.random.Generator,
    *,
    gaps: Floats,
    features: Floats,
    strata: npt.NDArray[np.integer],
) -> Places:
    """The places of the pairs to ask about by a strategy of `STRATEGIES`.

    Args:
        strategy: its name.
        num_wanted: how many.
        random: source of randomness.
        gaps: `[M, N]` see `by_variance`.
        features: `[N, F]` see `by_k_center`.
        strata: `[N]` see `stratified`.

    Raises:
        QueryError: no such strategy, or more are wanted than there are.
    """
    if strategy == "uniform":
        return uniform(len(strata), num_wanted, random)
    if strategy == "variance":
        return by_variance(gaps, num_wanted, random)
    if strategy == "entropy":
        return by_entropy(gaps, num_wanted, random)
    if strategy == "k-center":
        return by_k_center(features, num_wanted, random)
    if strategy == "stratified":
        return stratified(strata, num_wanted, random)
    raise QueryError(f"strategy {strategy!r}: expected one of {', '.join(STRATEGIES)}")


def _largest(values: Floats, num_wanted: int, random: np.random.Generator) -> Places:
    _require(len(values), num_wanted)
    order = random.permutation(len(values))
    return np.asarray(order[np.argsort(-values[order], kind="stable")][:num_wanted], np.int64)


def _require(num_candidates: int, num_wanted: int) -> None:
    if not 0 <= num_wanted <= num_candidates:
        raise QueryError(f"queries: expected 0..{num_candidates}, not {num_wanted}")
