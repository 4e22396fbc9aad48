"""KataGo's JSON analysis protocol: a queue of positions, threads that search them, and the loop for a client.

Each line is a JSON object; so is each answer. Answers come in the order in which searches end.
"""

import heapq
import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, BinaryIO

from app.options import AgentChoice
from app.protocols.analysis_query import Query, QueryError, query_of
from app.protocols.analysis_text import View
from app.protocols.line_reader import LineReader
from app.protocols.restrictions import allowed_moves
from app.version import package_version
from engine.errors import YomiError
from engine.rulesets import Rules

if TYPE_CHECKING:
    from mcts.player import Player

USUAL_VISITS = 500
POINTS_TO_PLAY = 24_000
"""See `app.outlook`; KaTrain shows each point that a move loses, and nobody waits at a key for the end."""


@dataclass(order=True)
class Job:
    """One position of a query. The smallest one is searched first.

    Attributes:
        rank: the priority with the opposite sign, then the place in the order of arrival.
        query: what is wanted.
        turn: which position.
        is_told_to_stop: whether the client wants no more of it.
    """

    rank: tuple[int, int]
    query: Query = field(compare=False)
    turn: int = field(compare=False)
    is_told_to_stop: threading.Event = field(default_factory=threading.Event, compare=False)


class AnalysisEngine:
    """Answers queries; whatever is wrong with one, the others are answered."""

    def __init__(self, usual: Rules, agent: AgentChoice, num_workers: int, answers: BinaryIO) -> None:
        """Start the threads.

        Args:
            usual: rules for what queries leave open.
            agent: who searches.
            num_workers: positions that are searched at a time.
            answers: receives a line for each answer.

        Raises:
            AgentError: no such agent, or one that does not search.
        """
        self._usual, self._agent = usual, agent
        self._spec = agent.open(usual)
        if agent.name is None and not self._spec.searches:
            self._spec = replace(agent, visits=USUAL_VISITS).open(usual)
        if not self._spec.searches:
            raise YomiError(f"agent {self._spec.name}: expected one that searches")
        self._knows_priors = self._spec.search_config().selection == "puct"
        self._answers = answers
        self._speaking, self._changed = threading.Lock(), threading.Condition()
        self._waiting: list[Job] = []
        self._searched: list[Job] = []
        self._is_ending = False
        self._arrivals = count()
        self._workers = [
            threading.Thread(target=self._work, name=f"analysis-{number}", daemon=True)
            for number in range(num_workers)
        ]
        for worker in self._workers:
            worker.start()

    # The client.

    def take(self, line: bytes | None) -> None:
        """Do what a line asks for, or say what is wrong with it.

        Args:
            line: from the client; None for one that was too long.
        """
        if line is not None and not line.strip():
            return
        query_id = None
        try:
            if line is None:
                raise QueryError("", "line too long")
            values = _object(line)
            if "id" not in values or not isinstance(values["id"], str):
                raise QueryError("id", "id: expected a text")
            query_id = values["id"]
            if "action" in values:
                self._act(values)
            else:
                self._add(query_of(values, query_id, self._usual))
        except QueryError as error:
            told = {"error": str(error)} | ({"field": error.field} if error.field else {})
            self._say(told if query_id is None else told | {"id": query_id})
        except OSError:
            raise  # the client has gone
        except Exception:
            logging.getLogger(__name__).exception("in answer to %s", (line or b"")[:200])
            self._say({"error": "internal error"} | ({} if query_id is None else {"id": query_id}))

    def finish(self) -> None:
        """Wait until all is answered, and end the threads."""
        self._end(is_hurried=False)
        for worker in self._workers:
            worker.join()

    def stop(self) -> None:
        """Drop what is not answered, and end the threads."""
        self._end(is_hurried=True)
        for worker in self._workers:
            worker.join()

    def _end(self, *, is_hurried: bool) -> None:
        with self._changed:
            self._is_ending = True
            if is_hurried:
                self._waiting.clear()
                for job in self._searched:
                    job.is_told_to_stop.set()
            self._changed.notify_all()

    def _add(self, query: Query) -> None:
        more = ["overrideSettings.wideRootNoise"] if query.wide_root_noise and not self._knows_priors else []
        for name in (*query.unused, *more):
            self._say({"id": query.id, "field": name, "warning": "not understood, without effect"})
        with self._changed:
            for turn, priority in query.priorities.items():
                heapq.heappush(self._waiting, Job((-priority, next(self._arrivals)), query, turn))
            self._changed.notify_all()

    def _act(self, values: dict[str, Any]) -> None:
        action, told = values["action"], dict(values)
        if action == "query_version":
            told |= {"version": package_version(), "git_hash": "yomi"}
        elif action == "query_models":
            told["models"] = [{"name": self._spec.label()}]
        elif action in ("terminate", "terminate_all"):
            self._terminate(values, is_all=action == "terminate_all")
        elif action != "clear_cache":
            raise QueryError(
                "action",
                f"action {str(action)[:40]!r}: expected terminate, terminate_all,"
                " query_version, query_models or clear_cache",
            )
        self._say(told)

    def _terminate(self, values: dict[str, Any], *, is_all: bool) -> None:
        query_id, turns = values.get("terminateId"), values.get("turnNumbers")
        if not is_all and not isinstance(query_id, str):
            raise QueryError("terminateId", "terminateId: expected a text")
        if turns is not None and not (
            isinstance(turns, list) and all(isinstance(turn, int) for turn in turns)
        ):
            raise QueryError("turnNumbers", "turnNumbers: expected a list of numbers")

        def is_meant(job: Job) -> bool:
            return (is_all or job.query.id == query_id) and (turns is None or job.turn in turns)

        with self._changed:
            dropped = [job for job in self._waiting if is_meant(job)]
            self._waiting = [job for job in self._waiting if not is_meant(job)]
            heapq.heapify(self._waiting)
            for job in filter(is_meant, self._searched):
                job.is_told_to_stop.set()
        for job in dropped:
            self._say(_header(job, is_during_search=False) | {"noResults": True})

    def _say(self, told: dict[str, Any]) -> None:
        line = json.dumps(told).encode() + b"\n"
        with self._speaking:
            self._answers.write(line)
            self._answers.flush()

    # The searches.

    def _work(self) -> None:
        player_of = self._players()
        while (job := self._next()) is not None:
            try:
                self._search(job, player_of(job.query.rules))
            except OSError:
                self._end(is_hurried=True)  # nobody listens
            except YomiError as error:
                self._say({"error": str(error), "id": job.query.id})
            except Exception:
                logging.getLogger(__name__).exception("in answer to query %s", job.query.id[:200])
                self._say({"error": "internal error", "id": job.query.id})
            finally:
                with self._changed:
                    self._searched.remove(job)

    def _next(self) -> Job | None:
        """The next job, marked as searched; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_ending)
            if not self._waiting:
                return None
            job = heapq.heappop(self._waiting)
            self._searched.append(job)
            return job

    def _players(self) -> "Callable[[Rules], Player]":
        """A player for the rules of each query; the same one as long as they stay the same."""
        import numpy as np

        latest: dict[Rules, Player] = {}

        def player_of(rules: Rules) -> "Player":
            if rules not in latest:
                latest.clear()
                latest[rules] = self._spec.player(rules, np.random.SeedSequence(self._agent.seed))
            return latest[rules]

        return player_of

    def _search(self, job: Job, player: "Player") -> None:
        from app.outlook import Outlook
        from mcts.analysis import Analysis
        from mcts.tree_search import Limits

        query, position = job.query, job.query.positions[job.turn]
        outlook = Outlook(query.rules, self._spec, self._agent.seed, POINTS_TO_PLAY)

        def tell(analysis: Analysis, *, is_during_search: bool) -> None:
            view = View(outlook.of(analysis, position), query.rules, query.side)
            told = _header(job, is_during_search=is_during_search)
            told |= view.answer(has_ownership=query.has_ownership)
            if query.has_policy:
                told["policy"] = [round(prior, 6) for prior in player.search.root_priors()]
            self._say(told)

        visits = query.max_visits or self._spec.visits or USUAL_VISITS
        seconds = query.max_time_s if query.max_time_s is not None else self._spec.seconds
        deadline = None if seconds is None else time.monotonic() + seconds
        found = player.think(
            position,
            Limits(max(visits, 2), deadline, job.is_told_to_stop.is_set),
            allowed=allowed_moves(position, query.rules, query.restrictions),
            report=None if query.report_s is None else lambda seen: tell(seen, is_during_search=True),
            interval_s=query.report_s or 0.0,
            wide_root_noise=query.wide_root_noise if self._knows_priors else 0.0,
        )
        tell(found, is_during_search=False)


def _header(job: Job, *, is_during_search: bool) -> dict[str, Any]:
    return {"id": job.query.id, "isDuringSearch": is_during_search, "turnNumber": job.turn}


def _object(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise QueryError("", "expected a JSON object in each line")
    return values


def serve(engine: AnalysisEngine, requests: LineReader) -> None:
    """Answer a client until it goes away, and then what it has asked before.

    Args:
        engine: who answers.
        requests: lines from the client.
    """
    try:
        for line in requests:
            engine.take(line)
        engine.finish()
    except BaseException:
        engine.stop()
        raise
