"""What board programs send to a GTP engine when they start, play and analyze, and what they must read.

The requests are those of the programs' own code. A line `> x` is sent; the lines below are the answer, up to
the blank line that ends it. Words in angle brackets stand for what may differ, and a line that ends with
`...` for one or more such lines. Analysis goes on until the next line is sent.
"""

from __future__ import annotations

from engine.rulesets import Rules, go_rules, gomoku_rules

RULES = (
    '{"friendlyPassOk": false, "hasButton": false, "ko": "POSITIONAL", "scoring": "AREA", "suicide": false,'
    ' "tax": "NONE", "whiteHandicapBonus": "0"}'
)
SABAKI = """\
> name
= yomi
> version
= 0.1
> protocol_version
= 2
> list_commands
= <command>
<command>...
> boardsize 9
=
> clear_board
=
> komi 6.5
=
> set_free_handicap D4 F6
=
> clear_board
=
> play B E5
=
> kata-genmove_analyze W 20
=
<kata>...
play <move>
> undo
=
> kata-analyze W 1
=
<kata>...
> protocol_version
= 2
> rectangular_boardsize 9 7
=
> quit
=
"""
GOGUI = """\
> 1 protocol_version
=1 2
> 2 list_commands
=2 <command>
<command>...
> 3 name
=3 yomi
> 4 version
=4 0.1
> 5 gogui-analyze_commands
=5 dboard/Ownership/yomi-ownership
plist/Dead Stones/final_status_list dead
string/Status by Proof/unconditional_status %p
string/Rules/kata-get-rules
string/CPU Time/cputime
> 6 gogui-interrupt
=6
> 7 boardsize 9
=7
> 8 clear_board
=8
> 9 komi 6.5
=9
> 10 time_settings 600 30 5
=10
> 11 play b E5
=11
> 12 time_left white 600 0
=12
> 13 genmove w
=13 <move>
> 14 gg-undo 2
=14
> 15 gg-undo 1
?15 cannot undo
> 16 final_score
=16 W+6.5
> 17 final_status_list dead
=17
> 18 kgs-genmove_cleanup b
=18 <move>
> 19 cputime
=19 <number>
> 20 quit
=20
"""
GOGUI_GOMOKU = """\
> 1 protocol_version
=1 2
> 2 known_command final_status_list
=2 false
> 3 gogui-rules_game_id
=3 Gomoku
> 4 boardsize 5
=4
> 5 clear_board
=5
> 6 gogui-rules_board_size
=6 5
> 7 play b C3
=7
> 8 gogui-rules_board
=8<gap>
. . . . .
. . . . .
. . X . .
. . . . .
. . . . .
> 9 gogui-rules_side_to_move
=9 white
> 10 gogui-rules_legal_moves
=10 A5 B5 C5 D5 E5 A4 B4 C4 D4 E4 A3 B3 D3 E3 A2 B2 C2 D2 E2 A1 B1 C1 D1 E1
> 11 gogui-rules_final_result
=11 unknown
> 12 genmove w
=12 <move>
> 13 quit
=13
"""
Q5GO = f"""\
> protocol_version
= 2
> known_command rectangular_boardsize
= true
> boardsize 9
=
> clear_board
=
> komi 6.5
=
> known_command kata-set-rules
= true
> kata-set-rules {RULES.replace("POSITIONAL", "SIMPLE")}
=
> kata-get-rules
= {RULES.replace("POSITIONAL", "SIMPLE")}
> known_command lz-analyze
= true
> play black E5
=
> kata-genmove_analyze white 10
=
<kata>...
play <move>
> kata-analyze 1
=
<kata>...
> known_command known_command
= true
> known_command final_score
= true
> undo
=
> final_score
= B+74.5
> quit
=
"""
LIZZIE = """\
> name
= yomi
> version
= 0.16
> boardsize 9
=
> komi 6.5
=
> play B E5
=
> lz-analyze 1
=
<lz>...
> name
= yomi
> lz-genmove_analyze W 10
=
<lz>...
play <move>
> undo
=
> clear_board
=
> fixed_handicap 2
= C3 G7
> lz-analyze 1
=
<lz>...
> <nothing>
> quit
=
"""
LIZZIE_YZY = f"""\
> name
= yomi
> version
= 0.1
> list_commands
= <command>
<command>...
> kata-get-rules
= {RULES}
> kata-set-rules japanese
=
> boardsize 9
=
> komi 6.5
=
> place_free_handicap 2
= C3 G7
> time_settings 0 2 1
=
> time_left W 2 1
=
> kata-set-param maxVisits 40
=
> kata-get-param maxVisits
= 40
> kata-set-param playoutDoublingAdvantage 1.5
? parameter 'playoutDoublingAdvantage': expected <params>
> kata-analyze W 1 ownership true
=
<kata><owned>...
> stop
=
> kata-analyze W 1 avoid W C3,Q16,T19 30 avoid B C3,Q16,T19 30
? vertex 'Q16': expected A1..J9 or pass
> kata-analyze W 1 avoid W E5,D4 30 avoid B E5,D4 30
=
<kata>...
> lz-analyze W 1 allow W E5 1 allow B E5 1
=
<only>...
> stop
=
> clear_cache
=
> lz-genmove_analyze W 10
=
<lz>...
play <move>
> quit
=
"""
CGOS = """\
> list_commands
= <command>
<command>...
> boardsize 9
=
> cgos-opponent_name GNU_Go-3.8
=
> cgos-opponent_rating 1800?
=
> clear_board
=
> komi 7.0
=
> time_settings 300 0 0
=
> time_left b 300 0
=
> cgos-genmove_analyze b
=
<cgos>
play <move>
> play w E5
=
> time_left b 299 0
=
> genmove b
= <move>
> cgos-gameover B+Resign
=
> quit
=
"""
LIZGOBAN = """\
> name
= yomi
> known_command kata-search_cancellable
= true
> boardsize 9
=
> clear_board
=
> time_settings 0 60 1
=
> kata-search_analyze_cancellable b 10
=
<kata>...
play <move>
> kata-search_cancellable b
= <move>
> play b E5
=
> quit
=
"""
GOMILL = """\
> protocol_version
= 2
> known_command gomill-explain_last_move
= true
> gomill-describe_engine
= yomi 0.1
agent: uct:30
search: maxVisits 30, maxTime 86400.0, numSearchThreads 1, ponderingEnabled false, c_uct 1.0, clean_up false
settings: none
backend: torch
resigns: never
seed: 1
> boardsize 9
=
> clear_board
=
> komi 7.5
=
> gomill-explain_last_move
=
> genmove b
= <move>
> gomill-explain_last_move
= 30 visits, <number>% to win
<seen>...
> play w E5
=
> gomill-cpu_time
= <number>
> quit
=
"""
GTP2OGS = """\
> list_commands
= <command>
<command>...
> kata-list_time_settings
= none absolute byoyomi canadian fischer
> boardsize 9
=
> clear_board
=
> komi 5.5
=
> kgs-time_settings byoyomi 600 30 5
=
> time_left black 600 0
=
> genmove black
= <move>
> play white E5
=
> kata-time_settings fischer 60 5
=
> time_left black 12 0
=
> genmove black
= <move>
> clear_board
=
> place_free_handicap 3
= C3 G7 C7
> showboard
=<gap>
    A B C D E F G H J
  9 . . . . . . . . . 9
  8 . . . . . . . . . 8
  7 . . X . . . X . . 7
  6 . . . . . . . . . 6
  5 . . . . + . . . . 5
  4 . . . . . . . . . 4
  3 . . X . . . + . . 3
  2 . . . . . . . . . 2
  1 . . . . . . . . . 1
    A B C D E F G H J
> final_score
= B+75.5
> quit
=
"""
TWOGTP = """\
> protocol_version
= 2
> boardsize 9
=
> clear_board
=
> komi 6.5
=
> time_settings 60 0 0
=
> fixed_handicap 4
= C3 G7 C7 G3
> genmove w
= <move>
> play b pass
=
> play w pass
=
> undo
=
> final_score
= <score>
> cputime
= <number>
> quit
=
"""
EXCHANGES: dict[str, tuple[str, Rules, str | None]] = {
    "Sabaki": (SABAKI, go_rules(9), None),
    "GoGui": (GOGUI, go_rules(9), None),
    "GoGui with Gomoku": (GOGUI_GOMOKU, gomoku_rules(15), None),
    "q5Go": (Q5GO, go_rules(9), None),
    "Lizzie": (LIZZIE, go_rules(9), "0.16"),
    "LizzieYzy": (LIZZIE_YZY, go_rules(9), None),
    "CGOS": (CGOS, go_rules(9), None),
    "lizgoban": (LIZGOBAN, go_rules(9), None),
    "gomill": (GOMILL, go_rules(9), None),
    "gtp2ogs": (GTP2OGS, go_rules(9), None),
    "gogui-twogtp": (TWOGTP, go_rules(9), None),
}
"""By client: the exchange, the rules and what `--version-string` says."""
