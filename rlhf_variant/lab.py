"""The bench of the experiment: a demonstrator's games, the reference policy cloned from them, two referees.

Nothing here depends on an arm or on its seed. Every product lies in the lab's folder and is made once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engine.rulesets import Rules, go_rules
from mcts.config import SearchConfig
from rlhf_variant.referee import Referee
from selfplay.agents import open_agent
from selfplay.checkpoint import load_network, save_network
from selfplay.config import TrainConfig
from selfplay.generate import generate_games
from selfplay.imitation import CLONING, clone_moves, move_accuracy, num_clone_steps
from selfplay.network import Network, NetworkConfig, new_network
from selfplay.network_evaluators import NetworkEvaluators
from selfplay.records import GameRecord
from selfplay.run_store import RunError, RunStore
from selfplay.selfplay_config import SelfPlayConfig
from selfplay.value_source import OutcomeValueSource
from selfplay.window import split_games

REFERENCE_FILE = "reference.safetensors"
REFEREE_FILE = "referee.safetensors"


@dataclass(frozen=True)
class LabConfig:
    """What the lab is made of.

    Attributes:
        size: points of a side of the goban.
        komi: of the experiment.
        cuts: fewest and most plies before a board is read.
        demonstrator: the agent whose games are imitated; its policy without search is the gold referee.
        demonstrator_visits: simulations a move of these games.
        demonstrator_games: at each of three values of komi round the experiment's.
        reference: shape of the reference policy.
        referee: shape of the first referee, who gives true RL its results and truth its labels.
        epochs: passes over the games to imitate.
        referee_temperature: of both referees.
        seed: of everything.
    """

    size: int = 7
    komi: float = 6.5
    cuts: tuple[int, int] = (16, 28)
    demonstrator: str = "go7"
    demonstrator_visits: int = 32
    demonstrator_games: int = 500
    reference: NetworkConfig = field(default_factory=lambda: NetworkConfig(blocks=2, channels=16))
    referee: NetworkConfig = field(default_factory=lambda: NetworkConfig(blocks=3, channels=32))
    epochs: float = 6.0
    referee_temperature: float = 0.5
    seed: int = 1

    def __post_init__(self) -> None:
        if self.demonstrator_games < 10 or self.demonstrator_visits < 2:
            raise ValueError("lab: expected at least 10 demonstrator_games and 2 demonstrator_visits")
        if not 0 < self.cuts[0] <= self.cuts[1]:
            raise ValueError(f"lab.cuts {self.cuts}: expected fewest and most plies, both above 0")

    @property
    def rules(self) -> Rules:
        """What is played."""
        return go_rules(self.size, komi=self.komi)


@dataclass
class LabStages:
    """What building a lab tells.

    Attributes:
        on_stage: told the name of a stage and its number of steps, as it starts.
        on_step: told of newly finished steps.
    """

    on_stage: Callable[[str, int], None] = lambda name, steps: None
    on_step: Callable[[int], None] = lambda count: None


@dataclass(frozen=True)
class Lab:
    """A bench that is ready.

    Attributes:
        config: what it is made of.
        reference: the policy all arms start from; its value head knows nothing.
        referee: gives true RL its results and truth its labels.
        gold_referee: judges what was learned, and nothing else.
    """

    config: LabConfig
    reference: Network
    referee: Referee
    gold_referee: Referee

    @property
    def rules(self) -> Rules:
        """What is played."""
        return self.config.rules


def build_lab(folder: Path, config: LabConfig, stages: LabStages) -> Lab:
    """Make or open a lab.

    Half of the demonstrator's games teach the reference policy, the other half the first referee, so that
    the two share no game.

    Args:
        folder: where its products are.
        config: what it is made of.
        stages: is told of progress.

    Raises:
        RunError: the folder holds another lab.
    """
    with RunStore(folder) as store:
        known = store.fact("lab")
        if known is not None and known != repr(config):
            raise RunError(f"lab {folder}: holds another lab ({known}); choose another folder")
        store.set_fact("lab", repr(config))
        for half, (name, shape) in enumerate(
            ((REFERENCE_FILE, config.reference), (REFEREE_FILE, config.referee))
        ):
            if not (folder / name).exists():
                games = _demonstrator_games(store, config, stages)[half::2]
                _clone(store, folder / name, shape, games, config, config.seed + half, stages)
    reference, _ = load_network(folder / REFERENCE_FILE)
    referee, _ = load_network(folder / REFEREE_FILE)
    gold = open_agent(config.demonstrator).network
    assert gold is not None
    temperature = config.referee_temperature
    return Lab(
        config,
        reference,
        Referee(referee, config.rules, temperature),
        Referee(gold, config.rules, temperature),
    )


def _demonstrator_games(store: RunStore, config: LabConfig, stages: LabStages) -> list[GameRecord]:
    network = open_agent(config.demonstrator).network
    if network is None:
        raise RunError(f"demonstrator {config.demonstrator!r}: expected an agent with a network")
    komis = (config.komi - 1, config.komi, config.komi + 1)
    stages.on_stage("games of the demonstrator", len(komis) * config.demonstrator_games)
    for index, komi in enumerate(komis):
        if store.games("demonstrator", iteration=index):
            stages.on_step(config.demonstrator_games)
            continue
        training = TrainConfig(
            rules=replace(config.rules, komi=komi),
            network=network.config,
            search=SearchConfig(num_simulations=config.demonstrator_visits),
            selfplay=SelfPlayConfig(parallel_games=128, temperature_plies=24, final_temperature=0.3),
        )
        made = generate_games(
            training.rules,
            training.search,
            training.selfplay,
            NetworkEvaluators(network, training.rules),
            OutcomeValueSource(),
            config.demonstrator_games,
            1,
            np.random.SeedSequence([config.seed, index]),
            stages.on_step,
        )
        store.add_games("demonstrator", index, made.games)
    return store.games("demonstrator")


def _clone(
    store: RunStore,
    path: Path,
    shape: NetworkConfig,
    games: list[GameRecord],
    config: LabConfig,
    seed: int,
    stages: LabStages,
) -> None:
    taught, held_out = split_games(games, 0.1, seed)
    network = new_network(shape, seed)
    stages.on_stage(f"cloning {path.stem}", num_clone_steps(taught, config.epochs))
    clone_moves(
        network,
        taught,
        epochs=config.epochs,
        seed=seed,
        config=CLONING,
        fit_values=False,
        threads=1,
        progress=stages.on_step,
    )
    store.set_fact(f"accuracy_{path.stem}", move_accuracy(network, held_out))
    save_network(path, network, config.rules)
