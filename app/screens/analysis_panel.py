"""The panel beside the board: who plays, who leads, the best moves, the course of the game."""

from collections.abc import Mapping
from types import MappingProxyType

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from app.screens.course import Course
from app.screens.critic import opinion_text
from app.screens.setup import GameSetup
from app.screens.win_rate_curve import curve_lines, ply_at
from engine.board import BLACK, PRISONERS_OF_BLACK, PRISONERS_OF_WHITE, WHITE
from engine.notation import vertex_of_action
from engine.rulesets import Rules
from mcts.analysis import Analysis

NUM_MOVES = 9
CURVE_HEIGHT = 4
HEADINGS = "   move    win visits prior  lead"
PANEL_COLUMNS = 35


class MoveList(Widget):
    """The best moves; under the mouse, one tells how the game may go on."""

    class Pointed(Message):
        """The mouse is on a move, or on none any more."""

        def __init__(self, variation: tuple[int, ...]) -> None:
            self.variation = variation
            super().__init__()

    class Picked(Message):
        """Somebody clicked a move."""

        def __init__(self, action: int) -> None:
            self.action = action
            super().__init__()

    def __init__(self) -> None:
        super().__init__(id="moves")
        self._analysis: Analysis | None = None
        self._rules: Rules | None = None
        self._line: int | None = None

    def show(self, analysis: Analysis | None, rules: Rules) -> None:
        """Show what is known, or nothing."""
        self._analysis, self._rules = analysis, rules
        self.refresh()

    def render(self) -> Text:
        """The table."""
        if self._analysis is None or self._rules is None:
            return Text("")
        lines = [HEADINGS]
        for move in self._analysis.moves[:NUM_MOVES]:
            lead = "" if move.score_lead_to_play is None else f"{move.score_lead_to_play:+.1f}"
            vertex = vertex_of_action(move.action, self._rules)
            lines.append(
                f"{move.order + 1:2d} {vertex:4s} {move.win_rate_to_play:6.1%} {move.visits:6d}"
                f" {move.prior:5.0%} {lead:>5s}"
            )
        text = Text("\n".join(lines), no_wrap=True)
        text.stylize("bold", 0, len(HEADINGS))
        return text

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show the variation of the move under the mouse."""
        self._point(event.y - 1)

    def on_leave(self) -> None:
        """Show the position again."""
        self._point(None)

    def on_click(self, event: events.Click) -> None:
        """Pick the move that was clicked."""
        moves = () if self._analysis is None else self._analysis.moves[:NUM_MOVES]
        if 0 < event.y <= len(moves):
            self.post_message(self.Picked(moves[event.y - 1].action))

    def _point(self, line: int | None) -> None:
        if line == self._line:
            return
        self._line = line
        moves = () if self._analysis is None else self._analysis.moves[:NUM_MOVES]
        is_move = line is not None and 0 <= line < len(moves)
        self.post_message(self.Pointed(moves[line].variation if line is not None and is_move else ()))


class CourseCurve(Widget):
    """The chance of Black move by move; a click goes to that move."""

    class Picked(Message):
        """Somebody clicked a move of the game."""

        def __init__(self, ply: int) -> None:
            self.ply = ply
            super().__init__()

    def __init__(self) -> None:
        super().__init__(id="curve")
        self._rates: dict[int, float] = {}
        self._ply = self._last_ply = 0

    def show(self, course: Course) -> None:
        """Show a game and where it stands."""
        self._rates, self._ply = dict(course.win_rates_black), course.ply
        self._last_ply = course.ply + len(course.future)
        self.refresh()

    def render(self) -> Text:
        """The curve, with the present move in another color."""
        if not self._rates:
            return Text("")
        lines = curve_lines(self._rates, self._last_ply, self.size.width, CURVE_HEIGHT)
        text = Text(f"Black's chance, move {self._ply} of {self._last_ply}\n", no_wrap=True)
        columns = range(len(lines[0]))
        here = [ply_at(column, self._last_ply, self.size.width) <= self._ply for column in columns]
        for line in lines:
            for column, letter in enumerate(line):
                text.append(letter, "black on #b0b0b0" if here[column] else "#505050 on #888888")
            text.append("\n")
        return text

    def on_click(self, event: events.Click) -> None:
        """Go to the move that was clicked."""
        if self._rates:
            self.post_message(self.Picked(ply_at(event.x, self._last_ply, self.size.width)))


class AnalysisPanel(Vertical):
    """All that is beside the board."""

    def __init__(self) -> None:
        super().__init__(id="panel")
        self._seats, self._chances = Static(id="seats"), Static(id="chances")
        self._moves, self._curve = MoveList(), CourseCurve()

    def compose(self) -> ComposeResult:
        """The parts from the top."""
        yield from (self._seats, self._chances, self._moves, self._curve)

    def show(
        self,
        setup: GameSetup,
        course: Course,
        analysis: Analysis | None,
        opinion: float | None = None,
        times: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        """Show a position and what is known of it.

        Args:
            setup: who plays.
            course: the game.
            analysis: of the position as it stands, or None.
            opinion: what a reward model thinks of it, as a chance of Black, or None.
            times: what each color has left, empty without clocks.
        """
        seats = _seats(setup, course, times)
        if opinion is not None:
            seats.append(f"\n{opinion_text(opinion)}")
        self._seats.update(seats)
        self._chances.update(_chances(analysis, PANEL_COLUMNS - 3))
        self._moves.show(analysis, course.rules)
        self._curve.show(course)


def _seats(setup: GameSetup, course: Course, times: Mapping[int, str]) -> Text:
    lines = [course.rules.describe()]
    captured = {BLACK: PRISONERS_OF_BLACK, WHITE: PRISONERS_OF_WHITE}
    for color, name in ((BLACK, "● Black"), (WHITE, "○ White")):
        turn = "▶" if course.game.to_play == color and not course.game.is_over else " "
        count = int(course.game.state.scalars[0, captured[color]])
        took = f", took {count}" if course.rules.game == "go" else ""
        lines.append(f"{turn} {name}: {setup.name(color)}{took}")
        if color in times:
            lines.append(f"    {times[color]}")
    return Text("\n".join(lines))


def _chances(analysis: Analysis | None, width: int) -> Text:
    """Chances as a bar of black and white, and who leads by how much."""
    if analysis is None:
        return Text("")
    is_black = analysis.to_play == BLACK
    black = analysis.win_rate_to_play if is_black else 1 - analysis.win_rate_to_play
    cells = round(black * width)
    text = Text(f"Black {black:.0%}", no_wrap=True)
    text.append(f"{1 - black:.0%} White".rjust(width - len(text.plain)) + "\n")
    text.append(" " * cells, "on #000000").append(" " * (width - cells), "on #ffffff")
    lead = analysis.score_lead_to_play
    if lead is not None:
        lead_black = lead if is_black else -lead
        text.append(f"\n{'Black' if lead_black > 0 else 'White'} leads by {abs(lead_black):.1f}")
    return text.append(f"\n{analysis.visits} visits")
