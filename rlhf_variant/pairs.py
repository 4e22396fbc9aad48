"""Questions from games: unrelated boards, siblings, finished boards, clips, whole games."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.board import IS_OVER, copy_row, new_state
from engine.rules_kernels import legal_actions, play
from engine.rulesets import Rules
from rlhf_variant.board_text import board_texts, boards_of_texts, canonical_keys
from rlhf_variant.boards import Boards, joined, present_boards, swap_colors
from rlhf_variant.pairing import PLY_BUCKET, Sides, crossing, draw, is_held_out, numbered
from rlhf_variant.query import PairType, Query, QueryError, Side, Source
from selfplay.records import GameRecord

OPENING_PLIES = 2
"""Whole games are compared if they begin with the same moves."""
SIBLINGS_PER_GAME = 4
MEDIAN_SAMPLE = 4000
Margins = dict[str, float]


@dataclass(frozen=True)
class SourceGame:
    """A game with who played it.

    Attributes:
        record: the game.
        policy_hash: names the policy.
        seed: of its match.
    """

    record: GameRecord
    policy_hash: str
    seed: int


@dataclass(frozen=True)
class PairConfig:
    """Which questions are drawn.

    Attributes:
        pair_type: what is compared.
        min_ply: fewest moves before a compared board.
        clip_length: boards of a segment. In an even number each side is to move in half of them, so what a
            model adds for the side to move cancels and is never taught: it cannot judge single boards then.
        held_out_share: of the games, never trained on.
        hard_share: of the pairs, drawn from those whose games ended nearer to each other than most.
    """

    pair_type: PairType = "boards"
    min_ply: int = 8
    clip_length: int = 5
    held_out_share: float = 0.2
    hard_share: float = 0.0

    def __post_init__(self) -> None:
        for name in ("held_out_share", "hard_share"):
            if not 0 <= getattr(self, name) < 1:
                raise QueryError(f"{name} {getattr(self, name)}: expected a share from 0 to below 1")
        if self.min_ply < 0 or not 2 <= self.clip_length <= 64:
            raise QueryError("min_ply and clip_length: expected at least 0, and 2..64")


@dataclass(frozen=True)
class _Candidate:
    """A side that may be drawn; only sides of one bucket are compared."""

    bucket: tuple[object, ...]
    side: Side
    is_held_out: bool
    keys: tuple[str, ...]
    """Hashes of the boards that must stay on one side of the split."""


def draw_queries(
    games: Sequence[SourceGame],
    num_pairs: int,
    config: PairConfig,
    random: np.random.Generator,
    margins: Margins | None = None,
    about: Collection[str] | None = None,
) -> list[Query]:
    """Draw questions; see `rlhf_variant.pairing` for the split and the reversed colors.

    Args:
        games: under one set of rules.
        num_pairs: how many questions.
        config: which.
        random: source of randomness.
        margins: final points of Black by digest, for hard pairs.
        about: digests of the games that are asked about, None for all; boards of the other games are only
            kept on their side of the split.

    Raises:
        QueryError: the games do not give so many different pairs.
    """
    if config.hard_share and (margins is None or config.pair_type == "siblings"):
        raise QueryError("hard pairs: expected final results, and sides of different games")
    rules = games[0].record.rules
    if rules.game == "gomoku" and config.pair_type == "finished":
        raise QueryError("finished boards: expected a game of Go; a line of five betrays the result")
    candidates = [c for game in games for c in _candidates(game, config, random)]
    held_out = np.array([c.is_held_out for c in candidates], np.bool_)
    sides = Sides(
        numbered(c.bucket for c in candidates),
        numbered(c.side.source.game_hash for c in candidates),
        numbered(c.side.boards for c in candidates),
        held_out,
        crossing([c.keys for c in candidates], held_out)
        | np.array(
            [about is not None and c.side.source.game_hash not in about for c in candidates], np.bool_
        ),
    )
    limit = _median_gap(margins, random) if config.hard_share and margins else 0.0

    def is_hard(one: int, other: int) -> bool:
        assert margins is not None
        return _gap(candidates[one].side, candidates[other].side, margins) <= limit

    drawn = draw(
        sides,
        num_pairs,
        config.held_out_share,
        random,
        within_games=config.pair_type == "siblings",
        hard_share=config.hard_share,
        is_hard=is_hard,
    )
    text = rules_as_text(rules)
    return [
        Query(
            config.pair_type,
            text,
            reversed_side(candidates[one].side) if reversed_one else candidates[one].side,
            reversed_side(candidates[other].side) if reversed_other else candidates[other].side,
            "ab" if random.random() < 0.5 else "ba",
            "held_out" if held_out[one] else "train",
        )
        for one, other, reversed_one, reversed_other in zip(*drawn, strict=True)
    ]


def rules_as_text(rules: Rules) -> str:
    """What is played, as JSON."""
    return json.dumps(rules.to_dict(), sort_keys=True)


def boards_along(record: GameRecord) -> Boards:
    """`[T + 1]` boards of a game, before each move and at the end."""
    state = new_state(record.rules)
    row = np.zeros(1, np.int64)
    boards = [present_boards(state, row)]
    for move in record.moves:
        play(state, 0, int(move))
        boards.append(present_boards(state, row))
    return joined(boards)


def reversed_side(side: Side) -> Side:
    """The same side with colors reversed."""
    twins = board_texts(swap_colors(boards_of_texts(list(side.boards))))
    return replace(side, boards=tuple(twins), is_reversed=not side.is_reversed)


def _candidates(game: SourceGame, config: PairConfig, random: np.random.Generator) -> list[_Candidate]:
    digest, length = game.record.digest(), game.record.num_moves
    held_out = is_held_out(digest, config.held_out_share)

    def candidate(texts: Sequence[str], ply: int, *bucket: object) -> _Candidate:
        source = Source(digest, game.policy_hash, game.seed, ply)
        kept_apart = texts[-1:] if config.pair_type == "games" else texts
        keys = tuple(canonical_keys(boards_of_texts(list(kept_apart))))
        return _Candidate((*bucket, texts[-1].split(" ")[1]), Side(tuple(texts), source), held_out, keys)

    if config.pair_type == "siblings":
        plies = np.arange(config.min_ply, length)
        chosen = random.choice(plies, size=min(SIBLINGS_PER_GAME, len(plies)), replace=False)
        return [
            candidate([text], int(ply) + 1, digest, int(ply))
            for ply in chosen
            for text in _afterstates(game.record, int(ply), random)
        ]
    texts = board_texts(boards_along(game.record))
    last = length if game.record.rules.game == "go" else length - 1
    if config.pair_type == "finished":
        return [candidate(texts[-1:], length)]
    if config.pair_type == "games":
        opening = tuple(game.record.moves[:OPENING_PLIES].tolist())
        return [candidate(texts[: last + 1], last, opening)] if last > OPENING_PLIES else []
    span = config.clip_length if config.pair_type == "segments" else 1
    return [
        candidate(texts[ply - span + 1 : ply + 1], ply, ply // PLY_BUCKET)
        for ply in range(config.min_ply + span - 1, length)
    ]


def _afterstates(record: GameRecord, ply: int, random: np.random.Generator) -> list[str]:
    """Two boards after different moves in one position of a game, neither of them its end."""
    before = new_state(record.rules)
    for move in record.moves[:ply]:
        play(before, 0, int(move))
    actions = np.empty(record.rules.num_actions, np.int16)
    legal = actions[: legal_actions(before, 0, actions)]
    legal = legal[legal < record.rules.area]
    texts: list[str] = []
    after = new_state(record.rules)
    for action in random.permutation(legal):
        copy_row(before, 0, after, 0)
        play(after, 0, int(action))
        if not after.scalars[0, IS_OVER] and len(texts) < 2:
            texts += board_texts(present_boards(after, np.zeros(1, np.int64)))
    return texts


def _median_gap(margins: Margins, random: np.random.Generator) -> float:
    """How far the results of two games of the pool are apart, in the middle."""
    points = random.choice(np.array(list(margins.values())), size=(MEDIAN_SAMPLE, 2))
    return float(np.median(np.abs(points[:, 0] - points[:, 1])))


def _gap(one: Side, other: Side, margins: Margins) -> float:
    return abs(margins[one.source.game_hash] - margins[other.source.game_hash])
