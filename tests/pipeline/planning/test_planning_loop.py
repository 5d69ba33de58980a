"""The rolling horizon: what the planner may do by itself, and what only people may."""

import pytest
from desk_bench import HOUR_US
from planning_bench import planned_world

from twin.types import Event

pytestmark = pytest.mark.usefixtures("known_cost")


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path, 4, mill_0=60.0)


def test_the_first_plan_is_put_in_force_by_an_action_of_the_planner_and_says_so(world):
    in_force = world.document("in_force")
    assert (in_force["why"], in_force["who"]) == ("first", "planner")
    assert {o["order"] for o in in_force["operations"]} == {f"A-{n}" for n in range(4)}
    journal = world.document("journal", "desk")
    assert [x["who"] for x in journal if x["verb"] == "plan.adopt"] == ["planner"]


def test_a_plan_says_of_how_many_machines_failures_were_forecast(world, tmp_path):
    assert world.document("in_force")["forecasts"] == 1
    assert world.document("versions")[-1]["forecasts"] == 1
    (tmp_path / "deaf").mkdir()
    assert planned_world(tmp_path / "deaf", 1).document("in_force")["forecasts"] == 0


def test_a_plan_in_force_is_never_replaced_by_the_planner(world):
    before = world.document("in_force")
    for n, hours in enumerate((1, 0.1, 3, 0.5, 6)):
        world.add_order(f"B-{n}", priority=1, due_h=20)
        world.hear(mill_1=30.0 + n)
        world.pass_time(hours)
        world.settle()
    assert world.document("in_force") == before
    proposed = world.document("proposed")
    assert proposed["version"] > before["version"]
    assert {"B-0", "B-4"} <= {o["order"] for o in proposed["operations"]}


def test_what_is_kept_up_has_every_operation_on_its_machine_and_in_its_turn(world):
    world.pass_time(5.0)
    world.settle()
    told, in_force = world.document("in_force_now"), world.document("in_force")
    assert told["version"] == in_force["version"]

    def turns(plan):
        found = {}
        for o in sorted(plan["operations"], key=lambda o: o["start"]):
            found.setdefault(o["machine"], []).append((o["order"], o["step"]))
        return found

    assert turns(told) == turns(in_force)
    assert min(o["start"] for o in told["operations"]) >= world.now - 60_000_000


def test_a_rush_order_that_fits_into_a_gap_moves_nothing_else_and_waits_for_a_person(world):
    world.add_order("RUSH", priority=1, due_h=10)
    assert "rush" in world.settle()
    proposal = next(s for s in world.document("suggestions") if s["kind"] == "plan")
    assert {(m["order"], m["from"]) for m in proposal["moves"]} == {("RUSH", None)}
    assert len(proposal["moves"]) == 3
    assert proposal["orders"] == ["RUSH"]
    order, plan = world.document("RUSH", "orders"), world.document("proposed")
    hours = (plan["end"] - order["due"]) / HOUR_US  # late from when it is due to the plan's end
    assert proposal["at_stake"] == pytest.approx(order["late_cost_h"] * hours, rel=0.01)
    world.do("plan.adopt", {"version": proposal["version"]})
    world.settle()
    in_force = world.document("in_force")
    assert (in_force["version"], in_force["who"]) == (proposal["version"], "Late")
    heads = {v["version"]: v["who"] for v in world.document("versions")}
    assert heads[proposal["version"]] == "Late"
    assert not [s for s in world.document("suggestions") if s["kind"] == "plan"]


def test_a_plan_that_is_no_longer_the_newest_is_refused(world):
    world.add_order("RUSH", priority=1, due_h=10)
    world.settle()
    old = world.document("proposed")["version"]
    world.add_order("RUSH-2", quantity=200, priority=1, due_h=10)
    world.settle()
    assert world.document("proposed")["version"] > old
    refused = world.do("plan.adopt", {"version": old})
    world.desk_step()
    assert world.line(refused)["reason"] == "newer_plan"


def test_a_breakdown_is_planned_round_until_the_repair_is_expected(world):
    world.store.add_events([Event(world.now, "failure", "mill-0", {"mode": None})])
    assert "breakdown" in world.settle()
    usual = world.site.plant.classes["mill"].costs.unplanned_h
    told = world.document("in_force_now")
    assert [b["machine"] for b in told["breakdowns"]] == ["mill-0"]
    starts = [o["start"] for o in told["operations"] if o["machine"] == "mill-0"]
    assert all(start >= world.now + (usual - 0.1) * HOUR_US for start in starts)


@pytest.mark.parametrize("hours", [167.9, 400.0])
def test_a_lock_beyond_the_horizon_does_not_keep_all_else_from_being_planned(world, hours):
    o = world.document("in_force")["operations"][0]
    where = {k: o[k] for k in ("order", "step", "machine")}
    world.do("operation.lock", where | {"start": world.now + round(hours * HOUR_US)})
    world.add_order("RUSH", priority=1, due_h=10)
    assert world.settle()
    placed = {x["order"] for x in world.document("proposed")["operations"]}
    assert {"RUSH", o["order"]} <= placed
