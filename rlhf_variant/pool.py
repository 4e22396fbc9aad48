"""The boards that labelers compare: the reference policy's, each cut at a ply of its own, with their truth.

The truth lies in a file apart. Learners of rewards see boards and answers only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save

from engine.board import MOVE_COUNT
from engine.rulesets import Rules
from mcts.evaluator import Floats
from rlhf_variant.boards import Boards, Origins, joined
from rlhf_variant.clips import clips_of, padded_moves
from rlhf_variant.episodes import play_episodes
from rlhf_variant.lab import Lab
from rlhf_variant.sampling_policy import SamplingPolicy
from selfplay.checkpoint import write_atomically
from selfplay.run_store import RunError

BOARDS_FILE = "pool.safetensors"
TRUTH_FILE = "pool-truth.safetensors"
CHUNK = 512


@dataclass(frozen=True)
class Pool:
    """N boards of N games.

    Attributes:
        boards: what is shown.
        plies: `[N]` moves played before each.
        margins: `[N, m]` final points of Black in the first referee's continuations; for truth as labeler and
            for reports.
        moves: `[N, M]` the games before the boards, see `rlhf_variant.clips.padded_moves`; None where a pool
            is older than this.
    """

    boards: Boards
    plies: npt.NDArray[np.int64]
    margins: Floats
    moves: npt.NDArray[np.int16] | None = None

    @property
    def origins(self) -> Origins:
        """Where the boards come from: a game each."""
        return Origins(np.arange(len(self.plies)), self.plies)

    @property
    def expected_results(self) -> npt.NDArray[np.float64]:
        """`[N]` mean of +1, 0, -1 over the continuations, for Black."""
        return np.asarray(np.sign(self.margins).mean(axis=1), np.float64)

    def balanced(self, share: float) -> "Pool":
        """The given share of the boards, those whose mean margin is closest to even, in their order."""
        distance = np.abs(self.margins.mean(axis=1))
        closest = np.argsort(distance, kind="stable")[: round(share * len(distance))]
        return self.select(np.sort(closest))

    def select(self, index: npt.NDArray[np.integer]) -> "Pool":
        """The boards of the given places, in that order."""
        moves = None if self.moves is None else self.moves[index]
        return Pool(self.boards.select(index), self.plies[index], self.margins[index], moves)

    def clips(self, rules: Rules, index: npt.NDArray[np.integer], length: int) -> Boards:
        """The boards of the given places with those before them; see `rlhf_variant.clips.clips_of`.

        Raises:
            RunError: the pool is older than its moves.
        """
        if self.moves is None:
            raise RunError(f"pool: has no moves to make clips of; remove {BOARDS_FILE} and {TRUTH_FILE}")
        return clips_of(rules, self.moves[index], length)


def build_pool(
    folder: Path,
    lab: Lab,
    num_boards: int,
    num_continuations: int,
    progress: Callable[[int], None] = lambda count: None,
) -> Pool:
    """Make or open the pool of a lab.

    Args:
        folder: of the lab.
        lab: plays and judges.
        num_boards: how many; the same board twice is kept once.
        num_continuations: m for each.
        progress: told of finished boards.
    """
    if not (folder / TRUTH_FILE).exists():
        random = np.random.default_rng(np.random.SeedSequence([lab.config.seed, 100]))
        policy = SamplingPolicy(lab.reference, lab.rules, CHUNK)
        parts: list[tuple[Boards, npt.NDArray[np.int64], Floats, npt.NDArray[np.int16]]] = []
        while sum(len(part[0].komi) for part in parts) < num_boards:
            made = play_episodes(
                policy, policy, lab.reference.config, lab.rules, lab.config.cuts, CHUNK, random
            )
            margins = lab.referee.margins(made.state, np.arange(CHUNK), num_continuations, random)
            plies = made.state.scalars[:, MOVE_COUNT].astype(np.int64)
            moves = padded_moves(made.moves, lab.config.cuts[1])
            parts.append((made.boards(), plies, margins, moves))
            progress(CHUNK)
        boards = joined([part[0] for part in parts])
        _, first = np.unique(boards.stones.reshape(len(boards.komi), -1), axis=0, return_index=True)
        kept = np.sort(first)[:num_boards]
        truth = {"margins": np.concatenate([part[2] for part in parts])[kept]}
        plies = np.concatenate([part[1] for part in parts])[kept]
        moves = np.concatenate([part[3] for part in parts])[kept]
        seen = {**boards.select(kept)._asdict(), "plies": plies, "moves": moves}
        write_atomically(folder / BOARDS_FILE, save(seen))
        write_atomically(folder / TRUTH_FILE, save(truth))
    seen, truth = load_file(folder / BOARDS_FILE), load_file(folder / TRUTH_FILE)
    boards = Boards(seen["stones"], seen["to_play"], seen["komi"])
    return Pool(boards, seen["plies"], truth["margins"], seen.get("moves"))
