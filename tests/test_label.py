"""`yomi rlhf label`: a person's answers, by keys and in lines, with undo, repeats and a way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner
from screen_pilot import drive
from test_preference_regressions_data import filled, given
from textual.pilot import Pilot

from app.main import main
from app.screens.label_app import LabelApp
from app.screens.two_boards import side_by_side
from rlhf_variant.label_session import REPEAT_SHARE, LabelSession
from rlhf_variant.query_queue import QueryQueue
from selfplay.run_store import RunStore


def test_arrow_keys_answer_and_u_takes_back(tmp_path: Path) -> None:
    with filled(tmp_path, 4, 1) as store:
        session = LabelSession(store, "ann")
        shown = []

        async def scenario(pilot: Pilot[Any]) -> None:
            for key in ("left", "right", "u", "up", "down"):
                assert session.current is not None
                shown.append(session.current)
                await pilot.press(key)

        drive(LabelApp(session), scenario)
        session.close()
        answers = given(store, "ann")
        assert len(answers) == 3
        assert answers[shown[0].query.key] == ("b" if shown[0].is_exchanged else "a")
        assert shown[3].query.key == shown[1].query.key
        assert answers[shown[1].query.key] == "tie"
        assert answers[shown[4].query.key] == "cant_tell"


def test_answers_in_lines_go_on_where_they_were_left(tmp_path: Path) -> None:
    with filled(tmp_path, 3, 1):
        pass

    def label(text: str) -> str:
        result = CliRunner().invoke(
            main, ["rlhf", "label", "--run", str(tmp_path), "--name", "bo"], input=text
        )
        assert result.exit_code == 0, result.output
        return result.output

    assert "expected l, r, t, c, u or q" in label("x\nl\nq\n")
    assert "Answered 2 of 3" in label("t\n")
    assert "Answered 3 of 3" in label("u\nc\nr\n" + "l\n" * 3)
    with RunStore(tmp_path) as store:
        assert sorted(given(store, "bo").values()).count("cant_tell") == 1


def test_a_tenth_comes_twice_with_sides_exchanged_and_tells_of_agreement_with_oneself(tmp_path: Path) -> None:
    with filled(tmp_path, 100, 1) as store:
        session, first = LabelSession(store, "cy"), {}
        while session.current is not None:
            shown = session.current
            if shown.is_repeat:
                assert first[shown.query.key] == shown.sides[::-1]
            first.setdefault(shown.query.key, shown.sides)
            session.answer("left" if shown.sides[0] is shown.query.a else "right")
        agreed, repeats = session.self_agreement()
        assert session.num_answered == 100
        assert agreed == repeats
        assert 0.3 * REPEAT_SHARE < repeats / 100 < 3 * REPEAT_SHARE
        assert all(answer.answer == "a" for answer in QueryQueue(store).answers("cy"))


def test_two_people_answer_the_same_queries_each_for_themselves(tmp_path: Path) -> None:
    with filled(tmp_path, 2, 1) as store:
        for name, choice in (("ann", "tie"), ("bo", "cant_tell")):
            session = LabelSession(store, name)
            for _ in range(2):
                session.answer(choice)  # type: ignore[arg-type]
        assert set(given(store, "ann").values()) == {"tie"}
        assert set(given(store, "bo").values()) == {"cant_tell"}


def test_both_boards_stand_beside_each_other_with_who_is_to_play(tmp_path: Path) -> None:
    with filled(tmp_path, 1, 1) as store:
        session = LabelSession(store, "ann")
        assert session.current is not None
        lines = side_by_side(session.current).splitlines()
        assert len(lines) == 8
        assert lines[-1].count("to play") == 2
        assert lines[0].split() == ["A", "B", "C", "D", "E"] * 2
