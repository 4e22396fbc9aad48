"""Parameters of the search that a client reads and changes over GTP, as KataGo has them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_gtp import new_engine, replies, snapshot, talk
from test_gtp_clients import Talk

from app.options import AgentChoice
from app.protocols.gtp_engine import GtpEngine
from engine.rulesets import go_rules, gomoku_rules
from mcts.analysis import Analysis
from mcts.player import Player
from mcts.tree_search import Limits
from selfplay.player_agent import PlayerAgent

UCT = AgentChoice("uct:60", seed=1)
UCT_PARAMS = "maxVisits maxTime numSearchThreads ponderingEnabled c_uct clean_up"


def limits_of(engine: GtpEngine) -> Limits:
    """When the next search would end."""
    opponent = engine.session.opponent
    opponent.sit_down(engine.session.rules)
    assert isinstance(opponent._agent, PlayerAgent)
    return opponent._agent.limits()


def test_parameters_are_listed_told_and_changed_byte_for_byte() -> None:
    requests = (
        b"1 kata-list-params\nkata-get-param maxVisits\nkata-set-param maxVisits 40\n"
        b"2 kata-get-param maxVisits\nkata-set-param clean_up true\n"
        b"kata-get-param clean_up\nkata-get-params\n"
    )
    told = (
        '{"maxVisits": 40, "maxTime": 86400.0, "numSearchThreads": 1, "ponderingEnabled": false,'
        ' "c_uct": 1.0, "clean_up": true}'
    )
    assert talk(requests, new_engine(agent=UCT)) == (
        f"=1 {UCT_PARAMS}\n\n= 60\n\n=\n\n=2 40\n\n=\n\n= true\n\n= {told}\n\n".encode()
    )


def test_agents_that_do_not_search_have_none() -> None:
    assert replies("kata-list-params", "kata-get-params", "kata-set-param maxVisits 5") == [
        "=",
        "= {}",
        "? parameter 'maxVisits': expected an agent that searches",
    ]


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("kata-get-param", "expected the name of a parameter"),
        ("kata-get-param maxVisits maxTime", "expected the name of a parameter"),
        ("kata-get-param komi", f"parameter 'komi': expected {UCT_PARAMS.replace(' ', ', ')}"),
        ("kata-set-param maxVisits", "expected the name of a parameter and its value"),
        ("kata-set-param maxVisits 1", "maxVisits '1': expected a whole number 2..50000"),
        ("kata-set-param maxVisits 2.5", "maxVisits '2.5': expected a whole number 2..50000"),
        ("kata-set-param maxVisits 1e9", "maxVisits '1e9': expected a whole number 2..50000"),
        ("kata-set-param maxTime nan", "maxTime 'nan': expected a number 0.01..86400"),
        ("kata-set-param maxTime 0", "maxTime '0': expected a number 0.01..86400"),
        ("kata-set-param numSearchThreads 17", "numSearchThreads '17': expected a whole number 1..16"),
        ("kata-set-param ponderingEnabled yes", "ponderingEnabled 'yes': expected true or false"),
        ("kata-set-param clean_up 1", "setting clean_up=1: expected true or false"),
        ("kata-set-param c_uct much", "setting c_uct=much: expected a number"),
        ("kata-set-param c_uct -1", "setting 'c_uct=-1': c_uct -1.0: expected 0..100"),
        ("kata-set-params", "parameters '': expected a JSON object"),
        ("kata-set-params [1]", "parameters '[1]': expected a JSON object"),
        (
            'kata-set-params {"maxVisits": 9, "maxTime": null}',
            "maxTime 'null': expected a number 0.01..86400",
        ),
    ],
)
def test_what_cannot_be_set_is_named_and_changes_nothing(line: str, refusal: str) -> None:
    engine = new_engine(agent=UCT)
    replies("play b c3", "kata-set-param maxVisits 30", engine=engine)
    before = snapshot(engine)
    assert replies(line, engine=engine) == [f"? {refusal}"]
    assert snapshot(engine) == before


def test_visits_end_a_search_and_time_ends_it_as_well() -> None:
    engine = new_engine(agent=UCT)
    assert replies("kata-set-param maxVisits 25", "genmove b", "gomill-explain_last_move", engine=engine)[
        2
    ].startswith("= 25 visits")
    assert (limits_of(engine).visits, limits_of(engine).deadline) == (25, None)
    replies("kata-set-param maxTime 7", engine=engine)
    assert limits_of(engine).visits == 25
    assert limits_of(engine).deadline is not None
    assert engine.session.opponent.label == "uct:25"


def test_a_time_takes_the_place_of_visits_that_nobody_has_chosen() -> None:
    engine = new_engine(go_rules(9), AgentChoice("go9", seed=1))
    assert replies("kata-get-param maxVisits", "kata-set-param maxTime 7", engine=engine) == ["= 100", "="]
    assert replies("kata-get-param maxVisits", "kata-get-param maxTime", engine=engine) == [
        "= 50000",
        "= 7.0",
    ]
    assert limits_of(engine).visits is None
    assert engine.session.is_capped


def test_what_is_set_reaches_the_search() -> None:
    engine = new_engine(go_rules(9), AgentChoice("go9", seed=1, search_settings=("c_puct_init=2",)))
    assert replies("kata-get-param cpuctExploration", engine=engine) == ["= 2.0"]
    given = {
        "numSearchThreads": 2,
        "cpuctExploration": 1.5,
        "cpuctExplorationLog": 0.5,
        "cpuctExplorationBase": 500,
        "cpuctUtilityStdevScale": 0.85,
        "fpuReductionMax": 0.3,
        "rootFpuReductionMax": "0.1",
        "average_root": True,
        "useGraphSearch": True,
        "clean_up": True,
        "ending_bonus": 0.1,
    }
    assert replies(f"kata-set-params {json.dumps(given)}", engine=engine) == ["="]
    search = engine.session.opponent.player(engine.session.rules).search
    config = search.config
    assert len(search._evaluators) == 2
    assert (config.c_puct_init, config.c_puct_log, config.c_puct_base) == (1.5, 0.5, 500.0)
    assert (config.c_puct_deviation, config.fpu_reduction, config.root_fpu_reduction) == (0.85, 0.3, 0.1)
    assert (config.average_root, config.clean_up, config.ending_bonus) == (True, True, 0.1)
    assert config.merge_transpositions
    (told,) = replies("kata-get-params", engine=engine)
    assert json.loads(told[2:]).items() >= {**given, "rootFpuReductionMax": 0.1}.items()


def test_noise_widens_an_analysis_and_no_choice_of_a_move(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = new_engine(go_rules(9), AgentChoice("go9", visits=8, seed=1))
    noises: list[float] = []
    think = Player.think

    def listen(player: Player, *words: Any, wide_root_noise: float = 0.0, **more: Any) -> Analysis:
        noises.append(wide_root_noise)
        return think(player, *words, wide_root_noise=wide_root_noise, **more)

    monkeypatch.setattr(Player, "think", listen)
    lines = ("kata-analyze b 1", "kata-search_analyze b", "lz-genmove_analyze b", "genmove w")
    replies("kata-set-param analysisWideRootNoise 0.04", *lines, "lz-analyze b", "name", engine=engine)
    assert noises == [0.04, 0.0, 0.0, 0.0, 0.04]
    assert replies(
        "kata-set-param analysisWideRootNoise 6", "kata-get-param analysisWideRootNoise", engine=engine
    ) == [
        "? analysisWideRootNoise '6': expected a number 0..5",
        "= 0.04",
    ]


def test_an_agent_that_searches_without_priors_has_the_parameters_of_its_search() -> None:
    with Talk(go_rules(9), AgentChoice("go9", search_settings=("selection=uct",))) as client:
        client.send("kata-list-params")
        assert client.hear() == f"= {UCT_PARAMS}"
        assert client.hear() == ""
        client.send("kata-analyze b 1")
        assert client.hear() == "="
        assert client.hear().startswith("info move ")  # only then may the next line end the analysis


def test_parameters_are_those_of_the_game_and_of_the_search() -> None:
    def names(engine: GtpEngine) -> set[str]:
        return set(replies("kata-list-params", engine=engine)[0].split()[1:])

    go, gomoku = (
        names(new_engine(rules, AgentChoice(name)))
        for rules, name in ((go_rules(9), "go9"), (gomoku_rules(15), "gomoku15"))
    )
    assert (go - gomoku, gomoku - go) == ({"clean_up", "ending_bonus"}, {"vcf_nodes"})
    assert names(new_engine(gomoku_rules(15), UCT)) == {*UCT_PARAMS.split()} - {"clean_up"} | {"vcf_nodes"}


def test_an_agent_that_cannot_be_is_refused_and_the_old_one_plays_on() -> None:
    engine = new_engine(gomoku_rules(7), AgentChoice("uct:8", search_settings=("reuse_tree=true",)))
    replies("genmove b", engine=engine)
    before = snapshot(engine)
    (refused,) = replies("kata-set-param vcf_nodes 5", engine=engine)
    assert refused.startswith("? ")
    assert snapshot(engine) == before
    assert replies("genmove w", engine=engine)[0].startswith("= ")


def test_pondering_is_switched_on_and_off() -> None:
    engine = new_engine(agent=UCT)
    replies("kata-set-param ponderingEnabled true", engine=engine)
    session = engine.session
    session.move(session.choose(1), 1)
    session.ponder()
    assert session._pondering is not None
    session.stop_pondering()
    replies("kata-set-param ponderingEnabled false", engine=engine)
    session.ponder()
    assert session._pondering is None


TEXTS = st.one_of(
    st.sampled_from(
        ["2", "16", "25", "50000", "50001", "0.5", "1e1", "-1", "nan", "inf", "true", "٣", "0x10"]
    ),
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=4).filter(
        lambda t: "#" not in t
    ),
)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([*UCT_PARAMS.split(), "x"]), TEXTS), max_size=12))
def test_a_value_is_taken_and_told_again_or_refused_without_any_change(given_: list[tuple[str, str]]) -> None:
    engine = new_engine(agent=UCT)
    for name, text in given_:
        before = snapshot(engine)
        (answer,) = replies(f"kata-set-param {name} {text}", engine=engine)
        if answer == "=":
            (told,) = replies(f"kata-get-param {name}", engine=engine)
            assert float(json.loads(told[2:])) == float({"true": 1, "false": 0}.get(text.lower(), text))
        else:
            assert answer.startswith("? ")
            assert "internal error" not in answer
            assert snapshot(engine) == before
