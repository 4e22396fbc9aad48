"""Where handicap stones go when a number is all that is said.

Source: Gunnar Farnebäck, "Specification of the Go Text Protocol, version 2, draft 2", section 4.1.1, which
speaks of squares; rectangles follow the same rule side by side.
"""

from collections.abc import Sequence

import numpy as np

from engine.notation import vertex_of_action
from engine.rulesets import Rules

SMALLEST_SIDE = 7
MOST_STONES = 9


def most_fixed_stones(rules: Rules) -> int:
    """The largest fixed handicap: 9, or 4 where a side is even or 7, or 0 where one is smaller."""
    sides = (rules.width, rules.height)
    if min(sides) < SMALLEST_SIDE:
        return 0
    return 4 if any(side % 2 == 0 or side == SMALLEST_SIDE for side in sides) else MOST_STONES


def fixed_handicap(rules: Rules, num_stones: int) -> list[int]:
    """The points of a fixed handicap.

    Args:
        rules: of a board with sides of 7 or more.
        num_stones: 2 to `most_fixed_stones`.

    Returns:
        Actions: two opposite corners first, then the other corners, the sides, and the middle for 5, 7 and 9.
    """
    left, middle, right = _lines(rules.width)
    top, center, bottom = _lines(rules.height)
    corners = [(left, bottom), (right, top), (left, top), (right, bottom)]
    sides = [(left, center), (right, center), (middle, bottom), (middle, top)]
    places = (corners + sides)[:num_stones]
    if num_stones >= 5 and num_stones % 2 == 1:
        places[num_stones - 1 :] = [(middle, center)]
    return [y * rules.width + x for x, y in places]


def free_handicap(rules: Rules, num_stones: int) -> list[int]:
    """Points for an engine that may choose them: the fixed ones first, then where most room is left.

    Args:
        rules: of a board with more points than stones.
        num_stones: 2 or more.
    """
    most = most_fixed_stones(rules)
    actions = fixed_handicap(rules, min(num_stones, most)) if most else []
    y, x = np.indices((rules.height, rules.width))
    # The distance to the nearest stone, but no more than twice that to the edge.
    room = 2 * np.minimum(np.minimum(x, rules.width - 1 - x), np.minimum(y, rules.height - 1 - y)) + 1
    for count in range(num_stones):
        if count == len(actions):
            actions.append(int(room.argmax()))
        row, column = divmod(actions[count], rules.width)
        room = np.minimum(room, abs(y - row) + abs(x - column))
    return actions


def handicap_fault(actions: Sequence[int], rules: Rules) -> tuple[str, str] | None:
    """What is wrong with handicap stones on an empty board, and why; None where they may stand.

    Args:
        actions: where they shall stand.
        rules: of the game.
    """
    if rules.game != "go":
        return "handicap", "expected a game of Go"
    for action in actions:
        if not 0 <= action < rules.area:
            return str(action), "off the board"
        if actions.count(action) > 1:
            return vertex_of_action(action, rules), "named twice"
    if not 2 <= len(actions) < rules.area:
        return f"handicap of {len(actions)}", f"expected 2..{rules.area - 1} stones"
    return None


def _lines(side: int) -> tuple[int, int, int]:
    """Third lines from the edges and the middle; fourth lines from 13 on."""
    edge = 3 if side >= 13 else 2
    return edge, side // 2, side - 1 - edge
