"""KaTrain's engine and game classes against `yomi analysis`, without a window; katrain is no extra."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("KIVY_NO_ARGS", "1")
from katrain.core.base_katrain import KaTrainBase
from katrain.core.engine import KataGoEngine
from katrain.core.game import Game, Move

PATIENCE_S = 90.0
SETTINGS = {
    "backend": "custom",
    "max_visits": 60,
    "fast_visits": 20,
    "max_time": 8.0,
    "_enable_ownership": True,
    "allow_recovery": False,
}
GAME = {"SZ": "7", "KM": "6.5", "RU": "chinese"}
MOVES = ("D4", "C3", "E3", "D5")


class NoWindow(KaTrainBase):  # type: ignore[misc]
    """What the engine wants of the program around it."""

    def __call__(self, *_: Any, **__: Any) -> None:
        """Take a message for the window."""


def wait(condition: Callable[[], object], what: str) -> None:
    """Wait until something has come true."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.05)


def asked(engine: Any, node: Any, **wish: Any) -> list[Any]:
    """The answers to a request, of which there is one at least."""
    answers: list[Any] = []
    engine.request_analysis(node, lambda answer, _: answers.append(answer), **wish)
    wait(lambda: answers, f"an answer to {wish}")
    return answers


def moves_in(answer: Any) -> list[str]:
    """The vertices of an answer."""
    return sorted(move["move"] for move in answer["moveInfos"])


def main() -> None:
    """Review a game, ask for other moves and for a part of the board, ponder, stop."""
    program = NoWindow(force_package_config=True, debug_level=0)
    command = {"altcommand": f"exec {sys.argv[1]} analysis"}
    engine = KataGoEngine(program, {**program.config("engine"), **SETTINGS, **command})
    game = Game(program, engine, game_properties=GAME)
    for vertex in MOVES:
        game.play(Move.from_gtp(vertex, player=game.current_node.next_player))
    node = game.current_node
    wait(lambda: all(one.analysis_complete for one in node.nodes_from_root), "the review")
    print("reviewed:", sorted(node.analysis["moves"]), node.analysis["root"])
    print("other moves:", moves_in(asked(engine, node, find_alternatives=True, visits=40)[-1]))
    print("A1 to C3:", moves_in(asked(engine, node, region_of_interest=[0, 2, 0, 2], visits=40)[-1]))
    reports = asked(engine, node, ponder=True, report_every=0.2)
    wait(lambda: len(reports) >= 3, "reports while it ponders")
    engine.stop_pondering()
    engine.shutdown(finish=False)
    print("pondered and stopped")


if __name__ == "__main__":
    main()
