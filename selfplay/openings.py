"""Openings for matches and self-play: random first moves, and sets of them that are found even."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, WHITE, State, new_state, reset
from engine.errors import OpeningError
from engine.game import Game
from engine.rules_kernels import play
from engine.rulesets import Rules
from engine.scoring import require_outcomes
from engine.threats import find_vcf
from mcts.config import SearchConfig
from mcts.evaluator import RolloutEvaluator
from mcts.search import Search

MAX_DRAWS = 10_000
EVEN_BATCH = 32
VCF_NODES = 200
Evaluate = Callable[[State, npt.NDArray[np.int64]], npt.NDArray[np.float32]]
"""Values in [-1, 1] for the side to move of the rows of a batch: `state, [n] rows -> [n]`."""


def random_opening(rules: Rules, num_plies: int, random: np.random.Generator) -> list[int]:
    """Random legal points that leave the game going; in Gomoku near the center.

    Args:
        rules: what is played.
        num_plies: moves to make; 0 gives the empty opening.
        random: source of randomness.

    Returns:
        `num_plies` actions, Black first; fewer where the board has no room for them.
    """
    margin = max(0, (min(rules.width, rules.height) - 5) // 2) if rules.game == "gomoku" else 0
    inner = [
        y * rules.width + x
        for y in range(margin, rules.height - margin)
        for x in range(margin, rules.width - margin)
    ]
    while True:
        game = Game(rules)
        actions: list[int] = []
        while len(actions) < num_plies:
            legal = sorted(set(game.legal_actions()) & set(inner))
            if not legal:
                return actions
            actions.append(int(random.choice(legal)))
            game.play(actions[-1])
            if game.is_over:
                break
        else:
            return actions
        if num_plies >= rules.area:
            return actions[:-1]


def balanced_openings(rules: Rules, num_openings: int, num_plies: int, seed: int) -> list[list[int]]:
    """Distinct random openings, the most even ones of several candidates each.

    A candidate's evenness is the root value of a rollout search, so no network that takes part in the match
    chooses its own openings.

    Args:
        rules: what is played.
        num_openings: how many are wanted; fewer come back where the board has fewer.
        num_plies: moves of each.
        seed: the same seed gives the same openings.

    Returns:
        Lists of actions, in the order in which they were drawn.
    """
    openings_seed, search_seed, rollout_seed = np.random.SeedSequence(seed).spawn(3)
    random = np.random.default_rng(openings_seed)
    candidates: dict[tuple[int, ...], None] = {}
    for _ in range(MAX_DRAWS):
        if len(candidates) >= 3 * num_openings:
            break
        candidates[tuple(random_opening(rules, num_plies, random))] = None
    openings = list(candidates)
    if len(openings) <= num_openings:
        return [list(opening) for opening in openings]

    batch = len(openings)
    state = new_state(rules, batch)
    _set_up(state, openings)
    config = SearchConfig(num_simulations=200, selection="uct", noise_weight=0.0)
    search = Search(config, RolloutEvaluator(rules, batch, rollout_seed), rules, batch, search_seed)
    rows = np.arange(batch)
    search.run(state, rows)
    unevenness = np.abs(search.root_values(rows))
    chosen = sorted(np.argsort(unevenness, kind="stable")[:num_openings])
    return [list(openings[index]) for index in chosen]


def even_openings(
    rules: Rules,
    evaluate: Evaluate,
    seed: int,
    *,
    max_plies: int = 6,
    sharpness: float = 4.0,
    refuses_vcf: bool = True,
    batch: int = EVEN_BATCH,
    max_draws: int = MAX_DRAWS,
) -> Iterator[list[int]]:
    """Draw random openings of 1 to `max_plies` moves without end, the even ones more often than the others.

    An opening of value v comes through with chance (1 - v^2)^sharpness (KataGomo), in Gomoku only if neither
    side has a victory by continuous fours. The same opening may come again.

    Args:
        rules: what is played.
        evaluate: finds out how even the openings are.
        seed: the same seed and evaluator give the same openings in the same order.
        max_plies: longest opening.
        sharpness: the higher, the more even; 4 suits self-play, 10 matches.
        refuses_vcf: false where nobody may tell of outcomes, and such a victory is one.
        batch: openings that are judged together, in the rows of one state.
        max_draws: openings refused in a row before it gives up.

    Yields:
        Lists of actions, Black first.

    Raises:
        OpeningError: the evaluator accepted none of many openings in a row.
        OutcomeForbiddenError: victories are to be refused behind the firewall.
    """
    random = np.random.default_rng(seed)
    state, rows = new_state(rules, batch), np.arange(batch)
    refused = 0
    while refused < max_draws:
        openings = [
            random_opening(rules, int(random.integers(1, max_plies + 1)), random) for _ in range(batch)
        ]
        _set_up(state, openings)
        chances = (1 - evaluate(state, rows) ** 2) ** sharpness
        is_drawn = random.random(batch) < chances
        for row, opening in enumerate(openings):
            refused += 1
            if is_drawn[row] and not (refuses_vcf and _may_have_vcf(rules, state, row)):
                refused = 0
                yield opening
    raise OpeningError(f"openings of {rules.describe()}: the evaluator found none of {max_draws} even")


def _set_up(state: State, openings: Sequence[Sequence[int]]) -> None:
    for row, opening in enumerate(openings):
        reset(state, row)
        for action in opening:
            play(state, row, action)


def _may_have_vcf(rules: Rules, state: State, row: int) -> bool:
    """Whether either side, were it to move, has a victory by continuous fours, or the search cannot tell."""
    if rules.game != "gomoku":
        return False
    require_outcomes()
    verdicts = [find_vcf(state, row, VCF_NODES, color).verdict for color in (BLACK, WHITE)]
    return verdicts != ["none", "none"]
