"""Milliseconds of a forward pass by each backend at the batches of play, side by side on one core."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import get_args

import click
import numpy as np
import torch

from engine.board import new_state
from selfplay.agents import open_agent
from selfplay.backends import Backend, evaluators_of

BATCHES = (1, 8, 16, 32)
REPEATS = 60


def median_ms(work: Callable[[], None]) -> float:
    """Median CPU time of a call in milliseconds, after one that is not counted."""
    work()
    times = []
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        times.append(1e3 * (time.process_time() - started))
    return statistics.median(times)


@click.command()
@click.argument("agent", default="go9")
def main(agent: str) -> None:
    """Compare backends on AGENT's network, planes included."""
    torch.set_num_threads(1)
    spec = open_agent(agent)
    assert spec.network is not None
    assert spec.known_rules is not None
    rules, backends = spec.known_rules, get_args(Backend)
    evaluators = {}
    for backend in backends:
        started = time.perf_counter()
        (evaluators[backend],) = evaluators_of(spec.network, rules, max(BATCHES), backend, cores=1)
        click.echo(f"{backend}: ready after {time.perf_counter() - started:.2f} s")
    state = new_state(rules, max(BATCHES))
    logits = np.zeros((max(BATCHES), rules.num_actions), np.float32)
    values = np.zeros(max(BATCHES), np.float32)
    click.echo("batch  " + "  ".join(f"{backend:>10}" for backend in backends) + "   ratio")
    for batch in BATCHES:
        arguments = (state, np.arange(batch), logits, values)
        times = [median_ms(partial(evaluators[backend].evaluate, *arguments)) for backend in backends]
        shown = "  ".join(f"{one:7.3f} ms" for one in times)
        click.echo(f"{batch:5}  {shown}   {times[0] / times[1]:.2f}")


if __name__ == "__main__":
    main()
