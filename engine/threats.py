"""Threats in Gomoku from Python: does a side win by continuous fours, and how."""

from dataclasses import dataclass
from typing import Literal

from engine.board import GAME, GO, HEIGHT, TO_PLAY, WIDTH, State
from engine.errors import RulesError
from engine.geometry import action_of
from engine.vcf_kernels import NO_VCF, NODE_LIMIT, new_vcf_space, search_vcf


@dataclass(frozen=True)
class VcfResult:
    """What a search for a victory by continuous fours (VCF) found.

    Attributes:
        verdict: `win`, `none` when the side has no VCF, or `limit` when the search ended before it knew.
        line: the moves of a win in turn, the attacker's first; empty otherwise. The last one completes a
            line, or is the first four that no parry stops.
        nodes: fours that were tried.
    """

    verdict: Literal["win", "none", "limit"]
    line: tuple[int, ...]
    nodes: int

    @property
    def action(self) -> int | None:
        """The first move of the win, None without one."""
        return self.line[0] if self.line else None


def find_vcf(state: State, row: int, node_limit: int = 10_000, attacker: int | None = None) -> VcfResult:
    """Search a victory by continuous fours. It obeys the row's line rule, Black's forbidden points included.

    Args:
        state: the batch; the row is used as working space and comes back as it was.
        row: which game, of Gomoku.
        node_limit: fours to try at most.
        attacker: BLACK or WHITE, treated as the side to move; left out, who is to move.

    Raises:
        RulesError: the row holds a game of Go.
    """
    if state.rules[row, GAME] == GO:
        raise RulesError("victory by continuous fours: expected a game of Gomoku")
    width, height = int(state.rules[row, WIDTH]), int(state.rules[row, HEIGHT])
    color = int(state.scalars[row, TO_PLAY]) if attacker is None else attacker
    space = new_vcf_space(width * height)
    length = search_vcf(state, row, color, node_limit, space)
    nodes = int(space.nodes[0])
    if length == NODE_LIMIT:
        return VcfResult("limit", (), nodes)
    if length == NO_VCF:
        return VcfResult("none", (), nodes)
    return VcfResult("win", tuple(int(action_of(int(point), width)) for point in space.line[:length]), nodes)
