"""Even beginnings of self-play: openings that the network finds even, fair komi, komi that varies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from judged_positions import HashedEvaluator

from engine.board import BLACK, TO_PLAY, State
from engine.errors import OutcomeForbiddenError
from engine.game import Game, stones_of
from engine.rulesets import Rules, go_rules, gomoku_rules
from engine.scoring import outcomes_forbidden
from mcts.config import SearchConfig
from mcts.evaluator import Floats, Rows
from selfplay.beginnings import EVEN_BATCH, EVEN_PLIES, MAX_DRAWS, Beginnings, Evenness
from selfplay.generate import Generated, generate_games
from selfplay.opening_judge import KOMI_REACH, OpeningJudge
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import OutcomeValueSource

GO, GOMOKU = go_rules(5, komi=6.5), gomoku_rules(9)


class Lead(HashedEvaluator):
    """Believes that Black leads by some points before komi, and by so many more for each of its stones.

    Attributes:
        num_judged: positions so far.
    """

    def __init__(self, points: float = 0.0, stone: float = 0.0) -> None:
        super().__init__()
        self.points, self.stone, self.num_judged = points, stone, 0

    def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
        super().evaluate(state, rows, logits, values)
        self.num_judged += len(rows)
        for index, row in enumerate(rows):
            lead = self.points + self.stone * (stones_of(state, int(row)) == BLACK).sum() - state.komi[row]
            sign = 1 if state.scalars[row, TO_PLAY] == BLACK else -1
            values[index] = sign * np.tanh(lead / 10)


def drawn(rules: Rules, evaluator: HashedEvaluator, count: int, **even: Any) -> list[tuple[Rules, list[int]]]:
    judge = OpeningJudge(evaluator, rules, 7)
    beginnings = Beginnings(rules, "", 4, 0.0, Evenness(**even), judge)
    random = np.random.default_rng(1)
    return [beginnings.draw([], random) for _ in range(count)]


def games(rules: Rules, evaluator: HashedEvaluator, vcf_nodes: int = 0, **options: Any) -> Generated:
    return generate_games(
        rules,
        SearchConfig(num_simulations=2, vcf_nodes=vcf_nodes),
        SelfPlayConfig(parallel_games=4, **options),
        lambda batch, seed: evaluator,
        OutcomeValueSource(),
        12,
        1,
        np.random.SeedSequence(3),
    )


@pytest.mark.parametrize("lead", [-4.0, 0.0, 3.2, 6.9, 18.0])
def test_fair_komi_is_the_first_half_point_that_takes_the_lead_away(lead: float) -> None:
    judge = OpeningJudge(Lead(lead), GO, 1)
    assert judge.fair_komi(GO, []) == np.ceil(lead - 0.5) + 0.5
    assert judge.num_evaluations == 7


def test_fair_komi_stays_within_reach_of_the_usual_one() -> None:
    assert OpeningJudge(Lead(30), GO, 1).fair_komi(GO, []) == 6.5 + KOMI_REACH
    assert OpeningJudge(Lead(-15), GO, 1).fair_komi(GO, []) == 6.5 - KOMI_REACH + 1


@pytest.mark.parametrize("komi", [6.5, 7.0])
@pytest.mark.parametrize("believed", [0.0, 0.3, -0.3, 1.0])
def test_komi_stays_where_the_network_does_not_hear_it(komi: float, believed: float) -> None:
    class Deaf(HashedEvaluator):
        def evaluate(self, state: State, rows: Rows, logits: Floats, values: Floats) -> None:
            values[:] = believed

    rules = go_rules(5, komi=komi)
    assert OpeningJudge(Deaf(), rules, 1).fair_komi(rules, []) == komi


def test_fair_komi_makes_up_for_the_opening() -> None:
    for rules, actions in drawn(GO, Lead(2.2, stone=3), 40, fair_komi=True):
        assert rules.komi == 2.5 + 3 * ((len(actions) + 1) // 2)


def test_komi_varies_as_asked_and_to_the_half_point() -> None:
    komi = np.array([rules.komi for rules, _ in drawn(GO, Lead(), 2000, komi_deviation=1.5)])
    assert abs(komi.mean() - 6.5) < 0.15
    assert 1.35 < komi.std() < 1.65
    assert set((2 * komi) % 1) == {0.0}


def test_a_share_of_games_has_a_komi_further_off() -> None:
    even = {"komi_deviation": 0.0, "wide_komi_share": 0.1, "wide_komi_deviation": 20.0}
    komi = np.array([rules.komi for rules, _ in drawn(GO, Lead(), 2000, **even)])
    assert 0.07 < (komi != 6.5).mean() < 0.12
    assert 15 < komi[komi != 6.5].std() < 25


def test_gomoku_has_no_komi() -> None:
    assert {rules for rules, _ in drawn(GOMOKU, Lead(), 20, fair_komi=True, komi_deviation=3)} == {GOMOKU}


def test_openings_are_even_and_the_empty_board_is_among_them() -> None:
    openings = [actions for _, actions in drawn(GOMOKU, Lead(-2.0, stone=2), 200, sharpness=1000)]
    assert [] in openings  # however uneven: nothing was drawn that could be refused
    assert {(len(actions) + 1) // 2 for actions in openings if actions} == {1}
    taken = [actions for _, actions in drawn(GOMOKU, Lead(-2.0, stone=2), 200)]
    assert {len(actions) for actions in taken} == {0, 1, 2, 3, 4}


def test_even_openings_have_up_to_six_moves_where_nothing_else_is_said() -> None:
    beginnings = Beginnings(GOMOKU, "", 0, 0.0, Evenness(sharpness=1), OpeningJudge(Lead(), GOMOKU, 7))
    random = np.random.default_rng(2)
    assert {len(beginnings.draw([], random)[1]) for _ in range(100)} == set(range(EVEN_PLIES + 1))


def test_where_nothing_is_even_openings_are_random_and_it_is_not_tried_again() -> None:
    evaluator = Lead(1e6)
    openings = [actions for _, actions in drawn(gomoku_rules(6), evaluator, 50, sharpness=4)]
    assert {len(actions) for actions in openings} == {0, 1, 2, 3, 4}
    assert evaluator.num_judged < MAX_DRAWS + EVEN_BATCH


@pytest.mark.parametrize("sizes", ["", "4:1,5:1"])
def test_games_carry_their_komi_and_are_counted_by_it(sizes: str) -> None:
    made = games(GO, HashedEvaluator(), komi_deviation=4, random_plies=2, fork_share=0.3, sizes=sizes)
    komi = {game.rules.komi for game in made.games}
    assert len(komi) > 5
    for game in made.games:
        replayed = Game(game.rules)
        for action in game.moves:
            replayed.play(int(action))
        assert game.score_black == replayed.score_black()
        assert np.sign(game.score_black) == game.value_targets[0]


def test_behind_the_firewall_openings_are_even_without_word_of_victories() -> None:
    options = {"random_plies": 3, "even_openings": 4.0}
    with outcomes_forbidden():
        blind = drawn(GOMOKU, Lead(), 20, sharpness=4, refuses_vcf=False)
        with pytest.raises(OutcomeForbiddenError):
            drawn(GOMOKU, Lead(), 20, sharpness=4)
    assert len({tuple(actions) for _, actions in blind}) > 5
    assert not SelfPlayConfig(**options).evenness(refuses_vcf=False).refuses_vcf


def test_judging_openings_counts_as_evaluations() -> None:
    evaluator = Lead()
    made = games(GO, evaluator, fair_komi=True, even_openings=2.0, random_plies=2)
    assert made.num_evaluations == evaluator.num_judged


def test_the_same_seed_gives_the_same_games() -> None:
    options = {"random_plies": 3, "even_openings": 4.0, "vcf_nodes": 10}
    first, again = (games(GOMOKU, Lead(), **options) for _ in range(2))
    assert [game.digest() for game in first.games] == [game.digest() for game in again.games]


@pytest.mark.parametrize(
    "options",
    [
        {"even_openings": -1},
        {"komi_deviation": 101},
        {"wide_komi_share": 2},
        {"wide_komi_deviation": -1},
    ],
)
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        SelfPlayConfig(**options)
