"""A dial of strength for people: levels 1 to 10, by the network at hand for a board, else by random games.

docs/agents.md has what was measured of them.
"""

from dataclasses import replace

from engine.rulesets import Rules
from selfplay.agents import AgentError, AgentSpec, open_agent
from selfplay.bundled import default_agent

NETWORK_LEVELS = (
    (1, 2.0),
    (1, 1.4),
    (1, 1.0),
    (1, 0.5),
    (1, 0.0),
    (4, 0.0),
    (16, 0.0),
    (64, 0.0),
    (160, 0.0),
    (400, 0.0),
)
"""Visits a move and temperature; one visit is the policy without a search."""
UCT_LEVELS = ("random", *(f"uct:{visits}" for visits in (25, 50, 90, 150, 300, 600, 1500, 4000, 10_000)))
NUM_LEVELS = len(NETWORK_LEVELS)


def level_agent(level: int, rules: Rules, threads: int = 1) -> AgentSpec:
    """The agent of a level.

    Args:
        level: 1 for the weakest, up to `NUM_LEVELS`.
        rules: what is to be played.
        threads: that search.

    Raises:
        AgentError: no such level.
    """
    if not 1 <= level <= NUM_LEVELS:
        raise AgentError(f"level {level}: expected 1..{NUM_LEVELS}")
    name = default_agent(rules)
    if name == "threats" or name.startswith("uct:"):
        return open_agent(UCT_LEVELS[level - 1], threads=threads)
    visits, temperature = NETWORK_LEVELS[level - 1]
    return replace(open_agent(name, visits=visits, threads=threads), temperature=temperature)
