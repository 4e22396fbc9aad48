"""The options that commands share, and what they say about the game and the agent."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from engine.rulesets import LineRule, Rules
    from selfplay.agents import AgentSpec
    from selfplay.backends import Backend
    from selfplay.resignation import ResignRule

USUAL_SIDE = {"go": 9, "gomoku": 15}
SIDES = {"go": (2, 19), "gomoku": (3, 20)}
GO_SETS = ("tromp-taylor", "chinese", "japanese", "aga", "new-zealand")
GOMOKU_SETS = ("freestyle", "standard", "renju", "caro")
"""The names in `engine.rulesets`, here once more because that module is too heavy for `--help`."""
LONGEST_GAME = 10_000
"""Moves of a game of Go that only people and protocols end."""
MOST_THREADS = 16
"""More would wait for each other at one tree."""


@dataclass(frozen=True)
class RulesChoice:
    """What the command line says about the rules; None where it says nothing.

    Attributes:
        game: `go` or `gomoku`.
        size: `(width, height)`.
        komi: points for White.
        ruleset: a named set of rules of either game.
    """

    game: str | None = None
    size: tuple[int, int] | None = None
    komi: float | None = None
    ruleset: str | None = None

    def resolve(self, known: "Rules | None" = None) -> "Rules":
        """The rules to play by.

        Args:
            known: what the agent was trained for; it fills what the command line leaves open.

        Raises:
            RulesError: a size, komi or rule that the game does not have.
        """
        from engine.errors import RulesError

        meant = None if self.ruleset is None else "go" if self.ruleset in GO_SETS else "gomoku"
        game = self.game or meant or (known.game if known else "go")
        if self.komi is not None and game != "go":
            raise RulesError("komi: expected only with Go")
        if meant not in (None, game):
            raise RulesError(f"rules {self.ruleset}: expected only with {str(meant).capitalize()}")
        if known and known.game == game and self.size in (None, (known.width, known.height)):
            rules = known
        else:
            rules = usual_rules(game, *(self.size or (USUAL_SIDE[game], USUAL_SIDE[game])))
        if self.ruleset is not None:
            rules = with_ruleset(rules, self.ruleset)
        if self.komi is not None:
            rules = replace(rules, komi=self.komi)
        return rules


def usual_rules(game: str, width: int, height: int) -> "Rules":
    """The rules of a game at a size that commands offer.

    Raises:
        RulesError: another size.
    """
    from engine.errors import RulesError
    from engine.rulesets import go_rules, gomoku_rules

    low, high = SIDES[game]
    if not (low <= width <= high and low <= height <= high):
        size = width if width == height else f"{width}x{height}"
        raise RulesError(f"size {size}: expected {low}..{high} for {game.capitalize()}")
    return go_rules(width, height) if game == "go" else gomoku_rules(width, height)


def with_ruleset(rules: "Rules", name: str) -> "Rules":
    """The same game and size under a named set of rules."""
    from engine.rulesets import go_rules, gomoku_rules

    if rules.game == "go":
        return go_rules(rules.width, rules.height, ruleset=name)
    line_rule = cast("LineRule", name)
    return gomoku_rules(rules.width, rules.height, line_length=rules.line_length, line_rule=line_rule)


def without_move_limit(rules: "Rules") -> "Rules":
    """The same rules for games that no count of moves shall end."""
    return replace(rules, move_limit=LONGEST_GAME)


@dataclass(frozen=True)
class AgentChoice:
    """What the command line says about an agent.

    Attributes:
        name: None for the default of the game.
        visits: simulations a move, or None.
        seconds: time a move, or None.
        seed: of its randomness; None takes a new one each time.
        search_settings: of its search, as `name=value`.
        resign_below: the chance of winning below which it gives up, None for never.
        level: of `selfplay.levels` in place of name and strength, or None.
        backend: what runs its network, `torch` or `openvino`.
    """

    name: str | None = None
    visits: int | None = None
    seconds: float | None = None
    seed: int | None = None
    search_settings: tuple[str, ...] = ()
    resign_below: float | None = None
    level: int | None = None
    backend: "Backend" = "torch"

    def __post_init__(self) -> None:
        if self.level is not None and (self.name, self.visits, self.seconds) != (None, None, None):
            raise click.UsageError("--level: expected without --agent, --visits and --seconds")

    @property
    def has_strength(self) -> bool:
        """Whether somebody has chosen how strong it is."""
        if self.level is not None:
            return True
        return self.visits is not None or self.seconds is not None or (self.name or "").startswith("uct:")

    @property
    def threads(self) -> int:
        """As many as there are cores, but one where moves are to repeat."""
        return 1 if self.seed is not None else min(os.cpu_count() or 1, MOST_THREADS)

    def open(self, rules: "Rules") -> "AgentSpec":
        """Load the agent, the default one for these rules if none was named.

        Raises:
            AgentError: no such agent or strength.
        """
        from selfplay.bundled import default_agent

        if self.level is not None:
            return self._at_level(self.level, rules)
        name = self.name or default_agent(rules)
        if self.name is None and self.has_strength and (name == "threats" or name.startswith("uct:")):
            name = f"uct:{self.visits or 1000}"
        return self._open(name)

    def _at_level(self, level: int, rules: "Rules") -> "AgentSpec":
        from selfplay.levels import level_agent

        spec = level_agent(level, rules, self.threads)
        return replace(
            spec, search_settings=self.search_settings, resigns=self._resigns(), backend=self.backend
        )

    def _resigns(self) -> "ResignRule | None":
        from selfplay.resignation import ResignRule

        return None if self.resign_below is None else ResignRule(self.resign_below)

    def _open(self, name: str) -> "AgentSpec":
        from selfplay.agents import open_agent

        return open_agent(
            name,
            visits=self.visits,
            seconds=self.seconds,
            threads=self.threads,
            search_settings=self.search_settings,
            resigns=self._resigns(),
            backend=self.backend,
        )

    def seat(self, choice: RulesChoice) -> "tuple[Rules, AgentSpec]":
        """The rules and the agent of a game; an agent that was named brings the rules it knows.

        Raises:
            AgentError: no such agent or strength.
            RulesError: a size, komi or rule that the game does not have.
        """
        if self.name is None:
            rules = choice.resolve()
            return rules, self.open(rules)
        spec = self._open(self.name)
        return choice.resolve(spec.known_rules), spec


def _read_size(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    return None if text is None else read_size(text)


def read_size(text: str) -> tuple[int, int]:
    """`(width, height)` of `9` or `9x7`.

    Raises:
        click.BadParameter: anything else.
    """
    match = re.fullmatch(r"([0-9]{1,4})(?:[xX]([0-9]{1,4}))?", text)
    if match is None:
        raise click.BadParameter(f"{text!r}: expected a number such as 9, or columns x rows such as 9x7")
    return int(match[1]), int(match[2] or match[1])


def rules_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of the rules; it receives them as `choice: RulesChoice`."""

    @click.option("--game", type=click.Choice(["go", "gomoku"]), help="Default: the agent's game, or go.")
    @click.option(
        "--size",
        callback=_read_size,
        metavar="SIZE",
        help="9, or columns x rows such as 9x7. Go 2..19 (usual 9), Gomoku 3..20 (usual 15).",
    )
    @click.option("--komi", type=float, help="Points for White, Go only. Default: 7, below 9x9 6.5.")
    @click.option(
        "--rules",
        "ruleset",
        type=click.Choice([*GO_SETS, *GOMOKU_SETS]),
        help="A set of rules by name. Default: Go by area, positional superko, no suicide; Gomoku freestyle.",
    )
    @wraps(command)
    def with_rules(
        game: str | None, size: tuple[int, int] | None, komi: float | None, ruleset: str | None, **rest: Any
    ) -> None:
        command(choice=RulesChoice(game, size, komi, ruleset), **rest)

    return with_rules


def agent_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of one agent; it receives them as `agent: AgentChoice`."""

    @click.option(
        "--agent",
        help="random, one-ply, threats, uct:VISITS, gtp:COMMAND, gomocup:COMMAND, a bundled name, or the path"
        " of a checkpoint or run. Default: the strongest at hand.",
    )
    @strength_options
    @search_option
    @backend_option
    @click.option("--seed", type=click.IntRange(min=0), help="Repeat the same moves. Default: new each time.")
    @wraps(command)
    def with_agent(
        agent: str | None,
        visits: int | None,
        seconds: float | None,
        search_settings: tuple[str, ...],
        backend: "Backend",
        seed: int | None,
        resign_below: float | None = None,
        level: int | None = None,
        **rest: Any,
    ) -> None:
        choice = AgentChoice(agent, visits, seconds, seed, search_settings, resign_below, level, backend)
        command(agent=choice, **rest)

    return with_agent


def strength_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `visits` and `seconds`, each None where the command line leaves it open."""
    visits = click.option("--visits", type=click.IntRange(min=1), help="Simulations a move.")
    time = "Time a move, instead; games of a match that are played at once share it."
    seconds = click.option("--seconds", type=click.FloatRange(min=0.01), help=time)
    return visits(seconds(command))


def openings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command of matches `opening_plies`, `seed` and `threads`."""
    plies = click.option(
        "--opening-plies",
        type=click.IntRange(0, 20),
        default=2,
        show_default=True,
        help="Random moves that open each pair of games.",
    )
    seed = click.option(
        "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of openings and agents."
    )
    threads = click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True)
    return plies(seed(threads(command)))


search_option = click.option(
    "--search",
    "search_settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting of the agent's search, such as clean_up=true; repeatable.",
)
backend_option = click.option(
    "--backend",
    type=click.Choice(["torch", "openvino"]),
    default="torch",
    show_default=True,
    help="What runs a network; openvino is an extra, slow to load and then faster.",
)
resign_option = click.option(
    "--resign",
    "resign_below",
    type=click.FloatRange(0, 0.5, min_open=True, max_open=True),
    metavar="CHANCE",
    help="Give up when the chance of winning stays below this, such as 0.05. Default: never.",
)
level_option = click.option(
    "--level", type=click.IntRange(1, 10), help="Strength for people, from 1 to 10, in place of --agent."
)
network_option = click.option(
    "--network",
    "network_size",
    metavar="SIZE",
    help="Size instead of the preset's: tiny, small, medium or large (0.1, 0.4, 1.1 and 2.7 million weights),"
    " each two to three times as slow as the one before.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
