"""How a person sees a game: the board, plain or in color, and the result in words."""

import sys
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from engine.board import BLACK, WHITE
from engine.game import Game
from engine.notation import SYMBOLS, color_name, vertex_of_action

if TYPE_CHECKING:
    from rich.text import Text

DISKS = str.maketrans({SYMBOLS[color]: "●" for color in (BLACK, WHITE)})
WOOD = "#000000 on #dcb35c"
"""A background of our own: on it both colors of stones stand out, on light and on dark terminals."""
STONE_STYLES = {SYMBOLS[BLACK]: f"bold {WOOD}", SYMBOLS[WHITE]: "bold #ffffff on #dcb35c"}
MARGIN = 3  # width of the row numbers on the left
LENGTHS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class BoardView:
    """Draws games on stdout.

    Attributes:
        in_color: whether to draw disks on wood instead of letters.
    """

    in_color: bool

    def show(self, game: Game) -> None:
        """Draw the board as it stands."""
        if self.in_color:
            from rich.console import Console

            Console(highlight=False).print(_painted(game))
        else:
            print(game.draw(), flush=True)

    def name(self, color: int) -> str:
        """`Black` or `White`, with the letter of its stones where letters are drawn."""
        return _capital(color) if self.in_color else f"{_capital(color)} ({SYMBOLS[color]})"


def has_colors() -> bool:
    """Whether stdout is a terminal that can show the board in color."""
    from rich.console import Console

    console = Console()
    encoding = (sys.stdout.encoding or "").lower()
    return console.is_terminal and console.color_system in ("256", "truecolor") and encoding.startswith("utf")


def _painted(game: Game) -> "Text":
    from rich.text import Text

    letters, *rows, _ = game.draw().splitlines()
    picture = Text(f"{letters}\n")
    end = MARGIN + 2 * game.rules.width + 1
    for row in rows:
        picture.append(row[:MARGIN])
        for style, symbols in groupby(row[MARGIN:end], lambda symbol: STONE_STYLES.get(symbol, WOOD)):
            picture.append("".join(symbols).translate(DISKS), style)
        picture.append(f"{row[end:]}\n")
    return picture.append(letters)


def move_text(name: str, action: int, game: Game) -> str:
    """A move in words, such as `White plays D4`."""
    if action == game.rules.pass_action:
        return f"{name} passes"
    return f"{name} plays {vertex_of_action(action, game.rules)}"


def result_text(game: Game) -> str:
    """The result of a finished game in words, such as `Black wins by 3.5 points`."""
    winner = game.winner()
    if winner not in (BLACK, WHITE):
        return "Draw"
    if game.rules.game == "go":
        return f"{_capital(winner)} wins by {_points(abs(game.score_black()))}"
    length = game.rules.line_length
    return f"{_capital(winner)} wins: {LENGTHS[length] if length < len(LENGTHS) else length} in a row"


def resignation_text(loser: int) -> str:
    """The result when a color gives up."""
    return f"{_capital(BLACK + WHITE - loser)} wins: {_capital(loser)} resigned"


def score_text(game: Game) -> str:
    """How the game stands, in words."""
    if game.rules.game != "go":
        return "Gomoku has no score before the end."
    leader = game.winner()
    if leader not in (BLACK, WHITE):
        return "Nobody leads, if all stones live."
    return f"{_capital(leader)} leads by {_points(abs(game.score_black()))}, if all stones live."


def _capital(color: int) -> str:
    return color_name(color).capitalize()


def _points(number: float) -> str:
    return "1 point" if number == 1 else f"{number:g} points"
