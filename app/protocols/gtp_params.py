"""GTP commands of KataGo that read and change how the agent searches: `kata-get-param` and its relatives.

What KataGo has too goes by its name; the rest by that of `mcts.config.SearchConfig`. A value that is refused
changes nothing, and of several none is taken unless all are. Source: docs/GTP_Extensions.md and
configs/gtp_example.cfg of KataGo.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.options import MOST_THREADS
from app.protocols.gtp_session import Arguments, Command, GtpSession
from app.protocols.gtp_text import Refusal

if TYPE_CHECKING:
    from selfplay.agents import AgentSpec

LONGEST_S = 86_400.0
"""What `maxTime` is where nothing limits the time of a move."""
PUCT_FIELDS = {
    "cpuctExploration": "c_puct_init",
    "cpuctExplorationLog": "c_puct_log",
    "cpuctExplorationBase": "c_puct_base",
    "cpuctUtilityStdevScale": "c_puct_deviation",
    "fpuReductionMax": "fpu_reduction",
    "rootFpuReductionMax": "root_fpu_reduction",
    "average_root": "average_root",
    "useGraphSearch": "merge_transpositions",
}
"""Fields of `SearchConfig` by parameter, of agents that search by priors; the next are those of others."""
UCT_FIELDS = {"c_uct": "c_uct"}
GAME_FIELDS = {"go": {"clean_up": "clean_up"}, "gomoku": {"vcf_nodes": "vcf_nodes"}}


@dataclass(frozen=True)
class Tuning:
    """All that parameters say.

    Attributes:
        spec: the agent.
        is_capped: whether its strength is a limit beside a clock.
        ponders: whether it thinks on behind its moves.
        wide_root_noise: how much wider than for play to search in an analysis.
    """

    spec: "AgentSpec"
    is_capped: bool
    ponders: bool
    wide_root_noise: float


@dataclass(frozen=True)
class Param:
    """One parameter.

    Attributes:
        read: its value.
        write: the same tuning with another value, which is given as text; raises `YomiError` or `Refusal`.
    """

    read: Callable[[Tuning], Any]
    write: Callable[[Tuning, str], Tuning]


def params_of(session: GtpSession) -> dict[str, Param]:
    """The parameters of the agent by name; none where it does not search."""
    spec = session.opponent.spec
    if not spec.searches:
        return {}
    params = {
        "maxVisits": Param(_most_visits, _with_visits),
        "maxTime": Param(lambda tuning: tuning.spec.seconds or LONGEST_S, _with_seconds),
        "numSearchThreads": Param(lambda tuning: tuning.spec.threads, _with_threads),
        "ponderingEnabled": Param(lambda tuning: tuning.ponders, _with_pondering),
    }
    is_puct = spec.search_config().selection == "puct"
    if is_puct:
        params["analysisWideRootNoise"] = Param(lambda tuning: tuning.wide_root_noise, _with_wide_root_noise)
    fields = (PUCT_FIELDS if is_puct else UCT_FIELDS) | GAME_FIELDS[session.rules.game]
    if is_puct and session.rules.game == "go":
        fields = fields | {"ending_bonus": "ending_bonus"}
    return params | {name: _field_param(name, field) for name, field in fields.items()}


def kata_list_params(session: GtpSession, _: Arguments) -> str:
    """Name the parameters."""
    return " ".join(params_of(session))


def kata_get_param(session: GtpSession, words: Arguments) -> str:
    """Say the value of one."""
    if len(words) != 1:
        raise Refusal("expected the name of a parameter")
    return json.dumps(_param(session, words[0]).read(_tuning(session)))


def kata_get_params(session: GtpSession, _: Arguments) -> str:
    """Say the values of all, as one JSON object."""
    return json.dumps(values(session))


def values(session: GtpSession) -> dict[str, Any]:
    """The value of each parameter by name."""
    tuning = _tuning(session)
    return {name: param.read(tuning) for name, param in params_of(session).items()}


def kata_set_param(session: GtpSession, words: Arguments) -> str:
    """Change one."""
    if len(words) != 2:
        raise Refusal("expected the name of a parameter and its value")
    _change(session, {words[0]: words[1]})
    return ""


def kata_set_params(session: GtpSession, words: Arguments) -> str:
    """Change those that a JSON object names."""
    text = " ".join(words)
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise Refusal(f"parameters {text[:40]!r}: expected a JSON object")
    _change(
        session,
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()},
    )
    return ""


def _tuning(session: GtpSession) -> Tuning:
    return Tuning(session.opponent.spec, session.is_capped, session.ponders, session.wide_root_noise)


def _param(session: GtpSession, name: str) -> Param:
    params = params_of(session)
    if name not in params:
        known = ", ".join(params) or "an agent that searches"
        raise Refusal(f"parameter {name[:40]!r}: expected {known}")
    return params[name]


def _change(session: GtpSession, texts: dict[str, str]) -> None:
    tuning = _tuning(session)
    for name, text in texts.items():
        tuning = _param(session, name).write(tuning, text)
    if tuning.spec != session.opponent.spec:
        session.opponent.become(tuning.spec, session.rules)
    session.is_capped, session.ponders = tuning.is_capped, tuning.ponders
    session.wide_root_noise = tuning.wide_root_noise


def _most_visits(tuning: Tuning) -> int:
    """Simulations that end a search; those that its memory holds where nothing else limits them."""
    return tuning.spec.visit_limit or tuning.spec.search_config().num_simulations


def _with_visits(tuning: Tuning, text: str) -> Tuning:
    from selfplay.agents import MAX_NODES_BY_TIME

    visits = int(_number("maxVisits", text, 2, MAX_NODES_BY_TIME, is_whole=True))
    name = f"uct:{visits}" if tuning.spec.weights is None else tuning.spec.name
    return replace(
        tuning, spec=replace(tuning.spec, name=name, visits=visits, has_both_limits=True), is_capped=True
    )


def _with_seconds(tuning: Tuning, text: str) -> Tuning:
    """Limit the time of a move; the visits that somebody has chosen stay a limit."""
    seconds = _number("maxTime", text, 0.01, LONGEST_S)
    keeps_visits = tuning.is_capped and tuning.spec.visit_limit is not None
    spec = replace(tuning.spec, seconds=seconds, has_both_limits=keeps_visits)
    return replace(tuning, spec=spec, is_capped=True)


def _with_threads(tuning: Tuning, text: str) -> Tuning:
    threads = int(_number("numSearchThreads", text, 1, MOST_THREADS, is_whole=True))
    return replace(tuning, spec=replace(tuning.spec, threads=threads))


def _with_pondering(tuning: Tuning, text: str) -> Tuning:
    if text.lower() not in ("true", "false"):
        raise Refusal(f"ponderingEnabled {text[:20]!r}: expected true or false")
    return replace(tuning, ponders=text.lower() == "true")


def _with_wide_root_noise(tuning: Tuning, text: str) -> Tuning:
    from mcts.root_width import MOST_NOISE

    noise = _number("analysisWideRootNoise", text, 0.0, MOST_NOISE)
    return replace(tuning, wide_root_noise=noise)


def _field_param(name: str, field: str) -> Param:
    """The parameter of a field of `SearchConfig`."""

    def read(tuning: Tuning) -> Any:
        return getattr(tuning.spec.search_config(), field)

    def write(tuning: Tuning, text: str) -> Tuning:
        from selfplay.settings import assign

        assign(tuning.spec.search_config(), field, text, name)  # refuses in the words of the client
        others = [setting for setting in tuning.spec.search_settings if setting.partition("=")[0] != field]
        settings = (*others, f"{field}={text}")
        return replace(tuning, spec=replace(tuning.spec, search_settings=settings))

    return Param(read, write)


def _number(name: str, text: str, low: float, high: float, *, is_whole: bool = False) -> float:
    try:
        number = float(text)
        is_right = math.isfinite(number) and low <= number <= high and not (is_whole and number % 1)
    except ValueError:
        is_right = False
    if not is_right:
        kind = "a whole number" if is_whole else "a number"
        raise Refusal(f"{name} {text[:20]!r}: expected {kind} {low:g}..{high:g}")
    return number


COMMANDS: dict[str, Command] = {
    "kata-get-param": kata_get_param,
    "kata-set-param": kata_set_param,
    "kata-list-params": kata_list_params,
    "kata-get-params": kata_get_params,
    "kata-set-params": kata_set_params,
}
