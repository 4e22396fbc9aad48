"""Games of an agent against itself, for a network to clone: data without files of real games."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from engine.board import BLACK, IS_OVER, WHITE, new_state, reset, set_rules
from engine.rules_kernels import legal_actions, play
from engine.rulesets import Rules
from selfplay.agents import AgentSpec
from selfplay.beginnings import Beginnings
from selfplay.external_agent import RESIGNS
from selfplay.records import GameRecord
from selfplay.value_source import OutcomeValueSource
from selfplay.workers import dealt, run_workers

PARALLEL_GAMES = 32
FULL_ENOUGH = 0.4
"""Share of the points from which on a drawn game of Gomoku teaches no moves: there is nothing left to win."""


@dataclass(frozen=True)
class Lesson:
    """How the games of a teacher come about; without chance it would play the same ones again and again.

    Attributes:
        sizes: boards, as `selfplay.beginnings.read_sizes` takes them; empty for that of the rules.
        most_random_plies: a game begins with 0 to so many random moves, in Gomoku near the center.
        noise: share of later moves that are random ones instead of the teacher's.
    """

    sizes: str = ""
    most_random_plies: int = 6
    noise: float = 0.04

    def __post_init__(self) -> None:
        if self.most_random_plies < 0:
            raise ValueError(f"most_random_plies {self.most_random_plies}: expected at least 0")
        if not 0 <= self.noise < 1:
            raise ValueError(f"noise {self.noise}: expected 0..1")


def teacher_games(
    teacher: AgentSpec,
    rules: Rules,
    lesson: Lesson,
    num_games: int,
    *,
    seed: int,
    threads: int = 1,
    progress: Callable[[int], None] = lambda count: None,
) -> list[GameRecord]:
    """Let an agent play against itself.

    Random moves are no policy targets; who won is the value target of all positions.

    Args:
        teacher: who plays; it follows games by their position alone, and one that resigns plays no part.
        rules: largest board.
        lesson: how games come about.
        num_games: how many.
        seed: the same seed and threads give the same games.
        threads: workers; the games are dealt to them in equal parts.
        progress: told of finished games.

    Returns:
        The games, worker by worker in order of their end.

    Raises:
        AgentError: the teacher cannot play this game.
        ValueError: the teacher resigned.
    """
    shares = dealt(num_games, threads)
    seeds = np.random.SeedSequence(seed).spawn(len(shares))
    classes = [_Class(teacher, rules, lesson, share, part) for share, part in zip(shares, seeds, strict=True)]
    run_workers(classes, progress)
    return [game for lessons in classes for game in lessons.games]


class _Class:
    """One thread's games, in lockstep."""

    def __init__(
        self, teacher: AgentSpec, rules: Rules, lesson: Lesson, num_games: int, seed: np.random.SeedSequence
    ) -> None:
        agent_seed, move_seed = seed.spawn(2)
        batch = min(PARALLEL_GAMES, num_games)
        self.games: list[GameRecord] = []
        self.is_stopped = False
        self._lesson, self._waiting = lesson, num_games - batch
        self._agent = teacher.make(rules, batch, agent_seed)
        self._random = np.random.default_rng(move_seed)
        self._beginnings = Beginnings(rules, lesson.sizes, lesson.most_random_plies)
        self._state = new_state(rules, batch)
        self._rules = [rules] * batch
        self._moves: list[list[int]] = [[] for _ in range(batch)]
        self._is_taught: list[list[bool]] = [[] for _ in range(batch)]
        self._actions = np.empty(rules.num_actions, np.int16)
        self._outcomes = OutcomeValueSource()
        self._going = list(range(batch))
        for row in self._going:
            self._begin(row)

    def run(self, progress: Callable[[int], None]) -> None:
        """Play all games to their end, or until `is_stopped` is set from outside."""
        torch.set_num_threads(1)
        while self._going and not self.is_stopped:
            is_noise = self._random.random(len(self._going)) < self._lesson.noise
            taught = [row for row, is_random in zip(self._going, is_noise, strict=True) if not is_random]
            for row, is_random in zip(self._going, is_noise, strict=True):
                if is_random:
                    count = legal_actions(self._state, row, self._actions)
                    self._play(row, int(self._actions[self._random.integers(count)]), is_taught=False)
            if taught:
                chosen = self._agent.choose(self._state, np.array(taught, np.int64), self._moves)
                for row, action in zip(taught, chosen, strict=True):
                    if action == RESIGNS:
                        raise ValueError("teacher: expected one that does not resign")
                    self._play(row, int(action), is_taught=True)
            ended = [row for row in self._going if self._state.scalars[row, IS_OVER]]
            for row in ended:
                self._end(row)
            if ended:
                progress(len(ended))

    def _begin(self, row: int) -> None:
        rules, actions = self._beginnings.draw((), self._random)
        self._rules[row] = rules
        set_rules(self._state, row, rules)
        reset(self._state, row)
        self._moves[row], self._is_taught[row] = [], []
        for action in actions:
            self._play(row, action, is_taught=False)

    def _play(self, row: int, action: int, *, is_taught: bool) -> None:
        play(self._state, row, action)
        self._moves[row].append(action)
        self._is_taught[row].append(is_taught)

    def _end(self, row: int) -> None:
        moves, rules = np.array(self._moves[row], np.int16), self._rules[row]
        visits = np.zeros((len(moves), rules.num_actions), np.uint16)
        visits[np.arange(len(moves)), moves] = self._is_taught[row]
        to_play = np.where(np.arange(len(moves)) % 2 == 0, BLACK, WHITE).astype(np.int8)
        targets = self._outcomes.value_targets(self._state, row, to_play, moves)
        if rules.game == "gomoku" and not targets.any():
            visits[round(FULL_ENOUGH * rules.area) :] = 0
        self.games.append(
            GameRecord(
                rules=rules,
                moves=moves,
                visits=visits,
                root_values=np.full(len(moves), np.nan, np.float32),
                value_targets=targets,
                score_black=self._outcomes.score_target_black(self._state, row),
                is_truncated=rules.game == "go" and len(moves) == rules.resolved_move_limit,
            )
        )
        if self._waiting:
            self._waiting -= 1
            self._begin(row)
        else:
            self._going.remove(row)
