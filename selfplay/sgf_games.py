"""The usable games among SGF files, and why the others are none."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from engine.errors import SgfError
from engine.rulesets import GameName
from engine.sgf import SgfGame, read_sgf

Used = TypeVar("Used")


def usable_games(
    paths: Iterable[Path],
    board: tuple[GameName, int, int],
    use: Callable[[SgfGame], Used],
    progress: Callable[[int], None],
) -> tuple[list[Used], Counter[str]]:
    """Read the games of one kind and size from SGF files.

    Args:
        paths: the files.
        board: game, columns and rows.
        use: what is made of a game; it raises SgfError with the reason alone where that is nothing.
        progress: told of files read.

    Returns:
        What was made of the usable games in the order of their files, and how many files were skipped for
        each reason.
    """
    made: list[Used] = []
    skipped: Counter[str] = Counter()
    for path in paths:
        progress(1)
        try:
            game = read_sgf(path)
        except SgfError:
            skipped["unreadable"] += 1
            continue
        if (game.rules.game, game.rules.width, game.rules.height) != board:
            skipped["another game or size"] += 1
            continue
        try:
            made.append(use(game))
        except SgfError as error:
            skipped[str(error)] += 1
    return made, skipped
