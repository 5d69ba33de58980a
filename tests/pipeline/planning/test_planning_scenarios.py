"""What-ifs: what comes is in the plan, nothing is written, what cannot be is said."""

import pytest
from desk_bench import HOUR_US, T0_US
from planning_bench import planned_world, site_of
from problem_bench import bar, planned

from twin.errors import PlanningError, SchemaError
from twin.pipeline.planning.prepare import prepare_plan
from twin.pipeline.planning.problem_of import state_problem
from twin.pipeline.planning.scenario import kept_figures, kept_under, planned_anew
from twin.pipeline.planning.situation import Situation
from twin.pipeline.planning.whatif import WhatIf, drag, try_change


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return site_of(tmp_path_factory.mktemp("plant"))


def scenario(now, change, plan):
    """All that a screen is told of it; planned anew by the rules alone."""
    held = kept_under(now, [change], plan)
    return kept_figures(now, held) | planned_anew(held, None)


def test_scenarios_show_what_comes_and_leave_the_plan_alone(site):
    held, plan = planned(site, n_orders=8, lives={"mill-0": 60.0})
    now = prepare_plan(held, plan)
    due = T0_US + 20 * HOUR_US
    rush = scenario(now, {"kind": "rush", "product": "cover", "quantity": 30, "due": due}, plan)
    for plan_of in ("kept_plan", "plan"):
        assert "what-if-1" in {o["order"] for o in rush[plan_of]["operations"]}
    down = {"kind": "down", "machine": "mill-1", "until": T0_US + 40 * HOUR_US}
    found = scenario(now, down, plan)["plan"]
    own = [o for o in found["operations"] if o["machine"] == "mill-1"]
    assert all(o["start"] >= down["until"] for o in own)
    service = plan["services"][0]
    postpone = {"kind": "postpone", "service": service["id"], "machine": "mill-0"}
    for later in (service["start"] + 30 * HOUR_US, plan["end"] - 12 * HOUR_US):
        # The last is too late to save anything: the risk is there all the same.
        found = scenario(now, postpone | {"start": later}, plan)
        assert all(s["start"] >= later for s in found["plan"]["services"])
        assert found["kept"]["risk"] > found["before"]["risk"]
        assert found["after"]["risk"] > found["before"]["risk"]
    with pytest.raises(SchemaError):
        scenario(now, {"kind": "flood"}, plan)


def test_an_extra_shift_opens_what_was_closed(tmp_path):
    shift = '[[shift]]\nlines = ["one"]\nstart = "08:00"\nend = "12:00"\n'
    site = site_of(tmp_path, shift)
    held, plan = planned(site, n_orders=2)
    now = prepare_plan(held, plan)
    midnight = T0_US // (24 * HOUR_US) * 24 * HOUR_US
    extra = {"kind": "shift", "line": "one", "start": midnight + 46 * HOUR_US}
    found = scenario(now, extra | {"end": midnight + 54 * HOUR_US}, plan)
    assert found["after"]["makespan_h"] <= found["before"]["makespan_h"]
    stated = state_problem(held)
    wider = state_problem(
        held._replace(extra_shifts=[("one", extra["start"], midnight + 54 * HOUR_US)])
    )
    hours = [sum(b - a for a, b in s.problem.calendars[0]) / 60 for s in (stated, wider)]
    assert hours[1] - hours[0] == 8.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "shift", "line": "nowhere", "start": T0_US, "end": T0_US + HOUR_US}, "line"),
        ({"kind": "shift", "line": "one", "start": T0_US + HOUR_US, "end": T0_US + 1}, "end"),
        ({"kind": "down", "machine": "mill-0", "until": T0_US - HOUR_US}, "until"),
    ],
)
def test_a_scenario_that_cannot_happen_is_said_to_be_none(site, change, says):
    held, plan = planned(site, n_orders=1)
    with pytest.raises(SchemaError, match=says):
        scenario(prepare_plan(held, plan), change, plan)


@pytest.mark.usefixtures("known_cost")
def test_trying_writes_nothing(tmp_path, monkeypatch):
    world = planned_world(tmp_path, 3, mill_0=60.0)
    before = {k: world.store.documents(k) for k in ("schedule", "desk", "orders")}
    monkeypatch.setattr("time.time_ns", lambda: world.now * 1000)
    whatif = WhatIf(world.store, world.site, None)
    o = bar(world.document("in_force"))
    change = {k: o[k] for k in ("order", "step", "machine")} | {"start": o["start"] + HOUR_US}
    assert try_change(whatif, {"kind": "operation", **change})["faults"] == []
    down = {"kind": "down", "machine": "mill-0", "until": world.now + 9 * HOUR_US}
    whatif.planned(whatif.kept(whatif.begun(), [down]), 0.1)
    assert {k: world.store.documents(k) for k in before} == before


def test_no_plan_is_no_answer(site):
    held = Situation(site.plant, T0_US)
    empty = prepare_plan(held, None)
    with pytest.raises((PlanningError, SchemaError)):
        drag(empty, {"kind": "operation", "order": "A", "step": 0, "machine": "mill-0", "start": 0})
