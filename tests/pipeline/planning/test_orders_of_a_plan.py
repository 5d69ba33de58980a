"""Every open order stands in a plan or is listed with the reason, and counts accordingly."""

import orjson
import pytest
from desk_bench import HOUR_US
from planning_bench import planned_world

pytestmark = pytest.mark.usefixtures("known_cost")


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path, 4, mill_0=60.0)


def test_an_order_that_the_plan_in_force_does_not_know_is_not_in_it_and_not_late(world):
    before = world.document("in_force")["terms"]
    world.add_order("NEW", priority=1, due_h=1)  # late whatever is done
    world.settle()
    told = world.document("in_force_now")
    assert [(x["order"], x["reason"]) for x in told["left_out"]] == [("NEW", "not_in_plan")]
    assert told["terms"]["late_jobs"] == before["late_jobs"] == 0
    assert told["terms"]["tardiness"] == 0.0
    proposed = world.document("proposed")
    assert [x["order"] for x in proposed["late"]] == ["NEW"]
    assert proposed["terms"]["tardiness"] > 0.0


def test_every_open_order_is_in_the_plan_or_listed_with_the_reason(world):
    world.add_order("FAR", quantity=100_000, due_h=24 * 60)
    due, release = (world.now + days * 24 * HOUR_US for days in (30, 20))
    detail = {"id": "NEXT", "product": "cover", "quantity": 1, "due": due, "release": release}
    world.do("order.add", detail)
    world.add_order("HUGE", quantity=100_000, due_h=20)
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    for name, new in (("in_force_now", "not_in_plan"), ("proposed", None)):
        plan = world.document(name)
        placed = dict.fromkeys((o["order"] for o in plan["operations"]), None)
        listed = {x["order"]: x["reason"] for x in (*plan["left_out"], *plan["waiting"])}
        assert not placed.keys() & listed.keys()
        assert (placed | listed).keys() == world.store.documents("orders").keys()
        want = {"FAR": "later", "NEXT": "not_released", "HUGE": "too_long", "RUSH": new}
        assert {i: (placed | listed)[i] for i in want} == want


def test_an_order_that_was_to_wait_is_waiting_still_when_its_time_has_come_near(world):
    known = {**world.document("in_force"), "waiting": [{"order": "A-0", "reason": "not_released"}]}
    known["operations"] = [o for o in known["operations"] if o["order"] != "A-0"]
    world.store.set_documents("schedule", {"in_force": orjson.dumps(known)})
    world.pass_time(0.1)
    world.settle()
    told = world.document("in_force_now")
    assert ([x["order"] for x in told["waiting"]], told["left_out"]) == (["A-0"], [])
    assert told["terms"]["late_jobs"] == 0


def test_an_order_that_was_cancelled_is_planned_without(world):
    version = world.document("in_force")["version"]
    world.do("order.cancel", {"order": "A-0", "reason": "customer"})
    world.wall += 10.0
    assert world.settle() == ["order"]
    for name in ("proposed", "in_force_now"):
        assert {o["order"] for o in world.document(name)["operations"]} == {"A-1", "A-2", "A-3"}
    assert world.document("in_force")["version"] == version
    assert world.settle() == []


def test_the_bound_of_the_plan_in_force_is_of_its_own_orders_as_of_now(world):
    world.add_order("NEW", quantity=400, priority=1, due_h=1)
    world.pass_time(6.0)
    world.settle()
    told = world.document("in_force_now")
    assert "NEW" in {x["order"] for x in told["left_out"]}
    assert 0.0 < told["bound"] <= told["terms"]["total"]
