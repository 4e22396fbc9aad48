"""Episodes of one learner against a frozen opponent, cut at a hidden ply: the boards that are judged."""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine.board import BLACK, IS_OVER, TO_PLAY, WHITE, State, new_state
from engine.rules_kernels import mask_legal_actions
from engine.rulesets import Rules
from mcts.evaluator import Floats, Rows
from rlhf_variant.boards import Boards, present_boards
from selfplay.agents import Agent
from selfplay.generate import play_actions
from selfplay.inputs import InputWriter
from selfplay.network import NetworkConfig

Integers = npt.NDArray[np.int64]


class Side(Protocol):
    """Whoever plays one side of many games."""

    def choose(self, state: State, rows: Rows, random: np.random.Generator) -> Integers:
        """`[n]` legal actions for the sides to move."""
        ...


class AgentSide:
    """An agent of `selfplay.agents` as a side; it has a randomness of its own."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    def choose(self, state: State, rows: Rows, random: np.random.Generator) -> Integers:
        """See `Side.choose`."""
        return self._agent.choose(state, rows)


class Episodes(NamedTuple):
    """E episodes and the T decisions that the learner took in them."""

    state: State
    """The boards at the cut, one a row."""
    color: npt.NDArray[np.int8]
    """`[E]` the learner's color."""
    planes: Floats
    """`[T, C, H, W]` what it saw."""
    masks: npt.NDArray[np.bool_]
    """`[T, A]` what it could play."""
    actions: Integers
    """`[T]` what it played."""
    episode: Integers
    """`[T]` of which episode each decision is."""
    moves: list[list[int]]
    """All moves of each episode, the opponent's too."""
    num_evaluations: int
    """Forward passes of both sides."""

    @property
    def sign(self) -> Floats:
        """`[E]` +1 where the learner is Black, -1 where it is White."""
        return np.where(self.color == BLACK, np.float32(1), np.float32(-1))

    def boards(self) -> Boards:
        """The boards at the cut."""
        return present_boards(self.state, np.arange(len(self.color)))


def play_episodes(
    learner: Side,
    opponent: Side,
    config: NetworkConfig,
    rules: Rules,
    cuts: tuple[int, int],
    num_episodes: int,
    random: np.random.Generator,
) -> Episodes:
    """Play from the empty board to a ply drawn uniformly, unknown to both sides; colors alternate.

    Two passes end an episode early; learners never pass, other agents may.

    Args:
        learner: whose decisions are kept.
        opponent: the other side.
        config: of the learner's network: what it sees.
        rules: what is played.
        cuts: fewest and most plies before the board is read.
        num_episodes: how many, all in lockstep.
        random: source of randomness.
    """
    state = new_state(rules, num_episodes)
    color = np.where(np.arange(num_episodes) % 2 == 0, BLACK, WHITE).astype(np.int8)
    cut = random.integers(cuts[0], cuts[1] + 1, size=num_episodes)
    writer = InputWriter(config, rules)
    planes, masks, actions, episode = [], [], [], []
    moves: list[list[int]] = [[] for _ in range(num_episodes)]
    num_evaluations = 0
    for ply in range(cuts[1]):
        going = np.flatnonzero((cut > ply) & (state.scalars[:, IS_OVER] == 0))
        is_own = state.scalars[going, TO_PLAY] == color[going]
        for rows, is_learner in ((going[is_own], True), (going[~is_own], False)):
            if not len(rows):
                continue
            if is_learner:
                seen = np.empty((len(rows), config.num_planes, rules.height, rules.width), np.float32)
                writer.write(state, rows, seen)
                mask = np.empty((len(rows), rules.num_actions), np.bool_)
                mask_legal_actions(state, rows, False, mask)
                planes.append(seen)
                masks.append(mask)
                episode.append(rows)
            chosen = (learner if is_learner else opponent).choose(state, rows, random)
            if is_learner:
                actions.append(chosen)
            play_actions(state, rows, chosen)
            for row, action in zip(rows, chosen, strict=True):
                moves[row].append(int(action))
            num_evaluations += len(rows)
    return Episodes(
        state,
        color,
        np.concatenate(planes),
        np.concatenate(masks),
        np.concatenate(actions),
        np.concatenate(episode),
        moves,
        num_evaluations,
    )
