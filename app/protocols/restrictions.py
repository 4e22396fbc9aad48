"""Moves that a client wants left out of an analysis, or looked at alone, in GTP and in JSON.

KataGo leaves them out up to a depth that the client names; here they are left out of the next move, which is
what board programs ask for.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import YomiError

if TYPE_CHECKING:
    from engine.board import State
    from engine.rulesets import Rules


@dataclass(frozen=True)
class Restriction:
    """What one side may play.

    Attributes:
        color: BLACK or WHITE.
        actions: moves of that side.
        is_allowed: whether it is to play one of them, else none of them.
    """

    color: int
    actions: frozenset[int]
    is_allowed: bool


def allowed_moves(
    position: "State", rules: "Rules", restrictions: Iterable[Restriction]
) -> Collection[int] | None:
    """The legal moves that are left to the side to move, None where nothing restricts it.

    Args:
        position: in row 0.
        rules: of the game.
        restrictions: of either side.

    Raises:
        YomiError: none is left.
    """
    import numpy as np

    from engine.board import TO_PLAY
    from engine.rules_kernels import legal_actions

    own = [one for one in restrictions if one.color == int(position.scalars[0, TO_PLAY])]
    if not own:
        return None
    actions = np.empty(rules.num_actions, np.int16)
    left = set(actions[: legal_actions(position, 0, actions)].tolist())
    for one in own:
        left = left & one.actions if one.is_allowed else left - one.actions
    if not left:
        raise YomiError("avoid and allow: expected a legal move to be left")
    return frozenset(left)
