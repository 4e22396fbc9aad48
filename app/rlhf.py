"""`yomi rlhf`: the group of commands that learn from preferences."""

import click

from app.lazy_group import LazyGroup

COMMANDS = {
    "collect": "Play games and ask which of two boards is better.",
    "simulate": "Let a simulated labeler answer.",
    "label": "Answer yourself, two boards side by side.",
    "exchange": "Write or read comparisons as JSON lines.",
    "fit": "Teach reward models by answered comparisons.",
    "eval": "Report how well reward models foretell answers.",
    "probe": "Test a reward on known boards, and look for boards that fool it.",
    "train": "Learn from preferences between boards.",
    "sweep": "Run an experiment, arm by arm and seed by seed.",
    "bon": "Judge the best of n games by the rewards of an experiment.",
    "report": "Write one page about an experiment.",
}
"""Each command and its help in short; `app.preferences.NAME.NAME` is the command itself."""


@click.group(cls=LazyGroup, package="app.preferences", table=COMMANDS)
def rlhf() -> None:
    """Learn from preferences between boards instead of who wins."""
