"""The screen of `yomi watch`: the games of a run step by themselves."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Static

from app.screens.board_picture import Marks
from app.screens.board_widget import BoardWidget
from app.screens.game_feed import GameFeed, WatchedGame

PAUSE_S = 2.0
"""A finished game stays so long."""


class WatchApp(App[None]):
    """Shows one game after the other.

    Attributes:
        watched: the game on the screen, None before the first.
        ply: how many of its moves are shown.
    """

    TITLE = "yomi watch"
    CSS = "BoardWidget { height: 1fr; } #status { height: 1; padding: 0 1; text-style: bold; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "hold", "Hold", priority=True),
        Binding("left", "step(-1)", "Back", priority=True),
        Binding("right", "step(1)", "Forward", priority=True),
        Binding("n", "newest", "Newest"),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]

    def __init__(self, feed: GameFeed, seconds: float, games: int | None) -> None:
        """Prepare.

        Args:
            feed: of the run.
            seconds: between moves.
            games: after which to leave, or None.
        """
        super().__init__()
        self.watched: WatchedGame | None = None
        self.ply = 0
        self._feed, self._seconds, self._left = feed, max(seconds, 0.02), games
        self._board, self._status = BoardWidget(), Static(id="status")
        self._is_held = False
        self._waits = 0

    def compose(self) -> ComposeResult:
        """The board over a line about it."""
        yield self._board
        yield self._status
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin with the newest game."""
        self.action_newest()
        self.set_interval(self._seconds, self._tick)

    def action_hold(self) -> None:
        """Hold the game, or let it go on."""
        self._is_held = not self._is_held
        self._show()

    def action_step(self, moves: int) -> None:
        """Hold the game and go back or forward in it."""
        self._is_held = True
        self._go_to(self.ply + moves)

    def action_newest(self) -> None:
        """Turn to the newest game that was not shown yet, if there is one."""
        watched = self._feed.next()
        if watched is not None:
            if self._left == 0:
                self.exit()
                return
            self._left = None if self._left is None else self._left - 1
            self.watched, self._waits = watched, round(PAUSE_S / self._seconds)
            self._go_to(0)
        elif self.watched is None:
            self._status.update("The run has no games yet.")

    def _tick(self) -> None:
        if self._is_held:
            return
        if self.watched is not None and self.ply < self.watched.record.num_moves:
            self._go_to(self.ply + 1)
        elif self._waits > 0:
            self._waits -= 1
        elif self._left == 0:
            self.exit()
        else:
            self.action_newest()

    def _go_to(self, ply: int) -> None:
        if self.watched is not None:
            self.ply = min(max(ply, 0), self.watched.record.num_moves)
            self._show()

    def _show(self) -> None:
        if self.watched is None:
            return
        game, chance = self.watched.game_at(self.ply), self.watched.chance_black(self.ply)
        self._board.show(game.stones(), Marks(last=game.last_action))
        hope = "" if chance is None else f". Black's chance: {chance:.0%}"
        held = " (held)" if self._is_held else ""
        self._status.update(f"{self.watched.title()}. Move {self.ply}{hope}{held}")
