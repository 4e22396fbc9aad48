"""Each command that the engine lists: whether clients find what they would like, and whether it answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_gtp import new_engine, replies

from app.options import AgentChoice
from engine.rulesets import Rules, go_rules, gomoku_rules

RECOMMENDED = """
    protocol_version name version known_command list_commands quit boardsize rectangular_boardsize clear_board
    komi get_komi play genmove reg_genmove undo gg-undo set_position loadsgf printsgf showboard time_settings
    time_left kgs-time_settings kata-time_settings kata-list_time_settings kata-get-rules kata-set-rules
    kata-set-rule kgs-rules lz-analyze kata-analyze lz-genmove_analyze kata-genmove_analyze kata-search
    kata-raw-nn kata-get-param kata-set-param kata-list-params stop clear_cache cputime gomill-cpu_time
    gomill-explain_last_move gomill-describe_engine kgs-game_over kgs-chat cgos-genmove_analyze
    cgos-opponent_name cgos-opponent_rating cgos-gameover gogui-analyze_commands gogui-interrupt
    gogui-play_sequence gogui-setup gogui-setup_player final_score
"""
"""What board programs, servers and tournament managers send or would like to send, in either game."""
RECOMMENDED_OF_GO = """
    fixed_handicap place_free_handicap set_free_handicap final_status_list kgs-genmove_cleanup
    unconditional_status
"""


@pytest.mark.parametrize(
    ("rules", "more"),
    [
        (go_rules(9), RECOMMENDED_OF_GO),
        (
            gomoku_rules(15),
            "gogui-rules_game_id gogui-rules_board_size gogui-rules_board gogui-rules_legal_moves"
            " gogui-rules_side_to_move gogui-rules_final_result",
        ),
    ],
)
def test_whatever_a_client_would_like_to_send_is_there(rules: Rules, more: str) -> None:
    listed = replies("list_commands", engine=new_engine(rules))[0].removeprefix("= ").split("\n")
    assert set(f"{RECOMMENDED} {more}".split()) <= set(listed)
    assert len(listed) == len(set(listed))
    assert not {"analyze", "genmove_analyze"} & set(listed)


ARGUMENTS = {
    "known_command": "play",
    "boardsize": "9",
    "rectangular_boardsize": "9 8",
    "komi": "6.5",
    "play": "b c3",
    "gg-undo": "0",
    "set_position": "b c3 w d3",
    "time_settings": "60 5 1",
    "time_left": "b 60 0",
    "kgs-time_settings": "absolute 60",
    "kata-time_settings": "byoyomi 60 5 3",
    "kgs-rules": "chinese",
    "kata-set-rule": "ko SIMPLE",
    "captures": "b",
    "kata-get-param": "maxVisits",
    "kata-set-param": "maxTime 30",
    "kata-set-params": '{"maxVisits": 9}',
    "cgos-opponent_name": "GNU_Go",
    "cgos-opponent_rating": "1800?",
    "cgos-gameover": "B+3.5",
    "gogui-play_sequence": "b c3 w d3",
    "gogui-setup": "b c3 w d3",
    "fixed_handicap": "2",
    "place_free_handicap": "2",
    "set_free_handicap": "c3 d3",
    "final_status_list": "dead",
    "unconditional_status": "c3",
}
"""What comes behind commands that want something else than nothing or a color."""
COLORS = ("genmove", "analyze", "search", "gogui-setup_player")
WITHOUT_GOMOKU = {"kgs-rules", "kata-set-rule"}
"""Commands of Go that are listed for Gomoku too and refuse there."""


@pytest.mark.parametrize(("rules", "agent"), [(go_rules(9), "go9"), (gomoku_rules(9), "gomoku15")])
def test_each_command_that_is_listed_does_what_it_is_asked(rules: Rules, agent: str, tmp_path: Path) -> None:
    file = tmp_path / "game.sgf"
    engine = new_engine(rules, AgentChoice(agent, visits=8, seed=1))
    listed = replies("list_commands", engine=engine)[0].removeprefix("= ").split("\n")
    file.write_text(replies("printsgf", engine=engine)[0].removeprefix("= "))
    listed.remove("quit")
    for command in listed:
        arguments = ARGUMENTS.get(command, "b" if any(word in command for word in COLORS) else "")
        if command == "loadsgf":
            arguments = str(file)
        if command == "kata-set-rules":
            arguments = "chinese" if rules.game == "go" else "renju"
        board = () if command in ("gogui-analyze_commands", "undo") else ("boardsize 9",)
        before = ("play b e5",) if command in ("undo", "final_score") else ()
        lines = (*board, *before, f"{command} {arguments}")
        answers = replies(*lines, engine=engine)
        is_refused = rules.game == "gomoku" and command in (*WITHOUT_GOMOKU, "final_score")
        assert len(answers) == len(lines)
        assert answers[-1].startswith("?" if is_refused else "="), (command, answers)
