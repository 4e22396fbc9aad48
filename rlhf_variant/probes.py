"""Which boards drawn by hand there are for a game."""

from engine.rulesets import Rules
from rlhf_variant.gomoku_probes import gomoku_probes
from rlhf_variant.probe_boards import Probe, probes_of


def probes_for(rules: Rules) -> list[Probe]:
    """The probes of a game: of Go on 7x7 and 9x9, of Gomoku see `gomoku_probes`; none for the others."""
    if rules.game == "gomoku":
        return gomoku_probes(rules)
    return probes_of(rules.height) if rules.width == rules.height else []
