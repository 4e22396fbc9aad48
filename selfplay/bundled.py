"""The networks that come along with the package, and which agent plays where nobody is named."""

from pathlib import Path

from engine.rulesets import Rules

WEIGHTS_FOLDER = Path(__file__).parent / "weights"


def bundled_weights(name: str) -> Path:
    """Where the weights of a bundled agent lie."""
    return WEIGHTS_FOLDER / f"{name}.safetensors"


def bundled_agents() -> list[str]:
    """Names of the agents that ship with the package."""
    return sorted(path.stem for path in WEIGHTS_FOLDER.glob("*.safetensors"))


def default_agent(rules: Rules) -> str:
    """The strongest agent at hand for a game: see docs/agents.md for how strong each is where.

    Args:
        rules: what is to be played.
    """
    side = max(rules.width, rules.height)
    wanted = "uct:1000"
    if rules.game == "go" and 6 <= side <= 9:
        wanted = "go7" if side <= 7 else "go9"
    elif rules.game == "gomoku" and rules.line_length == 4 and side == 6:
        wanted = "gomoku6"
    elif rules.game == "gomoku" and rules.line_length == 5:
        is_known = rules.line_rule == "freestyle" and rules.width == rules.height and 9 <= side <= 15
        return "gomoku15" if is_known and "gomoku15" in bundled_agents() else "threats"
    return wanted if wanted in bundled_agents() else "uct:1000"
