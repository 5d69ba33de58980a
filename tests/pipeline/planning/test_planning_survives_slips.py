"""What cannot be read in the store counts as none, is named, and stops nobody."""

import logging

import orjson
import pytest
from planning_bench import planned_world

from dashboard.data.documents import Documents
from twin.pipeline.feed.shopfloor import BoardReader
from twin.pipeline.planning.whatif import WhatIf
from twin.pipeline.planning.written import parsed
from twin.pipeline.planning.written_shapes import SHAPES

pytestmark = pytest.mark.usefixtures("known_cost")
SLIPS = (b'{"version": 7', b"[7]", b'{"version": 7, "operations": [{}], "points": [{}]}', b'"x"')


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path, mill_0=60.0)


def spoil(world, name, text):
    world.store.set_documents("schedule", {name: text})


def test_no_document_of_the_plan_stops_planner_desk_shop_floor_or_screens(world, caplog):
    screens = Documents(world.store)
    whatif = WhatIf(world.store, world.site)
    for n, name in enumerate(SHAPES):
        spoil(world, name, SLIPS[n % len(SLIPS)])
        with caplog.at_level(logging.ERROR):
            assert BoardReader(world.store).look("0-0").board is not None
            assert screens.read("schedule")[name] is None
            whatif.prepared(name if name == "proposed" else "in_force")
        world.wall += 6.0
        world.step()
        assert name in {x["name"] for x in world.document("planning")["unreadable"]}
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    world.do("plan.adopt", {"version": world.document("proposed")["version"]})
    world.settle()
    assert "RUSH" in {o["order"] for o in world.document("in_force")["operations"]}


def test_what_the_planner_wrote_itself_it_writes_again(world):
    names = ("proposed", "suggestions", "versions")
    before = {name: world.document(name) for name in names}
    for name in names:
        spoil(world, name, b"{")
    world.wall += 6.0
    world.step()
    assert {name: world.document(name) for name in names} == before


def test_a_plan_in_force_that_cannot_be_read_makes_room_for_a_new_one(world):
    before = world.document("in_force")["version"]
    spoil(world, "in_force", b"[]")
    world.pass_time(0.1)
    world.settle()
    world.settle()
    assert world.document("in_force")["operations"]
    assert world.document("in_force")["version"] >= before


@pytest.mark.parametrize("value", ["soon", -1, 1 << 60, None, 1.5])
def test_a_time_that_is_none_spoils_a_plan(world, value):
    plan = world.document("in_force")
    plan["operations"][0]["start"] = value
    found, fault = parsed("in_force", orjson.dumps(plan))
    assert found is None
    assert fault.startswith(f"operations.0.start: got {value!r}, ")


@pytest.mark.parametrize("field", [{"made": "soon"}, {"alternatives": [{"start": "soon"}]}])
def test_a_suggestion_whose_times_are_none_cannot_be_accepted(world, field):
    own = world.suggestion("mill-0")
    spoil(world, "suggestions", orjson.dumps([own | field]))
    accepted = world.do("suggestion.accept", {"suggestion": own["id"]})
    world.desk_step()
    assert world.line(accepted)["reason"] == "unknown_suggestion"


LOCK = {"order": "A-0", "step": 1, "machine": "press-1", "start": 1, "who": "Late"}


def test_of_what_people_have_decided_only_the_row_that_cannot_be_read_is_lost(world, capsys):
    text = orjson.dumps({"locks": [LOCK, LOCK | {"start": "soon"}], "accepted": 7})
    spoil(world, "decisions", text)
    assert Documents(world.store).read("schedule")["decisions"]["locks"] == [LOCK]
    world.wall += 6.0
    world.step()
    named = {x["name"]: x["fault"] for x in world.document("planning")["unreadable"]}
    assert named.keys() == {"decisions.locks.1", "decisions.accepted"}
    assert named["decisions.locks.1"].startswith("start: got 'soon', ")
    assert "decisions.locks.1 counts as none" in capsys.readouterr().err
    veto(world)
    decided = world.document("decisions")
    assert (decided["locks"], len(decided["vetoes"])) == ([LOCK], 1)
    assert list(world.store.documents("schedule_unreadable").values()) == [text]


def veto(world):
    known = world.suggestion("mill-0")["id"]
    world.do("suggestion.veto", {"suggestion": known, "reason": "fair"})
    world.desk_step()


@pytest.mark.parametrize("text", [b'{"locks": [{"order"', b"[7]"])
def test_decisions_that_cannot_be_read_at_all_are_put_aside_before_they_are_written_over(
    world, text
):
    spoil(world, "decisions", text)
    veto(world)
    veto(world)
    assert len(world.document("decisions")["vetoes"]) == 2
    assert list(world.store.documents("schedule_unreadable").values()) == [text]
