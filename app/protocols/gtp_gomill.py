"""GTP commands by which gomill, and whoever keeps records of games, asks about the engine and its moves.

Source: Matthew Woodcraft, the gomill documentation, "GTP extensions".
"""

import json

from app.protocols.gtp_params import values
from app.protocols.gtp_session import NAME, Arguments, Command, GtpSession

MOST_MOVES = 5
"""Moves that an explanation names."""


def cpu_time(session: GtpSession, _: Arguments) -> str:
    """Seconds of computing, of all cores together, that went into choosing moves."""
    return f"{session.thinking_cpu_s:.3f}"


def explain_last_move(session: GtpSession, _: Arguments) -> str:
    """What the agent saw before the move that it chose last: chance, visits, best moves; else nothing."""
    from engine.notation import vertex_of_action

    analysis = session.latest
    if analysis is None:
        return ""
    lines = [f"{analysis.visits} visits, {analysis.win_rate_to_play:.1%} to win"]
    for move in analysis.moves[:MOST_MOVES]:
        variation = " ".join(vertex_of_action(action, session.rules) for action in move.variation)
        lines.append(f"{move.visits} visits, {move.win_rate_to_play:.1%}: {variation}")
    return "\n".join(lines)


def describe_engine(session: GtpSession, _: Arguments) -> str:
    """Name, version, the agent, and all that decides what it plays."""
    spec, agent = session.opponent.spec, session.agent
    parameters = [f"{name} {json.dumps(value)}" for name, value in values(session).items()]
    resigns = "never" if spec.resigns is None else f"below {agent.resign_below:g}"
    return "\n".join(
        [
            f"{NAME} {session.version}",
            f"agent: {session.opponent.label}",
            f"search: {', '.join(parameters) or 'none'}",
            f"settings: {' '.join(spec.search_settings) or 'none'}",
            f"backend: {spec.backend}",
            f"resigns: {resigns}",
            f"seed: {'new each time' if agent.seed is None else agent.seed}",
        ]
    )


COMMANDS: dict[str, Command] = {
    "gomill-cpu_time": cpu_time,
    "gomill-explain_last_move": explain_last_move,
    "gomill-describe_engine": describe_engine,
}
