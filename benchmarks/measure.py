"""How every benchmark measures: medians of several runs, one JSON object a line with --json."""

import json
import statistics
import sys
import time
from collections.abc import Callable


def median_rate(
    work: Callable[[], float], runs: int = 5, unit_seconds: Callable[[], float] | None = None
) -> float:
    """Median over several runs of what `work` did per second.

    Args:
        work: does something and returns how much.
        runs: counted runs, after one that is not counted.
        unit_seconds: clock; wall time by default, `time.process_time` for CPU seconds.
    """
    clock = unit_seconds or time.perf_counter
    work()
    rates = []
    for _ in range(runs):
        started = clock()
        amount = work()
        rates.append(amount / (clock() - started))
    return statistics.median(rates)


def report(name: str, value: float, unit: str) -> None:
    """Print one figure, as a line for people or as JSON when the command line says --json."""
    if "--json" in sys.argv:
        print(json.dumps({"name": name, "value": round(value, 3), "unit": unit}), flush=True)
    else:
        print(f"{name:32s} {value:14,.{2 if value < 10 else 0}f} {unit}", flush=True)
