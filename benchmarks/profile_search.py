"""Where the CPU time of a search goes, by the kernels that one simulation calls in turn."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import bench_search
from measure import report

import mcts.search
from engine.rulesets import go_rules, gomoku_rules
from mcts.config import SearchConfig

REPEATS = 5
STEPS = ("select_leaves", "add_open_leaves", "add_terminal_leaves")


def timed(function: Callable[..., Any], seconds: dict[str, float], name: str) -> Callable[..., Any]:
    """The same function, with its CPU time added up."""

    def call(*arguments: Any) -> Any:
        start = time.process_time()
        result = function(*arguments)
        seconds[name] += time.process_time() - start
        return result

    return call


def main() -> None:
    """Measure and print."""
    seconds: dict[str, float] = defaultdict(float)
    for step in STEPS:
        setattr(mcts.search, step, timed(getattr(mcts.search, step), seconds, step))
    planes = timed(bench_search.write_batch_planes, seconds, "write_batch_planes")
    setattr(bench_search, "write_batch_planes", planes)  # noqa: B010
    config = SearchConfig(num_simulations=bench_search.SIMULATIONS)
    for name, rules, plies in (("go9", go_rules(9), 20), ("gomoku15", gomoku_rules(15), 10)):
        work = bench_search.search_work(rules, plies, bench_search.PlanesEvaluator(rules), config)
        work()
        seconds.clear()
        start = time.process_time()
        simulations = sum(work() for _ in range(REPEATS))
        total = time.process_time() - start
        for step, spent in (*seconds.items(), ("python_around", total - sum(seconds.values()))):
            report(f"{name}_{step}_ns_per_sim", spent / simulations * 1e9, "ns")
        report(f"{name}_total_ns_per_sim", total / simulations * 1e9, "ns")


if __name__ == "__main__":
    main()
