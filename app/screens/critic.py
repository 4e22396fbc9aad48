"""What a reward model thinks of a board, in words that stand beside the true chance of winning."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import YomiError
from engine.game import Game

if TYPE_CHECKING:
    from rlhf_variant.reward_ensemble import RewardEnsemble


def opinion_text(chance_black: float) -> str:
    """What a reward model thinks, in words."""
    return f"Reward model: Black {chance_black:.0%}, White {1 - chance_black:.0%}"


class Critic:
    """The reward model of a run; the mean of its members, where it has several."""

    def __init__(self, folder: Path) -> None:
        """Nothing is loaded yet.

        Args:
            folder: of a run that `yomi rlhf fit` or `yomi rlhf train` has taught a reward model.

        Raises:
            RunError: no run.
        """
        from selfplay.run_store import RunStore

        with RunStore(folder, create=False):
            self._folder = folder
        self._judge: RewardEnsemble | None = None

    def chance_black(self, game: Game) -> float:
        """What it thinks of the board as it stands, as a chance of Black; it may be asked in any thread.

        Raises:
            YomiError: no reward model there, or one that plays another game.
        """
        from rlhf_variant.boards import boards_of_state
        from rlhf_variant.reward_store import open_ensemble, rules_of
        from selfplay.run_store import RunStore

        if self._judge is None:
            with RunStore(self._folder, create=False) as store:
                known = rules_of(store)
                if known.game != game.rules.game:
                    raise YomiError(
                        f"reward model {self._folder}: judges {known.game}, not {game.rules.game}"
                    )
                self._judge = open_ensemble(store)
        value = self._judge.values_black(boards_of_state(game.state, np.zeros(1, np.int64)))[0]
        return float(1 + value) / 2
