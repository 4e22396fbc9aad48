"""Games of other runs that a run learns from before its own: how a network of another size catches up."""

from collections.abc import Iterable

from selfplay.config import TrainConfig
from selfplay.records import GameRecord
from selfplay.run_store import RunStore
from selfplay.window import GameWindow

BEFORE_ALL = 0
"""The round of given games; those that a run plays count from 1."""


def usable(games: Iterable[GameRecord], config: TrainConfig) -> list[GameRecord]:
    """The games with anything to learn that fit on the board of a run."""
    rules = config.rules
    return [
        game
        for game in games
        if game.num_targets
        and game.rules.game == rules.game
        and game.rules.width <= rules.width
        and game.rules.height <= rules.height
    ]


def begin_with(store: RunStore, games: list[GameRecord], config: TrainConfig) -> None:
    """Put games into the window of a run that has not begun, with the training steps that they allow.

    Those that the window holds then are drawn `learner.passes` times each on average, as if the run had
    played them; `learner.max_steps` spreads the steps over its rounds.

    Args:
        store: the run; one that has begun is left as it is.
        games: oldest first.
        config: of the run.
    """
    if not games or store.checkpoints():
        return
    store.add_games("selfplay", BEFORE_ALL, games)
    window = GameWindow(config.learner, config.seed)
    window.restore(store, BEFORE_ALL)
    num_targets = sum(game.num_targets for game in window.taught + window.held_out)
    steps = config.learner.passes * num_targets / config.learner.batch_size
    store.add_metrics(BEFORE_ALL, 0, {"steps_kept": steps})
