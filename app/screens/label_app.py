"""The screen of `yomi rlhf label`: two boards, and a key for each answer."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer, Static

from app.screens.board_picture import Marks
from app.screens.board_widget import BoardWidget
from app.screens.two_boards import caption
from rlhf_variant.board_text import boards_of_texts
from rlhf_variant.label_session import Choice, LabelSession


class LabelApp(App[None]):
    """Shows one query after the other."""

    TITLE = "yomi"
    CSS = """
    .caption { height: 1; text-align: center; }
    #question { height: 1; text-align: center; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "answer('left')", "Left"),
        Binding("right", "answer('right')", "Right"),
        Binding("up", "answer('tie')", "Tie"),
        Binding("down", "answer('cant_tell')", "Can't tell"),
        Binding("space", "step", "Next board of a clip"),
        Binding("u", "undo", "Undo"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, session: LabelSession) -> None:
        """Prepare.

        Args:
            session: whose queries are shown.
        """
        super().__init__()
        self._session = session
        self._step = -1
        self._boards = (BoardWidget(), BoardWidget())
        self._captions = (Static(classes="caption"), Static(classes="caption"))
        self._question = Static(id="question")

    def compose(self) -> ComposeResult:
        """The two boards over the keys."""
        yield self._question
        with Horizontal():
            for board, words in zip(self._boards, self._captions, strict=True):
                board.can_focus = False
                with Vertical():
                    yield board
                    yield words
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the first query."""
        self._show()

    def action_answer(self, choice: Choice) -> None:
        """Answer what is shown."""
        self._session.answer(choice)
        self._step = -1
        self._show()

    def action_undo(self) -> None:
        """Show the last query again."""
        if not self._session.undo():
            self.bell()
        self._step = -1
        self._show()

    def action_step(self) -> None:
        """Show the next board of clips, from the last one on to the first."""
        self._step += 1
        self._show()

    def _show(self) -> None:
        shown = self._session.current
        if shown is None:
            self.exit()
            return
        done, total = self._session.num_answered, self._session.num_queries
        self._question.update(f"In which would you rather be Black, komi counted?  {done} of {total}")
        for side, board, words in zip(shown.sides, self._boards, self._captions, strict=True):
            text = side.boards[self._step % len(side.boards) if self._step >= 0 else -1]
            board.show(boards_of_texts([text]).stones[0], Marks())
            words.update(caption(text))
