"""What pass-alive analysis says of a point, GNU Go says too; it knows more dead stones and territory.

GNU Go comes from the system (`apt-get install gnugo`). Where YOMI_GNUGO_REGRESSION names the folder
`regression` of its source code, the 673 checks of its file `unconditional.tst` are asked too.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from gnugo import PROGRAM
from sgfmill import sgf, sgf_moves
from test_gtp import new_engine, replies
from test_life import random_position

from engine.board import BLACK, EMPTY, WHITE
from engine.game import Game
from engine.notation import color_name, vertex_of_action
from engine.rulesets import Rules

SUITE = os.environ.get("YOMI_GNUGO_REGRESSION")


def gtp_lines(game: Game) -> list[str]:
    """Commands that set a position up and ask for the status of every point."""
    rules = game.rules
    lines = [f"boardsize {rules.width}", "clear_board"]
    stones = game.stones().ravel()
    for action in map(int, np.flatnonzero(stones != EMPTY)):
        lines.append(f"play {color_name(int(stones[action]))} {vertex_of_action(action, rules)}")
    return lines + [f"unconditional_status {vertex_of_action(action, rules)}" for action in range(rules.area)]


@pytest.mark.skipif(PROGRAM is None, reason="gnugo is neither in PATH nor in /usr/games")
def test_gnugo_agrees_with_every_status_but_undecided_on_random_positions() -> None:
    rng = random.Random(7)
    games = [random_position(rng, Rules("go", side, side, ko="simple")) for side in (5, 6, 7, 9) * 6]
    lines = [line for game in games for line in gtp_lines(game)]
    request = "".join(f"{line}\n" for line in lines)
    run = subprocess.run(
        [str(PROGRAM), "--mode", "gtp"], input=request, capture_output=True, text=True, check=True
    )
    theirs = [answer.strip() for answer in run.stdout.split("\n\n")][: len(lines)]
    ours = replies(*lines, engine=new_engine())
    decided = [(our, their) for our, their in zip(ours, theirs, strict=True) if our != "= undecided"]
    assert [pair for pair in decided if pair[0] != pair[1]] == []
    assert {"= alive", "= dead", "= black_territory", "= white_territory"} <= {our for our, _ in decided}


def position(path: Path) -> Game:
    """The board at the end of the main line of a file."""
    board, plays = sgf_moves.get_setup_and_moves(sgf.Sgf_game.from_bytes(path.read_bytes()))
    for color, point in plays:
        if point is not None:
            board.play(*point, color)
    stones = np.zeros((board.side, board.side), np.int8)
    for color, (row, column) in board.list_occupied_points():
        stones[board.side - 1 - row, column] = BLACK if color == "b" else WHITE
    return Game(Rules("go", board.side, board.side, ko="simple"), stones)


@pytest.mark.skipif(SUITE is None, reason="YOMI_GNUGO_REGRESSION does not name GNU Go's regression folder")
def test_no_check_of_the_regression_suite_of_gnugo_is_contradicted() -> None:
    folder = Path(str(SUITE))
    engine, answer, answers = new_engine(), "", []
    for line in (folder / "unconditional.tst").read_text().splitlines():
        if line.startswith("loadsgf"):
            engine = new_engine()
            replies(*gtp_lines(position(folder / line.split()[1]))[: -(19 * 19)], engine=engine)
        elif expected := re.match(r"#\? \[(\w+)", line):
            answers.append((answer, f"= {expected[1]}"))
        elif line and not line.startswith("#"):
            answer = re.sub(r"^=\d* ", "= ", replies(line, engine=engine)[0])
    contradicted = [pair for pair in answers if pair[0] != pair[1] and pair[0] != "= undecided"]
    assert (len(answers), contradicted) == (673, [])
    assert sum(ours == theirs for ours, theirs in answers) >= 404
