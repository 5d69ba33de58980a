"""What the planner suggests: accepted it binds, vetoed it stays away for as long as that holds."""

import pytest
from desk_bench import HOUR_US
from planning_bench import World, bare_settings, planned_world

pytestmark = pytest.mark.usefixtures("known_cost")


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path, 4, mill_0=60.0)


def test_an_accepted_service_binds_the_next_plan(world):
    suggestion = world.suggestion("mill-0")
    start = suggestion["start"] + 2 * HOUR_US
    accepted = world.do(
        "suggestion.accept", {"suggestion": suggestion["id"], "start": start, "crew": "night"}
    )
    assert "accepted" in world.settle()
    assert world.line(accepted)["outcome"] == "done"
    for name in ("proposed", "in_force_now"):
        service = next(s for s in world.document(name)["services"] if s["machine"] == "mill-0")
        if name == "in_force_now" or world.document(name)["why"] == "accepted":
            assert (service["start"], service["pin"]) == (start, "accepted")
    assert world.suggestion("mill-0")["state"] == "accepted"


def test_a_vetoed_service_does_not_come_back_before_its_time(world):
    suggestion = world.suggestion("mill-0")
    veto = {"suggestion": suggestion["id"], "reason": "customer visit", "hours": 30}
    world.do("suggestion.veto", veto)
    assert "veto" in world.settle()
    until = world.now + 30 * HOUR_US
    assert world.suggestion("mill-0")["state"] == "vetoed"
    planned = [s for s in world.document("in_force_now")["services"] if s["machine"] == "mill-0"]
    assert all(s["start"] >= until for s in planned)
    for _ in range(6):
        world.pass_time(5.5)
        world.settle()
        found = world.suggestion("mill-0")
        if world.now < until:
            assert found is None or found["state"] != "open" or found["start"] >= until
    assert world.suggestion("mill-0")["state"] == "open"


def test_undoing_a_veto_brings_the_service_back(world):
    suggestion = world.suggestion("mill-0")
    veto = world.do("suggestion.veto", {"suggestion": suggestion["id"], "reason": "x"})
    world.settle()
    world.do("action.undo", {"action": veto})
    world.settle()
    assert world.suggestion("mill-0")["state"] == "open"


def test_a_plant_without_crews_and_products_is_still_told_what_to_service(tmp_path):
    world = World(tmp_path, settings=bare_settings)
    world.hear(press_1=40.0)
    world.settle()
    suggestion = world.suggestion("press-1")
    assert suggestion["state"] == "open"
    in_force = world.document("in_force")
    assert [s["machine"] for s in in_force["services"]] == ["press-1"]
    assert (in_force["who"], in_force["operations"]) == ("planner", [])
    assert suggestion["crew"] is None
    accepted = world.do("suggestion.accept", {"suggestion": suggestion["id"]})
    world.desk_step()
    assert world.line(accepted)["outcome"] == "done"
    services = world.document("services", "desk")
    assert [(s["machine"], s["state"]) for s in services] == [("press-1", "planned")]


def plan_suggestions(world):
    return [s for s in world.document("suggestions") if s["kind"] == "plan"]


def test_a_vetoed_plan_is_not_suggested_again_unless_something_pressing_comes(world):
    world.add_order("B-0")
    world.settle()
    (suggestion,) = plan_suggestions(world)
    world.do("suggestion.veto", {"suggestion": suggestion["id"], "reason": "not today"})
    world.settle()
    world.add_order("B-1")
    world.pass_time(1.0)
    world.settle()
    assert not [s for s in plan_suggestions(world) if s["state"] == "open"]
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    assert [s["state"] for s in plan_suggestions(world)][-1] == "open"
