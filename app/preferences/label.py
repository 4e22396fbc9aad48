"""`yomi rlhf label`: a person says which of two boards is better."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console import stopping
from app.progress import getting_ready

if TYPE_CHECKING:
    from rlhf_variant.label_session import LabelSession

WORDS = {"l": "left", "r": "right", "t": "tie", "c": "cant_tell"}
QUESTION = "In which would you rather be Black? l(eft) r(ight) t(ie) c(an't tell) u(ndo) q(uit): "


@click.command()
@click.option("--run", "folder", required=True, type=click.Path(path_type=Path), help="The run folder.")
@click.option(
    "--name", default="human", show_default=True, help="Yours: each person has answers of their own."
)
@click.option("--plain", is_flag=True, help="Boards and answers in lines, as in pipes.")
def label(folder: Path, name: str, plain: bool) -> None:
    """Look at two boards and say in which you would rather be Black, komi counted.

    Arrow keys: left, right, up for a tie, down for can't tell; u takes the last answer back, q leaves. Every
    answer is kept at once. Some questions come twice, so that you see at the end how you agree with yourself.
    """
    with stopping("nothing was answered"), getting_ready(plain=plain):
        from rlhf_variant.label_session import LabelSession
        from selfplay.run_store import RunStore
    with stopping(f"{folder} keeps the answers"), RunStore(folder, create=False) as store:
        session = LabelSession(store, name)
        try:
            if plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
                answer_in_lines(session)
            else:
                from app.screens.label_app import LabelApp

                LabelApp(session).run()
        finally:
            session.close()
        click.echo(f"Answered {session.num_answered} of {session.num_queries}.")
        agreed, repeats = session.self_agreement()
        if repeats:
            click.echo(f"  shown twice: {repeats}, answered alike: {100 * agreed / repeats:.0f} %")


def answer_in_lines(session: "LabelSession") -> None:
    """Ask until everything is answered, or the person or the input ends.

    Args:
        session: whose queries are shown.
    """
    from app.screens.two_boards import side_by_side

    while session.current is not None:
        click.echo(side_by_side(session.current))
        click.echo(QUESTION, nl=False)
        line = sys.stdin.readline()
        word = line.strip().lower()[:1]
        if not line or word == "q":
            click.echo()
            return
        if word == "u":
            session.undo()
        elif word in WORDS:
            session.answer(WORDS[word])  # type: ignore[arg-type]
        else:
            click.echo(f"{line.strip()[:20]!r}: expected l, r, t, c, u or q")
