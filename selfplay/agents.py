"""Who plays: agents by name, the same names in every command.

`random`, `one-ply`, `threats` (Gomoku), `uct:VISITS`, `gtp:COMMAND`, `gomocup:COMMAND`, a bundled name such
as `go9`, or the path of a checkpoint or of a run folder. The strength of a network agent is set by visits or
seconds a move; one visit means its policy alone. `policy:` before such a name draws moves from that.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from engine.board import State
from engine.errors import YomiError
from engine.rulesets import Rules
from mcts.config import SearchConfig, SelectionRule
from mcts.evaluator import Evaluator, RolloutEvaluator
from mcts.forecast import Forecaster
from mcts.player import Player
from mcts.search import Search
from selfplay.batch_agents import PolicyAgent, RandomAgent, SearchAgent
from selfplay.bundled import bundled_agents, bundled_weights
from selfplay.external_agent import ExternalAgent
from selfplay.gomocup_process import GomocupProcess
from selfplay.gtp_process import GtpProcess
from selfplay.one_ply_agent import OnePlyAgent
from selfplay.player_agent import PlayerAgent, network_player, rollout_player
from selfplay.resignation import Resigner, ResignRule
from selfplay.run_store import DATABASE, latest_weights
from selfplay.settings import ConfigError, assign_all
from selfplay.threats_agent import ThreatsAgent
from selfplay.weights_file import Weights, weights_of_file

if TYPE_CHECKING:
    from selfplay.backends import Backend
    from selfplay.network import Network

# torch is imported where a network is needed: agents without one are ready two seconds earlier.
DEFAULT_VISITS = 100
MAX_NODES_BY_TIME = 50_000
VCF_NODES = 50
"""Of `SearchConfig` for networks: see docs/agents.md."""
PROGRAMS = ("gtp", "gomocup")
SIMPLE: "dict[str, Callable[[Rules, np.random.SeedSequence], Agent]]" = {
    "random": RandomAgent,
    "one-ply": OnePlyAgent,
    "threats": ThreatsAgent,
}
"""Agents without a search and without a strength to set."""
DRAWN = "policy:"
"""Before the name of a network: moves are drawn from its policy, as the learners of experiments play."""
Games = Sequence[Sequence[int]]
"""The actions of each row of a batch so far, Black's first."""


class AgentError(YomiError):
    """A name that is no agent, or an agent that cannot play this game."""


class Agent(Protocol):
    """Chooses moves for many games at once."""

    def choose(
        self, state: State, rows: npt.NDArray[np.int64], moves: Games | None = None
    ) -> npt.NDArray[np.int64]:
        """`[n]` legal actions, or RESIGNS, for the side to move in the given unfinished games.

        Args:
            state: the games as they stand.
            rows: `[n]` which of them.
            moves: the games as they went, row by row, for agents that follow games.
        """
        ...


@dataclass(frozen=True)
class AgentSpec:
    """An agent by name with its strength, ready to be made for any number of games.

    Attributes:
        name: as given.
        visits: simulations a move, None where the name or the clock decides.
        seconds: time a move, or None; games that are searched at once share it.
        temperature: of the move drawn from visits or policy; 0 plays the best one.
        weights: of its network, None for agents without.
        threads: that search where there is one game at a time; moves repeat with one alone.
        search_settings: of its search as `name=value`, fields of `mcts.config.SearchConfig`.
        resigns: when it gives up, None for never.
        backend: what runs its network.
        has_both_limits: whether visits end a search by time as well.
    """

    name: str
    visits: int | None = None
    seconds: float | None = None
    temperature: float = 0.0
    weights: Weights | None = None
    threads: int = 1
    search_settings: tuple[str, ...] = ()
    resigns: ResignRule | None = None
    backend: "Backend" = "torch"
    has_both_limits: bool = False

    @property
    def network(self) -> "Network | None":
        """Its network, loaded now if it was not yet; None for agents without.

        Raises:
            CheckpointError: its file is damaged.
        """
        return None if self.weights is None else self.weights.network

    @property
    def known_rules(self) -> Rules | None:
        """Rules that its network was trained for, None for agents without."""
        return None if self.weights is None else self.weights.rules

    def label(self) -> str:
        """Name with strength, for tables."""
        if self.name in SIMPLE or self.name.startswith("uct:"):
            return self.name
        if self.seconds is not None:
            return f"{self.name} at {self.seconds:g} s"
        if self.is_program or self.name.startswith(DRAWN):
            return self.name
        return f"{self.name} at {self.visits or DEFAULT_VISITS}"

    def make(self, rules: Rules, batch: int, seed: np.random.SeedSequence) -> Agent:
        """An agent for games under some rules.

        Args:
            rules: what is played.
            batch: rows of the states it will see.
            seed: entropy.

        Raises:
            AgentError: the network knows another game.
        """
        search_seed, evaluator_seed, move_seed = seed.spawn(3)
        if self.is_program:
            return self._program(rules)
        self._require_game(rules)
        if self.name in SIMPLE:
            return SIMPLE[self.name](rules, move_seed)
        visits = self._visits()
        if visits > 1 and batch == 1:
            player = self.player(rules, search_seed)
            resigner = self._resigner(1, move_seed)
            return PlayerAgent(player, self.visit_limit, self.seconds, self.temperature, move_seed, resigner)
        if self.network is None:
            rollouts = RolloutEvaluator(rules, batch, evaluator_seed)
            return self._search_agent("uct", rollouts, rules, batch, search_seed, move_seed)
        from selfplay.backends import evaluators_of

        (evaluator,) = evaluators_of(self.network, rules, batch, self.backend)
        if visits == 1:
            return PolicyAgent(evaluator, rules, batch, self.temperature, move_seed)
        return self._search_agent("puct", evaluator, rules, batch, search_seed, move_seed)

    def player(self, rules: Rules, seed: np.random.SeedSequence, *, forecasts: bool = False) -> Player:
        """A player of one game, for those who want more of it than moves.

        Args:
            rules: what is played.
            seed: entropy.
            forecasts: whether it tells of points and ownership in Go, where it can.

        Raises:
            AgentError: the agent does not search, or the network knows another game.
        """
        if not self.searches:
            raise AgentError(f"agent {self.name}: expected one that searches")
        self._require_game(rules)
        config = self.search_config()
        if config.merge_transpositions and rules.game == "go":  # where proofs are refused, none are usual
            config = replace(config, solve="solve=true" in self.search_settings)
        if self.network is None:
            with self._refusing():
                return rollout_player(config, rules, self.threads, seed, forecasts=forecasts)
        forecaster = self.forecaster(rules) if forecasts or config.ending_bonus > 0 else None
        with self._refusing():
            return network_player(
                self.network,
                config,
                rules,
                self.threads,
                seed,
                forecaster,
                forecasts=forecasts,
                backend=self.backend,
            )

    def forecaster(self, rules: Rules) -> Forecaster | None:
        """Who tells of points and ownership in Go by the agent's own network; None if it cannot.

        Args:
            rules: of the largest board to come.
        """
        if self.network is None or rules.game != "go" or not self.network.knows_points:
            return None
        from selfplay.network_forecaster import NetworkForecaster

        return NetworkForecaster(self.network, rules)

    def search_config(self) -> SearchConfig:
        """The settings by which it searches single games; its simulations are those that the memory holds.

        Raises:
            AgentError: its search has no such setting.
        """
        max_nodes = max(self._visits(), MAX_NODES_BY_TIME)
        if self.weights is None:
            return self._search_config(SearchConfig(max_nodes, "uct", solve=True))
        return self._search_config(SearchConfig(max_nodes, solve=True, vcf_nodes=VCF_NODES))

    def _search_config(self, usual: SearchConfig) -> SearchConfig:
        try:
            return assign_all(usual, self.search_settings)
        except ConfigError as error:
            raise AgentError(f"agent {self.name}: {error}") from None

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Name the agent whose search cannot be what its settings say."""
        try:
            yield
        except ValueError as error:
            raise AgentError(f"agent {self.name}: {error}") from None

    def _resigner(self, batch: int, seed: np.random.SeedSequence) -> Resigner | None:
        return None if self.resigns is None else Resigner(self.resigns, batch, seed.spawn(1)[0])

    @property
    def visit_limit(self) -> int | None:
        """Simulations that end the search of a single game; None where time alone does."""
        return None if self.seconds is not None and not self.has_both_limits else self._visits()

    def _visits(self) -> int:
        """Simulations a move; 1 stands for the policy alone. By time there are always some."""
        if self.weights is None:
            return self.visits or _uct_visits(self.name)
        visits = self.visits or DEFAULT_VISITS
        return visits if self.seconds is None else max(visits, 2)

    def check(self, rules: Rules) -> None:
        """Refuse at once what `make` would refuse, as far as that is known before anything is loaded.

        Args:
            rules: what is to be played.

        Raises:
            AgentError: it knows another game, or its search has no such setting.
        """
        self._require_game(rules)
        if self.searches:
            self._search_config(SearchConfig())

    def _require_game(self, rules: Rules) -> None:
        if self.name == "threats" and rules.game != "gomoku":
            raise AgentError(f"agent threats: plays gomoku, not {rules.game}")
        if self.known_rules is not None and self.known_rules.game != rules.game:
            raise AgentError(f"agent {self.name}: plays {self.known_rules.game}, not {rules.game}")

    @property
    def searches(self) -> bool:
        """Whether `player` makes one."""
        return self.name not in SIMPLE and not self.is_program

    @property
    def is_program(self) -> bool:
        """Whether it is a program of its own, spoken to by a protocol."""
        return self.name.partition(":")[0] in PROGRAMS

    def _program(self, rules: Rules) -> ExternalAgent:
        protocol, _, command = self.name.partition(":")
        if protocol == "gomocup" and (rules.game != "gomoku" or rules.line_length != 5):
            raise AgentError(f"agent {self.name}: plays five in a row, not {rules.describe()}")
        process = GtpProcess if protocol == "gtp" else GomocupProcess
        return ExternalAgent(partial(process, command, rules, self.seconds))

    def _search_agent(
        self,
        selection: SelectionRule,
        evaluator: Evaluator,
        rules: Rules,
        batch: int,
        search_seed: np.random.SeedSequence,
        move_seed: np.random.SeedSequence,
    ) -> SearchAgent:
        visits = self._visits() if self.seconds is None else max(2, MAX_NODES_BY_TIME // batch)
        config = self._search_config(
            SearchConfig(
                visits,
                selection,
                noise_weight=0.0,
                choose_by_lcb=selection == "puct",
                vcf_nodes=VCF_NODES if selection == "puct" else 0,
            )
        )
        with self._refusing():
            search = Search(config, evaluator, rules, batch, search_seed)
        resigner = self._resigner(batch, move_seed)
        return SearchAgent(search, self.temperature, move_seed, self.seconds, resigner)


def open_agent(
    name: str,
    *,
    visits: int | None = None,
    seconds: float | None = None,
    temperature: float = 0.0,
    threads: int = 1,
    search_settings: tuple[str, ...] = (),
    resigns: ResignRule | None = None,
    backend: "Backend" = "torch",
) -> AgentSpec:
    """Find an agent by its name and load what it needs.

    Args:
        name: as in the module's description.
        visits: simulations a move; the number in `uct:VISITS` wins over it.
        seconds: time a move instead of visits.
        temperature: of the move drawn; 0 plays the best one.
        threads: that search where there is one game at a time; moves repeat with one alone.
        search_settings: of its search as `name=value`; of no use to agents without one.
        resigns: when an agent that searches gives up, None for never.
        backend: what runs a network.

    Returns:
        What `AgentSpec.make` builds agents from.

    Raises:
        AgentError: no such agent, or a strength that makes no sense.
        CheckpointError: a foreign file; a damaged one is found out when its network is first used.
    """
    if visits is not None and not 1 <= visits <= 1_000_000:
        raise AgentError(f"visits {visits}: expected 1..1000000")
    if seconds is not None and not 0.01 <= seconds <= 86_400:
        raise AgentError(f"seconds {seconds}: expected 0.01..86400")
    if name in SIMPLE:
        return AgentSpec(name)
    protocol, colon, command = name.partition(":")
    if protocol in PROGRAMS and colon:
        if not command.strip():
            raise AgentError(f"agent {name!r}: expected {protocol}:COMMAND")
        return AgentSpec(name, seconds=seconds)
    if name == "uct" or name.startswith("uct:"):
        visits = _uct_visits(name)
        return AgentSpec(name, visits, seconds, temperature, None, threads, search_settings, resigns)
    if name.startswith(DRAWN):
        weights = weights_of_file(_weights_of(name.removeprefix(DRAWN)))
        return AgentSpec(name, 1, temperature=temperature or 1.0, weights=weights, backend=backend)
    weights = weights_of_file(_weights_of(name))
    return AgentSpec(name, visits, seconds, temperature, weights, threads, search_settings, resigns, backend)


def network_agent(
    name: str, network: "Network", rules: Rules, *, visits: int, temperature: float = 0.0
) -> AgentSpec:
    """An agent from weights in memory.

    Args:
        name: for tables.
        network: the weights.
        rules: what they were trained for.
        visits: simulations a move; 1 is the policy alone.
        temperature: of the move drawn; 0 plays the best one.
    """
    return AgentSpec(name, visits, None, temperature, Weights(rules, lambda: network))


def _uct_visits(name: str) -> int:
    _, _, number = name.partition(":")
    if number.isascii() and number.isdigit() and 2 <= int(number[:9]) <= 1_000_000 and len(number) < 9:
        return int(number)
    raise AgentError(f"agent {name!r}: expected uct:VISITS with 2..1000000 visits")


def _weights_of(name: str) -> Path:
    path = Path(name)
    if (path / DATABASE).is_file():
        return latest_weights(path)
    if path.is_file():
        return path
    if name in bundled_agents():
        return bundled_weights(name)
    known = ", ".join([*SIMPLE, "uct:VISITS", "gtp:COMMAND", "gomocup:COMMAND", *bundled_agents()])
    raise AgentError(f"agent {name!r}: expected {known}, or the path of a checkpoint or run")
