"""How a self-play game begins: on which board, with which komi and which moves that nobody searched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.errors import OpeningError
from engine.game import Game
from engine.rulesets import Rules, go_rules
from selfplay.opening_judge import OpeningJudge
from selfplay.openings import even_openings, random_opening
from selfplay.positions import Line
from selfplay.records import GameRecord

EVEN_BATCH = 16
EVEN_PLIES = 6
"""Most moves of an even opening where `random_plies` does not say."""
MAX_DRAWS = 512
"""Openings that a network may refuse in a row before a worker takes them as they come for the round."""

Beginning = tuple[Rules, list[int]]
"""The rules of a game and its first actions."""


def read_sizes(text: str) -> dict[int, int]:
    """Sides of boards and how often each is played, from `7:1,8:1,9:8`; a side alone counts once.

    Args:
        text: empty for no choice of sizes.

    Raises:
        ValueError: anything else.
    """
    sizes: dict[int, int] = {}
    for part in filter(None, text.split(",")):
        side, _, weight = part.partition(":")
        if not (side.isdecimal() and (weight or "1").isdecimal() and int(side) > 1 and int(weight or 1) > 0):
            raise ValueError(f"sizes {text!r}: expected sides and weights such as 7:1,8:1,9:8")
        sizes[int(side)] = int(weight or 1)
    return sizes


def rules_at(rules: Rules, side: int) -> Rules:
    """The rules of a run on a smaller board, Go with the usual komi of that size.

    Args:
        rules: of the run.
        side: at most that of its board.
    """
    if (side, side) == (rules.width, rules.height):
        return rules
    komi = go_rules(side).komi if rules.game == "go" else rules.komi
    return replace(rules, width=side, height=side, komi=komi, move_limit=0)


def forked(game: GameRecord, random: np.random.Generator) -> Beginning:
    """A finished game up to a random move and another one in its place; it is not over.

    Args:
        game: of at least two moves.
        random: source of randomness.
    """
    ply = int(random.integers(1, game.num_moves))
    position = Game(game.rules)
    for action in game.moves[:ply]:
        position.play(int(action))
    others = set(position.legal_actions()) - {int(game.moves[ply]), game.rules.pass_action}
    actions = [int(action) for action in game.moves[:ply]]
    if others:
        other = int(random.choice(sorted(others)))
        position.play(other)
        if not position.is_over:
            actions.append(other)
    return game.rules, actions


@dataclass(frozen=True)
class Evenness:
    """How even the beginnings of games shall be; see `selfplay.selfplay_config.SelfPlayConfig`.

    Attributes:
        sharpness: of the choice of random openings, 0 for none.
        refuses_vcf: whether openings of Gomoku that are won by continuous fours are refused with it.
        fair_komi: whether komi makes up for the opening.
        komi_deviation: of the komi of most games, in points.
        wide_komi_share: of the games.
        wide_komi_deviation: of the komi of these.
    """

    sharpness: float = 0.0
    refuses_vcf: bool = True
    fair_komi: bool = False
    komi_deviation: float = 0.0
    wide_komi_share: float = 0.0
    wide_komi_deviation: float = 0.0


class Beginnings:
    """Draws the beginnings of the games of a round."""

    def __init__(
        self,
        rules: Rules,
        sizes: str,
        random_plies: int = 0,
        fork_share: float = 0.0,
        evenness: Evenness | None = None,
        judge: OpeningJudge | None = None,
        position_share: float = 0.0,
        lines: Sequence[Line] = (),
    ) -> None:
        """See `selfplay.selfplay_config.SelfPlayConfig`.

        Args:
            rules: of the run.
            sizes: as `read_sizes` takes them.
            random_plies: most random moves of a game that is no fork; how many is drawn for each, so that
                the first moves are searched and learned too.
            fork_share: of the games.
            evenness: None for openings and komi as they come.
            judge: who says what is even; needed for even openings and fair komi alone.
            position_share: of the games that begin from a position of `lines`, where there are any.
            lines: moves of games on the board of the run.

        Raises:
            ValueError: a size beyond the board of the run or too small for its lines.
        """
        self._rules = rules
        self._fork_share = fork_share
        self._evenness = evenness or Evenness()
        self._random_plies = random_plies or (EVEN_PLIES if self._evenness.sharpness else 0)
        self._judge = judge
        self._position_share = position_share if len(lines) else 0.0
        self._lines = lines
        self._even: dict[Rules, Iterator[list[int]] | None] = {}  # None: nothing was found even there
        weights = read_sizes(sizes)
        smallest = rules.line_length if rules.game == "gomoku" else 2
        if not all(smallest <= side <= min(rules.width, rules.height) for side in weights):
            raise ValueError(f"sizes {sizes}: expected sides {smallest}..{min(rules.width, rules.height)}")
        self._sides = np.array(list(weights), np.int64)
        self._shares = np.array(list(weights.values())) / max(sum(weights.values()), 1)

    def draw(self, finished: Sequence[GameRecord], random: np.random.Generator) -> Beginning:
        """How the next game begins.

        Args:
            finished: games that it may fork from.
            random: source of randomness; asked for no more than the settings need.
        """
        if self._fork_share and random.random() < self._fork_share and finished:
            game = finished[int(random.integers(len(finished)))]
            if game.num_moves > 1:
                return forked(game, random)
        if self._position_share and random.random() < self._position_share:
            line = self._lines[int(random.integers(len(self._lines)))]
            actions = line[: int(random.integers(len(line) + 1))].tolist()
            return self._with_komi(self._rules, actions, random), actions
        rules = self._rules
        if len(self._sides):
            rules = rules_at(rules, int(random.choice(self._sides, p=self._shares)))
        num_plies = int(random.integers(self._random_plies + 1)) if self._random_plies else 0
        actions = self._opening(rules, num_plies, random)
        return self._with_komi(rules, actions, random), actions

    def _opening(self, rules: Rules, num_plies: int, random: np.random.Generator) -> list[int]:
        """So many random moves, or an even opening of any length in their place."""
        sharpness = self._evenness.sharpness
        if not num_plies:
            return []
        if not sharpness or self._judge is None:
            return random_opening(rules, num_plies, random)
        if rules not in self._even:
            self._even[rules] = even_openings(
                rules,
                self._judge.values,
                int(random.integers(2**32)),
                max_plies=self._random_plies,
                sharpness=sharpness,
                refuses_vcf=self._evenness.refuses_vcf,
                batch=min(EVEN_BATCH, self._judge.batch),
                max_draws=MAX_DRAWS,
            )
        openings = self._even[rules]
        if openings is not None:
            try:
                return next(openings)
            except OpeningError:  # the network finds all of them decided, and games must go on
                self._even[rules] = None
        return random_opening(rules, num_plies, random)

    def _with_komi(self, rules: Rules, actions: Sequence[int], random: np.random.Generator) -> Rules:
        """The rules with the komi of one game of Go, to the half point."""
        spread = self._evenness
        is_drawn = spread.komi_deviation > 0 or spread.wide_komi_share > 0
        if rules.game != "go" or not (is_drawn or spread.fair_komi):
            return rules
        komi = rules.komi
        if spread.fair_komi and self._judge is not None:
            komi = self._judge.fair_komi(rules, actions)
        if is_drawn:
            is_wide = random.random() < spread.wide_komi_share
            deviation = spread.wide_komi_deviation if is_wide else spread.komi_deviation
            komi += deviation * random.standard_normal()
        return replace(rules, komi=round(2 * komi) / 2)
