"""GTP commands about the end of a game of Go: who owns what, which stones are dead, taking them off."""

from typing import TYPE_CHECKING

from app.protocols.gtp_session import Arguments, Command, GtpSession, color_of
from app.protocols.gtp_text import Refusal
from engine.errors import NotationError

if TYPE_CHECKING:
    from engine.game import Game

NUM_GAMES = 400
DEAD_BELOW = -0.25
"""A chain is dead if random games leave its points to its color less than this, -1..1."""
STATUSES = ("alive", "dead", "seki")


def final_status_list(session: GtpSession, words: Arguments) -> str:
    """List the stones of a status, a chain a line; random games judge, and none are in seki by them."""
    from engine.notation import vertex_of_action

    if not words or words[0] not in STATUSES:
        raise Refusal("invalid status")
    is_dead = words[0] == "dead"
    dead = dead_chains(session)
    chosen = (
        [] if words[0] == "seki" else [chain for chain in chains(session.game) if (chain in dead) == is_dead]
    )
    return "\n".join(
        " ".join(vertex_of_action(action, session.rules) for action in chain) for chain in chosen
    )


def kgs_genmove_cleanup(session: GtpSession, words: Arguments) -> str:
    """Choose a move and play it; no pass while dead stones of the opponent can be taken."""
    color = color_of(words)
    action = session.choose(color)
    if action == session.rules.pass_action:
        action = next(iter(_capturing_moves(session, color)), action)
    return session.move(action, color)


def unconditional_status(session: GtpSession, words: Arguments) -> str:
    """What pass-alive analysis says of a point, in the words of GNU Go."""
    from engine.board import BLACK, EMPTY
    from engine.notation import action_of_vertex

    try:
        action = action_of_vertex(words[0], session.rules)
        owner = int(session.game.pass_alive().ravel()[action])
    except (IndexError, NotationError):
        raise Refusal("invalid coordinate") from None
    stone = int(session.game.stones().ravel()[action])
    if owner == EMPTY:
        return "undecided"
    if stone == EMPTY:
        return "black_territory" if owner == BLACK else "white_territory"
    return "alive" if stone == owner else "dead"


def ownership(session: GtpSession, _: Arguments) -> str:
    """Who owns each point by random games: a number from -1 (White) to 1, row by row."""
    import numpy as np

    from mcts.forecast import RolloutForecaster

    game = session.game
    forecaster = RolloutForecaster(game.rules, np.random.SeedSequence(session.agent.seed))
    shares = forecaster.forecast(game.state, np.zeros(1, np.int64)).ownership_black
    assert shares is not None
    rows = shares[0].reshape(game.rules.height, game.rules.width)
    return "\n" + "\n".join(" ".join(f"{share:.2f}" for share in row) for row in rows)


def chains(game: "Game") -> list[tuple[int, ...]]:
    """The actions of the stones of each chain, in the order of their first."""
    from engine.board import EMPTY
    from engine.geometry import point_of

    heads: dict[int, list[int]] = {}
    for action, stone in enumerate(game.stones().ravel()):
        if stone != EMPTY:
            point = point_of(action, game.rules.width)
            heads.setdefault(int(game.state.chain_head[0, point]), []).append(action)
    return [tuple(chain) for chain in heads.values()]


def dead_chains(session: GtpSession) -> list[tuple[int, ...]]:
    """The chains that are proven dead, or lost in most random games from here."""
    import numpy as np

    from engine.board import BLACK
    from mcts.forecast import RolloutForecaster

    game = session.game
    proven, stones = set(game.proven_dead()), game.stones().ravel()
    forecaster = RolloutForecaster(game.rules, np.random.SeedSequence(session.agent.seed), NUM_GAMES)
    ownership = forecaster.forecast(game.state, np.zeros(1, np.int64)).ownership_black
    assert ownership is not None
    dead = []
    for chain in chains(game):
        sign = 1 if stones[chain[0]] == BLACK else -1
        if proven.issuperset(chain) or sign * ownership[0, list(chain)].mean() < DEAD_BELOW:
            dead.append(chain)
    return dead


def _capturing_moves(session: GtpSession, color: int) -> list[int]:
    """Legal moves on liberties of the opponent's dead chains."""
    from app.opponent import position_to_move
    from engine.board import EMPTY
    from engine.go_kernels import LEGAL
    from engine.rules_kernels import legality

    position, stones = position_to_move(session.game, color), session.game.stones()
    height, width = stones.shape
    moves: list[int] = []
    for chain in dead_chains(session):
        for row, column in (divmod(action, width) for action in chain if stones.flat[chain[0]] != color):
            around = ((row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column))
            moves += [
                y * width + x
                for y, x in around
                if 0 <= y < height and 0 <= x < width and stones[y, x] == EMPTY
            ]
    return [action for action in moves if legality(position, 0, action) == LEGAL]


COMMANDS: dict[str, Command] = {
    "final_status_list": final_status_list,
    "kgs-genmove_cleanup": kgs_genmove_cleanup,
    "unconditional_status": unconditional_status,
    "yomi-ownership": ownership,
}
