"""The games of matches as SGF files, for other programs and for `yomi train --positions`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from engine.rulesets import Rules
    from selfplay.arena import MatchResult


class GameFiles:
    """A folder that takes the games of one match after another.

    Attributes:
        num_games: written so far.
    """

    def __init__(self, folder: Path) -> None:
        """Look at the folder; it is made with the first game.

        Args:
            folder: without games, so that none is written over.

        Raises:
            click.UsageError: it holds games, cannot be written, or is none.
        """
        if folder.exists() and not folder.is_dir():
            raise click.UsageError(f"--sgf {folder}: expected a folder, this is a file")
        if any(folder.glob("*.sgf")):
            raise click.UsageError(f"--sgf {folder}: expected a folder without .sgf files, or a new one")
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not there.is_dir() or not os.access(there, os.W_OK):
            raise click.UsageError(f"--sgf {folder}: expected a folder that can be written")
        self.num_games = 0
        self._folder = folder

    def write(self, rules: "Rules", result: "MatchResult") -> None:
        """Write each game of a match to a file of its own, numbered as the match lists them.

        Args:
            rules: what was played.
            result: the match.

        Raises:
            OSError: the folder or a file cannot be written.
        """
        from engine.game import Game
        from engine.sgf import SgfGame, write_sgf
        from selfplay.checkpoint import write_atomically

        self._folder.mkdir(parents=True, exist_ok=True)
        for moves, first_is_black, score_black in result.games:
            game = Game(rules)
            for action in moves:
                game.play(action)
            players = (result.first, result.second) if first_is_black else (result.second, result.first)
            resigned = "B+R" if score_black > 0 else "W+R"
            record = SgfGame(
                rules,
                tuple(game.moves),
                result=game.result() if game.is_over else resigned,
                black_name=players[0],
                white_name=players[1],
            )
            self.num_games += 1
            write_atomically(self._folder / f"{self.num_games:05}.sgf", write_sgf(record))
