"""Go and Gomoku as a PettingZoo environment: two agents take turns under any rules and at any size.

`pip install 'yomi[pettingzoo]'` brings what it needs. The observation is what networks see (`engine.planes`).
The rules say when a game ends, so nothing is ever truncated.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from pettingzoo import AECEnv
from pettingzoo.utils import wrappers

from engine.board import BLACK, KO_POINT, PASS_POINT, TO_PLAY, WHITE, copy_row, new_state
from engine.errors import NotationError
from engine.game import Game
from engine.planes import NUM_PLANES, write_planes
from engine.rulesets import Rules

AGENT_OF_COLOR = {BLACK: "black_0", WHITE: "white_0"}
COLOR_OF_AGENT = {agent: color for color, agent in AGENT_OF_COLOR.items()}
Observation = dict[str, npt.NDArray[Any]]


def env(rules: Rules, render_mode: str | None = None) -> AECEnv[str, Observation, int]:
    """The environment with the wrappers that PettingZoo's own games have.

    An illegal action ends the game with -1 for who tried it; a call before `reset` is an error.

    Args:
        rules: the game, its size and its rules.
        render_mode: `ansi` makes `render` return the drawn board.
    """
    wrapped: Any = wrappers.TerminateIllegalWrapper(BoardEnv(rules, render_mode), illegal_reward=-1)
    return wrappers.OrderEnforcingWrapper(wrappers.AssertOutOfBoundsWrapper(wrapped))


class BoardEnv(AECEnv[str, Observation, int]):  # type: ignore[misc]  # PettingZoo has no types
    """The environment without wrappers: an illegal action raises `IllegalMoveError`.

    Attributes:
        game: the game that is played; treat it as read-only.
    """

    def __init__(self, rules: Rules, render_mode: str | None = None) -> None:
        """See `env` for the arguments."""
        super().__init__()
        self.metadata = {"name": f"{rules.game}_v0", "render_modes": ["ansi"], "is_parallelizable": False}
        self.render_mode = render_mode
        self.possible_agents = [AGENT_OF_COLOR[BLACK], AGENT_OF_COLOR[WHITE]]
        shape = (NUM_PLANES, rules.height, rules.width)
        self.observation_spaces = {
            agent: spaces.Dict(
                {
                    "observation": spaces.Box(-np.inf, np.inf, shape, np.float32),
                    "action_mask": spaces.Box(0, 1, (rules.num_actions,), np.int8),
                }
            )
            for agent in self.possible_agents
        }
        self.action_spaces = {agent: spaces.Discrete(rules.num_actions) for agent in self.possible_agents}
        self._rules = rules
        self._other_view = new_state(rules)
        self.reset()

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Start a new game. Nothing in it is random, so neither argument changes anything."""
        self.game = Game(self._rules)
        self.agents = list(self.possible_agents)
        self.agent_selection = AGENT_OF_COLOR[BLACK]
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict[str, Any]] = {agent: {} for agent in self.agents}

    def step(self, action: int | None) -> None:
        """Play for the agent whose turn it is; once the game is over every agent takes the step None.

        Raises:
            IllegalMoveError: the rules forbid it; the game stays as it was.
        """
        agent = self.agent_selection
        if self.terminations[agent]:
            self._was_dead_step(action)
            return
        if action is None:
            raise NotationError(f"action None of {agent}: expected 0..{self._rules.pass_action}")
        self.game.play(int(action))
        self._cumulative_rewards[agent] = 0.0
        self.agent_selection = AGENT_OF_COLOR[self.game.to_play]
        if self.game.is_over:
            black = float(np.sign(self.game.score_black()))
            self.rewards = {AGENT_OF_COLOR[BLACK]: black, AGENT_OF_COLOR[WHITE]: -black}
            self.terminations = dict.fromkeys(self.agents, True)
        self._accumulate_rewards()

    def observe(self, agent: str) -> Observation:
        """What an agent sees: the planes from its side, and its legal actions, none out of turn."""
        color = COLOR_OF_AGENT[agent]
        mask = np.zeros(self._rules.num_actions, np.int8)
        state = self.game.state
        if color == self.game.to_play:
            mask[self.game.legal_actions()] = 1
        else:
            state = self._other_view
            copy_row(self.game.state, 0, state, 0)
            state.scalars[0, TO_PLAY] = color
            state.scalars[0, KO_POINT] = PASS_POINT
        planes = np.empty((1, NUM_PLANES, self._rules.height, self._rules.width), np.float32)
        write_planes(state, 0, planes, 0)
        return {"observation": planes[0], "action_mask": mask}

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """The same space object at every call."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """All points, row by row from the top, then pass: the same object at every call."""
        return self.action_spaces[agent]

    def render(self) -> str | None:
        """The board as text in the mode `ansi`, else None."""
        return self.game.draw() if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Nothing to release."""
