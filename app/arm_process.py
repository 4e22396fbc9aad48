"""One arm of the demo in a process of its own: started, followed and, if need be, ended."""

import multiprocessing
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import YomiError

if TYPE_CHECKING:
    from rlhf_variant.demonstration import Plan


FIRST_GUESS_ROUNDS = 12
MESSAGE_EVERY_S = 0.5


class ArmProcess:
    """A training run on one core.

    Attributes:
        arm: which one.
        stage: what it is doing, in words.
        share: how much of its budget is spent, 0..1.
        evaluations: network evaluations of its finished rounds.
        weights: its final weights, once it has ended well.
    """

    def __init__(self, plan: "Plan", arm: str, folder: Path, reference: Path, budget: int) -> None:
        """Start.

        Args:
            plan: what is demonstrated.
            arm: which arm.
            folder: its run folder.
            reference: weights it starts from.
            budget: network evaluations it may spend.
        """
        self.arm = arm
        self.stage = "starting"
        self.share = 0.0
        self.evaluations = 0
        self.weights: Path | None = None
        self._rounds = 0
        self._failure: str | None = None
        self._budget = budget
        # Spawned, not forked: threads and OpenMP do not survive a fork.
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_work, args=(sender, plan, arm, folder, reference, budget), daemon=True
        )
        self._process.start()
        sender.close()
        self._listener = threading.Thread(target=self._listen, args=(receiver,), daemon=True)
        self._listener.start()

    def _listen(self, receiver: Connection) -> None:
        while True:
            try:
                kind, value = receiver.recv()
            except (EOFError, OSError):
                return
            self._note(kind, value)

    def _note(self, kind: str, value: Any) -> None:
        if kind == "stage":
            self.stage = value
        elif kind == "games":
            # The round that is going on will cost about as much as those before it.
            round_cost = (
                self.evaluations / self._rounds if self._rounds else self._budget / FIRST_GUESS_ROUNDS
            )
            self.share = min(1.0, (self.evaluations + value * round_cost) / self._budget)
        elif kind == "round":
            self.stage = f"round {value['iteration']}"
            self._rounds, self.evaluations = value["iteration"], value["evaluations"]
            self.share = min(1.0, self.evaluations / self._budget)
        elif kind == "done":
            self.stage, self.share, self.weights = "done", 1.0, Path(value)
        elif kind == "failed":
            self._failure = value

    def is_alive(self) -> bool:
        """Whether it still works."""
        return self._process.is_alive()

    def result(self) -> Path:
        """Wait for its final weights.

        Raises:
            YomiError: it failed; the message says why.
        """
        self._process.join()
        self._listener.join(timeout=10)
        if self.weights is None:
            reason = self._failure or f"its process ended with code {self._process.exitcode}"
            raise YomiError(f"arm {self.arm}: {reason}")
        return self.weights

    def end(self) -> None:
        """Stop it now; a second call does nothing."""
        self._process.terminate()
        self._process.join(timeout=5)


def _work(sender: Connection, plan: "Plan", arm: str, folder: Path, reference: Path, budget: int) -> None:
    """Run an arm and report; when nobody listens any more, the broken pipe ends it."""
    from rlhf_variant.demonstration import run_arm
    from rlhf_variant.variant_loop import Stages
    from selfplay.training_loop import Report, Watcher

    games_in_round, told = 0, 0.0

    def on_games(count: int) -> None:
        nonlocal games_in_round, told
        games_in_round += count
        if time.monotonic() - told > MESSAGE_EVERY_S:
            told = time.monotonic()
            sender.send(("games", games_in_round / plan.training().selfplay.games_per_iteration))

    def on_report(report: Report) -> None:
        nonlocal games_in_round
        games_in_round = 0
        sender.send(("round", {"iteration": report.iteration, "evaluations": report.evaluations}))

    stages = Stages(
        on_stage=lambda name, steps: sender.send(("stage", name)),
        training=Watcher(on_games=on_games, on_report=on_report),
    )
    try:
        weights = run_arm(plan, arm, folder, reference, budget, stages)
    except (YomiError, OSError, ValueError) as error:
        sender.send(("failed", str(error)))
        return
    except (KeyboardInterrupt, BrokenPipeError):
        return
    sender.send(("done", str(weights)))
