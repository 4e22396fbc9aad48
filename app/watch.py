"""`yomi watch`: the games of a training run as they are played, the newest first."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console import stopping
from app.progress import getting_ready

if TYPE_CHECKING:
    from app.screens.gallery import Gallery


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--seconds", type=click.FloatRange(min=0.0), default=0.5, show_default=True, help="Between moves."
)
@click.option("--games", type=click.IntRange(min=1), help="Stop after so many games. Default: never.")
@click.option("--plain", is_flag=True, help="Lines of text: each game as its moves and its result.")
def watch(run: Path, seconds: float, games: int | None, plain: bool) -> None:
    """Watch the games of a training run; whenever one is over, the newest that was not shown yet follows.

    The run goes on undisturbed. On the screen, space holds the game and goes on, n shows the newest game,
    the arrows step through it, q leaves.
    """
    with stopping("the run goes on"):
        with getting_ready(plain=plain):
            from app.screens.gallery import Gallery
            from selfplay.run_store import RunStore

            store = RunStore(run, create=False)
        with store:
            gallery = Gallery(store)
            if plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
                tell_games(gallery, seconds, games)
            else:
                from app.screens.watch_app import WatchApp

                WatchApp(gallery, seconds, games).run()


def tell_games(gallery: "Gallery", seconds: float, games: int | None) -> None:
    """Print one game a line.

    Args:
        gallery: of the run.
        seconds: between looks for a game that is new.
        games: after which to stop, or None.
    """
    shown = 0
    while games is None or shown < games:
        exhibit = gallery.next()
        if exhibit is None:
            time.sleep(max(seconds, 0.05))
            continue
        shown += 1
        click.echo(f"{exhibit.title()}: {exhibit.moves_text()}")
        sys.stdout.flush()
