"""A game at the terminal, line by line: people ask for moves, the agent answers."""

import sys

from app.console import WRONG_INPUT, show_error
from app.opponent import RESIGNS, Opponent
from app.progress import Progress
from app.screens.board_view import BoardView, move_text, resignation_text, result_text, score_text
from app.screens.critic import Critic, opinion_text
from engine.board import BLACK
from engine.errors import YomiError
from engine.game import Game
from engine.notation import action_of_vertex, vertex_of_action
from engine.sgf import SgfGame, write_sgf

HELP = """\
Type a vertex such as {vertex} to play there, or
  pass     let the other side move (Go; two passes end the game)
  undo     take your last move back
  hint     ask the agent what it would play
  score    count the board as it stands (Go)
  board    draw the board again
  resign   give up
  quit     leave without finishing"""


class Session:
    """One game between people and an agent, or of one of them alone.

    Attributes:
        game: the game.
    """

    def __init__(
        self,
        game: Game,
        opponent: Opponent,
        people: frozenset[int],
        view: BoardView,
        critic: Critic | None = None,
        *,
        plain: bool,
    ) -> None:
        """Sit down.

        Args:
            game: where to start from.
            opponent: plays the other colors and gives hints.
            people: colors that are asked for moves on stdin.
            view: how the board is drawn.
            critic: a reward model that says what it thinks of each board, or None.
            plain: whether progress, too, is told in lines.
        """
        self.game = game
        self._opponent = opponent
        self._people = people
        self._view = view
        self._critic = critic
        self._is_plain = plain
        self._ending: str | None = None
        self._was_refused = False
        self._loser: int | None = None
        self._commands = {
            "undo": self._undo,
            "hint": self._hint,
            "score": lambda: print(score_text(self.game)),
            "board": self._show,
            "resign": self._resign,
            "help": self._help,
            "quit": self._leave,
        }

    def run(self) -> int:
        """Play until the game ends or somebody leaves.

        Returns:
            The exit code: wrong input if a script, not a person, had a line refused and did not finish.
        """
        self._show()
        while self._ending is None:
            if self.game.is_over:
                self._ending = result_text(self.game)
            elif self.game.to_play in self._people:
                self._ask()
            else:
                self._let_agent_move()
        print(self._ending, flush=True)
        is_broken_script = self._was_refused and not self._is_finished and not sys.stdin.isatty()
        return WRONG_INPUT if is_broken_script else 0

    def sgf(self, black_name: str, white_name: str) -> bytes:
        """The game as an SGF file.

        Args:
            black_name: who had Black.
            white_name: who had White.
        """
        result = ""
        if self._loser is not None:
            result = "W+R" if self._loser == BLACK else "B+R"
        elif self.game.is_over:
            result = self.game.result()
        record = SgfGame(
            rules=self.game.rules,
            moves=tuple(self.game.moves),
            result=result,
            black_name=black_name,
            white_name=white_name,
        )
        return write_sgf(record)

    @property
    def _is_finished(self) -> bool:
        return self.game.is_over or self._loser is not None

    def _ask(self) -> None:
        try:
            line = input(f"{self._view.name(self.game.to_play)} to move: ").strip()
        except EOFError:
            print()
            self._leave()
            return
        if not sys.stdin.isatty():
            print(line, flush=True)  # so that a record of the output reads like a game at a terminal
        command = self._commands.get(line.lower())
        if command is not None:
            command()
        elif line:
            self._play(line)

    def _play(self, vertex: str) -> None:
        try:
            self.game.play(action_of_vertex(vertex, self.game.rules))
        except YomiError as error:
            self._refuse(error)
        else:
            self._show()

    def _let_agent_move(self) -> None:
        name = self._view.name(self.game.to_play)
        with Progress(f"{name} is thinking", plain=self._is_plain):
            action = self._opponent.choose(self.game, self.game.to_play)
        if action == RESIGNS:
            self._resign()
            return
        self.game.play(action)
        chance = self._opponent.win_estimate()
        expectation = "" if chance is None else f" and expects to win with {100 * chance:.0f} %"
        print(f"{move_text(name, action, self.game)}{expectation}.")
        self._show()

    def _show(self) -> None:
        self._view.show(self.game)
        if self._critic is not None:
            print(opinion_text(self._critic.chance_black(self.game)))

    def _refuse(self, error: YomiError) -> None:
        self._was_refused = True
        sys.stdout.flush()
        show_error(error)

    def _undo(self) -> None:
        own_plies = [ply for ply, move in enumerate(self.game.moves) if move.color in self._people]
        if not own_plies:
            self._refuse(YomiError("undo: you have not moved yet"))
            return
        while len(self.game.moves) > own_plies[-1]:
            self.game.undo()
        self._show()

    def _hint(self) -> None:
        with Progress("Looking for a hint", plain=self._is_plain):
            action = self._opponent.choose(self.game, self.game.to_play)
        hint = "give up" if action == RESIGNS else vertex_of_action(action, self.game.rules)
        print(f"Hint: {hint}")

    def _resign(self) -> None:
        self._loser = self.game.to_play
        self._ending = resignation_text(self._loser)

    def _help(self) -> None:
        rules = self.game.rules
        print(HELP.format(vertex=vertex_of_action(rules.area // 2, rules)))

    def _leave(self) -> None:
        self._ending = "The game was not finished."
