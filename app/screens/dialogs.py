"""Small questions over the board: yes or no, and the name of a file."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label

STYLE = """
{name} {{ align: center middle; }}
{name} > Vertical {{
    width: 60; max-width: 95%; height: auto; max-height: 95%;
    padding: 1 2; background: $surface; border: round $primary;
}}
{name} .buttons {{ height: auto; margin-top: 1; }}
{name} Button {{ margin-right: 2; }}
"""


class YesNo(ModalScreen[bool]):
    """One question; y and n answer it as well."""

    CSS = STYLE.format(name="YesNo")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
    ]

    def __init__(self, question: str) -> None:
        """Ask.

        Args:
            question: a sentence.
        """
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question over two buttons."""
        with Vertical():
            yield Label(self._question)
            with Horizontal(classes="buttons"):
                yield Button("Yes", id="yes", variant="primary")
                yield Button("No", id="no")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the answer."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Take the answer from a key."""
        self.dismiss(answer)


class FileName(ModalScreen[str | None]):
    """Asks for the path of a file; None when nothing is to be done."""

    CSS = STYLE.format(name="FileName")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def __init__(self, question: str, proposal: str) -> None:
        """Ask.

        Args:
            question: what for.
            proposal: what the answer begins as.
        """
        super().__init__()
        self._question = question
        self._proposal = proposal

    def compose(self) -> ComposeResult:
        """The question over a line to type in."""
        with Vertical():
            yield Label(self._question)
            yield Input(self._proposal)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answer."""
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)
