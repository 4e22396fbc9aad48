"""What keys and typed words do on the screen of `yomi play`."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding("p", "pass_move", "Pass"),
    Binding("u", "undo", "Undo"),
    Binding("r", "redo", "Redo"),
    Binding("left_square_bracket", "step(-1)", "Back", key_display="[", show=False),
    Binding("right_square_bracket", "step(1)", "Forward", key_display="]", show=False),
    Binding("t", "hint", "Tip"),
    Binding("a", "analysis", "Analysis"),
    Binding("o", "ownership", "Ownership", show=False),
    Binding("c", "count", "Count"),
    Binding("g", "agent_moves", "Go on", show=False),
    Binding("n", "new_game", "New"),
    Binding("s", "save", "Save"),
    Binding("L", "load", "Load"),
    Binding("R", "resign", "Resign", show=False),
    # Before all others, so that keys pasted behind it arrive in the line to type in.
    Binding("colon", "type", "Type", key_display=":", show=False, priority=True),
    Binding("escape", "board", "Board", show=False),
    Binding("question_mark", "show_help_panel", "Keys", key_display="?"),
    Binding("q", "quit", "Quit"),
    Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    *(Binding(str(order), f"variation({order})", "Variation", show=False) for order in range(1, 10)),
]

WORDS = {
    "pass": "pass_move",
    "undo": "undo",
    "redo": "redo",
    "hint": "hint",
    "resign": "resign",
    "score": "count",
    "count": "count",
    "go": "agent_moves",
    "new": "new_game",
    "save": "save",
    "load": "load",
    "analysis": "analysis",
    "ownership": "ownership",
    "quit": "quit",
}
"""What may be typed besides a vertex, and the action it stands for."""
