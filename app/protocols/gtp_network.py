"""`kata-raw-nn`: what the network alone says of a position, as docs/GTP_Extensions.md of KataGo has it."""

from typing import TYPE_CHECKING

from app.protocols.gtp_session import Arguments, Command, GtpSession
from app.protocols.gtp_text import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable


def kata_raw_nn(session: GtpSession, words: Arguments) -> str:
    """Say policy, chances, points and owners, of the board as it stands or of all its symmetries."""
    import numpy as np

    from engine.board import WHITE
    from rlhf_variant.sampling_policy import masked_log_softmax
    from selfplay.backends import evaluators_of

    if len(words) > 1 or words not in ((), ("0",), ("all",)):
        raise Refusal("expected the symmetry 0, or all")
    network, rules, game = session.opponent.spec.network, session.rules, session.game
    if network is None:
        raise Refusal("expected an agent with a network")
    session.require_unfinished()
    (evaluator,) = evaluators_of(network, rules, 1, session.opponent.spec.backend)
    logits, values = np.zeros((1, rules.num_actions), np.float32), np.zeros(1, np.float32)
    row = np.zeros(1, np.int64)
    evaluate = evaluator.evaluate_mean if words == ("all",) else evaluator.evaluate
    evaluate(game.state, row, logits, values)
    legal = np.zeros((1, rules.num_actions), np.bool_)
    legal[0, game.legal_actions()] = True
    policy = np.exp(masked_log_softmax(logits, legal))[0].astype(float)
    policy[~legal[0]] = np.nan
    white = float(values[0]) if game.to_play == WHITE else -float(values[0])
    lines = [
        f"symmetry {words[0] if words else 0}",
        f"whiteWin {(1 + white) / 2:.6f}",
        f"whiteLoss {(1 - white) / 2:.6f}",
        "noResult 0.000000",
    ]
    forecaster = session.opponent.spec.forecaster(rules)
    forecast = None if forecaster is None else forecaster.forecast(game.state, row)
    if forecast is not None:
        lines.append(f"whiteLead {-float(forecast.scores_black[0]):.6f}")
    lines += ["policy", *_rows(policy[: rules.area], rules.width)]
    if rules.pass_action < len(policy):
        lines.append(f"policyPass {policy[rules.pass_action]:.6f}")
    if forecast is not None and forecast.ownership_black is not None:
        lines += ["whiteOwnership", *_rows(-forecast.ownership_black[0], rules.width)]
    return "\n".join(lines)


def _rows(numbers: "Iterable[float]", width: int) -> list[str]:
    told = ["NAN" if number != number else f"{number:.6f}" for number in numbers]
    return [" ".join(told[start : start + width]) for start in range(0, len(told), width)]


COMMANDS: dict[str, Command] = {"kata-raw-nn": kata_raw_nn}
