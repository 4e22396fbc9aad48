"""Slow, obviously correct life and death of chains: Benson's theorem, the same by trying all, ladders.

Boards and points are those of `naive_go`.
"""

from __future__ import annotations

from naive_go import (
    EMPTY,
    Board,
    border_of,
    liberties_of,
    neighbors_of,
    opponent_of,
    place_stone,
    region_of,
)

Points = frozenset[int]


def connected_parts(points: set[int], width: int, height: int) -> list[Points]:
    """The maximal connected sets of some points."""
    parts = []
    rest = set(points)
    while rest:
        part, frontier = set(), {rest.pop()}
        while frontier:
            part |= frontier
            frontier = {n for p in frontier for n in neighbors_of(p, width, height)} & points - part
        rest -= part
        parts.append(frozenset(part))
    return parts


def alive_stones(board: Board, width: int, height: int, color: int, suicide: bool) -> set[int]:
    """The stones of a color that Benson's theorem calls unconditionally alive."""
    own = {p for p, stone in enumerate(board) if stone == color}
    chains = connected_parts(own, width, height)
    regions = connected_parts(set(range(width * height)) - own, width, height)

    def is_vital(region: Points, chain: Points) -> bool:
        must_touch = region if suicide else {p for p in region if board[p] == EMPTY}
        return bool(must_touch) and must_touch <= border_of(set(chain), width, height)

    while True:
        standing = set().union(*chains)
        kept_regions = [r for r in regions if border_of(set(r), width, height) <= standing]
        kept_chains = [c for c in chains if sum(is_vital(r, c) for r in kept_regions) >= 2]
        if (kept_chains, kept_regions) == (chains, regions):
            return standing
        chains, regions = kept_chains, kept_regions


def pass_alive_owner(board: Board, width: int, height: int, suicide: bool) -> Board:
    """Who owns each point: alive stones, and parts without them in which at most one point touches none."""
    owner = [EMPTY] * len(board)
    for color in (1, 2):
        alive = alive_stones(board, width, height, color, suicide)
        if alive:
            owned = set(alive)
            for part in connected_parts(set(range(width * height)) - alive, width, height):
                if sum(not neighbors_of(p, width, height) & alive for p in part) <= 1:
                    owned |= part
            assert all(owner[p] == EMPTY for p in owned), "a point of both colors"
            owner = [color if p in owned else old for p, old in enumerate(owner)]
    return tuple(owner)


def boards_if_color_passes(board: Board, width: int, height: int, color: int, suicide: bool) -> set[Board]:
    """All boards that the opponent of a color can reach while the color only passes; ko does not matter."""
    attacker = opponent_of(color)
    reached, frontier = {board}, [board]
    while frontier:
        current = frontier.pop()
        for point in range(width * height):
            if current[point] != EMPTY:
                continue
            placement = place_stone(current, width, height, point, attacker)
            is_legal = not placement.suicided or (suicide and len(placement.suicided) > 1)
            if is_legal and placement.board not in reached:
                reached.add(placement.board)
                frontier.append(placement.board)
    return reached


def is_caught(
    board: Board, width: int, height: int, stone: int, to_play: int, ko_point: int | None = None
) -> bool:
    """Whether the chain at a stone is caught in a ladder, all moves of the ladder tried.

    The attacker takes one of two liberties; the defender, in atari, extends or captures a chain in atari
    beside him. A capture that simple ko forbids saves him.
    """
    color = board[stone]
    chain = region_of(board, width, height, stone)
    liberties = liberties_of(board, width, height, chain)
    if to_play == color:
        moves = set(liberties)
        for point in border_of(chain, width, height):
            if board[point] == opponent_of(color):
                attackers = region_of(board, width, height, point)
                their_liberties = liberties_of(board, width, height, attackers)
                moves |= their_liberties if len(their_liberties) == 1 else set()
    elif len(liberties) > 2:
        return False
    elif len(liberties) == 1:
        return liberties != {ko_point}
    else:
        moves = liberties
    answers = []
    for move in moves - {ko_point}:
        placement = place_stone(board, width, height, move, to_play)
        if not placement.suicided:
            next_ko = ko_point_after(placement.board, width, height, move, placement.captured)
            answers.append(is_caught(placement.board, width, height, stone, opponent_of(to_play), next_ko))
    return all(answers) if to_play == color else any(answers)


def ko_point_after(board: Board, width: int, height: int, move: int, captured: Points) -> int | None:
    """The point that simple ko bans after a move, if any."""
    chain = region_of(board, width, height, move)
    if len(captured) == 1 and len(chain) == 1 and liberties_of(board, width, height, chain) == captured:
        return next(iter(captured))
    return None
