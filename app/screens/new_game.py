"""The dialog that agrees on a new game."""

from typing import ClassVar

import click
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select

from app.console import explanation
from app.options import GO_SETS, GOMOKU_SETS, USUAL_SIDE, AgentChoice, RulesChoice, read_size
from app.screens.dialogs import STYLE
from app.screens.setup import PEOPLE, GameSetup, agreed
from engine.errors import YomiError
from selfplay.bundled import bundled_agents

USUAL = "usual"
"""Stands for no named set of rules."""
SETS = {"go": (USUAL, *GO_SETS), "gomoku": (USUAL, *GOMOKU_SETS)}
COLORS = {"black": "Black", "white": "White", "both": "both colors", "none": "none: watch the agent"}


class NewGame(ModalScreen[GameSetup | None]):
    """Asks for everything that makes a game; None when the game before goes on."""

    CSS = (
        STYLE.format(name="NewGame")
        + """
NewGame VerticalScroll { height: auto; max-height: 1fr; }
NewGame .field { height: 1; }
NewGame .field Label { width: 16; }
NewGame .field Input, NewGame .field Select { width: 1fr; }
NewGame #fault { color: $text-warning; height: auto; }
"""
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def __init__(self, before: GameSetup) -> None:
        """Begin with what was agreed last.

        Args:
            before: of the game that is going on.
        """
        super().__init__()
        rules, spec = before.rules, before.spec
        size = f"{rules.width}" if rules.width == rules.height else f"{rules.width}x{rules.height}"
        self._offered_game: str = rules.game
        self._game = _choice({"go": "Go", "gomoku": "Gomoku"}, rules.game, "game")
        self._board_size = Input(size, id="size", compact=True)
        self._ruleset = _choice({name: name for name in SETS[rules.game]}, USUAL, "ruleset")
        self._komi = Input(placeholder="as the rules have it", id="komi", type="number", compact=True)
        self._handicap = Input("0", id="handicap", type="integer", compact=True)
        names = ["random", "one-ply", "threats", "uct:1000", *bundled_agents()]
        self._agent = Input(
            spec.name,
            placeholder=", ".join(names),
            suggester=SuggestFromList(names),
            id="agent",
            compact=True,
        )
        visits = "" if spec.visits is None or spec.name.startswith("uct:") else str(spec.visits)
        self._visits = Input(visits, placeholder="usual", id="visits", type="integer", compact=True)
        seconds = "" if spec.seconds is None else f"{spec.seconds:g}"
        self._seconds = Input(seconds, placeholder="not by time", id="seconds", type="number", compact=True)
        self._clock = Input(placeholder="none, or 10m, 5m+10s, 5m+3x30s, 5m+10/2m", id="clock", compact=True)
        color = next(name for name, people in PEOPLE.items() if people == before.people)
        self._color = _choice(COLORS, color, "color")
        self._fault = Label(id="fault")
        self._ponders = before.ponders

    def compose(self) -> ComposeResult:
        """The fields over two buttons."""
        fields: tuple[tuple[str, Widget], ...] = (
            ("Game", self._game),
            ("Size", self._board_size),
            ("Rules", self._ruleset),
            ("Komi", self._komi),
            ("Handicap", self._handicap),
            ("Agent", self._agent),
            ("Visits a move", self._visits),
            ("or seconds", self._seconds),
            ("Clock", self._clock),
            ("You play", self._color),
        )
        with Vertical():
            with VerticalScroll():
                for name, field in fields:
                    with Horizontal(classes="field"):
                        yield Label(name)
                        yield field
            yield self._fault
            with Horizontal(classes="buttons"):
                yield Button("Begin", id="begin", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    @on(Select.Changed, "#game")
    def _offer_rules_of(self, message: Select.Changed) -> None:
        game = str(message.value)
        if game != self._offered_game:
            self._offered_game = game
            self._ruleset.set_options([(name, name) for name in SETS[game]])
            self._board_size.value = str(USUAL_SIDE[game])

    @on(Input.Submitted)
    @on(Button.Pressed, "#begin")
    def _begin(self) -> None:
        try:
            self.dismiss(self._agreed())
        except (YomiError, click.ClickException, ValueError) as error:
            self._fault.update(explanation(error) or str(error))

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Go on with the game before."""
        self.dismiss(None)

    def _agreed(self) -> GameSetup:
        ruleset = str(self._ruleset.value)
        komi, visits, seconds = (field.value.strip() for field in (self._komi, self._visits, self._seconds))
        choice = RulesChoice(
            str(self._game.value),
            read_size(self._board_size.value.strip()),
            float(komi) if komi else None,
            None if ruleset == USUAL else ruleset,
        )
        agent = AgentChoice(
            self._agent.value.strip() or None,
            int(visits) if visits else None,
            float(seconds) if seconds else None,
        )
        handicap, clock = int(self._handicap.value or 0), self._clock.value.strip() or None
        setup = agreed(choice, agent, str(self._color.value), handicap, clock=clock, ponders=self._ponders)
        setup.new_game()  # refuses a handicap that this board does not have
        return setup


def _choice(names: dict[str, str], value: str, name: str) -> Select[str]:
    options = [(shown, kept) for kept, shown in names.items()]
    return Select(options, value=value, allow_blank=False, id=name, compact=True)
