"""Matches: two agents, the same openings with both colors, a win rate with its interval."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from engine.board import BLACK, EMPTY, GAME, GO, IS_OVER, TO_PLAY, WHITE, new_state
from engine.rules_kernels import play
from engine.rulesets import Rules
from engine.scoring import scores_black
from selfplay.agents import Agent, AgentSpec
from selfplay.external_agent import RESIGNS, ExternalAgent
from selfplay.openings import balanced_openings
from selfplay.statistics import wilson_interval
from selfplay.workers import Progress, run_workers

PlayedGame = tuple[tuple[int, ...], bool, float]
"""Moves, whether the first agent had Black, and Black's score."""
TALLIES = ("num_counted", "num_counted_otherwise", "num_played_on", "num_false_resignations")
"""The numbers of a result that do not follow from its games."""


@dataclass(frozen=True)
class MatchResult:
    """The outcome of a match, from the view of the first agent.

    Attributes:
        first: label of the first agent.
        second: label of the second agent.
        wins: games the first agent won.
        draws: games nobody won.
        losses: games the second agent won.
        distinct_games: different games among them; deterministic agents repeat themselves.
        wins_as_black: of `wins`, those with Black.
        mean_moves: mean length, openings included.
        games: `(moves, first_is_black, score_black)` of each game, for whoever reads the boards again; the
            score is infinite where somebody resigned.
        failures: what went wrong with programs that took part; each cost the program a game.
        num_counted: games that such a program counted as well, after two passes.
        num_counted_otherwise: of these, those in which it names another winner than the rules do.
        num_played_on: times that somebody would have given up a game that was played on.
        num_false_resignations: of these, those in which that side did not lose.
        num_evaluations: positions that each agent had judged, by its network or by random games.
    """

    first: str
    second: str
    wins: int
    draws: int
    losses: int
    distinct_games: int
    wins_as_black: int
    mean_moves: float
    games: tuple[PlayedGame, ...]
    failures: tuple[str, ...] = ()
    num_counted: int = 0
    num_counted_otherwise: int = 0
    num_played_on: int = 0
    num_false_resignations: int = 0
    num_evaluations: tuple[int, int] = (0, 0)

    @property
    def num_games(self) -> int:
        """Games played."""
        return self.wins + self.draws + self.losses

    @property
    def points(self) -> float:
        """Wins plus half the draws."""
        return self.wins + self.draws / 2

    @property
    def win_rate(self) -> float:
        """The points, as a share."""
        return self.points / max(self.num_games, 1)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the win rate."""
        return wilson_interval(self.points, self.num_games)

    def reversed(self) -> "MatchResult":
        """The same match from the view of the second agent."""
        return replace(
            self,
            first=self.second,
            second=self.first,
            wins=self.losses,
            losses=self.wins,
            wins_as_black=sum(not first_is_black and score > 0 for _, first_is_black, score in self.games),
            games=tuple((moves, not first_is_black, score) for moves, first_is_black, score in self.games),
            num_evaluations=self.num_evaluations[::-1],
        )

    def pair_scores(self) -> list[float]:
        """Points of the first agent in each opening, 0..2: its game with Black and that with White."""
        points = [
            (1 + float(np.sign(score if first_is_black else -score))) / 2
            for _, first_is_black, score in self.games
        ]
        return [black + white for black, white in zip(points[::2], points[1::2], strict=True)]

    def verdict(self) -> str:
        """Who is better, if the interval can tell."""
        low, high = self.interval
        if low > 0.5:
            return f"{self.first} is stronger"
        if high < 0.5:
            return f"{self.second} is stronger"
        return "no difference shown"

    def to_dict(self) -> dict[str, Any]:
        """What is stored and printed as JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "games": self.num_games,
            "wins": self.wins,
            "draws": self.draws,
            "losses": self.losses,
            "win_rate": round(self.win_rate, 4),
            "interval": [round(end, 4) for end in self.interval],
            "wins_as_black": self.wins_as_black,
            "distinct_games": self.distinct_games,
            "mean_moves": round(self.mean_moves, 1),
            "verdict": self.verdict(),
            "failures": list(self.failures),
            "counted": self.num_counted,
            "counted_otherwise": self.num_counted_otherwise,
            "played_on": self.num_played_on,
            "false_resignations": self.num_false_resignations,
            "evaluations": list(self.num_evaluations),
        }


class _Table:
    """One thread's games of a match, in lockstep."""

    def __init__(
        self,
        rules: Rules,
        openings: list[list[int]],
        agents: tuple[AgentSpec, AgentSpec],
        seed: np.random.SeedSequence,
    ) -> None:
        batch = 2 * len(openings)
        self.state = new_state(rules, batch)
        self.first_is_black = np.arange(batch) % 2 == 0
        self.moves: list[list[int]] = [[] for _ in range(batch)]
        for row in range(batch):
            for action in openings[row // 2]:
                self._play(row, action)
        seeds = seed.spawn(2)
        self.agents: tuple[Agent, Agent] = (
            agents[0].make(rules, batch, seeds[0]),
            agents[1].make(rules, batch, seeds[1]),
        )
        self.resigned = np.zeros(batch, np.int8)  # the color that gave up, EMPTY if none has
        self.is_stopped = False

    def _play(self, row: int, action: int) -> None:
        play(self.state, row, action)
        self.moves[row].append(action)

    def run(self, progress: Progress) -> None:
        """Play all games to their end, or until `is_stopped` is set from outside."""
        torch.set_num_threads(1)
        going = self._going()
        while len(going) and not self.is_stopped:
            first_moves = (self.state.scalars[going, TO_PLAY] == BLACK) == self.first_is_black[going]
            for agent, rows in zip(self.agents, (going[first_moves], going[~first_moves]), strict=True):
                if len(rows):
                    for row, action in zip(rows, agent.choose(self.state, rows, self.moves), strict=True):
                        if action == RESIGNS:
                            self.resigned[row] = self.state.scalars[row, TO_PLAY]
                        else:
                            self._play(int(row), int(action))
            still = self._going()
            if len(still) < len(going):
                progress(len(going) - len(still))
            going = still

    def _going(self) -> npt.NDArray[np.int64]:
        is_going = (self.state.scalars[:, IS_OVER] == 0) & (self.resigned == EMPTY)
        return np.flatnonzero(is_going).astype(np.int64)

    def scores_black(self) -> npt.NDArray[np.float64]:
        """`[B]` final scores, infinite for whom the other side gave up."""
        scores = np.where(self.resigned == WHITE, np.inf, -np.inf)
        ended = np.flatnonzero(self.resigned == EMPTY)
        scores[ended] = scores_black(self.state, ended)
        return scores

    def other_counts(self) -> Iterator[tuple[float, float]]:
        """Of games that ended by passes: our score, and that of each program that took part and counts."""
        scores = self.scores_black()
        for agent in self.agents:
            if isinstance(agent, ExternalAgent):
                for row in np.flatnonzero(np.isfinite(scores) & (self.state.rules[:, GAME] == GO)):
                    if (count := agent.final_score_black(self.moves[row])) is not None:
                        yield float(scores[row]), count

    def resignations_judged(self) -> Iterator[bool]:
        """Of games played on in which an agent would have given up: whether that was false."""
        for agent in self.agents:
            resigner = getattr(agent, "resigner", None)
            if resigner is not None:
                yield from resigner.verdicts(self.scores_black())


def play_match(
    first: AgentSpec,
    second: AgentSpec,
    rules: Rules,
    num_games: int,
    *,
    seed: int,
    opening_plies: int = 2,
    openings: list[list[int]] | None = None,
    num_threads: int = 1,
    progress: Progress = lambda count: None,
) -> MatchResult:
    """Play a match; every opening is played twice, with colors swapped.

    Args:
        first: one agent.
        second: the other.
        rules: what is played.
        num_games: about how many games; rounded up to an even number.
        seed: of openings and agents.
        opening_plies: random moves of each opening.
        openings: openings to use instead of balanced random ones; repeated when too few.
        num_threads: threads, each with its own share of the openings.
        progress: told of finished games.

    Returns:
        The result.

    Raises:
        AgentError: an agent cannot play this game.
    """
    pairs = max(1, (num_games + 1) // 2)
    if openings is None:
        openings = balanced_openings(rules, pairs, opening_plies, seed)
    dealt = [openings[index % len(openings)] for index in range(pairs)]
    num_tables = max(1, min(num_threads, pairs))
    tables = [
        _Table(rules, dealt[index::num_tables], (first, second), table_seed)
        for index, table_seed in enumerate(np.random.SeedSequence(seed).spawn(num_tables))
    ]
    run_workers(tables, progress)
    return _count(first.label(), second.label(), tables)


def combined(results: Sequence[MatchResult]) -> MatchResult:
    """Several matches of the same two agents as one.

    Args:
        results: at least one.
    """
    games = [game for result in results for game in result.games]
    failures = [failure for result in results for failure in result.failures]
    tallies = {name: sum(getattr(result, name) for result in results) for name in TALLIES}
    spent = _summed(result.num_evaluations for result in results)
    return _result(results[0].first, results[0].second, games, failures, spent, **tallies)


def _count(first: str, second: str, tables: list[_Table]) -> MatchResult:
    games = [
        (tuple(moves), bool(first_is_black), float(score))
        for table in tables
        for moves, first_is_black, score in zip(
            table.moves, table.first_is_black, table.scores_black(), strict=True
        )
    ]
    counts = [pair for table in tables for pair in table.other_counts()]
    agents = [agent for table in tables for agent in table.agents if isinstance(agent, ExternalAgent)]
    failures = [failure for agent in agents for failure in agent.failures]
    num_otherwise = sum(np.sign(ours) != np.sign(theirs) for ours, theirs in counts)
    judged = [is_false for table in tables for is_false in table.resignations_judged()]
    numbers = (len(counts), int(num_otherwise), len(judged), sum(judged))
    tallies = dict(zip(TALLIES, numbers, strict=True))
    spent = _summed(
        (getattr(one, "num_evaluations", 0), getattr(other, "num_evaluations", 0))
        for one, other in (table.agents for table in tables)
    )
    return _result(first, second, games, failures, spent, **tallies)


def _summed(spent: Iterable[tuple[int, int]]) -> tuple[int, int]:
    firsts, seconds = zip(*spent, strict=True)
    return sum(firsts), sum(seconds)


def _result(
    first: str,
    second: str,
    games: list[PlayedGame],
    failures: list[str],
    spent: tuple[int, int],
    **tallies: int,
) -> MatchResult:
    margins = [score if first_is_black else -score for _, first_is_black, score in games]
    return MatchResult(
        first=first,
        second=second,
        wins=sum(margin > 0 for margin in margins),
        draws=sum(margin == 0 for margin in margins),
        losses=sum(margin < 0 for margin in margins),
        distinct_games=len({moves for moves, _, _ in games}),
        wins_as_black=sum(black and score > 0 for _, black, score in games),
        mean_moves=float(np.mean([len(moves) for moves, _, _ in games])),
        games=tuple(games),
        failures=tuple(failures),
        num_evaluations=spent,
        **tallies,
    )
