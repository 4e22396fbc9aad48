"""`yomi watch`: the games of a training run as they are played, the newest first."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console import stopping
from app.progress import getting_ready

if TYPE_CHECKING:
    from app.screens.game_feed import GameFeed


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--seconds", type=click.FloatRange(min=0.0), default=0.5, show_default=True, help="Between moves."
)
@click.option("--games", type=click.IntRange(min=1), help="Stop after so many games. Default: never.")
@click.option("--plain", is_flag=True, help="Lines of text: each game as its moves and its result.")
def watch(run: Path, seconds: float, games: int | None, plain: bool) -> None:
    """Watch the games of a training run; whenever one is over, the newest that was not shown yet follows.

    Games are shown as they end, before their round is stored. The run goes on undisturbed. On the screen,
    space holds the game and goes on, n shows the newest game, the arrows step through it, q leaves.
    """
    with stopping("the run goes on"):
        with getting_ready(plain=plain):
            from app.screens.game_feed import GameFeed
            from selfplay.run_store import RunStore

            store = RunStore(run, create=False)
        with store:
            feed = GameFeed(store)
            if plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
                tell_games(feed, seconds, games)
            else:
                from app.screens.watch_app import WatchApp

                WatchApp(feed, seconds, games).run()


def tell_games(feed: "GameFeed", seconds: float, games: int | None) -> None:
    """Print one game a line.

    Args:
        feed: of the run.
        seconds: between looks for a game that is new.
        games: after which to stop, or None.
    """
    shown = 0
    while games is None or shown < games:
        watched = feed.next()
        if watched is None:
            time.sleep(max(seconds, 0.05))
            continue
        shown += 1
        click.echo(f"{watched.title()}: {watched.moves_text()}")
        sys.stdout.flush()
