"""How a self-play game begins: on which board, and with which moves that nobody searched."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.game import Game
from engine.rulesets import Rules, go_rules
from selfplay.openings import random_opening
from selfplay.records import GameRecord

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


class Beginnings:
    """Draws the beginnings of the games of a round."""

    def __init__(self, rules: Rules, sizes: str, random_plies: int, fork_share: float) -> None:
        """See `selfplay.generate.SelfPlayConfig`.

        Args:
            rules: of the run.
            sizes: as `read_sizes` takes them.
            random_plies: most random moves of a game that is no fork; how many is drawn for each, so that
                the first moves are searched and learned too.
            fork_share: of the games.

        Raises:
            ValueError: a size beyond the board of the run or too small for its lines.
        """
        self._rules = rules
        self._random_plies = random_plies
        self._fork_share = fork_share
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
        rules = self._rules
        if len(self._sides):
            rules = rules_at(rules, int(random.choice(self._sides, p=self._shares)))
        if not self._random_plies:
            return rules, []
        return rules, random_opening(rules, int(random.integers(self._random_plies + 1)), random)
