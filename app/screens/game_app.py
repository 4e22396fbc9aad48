"""The screen of `yomi play`: a game against an agent that thinks beside it, by keys and mouse."""

import asyncio
import os
import signal
import sys
import time
from dataclasses import replace
from threading import Timer
from typing import ClassVar

import numpy as np
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Footer, Input, Static

from app.clock_text import sgf_of_control
from app.opponent import RESIGNS
from app.screens.analysis_panel import PANEL_COLUMNS, AnalysisPanel, CourseCurve, MoveList
from app.screens.autosave import Autosave
from app.screens.board_picture import Marks
from app.screens.board_view import move_text, score_text
from app.screens.board_widget import BoardWidget
from app.screens.brain import Brain, Decided, Failed, Judged, Seen
from app.screens.clocks import Clocks
from app.screens.commands import KEYS, WORDS
from app.screens.course import Course, course_of_record
from app.screens.critic import Critic
from app.screens.dialogs import YesNo
from app.screens.file_app import FileApp
from app.screens.new_game import NewGame
from app.screens.position_marks import marks_of, symbols_of
from app.screens.setup import GameSetup
from app.screens.status_line import status_text
from engine.board import BLACK, WHITE
from engine.errors import YomiError
from engine.notation import action_of_vertex, color_name, vertex_of_action
from engine.sgf import SgfGame, write_sgf
from mcts.analysis import Analysis

LEAVE_WITHIN_S = 3


class GameApp(FileApp):
    """Plays one game after the other."""

    TITLE = "yomi"
    CSS_PATH = "game_app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self, setup: GameSetup, autosave: Autosave, critic: Critic | None = None) -> None:
        """Set the board up.

        Args:
            setup: the first game.
            autosave: where the game is kept while it is not finished.
            critic: a reward model whose opinion stands beside the board, or None.
        """
        super().__init__(autosave)
        self.setup = setup
        self._course: Course | None = None
        self._board, self._panel, self._status = BoardWidget(), AnalysisPanel(), Static(id="status")
        self._seat_agent()
        self._critic = critic
        self._opinion: tuple[int, float] | None = None
        self._analysis: Analysis | None = None
        self._variation: tuple[int, ...] = ()
        self._symbols: dict[int, str] = {}
        self._is_analyzing = False
        self._shows_ownership = True
        self._note = ""

    @property
    def course(self) -> Course:
        """The game at hand; the first begins when asked for, which takes longer than to show its board."""
        if self._course is None:
            self._course = Course(self.setup.new_game())
        return self._course

    def compose(self) -> ComposeResult:
        """The board and its panel over what is going on and a line to type in."""
        with Horizontal(id="table"):
            yield self._board
            yield self._panel
        yield self._status
        yield Input(placeholder="a vertex such as D4, or pass, undo, hint ... (Esc: back)", id="command")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the board; what takes longer follows behind it."""
        self._board.focus()
        if sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self._leave, 128 + number)
        self._show()
        self.set_interval(0.5, self._tick)
        self.call_after_refresh(self._load_agent)
        self.begin_or_go_on()

    def _leave(self, code: int) -> None:
        self.exit(None, code)
        # Where the terminal is gone, Textual waits for it without end. The game is kept at every move.
        last_resort = Timer(LEAVE_WITHIN_S, os._exit, (code,))
        last_resort.daemon = True
        last_resort.start()

    def _load_agent(self) -> None:
        self._brain.load(self.course.rules)

    def begin(self) -> None:
        """See `FileApp.begin`."""
        self.call_after_refresh(self._changed)

    def on_resize(self) -> None:
        """Make room for the board first, as soon as the new size is known."""
        self.call_later(self._show)

    def on_unmount(self) -> None:
        """End what still thinks."""
        self._brain.close()

    # The course of the game.

    def go_on_with(self, record: SgfGame) -> None:
        """See `FileApp.go_on_with`."""
        course = course_of_record(record)
        self._sit_down(self.setup.continuing(record), course)

    def _sit_down(self, setup: GameSetup, course: Course) -> None:
        self._brain.close()
        self.setup, self._course = setup, course
        self._seat_agent()
        if self._clocks is not None:
            self._clocks.take_up(course)
        self._changed()
        self._brain.load(self.course.rules)

    def _seat_agent(self) -> None:
        self._brain = Brain(self.setup.spec, self.setup.seed, self.post_message)
        self._clocks = None if self.setup.control is None else Clocks(self.setup.control)

    def _changed(self, note: str = "") -> None:
        """Show another position, keep it, and have it thought about."""
        self._brain.stop()
        self._analysis, self._variation, self._note = None, (), note
        self._symbols = symbols_of(self.course.game)
        if self._clocks is not None:
            self._clocks.follow(self.course, time.monotonic())
        has_moves = self.course.ply or self.course.future
        self.keep(self._record() if has_moves and not self.course.is_finished else None)
        if self._critic is not None:
            self._brain.judge(self.course.game, self._critic)
        if not self.course.game.is_over:
            if self._is_agents_turn and not self.course.future:
                self._choose(is_hint=False)
            elif self._is_analyzing:
                self._brain.analyze(self.course.game)
            elif self.setup.ponders and not self.course.future:
                self._brain.ponder(self.course.game)
        self._show()

    def _choose(self, *, is_hint: bool) -> None:
        game, clocks = self.course.game, self._clocks
        seconds = None if clocks is None else clocks.time_to_think(game)
        self._brain.choose(game, is_hint=is_hint, seconds=seconds)
        self._show_status()

    def _tick(self) -> None:
        """What time alone changes: clocks, and who loses by them."""
        self._show_status()
        game, clocks = self.course.game, self._clocks
        if clocks is None or game.is_over or self.course.future:
            return
        if clocks.has_fallen(game.to_play, time.monotonic()):
            self.course.lose_on_time()
            self._changed()
        else:
            self._show_panel()

    def sgf(self) -> bytes:
        """See `FileApp.sgf`."""
        return write_sgf(self._record())

    def _record(self) -> SgfGame:
        record = self.course.record(self.setup.name(BLACK), self.setup.name(WHITE))
        if self.setup.control is None:
            return record
        return replace(record, info={**record.info, **sgf_of_control(self.setup.control)})

    @property
    def _is_agents_turn(self) -> bool:
        return self.course.game.to_play not in self.setup.people

    # Thinking.

    @on(Seen)
    def _show_what_is_seen(self, message: Seen) -> None:
        if self._brain.is_about(message):
            self._analysis = message.analysis
            self._remember(message.analysis.win_rate_to_play)
            self._show()

    @on(Decided)
    def _take_decision(self, message: Decided) -> None:
        if not self._brain.is_about(message):
            return
        game = self.course.game
        if message.chance is not None:
            self._remember(message.chance)
        if message.is_hint:
            text = "give up" if message.action == RESIGNS else vertex_of_action(message.action, game.rules)
            self._changed(f"Tip: {text}.")
        elif message.action == RESIGNS:
            self.course.resign()
            self._changed()
        else:
            name = color_name(game.to_play).capitalize()
            hope = "" if message.chance is None else f" and expects to win with {message.chance:.0%}"
            text = move_text(name, message.action, game)
            self.course.play(message.action)
            self._changed(f"{text}{hope}.")

    @on(Judged)
    def _hear_critic(self, message: Judged) -> None:
        self._opinion = (message.ply, message.chance_black)
        self._show()

    @on(Failed)
    def _tell_failure(self, message: Failed) -> None:
        if self._brain.is_about(message):
            self._brain.stop()
            self.notify(message.reason, severity="error", timeout=10, markup=False)

    def _remember(self, win_rate_to_play: float) -> None:
        is_black = self.course.game.to_play == BLACK
        self.course.win_rates_black[self.course.ply] = win_rate_to_play if is_black else 1 - win_rate_to_play

    # What people do.

    @on(BoardWidget.Chosen)
    def _point_chosen(self, message: BoardWidget.Chosen) -> None:
        if self.course.is_being_counted:
            self.course.toggle_dead(message.action)
            self._show()
        else:
            self._play(message.action)

    @on(MoveList.Picked)
    def _move_picked(self, message: MoveList.Picked) -> None:
        self._play(message.action)

    @on(MoveList.Pointed)
    def _move_pointed(self, message: MoveList.Pointed) -> None:
        self._variation = message.variation
        self._show()

    def action_variation(self, order: int) -> None:
        """Show how the game may go on with one of the best moves, or the position again."""
        moves = self._analysis.moves[order - 1 : order] if self._analysis and self._is_analyzing else ()
        shown = moves[0].variation if moves else ()
        self._variation = () if shown == self._variation else shown
        self._show()

    @on(CourseCurve.Picked)
    def _ply_picked(self, message: CourseCurve.Picked) -> None:
        self.course.go_to(message.ply)
        self._changed()

    @on(Input.Submitted, "#command")
    def _typed(self, message: Input.Submitted) -> None:
        text = message.value.strip()
        message.input.clear()
        if text.lower() in WORDS:
            self.call_later(self.run_action, WORDS[text.lower()])
        elif text:
            try:
                self._play(action_of_vertex(text, self.course.rules))
            except YomiError as error:
                self.refuse(error)

    def _play(self, action: int) -> None:
        if self._is_agents_turn and not self.course.future and not self.course.game.is_over:
            self.refuse("It is not your turn.")
            return
        try:
            self.course.play(action)
        except YomiError as error:
            self.refuse(error)
        else:
            self._changed()

    def action_pass_move(self) -> None:
        """Pass."""
        self._play(self.course.rules.pass_action)

    def action_undo(self) -> None:
        """Take the own last move back, or any last move where nobody plays."""
        if self.course.undo_for(self.setup.people or frozenset({BLACK, WHITE})):
            self._changed()
        else:
            self.refuse("You have not moved yet.")

    def action_redo(self) -> None:
        """Play again what was taken back, up to the own turn."""
        if self.course.redo_for(self.setup.people or frozenset({BLACK, WHITE})):
            self._changed()
        else:
            self.refuse("Nothing was taken back.")

    def action_step(self, moves: int) -> None:
        """Go back or forward without playing."""
        self.course.go_to(self.course.ply + moves)
        self._changed()

    def action_hint(self) -> None:
        """Ask the agent what it would play."""
        if not self.course.game.is_over and self._brain.choosing_since is None:
            self._choose(is_hint=True)

    def action_agent_moves(self) -> None:
        """Let the agent move here, or go on with a game of Go that was being counted."""
        if self.course.is_being_counted:
            self.course.resume()
            self._changed("The game goes on.")
        elif not self.course.game.is_over and self._brain.choosing_since is None:
            self._choose(is_hint=False)

    def action_count(self) -> None:
        """Agree on the dead stones, or say how the game stands."""
        if self.course.is_being_counted:
            self.course.is_settled = True
            self._changed()
        else:
            self.notify(score_text(self.course.game))

    def action_analysis(self) -> None:
        """Analysis on or off."""
        self._is_analyzing = not self._is_analyzing
        if self._brain.choosing_since is None:
            self._changed(f"Analysis {'on' if self._is_analyzing else 'off'}.")

    def action_ownership(self) -> None:
        """Ownership on or off."""
        self._shows_ownership = not self._shows_ownership
        self._show()

    def action_type(self) -> None:
        """Go to the line to type in, before the next key arrives."""
        self.screen.set_focus(self.query_one("#command", Input))

    def action_board(self) -> None:
        """Go back to the board."""
        self.screen.set_focus(self._board)

    @work
    async def action_resign(self) -> None:
        """Give up, after a question."""
        is_possible = not self.course.game.is_over and not self._is_agents_turn
        if is_possible and await self.push_screen_wait(YesNo("Give this game up?")):
            self.course.resign()
            self._changed()

    @work
    async def action_new_game(self) -> None:
        """Agree on another game; the one before is forgotten."""
        setup = await self.push_screen_wait(NewGame(self.setup))
        if setup is not None:
            self._sit_down(setup, Course(setup.new_game()))

    # What is shown.

    def _show(self) -> None:
        if self._course is None:
            self._board.show(np.zeros((self.setup.rules.height, self.setup.rules.width), np.int8), Marks())
            self._panel.display = False
            self._status.update("Getting ready ...")
            return
        analysis = self._analysis if self._is_analyzing else None
        marks = marks_of(
            self.course, self._symbols, analysis, self._variation, shows_ownership=self._shows_ownership
        )
        self._board.show(self.course.game.stones(), marks)
        self._panel.display = self.size.width >= self._board.smallest_size()[0] + PANEL_COLUMNS
        self._show_panel()
        self._show_status()

    def _show_panel(self) -> None:
        ply, opinion = self._opinion or (None, None)
        now, clocks = time.monotonic(), self._clocks
        times = {} if clocks is None else {color: clocks.text(color, now) for color in (BLACK, WHITE)}
        analysis = self._analysis if self._is_analyzing else None
        opinion = opinion if ply == self.course.ply else None
        self._panel.show(self.setup, self.course, analysis, opinion, times)

    def _show_status(self) -> None:
        text = status_text(self.setup, self.course, self._analysis, self._brain.choosing_since)
        self._status.update(f"{self._note} {text}".strip())
