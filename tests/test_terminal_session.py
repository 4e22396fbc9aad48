"""`yomi play` in a real terminal: whole games by keys and mouse, and what every exit leaves behind."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from terminal_session import Terminal, play_by_tips

from engine.rulesets import go_rules, gomoku_rules

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
LEFT_BEHIND = ("alternate_on", "mouse_any_flag", "mouse_sgr_flag", "bracket_paste_flag")
"""What a program must not leave switched on."""


@pytest.mark.long
def test_a_whole_game_of_go_by_keys_and_mouse(tmp_path: Path) -> None:
    with Terminal(tmp_path, "play", "--size", "4", "--agent", "uct:60", "--seed", "1") as terminal:
        end = play_by_tips(terminal, go_rules(4), lambda number: None)
        assert "wins by" in end
        terminal.press("q")
        terminal.until(lambda text: "exit 0" in text)


@pytest.mark.parametrize(
    ("leave", "code"),
    [
        (lambda terminal: terminal.press("q"), 0),
        (lambda terminal: terminal.press("C-c"), 0),
        (lambda terminal: terminal.terminate(), 143),
    ],
    ids=["q", "ctrl-c", "terminated"],
)
def test_every_exit_leaves_the_terminal_as_it_was_and_keeps_the_game(
    tmp_path: Path, leave: Callable[[Terminal], None], code: int
) -> None:
    rules = gomoku_rules(5)
    arguments = ("play", "--game", "gomoku", "--size", "5", "--agent", "random", "--color", "both")
    with Terminal(tmp_path, *arguments) as terminal:
        terminal.until(lambda text: "Black to move" in text)
        assert terminal.flag("alternate_on")
        terminal.click("B4", rules)
        terminal.until(lambda text: "White to move" in text)
        leave(terminal)
        text = terminal.until(lambda text: "exit " in text)
        assert f"exit {code}" in text
        assert not any(map(terminal.flag, LEFT_BEHIND))
        assert "Traceback" not in text
    assert (tmp_path / "yomi" / "unfinished-game.sgf").exists()


@pytest.mark.parametrize("leave", ["q", "C-c"])
def test_leaving_ends_a_program_that_does_not_answer(tmp_path: Path, leave: str) -> None:
    sign = tmp_path / "program"
    program = tmp_path / "deaf.sh"
    program.write_text(f"echo $$ > {sign}\nexec sleep 300\n")
    arguments = ("play", "--size", "5", "--agent", f"gtp:sh {program}", "--color", "white")
    with Terminal(tmp_path, *arguments) as terminal:
        terminal.until(lambda text: "Black is thinking" in text and sign.exists() and sign.read_text())
        terminal.press(leave)
        terminal.until(lambda text: "exit 0" in text)
        assert not any(map(terminal.flag, LEFT_BEHIND))
    with pytest.raises(ProcessLookupError):
        os.kill(int(sign.read_text()), 0)
