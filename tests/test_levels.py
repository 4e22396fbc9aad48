"""The strength dial: every level plays, higher ones are stronger, and the options that exclude it say so."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from app.main import main
from engine.rulesets import Rules, go_rules, gomoku_rules
from selfplay.agents import AgentError
from selfplay.arena import play_match
from selfplay.levels import NUM_LEVELS, level_agent


@pytest.mark.parametrize(
    ("rules", "weak", "strong"),
    [(go_rules(6), 1, 6), (gomoku_rules(6, line_length=4), 1, 5), (go_rules(4), 1, 5)],
    ids=["network", "lines", "random games"],
)
def test_a_much_higher_level_wins_most_games(rules: Rules, weak: int, strong: int) -> None:
    result = play_match(level_agent(strong, rules), level_agent(weak, rules), rules, 20, seed=1)
    assert result.win_rate > 0.7


def test_every_level_is_another_agent_and_there_are_no_others() -> None:
    for rules in (go_rules(7), go_rules(13)):
        levels = [level_agent(level, rules) for level in range(1, NUM_LEVELS + 1)]
        assert len({(spec.name, spec.visits, spec.temperature) for spec in levels}) == NUM_LEVELS
    for level in (0, 11):
        with pytest.raises(AgentError, match=r"expected 1\.\.10"):
            level_agent(level, go_rules(7))


def test_commands_play_at_a_level_and_refuse_another_agent_beside_it() -> None:
    spoken = CliRunner().invoke(main, ["gtp", "--size", "5", "--level", "2"], input="genmove b\nquit\n")
    assert spoken.stdout.startswith("= ")
    for other in (["--agent", "uct:9"], ["--visits", "9"], ["--seconds", "1"]):
        refused = CliRunner().invoke(main, ["play", "--level", "3", *other])
        assert refused.exit_code == 2
        assert "--level: expected without" in refused.stderr
    assert CliRunner().invoke(main, ["play", "--level", "11"]).exit_code == 2
