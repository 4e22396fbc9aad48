"""Comparisons as JSON lines, to be carried from one run to another; times and notes travel along."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rlhf_variant.query import QueryError, query_from_dict
from rlhf_variant.query_queue import QUERY_SCHEMA, GivenAnswer, LabelerRecord, QueryQueue
from selfplay.run_store import RunStore


def export_lines(store: RunStore) -> Iterator[str]:
    """The labelers, queries and answers of a run, one JSON object a line."""
    queue = QueryQueue(store)
    for labeler in queue.labelers():
        yield json.dumps({"kind": "labeler", "labeler": asdict(labeler)})
    for _, query in queue.queries():
        yield json.dumps({"kind": "query", "schema": QUERY_SCHEMA, "query": query.to_dict()})
    for answer in queue.answers():
        yield json.dumps({"kind": "answer", "answer": asdict(answer)})


def import_file(store: RunStore, path: Path) -> int:
    """Add what a file of JSON lines holds, all or none of its queries.

    Args:
        store: the run.
        path: of the file.

    Returns:
        How many queries are new.

    Raises:
        QueryError: a line that makes no sense, or a query across the split of this run.
    """
    queries, labelers, answers = [], [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            data = json.loads(line)
            kind = data["kind"]
            if kind == "labeler":
                labelers.append(LabelerRecord(**data["labeler"]))
            elif kind == "query" and data["schema"] == QUERY_SCHEMA:
                queries.append(query_from_dict(data["query"]))
            elif kind == "answer":
                answers.append(GivenAnswer(**data["answer"]))
            else:
                raise QueryError(f"kind {kind!r}: expected labeler, query of schema {QUERY_SCHEMA} or answer")
        except (json.JSONDecodeError, KeyError, TypeError, QueryError) as error:
            raise QueryError(f"{path}, line {number}: {error}") from None
    queue = QueryQueue(store)
    added = queue.ask(queries)
    for labeler in labelers:
        queue.enter(labeler)
    queue.answer(answers)
    return added
